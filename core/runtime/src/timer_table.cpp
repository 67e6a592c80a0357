#include "timer_table.h"

#include <grove/term/assert.h>

#include <utility>

namespace grove::runtime {

namespace {

constexpr unsigned kGenerationBits = Ref::kCounterBits - TimerTable::kIndexBits;
constexpr std::uint32_t kGenerationMask = (1U << kGenerationBits) - 1;

} // namespace

TimerTable::TimerTable() : m_chunks(new std::atomic<Timer*>[kChunksMax]()) {}

TimerTable::~TimerTable() {
    for (std::uint32_t chunk = 0; chunk < kChunksMax; ++chunk)
        delete[] m_chunks[chunk].load(std::memory_order_relaxed);
}

Timer& TimerTable::at(std::uint32_t index) const noexcept {
    return m_chunks[index / kChunk].load(std::memory_order_acquire)[index % kChunk];
}

Timer& TimerTable::take() noexcept {
    std::uint64_t head = m_free.load(std::memory_order_acquire);
    while (const auto number = static_cast<std::uint32_t>(head)) {
        Timer& timer = at(number - 1);
        const std::uint64_t next = timer.nextFree.load(std::memory_order_relaxed);
        if (m_free.compare_exchange_weak(head, ((head >> 32) + 1) << 32 | next,
                                         std::memory_order_acquire, std::memory_order_acquire))
            return timer;
    }
    const std::uint32_t index = m_used.fetch_add(1, std::memory_order_relaxed);
    GROVE_ASSERT(index < kChunk * kChunksMax, "too many timers at a time");
    std::atomic<Timer*>& chunk = m_chunks[index / kChunk];
    if (chunk.load(std::memory_order_acquire) == nullptr) {
        auto* const made = new Timer[kChunk];
        Timer* expected = nullptr;
        if (!chunk.compare_exchange_strong(expected, made, std::memory_order_acq_rel,
                                           std::memory_order_acquire))
            delete[] made;
    }
    Timer& timer = at(index);
    timer.index = index;
    return timer;
}

Timer& TimerTable::take(Cache& cache) noexcept {
    if (cache.first == nullptr)
        return take();
    --cache.count;
    return *std::exchange(cache.first, cache.first->next);
}

void TimerTable::give(Cache& cache, Timer& timer) noexcept {
    if (cache.count == Cache::kMax) {
        give(timer);
        return;
    }
    clear(timer);
    timer.next = std::exchange(cache.first, &timer);
    ++cache.count;
}

void TimerTable::clear(Timer& timer) noexcept {
    timer.payload = Payload();
    timer.home.store(nullptr, std::memory_order_relaxed);
    timer.word.finish();
}

void TimerTable::give(Timer& timer) noexcept {
    clear(timer);
    push(timer);
}

void TimerTable::push(Timer& timer) noexcept {
    const std::uint64_t number = std::uint64_t{timer.index} + 1;
    std::uint64_t head = m_free.load(std::memory_order_relaxed);
    do {
        timer.nextFree.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
    } while (!m_free.compare_exchange_weak(head, ((head >> 32) + 1) << 32 | number,
                                           std::memory_order_release, std::memory_order_relaxed));
}

Ref TimerTable::refOf(const Timer& timer) noexcept {
    const std::uint64_t generation = timer.word.generationNow() & kGenerationMask;
    return Ref::make(kRefMaker, generation << kIndexBits | timer.index);
}

TimerTable::Found TimerTable::find(Ref ref) const noexcept {
    const auto index = static_cast<std::uint32_t>(ref.counter() & ((1U << kIndexBits) - 1));
    if (ref.maker() != kRefMaker || index >= m_used.load(std::memory_order_acquire))
        return {nullptr, 0};
    const Timer* const chunk = m_chunks[index / kChunk].load(std::memory_order_acquire);
    if (chunk == nullptr)
        return {nullptr, 0};
    Timer& timer = at(index);
    const std::uint32_t generation = timer.word.generationNow();
    if ((generation & kGenerationMask) != ref.counter() >> kIndexBits)
        return {nullptr, 0};
    return {&timer, generation};
}

} // namespace grove::runtime
