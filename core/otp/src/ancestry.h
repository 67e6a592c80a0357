#pragma once
// Where a process of OTP comes from, as its dictionary tells.

#include <grove/term/term.h>

namespace grove::otp::detail {

/// `$ancestors` of what the running process starts: its name or pid, then its own.
[[nodiscard]] Term ancestorsHere();
void keepAncestors(Term ancestors);

/// `$callers` of what the running process starts: see task.h.
[[nodiscard]] Term callersHere();
void keepCallers(Term callers);

} // namespace grove::otp::detail
