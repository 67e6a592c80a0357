#include "keeps_key.h"
#include "table.h"

#include <grove/ets/match_spec.h>

#include <algorithm>

namespace grove::ets {

using namespace grove::literals;

namespace {

/// Whether a head's part, with its variables bound, and a body's part are one value.
bool isSameInBody(const Term& head, const Term& body, int depth) {
    if (depth > kMatchNestingMax || head.isMap() || head.isAtom("_"_atom))
        return false;
    if (body.isTuple(2) && body.element(0).isAtom("const"_atom)) {
        MatchVariables none;
        const Result<MatchPattern> constant = MatchPattern::compile(head, none, 1);
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

bool clauseKeepsKey(const MatchClause& clause, std::size_t keypos) {
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

bool keepsKey(const MatchProgram& program, std::size_t keypos) {
    return std::ranges::all_of(
        program.clauses, [&](const MatchClause& clause) { return clauseKeepsKey(clause, keypos); });
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
