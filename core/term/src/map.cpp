#include "access.h"
#include "layout.h"
#include "map_build.h"
#include "map_node.h"
#include "map_tree.h"
#include "numbers.h"

#include <grove/term/map.h>
#include <grove/term/term.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

namespace grove {

namespace {

using detail::MapObject;
namespace map_tree = detail::map_tree;

constexpr std::size_t kSmallMax = MapObject::kEntriesMax;
constexpr std::uint32_t kSaturated = std::numeric_limits<std::uint32_t>::max();

MapObject* makeMap(std::size_t entries) {
    auto* made = detail::makeObject<MapObject>(detail::BoxedKind::Map,
                                               detail::roomForEntries(entries) * 2 * sizeof(Term));
    made->size = detail::checkedSize(entries);
    return made;
}

void countWords(MapObject* map) {
    std::uint64_t words = MapObject::ownWords(map->size);
    for (std::size_t i = 0; i < map->size * std::size_t{2}; ++i) {
        words += map->keys()[i].flatWords();
    }
    map->flatWords = detail::saturated(words);
}

/// After a change of one entry. A saturated count says nothing, so everything is counted.
void changeWords(MapObject* map, std::uint64_t before, std::uint64_t removed, std::uint64_t added) {
    if (before == kSaturated) {
        countWords(map);
    } else {
        map->flatWords = detail::saturated(before - removed + added);
    }
}

/// False only where all keys and values are words.
bool holdsObjects(const MapObject* map) {
    return map->flatWords != MapObject::ownWords(map->size);
}

std::span<Term> keysOf(const Term& map) {
    auto* object = TermAccess::object<MapObject>(map);
    return {object->keys(), object->size};
}

bool isBefore(const Term& a, const Term& b) {
    if (a.isSmallInteger() && b.isSmallInteger()) {
        return TermAccess::smallInteger(a) < TermAccess::smallInteger(b);
    }
    if (a.isAtom() && b.isAtom()) {
        return compareNames(*a.asAtom(), *b.asAtom()) < 0;
    }
    return detail::compareKeys(a, b) < 0;
}

/// Where the key is among the keys in order, or would be.
std::size_t placeOf(const Term& map, const Term& key) {
    const auto keys = keysOf(map);
    return static_cast<std::size_t>(std::lower_bound(keys.begin(), keys.end(), key, isBefore) -
                                    keys.begin());
}

bool isAt(const Term& map, std::size_t place, const Term& key) {
    const auto keys = keysOf(map);
    return place < keys.size() && equalsExact(keys[place], key);
}

/// Among the keys in order; the number of keys if it is not there.
std::size_t findPlace(const Term& map, const Term& key) {
    const auto keys = keysOf(map);
    if (!TermAccess::isBoxed(key)) {
        // One word each: faster than an order of atoms.
        std::size_t place = 0;
        while (place < keys.size() && !keys[place].isSame(key)) {
            ++place;
        }
        return place;
    }
    const std::size_t place = placeOf(map, key);
    return isAt(map, place, key) ? place : keys.size();
}

bool isUnique(const Term& term) {
    return TermAccess::header(term)->count.load(std::memory_order_acquire) == 1;
}

/// The terms in the old map's place: moved where nobody else holds it, otherwise copied.
Term taken(Term& from, bool isMove) {
    return isMove ? std::move(from) : Term(from);
}

/// Terms go to another place, from which on they are owned.
void relocate(Term* to, const Term* from, std::size_t count) {
    std::memmove(static_cast<void*>(to), static_cast<const void*>(from), count * sizeof(Term));
}

/// A value in place of another.
void replaceIn(MapObject* map, std::size_t place, Term value) {
    Term& there = map->values()[place];
    const std::uint64_t removed = there.flatWords();
    const std::uint64_t added = value.flatWords();
    there = std::move(value);
    changeWords(map, map->flatWords, removed, added);
}

/// The same with one value replaced; the old map stays.
Term withValue(const Term& map, std::size_t place, Term value) {
    auto* old = TermAccess::object<MapObject>(map);
    const std::size_t size = old->size;
    MapObject* made = makeMap(size);
    const std::uint64_t removed = old->values()[place].flatWords();
    const std::uint64_t added = value.flatWords();
    const bool hasObjects = holdsObjects(old);
    map_tree::shareTerms(made->keys(), old->keys(), size + place, hasObjects);
    ::new (made->values() + place) Term(std::move(value));
    map_tree::shareTerms(made->values() + place + 1, old->values() + place + 1, size - place - 1,
                         hasObjects);
    changeWords(made, old->flatWords, removed, added);
    return TermAccess::adopt(made);
}

/// Puts an entry between the others of a map with room for it.
void insertInto(MapObject* map, std::size_t place, Term key, Term value) {
    const std::size_t size = map->size;
    const std::uint64_t added = 2 + key.flatWords() + value.flatWords();
    Term* const keys = map->keys();
    relocate(keys + size + place + 2, keys + size + place, size - place);
    relocate(keys + place + 1, keys + place, size);
    ::new (keys + place) Term(std::move(key));
    ::new (keys + size + 1 + place) Term(std::move(value));
    ++map->size;
    changeWords(map, map->flatWords, 0, added);
}

/// The same entries in a block with room for one more.
Term moved(Term map) {
    auto* old = TermAccess::object<MapObject>(map);
    MapObject* made = makeMap(old->size + std::size_t{1});
    made->size = old->size;
    made->flatWords = old->flatWords;
    relocate(made->keys(), old->keys(), 2 * std::size_t{old->size});
    release(old, detail::bytesOf(old));
    (void)TermAccess::take(map);
    return TermAccess::adopt(made);
}

Term copied(const Term& map) {
    auto* old = TermAccess::object<MapObject>(map);
    MapObject* made = makeMap(old->size + std::size_t{1});
    made->size = old->size;
    made->flatWords = old->flatWords;
    map_tree::shareTerms(made->keys(), old->keys(), 2 * std::size_t{old->size}, holdsObjects(old));
    return TermAccess::adopt(made);
}

/// A map with one entry more than fits into an array.
Term grown(const Term& map, Term key, Term value) {
    MapEntry entries[kSmallMax + 1];
    std::size_t count = 0;
    for (const auto& entry : map.mapEntries()) {
        entries[count++] = {entry.key, entry.value};
    }
    entries[count] = {std::move(key), std::move(value)};
    return mapFrom(entries);
}

/// A map that fits into an array again without this key.
Term shrunk(const Term& map, const Term& key) {
    MapEntry entries[kSmallMax];
    std::size_t count = 0;
    for (const auto& entry : map.mapEntries()) {
        if (!equalsExact(entry.key, key)) {
            entries[count++] = {entry.key, entry.value};
        }
    }
    return mapFrom({entries, count});
}

/// Leaves one place of each key in `order`, of equal keys the one given last, in the order of keys.
std::size_t sortPlaces(std::span<const MapEntry> entries, std::span<std::uint32_t> order) {
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const auto byKey = detail::compareKeys(entries[a].key, entries[b].key);
        return byKey != 0 ? byKey < 0 : a < b;
    });
    std::size_t distinct = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool isReplaced =
            i + 1 < order.size() && equalsExact(entries[order[i]].key, entries[order[i + 1]].key);
        if (!isReplaced) {
            order[distinct++] = order[i];
        }
    }
    return distinct;
}

/// Requires: kSmallMax entries at most.
Term smallFrom(std::span<MapEntry> entries) {
    // Mostly they come in order: from another map, or from Erlang.
    bool isInOrder = true;
    for (std::size_t i = 1; i < entries.size() && isInOrder; ++i) {
        isInOrder = isBefore(entries[i - 1].key, entries[i].key);
    }
    if (isInOrder) {
        return detail::mapInOrder(entries);
    }
    std::uint32_t room[kSmallMax];
    const std::span<std::uint32_t> order(room, entries.size());
    std::iota(order.begin(), order.end(), 0U);
    const std::size_t distinct = sortPlaces(entries, order);
    MapObject* made = makeMap(distinct);
    for (std::size_t i = 0; i < distinct; ++i) {
        ::new (made->keys() + i) Term(std::move(entries[order[i]].key));
        ::new (made->values() + i) Term(std::move(entries[order[i]].value));
    }
    countWords(made);
    return TermAccess::adopt(made);
}

} // namespace

Term detail::mapInOrder(std::span<MapEntry> entries) noexcept {
    const std::size_t size = entries.size();
    MapObject* made = makeMap(size);
    Term* const keys = made->keys();
    Term* const values = keys + size;
    std::uint64_t words = MapObject::ownWords(size);
    for (std::size_t i = 0; i < size; ++i) {
        words += entries[i].key.flatWords() + entries[i].value.flatWords();
        ::new (keys + i) Term(std::move(entries[i].key));
        ::new (values + i) Term(std::move(entries[i].value));
    }
    made->flatWords = saturated(words);
    return TermAccess::adopt(made);
}

const Term* Term::mapFind(const Term& key) const noexcept {
    if (!isMap()) {
        return nullptr;
    }
    if (map_tree::isTree(*this)) {
        const Term* found = map_tree::find(*this, key);
        return found == nullptr ? nullptr : found + 1;
    }
    const std::size_t place = findPlace(*this, key);
    return place == mapSize() ? nullptr : keysOf(*this).data() + mapSize() + place;
}

Term mapFrom(std::span<MapEntry> entries) noexcept {
    std::size_t count = entries.size();
    if (count > kSmallMax) {
        Term made = map_tree::make(entries, count);
        if (!made.isNone()) {
            return made;
        }
    }
    return smallFrom(entries.first(count));
}

Term mapOf(std::span<const MapEntry> entries) noexcept {
    std::vector<MapEntry> copies(entries.begin(), entries.end());
    return mapFrom(copies);
}

namespace {

/// Requires: nobody else holds the map.
Term putInPlace(Term map, Term key, Term value) {
    if (map_tree::isTree(map)) {
        map_tree::put(map, std::move(key), std::move(value));
        return map;
    }
    if (const std::size_t place = findPlace(map, key); place < map.mapSize()) {
        replaceIn(TermAccess::object<MapObject>(map), place, std::move(value));
        return map;
    }
    if (map.mapSize() == kSmallMax) {
        return grown(map, std::move(key), std::move(value));
    }
    const std::size_t place = placeOf(map, key);
    if (map.mapSize() == detail::roomForEntries(map.mapSize())) {
        map = moved(std::move(map));
    }
    insertInto(TermAccess::object<MapObject>(map), place, std::move(key), std::move(value));
    return map;
}

Term putBeside(const Term& map, Term key, Term value) {
    if (map_tree::isTree(map)) {
        const Term* found = map_tree::find(map, key);
        return found != nullptr && found[1].isSame(value)
                   ? map
                   : map_tree::with(map, std::move(key), std::move(value));
    }
    if (const std::size_t place = findPlace(map, key); place < map.mapSize()) {
        const bool isThere = TermAccess::object<MapObject>(map)->values()[place].isSame(value);
        return isThere ? map : withValue(map, place, std::move(value));
    }
    if (map.mapSize() == kSmallMax) {
        return grown(map, std::move(key), std::move(value));
    }
    const std::size_t place = placeOf(map, key);
    Term changed = copied(map);
    insertInto(TermAccess::object<MapObject>(changed), place, std::move(key), std::move(value));
    return changed;
}

} // namespace

Term mapPut(Term map, Term key, Term value) noexcept {
    GROVE_ASSERT(map.isMap(), "mapPut() on what is no map");
    return isUnique(map) ? putInPlace(std::move(map), std::move(key), std::move(value))
                         : putBeside(map, std::move(key), std::move(value));
}

Term mapRemove(Term map, const Term& key) noexcept {
    GROVE_ASSERT(map.isMap(), "mapRemove() on what is no map");
    const Term* found = map.mapFind(key);
    if (found == nullptr) {
        return map;
    }
    if (map_tree::isTree(map)) {
        if (map.mapSize() == kSmallMax + 1) {
            return shrunk(map, key);
        }
        map_tree::remove(map, key);
        return map;
    }
    const auto old = keysOf(map);
    const auto at = static_cast<std::size_t>(found - old.data()) - old.size();
    const bool isMove = isUnique(map);
    const std::uint64_t removed = 2 + old[at].flatWords() + found->flatWords();
    MapObject* made = makeMap(old.size() - 1);
    for (std::size_t i = 0; i < made->size; ++i) {
        const std::size_t from = i < at ? i : i + 1;
        ::new (made->keys() + i) Term(taken(old[from], isMove));
        ::new (made->values() + i) Term(taken(old.data()[old.size() + from], isMove));
    }
    changeWords(made, map.flatWords(), removed, 0);
    return TermAccess::adopt(made);
}

std::vector<MapEntry> entriesInOrder(const Term& map, std::size_t countMax) {
    std::vector<MapEntry> entries;
    entries.reserve(map.mapSize());
    for (const auto& [key, value] : map.mapEntries()) {
        entries.push_back({key, value});
    }
    const std::size_t count = std::min(countMax, entries.size());
    if (map_tree::isTree(map)) {
        std::partial_sort(
            entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count), entries.end(),
            [](const MapEntry& a, const MapEntry& b) { return isBefore(a.key, b.key); });
    }
    entries.resize(count);
    return entries;
}

} // namespace grove
