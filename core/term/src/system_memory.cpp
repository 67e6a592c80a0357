// Memory under the sanitizers: malloc's.

#include <grove/term/alloc.h>
#include <grove/term/memory_home.h>

#include <cstdlib>

namespace grove {

std::size_t MemoryStatistics::bytesInUse() const noexcept {
    std::size_t bytes = largeBytesInUse;
    for (const Class& each : classes)
        bytes += each.blockBytes * each.blocksInUse;
    return bytes;
}

#if defined(GROVE_SYSTEM_MEMORY)

void* allocate(std::size_t size) noexcept {
    void* const block = std::malloc(size);
    if (block == nullptr && size != 0)
        std::abort();
    return block;
}

void release(void* block, std::size_t) noexcept {
    std::free(block);
}

Trimmed trimMemory() noexcept {
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
