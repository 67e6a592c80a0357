#pragma once

#include <grove/runtime/match_spec.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

namespace grove::ets {

using grove::MatchSpec;

/// `ets:test_ms`: the answer for one tuple, `false` when no clause fits.
/// Errors: badarg.
[[nodiscard]] Result<Term> testMs(const Term& object, const Term& specification);

/// `ets:match_spec_compile`: raises badarg instead.
[[nodiscard]] MatchSpec matchSpecCompile(const Term& specification);

/// `ets:match_spec_run`: the answers for those terms of a list that fit, in order. Raises badarg
/// for an improper list.
[[nodiscard]] Term matchSpecRun(const Term& list, const MatchSpec& specification);

} // namespace grove::ets
