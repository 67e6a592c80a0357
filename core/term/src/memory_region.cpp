#include "memory_region.h"

#if !defined(GROVE_SYSTEM_MEMORY)

#include <grove/term/assert.h>
#include <grove/term/mutex.h>

#include <bit>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace grove::detail {

static_assert(offsetof(RegionFront, owner) % 64 == 0 &&
                  sizeof(RegionFront) == offsetof(RegionFront, owner) + 64,
              "whose a region is stands on a line of its own");

namespace {

constinit Mutex s_regionsMutex; // guards the …OfAll links, too
constinit Region* s_regions GROVE_GUARDED_BY(s_regionsMutex) = nullptr;

void* mapPages(std::size_t bytes) noexcept {
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        outOfMemory(bytes);
    return pages;
}

bool isAligned(const void* pages) noexcept {
    return reinterpret_cast<std::uintptr_t>(pages) % kRegionBytes == 0;
}

/// Maps exactly one region's pages at a multiple of its size.
void* mapAligned() noexcept {
    void* const pages =
        mapPages(kRegionBytes); // the system places mappings side by side: mostly aligned
    if (isAligned(pages))
        return pages;
    munmap(pages, kRegionBytes);
    char* const wide = static_cast<char*>(mapPages(2 * kRegionBytes));
    const std::size_t before = -reinterpret_cast<std::uintptr_t>(wide) % kRegionBytes;
    if (before > 0)
        munmap(wide, before);
    munmap(wide + before + kRegionBytes, kRegionBytes - before);
    return wide + before;
}

} // namespace

void outOfMemory(std::size_t size) noexcept {
    std::fprintf(stderr, "grove: out of memory (%zu bytes asked for)\n", size);
    std::abort();
}

Region& Region::of(Chunk& chunk) noexcept {
    return *reinterpret_cast<Region*>(reinterpret_cast<std::uintptr_t>(&chunk) &
                                      ~(kRegionBytes - 1));
}

std::size_t Region::indexOf(const Chunk& chunk) const noexcept {
    return static_cast<std::size_t>(&chunk - chunks.data());
}

Chunk& Region::takeChunk(std::size_t index, std::size_t classIndex) noexcept {
    const std::uint32_t bit = std::uint32_t{1} << index;
    GROVE_ASSERT((freeMask & bit) != 0, "a chunk is taken once");
    freeMask &= ~bit;
    residentMask |= bit;
    Chunk& chunk = chunks[index];
    const std::size_t begin = chunkBegin(index);
    const std::size_t blockBytes = kBlockBytes[classIndex];
    const std::size_t count = chunkCapacity(index, blockBytes);
    chunk.free = nullptr;
    chunk.capacity = static_cast<std::uint16_t>(count);
    chunk.freshOffset = static_cast<std::uint32_t>(begin);
    chunk.endOffset = static_cast<std::uint32_t>(begin + count * blockBytes);
    chunk.classIndex.store(static_cast<std::uint8_t>(classIndex), std::memory_order_relaxed);
    chunk.countdown.store(0, std::memory_order_relaxed);
    return chunk;
}

void Region::becomeHuge() noexcept {
    if (isHuge || isKept)
        return;
    isHuge = true;
    madvise(this, kRegionBytes, MADV_HUGEPAGE); // advice: works without
}

std::size_t Region::purgeFreeChunks() noexcept {
    std::size_t bytes = 0;
    std::uint32_t purge = freeMask & residentMask;
    residentMask &= ~purge;
    if (purge != 0 && std::exchange(isHuge, false))
        madvise(this, kRegionBytes, MADV_NOHUGEPAGE);
    while (purge != 0) { // neighbours in one call
        const auto first = static_cast<std::size_t>(std::countr_zero(purge));
        const auto count = static_cast<std::size_t>(std::countr_one(purge >> first));
        const std::size_t begin = chunkBegin(first);
        const std::size_t end = (first + count) * kChunkBytes;
        madvise(base() + begin, end - begin, MADV_DONTNEED);
        bytes += end - begin;
        purge &= count == kChunksPerRegion ? 0 : ~(((std::uint32_t{1} << count) - 1) << first);
    }
    return bytes;
}

Region& mapRegion(HeapFront& owner, bool isFirst) noexcept {
    void* const pages = mapAligned();
    // Before the first touch; advice: works without.
    madvise(pages, kRegionBytes, isFirst ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    auto& region = *new (pages) Region;
    region.freeMask = Region::kAllFree;
    region.residentMask = isFirst ? 0 : Region::kAllFree; // where there are large pages
    region.isKept = isFirst;
    region.isHuge = !isFirst;
    region.owner = &owner;
    const Lock lock(s_regionsMutex);
    region.nextOfAll = s_regions;
    if (s_regions != nullptr)
        s_regions->prevOfAll = &region;
    s_regions = &region;
    return region;
}

void unmapRegion(Region& region) noexcept {
    GROVE_ASSERT(region.freeMask == Region::kAllFree, "a region in use stays");
    {
        const Lock lock(s_regionsMutex);
        (region.prevOfAll != nullptr ? region.prevOfAll->nextOfAll : s_regions) = region.nextOfAll;
        if (region.nextOfAll != nullptr)
            region.nextOfAll->prevOfAll = region.prevOfAll;
    }
    munmap(&region, kRegionBytes);
}

void forEachRegion(void (*visit)(const Region&, void*), void* context) noexcept {
    const Lock lock(s_regionsMutex);
    for (const Region* region = s_regions; region != nullptr; region = region->nextOfAll)
        visit(*region, context);
}

} // namespace grove::detail

#endif
