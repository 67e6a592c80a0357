// Memory under the sanitizers: malloc's.

#include <grove/term/alloc.h>
#include <grove/term/memory_home.h>
#include <grove/term/spare_pair.h>

#include <cstdlib>

namespace grove {

std::size_t MemoryStatistics::bytesInUse() const noexcept {
    std::size_t bytes = largeBytesInUse;
    for (const Class& each : classes)
        bytes += each.blockBytes * each.blocksInUse;
    return bytes;
}

#if defined(GROVE_SYSTEM_MEMORY)

namespace {

constinit detail::SparePairs s_noSpares{.sizes = 0, .pairs = {}};

#if defined(GROVE_HIDES_SPARES)
/// What a thread keeps from the first time that it allocates until it ends.
struct Kept {
    detail::SparePairs spares;
    bool hasEnded = false;
    ~Kept() {
        hasEnded = true;
        detail::t_sparePairs = &s_noSpares;
        spares.giveBack();
    }
};
thread_local Kept t_kept;

void beginToKeep() noexcept {
    if (detail::t_sparePairs == &s_noSpares && !t_kept.hasEnded)
        detail::t_sparePairs = &t_kept.spares;
}
#else
void beginToKeep() noexcept {} // each use of a block is to be one that is seen
#endif

} // namespace

constinit thread_local detail::SparePairs* detail::t_sparePairs = &s_noSpares;

void* allocate(std::size_t size) noexcept {
    beginToKeep();
    void* const block = std::malloc(size);
    if (block == nullptr && size != 0)
        std::abort();
    return block;
}

void release(void* block, std::size_t) noexcept {
    std::free(block);
}

Trimmed trimMemory() noexcept {
    detail::t_sparePairs->giveBack();
    return Trimmed::Everything;
}

MemoryStatistics memoryStatistics() noexcept {
    return {};
}

MemoryHome MemoryHome::ofThisThread() noexcept {
    return {};
}

bool MemoryHome::hasReturned() const noexcept {
    return false;
}

#endif

} // namespace grove
