#pragma once

#include "index_stack.h"
#include "timer_wheel.h"

#include <grove/runtime/message.h>
#include <grove/runtime/process.h>
#include <grove/term/atomics.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace grove::runtime {

class Scheduler;

/// The life of a timer in one word: generation:32 | phase:32, so that a stale reference decides
/// nothing.
///
/// Free → Pending by start(); Pending → Armed by the scheduler that puts it into its wheel; Armed →
/// Fired by that scheduler; Pending or Armed → Cancelled by anyone. An interval goes Armed →
/// Ticking → Armed by its scheduler, and who wants to cancel it meanwhile waits. Whoever makes the
/// step to Fired or Cancelled-while-Pending-is-found frees it: see each function. finish() makes
/// the next generation Free.
template <class Atomics> class BasicTimerWord {
public:
    enum class Phase : std::uint32_t { Free, Pending, Armed, Ticking, Fired, Cancelled };
    /// What cancel() changed. WasArmed: the timer lies in a wheel, whose scheduler must take it
    /// out. IsTicking: nothing yet; it must be asked again in a moment.
    enum class Cancelled : std::uint8_t { No, WasPending, WasArmed, IsTicking };

    /// Requires: free, and the caller has it for itself. Returns: the generation.
    std::uint32_t start() noexcept {
        const std::uint32_t generation = generationNow();
        m_word.store(pack(generation, Phase::Pending), std::memory_order_release);
        return generation;
    }
    /// start() and arm() in one, by the scheduler itself while nobody else has the reference.
    void startArmed() noexcept {
        m_word.store(pack(generationNow(), Phase::Armed), std::memory_order_release);
    }
    /// By the scheduler. Returns: false when it was cancelled before; the caller then frees it.
    [[nodiscard]] bool arm() noexcept {
        return step(generationNow(), Phase::Pending, Phase::Armed);
    }
    /// By the scheduler. Returns: false when it was cancelled before; the canceller has then told
    /// so.
    [[nodiscard]] bool fire() noexcept { return step(generationNow(), Phase::Armed, Phase::Fired); }
    /// By anyone with a reference. Exactly one of cancel() and fire() succeeds.
    [[nodiscard]] Cancelled cancel(std::uint32_t generation) noexcept {
        // relaxed: a guess that saves the step that would fail.
        if (m_word.load(std::memory_order_relaxed) == pack(generation, Phase::Pending) &&
            step(generation, Phase::Pending, Phase::Cancelled))
            return Cancelled::WasPending;
        std::uint64_t found = pack(generation, Phase::Armed);
        if (m_word.compare_exchange_strong(found, pack(generation, Phase::Cancelled),
                                           std::memory_order_acq_rel, std::memory_order_relaxed))
            return Cancelled::WasArmed;
        return found == pack(generation, Phase::Ticking) ? Cancelled::IsTicking : Cancelled::No;
    }
    /// The same for what is most likely Armed. Returns: false when it was not; nothing has changed.
    [[nodiscard]] bool cancelArmed(std::uint32_t generation) noexcept {
        return step(generation, Phase::Armed, Phase::Cancelled);
    }
    /// By the scheduler of an interval, before it sends. Returns: false when it was cancelled.
    [[nodiscard]] bool beginTick() noexcept {
        return step(generationNow(), Phase::Armed, Phase::Ticking);
    }
    /// After it has sent; nobody else leaves Ticking. release: pairs with the next step.
    void endTick() noexcept {
        m_word.store(pack(generationNow(), Phase::Armed), std::memory_order_release);
    }
    [[nodiscard]] bool isWaiting(std::uint32_t generation) const noexcept {
        // acquire: pairs with step(); what the timer says belongs to this generation.
        const std::uint64_t word = m_word.load(std::memory_order_acquire);
        return word == pack(generation, Phase::Pending) || word == pack(generation, Phase::Armed) ||
               word == pack(generation, Phase::Ticking);
    }
    /// By who frees it.
    void finish() noexcept {
        m_word.store(pack(generationNow() + 1, Phase::Free), std::memory_order_release);
    }
    [[nodiscard]] std::uint32_t generationNow() const noexcept {
        return static_cast<std::uint32_t>(m_word.load(std::memory_order_relaxed) >> 32);
    }

private:
    [[nodiscard]] static std::uint64_t pack(std::uint32_t generation, Phase phase) noexcept {
        return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(phase);
    }
    [[nodiscard]] bool step(std::uint32_t generation, Phase from, Phase to) noexcept {
        std::uint64_t expected = pack(generation, from);
        // acq_rel: the winner owns what the timer carries and sees who armed it.
        return m_word.compare_exchange_strong(expected, pack(generation, to),
                                              std::memory_order_acq_rel, std::memory_order_relaxed);
    }

    typename Atomics::template Atomic<std::uint64_t> m_word{0};
};

/// A message that will be sent. Belongs to who started it until it is Pending, then to the
/// scheduler that takes it in; type-stable.
///
/// What moving it in the wheel and firing it need is one line of the cache.
struct alignas(64) Timer : TimerEntry {
    enum class Kind : std::uint8_t { Message, Interval, Deadline };

    Kind kind = Kind::Message;
    bool toName = false;
    std::uint32_t index = 0;
    BasicTimerWord<StdAtomics> word;
    Payload payload;
    Pid to;
    std::atomic<std::int64_t> deadlineNs{0}; // for readers; relaxed, checked by the word
    std::atomic<Scheduler*> home{nullptr};   // whose wheel it is in; set before Armed
    Timer* next = nullptr;                   // in a stack of timers on their way to a scheduler
    Duration period{};
    Atom name;
    std::atomic<std::uint32_t> below{0}; // of the first of a chain: the next chain, see TimerTable
    std::uint32_t chained = 0;           // of the first of a chain: how many they are

    [[nodiscard]] Instant when() const noexcept {
        return Instant(Duration(deadlineNs.load(std::memory_order_relaxed)));
    }
};

/// All timers of a runtime. A reference names its timer by index and generation, so that cancelling
/// and reading look nothing up. Threads: any. Bounds: 2^26 timers at a time.
class TimerTable {
public:
    static constexpr std::uint8_t kRefMaker = 2; // no other reference has this maker
    static constexpr unsigned kIndexBits = 26;   // of the reference's counter; the rest: generation

    TimerTable();
    ~TimerTable();
    TimerTable(const TimerTable&) = delete;
    TimerTable& operator=(const TimerTable&) = delete;

    /// Free timers of one scheduler, used by who holds it: a chain that grows and shrinks, and a
    /// whole one or none. They are linked through TimerEntry::next.
    struct Cache {
        Timer* first = nullptr;
        std::uint32_t count = 0;
        Timer* whole = nullptr;
    };
    /// A timer that nobody else knows yet.
    [[nodiscard, gnu::always_inline]] Timer& take(Cache& cache) noexcept {
        if (cache.first == nullptr) [[unlikely]]
            refill(cache);
        Timer& timer = *cache.first;
        cache.first = nextFree(timer);
        --cache.count;
        return timer;
    }
    /// The same without a scheduler.
    [[nodiscard]] Timer& take() noexcept;
    [[gnu::always_inline]] void give(Cache& cache, Timer& timer) noexcept {
        timer.payload = Payload();
        timer.word.finish();
        if (cache.count == kChain) [[unlikely]]
            spill(cache);
        timer.TimerEntry::next = cache.first;
        cache.first = &timer;
        ++cache.count;
    }
    [[nodiscard]] static Ref refOf(const Timer& timer) noexcept {
        const std::uint64_t generation = timer.word.generationNow() & kGenerationMask;
        return Ref::make(kRefMaker, generation << kIndexBits | timer.index);
    }
    /// Returns: the timer that a reference may name, and the generation it had; null for others.
    struct Found {
        Timer* timer;
        std::uint32_t generation;
    };
    [[nodiscard]] Found find(Ref ref) const noexcept {
        if (ref.maker() != kRefMaker)
            return {nullptr, 0};
        const auto index = static_cast<std::uint32_t>(ref.counter() & ((1U << kIndexBits) - 1));
        Timer* const chunk = m_chunks[index / kChunk].load(std::memory_order_acquire);
        if (chunk == nullptr)
            return {nullptr, 0};
        Timer& timer = chunk[index % kChunk];
        const std::uint32_t generation = timer.word.generationNow();
        if ((generation & kGenerationMask) != ref.counter() >> kIndexBits)
            return {nullptr, 0};
        return {&timer, generation};
    }

private:
    static constexpr std::uint32_t kGenerationMask = (1U << (Ref::kCounterBits - kIndexBits)) - 1;
    static constexpr std::uint32_t kChunk = 16'384; // 2 MiB: a large page
    static constexpr std::size_t kChunkBytes = kChunk * sizeof(Timer);
    static constexpr std::uint32_t kChunksMax = (1U << kIndexBits) / kChunk;
    static constexpr std::uint32_t kChain = 32; // divides kChunk

    [[nodiscard]] static Timer* nextFree(const Timer& timer) noexcept {
        return static_cast<Timer*>(timer.TimerEntry::next);
    }
    void refill(Cache& cache) noexcept;
    void spill(Cache& cache) noexcept;
    /// A chain for everybody. Requires: not empty.
    void push(Timer& first, std::uint32_t count) noexcept;
    [[nodiscard]] Timer* pop() noexcept;
    /// A chain of timers that were never used.
    [[nodiscard]] Timer& makeChain() noexcept;
    [[nodiscard]] Timer& at(std::uint32_t index) const noexcept;

    /// Chunks of kChunk timers, made when first needed; published by compare-exchange (release).
    /// Zeroed memory is a free timer; the first chunk lies on small pages, as few need more.
    std::unique_ptr<std::atomic<Timer*>[]> m_chunks;
    std::atomic<std::uint32_t> m_used{0};
    BasicIndexStack<StdAtomics> m_free; // chains, by their first timer
};

} // namespace grove::runtime
