#pragma once
// Where a process of OTP comes from, as its dictionary tells.

#include <grove/runtime/spawn_dictionary.h>
#include <grove/term/term.h>

#include <optional>

namespace grove::otp::detail {

/// The dictionary of what the running process starts: `$ancestors`, its name or pid and then its
/// own; `$initial_call`, an atom.
[[nodiscard]] Dictionary originOf(const char* initialCall);
/// What originOf() put there.
[[nodiscard]] std::optional<Term> initialCallIn(const Dictionary& dictionary);
/// `$ancestors` of the running process; an empty list where nobody has put them.
[[nodiscard]] Term ancestors();

/// `$callers` of what the running process starts: see task.h.
[[nodiscard]] Term callersHere();
void keepCallers(Term callers);

} // namespace grove::otp::detail
