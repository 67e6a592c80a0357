#pragma once

#include "access.h"

#include <cstddef>
#include <cstdint>

namespace grove::detail {

/// Behind the cells of a node that was copied from another to change a few of them. Counting one
/// owner more of each cell would be most of the work, so the copy holds the other node instead,
/// its base, and owns only the cells in which it differs. It reads as any node does.
///
/// The price: what was replaced lives as long as the base, that is until the copy is changed in
/// place (its base then dies with what was replaced, if nobody else holds it) or dies itself.
struct BorrowedCells {
    Term base;         ///< Owns the cells that the node does not; none once the node owns all.
    std::uint64_t own; ///< A bit for each cell that the node owns.
};

/// In a living node's isHalfDead: BorrowedCells lie behind its cells. Only nodes of at most 64
/// cells have them, so there is no node to which both meanings apply.
inline constexpr std::uint16_t kHasBase = 2;

[[nodiscard]] inline bool hasBase(const MapNode& node) noexcept {
    return node.isHalfDead == kHasBase;
}

[[nodiscard]] inline BorrowedCells& borrowedCells(MapNode& node) noexcept {
    return *reinterpret_cast<BorrowedCells*>(node.cells() + node.cellCount());
}

/// The size of the node's own block.
[[nodiscard]] inline std::size_t bytesOfNode(const MapNode& node) noexcept {
    return sizeof(MapNode) + node.cellCount() * sizeof(Term) +
           (hasBase(node) ? sizeof(BorrowedCells) : 0);
}

/// The node that owns cells of this one; null if it owns all.
[[nodiscard]] inline MapNode* baseOf(MapNode& node) noexcept {
    if (!hasBase(node) || borrowedCells(node).base.isNone()) {
        return nullptr;
    }
    return TermAccess::object<MapNode>(borrowedCells(node).base);
}

[[nodiscard]] inline bool owns(MapNode& node, std::size_t cell) noexcept {
    return !hasBase(node) || (borrowedCells(node).own >> cell & 1) != 0;
}

} // namespace grove::detail
