#pragma once

#include "parker.h"

#include <grove/term/atomics.h>

namespace grove::runtime {

/// The sleep of who watches others and need not while all of them sleep.
///
/// No wake-up is lost: who watches says that he sleeps and then looks at the others; each of them
/// says that it is awake (BasicSleeper::isAsleep) and then looks whether he sleeps. In every order
/// one of them sees the other.
///
/// Threads: somebodyWoke() from those who are watched; the rest from who watches.
template <class Atomics, class ParkerType> class BasicWatchSleep {
public:
    /// One who is watched is awake again. A load when who watches is awake.
    void somebodyWoke() noexcept {
        // seq_cst: pairs with whileAllSleep().
        if (m_isAsleep.load(std::memory_order_seq_cst) &&
            m_isAsleep.exchange(false, std::memory_order_seq_cst))
            parker.unpark();
    }
    /// Rests if `allSleep()` is still so then. `rest()` returns when it is woken, or earlier.
    template <class AllSleep, class Rest> void whileAllSleep(AllSleep&& allSleep, Rest&& rest) {
        m_isAsleep.store(true, std::memory_order_seq_cst);
        if (allSleep())
            rest();
        m_isAsleep.store(false, std::memory_order_seq_cst);
    }
    /// Within `rest()`: nobody has woken yet.
    [[nodiscard]] bool isAsleep() const noexcept {
        return m_isAsleep.load(std::memory_order_seq_cst);
    }

    ParkerType parker;

private:
    /// true: who watches sleeps or is about to. Set and cleared by his thread, cleared by
    /// somebodyWoke(), which then wakes him. seq_cst: it is set before the others' isAsleep are
    /// looked at, and looked at after one of them has cleared its own.
    typename Atomics::template Atomic<bool> m_isAsleep{false};
};

using WatchSleep = BasicWatchSleep<StdAtomics, Parker>;

} // namespace grove::runtime
