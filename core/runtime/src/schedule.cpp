#include "send.h"
#include "simulation_driver.h"
#include "watchdog.h"

#include <grove/runtime/limbo.h>
#include <grove/term/alloc.h>
#include <grove/term/memory_home.h>
#include <grove/term/sliced_destruction.h>

#include <algorithm>
#include <unistd.h>

namespace grove::runtime {

namespace {

constexpr Duration kLookAround = std::chrono::microseconds(20);
constexpr int kLooksMax = 1'000;                                 // more than fit into that
constexpr Duration kLatencyMax = std::chrono::microseconds(200); // above it, others get work
// Where turns are so short and hardly one in so many ends a process, they are little but messages
// among the same ones: shared, each would wait for lines of another processor's cache longer than
// it takes. Then it is this one.
constexpr Duration kShortTurn = std::chrono::nanoseconds(500);
constexpr std::uint64_t kTurnsADeath = 8;
constexpr Duration kLatencyOfShortMax = std::chrono::milliseconds(1);
// So do they when processes have taken turns so long, of which at most one in so many ended in a
// wait: each of them would gain by a scheduler of its own, however short its turns are.
constexpr Duration kCrowdedMax = std::chrono::milliseconds(1);
constexpr std::uint64_t kTurnsAWait = 8;
// With so many messages a process may be given more than one turn, for so long after a look-up.
constexpr std::uint32_t kBehind = 256;
constexpr Duration kTurnsMoreFor = std::chrono::microseconds(500);
constexpr Duration kLookUpWanted = std::chrono::microseconds(200);
constexpr Duration kWorthGiving = std::chrono::microseconds(20); // of a run, by the average
constexpr std::uint32_t kDonatedMax = 256;
constexpr Duration kTrimEvery = std::chrono::seconds(2);
constexpr Duration kPinPatience = std::chrono::milliseconds(1);
constexpr std::uint64_t kLookTicksMax = 2'000; // some hundred nanoseconds for a clock

} // namespace

// -- Scheduler ------------------------------------------------------------------------------------

void Scheduler::push(Slot& process) noexcept {
    m_queue.push(m_core.slots.indexOf(process), process.priority.load(std::memory_order_relaxed));
}

std::uint32_t Scheduler::indexOf(const Slot& process) const noexcept {
    return m_core.slots.indexOf(process);
}

Slot* Scheduler::next(std::int32_t& turnLeft) noexcept {
    if (turnLeft > 0 && !m_queue.hasUrgent()) [[likely]] {
        if (m_partner != nullptr && !(m_ranYoung && m_youngCount != 0)) {
            m_ranYoung = false;
            return std::exchange(m_partner, nullptr);
        }
        if (m_youngCount != 0)
            return takeYoung();
    }
    m_ranYoung = false;
    settleYoung();
    if (m_partner != nullptr)
        push(*std::exchange(m_partner, nullptr));
    if (m_queue.isEmpty())
        return nullptr;
    turnLeft = kTurn;
    m_turnsMore = kTurnsMoreMax;
    return &m_core.slots.slot(m_queue.pop());
}

void Scheduler::orderYoung() noexcept {
    std::reverse(m_young.begin() + m_youngOrdered, m_young.begin() + m_youngCount);
    m_youngOrdered = m_youngCount;
}

Slot* Scheduler::takeYoung() noexcept {
    orderYoung();
    m_ranYoung = true;
    m_youngOrdered = --m_youngCount;
    return &m_core.slots.slot(m_young[m_youngCount]);
}

void Scheduler::settleYoung() noexcept {
    orderYoung();
    while (m_youngCount != 0)
        m_queue.push(m_young[--m_youngCount], Priority::Normal);
    m_youngOrdered = 0;
}

Instant Scheduler::lookUp(std::uint32_t waits) {
    poke.store(false, std::memory_order_relaxed);
    const std::uint64_t ticks = processorTicks();
    const Instant now = m_core.clock.now();
    m_lookUpTicks = processorTicks() - ticks < kLookTicksMax ? ticks : 0;
    const std::uint32_t ms = m_core.msSinceStart(now);
    if (ms != m_core.nowMs()) {
        m_core.coarseMs.store(ms, std::memory_order_relaxed);
        m_mustFree = isAnythingLeftOver();
    }
    // Often enough for timers, seldom enough that the clock costs nothing.
    const Duration since = now - m_lastLookUp;
    const std::int32_t ran = m_lookUpEvery - std::max(m_untilLookUp, 0);
    if (since > 2 * kLookUpWanted)
        m_lookUpEvery = std::max(1, m_lookUpEvery / 4);
    else if (since < kLookUpWanted / 2)
        m_lookUpEvery = std::min(64, m_lookUpEvery * 2);
    m_untilLookUp = m_lookUpEvery;
    m_lastLookUp = now;
    if (since > kLookUpWanted || since > ran * kWorthGiving) // they take long: others may help
        settleYoung();
    takeArrivals();
    runTimers(now);
    donate(now, waits);
    queueLength.store(m_queue.count() + m_youngCount, std::memory_order_relaxed);
    // A huge term that somebody dropped: a slice now, the next one after the next turn.
    if (SlicedDestruction::isAnythingLeft() &&
        SlicedDestruction::freeSome() == SlicedDestruction::Freed::MoreToDo) [[unlikely]]
        m_untilLookUp = 1;
    return now;
}

bool Scheduler::takeArrivals() {
    const auto take = [this](Slot& process) { push(process); };
    bool any = arrivals.takeAll(m_core.slots, take);
    any = m_core.injector.takeAll(m_core.slots, take) || any;
    for (Timer* timer = m_core.timerInjector.takeAll(); timer != nullptr;)
        addTimer(*std::exchange(timer, timer->next));
    return any;
}

Instant Scheduler::trim(Instant now) {
    const std::uint64_t dispatched = dispatches.load(std::memory_order_relaxed);
    if (!m_isTrimming) {
        if (dispatched == m_trimmedAfter && !MemoryHome::ofThisThread().hasReturned())
            return kNever;
        if (now - m_trimmedAt < kTrimEvery)
            return m_trimmedAt + kTrimEvery;
    }
    m_isTrimming = trimMemory() == Trimmed::MoreToDo;
    if (m_isTrimming)
        return now;         // a slice at a time, looking for work in between
    m_core.wakeForMemory(); // it has sent home what was others'
    m_queue.trim();
    m_trimmedAt = now;
    m_trimmedAfter = dispatched;
    return kNever;
}

bool Scheduler::isCrowded(Instant now, std::uint32_t waits) noexcept {
    const std::uint64_t dispatched = dispatches.load(std::memory_order_relaxed);
    const std::uint64_t turns = dispatched - std::exchange(m_dispatchedAtLookUp, dispatched);
    if (m_queue.count() < 2 || waits * kTurnsAWait >= turns) {
        m_crowdedAt = kNever;
        return false;
    }
    m_crowdedAt = std::min(m_crowdedAt, now);
    return now - m_crowdedAt >= kCrowdedMax;
}

bool Scheduler::isLate(Instant now) noexcept {
    if (m_markedAt == kNever || m_queue.popped() >= m_mark) {
        setMark();
        m_markedAt = now;
        return false;
    }
    const Duration waited = now - m_markedAt;
    return waited >= kLatencyMax && (waited >= kLatencyOfShortMax || !areShortTurns(waited));
}

void Scheduler::setMark() noexcept {
    m_mark = m_queue.pushed();
    m_dispatchedAtMark = dispatches.load(std::memory_order_relaxed);
    m_endedAtMark = endedByWorker();
}

/// relaxed: who holds the queue reads what it has written itself. While the watchdog moves the
/// queue it may be the former holder's: then the difference means nothing, for one mark.
std::uint64_t Scheduler::endedByWorker() const noexcept {
    return worker.load(std::memory_order_relaxed)->exited.load(std::memory_order_relaxed);
}

bool Scheduler::areShortTurns(Duration waited) const noexcept {
    const std::uint64_t turns = dispatches.load(std::memory_order_relaxed) - m_dispatchedAtMark;
    const std::uint64_t ended = endedByWorker() - m_endedAtMark;
    return waited < kShortTurn * static_cast<std::int64_t>(turns) && ended < turns / kTurnsADeath;
}

void Scheduler::donate(Instant now, std::uint32_t waits) {
    const bool isToShare = isCrowded(now, waits);
    if (m_core.schedulers.size() < 2 || m_queue.isEmpty()) {
        m_markedAt = kNever;
        return;
    }
    if (!isLate(now) && !isToShare)
        return;
    for (const auto& other : m_core.schedulers) {
        const bool asleep = other->isAsleep.load(std::memory_order_relaxed);
        if (other.get() == this || (!asleep && !other->isHungry.load(std::memory_order_relaxed)))
            continue;
        other->isHungry.store(false, std::memory_order_relaxed);
        const std::uint32_t count = std::min((m_queue.count() + 1) / 2, kDonatedMax);
        for (std::uint32_t i = 0; i < count; ++i)
            other->arrivals.push(m_core.slots, m_core.slots.slot(m_queue.pop()));
        Slot::add(donated, std::uint64_t{count});
        other->wake();
        break;
    }
    m_markedAt = kNever;
    m_crowdedAt = kNever;
}

// -- Core: turns ----------------------------------------------------------------------------------

bool Core::goesOnBehind(Worker& worker, Slot& process) noexcept {
    const std::uint32_t waiting =
        process.privateLength.load(std::memory_order_relaxed) + process.inbox.count();
    if (waiting < kBehind || worker.scheduler == nullptr || !worker.lockQueue())
        return false; // nobody sends so much, or the watchdog has taken the queue
    const bool isGiven = worker.scheduler->takeTurnMore();
    worker.unlockQueue();
    if (!isGiven)
        return false;
    const auto since = worker.quickClock.sinceLook(processorTicks());
    if (!since || *since > kTurnsMoreFor)
        return false;
    worker.turnLeft += Scheduler::kTurn;
    worker.charged += Scheduler::kTurn;
    return true;
}

// -- Core: who has something to do goes where it runs
// -----------------------------------------------

namespace {

/// Who runs it, where that is not a scheduler. In blocking work it is served by the schedulers; the
/// thread that has done the work goes on with it itself.
Host* hostFor(Slot& process) noexcept {
    Host* const host = process.findHost();
    if (host == nullptr || !process.has(kInBlocking))
        return host;
    const Worker* const here = thisWorker();
    return here != nullptr && here->workedFor == &process ? host : nullptr;
}

} // namespace

void Core::wake(Slot& process) noexcept {
    if (process.statusNow() == ProcessStatus::Waiting)
        process.setStatus(ProcessStatus::Runnable);
    if (Host* const host = hostFor(process)) {
        host->enqueue(process);
        return;
    }
    if (simulation != nullptr) {
        simulation->enqueue(process);
        return;
    }
    Worker* const worker = thisWorker();
    if (worker != nullptr && &worker->core == this && worker->scheduler != nullptr) {
        if (const AtQueue here(worker->guard); here)
            return worker->scheduler->pushPartner(process);
    }
    inject(process);
}

void Core::enqueue(Slot& process) noexcept {
    if (Host* const host = hostFor(process)) {
        host->enqueue(process);
        return;
    }
    if (simulation != nullptr) {
        simulation->enqueue(process);
        return;
    }
    Worker* const worker = thisWorker();
    if (worker != nullptr && &worker->core == this && worker->scheduler != nullptr) {
        if (const AtQueue here(worker->guard); here)
            return worker->scheduler->push(process);
    }
    inject(process);
}

void Core::inject(Slot& process) noexcept {
    injector.push(slots, process);
    sleepers.wakeOne(schedulers);
}

void Core::workerMain(Worker& worker) {
    const SlicedDestruction sliced;
    setThisWorker(&worker);
    worker.cpuClock.store(Thread::currentCpuClock(), std::memory_order_relaxed);
    worker.threadId.store(gettid(), std::memory_order_relaxed);
    worker.memory.store(MemoryHome::ofThisThread(), std::memory_order_release);
    while (!isOver.load(std::memory_order_acquire)) {
        if (worker.scheduler == nullptr) {
            worker.scheduler = worker.nextScheduler.exchange(nullptr, std::memory_order_acquire);
            if (worker.scheduler == nullptr) {
                // A slice, then again a look for a scheduler; whoever sleeps has freed all.
                if (SlicedDestruction::freeSome() == SlicedDestruction::Freed::Everything)
                    restAsSpare(worker);
                continue;
            }
        }
        schedule(worker, *worker.scheduler);
        if (isOver.load(std::memory_order_acquire))
            break;
        // The watchdog took the scheduler while a callback held it; this thread is a spare now.
        watchdog->becomeSpare(worker);
    }
    slots.returnCache(worker.slots);
    setThisWorker(nullptr);
}

void Core::restAsSpare(Worker& worker) noexcept {
    const auto isWanted = [&] { // for more than memory that has come home
        return worker.nextScheduler.load(std::memory_order_relaxed) != nullptr ||
               isOver.load(std::memory_order_relaxed) || !MemoryHome::ofThisThread().hasReturned();
    };
    if (worker.parker.parkFor(kTrimEvery) == Unparked::ByWaker && isWanted())
        return;
    while (trimMemory() == Trimmed::MoreToDo) {
        if (worker.nextScheduler.load(std::memory_order_relaxed) != nullptr)
            return;
    }
    wakeForMemory();
    worker.parker.park();
}

void Core::wakeForMemory() noexcept {
    for (Worker* worker = lastingWorkers.load(std::memory_order_acquire); worker != nullptr;
         worker = worker->nextLasting) {
        if (worker == thisWorker() || !worker->memory.load(std::memory_order_acquire).hasReturned())
            continue;
        for (const auto& scheduler : schedulers) {
            if (scheduler->worker.load(std::memory_order_acquire) == worker)
                scheduler->wake();
        }
        worker->parker.unpark(); // a spare; another looks once more, some day
    }
}

namespace {

/// Looks around a little for work that others leave. Who leaves some for any scheduler relies on it
/// meanwhile and wakes nobody, so it stops when it has something else to do. Returns: whether
/// batches are left over that it should free.
[[nodiscard]] bool lookAround(Core& core, Scheduler& scheduler) {
    Instant now = scheduler.lookUp();
    const Instant until = now + kLookAround;
    const auto isBusy = [&scheduler] {
        return scheduler.hasWork() || SlicedDestruction::isAnythingLeft();
    };
    bool mustFree = scheduler.takeMustFree();
    core.sleepers.beginLooking();
    // The clock may be one that stands still.
    for (int rounds = 0; !mustFree && !isBusy() && now < until && rounds < kLooksMax; ++rounds) {
        for (int i = 0; i < 32 && scheduler.arrivals.isEmpty() && core.injector.isEmpty(); ++i)
            __builtin_ia32_pause();
        now = scheduler.lookUp();
        mustFree = scheduler.takeMustFree();
    }
    core.sleepers.endLooking();
    // What came beside it has woken nobody.
    if ((mustFree || isBusy()) && (!core.injector.isEmpty() || !core.timerInjector.isEmpty()))
        core.sleepers.wakeOne(core.schedulers);
    return mustFree;
}

/// Looks around a little, then sleeps until it is woken or a timer is due.
void rest(Core& core, Scheduler& scheduler) {
    scheduler.isHungry.store(true, std::memory_order_relaxed);
    bool mustFree = lookAround(core, scheduler);
    // Whoever sleeps has freed all.
    while (!scheduler.hasWork() && SlicedDestruction::isAnythingLeft()) {
        scheduler.lookUp();
        mustFree = scheduler.takeMustFree() || mustFree;
    }
    if (mustFree)
        freeLeftOver();
    scheduler.isHungry.store(false, std::memory_order_relaxed);
    if (scheduler.hasWork())
        return;
    core.sleepers.sleep(scheduler, [&]() -> Duration {
        if (!scheduler.arrivals.isEmpty() || !core.injector.isEmpty() ||
            !core.timerInjector.isEmpty() || !scheduler.cancelled.isEmpty() ||
            core.isOver.load(std::memory_order_seq_cst))
            return Duration::zero();
        Instant next = std::min(scheduler.nextTimer(), scheduler.trim(core.clock.now()));
        if (isAnythingLeftOver()) [[unlikely]] // somebody is pinned for a moment
            next = std::min(next, core.clock.now() + kPinPatience);
        return next == kNever ? Duration::max() : next - core.clock.now();
    });
    core.watchdog->schedulerWoke();
    scheduler.lookUp();
    if (scheduler.takeMustFree())
        freeLeftOver();
}

} // namespace

void Core::schedule(Worker& worker, Scheduler& scheduler) {
    std::uint32_t waits = 0; // turns that ended in one, or in a death, since the look-up
    for (;;) {
        if (!worker.lockQueue())
            return;
        if (scheduler.isLookUpDue()) {
            if (isOver.load(std::memory_order_relaxed))
                break;
            const Instant now = scheduler.lookUp(std::exchange(waits, 0));
            if (scheduler.lookUpTicks() != 0)
                worker.quickClock.look(now, scheduler.lookUpTicks());
            if (scheduler.takeMustFree()) [[unlikely]] {
                scheduler.running.store(nullptr, std::memory_order_relaxed);
                worker.unlockQueue(); // nobody waits for the queue meanwhile
                freeLeftOver();
                if (!worker.lockQueue())
                    return;
                scheduler.noteFreed(clock.now());
            }
        }
        Slot* const process = scheduler.next(worker.turnLeft);
        if (process == nullptr) {
            if (isOver.load(std::memory_order_relaxed))
                break;
            rest(*this, scheduler); // holding the guard: nobody takes what rests
            worker.unlockQueue();
            continue;
        }
        Slot::add(scheduler.dispatches, std::uint64_t{1});
        scheduler.running.store(process, std::memory_order_relaxed);
        worker.unlockQueue();
        const Ran ran = run(worker, *process);
        worker.current = nullptr;
        if (ran == Ran::Again)
            enqueueBy(worker, *process);
        else
            ++waits;
    }
    worker.unlockQueue(); // all is over
}

} // namespace grove::runtime
