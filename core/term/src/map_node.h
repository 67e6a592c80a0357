#pragma once

#include "access.h"
#include "map_base.h"
#include "numbers.h"

#include <grove/term/map_range.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

/// What is done with one node of a large map. For map_tree.cpp.
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

/// Makes all cells the node's own: those of a base that nobody else holds pass to it.
inline void ownAll(MapNode& node) {
    MapNode* const from = baseOf(node);
    if (from == nullptr) {
        return;
    }
    BorrowedCells& borrowed = borrowedCells(node);
    const bool isPassed = isUnique(from);
    for (std::size_t i = 0; i < node.cellCount(); ++i) {
        const bool isOwn = (borrowed.own >> i & 1) != 0;
        if (isPassed && isOwn) {
            from->cells()[i] = Term(); // what was replaced
        } else if (!isPassed && !isOwn && TermAccess::isBoxed(node.cells()[i])) {
            retain(TermAccess::header(node.cells()[i]));
        }
    }
    borrowed.own = ~std::uint64_t{0};
    if (isPassed) {
        (void)TermAccess::take(borrowed.base);
        release(from, bytesOfNode(*from));
    } else {
        borrowed.base = Term();
    }
}

/// A copy that owns all its cells.
[[nodiscard]] inline MapNode* wholeCopy(const MapNode& node) {
    const std::size_t count = node.cellCount();
    MapNode* copy = newNode(node, count);
    std::uninitialized_copy_n(node.cells(), count, copy->cells());
    return copy;
}

/// A copy that owns what `node` does and `base` does not.
[[nodiscard]] inline MapNode* borrowingCopy(MapNode& node, MapNode& base, std::uint64_t own) {
    const std::size_t count = node.cellCount();
    MapNode* copy = newNode(node, count + sizeof(BorrowedCells) / sizeof(Term));
    copy->isHalfDead = kHasBase;
    std::memcpy(static_cast<void*>(copy->cells()), node.cells(), count * sizeof(Term));
    for (std::uint64_t left = own; left != 0; left &= left - 1) {
        const Term& cell = copy->cells()[std::countr_zero(left)];
        if (TermAccess::isBoxed(cell)) {
            retain(TermAccess::header(cell));
        }
    }
    retain(&base);
    ::new (&borrowedCells(*copy)) BorrowedCells{TermAccess::adopt(&base), own};
    return copy;
}

/// For a change of one cell.
[[nodiscard]] inline MapNode* copyOf(MapNode& node) {
    constexpr std::ptrdiff_t kCountedMax = 4; // so few are counted sooner than borrowed
    constexpr int kOwnMax = 8;                // then all are counted, once in so many changes
    if (node.hasOneHash()) {
        return wholeCopy(node);
    }
    if (MapNode* const base = baseOf(node)) {
        const std::uint64_t own = borrowedCells(node).own;
        return std::popcount(own) <= kOwnMax ? borrowingCopy(node, *base, own) : wholeCopy(node);
    }
    const Term* const cells = node.cells();
    const auto counted = std::count_if(cells, cells + node.cellCount(),
                                       [](const Term& cell) { return TermAccess::isBoxed(cell); });
    return counted <= kCountedMax ? wholeCopy(node) : borrowingCopy(node, node, 0);
}

/// The node in the slot, made the slot's own to change one cell (setCell()): a copy when others
/// hold it, too. A node that the slot only borrows (no share in it is the slot's) stays as it is in
/// any case, here as in Reform.
[[nodiscard]] inline MapNode* own(Term& slot, const MapNode* borrowed) {
    MapNode* node = nodeIn(slot);
    if (node != borrowed && isUnique(node)) {
        if (MapNode* const base = baseOf(*node); base != nullptr && isUnique(base)) {
            ownAll(*node);
        }
        return node;
    }
    MapNode* copy = copyOf(*node);
    if (node == borrowed) {
        (void)TermAccess::take(slot);
    }
    slot = TermAccess::adopt(copy);
    return copy;
}

/// The same with all cells its own, to be moved or given to others.
[[nodiscard]] inline MapNode* ownWhole(Term& slot) {
    if (isUnique(nodeIn(slot))) {
        ownAll(*nodeIn(slot));
    } else {
        slot = TermAccess::adopt(wholeCopy(*nodeIn(slot)));
    }
    return nodeIn(slot);
}

/// Notes that a cell has become the node's own.
inline void markOwn(MapNode& node, std::size_t cell) {
    if (hasBase(node)) {
        borrowedCells(node).own |= std::uint64_t{1} << cell;
    }
}

inline void setCell(MapNode& node, std::size_t cell, Term term) {
    if (!owns(node, cell)) {
        (void)TermAccess::take(node.cells()[cell]);
        markOwn(node, cell);
    }
    node.cells()[cell] = std::move(term);
}

/// Puts a node of another form in the place of the slot's: slots are moved from the old one where
/// nobody else holds it, otherwise copied.
class Reform {
public:
    Reform(Term& slot, std::size_t slots, const MapNode* borrowed = nullptr)
        : m_slot(slot), m_old(nodeIn(slot)), m_made(newNode(*m_old, slots)), m_from(m_old->cells()),
          m_to(m_made->cells()), m_isBorrowed(m_old == borrowed),
          m_isMove(!m_isBorrowed && isUnique(m_old)) {
        if (m_isMove) {
            ownAll(*m_old);
        }
    }
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
            release(m_old, bytesOfNode(*m_old));
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
