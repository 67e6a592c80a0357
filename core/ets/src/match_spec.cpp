#include "program.h"
#include "table.h"

#include <grove/ets/match_spec.h>

#include <algorithm>

namespace grove::ets {

using namespace grove::literals;

namespace {

Result<Clause> compileClause(const Term& term) {
    if (!term.isTuple(3))
        return failure(atoms::badarg, "a clause is {Head, Guards, Body}");
    const Term& guards = term.element(1);
    const Term& body = term.element(2);
    if (!guards.listLength() || body.listLength().value_or(0) == 0)
        return failure(atoms::badarg, "guards and body are lists, and the body is not empty");
    Clause clause;
    Variables variables;
    Result<Pattern> head = Pattern::compile(term.element(0), variables);
    if (!head)
        return failure(std::move(head));
    clause.head = std::move(*head);
    for (const Term& guard : guards.listElements()) {
        Result<Expression> made = Expression::compile(guard, variables);
        if (!made)
            return failure(std::move(made));
        clause.guards.push_back(std::move(*made));
    }
    for (const Term& part : body.listElements()) {
        Result<Expression> made = Expression::compile(part, variables);
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

/// Whether a head's part, with its variables bound, and a body's part are one value.
bool isSameInBody(const Term& head, const Term& body, int depth) {
    if (depth > kNestingMax || head.isMap() || head.isAtom("_"_atom))
        return false;
    if (body.isTuple(2) && body.element(0).isAtom("const"_atom)) {
        Variables none;
        const Result<Pattern> constant = Pattern::compile(head, none, 1);
        return constant && constant->literal() != nullptr && equalsExact(head, body.element(1));
    }
    if (head.isTuple()) {
        if (!body.isTuple(1) || !body.element(0).isTuple(head.tupleSize()))
            return false;
        for (std::size_t i = 0; i < head.tupleSize(); ++i)
            if (!isSameInBody(head.element(i), body.element(0).element(i), depth + 1))
                return false;
        return true;
    }
    const Term* left = &head;
    const Term* right = &body;
    for (; left->isCons() && right->isCons(); left = &left->tail(), right = &right->tail())
        if (!isSameInBody(left->head(), right->head(), depth + 1))
            return false;
    if (left != &head)
        return isSameInBody(*left, *right, depth + 1);
    return !head.isAtom("$_"_atom) && !head.isAtom("$$"_atom) && equalsExact(head, body);
}

bool clauseKeepsKey(const Clause& clause, std::size_t keypos) {
    if (!clause.bodyTerm.tail().isNil())
        return false;
    const Term& body = clause.bodyTerm.head();
    if (body.isAtom("$_"_atom))
        return true;
    if (clause.headTerm.tupleSize() < keypos)
        return false;
    const Term& key = clause.headTerm.element(keypos - 1);
    if (body.isTuple(2) && body.element(0).isAtom("const"_atom))
        return body.element(1).tupleSize() >= keypos &&
               isSameInBody(key, tuple("const"_atom, body.element(1).element(keypos - 1)), 0);
    if (!body.isTuple(1) || body.element(0).tupleSize() < keypos)
        return false;
    const Term& made = body.element(0).element(keypos - 1);
    return isSameInBody(key, made, 0) ||
           equalsExact(made, tuple("element"_atom, keypos, "$_"_atom));
}

} // namespace

Term Program::run(const Term& object, std::vector<const Term*>& room) const {
    room.resize(variablesMax);
    for (const Clause& clause : clauses) {
        const Bindings bindings(room.data(), clause.variables);
        if (!clause.head.matches(object, bindings))
            continue;
        Scope scope{object, bindings, clause.order, false};
        const bool fits = std::ranges::all_of(clause.guards, [&](const Expression& guard) {
            return guard.value(scope).isAtom(atoms::true_);
        });
        if (!fits)
            continue;
        scope.inBody = true;
        return clause.body.value(scope);
    }
    return {};
}

bool Program::keepsKey(std::size_t keypos) const {
    return std::ranges::all_of(
        clauses, [&](const Clause& clause) { return clauseKeepsKey(clause, keypos); });
}

Result<MatchSpec> MatchSpec::compile(const Term& specification) {
    if (!specification.listLength())
        return failure(atoms::badarg, "a match specification is a list");
    auto program = std::make_shared<Program>();
    for (const Term& term : specification.listElements()) {
        Result<Clause> clause = compileClause(term);
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

Result<Term> testMs(const Term& object, const Term& specification) {
    Result<MatchSpec> compiled = MatchSpec::compile(specification);
    if (!compiled)
        return failure(std::move(compiled));
    Term answer = object.isTuple() ? compiled->run(object) : Term();
    return answer.isNone() ? Term(false) : answer;
}

MatchSpec matchSpecCompile(const Term& specification) {
    Result<MatchSpec> compiled = MatchSpec::compile(specification);
    if (!compiled || compiled->program().clauses.empty())
        badarg();
    return std::move(*compiled);
}

Term matchSpecRun(const Term& list, const MatchSpec& specification) {
    if (!list.listLength())
        badarg();
    std::vector<Term> answers;
    std::vector<const Term*> room;
    for (const Term& object : list.listElements()) {
        Term answer = specification.program().run(object, room);
        if (!answer.isNone())
            answers.push_back(std::move(answer));
    }
    return listFrom(answers);
}

} // namespace grove::ets
