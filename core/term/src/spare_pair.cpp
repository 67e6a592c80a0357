#include <grove/term/spare_pair.h>

#if !defined(GROVE_SYSTEM_MEMORY)

namespace grove::detail {

void SparePair::giveBack() noexcept {
    const std::size_t bytes = secondBytes.load(std::memory_order_relaxed);
    if (bytes == kNone)
        return;
    secondBytes.store(kNone, std::memory_order_relaxed);
    release(first, kFirstBytes);
    release(second, bytes);
}

void SparePair::countAsFree(MemoryStatistics& statistics) const noexcept {
    const std::size_t bytes = secondBytes.load(std::memory_order_relaxed);
    if (bytes == kNone)
        return;
    for (const std::size_t each : {kFirstBytes, bytes}) {
        std::size_t& inUse = statistics.classes[kClassOfGranules[(each + 15) / 16]].blocksInUse;
        inUse -= inUse > 0 ? 1 : 0;
    }
}

} // namespace grove::detail

#endif
