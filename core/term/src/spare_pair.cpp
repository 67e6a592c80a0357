#include <grove/term/counter_word.h>
#include <grove/term/spare_pair.h>
#include <grove/term/term.h>

namespace grove::detail {

namespace {

constexpr std::size_t secondBytes(std::size_t size) noexcept {
    return sizeof(TupleObject) + size * sizeof(Term);
}

} // namespace

void SparePairs::giveBack() noexcept {
    for (std::size_t size = 0; size < pairs.size(); ++size) {
        void* const first = pairs[size].first.load(std::memory_order_relaxed);
        if (first == nullptr)
            continue;
        pairs[size].first.store(nullptr, std::memory_order_relaxed);
        showSpare(first, kFirstBytes);
        showSpare(pairs[size].second, secondBytes(size));
        release(first, kFirstBytes);
        release(pairs[size].second, secondBytes(size));
    }
}

#if !defined(GROVE_SYSTEM_MEMORY)
void SparePairs::countAsFree(MemoryStatistics& statistics) const noexcept {
    for (std::size_t size = 0; size < pairs.size(); ++size) {
        if (pairs[size].first.load(std::memory_order_relaxed) == nullptr)
            continue;
        for (const std::size_t bytes : {kFirstBytes, secondBytes(size)}) {
            std::size_t& inUse =
                statistics.classes[kClassOfGranules[(bytes + 15) / 16]].blocksInUse;
            inUse -= inUse > 0 ? 1 : 0;
        }
    }
}

#endif

} // namespace grove::detail
