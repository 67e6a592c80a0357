#include "timer_table.h"

#include <grove/term/assert.h>

#include <cstddef>
#include <sys/mman.h>
#include <utility>

namespace grove::runtime {

static_assert(sizeof(Timer) == 128);
static_assert(static_cast<int>(Timer::Kind::Message) == 0, "as the timers of a new chunk");
// Clang and GCC lay the base out first.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
static_assert(offsetof(Timer, to) < 64, "moving it and firing it need one line");
#pragma GCC diagnostic pop

namespace {

Timer* mapTimers(std::size_t bytes, bool isFirst) noexcept {
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    GROVE_ASSERT(memory != MAP_FAILED, "the system has no more memory");
    madvise(memory, bytes, isFirst ? MADV_NOHUGEPAGE : MADV_HUGEPAGE); // advice: works without
    return static_cast<Timer*>(memory);
}

} // namespace

TimerTable::TimerTable() : m_chunks(new std::atomic<Timer*>[kChunksMax]()) {}

TimerTable::~TimerTable() {
    const std::uint32_t used = m_used.load(std::memory_order_relaxed);
    for (std::uint32_t index = 0; index < used; ++index)
        at(index).payload = Payload();
    for (std::uint32_t begin = 0; begin < used; begin += kChunk)
        munmap(&at(begin), kChunkBytes);
}

Timer& TimerTable::at(std::uint32_t index) const noexcept {
    return m_chunks[index / kChunk].load(std::memory_order_acquire)[index % kChunk];
}

void TimerTable::push(Timer& first, std::uint32_t count) noexcept {
    first.chained = count;
    // relaxed: the stack's head orders it.
    m_free.push(first.index,
                [&](std::uint32_t below) { first.below.store(below, std::memory_order_relaxed); });
}

Timer* TimerTable::pop() noexcept {
    const auto index = m_free.pop(
        [this](std::uint32_t above) { return at(above).below.load(std::memory_order_relaxed); });
    return index ? &at(*index) : nullptr;
}

Timer& TimerTable::makeChain() noexcept {
    const std::uint32_t begin = m_used.fetch_add(kChain, std::memory_order_relaxed);
    GROVE_ASSERT(begin < kChunk * kChunksMax, "too many timers at a time");
    std::atomic<Timer*>& chunk = m_chunks[begin / kChunk];
    if (chunk.load(std::memory_order_acquire) == nullptr) {
        Timer* const made = mapTimers(kChunkBytes, begin < kChunk);
        Timer* expected = nullptr;
        if (!chunk.compare_exchange_strong(expected, made, std::memory_order_acq_rel,
                                           std::memory_order_acquire))
            munmap(made, kChunkBytes);
    }
    Timer* next = nullptr;
    for (std::uint32_t index = begin + kChain; index-- > begin;) {
        Timer& timer = at(index);
        timer.index = index;
        timer.TimerEntry::next = next;
        next = &timer;
    }
    next->chained = kChain;
    return *next;
}

void TimerTable::refill(Cache& cache) noexcept {
    cache.first = std::exchange(cache.whole, nullptr);
    if (cache.first == nullptr)
        cache.first = pop();
    if (cache.first == nullptr)
        cache.first = &makeChain();
    cache.count = cache.first->chained;
}

void TimerTable::spill(Cache& cache) noexcept {
    if (cache.whole != nullptr)
        push(*cache.whole, kChain);
    cache.whole = std::exchange(cache.first, nullptr);
    cache.whole->chained = kChain;
    cache.count = 0;
}

Timer& TimerTable::take() noexcept {
    Cache cache;
    Timer& timer = take(cache);
    if (cache.first != nullptr)
        push(*cache.first, cache.count);
    return timer;
}

} // namespace grove::runtime
