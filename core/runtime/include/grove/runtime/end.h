#pragma once

#include <grove/term/term.h>

namespace grove::detail {

/// The running process will end with `reason` when its first frame returns, which is the next thing
/// it does: no code of it but destructors runs, and it waits for nothing any more. What exit() says
/// by an exception, for those who stand in the first frames anyway.
void endWith(Term reason) noexcept;

/// monitor(), exit() and unlink() in one signal, for a parent that ends its child: `peer` acts on
/// all three at once, so that nobody is left behind whatever ends the running process meanwhile,
/// and nothing has to be acknowledged. Unlike after unlink(), the exit signal of one that has ended
/// before still arrives: before its Down, whose reason is then `noproc`. Returns: the monitor's
/// reference. Requires: not itself, and that nobody gives up the monitor.
[[nodiscard]] Ref stopLinked(Pid peer, Term reason);

} // namespace grove::detail
