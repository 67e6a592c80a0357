#pragma once
// Where a process of OTP comes from, as its dictionary tells.

#include <grove/runtime/spawn_dictionary.h>
#include <grove/term/term.h>

#include <optional>

namespace grove::otp::detail {

/// `$initial_call`, see spawnDescendant().
[[nodiscard]] std::optional<Term> initialCallIn(const Dictionary& dictionary);
/// `$ancestors` of the running process; an empty list where nobody has put them.
[[nodiscard]] Term ancestors();

/// `$callers` of what the running process starts: see task.h.
[[nodiscard]] Term callersHere();
void keepCallers(Term callers);

} // namespace grove::otp::detail
