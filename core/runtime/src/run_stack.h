#pragma once

#include <grove/term/atomics.h>

#include <atomic>
#include <cstdint>
#include <utility>

namespace grove::runtime {

/// Processes on their way to whoever runs them: many push, one at a time takes all.
///
/// The link is Slot::runNext, which belongs to whoever has the process to schedule; a process is in
/// at most one stack or queue. push(): release, so that the taker (acquire) owns what the pusher
/// owned; seq_cst because the pusher then looks whether the taker sleeps, which has said so before
/// it asked isEmpty() (seq_cst).
template <class Atomics> class BasicRunStack {
public:
    template <class Table, class Process> void push(const Table& table, Process& process) noexcept {
        const std::uint32_t number = table.indexOf(process) + 1;
        // relaxed: only a guess for the exchange below, never followed.
        std::uint32_t head = m_head.load(std::memory_order_relaxed);
        do {
            process.runNext = head;
        } while (!m_head.compare_exchange_weak(head, number, std::memory_order_seq_cst,
                                               std::memory_order_relaxed));
    }
    [[nodiscard]] bool isEmpty() const noexcept {
        return m_head.load(std::memory_order_seq_cst) == 0;
    }
    /// Calls `each` with all of them, oldest first.
    template <class Table, class F> bool takeAll(const Table& table, F&& each) noexcept {
        // relaxed: who misses a push finds it next time, and asks isEmpty() before it sleeps.
        if (m_head.load(std::memory_order_relaxed) == 0)
            return false;
        std::uint32_t number = m_head.exchange(0, std::memory_order_acquire);
        std::uint32_t reversed = 0;
        while (number != 0) {
            auto& process = table.slot(number - 1);
            number = std::exchange(process.runNext, reversed);
            reversed = table.indexOf(process) + 1;
        }
        const bool any = reversed != 0;
        while (reversed != 0) {
            auto& process = table.slot(reversed - 1);
            reversed = std::exchange(process.runNext, 0);
            each(process);
        }
        return any;
    }

private:
    /// 0: nothing; else index + 1 of the newest. Pushers put theirs there, the taker 0.
    typename Atomics::template Atomic<std::uint32_t> m_head{0};
};

using RunStack = BasicRunStack<StdAtomics>; // of a SlotTable

} // namespace grove::runtime
