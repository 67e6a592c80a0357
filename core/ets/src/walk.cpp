#include "walk.h"

#include "use.h"

#include <grove/ets/ets.h>

#include <algorithm>

namespace grove::ets {

using namespace grove::literals;

const std::vector<Walk::Entry>& Walk::step() {
    m_entries.clear();
    const Tree& tree = m_table->tree();
    const bool isForward = m_direction == Direction::Forward;
    const Pin pin;
    Tree::Place place;
    if (m_last.isNone())
        place = isForward ? tree.first() : tree.last();
    else
        place = isForward ? tree.after(tree.probe(m_last)) : tree.before(tree.probe(m_last));
    // The rest of this leaf.
    for (; place; isForward ? ++place.index : --place.index) {
        m_entries.push_back({Term(*Borrowed(place.key())), Term(*Borrowed(place.value()))});
        if (isForward ? place.index + 1 == place.leaf->count : place.index == 0)
            break;
    }
    if (!m_entries.empty())
        m_last = m_entries.back().key;
    return m_entries;
}

namespace {

Term endOfTable() {
    return "$end_of_table"_atom;
}

Term keyAt(const Table& table, const Tree::Place& place) {
    return place ? table.keyOfValue(*Borrowed(place.value())) : endOfTable();
}

Term neighbour(const Term& id, const Term& key, bool after) {
    const Reading table(id);
    const Tree& tree = table->tree();
    const Tree::Probe probe = tree.probe(key);
    if (table->type != Type::OrderedSet && !tree.find(probe) && !table->wasKeyUntilFixed(key))
        badarg();
    return keyAt(*table, after ? tree.after(probe) : tree.before(probe));
}

} // namespace

Term first(const Term& id) {
    const Reading table(id);
    return keyAt(*table, table->tree().first());
}

Term last(const Term& id) {
    const Reading table(id);
    const Tree& tree = table->tree();
    return keyAt(*table, table->type == Type::OrderedSet ? tree.last() : tree.first());
}

Term next(const Term& id, const Term& key) {
    return neighbour(id, key, true);
}

Term prev(const Term& id, const Term& key) {
    bool isOrdered = false;
    {
        const Reading table(id);
        isOrdered = table->type == Type::OrderedSet;
    }
    return neighbour(id, key, !isOrdered);
}

Term slot(const Term& id, std::size_t index) {
    Walk walk(toRead(id), Walk::Direction::Forward);
    for (;;) {
        const std::vector<Walk::Entry>& entries = walk.step();
        if (index < entries.size())
            return objectsOf(walk.table(), entries[index].value);
        if (entries.empty())
            break;
        index -= entries.size();
    }
    if (index > 0)
        badarg();
    return endOfTable();
}

void safeFixtable(const Term& id, bool fix) {
    const std::shared_ptr<Table> table = toRead(id);
    if (!fix)
        tablesHere().unfix(*table, self());
    else if (!tablesHere().fix(*table, self()))
        badarg();
}

void detail::forEach(const Term& id, bool backwards, const std::function<void(const Term&)>& each) {
    Walk walk(toRead(id), backwards ? Walk::Direction::Backward : Walk::Direction::Forward);
    std::vector<Term> objects;
    for (;;) {
        const std::vector<Walk::Entry>& entries = walk.step();
        if (entries.empty())
            return;
        for (const Walk::Entry& entry : entries) {
            objects.clear();
            const Term all = objectsOf(walk.table(), entry.value);
            for (const Term& object : all.listElements())
                objects.push_back(object);
            if (backwards)
                std::ranges::reverse(objects);
            std::ranges::for_each(objects, each);
        }
    }
}

Term tab2list(const Term& id) {
    Term objects = Term::nil();
    detail::forEach(id, true,
                    [&](const Term& object) { objects = cons(object, std::move(objects)); });
    return objects;
}

} // namespace grove::ets
