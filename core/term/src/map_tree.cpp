#include "map_tree.h"

#include "map_node.h"

#include <grove/term/key_order.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace grove::detail::map_tree {

namespace {

// Building

/// An entry with the hash of its key, to be moved out of its place.
struct Placed {
    std::uint32_t hash;
    MapEntry* entry;
};

/// A node of at least two entries in the order of their hashes; those of one hash by key.
Term makeNode(std::span<Placed> entries, unsigned level);

/// The end of the first group of entries that take one branch.
std::size_t groupEnd(std::span<const Placed> entries, std::size_t start, unsigned level) {
    const std::uint32_t bit = branchBit(entries[start].hash, level);
    std::size_t end = start + 1;
    while (end < entries.size() && branchBit(entries[end].hash, level) == bit) {
        ++end;
    }
    return end;
}

MapNode* makeBranches(std::span<Placed> entries, unsigned level) {
    std::uint32_t dataMap = 0;
    std::uint32_t nodeMap = 0;
    std::array<std::uint32_t, 32> ends; // the first `groups` mean something
    std::size_t groups = 0;
    for (std::size_t start = 0; start < entries.size();) {
        const std::size_t end = groupEnd(entries, start, level);
        (end - start == 1 ? dataMap : nodeMap) |= branchBit(entries[start].hash, level);
        ends[groups++] = static_cast<std::uint32_t>(end);
        start = end;
    }
    const auto dataCount = static_cast<std::size_t>(std::popcount(dataMap));
    MapNode* made =
        newNode(dataMap, nodeMap, 2 * dataCount + static_cast<std::size_t>(std::popcount(nodeMap)));
    Term* entry = made->cells();
    Term* node = made->cells() + 2 * dataCount;
    std::size_t start = 0;
    for (const std::uint32_t end : std::span(ends).first(groups)) {
        if (end - start == 1) {
            ::new (entry++) Term(std::move(entries[start].entry->key));
            ::new (entry++) Term(std::move(entries[start].entry->value));
        } else {
            ::new (node++) Term(makeNode(entries.subspan(start, end - start), level + 1));
        }
        start = end;
    }
    return made;
}

MapNode* makeOneHash(std::span<Placed> entries) {
    MapNode* made = newNode(0, 0, 2 * entries.size());
    made->flags = MapNode::kOneHash;
    Term* to = made->cells();
    for (const Placed& placed : entries) {
        ::new (to++) Term(std::move(placed.entry->key));
        ::new (to++) Term(std::move(placed.entry->value));
    }
    return made;
}

Term makeNode(std::span<Placed> entries, unsigned level) {
    MapNode* made = level == kHashEnd ? makeOneHash(entries) : makeBranches(entries, level);
    made->size = checkedSize(entries.size());
    countWords(*made);
    return TermAccess::adopt(made);
}

/// By counting, in four passes; what comes from another map of nodes is in order already.
void sortByHash(std::vector<Placed>& entries) {
    constexpr std::size_t kFew = 200;
    if (std::ranges::is_sorted(entries, {}, &Placed::hash)) {
        return;
    }
    if (entries.size() < kFew) {
        std::ranges::sort(entries, {}, &Placed::hash);
        return;
    }
    constexpr unsigned kBits = 8;
    constexpr std::size_t kDigits = std::size_t{1} << kBits;
    std::vector<Placed> sorted(entries.size());
    for (unsigned shift = 0; shift < 32; shift += kBits) {
        std::array<std::uint32_t, kDigits> starts{};
        const auto digit = [shift](const Placed& placed) {
            return placed.hash >> shift & (kDigits - 1);
        };
        for (const Placed& placed : entries) {
            ++starts[digit(placed)];
        }
        std::exclusive_scan(starts.begin(), starts.end(), starts.begin(), 0U);
        for (const Placed& placed : entries) {
            sorted[starts[digit(placed)]++] = placed;
        }
        entries.swap(sorted);
    }
}

/// Leaves one entry of each key, the one given last, in the order of hash and key.
std::size_t dropReplaced(std::vector<Placed>& entries) {
    std::size_t kept = 0;
    for (std::size_t start = 0; start < entries.size();) {
        std::size_t end = start + 1;
        while (end < entries.size() && entries[end].hash == entries[start].hash) {
            ++end;
        }
        const auto group = std::span(entries).subspan(start, end - start);
        if (group.size() > 1) {
            std::ranges::sort(group, [](const Placed& a, const Placed& b) {
                const auto byKey = compareKeys(a.entry->key, b.entry->key);
                return byKey != 0 ? byKey < 0 : a.entry < b.entry;
            });
        }
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (i + 1 == group.size() || !sameKey(group[i].entry->key, group[i + 1].entry->key)) {
                entries[kept++] = group[i];
            }
        }
        start = end;
    }
    return kept;
}

// Changing a tree

/// What is given to put(), with the key's hash.
struct NewEntry {
    Term key;
    Term value;
    std::uint32_t hash;
    const MapNode* borrowed; ///< The map itself, where it stays as it is; otherwise null.
};

bool putIn(Term& slot, unsigned level, NewEntry& entry);

bool replaceValue(Term& slot, std::size_t at, NewEntry& entry) {
    MapNode* node = own(slot, entry.borrowed);
    Term& value = node->cells()[at + 1];
    const std::uint64_t before = value.flatWords();
    value = std::move(entry.value);
    changeWords(*node, before, value.flatWords());
    return false;
}

GROVE_COUNTS_BITS bool insertEntry(Term& slot, std::size_t at, std::uint32_t bit, NewEntry& entry) {
    const std::uint64_t added = entryWords(entry.key, entry.value);
    {
        Reform reform(slot, nodeIn(slot)->cellCount() + 2, entry.borrowed);
        reform.node().dataMap |= bit;
        ++reform.node().size;
        reform.keep(at);
        reform.add(std::move(entry.key));
        reform.add(std::move(entry.value));
        reform.keepRest();
    }
    changeWords(*nodeIn(slot), 0, added);
    return true;
}

/// Two entries take one branch: a node of both takes the place of the one that is there.
bool splitEntry(Term& slot, unsigned level, std::size_t at, std::uint32_t bit, NewEntry& entry) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    {
        const MapNode* old = nodeIn(slot);
        const std::size_t nodesAt = 2 * old->entryCount() + countBelow(old->nodeMap, bit);
        before = entryWords(old->cells()[at], old->cells()[at + 1]);
        Reform reform(slot, old->cellCount() - 1, entry.borrowed);
        reform.node().dataMap &= ~bit;
        reform.node().nodeMap |= bit;
        ++reform.node().size;
        reform.keep(at);
        MapEntry both[2];
        both[0].key = reform.take();
        both[0].value = reform.take();
        both[1] = {std::move(entry.key), std::move(entry.value)};
        Placed placed[] = {{keyHash(both[0].key), &both[0]}, {entry.hash, &both[1]}};
        if (placed[0].hash != placed[1].hash ? placed[1].hash < placed[0].hash
                                             : compareKeys(both[1].key, both[0].key) < 0) {
            std::swap(placed[0], placed[1]);
        }
        Term inner = makeNode(placed, level + 1);
        after = std::uint64_t{1} + inner.flatWords();
        reform.keep(nodesAt - at - 2);
        reform.add(std::move(inner));
        reform.keepRest();
    }
    changeWords(*nodeIn(slot), before, after);
    return true;
}

bool putBelow(Term& slot, unsigned level, std::size_t at, NewEntry& entry) {
    MapNode* node = own(slot, entry.borrowed);
    Term& child = node->cells()[at];
    const std::uint64_t before = child.flatWords();
    const bool isNew = putIn(child, level + 1, entry);
    node->size += isNew ? 1 : 0;
    changeWords(*node, before, child.flatWords());
    return isNew;
}

/// Recursion is as deep as the tree: 8 levels at most.
/// Returns: whether the key is new.
GROVE_COUNTS_BITS bool putIn(Term& slot, unsigned level, NewEntry& entry) {
    const MapNode* node = nodeIn(slot);
    if (node->hasOneHash()) {
        const std::size_t place = placeOf(*node, entry.key);
        return place < node->size && sameKey(node->cells()[2 * place], entry.key)
                   ? replaceValue(slot, 2 * place, entry)
                   : insertEntry(slot, 2 * place, 0, entry);
    }
    const std::uint32_t bit = branchBit(entry.hash, level);
    if ((node->nodeMap & bit) != 0) {
        return putBelow(slot, level, 2 * node->entryCount() + countBelow(node->nodeMap, bit),
                        entry);
    }
    const std::size_t at = 2 * countBelow(node->dataMap, bit);
    if ((node->dataMap & bit) == 0) {
        return insertEntry(slot, at, bit, entry);
    }
    return sameKey(node->cells()[at], entry.key) ? replaceValue(slot, at, entry)
                                                 : splitEntry(slot, level, at, bit, entry);
}

void removeEntry(Term& slot, std::size_t at, std::uint32_t bit) {
    std::uint64_t removed = 0;
    {
        const MapNode* old = nodeIn(slot);
        removed = entryWords(old->cells()[at], old->cells()[at + 1]);
        Reform reform(slot, old->cellCount() - 2);
        reform.node().dataMap &= ~bit;
        --reform.node().size;
        reform.keep(at);
        (void)reform.take();
        (void)reform.take();
        reform.keepRest();
    }
    changeWords(*nodeIn(slot), removed, 0);
}

/// A node below has one entry left, which comes up into this one.
void pullUp(Term& slot, std::size_t at, std::uint32_t bit, std::uint64_t wordsBefore) {
    std::uint64_t added = 0;
    {
        const MapNode* old = nodeIn(slot);
        const std::size_t entryAt = 2 * countBelow(old->dataMap, bit);
        MapNode* child = nodeIn(old->cells()[at]);
        added = entryWords(child->cells()[0], child->cells()[1]);
        Reform reform(slot, old->cellCount() + 1);
        reform.node().dataMap |= bit;
        reform.node().nodeMap &= ~bit;
        reform.keep(entryAt);
        reform.add(std::move(child->cells()[0])); // the child was just made this map's own
        reform.add(std::move(child->cells()[1]));
        reform.keep(at - entryAt);
        (void)reform.take();
        reform.keepRest();
    }
    changeWords(*nodeIn(slot), wordsBefore + 1, added);
}

void removeIn(Term& slot, unsigned level, std::uint32_t hash, const Term& key) {
    const MapNode* old = nodeIn(slot);
    if (old->hasOneHash()) {
        return removeEntry(slot, 2 * placeOf(*old, key), 0);
    }
    const std::uint32_t bit = branchBit(hash, level);
    if ((old->dataMap & bit) != 0) {
        return removeEntry(slot, 2 * countBelow(old->dataMap, bit), bit);
    }
    const std::size_t at = 2 * old->entryCount() + countBelow(old->nodeMap, bit);
    MapNode* node = own(slot, nullptr);
    Term& child = node->cells()[at];
    const std::uint64_t before = child.flatWords();
    removeIn(child, level + 1, hash, key);
    --node->size;
    if (nodeIn(child)->size == 1) {
        pullUp(slot, at, bit, before);
    } else {
        changeWords(*node, before, child.flatWords());
    }
}

} // namespace

bool isTree(const Term& map) noexcept {
    return map.isMap() && TermAccess::header(map)->flags == MapNode::kTree;
}

GROVE_COUNTS_BITS const Term* find(const Term& map, const Term& key) noexcept {
    const std::uint32_t hash = keyHash(key);
    const MapNode* node = nodeIn(map);
    for (unsigned level = 0; !node->hasOneHash(); ++level) {
        const std::uint32_t bit = branchBit(hash, level);
        if ((node->dataMap & bit) != 0) {
            const Term* there = node->cells() + 2 * countBelow(node->dataMap, bit);
            return sameKey(*there, key) ? there : nullptr;
        }
        if ((node->nodeMap & bit) == 0) {
            return nullptr;
        }
        node = nodeIn(node->cells()[2 * node->entryCount() + countBelow(node->nodeMap, bit)]);
    }
    const std::size_t place = placeOf(*node, key);
    const Term* there = node->cells() + 2 * place;
    return place < node->size && sameKey(*there, key) ? there : nullptr;
}

Term make(std::span<MapEntry> entries, std::size_t& left) noexcept {
    std::vector<Placed> placed;
    placed.reserve(entries.size());
    for (MapEntry& entry : entries) {
        placed.push_back({keyHash(entry.key), &entry});
    }
    sortByHash(placed);
    left = dropReplaced(placed);
    placed.resize(left);
    if (left <= MapObject::kEntriesMax) {
        // In the order of their places, so that none is written over before it has moved.
        std::ranges::sort(placed, {}, &Placed::entry);
        for (std::size_t i = 0; i < left; ++i) {
            if (&entries[i] != placed[i].entry) {
                entries[i] = std::move(*placed[i].entry);
            }
        }
        return {};
    }
    Term made = makeNode(placed, 0);
    MapNode* root = nodeIn(made);
    root->kind = BoxedKind::Map;
    root->flags = MapNode::kTree;
    countWords(*root);
    return made;
}

namespace {

NewEntry newEntry(const Term& map, Term key, Term value, const MapNode* borrowed) {
    GROVE_ASSERT(nodeIn(map)->size < saturated(~std::uint64_t{0}),
                 "a map has at most 2^32 - 1 entries");
    NewEntry entry{std::move(key), std::move(value), 0, borrowed};
    entry.hash = keyHash(entry.key);
    return entry;
}

} // namespace

void put(Term& map, Term key, Term value) noexcept {
    NewEntry entry = newEntry(map, std::move(key), std::move(value), nullptr);
    putIn(map, 0, entry);
}

Term with(const Term& map, Term key, Term value) noexcept {
    NewEntry entry = newEntry(map, std::move(key), std::move(value), nodeIn(map));
    Term changed = TermAccess::adopt(TermAccess::header(map)); // another node takes its place
    putIn(changed, 0, entry);
    return changed;
}

void remove(Term& map, const Term& key) noexcept {
    removeIn(map, 0, keyHash(key), key);
}

} // namespace grove::detail::map_tree
