#pragma once
// Flags and specifications of supervisors, read from terms as OTP reads them.

#include <grove/otp/child_spec.h>
#include <grove/otp/term_supervisor.h>

#include <expected>
#include <optional>
#include <vector>

namespace grove::otp {

/// What a supervisor is made from: a value, or what callbacks say whenever they are asked.
template <class Options> struct MadeFrom {
    Options options;
    TermSupervisor::Callbacks callbacks{};
    Term arguments{};
};

/// What a supervisor is to be.
struct SupervisorPlan {
    SupervisorOptions options;
    std::optional<ChildSpec> pattern{}; ///< of its children; none: not simple_one_for_one
};

/// What was wrong with what init() returned.
struct PlanError {
    enum class What : std::uint8_t { Return, Flags, Specs, Pattern };
    What what;
    Term why; ///< Return, Pattern: the wrong term itself
};

/// What init() wants: nothing at all for `ignore`.
template <class Plan> using Planned = std::expected<std::optional<Plan>, PlanError>;

/// Asks the callbacks; what their init() raises, this raises. Without callbacks the options are
/// moved out.
[[nodiscard]] Planned<SupervisorPlan> readPlan(MadeFrom<SupervisorOptions>& from);
[[nodiscard]] Planned<DynamicSupervisorOptions>
readPlan(const MadeFrom<DynamicSupervisorOptions>& from);
/// As the start of a supervisor fails: `{bad_return, {Module, init, Value}}`, …
[[nodiscard]] Term startErrorOf(const PlanError& error, Atom module);
/// Why a change of code is refused: `{error, Why}`. Raises what is no reason but a wrong value.
[[nodiscard]] Term changeErrorOf(const PlanError& error);

/// A specification as a map or a tuple of six. Errors: Erlang's word for what is wrong with it.
/// `autoShutdown`: the supervisor's, where one is known.
[[nodiscard]] std::expected<ChildSpec, Term>
readChildSpec(const Term& term, std::optional<AutoShutdown> autoShutdown);
/// Requires: a list; raises function_clause where it does not end well, as OTP.
[[nodiscard]] std::expected<std::vector<ChildSpec>, Term>
readChildSpecs(const Term& list, std::optional<AutoShutdown> autoShutdown);
/// Nothing for what is none.
[[nodiscard]] std::optional<AutoShutdown> readAutoShutdown(const Term& term);

/// A child of simple_one_for_one. Nothing: `arguments` is no list.
[[nodiscard]] std::optional<ChildSpec> withMoreArguments(ChildSpec pattern, const Term& arguments);
/// What a child of simple_one_for_one becomes by a change of code: the new pattern, with all the
/// arguments that the child was started with. Nothing: the pattern takes none.
[[nodiscard]] std::optional<ChildSpec> withArgumentsOf(ChildSpec pattern, const ChildSpec& child);

} // namespace grove::otp
