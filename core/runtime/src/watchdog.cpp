#include "watchdog.h"

#include "trim_at_rest.h"

#include <grove/runtime/epoch.h>
#include <grove/runtime/limbo.h>

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <limits>
#include <string>
#include <unistd.h>

namespace grove::runtime {

namespace {

constexpr Duration kTick = std::chrono::milliseconds(2);
constexpr Duration kTickMax = kTick + kTick / 2;         // see pauseAfter()
constexpr std::uint32_t kQuietTicks = 4;                 // before it sleeps
constexpr Duration kTrimAfter = std::chrono::seconds(1); // of quiet
constexpr std::uint32_t kTrimChainsMin = 64;             // some 800 KB

/// Pays for the guard's plain flags. Under ThreadSanitizer the guard is sequentially consistent
/// instead.
void barrierOfGuard() noexcept {
#if !defined(GROVE_PARKER_CONDVAR)
    barrierForAll();
#endif
}

/// Returns: whether a thread sleeps in the system (rather than runs, or waits for a processor).
bool sleepsInSystem(int threadId) noexcept {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", threadId);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    char text[512];
    const ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0)
        return false;
    text[length] = '\0';
    // "tid (name) S …": the state follows the last parenthesis.
    const std::string_view stat(text, static_cast<std::size_t>(length));
    const auto end = stat.rfind(')');
    return end != std::string_view::npos && end + 2 < stat.size() &&
           (stat[end + 2] == 'S' || stat[end + 2] == 'D');
}

/// Nobody is woken for what any may take while one looks around; but the system may have taken the
/// processor from that one since.
void wakeForWhatLies(const Core& core) noexcept {
    if (core.injector.isEmpty() && core.timerInjector.isEmpty())
        return;
    for (const auto& scheduler : core.schedulers) {
        if (scheduler->wake())
            return;
    }
}

} // namespace

Watchdog::Watchdog(Core& core)
    : m_core(core), m_random(systemSeed()), m_watched(core.schedulers.size()) {
    barrierOfGuard(); // the first is slow, and asserts that the system has it
}

void Watchdog::stop() {
    m_isOver.store(true, std::memory_order_seq_cst);
    m_sleep.parker.unpark();
    m_thread.join();
}

void Watchdog::start() {
    m_thread = Thread("grove-watch", [this] { run(); });
}

bool Watchdog::allAsleep() const noexcept {
    for (const auto& scheduler : m_core.schedulers) {
        if (!scheduler->isAsleep.load(std::memory_order_seq_cst))
            return false;
    }
    return true;
}

void Watchdog::run() {
    Instant last = m_core.clock.now();
    std::uint32_t quietTicks = 0;
    while (!m_isOver.load(std::memory_order_seq_cst)) {
        static_cast<void>(m_sleep.parker.parkFor(pauseAfter(last)));
        const Instant now = m_core.clock.now();
        for (std::size_t at = 0; at < m_watched.size(); ++at)
            look(*m_core.schedulers[at], m_watched[at], now, now - last);
        last = now;
        wakeForWhatLies(m_core);
        trimUnused(now);
        quietTicks = allAsleep() ? quietTicks + 1 : 0;
        if (quietTicks < kQuietTicks)
            continue;
        m_sleep.whileAllSleep(
            [this] { return allAsleep() && !m_isOver.load(std::memory_order_seq_cst); },
            [this] { rest(); });
        quietTicks = 0;
        last = m_core.clock.now();
        for (Watched& watched : m_watched)
            watched.isSuspect = false;
    }
}

/// Not in step with anything that runs, so that samples are fair; no longer than until a callback
/// has held its scheduler for the limit.
Duration Watchdog::pauseAfter(Instant now) {
    Duration pause = kTick / 2 + Duration(static_cast<std::int64_t>(
                                     m_random.below(static_cast<std::uint64_t>(kTick.count()))));
    for (const Watched& watched : m_watched) {
        const Duration left = addSaturated(watched.since, m_core.options.holdLimit) - now;
        if (watched.isSuspect && left > Duration::zero())
            pause = std::min(pause, left);
    }
    return pause;
}

void Watchdog::rest() {
    struct Slots {
        Watchdog& dog;
        [[nodiscard]] bool isUnderWay() const { return dog.m_isTrimming; }
        [[nodiscard]] bool isMoreFree() const {
            return dog.m_core.slots.spareChains() > dog.m_chainsKept;
        }
        void beginAll() { dog.beginTrim(std::numeric_limits<std::uint32_t>::max()); }
        void giveSome() { dog.trimSome(); }
    } slots{*this};
    const auto isWoken = [this] { // a scheduler has work: it is watched between the pieces
        return !m_sleep.isAsleep() || m_isOver.load(std::memory_order_relaxed);
    };
    const auto waits = [this] { return m_sleep.parker.parkFor(kTrimAfter) != Unparked::ByWaker; };
    if (trimAtRest(slots, isWoken, waits))
        m_sleep.parker.park();
}

void Watchdog::trimUnused(Instant now) {
    if (m_isTrimming) {
        trimSome();
        m_windowBegan = now;
        m_chainsUnused = std::numeric_limits<std::uint32_t>::max();
        return;
    }
    m_chainsUnused = std::min(m_chainsUnused, m_core.slots.spareChains());
    m_chainsKept = std::min(m_chainsKept, m_chainsUnused); // what was used since has memory again
    if (now - m_windowBegan < kTrimAfter)
        return;
    m_windowBegan = now;
    m_core.wakeForMemory(); // whoever released it may never come to rest
    const std::uint32_t unused =
        std::exchange(m_chainsUnused, std::numeric_limits<std::uint32_t>::max());
    if (unused - m_chainsKept >= kTrimChainsMin)
        beginTrim(unused);
}

void Watchdog::beginTrim(std::uint32_t chains) {
    m_core.slots.beginTrim(chains);
    m_isTrimming = true;
}

void Watchdog::trimSome() {
    if (const auto kept = m_core.slots.trimSome()) {
        m_isTrimming = false;
        m_chainsKept = *kept;
    }
}

void Watchdog::look(Scheduler& scheduler, Watched& watched, Instant now, Duration tick) {
    scheduler.poke.store(true, std::memory_order_relaxed);
    const Worker* const worker = scheduler.worker.load(std::memory_order_acquire);
    const bool runs =
        !scheduler.isAsleep.load(std::memory_order_relaxed) && !worker->guard.isLocked();
    const std::uint64_t dispatches = scheduler.dispatches.load(std::memory_order_relaxed);
    if (!runs) {
        watched.isSuspect = false;
        return;
    }
    if (const Slot* const running = scheduler.running.load(std::memory_order_relaxed))
        m_core.slots.cold(*running).runTimeNs.fetch_add(static_cast<std::uint64_t>(tick.count()),
                                                        std::memory_order_relaxed);
    if (!watched.isSuspect || dispatches != watched.dispatches) {
        watched = {
            .dispatches = dispatches,
            .seen = now,
            // At the earliest, unless this thread was held up: who waits behind it waits no longer.
            .since = now - std::min(tick, kTickMax),
            .cpu = cpuTime(worker->cpuClock.load(std::memory_order_relaxed)).value_or(Duration{}),
            .isSuspect = true};
        return;
    }
    const Duration held = now - watched.since;
    if (held < m_core.options.holdLimit / 2 || !isHog(*worker, watched, now))
        return;
    if (held >= m_core.options.holdLimit)
        handOver(scheduler, watched);
    else
        prepareSpare();
}

bool Watchdog::isHog(const Worker& worker, const Watched& watched, Instant now) const {
    const auto cpu = cpuTime(worker.cpuClock.load(std::memory_order_relaxed));
    if (cpu && *cpu - watched.cpu >= std::min(now - watched.since, m_core.options.holdLimit) / 2)
        return true;
    // Not much processor time: it blocks, or the system has descheduled it.
    return sleepsInSystem(worker.threadId.load(std::memory_order_relaxed));
}

void Watchdog::handOver(Scheduler& scheduler, Watched& watched) {
    Worker* const to = spare();
    if (to == nullptr)
        return; // as many spares as processors are at work: nobody would gain
    Worker* const from = scheduler.worker.load(std::memory_order_acquire);
    from->guard.take(barrierOfGuard, [&scheduler] {
        // A few instructions long, unless it has come back and gone to sleep just now.
        if (scheduler.isAsleep.load(std::memory_order_relaxed))
            scheduler.wake();
        Thread::yield();
    });
    // It may have come back just before: then it finds `taken` and becomes the spare, which is as
    // good.
    watched.isSuspect = false;
    if (Slot* const running = scheduler.running.load(std::memory_order_relaxed)) {
        Slot& process = *running;
        // Only for observers: the owner overwrites it when its callback has come back.
        ProcessStatus expected = ProcessStatus::Running;
        if (process.status.compare_exchange_strong(expected, ProcessStatus::Holding,
                                                   std::memory_order_relaxed)) {
            const std::uint32_t index = m_core.slots.indexOf(process);
            const Pid pid = Pid::make(index, m_core.slots.generation(index));
            m_core.events.post(EventKind::HoldBegan, m_core.clock.now(), pid, {}, {}, 0, {});
            from->heldPid.store(pid.raw(), std::memory_order_relaxed);
            from->heldSince.store(watched.seen.time_since_epoch().count(),
                                  std::memory_order_relaxed);
        }
    }
    scheduler.waitingSince(watched.seen);
    scheduler.isHeld.store(true, std::memory_order_relaxed);
    m_core.holds.fetch_add(1, std::memory_order_relaxed);
    to->guard.reset();
    to->nextScheduler.store(&scheduler, std::memory_order_release);
    scheduler.worker.store(to, std::memory_order_release);
    to->parker.unpark();
}

/// A new thread takes as long to start as a busy system lets it wait.
void Watchdog::prepareSpare() {
    if (isSpareReady())
        return;
    if (Worker* const worker = makeSpare()) {
        const Lock lock(m_sparesMutex);
        m_spares.push_back(worker);
    }
}

bool Watchdog::isSpareReady() {
    const Lock lock(m_sparesMutex);
    return !m_spares.empty();
}

Worker* Watchdog::spare() {
    {
        const Lock lock(m_sparesMutex);
        if (!m_spares.empty()) {
            Worker* const worker = m_spares.back();
            m_spares.pop_back();
            return worker;
        }
    }
    return makeSpare();
}

Worker* Watchdog::makeSpare() {
    const Lock lock(m_core.workersMutex);
    if (m_core.spares.load(std::memory_order_relaxed) >= m_core.schedulers.size())
        return nullptr;
    auto worker = std::make_unique<Worker>(m_core, Worker::Lasts::Yes);
    auto thread =
        Thread::tryStart("grove-spare", [raw = worker.get()] { raw->core.workerMain(*raw); });
    if (!thread)
        return nullptr;
    m_core.spares.fetch_add(1, std::memory_order_relaxed);
    m_core.workerThreads.push_back(std::move(*thread));
    return &m_core.addWorker(std::move(worker));
}

void Watchdog::becomeSpare(Worker& worker) {
    std::exchange(worker.scheduler, nullptr)->isHeld.store(false, std::memory_order_relaxed);
    if (const Pid held = Pid::fromRaw(worker.heldPid.exchange(0, std::memory_order_relaxed))) {
        const Instant now = m_core.clock.now();
        const Duration lasted =
            now - Instant(Duration(worker.heldSince.load(std::memory_order_relaxed)));
        m_core.events.post(EventKind::HoldEnded, now, held, {}, {},
                           static_cast<std::uint32_t>(lasted / std::chrono::milliseconds(1)), {});
    }
    // What a callback left over while it held a scheduler woke none: its thread had one.
    if (isAnythingLeftOver())
        m_core.sleepers.wakeOne(m_core.schedulers);
    const Lock lock(m_sparesMutex);
    m_spares.push_back(&worker);
}

} // namespace grove::runtime
