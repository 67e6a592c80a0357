#include "use.h"

#include <grove/ets/ets.h>

#include <algorithm>
#include <array>

namespace grove::ets {

using namespace grove::literals;

namespace {

struct Word {
    Atom atom;
    Type type{};
    Access access{};
};

const std::array<Word, 4>& types() {
    static const std::array<Word, 4> s_types{
        {{.atom = "set"_atom, .type = Type::Set},
         {.atom = "ordered_set"_atom, .type = Type::OrderedSet},
         {.atom = "bag"_atom, .type = Type::Bag},
         {.atom = "duplicate_bag"_atom, .type = Type::DuplicateBag}}};
    return s_types;
}

const std::array<Word, 3>& accesses() {
    static const std::array<Word, 3> s_accesses{
        {{.atom = "public"_atom, .access = Access::Public},
         {.atom = "protected"_atom, .access = Access::Protected},
         {.atom = "private"_atom, .access = Access::Private}}};
    return s_accesses;
}

/// The options of OTP that make some uses faster there.
bool isTuning(const Term& option) {
    if (option.isAtom("compressed"_atom))
        return true;
    if (!option.isTuple(2))
        return false;
    const Term& name = option.element(0);
    const Term& value = option.element(1);
    if (name.isAtom("write_concurrency"_atom) && value.isAtom("auto"_atom))
        return true;
    return value.isBoolean() &&
           (name.isAtom("write_concurrency"_atom) || name.isAtom("read_concurrency"_atom) ||
            name.isAtom("decentralized_counters"_atom));
}

/// Returns: whether it was {heir, none} or {heir, Pid, Data}.
bool readHeir(const Term& option, std::optional<Heir>& heir) {
    if (option.tupleSize() == 0 || !option.element(0).isAtom("heir"_atom))
        return false;
    if (option.isTuple(2) && option.element(1).isAtom(atoms::none)) {
        heir.reset();
        return true;
    }
    if (!option.isTuple(3) || !option.element(1).isPid())
        return false;
    heir = Heir{option.element(1).toPid(), option.element(2)};
    return true;
}

void readOption(const Term& option, Options& options) {
    for (const Word& word : types()) {
        if (option.isAtom(word.atom)) {
            options.type = word.type;
            return;
        }
    }
    for (const Word& word : accesses()) {
        if (option.isAtom(word.atom)) {
            options.access = word.access;
            return;
        }
    }
    if (option.isAtom("named_table"_atom)) {
        options.named = true;
        return;
    }
    if (option.isTagged("keypos"_atom, 2)) {
        const auto position = option.element(1).asInt();
        if (!position || *position < 1)
            badarg();
        options.keypos = static_cast<std::size_t>(*position);
        return;
    }
    if (!isTuning(option) && !readHeir(option, options.heir))
        badarg();
}

Term atomOf(Type type) {
    return std::ranges::find(types(), type, &Word::type)->atom;
}

Term atomOf(Access access) {
    return std::ranges::find(accesses(), access, &Word::access)->atom;
}

} // namespace

Term newTable(const Term& name, const Term& options) {
    if (!name.isAtom() || !options.listLength())
        badarg();
    Options wanted;
    for (const Term& option : options.listElements())
        readOption(option, wanted);
    return newTable(name.toAtom(), wanted);
}

void setopts(const Term& table, const Term& options) {
    const std::shared_ptr<Table> known = toOwn(table);
    const Term all = options.isTuple() ? list({options}) : options;
    std::optional<Heir> heir;
    if (!all.listLength() || *all.listLength() > 1)
        badarg();
    for (const Term& option : all.listElements()) {
        if (!readHeir(option, heir))
            badarg();
        setHeir(known->id(), heir);
    }
}

Term info(const Term& table, Atom item) {
    const std::optional<Info> found = info(table);
    if (!found)
        return atoms::undefined;
    const std::pair<Atom, Term> items[] = {
        {"id"_atom, found->tid},
        {"name"_atom, found->name},
        {"named_table"_atom, found->named},
        {"type"_atom, atomOf(found->type)},
        {"protection"_atom, atomOf(found->access)},
        {"keypos"_atom, found->keypos},
        {"owner"_atom, found->owner},
        {"heir"_atom, found->heir ? Term(*found->heir) : Term(atoms::none)},
        {"size"_atom, found->size},
        {"memory"_atom, found->memoryWords},
        {"node"_atom, atoms::nonodeNohost},
        {"fixed"_atom, !found->fixations.empty()},
        {"compressed"_atom, false},
        {"read_concurrency"_atom, false},
        {"write_concurrency"_atom, false},
        {"decentralized_counters"_atom, false},
    };
    const auto* const at = std::ranges::find(items, item, &std::pair<Atom, Term>::first);
    if (at == std::end(items))
        badarg();
    return at->second;
}

} // namespace grove::ets
