// What match specifications find in a registry. They see entries as {Key, {Pid, Value}}.

#include "registry_table.h"

#include <grove/runtime/match_program.h>
#include <grove/runtime/match_spec.h>
#include <grove/runtime/process.h>

#include <algorithm>

namespace grove::otp {

namespace {

using namespace grove::literals;

MatchSpec compiled(const Term& specification) {
    Result<MatchSpec> made = MatchSpec::compile(specification);
    if (!made)
        grove::error(tuple(atoms::badarg, Term(made.error().message)));
    return std::move(*made);
}

/// `true` for entries whose value fits.
MatchSpec ofValue(const Term& pattern, const Term& guards) {
    const Term head = tuple("_"_atom, tuple("_"_atom, pattern));
    return compiled(list({tuple(head, guards, list({atoms::true_}))}));
}

/// From `{{Key, Pid, Value}, Guards, Body}` to the form of the entries.
MatchSpec ofEntries(const Term& specification) {
    std::vector<Term> clauses;
    if (!specification.listLength())
        grove::error(tuple(atoms::badarg, Term("a match specification is a list")));
    for (const Term& clause : specification.listElements()) {
        if (!clause.isTuple(3) || !clause.element(0).isTuple(3))
            grove::error(
                tuple(atoms::badarg, Term("a clause is {{Key, Pid, Value}, Guards, Body}")));
        const Term& head = clause.element(0);
        clauses.push_back(tuple(tuple(head.element(0), tuple(head.element(1), head.element(2))),
                                clause.element(1), clause.element(2)));
    }
    return compiled(listFrom(clauses));
}

std::vector<bool> fitting(const MatchSpec& wanted, const Term& key,
                          const std::vector<Registry::Entry>& entries) {
    std::vector<bool> fits;
    std::vector<const Term*> room;
    for (const Registry::Entry& entry : entries)
        fits.push_back(wanted.program()
                           .run(tuple(key, tuple(entry.pid, entry.value)), room)
                           .isAtom(atoms::true_));
    return fits;
}

/// The answers for all entries. The lock of no partition is held meanwhile.
std::vector<Term> answersOf(Atom registry, const Term& specification) {
    const MatchSpec wanted = ofEntries(specification);
    std::vector<Term> answers;
    std::vector<const Term*> room;
    for (const auto& partition : registryTable(registry)->partitions) {
        for (const Term& object : partition->entries().objects()) {
            Term answer = wanted.program().run(object, room);
            if (!answer.isNone())
                answers.push_back(std::move(answer));
        }
    }
    return answers;
}

} // namespace

std::vector<Registry::Entry> Registry::match(Atom registry, const Term& key, const Term& pattern,
                                             const Term& guards) {
    const MatchSpec wanted = ofValue(pattern, guards);
    std::vector<Entry> entries = lookup(registry, key);
    const std::vector<bool> fits = fitting(wanted, key, entries);
    std::size_t at = 0;
    std::erase_if(entries, [&](const Entry&) { return !fits[at++]; });
    return entries;
}

std::size_t Registry::countMatch(Atom registry, const Term& key, const Term& pattern,
                                 const Term& guards) {
    return match(registry, key, pattern, guards).size();
}

void Registry::unregisterMatch(Atom registry, const Term& key, const Term& pattern,
                               const Term& guards) {
    const MatchSpec wanted = ofValue(pattern, guards);
    const std::shared_ptr<const RegistryTable> table = registryTable(registry);
    RegistryPartition& holding = table->ofKey(key, self());
    std::vector<Entry> own;
    holding.entries().appendTo(own, key);
    std::erase_if(own, [](const Entry& entry) { return entry.pid != self(); });
    const std::vector<bool> isRemoved = fitting(wanted, key, own);
    const auto count = static_cast<std::size_t>(std::ranges::count(isRemoved, true));
    if (count == 0)
        return;
    holding.removeMarked(self(), key, isRemoved);
    RegistryPartition& mine = table->ofProcess(self());
    if (mine.removeKey(self(), key, count))
        leaveRegistry(mine);
    if (count == own.size())
        tellListeners(*table->home, tuple("unregister"_atom, registry, key, self()));
}

Term Registry::select(Atom registry, const Term& specification) {
    std::vector<Term> answers = answersOf(registry, specification);
    return listFrom(answers);
}

std::size_t Registry::countSelect(Atom registry, const Term& specification) {
    const std::vector<Term> answers = answersOf(registry, specification);
    return static_cast<std::size_t>(std::ranges::count_if(
        answers, [](const Term& answer) { return answer.isAtom(atoms::true_); }));
}

} // namespace grove::otp
