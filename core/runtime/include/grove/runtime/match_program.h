#pragma once

#include <grove/runtime/match_pattern.h>

#include <cstdint>
#include <vector>

namespace grove {

/// What a guard or body is computed from.
struct MatchScope {
    const Term& object;
    std::span<const Term* const> bindings;
    std::span<const std::uint32_t> order; // of all bindings by number, for '$$'
    bool inBody = false;                  // what raises is the atom 'EXIT'
};

/// A function that match specifications may call. Returns: none when it raises.
using GuardFunction = Term (*)(std::span<const Term> arguments);
/// Null when there is none of this name and number of arguments.
[[nodiscard]] GuardFunction findGuardFunction(Atom name, std::size_t arity) noexcept;

/// A guard or a part of a body.
class MatchExpression {
public:
    /// Errors: badarg for unknown functions, unbound variables, and what nests too deep.
    [[nodiscard]] static Result<MatchExpression>
    compile(const Term& term, const MatchVariables& variables, int depth = 0);
    /// Returns: none when it raises (never in a body).
    [[nodiscard]] Term value(const MatchScope& scope) const;

private:
    enum class Kind : std::uint8_t {
        Constant,
        Variable,
        Object,
        AllVariables,
        Tuple,
        List,
        Map,
        Call,
        And,
        Or,
        AndAlso,
        OrElse
    };

    [[nodiscard]] static Result<MatchExpression>
    compileTuple(const Term& term, const MatchVariables& variables, int depth);
    [[nodiscard]] static Result<MatchExpression>
    compileCall(const Term& term, const MatchVariables& variables, int depth);
    [[nodiscard]] static Result<MatchExpression>
    compileMany(Kind kind, std::span<const Term> terms, const MatchVariables& variables, int depth);
    [[nodiscard]] static MatchExpression constantOf(Term term);
    [[nodiscard]] Term computed(const MatchScope& scope) const;
    [[nodiscard]] Term allOf(const MatchScope& scope) const;
    [[nodiscard]] Term shortcut(const MatchScope& scope) const;
    [[nodiscard]] bool areConstant() const noexcept;

    Kind m_kind = Kind::Constant;
    std::uint32_t m_variable = 0;
    GuardFunction m_function = nullptr;
    Term m_term;
    std::vector<MatchExpression>
        m_parts; // of a list the last is its tail; of a map keys and values
};

/// One `{Head, Guards, Body}`.
struct MatchClause {
    MatchPattern head;
    std::vector<MatchExpression> guards;
    MatchExpression body; // the last of its expressions: the others have no effect
    std::vector<std::uint32_t> order;
    std::size_t variables = 0;

    Term headTerm; // as it was given, for select_replace
    Term bodyTerm;
};

struct MatchProgram {
    std::vector<MatchClause> clauses;
    std::size_t variablesMax = 0;

    /// Returns: the first fitting clause's answer, or none.
    [[nodiscard]] Term run(const Term& object, std::vector<const Term*>& room) const;
};

} // namespace grove
