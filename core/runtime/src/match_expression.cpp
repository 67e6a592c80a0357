#include <grove/runtime/match_program.h>
#include <grove/runtime/process.h>

namespace grove {

using namespace grove::literals;

MatchExpression MatchExpression::constantOf(Term term) {
    MatchExpression made;
    made.m_term = std::move(term);
    return made;
}

bool MatchExpression::areConstant() const noexcept {
    for (const MatchExpression& part : m_parts)
        if (part.m_kind != Kind::Constant)
            return false;
    return true;
}

// -- compiling ------------------------------------------------------------------------------------

Result<MatchExpression> MatchExpression::compile(const Term& term, const MatchVariables& variables,
                                                 int depth) {
    if (depth > kMatchNestingMax)
        return failure(atoms::badarg, "an expression nests too deep");
    if (term.isTuple())
        return compileTuple(term, variables, depth);
    if (const auto number = MatchVariables::numberOf(term)) {
        const auto place = variables.find(*number);
        if (!place)
            return failure(atoms::badarg, "variable $" + std::to_string(*number) + " is unbound");
        MatchExpression made;
        made.m_kind = Kind::Variable;
        made.m_variable = *place;
        return made;
    }
    MatchExpression special;
    special.m_kind = term.isAtom("$_"_atom) ? Kind::Object : Kind::AllVariables;
    if (term.isAtom("$_"_atom) || term.isAtom("$$"_atom))
        return special;
    std::vector<Term> parts;
    Kind kind = Kind::Constant;
    if (term.isCons()) {
        kind = Kind::List;
        const Term* at = &term;
        for (; at->isCons(); at = &at->tail())
            parts.push_back(at->head());
        parts.push_back(*at);
    } else if (term.isMap()) {
        kind = Kind::Map;
        for (const auto& [key, value] : term.mapEntries()) {
            parts.push_back(key);
            parts.push_back(value);
        }
    }
    if (kind == Kind::Constant)
        return constantOf(term);
    Result<MatchExpression> made = compileMany(kind, parts, variables, depth);
    if (made && made->areConstant() && kind == Kind::List)
        return constantOf(term);
    return made;
}

Result<MatchExpression> MatchExpression::compileMany(Kind kind, std::span<const Term> terms,
                                                     const MatchVariables& variables, int depth) {
    MatchExpression made;
    made.m_kind = kind;
    for (const Term& term : terms) {
        Result<MatchExpression> part = compile(term, variables, depth + 1);
        if (!part)
            return part;
        made.m_parts.push_back(std::move(*part));
    }
    return made;
}

Result<MatchExpression> MatchExpression::compileTuple(const Term& term,
                                                      const MatchVariables& variables, int depth) {
    if (term.isTuple(1) && term.element(0).isTuple())
        return compileMany(Kind::Tuple, term.element(0).elements(), variables, depth);
    if (term.isTuple(2) && term.element(0).isAtom("const"_atom))
        return constantOf(term.element(1));
    if (term.tupleSize() == 0 || !term.element(0).isAtom())
        return failure(atoms::badarg, "a tuple that is no call: write {{…}} for a tuple");
    return compileCall(term, variables, depth);
}

Result<MatchExpression> MatchExpression::compileCall(const Term& term,
                                                     const MatchVariables& variables, int depth) {
    const Atom name = *term.element(0).asAtom();
    const std::span<const Term> arguments = term.elements().subspan(1);
    const std::pair<Atom, Kind> logic[] = {{"and"_atom, Kind::And},
                                           {"or"_atom, Kind::Or},
                                           {"andalso"_atom, Kind::AndAlso},
                                           {"orelse"_atom, Kind::OrElse}};
    for (const auto& [word, kind] : logic)
        if (name == word && !arguments.empty())
            return compileMany(kind, arguments, variables, depth);
    const GuardFunction function = findGuardFunction(name, arguments.size());
    if (function == nullptr)
        return failure(atoms::badarg, "function " + std::string(name.name()) + "/" +
                                          std::to_string(arguments.size()) + " does not exist");
    Result<MatchExpression> made = compileMany(Kind::Call, arguments, variables, depth);
    if (made)
        made->m_function = function;
    return made;
}

// -- computing ------------------------------------------------------------------------------------

Term MatchExpression::value(const MatchScope& scope) const {
    Term value = computed(scope);
    return value.isNone() && scope.inBody ? Term(atoms::EXIT) : value;
}

Term MatchExpression::computed(const MatchScope& scope) const {
    switch (m_kind) {
    case Kind::Constant:
        return m_term;
    case Kind::Variable:
        return *scope.bindings[m_variable];
    case Kind::Object:
        return scope.object;
    case Kind::AllVariables: {
        std::vector<Term> all;
        for (const std::uint32_t place : scope.order)
            all.push_back(*scope.bindings[place]);
        return listFrom(all);
    }
    case Kind::And:
    case Kind::Or:
        return allOf(scope);
    case Kind::AndAlso:
    case Kind::OrElse:
        return shortcut(scope);
    case Kind::Tuple:
    case Kind::List:
    case Kind::Map:
    case Kind::Call:
        break;
    }
    std::vector<Term> parts;
    parts.reserve(m_parts.size());
    for (const MatchExpression& part : m_parts) {
        parts.push_back(part.value(scope));
        if (parts.back().isNone())
            return {};
    }
    if (m_kind == Kind::Tuple)
        return tupleFrom(parts);
    if (m_kind == Kind::Call)
        return m_function(parts);
    if (m_kind == Kind::List) {
        Term tail = std::move(parts.back());
        parts.pop_back();
        return listFrom(parts, std::move(tail));
    }
    Term made = map();
    for (std::size_t i = 0; i < parts.size(); i += 2)
        made = mapPut(std::move(made), std::move(parts[i]), std::move(parts[i + 1]));
    return made;
}

/// Every part is computed and must be true or false.
Term MatchExpression::allOf(const MatchScope& scope) const {
    bool result = m_kind == Kind::And;
    for (const MatchExpression& part : m_parts) {
        const auto truth = part.value(scope).asBool();
        if (!truth)
            return {};
        result = m_kind == Kind::And ? result && *truth : result || *truth;
    }
    return result;
}

/// Parts are computed until one decides; the last may be anything.
Term MatchExpression::shortcut(const MatchScope& scope) const {
    for (std::size_t i = 0; i + 1 < m_parts.size(); ++i) {
        const auto truth = m_parts[i].value(scope).asBool();
        if (!truth)
            return {};
        if (*truth != (m_kind == Kind::AndAlso))
            return *truth;
    }
    return m_parts.back().value(scope);
}

} // namespace grove
