#pragma once

#include "run_queue.h"
#include "sleepers.h"
#include "timer_table.h"
#include "worker.h"

#include <grove/term/take_all_stack.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace grove::runtime {

/// A run queue with the timers beside it. One worker holds it at a time; a worker whose process
/// does not come back loses it to a spare (see Watchdog).
///
/// Threads: who holds it, unless it says otherwise.
class Scheduler : public Sleeper {
public:
    Scheduler(Core& core, unsigned number, Instant start) noexcept
        : m_core(core), m_wheel(start), m_number(number) {}

    [[nodiscard]] unsigned number() const noexcept { return m_number; }

    /// Puts a process that was woken by the running one where it runs next.
    void pushPartner(Slot& process) noexcept {
        if (process.priority.load(std::memory_order_relaxed) != Priority::Normal) [[unlikely]] {
            push(process);
            return;
        }
        Slot* const before = std::exchange(m_partner, &process);
        if (before != nullptr)
            push(*before);
    }
    void push(Slot& process) noexcept;
    /// Puts a process that the running one has just made where it runs soon: as long as the turn
    /// lasts, what was made runs before what waits, in order, and what that makes in turn runs
    /// first. So a tree of processes is walked in depth and few of them are there at a time.
    void pushYoung(Slot& process, std::int32_t turnLeft) noexcept {
        if (turnLeft <= 0 || m_youngCount == kYoungMax ||
            process.priority.load(std::memory_order_relaxed) != Priority::Normal) [[unlikely]] {
            settleYoung();
            push(process);
            return;
        }
        m_young[m_youngCount++] = indexOf(process);
    }
    /// Returns: who runs next, or null. `turnLeft` is renewed unless it is a partner.
    [[nodiscard]] Slot* next(std::int32_t& turnLeft) noexcept;
    /// Whether who runs may have another turn at once: nobody more urgent waits, and it has not had
    /// as many already.
    [[nodiscard]] bool takeTurnMore() noexcept {
        return !m_queue.hasUrgent() && m_turnsMore > 0 && m_turnsMore-- > 0;
    }
    [[nodiscard]] bool hasWork() const noexcept {
        return m_partner != nullptr || m_youngCount != 0 || !m_queue.isEmpty();
    }

    /// What is done from time to time: the clock, timers, arrivals, and giving work to others.
    /// `waits`: how many turns have not ended in the queue since the latest one. Returns: the time.
    Instant lookUp(std::uint32_t waits = 0);
    /// The processor's count at the latest one; 0 when something came between it and the clock.
    [[nodiscard]] std::uint64_t lookUpTicks() const noexcept { return m_lookUpTicks; }
    /// Whether it has found batches left over (see Limbo): once, for who then calls freeLeftOver().
    [[nodiscard]] bool takeMustFree() noexcept { return std::exchange(m_mustFree, false); }
    /// The time that took is nobody's turn.
    void noteFreed(Instant now) noexcept { m_lastLookUp = now; }
    [[nodiscard]] bool isLookUpDue() noexcept {
        return --m_untilLookUp <= 0 || poke.load(std::memory_order_relaxed);
    }
    /// Takes in processes and timers that others have left for it or for anyone.
    bool takeArrivals();

    void addTimer(Timer& timer) noexcept;
    /// A timer that nobody else knows yet, and its way into the wheel.
    [[nodiscard]] Timer& takeTimer() noexcept;
    void startTimer(Timer& timer) noexcept;
    void removeTimer(Timer& timer) noexcept;
    void runTimers(Instant now);
    [[nodiscard]] Instant nextTimer() const noexcept { return m_wheel.nextExpiry(); }

    /// What is in the queue has waited since then: others may have some of it at the next look-up.
    void waitingSince(Instant since) noexcept {
        settleYoung();
        setMark();
        m_markedAt = std::min(m_markedAt, since);
    }

    /// Before a sleep: gives memory that is no longer used back to the system, some seconds after
    /// the last time. Returns: when to ask again; kNever when nothing has run since.
    Instant trim(Instant now);

    // -- any thread; atomics are values of their own: relaxed, unless it says otherwise --
    RunStack arrivals;                        // given by other schedulers
    TakeAllStack<Timer> cancelled;            // timers of its wheel that somebody cancelled
    std::atomic<bool> poke{false};            // the watchdog asks for lookUp()
    std::atomic<bool> isHungry{false};        // looks around for work
    std::atomic<std::uint64_t> dispatches{0}; // written by who holds it
    std::atomic<std::uint32_t> queueLength{0};
    std::atomic<std::uint64_t> donated{0};
    /// The process that runs or ran last; for the watchdog.
    std::atomic<Slot*> running{nullptr};
    /// Who holds it; changed by the watchdog (release), which pairs with the acquires of who asks;
    /// the holder itself asks relaxed.
    std::atomic<Worker*> worker{nullptr};
    std::atomic<bool> isHeld{false}; // its former worker has not come back yet

    static constexpr std::int32_t kTurn = 2'000; // reductions
    static constexpr int kTurnsMoreMax = 3;

private:
    static constexpr std::uint32_t kYoungMax = 256; // more than can be made in a turn

    static constexpr std::size_t kFiredAtOnce = 8;

    void fire(Timer& timer, Instant now);
    void donate(Instant now, std::uint32_t waits);
    /// Whether several have taken turns for long and hardly waited.
    [[nodiscard]] bool isCrowded(Instant now, std::uint32_t waits) noexcept;
    /// Whether who is queued waits for long.
    [[nodiscard]] bool isLate(Instant now) noexcept;
    /// What is in the queue now is what isLate() looks for next.
    void setMark() noexcept;
    /// Whether the turns since the mark were short, and hardly one of them a process's last.
    [[nodiscard]] bool areShortTurns(Duration waited) const noexcept;
    [[nodiscard]] std::uint64_t endedByWorker() const noexcept;
    [[nodiscard]] std::uint32_t indexOf(const Slot& process) const noexcept;
    [[nodiscard]] Slot* takeYoung() noexcept;
    void orderYoung() noexcept;
    void settleYoung() noexcept; // to the end of the queue

    Core& m_core;
    RunQueue m_queue;
    Slot* m_partner = nullptr; // woken by who ran last; inherits its turn
    int m_turnsMore = 0;       // how many more takeTurnMore() may still give
    std::uint32_t m_youngCount = 0;
    std::uint32_t m_youngOrdered = 0; // of these the last one runs next; those above: the first one
    bool m_ranYoung = false;          // what ran last; its siblings run before whom it has woken
    std::array<std::uint32_t, kYoungMax> m_young{}; // indices; they inherit the turn
    TimerWheel m_wheel;
    TimerTable::Cache m_freeTimers;
    std::uint64_t m_trimmedAfter = 0; // dispatches until the latest trim
    Instant m_trimmedAt{};
    bool m_isTrimming = false; // there is more to do
    Instant m_lastLookUp{};
    std::uint64_t m_lookUpTicks = 0;
    bool m_mustFree = false;
    std::int32_t m_untilLookUp = 1;
    std::int32_t m_lookUpEvery = 16;
    std::uint64_t m_mark = 0;    // the queue's tail when the mark was set
    Instant m_markedAt = kNever; // kNever: no mark
    std::uint64_t m_dispatchedAtMark = 0;
    std::uint64_t m_endedAtMark = 0; // processes, by who held it then
    Instant m_crowdedAt = kNever;    // since when it is; kNever: it is not
    std::uint64_t m_dispatchedAtLookUp = 0;
    const unsigned m_number;
};

} // namespace grove::runtime
