#pragma once

#include "core.h"
#include "watch_sleep.h"

#include <atomic>
#include <vector>

namespace grove::runtime {

/// Watches the schedulers: samples who runs, notices a callback that does not come back and gives
/// its scheduler to a spare thread. Sleeps when no scheduler runs.
///
/// Threads: schedulerWoke() and becomeSpare() from workers; the rest is its own thread.
class Watchdog {
public:
    explicit Watchdog(Core& core);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void start();
    /// Waits for the end of its thread. Workers may still call the members that are theirs.
    void stop();
    /// A scheduler has work again. A load when the watchdog is awake.
    void schedulerWoke() noexcept { m_sleep.somebodyWoke(); }
    /// The worker's scheduler was taken; its callback has come back. Waits for another one.
    void becomeSpare(Worker& worker);

private:
    struct Watched {
        std::uint64_t dispatches = 0;
        Instant seen{};  // first; it may have begun a look earlier
        Instant since{}; // that look: what its time is counted from
        Duration cpu{};  // its thread's processor time when it was seen
        bool isSuspect = false;
    };

    void run();
    [[nodiscard]] Duration pauseAfter(Instant now);
    void look(Scheduler& scheduler, Watched& watched, Instant now, Duration tick);
    [[nodiscard]] bool isHog(const Worker& worker, const Watched& watched, Instant now) const;
    void handOver(Scheduler& scheduler, Watched& watched);
    void prepareSpare();
    [[nodiscard]] bool isSpareReady();
    /// Returns: one that waits, or a new one; null when there are as many as there may be.
    [[nodiscard]] Worker* spare();
    [[nodiscard]] Worker* makeSpare();
    [[nodiscard]] bool allAsleep() const noexcept;
    /// While all schedulers sleep: gives all free slots back after a while, then sleeps.
    void rest();
    /// Gives slots back that nobody has needed for a second or longer, a piece at a time.
    void trimUnused(Instant now);
    void beginTrim(std::uint32_t chains);
    void trimSome();

    Core& m_core;
    Random m_random;
    std::vector<Watched> m_watched;
    WatchSleep m_sleep;
    /// true: stop() was called. Set before unpark(), so that who has slept sees it.
    std::atomic<bool> m_isOver{false};
    Mutex m_sparesMutex;
    std::vector<Worker*> m_spares GROVE_GUARDED_BY(m_sparesMutex);
    Instant m_windowBegan{};
    std::uint32_t m_chainsUnused = 0; // in the slots' depot: the fewest since the window began
    bool m_isTrimming = false;
    std::uint32_t m_chainsKept = 0; // of those that came back from a trim, and cannot go
    Thread m_thread;
};

} // namespace grove::runtime
