#pragma once

#include <grove/term/term.h>

namespace grove::detail {

/// The running process will end with `reason` when its first frame returns, which is the next thing
/// it does: no code of it but destructors runs, and it waits for nothing any more. What exit() says
/// by an exception, for those who stand in the first frames anyway.
void endWith(Term reason) noexcept;

/// The running process is linked to `peer` no more, and `peer` is not told: it is about to end, and
/// this process waits for that.
void forgetLink(Pid peer) noexcept;

} // namespace grove::detail
