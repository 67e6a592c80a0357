#pragma once

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
struct Timer : TimerEntry {
    enum class Kind : std::uint8_t { Message, Interval, Deadline };

    BasicTimerWord<StdAtomics> word;
    std::atomic<std::uint32_t> nextFree{0};
    std::uint32_t index = 0;
    Timer* next = nullptr;                   // in a stack of timers on their way to a scheduler
    std::atomic<Scheduler*> home{nullptr};   // whose wheel it is in; set before Armed
    std::atomic<std::int64_t> deadlineNs{0}; // for readers; relaxed, checked by the word
    Kind kind = Kind::Message;
    bool toName = false;
    Pid to;
    Atom name;
    Payload payload;
    Duration period{};

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

    /// A timer that nobody else knows yet.
    [[nodiscard]] Timer& take() noexcept;
    void give(Timer& timer) noexcept;
    /// Free timers of one scheduler; used by who holds it.
    struct Cache {
        static constexpr std::uint32_t kMax = 64;
        Timer* first = nullptr; // linked through Timer::next
        std::uint32_t count = 0;
    };
    [[nodiscard]] Timer& take(Cache& cache) noexcept;
    void give(Cache& cache, Timer& timer) noexcept;
    [[nodiscard]] static Ref refOf(const Timer& timer) noexcept;
    /// Returns: the timer that a reference may name, and the generation it had; null for others.
    struct Found {
        Timer* timer;
        std::uint32_t generation;
    };
    [[nodiscard]] Found find(Ref ref) const noexcept;

private:
    static constexpr std::uint32_t kChunk = 1'024;
    static constexpr std::uint32_t kChunksMax = (1U << kIndexBits) / kChunk;

    static void clear(Timer& timer) noexcept;
    void push(Timer& timer) noexcept;
    [[nodiscard]] Timer& at(std::uint32_t index) const noexcept;

    /// Chunks of kChunk timers, made when first needed; published by compare-exchange (release).
    std::unique_ptr<std::atomic<Timer*>[]> m_chunks;
    std::atomic<std::uint32_t> m_used{0};
    /// change:32 | index + 1:32, as SlotTable's stacks.
    std::atomic<std::uint64_t> m_free{0};
};

} // namespace grove::runtime
