#pragma once

#include <grove/term/result.h>
#include <grove/term/term.h>

#include <memory>

namespace grove {

struct MatchProgram;

/// A compiled match specification: `[{Head, Guards, Body}, …]`, OTP's small language that says
/// which objects are wanted and what of them.
///
///     {{'$1', '$2', '_'}, [{'>', '$2', 17}], [{{'$1', '$2'}}]}
///
/// Head: '_' fits anything, '$N' binds (a second one must be exactly equal), a map fits maps that
/// have its keys, everything else is compared exactly. Guards: all must be true; one that raises is
/// false. Body: its last expression is the answer; what raises in it is the atom 'EXIT'. Of the
/// first clause that fits, the body counts. `$_` is the object, `$$` the list of all bindings,
/// `{{…}}` a tuple, `{const, X}` a literal; functions are those that OTP 25 allows.
///
/// Departure: patterns and expressions nest at most 1,000 deep (lists may be as long as you like).
///
/// Threads: any; copies share what was compiled. Complexity: compiling walks the specification
/// once.
class MatchSpec {
public:
    /// Errors: badarg, with a sentence that says what is wrong.
    [[nodiscard]] static Result<MatchSpec> compile(const Term& specification);

    /// The answer for one term; none when no clause fits. Requires: a process runs here if the
    /// specification says `{self}`.
    [[nodiscard]] Term run(const Term& object) const;

    [[nodiscard]] const MatchProgram& program() const noexcept { return *m_program; }

private:
    std::shared_ptr<const MatchProgram> m_program;
};

} // namespace grove
