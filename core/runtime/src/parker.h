#pragma once

#include <grove/runtime/clock.h>
#include <grove/term/atomics.h>

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GROVE_PARKER_CONDVAR 1
#endif
#endif

#if defined(GROVE_PARKER_CONDVAR)
#include <condition_variable>
#include <mutex>
#endif

namespace grove::runtime {

/// What a parker's word says. Changed only by read-modify-writes, so no wake-up can be lost:
/// Empty → Parked by the owner in park(); Empty → Notified and Parked → Notified by unpark();
/// Notified → Empty by the owner leaving park(); Parked → Empty by the owner whose time is up.
enum class ParkState : std::uint32_t { Empty, Parked, Notified };

/// Why park() returned.
enum class Unparked : std::uint8_t { ByWaker, ByTimeout };

/// How a thread sleeps until a 32-bit word changes.
struct FutexWait {
    using Word = std::atomic<ParkState>;
    /// Sleeps while `word` is `expected`, at most `limit`; may return early.
    void wait(const Word& word, ParkState expected, Duration limit) noexcept;
    void wake(const Word& word) noexcept;

#if defined(GROVE_PARKER_CONDVAR)
    std::mutex m_mutex; // TSan does not see futexes
    std::condition_variable m_changed;
#endif
};

/// A place for one thread to sleep, with a memory of one wake-up.
///
/// unpark() before park() makes that park() return at once; several count as one.
/// Threads: park…() from the owner only; unpark() from any thread, which must not outlive the
/// parker. Order: what the waker wrote before unpark() is seen by the owner after park() returned
/// ByWaker.
template <class Atomics, class Wait> class BasicParker {
public:
    BasicParker() = default;
    BasicParker(const BasicParker&) = delete;
    BasicParker& operator=(const BasicParker&) = delete;

    /// Sleeps until unpark(), for ever if need be.
    void park() noexcept { static_cast<void>(parkFor(Duration::max())); }

    /// Sleeps until unpark(), at most `limit`; may come back ByTimeout early (the system wakes
    /// threads for nothing).
    Unparked parkFor(Duration limit) noexcept {
        ParkState state = ParkState::Empty;
        // acquire on failure: Notified was written by unpark() (release).
        if (!m_state.compare_exchange_strong(state, ParkState::Parked, std::memory_order_relaxed,
                                             std::memory_order_acquire))
            return takeToken();
        if (limit > Duration::zero()) {
            m_wait.wait(m_state, ParkState::Parked, limit);
            // The system may wake a thread for nothing: without a limit, sleep again.
            while (limit == Duration::max() &&
                   m_state.load(std::memory_order_relaxed) == ParkState::Parked)
                m_wait.wait(m_state, ParkState::Parked, limit);
        }
        // acquire: pairs with the release in unpark(). Takes the token, or withdraws Parked.
        return m_state.exchange(ParkState::Empty, std::memory_order_acquire) == ParkState::Notified
                   ? Unparked::ByWaker
                   : Unparked::ByTimeout;
    }

    /// Wakes the owner, now or when it parks next.
    void unpark() noexcept {
        // release: pairs with the acquires in parkFor().
        if (m_state.exchange(ParkState::Notified, std::memory_order_release) == ParkState::Parked)
            m_wait.wake(m_state);
    }

private:
    Unparked takeToken() noexcept {
        // acquire: a second unpark() may have written Notified again since; see its writes too.
        static_cast<void>(m_state.exchange(ParkState::Empty, std::memory_order_acquire));
        return Unparked::ByWaker;
    }

    typename Atomics::template Atomic<ParkState> m_state{ParkState::Empty};
    [[no_unique_address]] Wait m_wait;
};

using Parker = BasicParker<StdAtomics, FutexWait>;

} // namespace grove::runtime
