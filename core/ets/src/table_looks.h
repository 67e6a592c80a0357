#pragma once

#include "table.h"

#include <grove/term/in_place.h>
#include <grove/term/spare_list.h>

/// The looks at a table that are worth being part of their callers.
namespace grove::ets {

/// Whether a value is copied for each who looks at it: words only, and few.
[[gnu::always_inline]] inline bool isCopied(const Term& object) noexcept {
    constexpr std::size_t kCopiedMax = 8;
    const std::size_t size = object.tupleSize();
    return size > 0 && size <= kCopiedMax && object.flatWords() == size + 1;
}

/// What a look says, with no change of several objects under way, and no counter held.
template <class Read> [[gnu::always_inline]] inline Term Table::readAtOnce(Read&& read) const {
    return m_changes.find(read, [&]() __attribute__((always_inline)) { return readLocked(read); });
}

template <class Read> [[gnu::noinline, gnu::cold]] Term Table::readLocked(Read&& read) const {
    const Lock lock(m_mutex);
    bool isSettled = true;
    return read(isSettled);
}

[[gnu::always_inline]] inline Term Table::listOfFound(Cell found, bool& isSettled) {
    if (found == 0)
        return Term::nil();
    const Borrowed object(found);
    if (!isCopied(*object))
        return cons(*object, Term::nil());
    auto* const tuple = reinterpret_cast<grove::detail::TupleObject*>(found);
    if (auto* const spare = grove::detail::takeSpareList(tuple, [] { return true; })) [[likely]]
        return adopt(reinterpret_cast<Cell>(spare));
    Term list = grove::detail::listOfCopy(*object);
    isSettled = !list.isNone();
    return list;
}

[[gnu::always_inline]] inline Term Table::listOf(const Term& key) const {
    return readAtOnce([&](bool& isSettled) __attribute__((always_inline)) {
        return listOfFound(m_index.findSoon(key), isSettled);
    });
}

[[gnu::always_inline]] inline Table::Glance Table::glance(const Term& key) const noexcept {
    const std::uint64_t version = m_changes.seen();
    return {version, type == Type::Set ? m_index.findWord(key.bits()) : m_index.findOrdered(key)};
}

[[gnu::always_inline]] inline Cell Table::listSoon(const Glance& glance) const noexcept {
    if (glance.found == 0 || !ChangeVersion::isWhole(glance.version)) [[unlikely]]
        return 0;
    auto* const tuple = reinterpret_cast<grove::detail::TupleObject*>(glance.found);
    if (tuple->flatWords != tuple->size + 1) [[unlikely]]
        return 0;
    return reinterpret_cast<Cell>(grove::detail::takeSpareList(
        tuple, [&]() __attribute__((always_inline)) { return m_changes.stands(glance.version); }));
}

inline Term Table::listBehind(const Glance& glance, const Term& key) const {
    if (ChangeVersion::isWhole(glance.version)) [[likely]] {
        const Cell found =
            glance.found != 0 || type == Type::OrderedSet ? glance.found : m_index.find(key);
        bool isSettled = true;
        Term list = listOfFound(found, isSettled);
        if (isSettled && m_changes.stands(glance.version)) [[likely]]
            return list;
    }
    return readLocked([&](bool& isSettled) { return listOfFound(m_index.find(key), isSettled); });
}

template <class Find>
[[gnu::always_inline]] inline Cell Table::addToFound(Find&& find, std::int64_t by) noexcept {
    // A counter that was put there by a change of several objects is not added to before its end.
    // One that was there before is the old value, which nobody reads any more who sees that end.
    const Cell found = m_changes.findSoon([&]() __attribute__((always_inline)) {
        const Cell at = find(m_index);
        return at != 0 && grove::detail::isCounterTuple(
                              reinterpret_cast<grove::detail::TupleObject*>(at))
                   ? at
                   : Cell{0};
    });
    if (found == 0) [[unlikely]]
        return 0;
    return grove::detail::addToTuple(reinterpret_cast<grove::detail::TupleObject*>(found), by);
}

[[gnu::always_inline]] inline Cell Table::addSoon(const Term& key, std::int64_t by) noexcept {
    return addToFound([&](const Index& index)
                          __attribute__((always_inline)) { return index.findWord(key.bits()); },
                      by);
}

[[gnu::always_inline]] inline Term Table::add(const Term& key, std::int64_t by) noexcept {
    const Cell sum = addToFound([&](const Index& index) { return index.findSoon(key); }, by);
    return sum == 0 ? Term() : adopt(sum);
}

} // namespace grove::ets
