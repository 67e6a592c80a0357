#pragma once

#include "access.h"
#include "numbers.h"

#include <grove/term/map_range.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

/// What is done with one node of a large map. For map.cpp and map_tree.cpp.
namespace grove::detail::map_tree {

// Counting bits in one instruction, which every x86-64 processor has had since 2008 but compilers
// do not assume. Functions marked so may run nowhere else.
#if defined(__x86_64__)
#define GROVE_COUNTS_BITS [[gnu::target("popcnt")]]
#else
#define GROVE_COUNTS_BITS
#endif

/// The level of nodes whose keys have one hash.
inline constexpr unsigned kHashEnd = MapNode::kLevels - 1;

/// The branch that a hash takes on a level.
[[nodiscard]] inline std::uint32_t branchBit(std::uint32_t hash, unsigned level) {
    constexpr unsigned kBits = 5;
    const unsigned end = kBits * (level + 1);
    return std::uint32_t{1} << (end <= 32 ? hash >> (32 - end) & 31 : hash & 3);
}

[[nodiscard]] inline std::size_t countBelow(std::uint32_t bits, std::uint32_t bit) {
    return static_cast<std::size_t>(std::popcount(bits & (bit - 1)));
}

[[nodiscard]] inline MapNode* nodeIn(const Term& slot) {
    return TermAccess::object<MapNode>(slot);
}

[[nodiscard]] inline bool isUnique(const MapNode* node) {
    return node->count.load(std::memory_order_acquire) == 1;
}

[[nodiscard]] inline std::size_t bytesFor(std::size_t slots) {
    return sizeof(MapNode) + slots * sizeof(Term);
}

/// A node without its slots.
[[nodiscard]] inline MapNode* newNode(const MapNode& like, std::size_t slots) {
    auto* made = makeObject<MapNode>(like.kind, slots * sizeof(Term));
    made->flatWords = like.flatWords;
    made->size = like.size;
    made->flags = like.flags;
    made->dataMap = like.dataMap;
    made->nodeMap = like.nodeMap;
    return made;
}

[[nodiscard]] inline MapNode* newNode(std::uint32_t dataMap, std::uint32_t nodeMap,
                                      std::size_t slots) {
    auto* made = makeObject<MapNode>(BoxedKind::MapNode, slots * sizeof(Term));
    made->dataMap = dataMap;
    made->nodeMap = nodeMap;
    return made;
}

inline void countWords(MapNode& node) {
    std::uint64_t words = node.ownWords();
    for (std::size_t i = 0; i < node.cellCount(); ++i) {
        words += node.cells()[i].flatWords();
    }
    node.flatWords = saturated(words);
}

/// After a change of one slot or entry. A saturated count says nothing, so everything is counted.
inline void changeWords(MapNode& node, std::uint64_t removed, std::uint64_t added) {
    if (node.flatWords == saturated(~std::uint64_t{0})) {
        countWords(node);
    } else {
        node.flatWords = saturated(node.flatWords - removed + added);
    }
}

[[nodiscard]] inline std::uint64_t entryWords(const Term& key, const Term& value) {
    return MapNode::kEntryWords + key.flatWords() + value.flatWords();
}

/// Makes copies of terms in raw memory; those that are objects get one owner more. Fetches them all
/// before it counts: they may be far. `isAnyObject`: false only where all are words.
inline void shareTerms(Term* to, const Term* from, std::size_t count, bool isAnyObject) noexcept {
    std::memcpy(static_cast<void*>(to), static_cast<const void*>(from), count * sizeof(Term));
    if (!isAnyObject) {
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (TermAccess::isBoxed(from[i])) {
            __builtin_prefetch(TermAccess::header(from[i]), 1);
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (TermAccess::isBoxed(from[i])) {
            retain(TermAccess::header(from[i]));
        }
    }
}

/// The node in the slot, made the slot's own: a copy when others hold it, too. A node that the slot
/// only borrows (no share in it is the slot's) stays as it is in any case, here as in Reform.
GROVE_COUNTS_BITS [[nodiscard]] inline MapNode* own(Term& slot, const MapNode* borrowed) {
    MapNode* node = nodeIn(slot);
    if (node != borrowed && isUnique(node)) {
        return node;
    }
    const std::size_t count = node->cellCount();
    MapNode* copy = newNode(*node, count);
    shareTerms(copy->cells(), node->cells(), count, node->flatWords != node->ownWords());
    if (node == borrowed) {
        (void)TermAccess::take(slot);
    }
    slot = TermAccess::adopt(copy);
    return copy;
}

/// Puts a node of another form in the place of the slot's: slots are moved from the old one where
/// nobody else holds it, otherwise copied.
class Reform {
public:
    Reform(Term& slot, std::size_t slots, const MapNode* borrowed = nullptr)
        : m_slot(slot), m_old(nodeIn(slot)), m_made(newNode(*m_old, slots)), m_from(m_old->cells()),
          m_to(m_made->cells()), m_isBorrowed(m_old == borrowed),
          m_isMove(!m_isBorrowed && isUnique(m_old)) {}
    Reform(const Reform&) = delete;
    Reform& operator=(const Reform&) = delete;

    [[nodiscard]] MapNode& node() { return *m_made; }
    /// The next slots of the old node.
    void keep(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            ::new (m_to++) Term(take());
        }
    }
    /// Everything that the old node still has.
    void keepRest() {
        keep(static_cast<std::size_t>(m_old->cells() + m_old->cellCount() - m_from));
    }
    void add(Term term) { ::new (m_to++) Term(std::move(term)); }
    /// The old node's next slot, to be put elsewhere or dropped.
    [[nodiscard]] Term take() {
        Term& from = *m_from++;
        return m_isMove ? std::move(from) : Term(from);
    }
    ~Reform() {
        if (m_isMove) {
            release(m_old, bytesFor(m_old->cellCount()));
        }
        if (m_isMove || m_isBorrowed) {
            (void)TermAccess::take(m_slot);
        }
        m_slot = TermAccess::adopt(m_made);
    }

private:
    Term& m_slot;
    MapNode* m_old;
    MapNode* m_made;
    Term* m_from;
    Term* m_to;
    bool m_isBorrowed;
    bool m_isMove;
};

[[nodiscard]] inline bool sameKey(const Term& a, const Term& b) {
    if (a.isSame(b)) {
        return true;
    }
    if (!TermAccess::isBoxed(a) || !TermAccess::isBoxed(b)) {
        return false;
    }
    const auto left = a.asBinary();
    const auto right = b.asBinary();
    return left && right ? *left == *right : equalsExact(a, b);
}

/// Among keys of one hash: where the key is or would be.
[[nodiscard]] inline std::size_t placeOf(const MapNode& node, const Term& key) {
    std::size_t first = 0;
    std::size_t end = node.size;
    while (first < end) {
        const std::size_t middle = first + (end - first) / 2;
        if (compareKeys(node.cells()[2 * middle], key) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

} // namespace grove::detail::map_tree
