#pragma once

#include "parker.h"

#include <grove/term/atomics.h>

#include <atomic>
#include <cstdint>

namespace grove::runtime {

/// The guard of a scheduler's queue against its hand-over to a spare: plain flags for the thread
/// that works on the queue, a barrier for the watchdog that takes it away.
///
/// Each side writes its flag and then reads the other's. The order of the two is paid for by the
/// watchdog's membarrier; under ThreadSanitizer, which cannot see that, by sequential consistency.
/// Threads: lock(), unlock() and isLockedHere() from the thread that works; the rest from the
/// watchdog.
template <class Atomics> class BasicQueueGuard {
public:
    /// Returns: false when the queue has been given away; then hands off it.
    [[nodiscard]] bool lock() noexcept {
#if defined(GROVE_PARKER_CONDVAR)
        m_busy.store(1, std::memory_order_seq_cst);
        const bool isMine = m_taken.load(std::memory_order_seq_cst) == 0;
#else
        m_busy.store(1, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst); // the compiler keeps the order, too
        const bool isMine = m_taken.load(std::memory_order_relaxed) == 0;
#endif
        if (!isMine) [[unlikely]]
            unlock();
        return isMine;
    }
    /// release: what was done to the queue is seen by the watchdog, which waits for 0 (acquire).
    void unlock() noexcept { m_busy.store(0, std::memory_order_release); }

    [[nodiscard]] bool isLocked() const noexcept {
        return m_busy.load(std::memory_order_acquire) != 0;
    }
    /// The same asked by the thread that works, which alone writes the flag while it does.
    [[nodiscard]] bool isLockedHere() const noexcept {
        return m_busy.load(std::memory_order_relaxed) != 0;
    }
    /// Takes the queue from its thread; afterwards it is the caller's. `barrier`: on all cores.
    /// `pause`: what to do while the thread is at the queue, some instructions long.
    template <class Barrier, class Pause> void take(Barrier&& barrier, Pause&& pause) noexcept {
        m_taken.store(1, std::memory_order_seq_cst);
        barrier();
        while (m_busy.load(std::memory_order_seq_cst) != 0)
            pause();
    }
    /// For a thread that works on nothing and will be given a queue, by a release that follows.
    void reset() noexcept { m_taken.store(0, std::memory_order_relaxed); }

private:
    typename Atomics::template Atomic<std::uint32_t> m_busy{0};  // 1: its thread is at the queue
    typename Atomics::template Atomic<std::uint32_t> m_taken{0}; // 1: the queue was given away
};

/// While its thread is at the queue, also where it is there already: a look-up fires timers, and
/// those wake processes. lock() and unlock() do not nest: the inner unlock() would leave the queue
/// to a spare in the middle of the outer work.
template <class Guard> class BasicAtQueue {
public:
    explicit BasicAtQueue(Guard& guard) noexcept
        : m_guard(guard), m_wasThere(guard.isLockedHere()), m_isThere(m_wasThere || guard.lock()) {}
    BasicAtQueue(const BasicAtQueue&) = delete;
    BasicAtQueue& operator=(const BasicAtQueue&) = delete;
    ~BasicAtQueue() {
        if (m_isThere && !m_wasThere)
            m_guard.unlock();
    }
    /// False when the queue has been given away; then hands off it.
    explicit operator bool() const noexcept { return m_isThere; }

private:
    Guard& m_guard;
    const bool m_wasThere;
    const bool m_isThere;
};

using QueueGuard = BasicQueueGuard<StdAtomics>;
using AtQueue = BasicAtQueue<QueueGuard>;

} // namespace grove::runtime
