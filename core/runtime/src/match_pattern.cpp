#include <grove/runtime/match_pattern.h>

#include <algorithm>
#include <numeric>

namespace grove {

using namespace grove::literals;

std::optional<std::uint64_t> MatchVariables::numberOf(const Term& term) noexcept {
    const auto atom = term.asAtom();
    if (!atom)
        return std::nullopt;
    std::string_view name = atom->name();
    if (name.size() < 2 || name.size() > 18 || name.front() != '$')
        return std::nullopt;
    name.remove_prefix(1);
    if (name.front() == '0' && name.size() > 1)
        return std::nullopt;
    std::uint64_t number = 0;
    for (const char digit : name) {
        if (digit < '0' || digit > '9')
            return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return number;
}

MatchVariables::Place MatchVariables::meet(std::uint64_t number) {
    if (const auto known = find(number))
        return {*known, true};
    m_numbers.push_back(number);
    return {static_cast<std::uint32_t>(m_numbers.size() - 1), false};
}

std::optional<std::uint32_t> MatchVariables::find(std::uint64_t number) const noexcept {
    const auto at = std::ranges::find(m_numbers, number);
    return at == m_numbers.end()
               ? std::nullopt
               : std::optional(static_cast<std::uint32_t>(at - m_numbers.begin()));
}

std::vector<std::uint32_t> MatchVariables::inOrder() const {
    std::vector<std::uint32_t> places(m_numbers.size());
    std::iota(places.begin(), places.end(), 0);
    std::ranges::sort(places, {}, [&](std::uint32_t place) { return m_numbers[place]; });
    return places;
}

// -- compiling ------------------------------------------------------------------------------------

MatchPattern MatchPattern::literalOf(Term term) {
    MatchPattern made;
    made.m_kind = Kind::Literal;
    made.m_term = std::move(term);
    return made;
}

Result<MatchPattern> MatchPattern::compile(const Term& term, MatchVariables& variables, int depth) {
    if (depth > kMatchNestingMax)
        return failure(atoms::badarg, "a pattern nests too deep");
    if (term.isAtom("_"_atom))
        return MatchPattern();
    if (const auto number = MatchVariables::numberOf(term)) {
        const MatchVariables::Place place = variables.meet(*number);
        MatchPattern made;
        made.m_kind = place.isKnown ? Kind::Same : Kind::Bind;
        made.m_variable = place.index;
        return made;
    }
    if (term.isTuple())
        return compileTuple(term, variables, depth);
    if (term.isCons())
        return compileList(term, variables, depth);
    if (term.isMap())
        return compileMap(term, variables, depth);
    return literalOf(term);
}

Result<MatchPattern> MatchPattern::compileTuple(const Term& term, MatchVariables& variables,
                                                int depth) {
    MatchPattern made;
    made.m_kind = Kind::Tuple;
    bool isLiteral = depth > 0; // the head's elements are asked for
    for (const Term& element : term.elements()) {
        Result<MatchPattern> part = compile(element, variables, depth + 1);
        if (!part)
            return part;
        isLiteral = isLiteral && part->literal() != nullptr;
        made.m_parts.push_back(std::move(*part));
    }
    return isLiteral ? literalOf(term) : std::move(made);
}

Result<MatchPattern> MatchPattern::compileList(const Term& term, MatchVariables& variables,
                                               int depth) {
    MatchPattern made;
    made.m_kind = Kind::List;
    bool isLiteral = true;
    const Term* at = &term;
    for (; at->isCons(); at = &at->tail()) {
        Result<MatchPattern> part = compile(at->head(), variables, depth + 1);
        if (!part)
            return part;
        isLiteral = isLiteral && part->literal() != nullptr;
        made.m_parts.push_back(std::move(*part));
    }
    Result<MatchPattern> tail = compile(*at, variables, depth + 1);
    if (!tail)
        return tail;
    isLiteral = isLiteral && tail->literal() != nullptr;
    made.m_parts.push_back(std::move(*tail));
    return isLiteral ? literalOf(term) : std::move(made);
}

Result<MatchPattern> MatchPattern::compileMap(const Term& term, MatchVariables& variables,
                                              int depth) {
    MatchPattern made;
    made.m_kind = Kind::Map;
    for (const auto& [key, value] : term.mapEntries()) {
        if (key.isAtom("_"_atom) || MatchVariables::numberOf(key))
            return failure(atoms::badarg, "a map's key in a pattern is a variable");
        Result<MatchPattern> part = compile(value, variables, depth + 1);
        if (!part)
            return part;
        made.m_keys.push_back(key);
        made.m_parts.push_back(std::move(*part));
    }
    return made;
}

// -- matching -------------------------------------------------------------------------------------

bool MatchPattern::matches(const Term& term, MatchBindings bindings) const {
    switch (m_kind) {
    case Kind::Anything:
        return true;
    case Kind::Literal:
        return equalsExact(m_term, term);
    case Kind::Bind:
        bindings[m_variable] = &term;
        return true;
    case Kind::Same:
        return equalsExact(*bindings[m_variable], term);
    case Kind::Tuple: {
        if (!term.isTuple(m_parts.size()))
            return false;
        const std::span<const Term> elements = term.elements();
        for (std::size_t i = 0; i < m_parts.size(); ++i)
            if (!m_parts[i].matches(elements[i], bindings))
                return false;
        return true;
    }
    case Kind::List: {
        const Term* at = &term;
        for (std::size_t i = 0; i + 1 < m_parts.size(); ++i) {
            if (!at->isCons() || !m_parts[i].matches(at->head(), bindings))
                return false;
            at = &at->tail();
        }
        return m_parts.back().matches(*at, bindings);
    }
    case Kind::Map:
        if (!term.isMap())
            return false;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            const Term* const value = term.mapFind(m_keys[i]);
            if (value == nullptr || !m_parts[i].matches(*value, bindings))
                return false;
        }
        return true;
    }
    GROVE_UNREACHABLE("a pattern of no kind");
}

} // namespace grove
