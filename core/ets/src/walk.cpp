#include "walk.h"

#include "use.h"

#include <grove/ets/ets.h>

#include <algorithm>

namespace grove::ets {

using namespace grove::literals;
using Direction = Index::Direction;

const std::vector<Walk::Entry>& Walk::step() {
    constexpr std::size_t kAtOnce = 32;
    m_entries.clear();
    do {
        m_values.clear();
        const Pin pin;
        m_table->index().collect(m_last.isNone() ? nullptr : &m_last, m_direction, kAtOnce,
                                 m_values);
        for (const Cell each : m_values) {
            m_last = m_table->keyOfValue(*Borrowed(each));
            Term value = Table::lent(each);
            if (value.isNone()) // a counter that is being changed
                value = m_table->value(m_last);
            if (!value.isNone())
                m_entries.push_back({m_last, std::move(value)});
        }
    } while (m_entries.empty() && !m_values.empty());
    return m_entries;
}

namespace {

Term endOfTable() {
    return "$end_of_table"_atom;
}

/// The key beside a key, or at an end where it is null.
Term keyBeside(const Table& table, const Term* key, Direction direction) {
    std::vector<Cell> values;
    table.index().collect(key, direction, 1, values);
    return values.empty() ? endOfTable() : table.keyOfValue(*Borrowed(values.front()));
}

Direction backwardIfOrdered(const Table& table) {
    return table.type == Type::OrderedSet ? Direction::Backward : Direction::Forward;
}

Term neighbour(const Table& table, const Term& key, Direction direction) {
    if (table.type != Type::OrderedSet && table.index().find(key) == 0 &&
        !table.wasKeyUntilFixed(key))
        badarg();
    return keyBeside(table, &key, direction);
}

} // namespace

Term first(const Term& id) {
    const Reading table(id);
    return keyBeside(*table, nullptr, Direction::Forward);
}

Term last(const Term& id) {
    const Reading table(id);
    return keyBeside(*table, nullptr, backwardIfOrdered(*table));
}

Term next(const Term& id, const Term& key) {
    const Reading table(id);
    return neighbour(*table, key, Direction::Forward);
}

Term prev(const Term& id, const Term& key) {
    const Reading table(id);
    return neighbour(*table, key, backwardIfOrdered(*table));
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
