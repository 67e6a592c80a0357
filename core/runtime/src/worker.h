#pragma once

#include "earlier_envelopes.h"
#include "parker.h"
#include "queue_guard.h"
#include "quick_clock.h"
#include "slot_table.h"
#include "thread.h"

#include <grove/runtime/worker_cache.h>
#include <grove/term/memory_home.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace grove::runtime {

class Core;
class Scheduler;

/// Where a process runs that does not run on the schedulers.
class Host {
public:
    Host() = default;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Takes over a process that has something to do. Threads: any, as owner of the process.
    void enqueue(Slot& process) noexcept {
        m_inside.fetch_add(1, std::memory_order_relaxed); // published by what take() publishes
        take(process);
        m_inside.fetch_sub(1, std::memory_order_release);
    }

protected:
    ~Host() = default;
    /// Publishes the process to the host's thread and wakes that.
    virtual void take(Slot& process) noexcept = 0;
    /// Before destruction: the process may have run and ended before whoever brought it has left.
    void waitUntilNobodyIsInside() const noexcept {
        while (m_inside.load(std::memory_order_acquire) != 0)
            Thread::yield(); // a few instructions of another thread
    }

private:
    /// How many threads are in enqueue(). The last decrement (release) is their last touch; acquire
    /// pairs with it.
    std::atomic<std::uint32_t> m_inside{0};
};

/// What a thread that runs processes knows. The only thread_local of the runtime is a pointer to
/// one.
///
/// Threads: its own, except for the guard.
struct Worker {
    /// Whether it lives as long as its Core.
    enum class Lasts : bool { No, Yes };
    explicit Worker(Core& owner, Lasts lasts = Lasts::No) noexcept
        : core(owner), isLasting(lasts == Lasts::Yes),
          earlier(isLasting ? std::make_unique<EarlierEnvelopes>() : nullptr) {}

    Core& core;
    Scheduler* scheduler = nullptr; // whose queue it works on; null on threads that have none
    Host* host = nullptr;           // whose processes it runs instead
    Slot* current = nullptr;        // the process that runs on this thread
    std::int32_t turnLeft = 0;      // reductions left of its turn
    std::int32_t charged = 0;       // turnLeft when the process was last charged for them
    bool inDestructors = false;     // of a dying process
    Slot* workedFor = nullptr;      // the process whose blocking work has just ended on this thread
    QuickClock quickClock;          // corrected when its scheduler looks up
    SlotTable::Cache slots;
    /// Processes that it has spawned and seen end; written here alone, read by anyone (relaxed).
    /// Of a worker that does not live as long as the Core they go to Core's own counters.
    std::atomic<std::uint64_t> spawned{0};
    std::atomic<std::uint64_t> exited{0};
    const bool isLasting;
    Worker* nextLasting = nullptr; // constant once Core::addWorker() has published it
    std::uint64_t refNext = 0;
    std::uint64_t refEnd = 0;
    std::array<WorkerCache, 4> caches;               // see workerCache()
    const std::unique_ptr<EarlierEnvelopes> earlier; // null unless it lasts

    QueueGuard guard; // of its scheduler's queue

    Parker parker; // while it has no scheduler
    /// Its thread's; written at its begin (release), read by who may have to wake it (acquire).
    std::atomic<MemoryHome> memory{};
    /// The scheduler that the watchdog gives to this spare: release, taken with acquire after
    /// park().
    std::atomic<Scheduler*> nextScheduler{nullptr};
    // For the watchdog; each a value of its own.
    std::atomic<CpuClock> cpuClock{};
    std::atomic<int> threadId{0};
    std::atomic<std::uint64_t> heldPid{0}; // who held the scheduler that was taken
    std::atomic<std::int64_t> heldSince{0};

    /// Returns: false when the queue has been given away; then hands off it.
    [[nodiscard]] bool lockQueue() noexcept { return guard.lock(); }
    void unlockQueue() noexcept { guard.unlock(); }
};

/// Read through thisWorker(), which is not for coroutines: a thread-local read before a suspension
/// is stale after it.
extern constinit thread_local Worker* t_worker [[gnu::tls_model("initial-exec")]];

/// This thread's worker; null on threads that run no process.
[[nodiscard]] inline Worker* thisWorker() noexcept {
    return t_worker;
}
void setThisWorker(Worker* worker) noexcept;

} // namespace grove::runtime
