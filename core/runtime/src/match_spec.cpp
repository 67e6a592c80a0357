#include <grove/runtime/match_program.h>
#include <grove/runtime/match_spec.h>

#include <algorithm>

namespace grove {

using namespace grove::literals;

namespace {

Result<MatchClause> compileClause(const Term& term) {
    if (!term.isTuple(3))
        return failure(atoms::badarg, "a clause is {Head, Guards, Body}");
    const Term& guards = term.element(1);
    const Term& body = term.element(2);
    if (!guards.listLength() || body.listLength().value_or(0) == 0)
        return failure(atoms::badarg, "guards and body are lists, and the body is not empty");
    MatchClause clause;
    MatchVariables variables;
    Result<MatchPattern> head = MatchPattern::compile(term.element(0), variables);
    if (!head)
        return failure(std::move(head));
    clause.head = std::move(*head);
    for (const Term& guard : guards.listElements()) {
        Result<MatchExpression> made = MatchExpression::compile(guard, variables);
        if (!made)
            return failure(std::move(made));
        clause.guards.push_back(std::move(*made));
    }
    for (const Term& part : body.listElements()) {
        Result<MatchExpression> made = MatchExpression::compile(part, variables);
        if (!made)
            return failure(std::move(made));
        clause.body = std::move(*made);
    }
    clause.order = variables.inOrder();
    clause.variables = variables.count();
    clause.headTerm = term.element(0);
    clause.bodyTerm = body;
    return clause;
}

} // namespace

Term MatchProgram::run(const Term& object, std::vector<const Term*>& room) const {
    room.resize(variablesMax);
    for (const MatchClause& clause : clauses) {
        const MatchBindings bindings(room.data(), clause.variables);
        if (!clause.head.matches(object, bindings))
            continue;
        MatchScope scope{object, bindings, clause.order, false};
        const bool fits = std::ranges::all_of(clause.guards, [&](const MatchExpression& guard) {
            return guard.value(scope).isAtom(atoms::true_);
        });
        if (!fits)
            continue;
        scope.inBody = true;
        return clause.body.value(scope);
    }
    return {};
}

Result<MatchSpec> MatchSpec::compile(const Term& specification) {
    if (!specification.listLength())
        return failure(atoms::badarg, "a match specification is a list");
    auto program = std::make_shared<MatchProgram>();
    for (const Term& term : specification.listElements()) {
        Result<MatchClause> clause = compileClause(term);
        if (!clause)
            return failure(std::move(clause));
        program->variablesMax = std::max(program->variablesMax, clause->variables);
        program->clauses.push_back(std::move(*clause));
    }
    MatchSpec made;
    made.m_program = std::move(program);
    return made;
}

Term MatchSpec::run(const Term& object) const {
    std::vector<const Term*> room;
    return m_program->run(object, room);
}

} // namespace grove
