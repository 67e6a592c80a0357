#pragma once

#include "parker.h"

#include <grove/runtime/clock.h>
#include <grove/term/atomics.h>

#include <cstdint>

namespace grove::runtime {

/// Who looks for work and sleeps when there is none.
///
/// Threads: wake() from any, after it has left something that the sleeper looks for; the rest
/// belongs to BasicSleepers and to the thread that sleeps here.
template <class Atomics, class ParkerType> class BasicSleeper {
public:
    /// Returns: false when it is awake, or somebody else wakes it.
    bool wake() noexcept {
        // seq_cst: pairs with BasicSleepers::sleep(). Whoever makes the step to false wakes.
        if (!isAsleep.exchange(false, std::memory_order_seq_cst))
            return false;
        parker.unpark();
        return true;
    }

    /// true: it sleeps or is about to. Set and cleared by its thread, cleared by who wakes it.
    typename Atomics::template Atomic<bool> isAsleep{false};
    ParkerType parker;
};

/// All who sleep, for who leaves something that any of them may take.
///
/// No wake-up is lost: who sleeps says so and then looks for work; who leaves work publishes it
/// (seq_cst) and then looks for sleepers. In every order one of them sees the other. Who is looking
/// around takes what is left, so that nobody is woken for it; it says so before, and looks once
/// more after it has said that it is over.
template <class Atomics> class BasicSleepers {
public:
    /// Sleeps until it is woken. `limit`: looks for work and says how long to sleep at most; zero
    /// or less when there is some.
    template <class Sleeper, class Limit> void sleep(Sleeper& sleeper, Limit&& limit) noexcept {
        sleeper.isAsleep.store(true, std::memory_order_seq_cst);
        m_count.fetch_add(1, std::memory_order_seq_cst);
        if (const Duration most = limit(); most > Duration::zero())
            static_cast<void>(sleeper.parker.parkFor(most));
        sleeper.isAsleep.store(false, std::memory_order_seq_cst);
        m_count.fetch_sub(1, std::memory_order_seq_cst);
    }
    /// From here to endLooking() the caller looks for work again and again.
    void beginLooking() noexcept { m_looking.fetch_add(1, std::memory_order_seq_cst); }
    /// The caller then looks once more at what any may take: by sleep(), or, when it has something
    /// to do already, to wake another for it.
    void endLooking() noexcept { m_looking.fetch_sub(1, std::memory_order_seq_cst); }
    /// After something was left for any of `sleepers` (pointers): wakes one if one sleeps and none
    /// looks around.
    template <class Sleepers> void wakeOne(const Sleepers& sleepers) noexcept {
        if (m_count.load(std::memory_order_seq_cst) == 0 ||
            m_looking.load(std::memory_order_seq_cst) != 0)
            return;
        for (const auto& sleeper : sleepers) {
            if (sleeper->wake())
                return;
        }
    }

private:
    /// How many sleep or are about to.
    typename Atomics::template Atomic<std::uint32_t> m_count{0};
    /// How many are looking around. All seq_cst: wakeOne() loads it after what was left, its caller
    /// looks for that after endLooking().
    typename Atomics::template Atomic<std::uint32_t> m_looking{0};
};

using Sleeper = BasicSleeper<StdAtomics, Parker>;
using Sleepers = BasicSleepers<StdAtomics>;

} // namespace grove::runtime
