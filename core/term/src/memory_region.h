#pragma once

#include <grove/term/alloc.h>

#include <algorithm>

#if !defined(GROVE_SYSTEM_MEMORY)

namespace grove::detail {

inline constexpr std::size_t kRegionHeaderBytes = 4096;

/// Where the blocks of the chunk at `index` begin, from the region's start: the first makes room
/// for the headers.
constexpr std::size_t chunkBegin(std::size_t index) noexcept {
    return index == 0 ? kRegionHeaderBytes : index * kChunkBytes;
}
/// How many blocks of a size the chunk at `index` holds.
constexpr std::size_t chunkCapacity(std::size_t index, std::size_t blockBytes) noexcept {
    return ((index + 1) * kChunkBytes - chunkBegin(index)) / blockBytes;
}

/// How many blocks of a full chunk come back before it is allocated from again. Not the first one:
/// who works through millions of blocks would go from chunk to chunk for each, and scatter what
/// belongs together.
[[nodiscard]] constexpr std::uint32_t reopenAfter(std::size_t capacity) noexcept {
    return static_cast<std::uint32_t>(std::max<std::size_t>(capacity / 16, 1));
}

/// Of a full chunk. `countdown`: how many blocks more come back before it is reopened.
[[nodiscard]] constexpr std::size_t blocksInUseOfFull(std::size_t capacity,
                                                      std::uint32_t countdown) noexcept {
    const std::uint32_t back = reopenAfter(capacity);
    return capacity - (back - std::min(countdown, back));
}

/// 2 MiB of address space, aligned to that, cut into chunks; its headers fill the first page.
///
/// Threads: the owning heap's, except where said.
struct Region : RegionFront {
    alignas(64) std::uint32_t freeMask = 0; // bit per chunk that is not in use
    std::uint32_t residentMask = 0;         // bit per chunk that may hold memory: see isHuge
    Region* next = nullptr;                 // list of the heap's regions with free chunks
    Region* prev = nullptr;
    Region* nextOfAll = nullptr; // guarded by the lock of forEachRegion()
    Region* prevOfAll = nullptr;
    bool isKept =
        false; // the heap's first: small pages, never unmapped, so that small threads stay small
    bool isHuge = false; // the first touch may fill all of it, chunks that nobody took as well

    static constexpr std::uint32_t kAllFree = 0xffff'ffff;

    [[nodiscard]] static Region& of(Chunk& chunk) noexcept;
    [[nodiscard]] std::size_t indexOf(const Chunk& chunk) const noexcept;
    [[nodiscard]] char* base() noexcept { return reinterpret_cast<char*>(this); }

    /// Prepares chunk `index` for blocks of one class. Requires: it is free.
    Chunk& takeChunk(std::size_t index, std::size_t classIndex) noexcept;
    /// To be called when no chunk is free any more: on a huge page again, if it gave some back.
    void becomeHuge() noexcept;
    /// Gives the memory of all free chunks back to the system, and has small pages from then on, as
    /// the system would fill up a huge one again. Returns: the bytes given.
    std::size_t purgeFreeChunks() noexcept;
};
static_assert(sizeof(Region) <= kRegionHeaderBytes, "the headers fill at most the first page");

/// Maps a region whose chunks are all free and belong to `owner`. The program ends when there is no
/// memory.
[[nodiscard]] Region& mapRegion(HeapFront& owner, bool isFirst) noexcept;
/// Requires: all chunks are free, and the region is in no list of its heap.
void unmapRegion(Region& region) noexcept;

/// Calls `visit` for every region under the lock that mapping and unmapping take. Threads: any.
void forEachRegion(void (*visit)(const Region&, void*), void* context) noexcept;

/// Says so and ends the program.
[[noreturn]] void outOfMemory(std::size_t size) noexcept;

} // namespace grove::detail

#endif
