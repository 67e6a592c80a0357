#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

/// How the values behind a Term lie in memory. Only term.h and the sources of this room look in
/// here.
namespace grove::detail {

/// MapNode: within large maps only; no Term that anybody sees is one.
enum class BoxedKind : std::uint8_t {
    BigInt,
    Float,
    Tuple,
    Cons,
    Map,
    Binary,
    Function,
    Identifier,
    MapNode
};

/// What every boxed value starts with: two words.
///
/// count: how many Terms point here; written atomically by any thread. From kImmortal on it is
/// never written again, so a count can neither overflow nor (for values made immortal on purpose)
/// cost a cache line.
struct Header {
    static constexpr std::uint32_t kImmortal = 0x8000'0000;

    std::atomic<std::uint32_t> count{1};
    std::uint32_t flatWords = 0; ///< See Term::flatWords(); while dying, half of a link.
    std::uint32_t size = 0;      ///< Limbs, elements or entries (MapNode: of all nodes below, too).
    BoxedKind kind;
    /// BigInt: 1 = negative. Binary: bits used in the last byte, 0 = all. Map: 1 = a tree of nodes.
    /// MapNode: 1 = keys of one hash.
    /// Identifier: its TermKind.
    std::uint8_t flags = 0;
    std::uint16_t isHalfDead = 0; ///< While dying: 1 = the first element says how far it is.

    explicit Header(BoxedKind boxedKind) noexcept : kind(boxedKind) {}
};
static_assert(sizeof(Header) == 16);

/// One more owner. Relaxed: who copies a Term already owns one.
inline void retain(Header* header) noexcept {
    if (header->count.load(std::memory_order_relaxed) < Header::kImmortal) [[likely]] {
        header->count.fetch_add(1, std::memory_order_relaxed);
    }
}

/// Destroys the value and, iteratively, everything only it held.
void destroyBoxed(Header* header) noexcept;

/// Takes one owner away.
/// Returns: true if it was the last one. The sole owner is found by a load alone: nobody else can
/// copy what nobody else has. Acquire pairs with the release of the other owners' fetch_sub.
[[nodiscard]] inline bool dropOwner(Header* header) noexcept {
    const auto count = header->count.load(std::memory_order_acquire);
    if (count == 1) {
        return true;
    }
    if (count >= Header::kImmortal) {
        return false;
    }
    return header->count.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

inline void releaseBoxed(Header* header) noexcept {
    if (dropOwner(header)) {
        destroyBoxed(header);
    }
}

} // namespace grove::detail
