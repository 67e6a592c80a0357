#pragma once

#include <grove/term/result.h>
#include <grove/term/term.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace grove {

/// How deep patterns and expressions may nest.
inline constexpr int kMatchNestingMax = 1'000;

/// What '$1', '$2', … are in one clause: their numbers, in the order in which they were met.
class MatchVariables {
public:
    /// The number in an atom that is a variable.
    [[nodiscard]] static std::optional<std::uint64_t> numberOf(const Term& term) noexcept;

    /// Returns: the variable's place, and whether it was met before.
    struct Place {
        std::uint32_t index;
        bool isKnown;
    };
    Place meet(std::uint64_t number);
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t number) const noexcept;
    [[nodiscard]] std::size_t count() const noexcept { return m_numbers.size(); }
    /// Places in the order of the numbers.
    [[nodiscard]] std::vector<std::uint32_t> inOrder() const;

private:
    std::vector<std::uint64_t> m_numbers;
};

/// Borrowed parts of the term that was matched, by a variable's place.
using MatchBindings = std::span<const Term*>;

/// The head of a clause.
class MatchPattern {
public:
    /// Errors: badarg for a variable as a map's key, and for what nests too deep.
    [[nodiscard]] static Result<MatchPattern> compile(const Term& term, MatchVariables& variables,
                                                      int depth = 0);

    /// Writes the bindings as far as it gets.
    [[nodiscard]] bool matches(const Term& term, MatchBindings bindings) const;

    /// It fits exactly this value and nothing else: nothing to bind, to leave open, no map.
    [[nodiscard]] const Term* literal() const noexcept {
        return m_kind == Kind::Literal ? &m_term : nullptr;
    }
    /// The element of a tuple pattern; null when it is no tuple or too short.
    [[nodiscard]] const MatchPattern* element(std::size_t position) const noexcept {
        return m_kind == Kind::Tuple && m_parts.size() >= position ? &m_parts[position - 1]
                                                                   : nullptr;
    }
    [[nodiscard]] bool isOpen() const noexcept {
        return m_kind == Kind::Anything || m_kind == Kind::Bind || m_kind == Kind::Same;
    }

private:
    enum class Kind : std::uint8_t { Anything, Literal, Bind, Same, Tuple, List, Map };

    [[nodiscard]] static Result<MatchPattern> compileTuple(const Term& term,
                                                           MatchVariables& variables, int depth);
    [[nodiscard]] static Result<MatchPattern> compileList(const Term& term,
                                                          MatchVariables& variables, int depth);
    [[nodiscard]] static Result<MatchPattern> compileMap(const Term& term,
                                                         MatchVariables& variables, int depth);
    [[nodiscard]] static MatchPattern literalOf(Term term);

    Kind m_kind = Kind::Anything;
    std::uint32_t m_variable = 0;
    Term m_term; // a literal
    std::vector<MatchPattern>
        m_parts;              // elements; of a list the last is its tail; of a map the values
    std::vector<Term> m_keys; // of a map
};

} // namespace grove
