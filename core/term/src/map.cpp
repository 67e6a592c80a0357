#include "access.h"
#include "numbers.h"

#include <grove/term/map.h>
#include <grove/term/term.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <vector>

namespace grove {

namespace {

using detail::MapObject;

/// How many words Erlang counts for a flat map of n entries: the map itself and the tuple of its
/// keys.
std::uint64_t ownWords(std::size_t entries) {
    return 2 * entries + 4;
}

MapObject* makeMap(std::size_t entries) {
    auto* made = detail::makeObject<MapObject>(detail::BoxedKind::Map, entries * 2 * sizeof(Term));
    made->size = detail::checkedSize(entries);
    return made;
}

/// Ends the construction: keys and values are in place.
Term finish(MapObject* map) {
    std::uint64_t words = ownWords(map->size);
    for (std::size_t i = 0; i < map->size * std::size_t{2}; ++i) {
        words += map->keys()[i].flatWords();
    }
    map->flatWords = detail::saturated(words);
    return TermAccess::adopt(map);
}

std::span<Term> keysOf(const Term& map) {
    auto* object = TermAccess::object<MapObject>(map);
    return {object->keys(), object->size};
}

const Term* lowerBound(const Term& map, const Term& key) {
    const auto keys = keysOf(map);
    return std::lower_bound(
        keys.data(), keys.data() + keys.size(), key,
        [](const Term& a, const Term& b) { return detail::compareKeys(a, b) < 0; });
}

bool isUnique(const Term& term) {
    return TermAccess::header(term)->count.load(std::memory_order_acquire) == 1;
}

} // namespace

const Term* Term::mapFind(const Term& key) const noexcept {
    if (!isMap()) {
        return nullptr;
    }
    const auto keys = keysOf(*this);
    if (!key.isBoxed() && keys.size() <= 8) {
        const auto found = std::find_if(keys.begin(), keys.end(),
                                        [&](const Term& each) { return each.isSame(key); });
        return found == keys.end() ? nullptr : &*found + keys.size();
    }
    const Term* found = lowerBound(*this, key);
    return found != keys.data() + keys.size() && equalsExact(*found, key) ? found + keys.size()
                                                                          : nullptr;
}

Term mapFrom(std::span<MapEntry> entries) noexcept {
    std::uint32_t few[32];
    std::vector<std::uint32_t> many(entries.size() > std::size(few) ? entries.size() : 0);
    const std::span<std::uint32_t> order(many.empty() ? few : many.data(), entries.size());
    std::iota(order.begin(), order.end(), 0U);
    // Of two entries with one key the one given last stays last.
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const auto byKey = detail::compareKeys(entries[a].key, entries[b].key);
        return byKey != 0 ? byKey < 0 : a < b;
    });
    const auto isReplaced = [&](std::size_t i) {
        return i + 1 < order.size() &&
               equalsExact(entries[order[i]].key, entries[order[i + 1]].key);
    };
    std::size_t distinct = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        distinct += isReplaced(i) ? 0 : 1;
    }
    MapObject* made = makeMap(distinct);
    std::size_t to = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        // The next key is compared before this one is moved: isReplaced() looks at both.
        if (!isReplaced(i)) {
            ::new (made->keys() + to) Term(std::move(entries[order[i]].key));
            ::new (made->values() + to) Term(std::move(entries[order[i]].value));
            ++to;
        }
    }
    return finish(made);
}

Term mapOf(std::span<const MapEntry> entries) noexcept {
    std::vector<MapEntry> copies(entries.begin(), entries.end());
    return mapFrom(copies);
}

Term mapPut(Term map, Term key, Term value) noexcept {
    GROVE_ASSERT(map.isMap(), "mapPut() on what is no map");
    const auto old = keysOf(map);
    const auto at = static_cast<std::size_t>(lowerBound(map, key) - old.data());
    const bool isThere = at < old.size() && equalsExact(old[at], key);
    if (isThere && isUnique(map)) {
        auto* object = TermAccess::object<MapObject>(map);
        object->values()[at] = std::move(value);
        // The words are counted anew: a saturated count cannot be adjusted.
        (void)TermAccess::take(map);
        return finish(object);
    }
    MapObject* made = makeMap(old.size() + (isThere ? 0 : 1));
    std::size_t from = 0;
    for (std::size_t i = 0; i < made->size; ++i) {
        const bool isNew = i == at;
        ::new (made->keys() + i) Term(isNew ? std::move(key) : old[from]);
        ::new (made->values() + i) Term(isNew ? std::move(value) : old.data()[old.size() + from]);
        from += isNew && !isThere ? 0 : 1;
    }
    return finish(made);
}

Term mapRemove(Term map, const Term& key) noexcept {
    GROVE_ASSERT(map.isMap(), "mapRemove() on what is no map");
    const Term* found = map.mapFind(key);
    if (found == nullptr) {
        return map;
    }
    const auto old = keysOf(map);
    const auto at = static_cast<std::size_t>(found - old.data()) - old.size();
    MapObject* made = makeMap(old.size() - 1);
    for (std::size_t i = 0; i < made->size; ++i) {
        const std::size_t from = i < at ? i : i + 1;
        ::new (made->keys() + i) Term(old[from]);
        ::new (made->values() + i) Term(old.data()[old.size() + from]);
    }
    return finish(made);
}

std::vector<MapEntry> entriesInOrder(const Term& map, std::size_t countMax) {
    std::vector<MapEntry> entries;
    entries.reserve(map.mapSize());
    for (const auto& [key, value] : map.mapEntries()) {
        entries.push_back({key, value});
    }
    const std::size_t count = std::min(countMax, entries.size());
    const auto isBefore = [](const MapEntry& a, const MapEntry& b) {
        return detail::compareKeys(a.key, b.key) < 0;
    };
    std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                      entries.end(), isBefore);
    entries.resize(count);
    return entries;
}

} // namespace grove
