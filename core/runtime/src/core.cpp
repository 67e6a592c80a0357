
#include "own_thread.h"
#include "send.h"
#include "simulation_driver.h"
#include "watchdog.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <new>

namespace grove::runtime {

namespace {

constexpr std::uint64_t kRefBlock = 1U << 20;
constexpr std::uint8_t kRefMaker = 1;
constexpr std::int32_t kSpawnReductions = 8;

// Drawn at each start, so that a pid read back from storage names nobody here as a rule. Four
// digits, since people read and type pids.
std::uint32_t firstGeneration(Random& random) {
    return static_cast<std::uint32_t>(1000 + random.below(9000));
}

std::uint32_t drawGeneration(std::uint64_t seed) {
    Random random(seed != 0 ? seed : systemSeed());
    return firstGeneration(random);
}

} // namespace

Core::Core(Runtime* facade, const RuntimeOptions& given, SimulationDriver* driver)
    : runtime(facade), options(given), clock(given.clock != nullptr ? *given.clock : systemClock),
      started(clock.now()), simulation(driver),
      slots(given.processesMax, drawGeneration(given.seed)), events(given.eventBytesMax) {
    unsigned count = options.schedulers != 0 ? options.schedulers : processorCount();
    count = std::min(count, 128U);
    for (unsigned number = 0; number < count; ++number)
        schedulers.push_back(std::make_unique<Scheduler>(*this, number, started));
}

Core::~Core() {
    stop();
}

std::uint32_t Core::msSinceStart(Instant instant) const noexcept {
    return static_cast<std::uint32_t>((instant - started) / std::chrono::milliseconds(1));
}

Ref Core::makeRef(Worker& worker) noexcept {
    if (worker.refNext == worker.refEnd) {
        // relaxed: only that each block goes to one worker matters.
        worker.refNext = refBlocks.fetch_add(1, std::memory_order_relaxed) * kRefBlock;
        worker.refEnd = worker.refNext + kRefBlock;
    }
    return Ref::make(kRefMaker, worker.refNext++);
}

std::uint32_t Core::takeSlot(Worker* worker) {
    std::optional<std::uint32_t> index;
    if (worker != nullptr) {
        index = slots.take(worker->slots);
    } else {
        const Lock lock(outsideMutex);
        index = slots.take(outsideSlots);
    }
    if (!index)
        error(atoms::systemLimit);
    return *index;
}

void Core::giveSlot(Worker* worker, std::uint32_t index) noexcept {
    if (worker != nullptr) {
        slots.give(worker->slots, index);
    } else {
        const Lock lock(outsideMutex);
        slots.give(outsideSlots, index);
    }
}

namespace {

/// What a process begins with.
struct Beginning {
    std::coroutine_handle<> root{}; // none: nothing of it runs here
    std::uint8_t flags = 0;
    Priority priority = Priority::Normal;
    std::uint64_t parent = 0;
    std::uint64_t leader = 0;
    std::uint32_t label = 0;
    std::uint32_t restarts = 0;
    const char* behaviour = nullptr;
    const char* initialCall = nullptr;
    std::uint64_t waitPoint = 0;
    std::uint32_t frameBytes = 0;
};

/// Every word of a slot but its extras, once. relaxed: the status publishes them to observers,
/// opening the inbox to all others.
[[gnu::always_inline]] inline Slot& open(Core& core, Worker* worker, std::uint32_t index,
                                         const Beginning& with) noexcept {
    constexpr auto kRelaxed = std::memory_order_relaxed;
    Slot& process = core.slots.slot(index);
    ColdSlot& cold = core.slots.cold(index);
    process.generation = core.slots.generation(index);
    process.waiter = nullptr;
    process.waitPoint.store(with.waitPoint, kRelaxed);
    process.resume = with.root;
    process.host = nullptr;
    process.runNext = 0;
    process.care = 0;
    process.isLinkedToParent = process.hasAncestors = process.isWatchedByParent = false;
    process.inHand = process.freshHead = process.freshTail = nullptr;
    process.overflow.store(0, kRelaxed);
    process.oldestStampMs.store(0, kRelaxed);
    process.waitsFor.store(0, kRelaxed);
    process.privateLength.store(0, kRelaxed);
    process.flags.store(with.flags, kRelaxed);
    process.priority.store(with.priority, kRelaxed);
    process.reductions.store(0, kRelaxed);
    process.sent.store(0, kRelaxed);
    process.received.store(0, kRelaxed);
    cold.parent.store(with.parent, kRelaxed);
    cold.label.store(with.label, kRelaxed);
    cold.restarts.store(with.restarts, kRelaxed);
    cold.behaviour.store(with.behaviour, kRelaxed);
    cold.initialCall.store(with.initialCall, kRelaxed);
    cold.root = with.root;
    cold.spawnedMs.store(core.nowMs(), kRelaxed);
    cold.frameBytes.store(with.frameBytes, kRelaxed);
    cold.runTimeNs.store(0, kRelaxed);
    NameTable::open(cold, process.generation);
    if (worker != nullptr && worker->isLasting) [[likely]]
        Slot::add(worker->spawned, std::uint64_t{1});
    else
        core.spawned.fetch_add(1, kRelaxed);
    core.slots.setLeader(index, with.leader);
    process.status.store(ProcessStatus::Runnable, std::memory_order_release);
    process.inbox.open();
    return process;
}

} // namespace

Slot& Core::openSlot(Worker* worker, std::uint32_t index) noexcept {
    return open(*this, worker, index, {});
}

void Core::freeSlot(Worker* worker, Slot& process) {
    delete process.extras.exchange(nullptr, std::memory_order_relaxed);
    freeBareSlot(worker, process);
}

Core::Census Core::census() const noexcept {
    // Ends first: nobody is counted as gone who was not counted as there.
    Census census{.spawned = 0, .exited = exited.load(std::memory_order_relaxed)};
    const Worker* const first = lastingWorkers.load(std::memory_order_acquire);
    for (const Worker* worker = first; worker != nullptr; worker = worker->nextLasting)
        census.exited += worker->exited.load(std::memory_order_relaxed);
    census.spawned = spawned.load(std::memory_order_relaxed);
    for (const Worker* worker = first; worker != nullptr; worker = worker->nextLasting)
        census.spawned += worker->spawned.load(std::memory_order_relaxed);
    return census;
}

Worker& Core::addWorker(std::unique_ptr<Worker> worker) {
    Worker& added = *worker;
    added.nextLasting = lastingWorkers.load(std::memory_order_relaxed);
    lastingWorkers.store(&added, std::memory_order_release);
    workers.push_back(std::move(worker));
    return added;
}

namespace {

bool isAlias(const MonitorOptions* how) noexcept {
    return how != nullptr && how->alias != Alias::None;
}

/// What a process needs and may not get. It is taken before anything of the process is there, and
/// given back unless all of it was to be had.
class Reserved {
public:
    Reserved(Core& core, Worker* worker, Slot* parent)
        : m_core(core), m_worker(worker), m_parent(parent), m_slot(core.takeSlot(worker)) {}
    Reserved(const Reserved&) = delete;
    Reserved& operator=(const Reserved&) = delete;
    ~Reserved() {
        if (m_isUsed)
            return;
        if (m_alias)
            m_core.closeAlias(*m_parent->findExtras(), m_alias);
        m_core.giveSlot(m_worker, m_slot);
    }

    /// The reference of a monitor of the process.
    [[nodiscard]] Ref takeMonitor(const MonitorOptions* how) {
        if (!isAlias(how))
            return m_core.makeRef(*m_worker);
        m_alias = m_core.openAlias(*m_parent, how->alias);
        return m_alias;
    }
    /// There is a process from here on.
    [[nodiscard]] Slot& open(const Beginning& with) noexcept {
        m_isUsed = true;
        return runtime::open(m_core, m_worker, m_slot, with);
    }

private:
    Core& m_core;
    Worker* m_worker;
    Slot* m_parent;
    std::uint32_t m_slot;
    Ref m_alias;
    bool m_isUsed = false;
};

} // namespace

void Core::monitorChild(Slot& parent, Slot& child, Ref ref, const MonitorOptions* how) {
    const bool isTagged = how != nullptr && !how->tag.isNone();
    const Pid by = pidOf(parent);
    if (parentOf(child) == by && child.hasRoomForMonitor()) {
        child.parentsMonitor = ref.raw();
        child.isWatchedByParent = true;
    } else {
        child.ensureExtras().watchers.put(ref.raw(), {.watcher = by});
    }
    Extras& extras = parent.ensureExtras();
    if (isTagged)
        extras.ensureSeldom().tags.emplace(ref.raw(), how->tag);
    extras.watching.put(ref.raw(), {.target = pidOf(child),
                                    .isSpecial = isAlias(how) || isTagged,
                                    .mark = extras.skipped.nextNumber()});
}

void Core::linkChild(Slot& parent, Slot& child) {
    const Pid by = pidOf(parent);
    if (coldOf(child).parent.load(std::memory_order_relaxed) == by.raw())
        child.isLinkedToParent = true;
    else
        child.ensureExtras().links.put(by.raw(), {});
    noteTie(child, by, ColdSlot::kLinkedToParent);
    parent.ensureExtras().links.put(pidOf(child).raw(), {});
}

// Inlined into each of the three below: of a plain process all options are known there.
[[gnu::always_inline]] inline Spawned Core::spawnAs(Worker* worker, Slot* parent, Task<> task,
                                                    const SpawnOptions& wanted,
                                                    const Descent* descent) {
    GROVE_ASSERT(worker == nullptr || !worker->inDestructors,
                 "destructors of a dying process do not spawn");
    const bool ownThread =
        wanted.host == nullptr && (wanted.ownThread || options.everyProcessOwnThread);
    if (wanted.link || wanted.monitor)
        GROVE_ASSERT(parent != nullptr, "only a process can link to or monitor what it spawns");
    Reserved reserved(*this, worker, parent);
    const Ref monitorRef = wanted.monitor ? reserved.takeMonitor(wanted.monitorOptions) : Ref();
    OwnThread* const thread =
        ownThread && simulation == nullptr ? &OwnThread::start(*this) : nullptr;
    const std::coroutine_handle<> root = std::move(task).release();
    const auto& promise = grove::detail::PromiseBase::of(root);
    const Pid parentPid = !wanted.parent.isNone() ? wanted.parent
                          : parent != nullptr     ? pidOf(*parent)
                                                  : Pid();
    Slot& process = reserved.open(
        {.root = root,
         .flags = static_cast<std::uint8_t>((wanted.trapExit ? kTrapsExit : 0) |
                                            (wanted.observed ? kObserved : 0)),
         .priority = wanted.priority,
         .parent = parentPid.raw(),
         .leader = parent != nullptr ? slots.leader(slots.indexOf(*parent)) : 0,
         .label = wanted.label != Atom() ? wanted.label.index() + 1 : 0,
         .restarts = wanted.restarts,
         .behaviour = wanted.behaviour,
         .initialCall =
             wanted.initialCall != nullptr ? wanted.initialCall : promise.function.function_name(),
         .waitPoint = toWord(promise.function),
         .frameBytes = promise.frameBytes});
    const Pid pid = pidOf(process);

    if (wanted.mailbox.lengthMax != 0) [[unlikely]] {
        process.ensureExtras().ensureSeldom().limit = wanted.mailbox;
        process.set(kLimited, true);
    }
    if (descent != nullptr && descent->start)
        process.ensureExtras().watchers.put(descent->start.raw(),
                                            {.watcher = pidOf(*parent), .isCall = true});
    if (wanted.exitHook != nullptr)
        process.ensureExtras().exitHooks = wanted.exitHook;
    const Spawned made{pid, monitorRef};
    if (wanted.link)
        linkChild(*parent, process);
    if (process.has(kObserved))
        event(process, EventKind::Spawned, parentPid, {}, wanted.restarts, {});

    if (wanted.host != nullptr) {
        process.set(kHosted, true);
        process.host = &hostOf(*wanted.host);
    } else if (ownThread) {
        process.set(kOwnThread, true);
        if (thread != nullptr)
            process.host = thread;
    }
    if (descent != nullptr)
        beginWith(process, descent->ancestors);
    if (wanted.monitor)
        monitorChild(*parent, process, monitorRef, wanted.monitorOptions);
    if (worker == nullptr) {
        enqueue(process);
        return made;
    }
    worker->turnLeft -= kSpawnReductions;
    enqueueYoung(*worker, process);
    return made;
}

Spawned Core::spawn(Worker* worker, Slot* parent, Task<> task, const SpawnOptions& wanted,
                    const Descent* descent) {
    return spawnAs(worker, parent, std::move(task), wanted, descent);
}

Pid Core::spawnPlain(Worker& worker, Task<> task) {
    static constexpr SpawnOptions kPlain{};
    return spawnAs(&worker, worker.current, std::move(task), kPlain, nullptr).pid;
}

Spawned Core::spawnMonitored(Worker& worker, Task<> task) {
    static constexpr SpawnOptions kMonitored{.monitor = true};
    return spawnAs(&worker, worker.current, std::move(task), kMonitored, nullptr);
}

Pushed Core::push(Slot& to, Envelope* envelope) noexcept {
    const auto outcome = to.inbox.push(envelope);
    if (outcome.wrapped) [[unlikely]]
        to.overflow.fetch_add(1, std::memory_order_relaxed);
    if (outcome.pushed == Pushed::Wake)
        wake(to);
    return outcome.pushed;
}

void Core::post(Pid to, Signal signal, Message&& message) {
    Envelope* const envelope = Envelope::make(signal, std::move(message), to.generation(), nowMs());
    if (!slots.contains(to) || push(slots.slot(to.index()), envelope) == Pushed::Closed)
        reject(to, envelope);
}

void Core::reject(Pid to, Envelope* envelope) {
    Message& message = envelope->message;
    const Pid sender = message.sender();
    switch (envelope->signal) {
    case Signal::Link:
        post(sender, Signal::LinkExit, Message(MessageKind::Exit, Term(atoms::noproc), to));
        break;
    case Signal::Unlink:
        post(sender, Signal::UnlinkAck, Message(MessageKind::Plain, {}, to, message.ref()));
        break;
    case Signal::Monitor:
    case Signal::Stop:
    case Signal::Call:
        post(sender, Signal::Down,
             Message(MessageKind::Down, Term(atoms::noproc), to, message.ref()));
        break;
    case Signal::Inquiry:
        answerInquiry(nullptr, sender, message.ref().raw());
        break;
    case Signal::Message:
    case Signal::Reply:
    case Signal::Exit:
    case Signal::LinkExit:
    case Signal::UnlinkAck:
    case Signal::Demonitor:
    case Signal::Down:
    case Signal::Suspend:
    case Signal::Resume:
    case Signal::TimerTick:
    case Signal::BlockDone:
    case Signal::ByAlias:
    case Signal::Leader:
        break;
    }
    Envelope::drop(envelope);
}

void Core::startThreads() {
    if (simulation != nullptr)
        return;
    pool = std::make_unique<BlockingPool>();
    watchdog = std::make_unique<Watchdog>(*this);
    const Lock lock(workersMutex);
    for (auto& scheduler : schedulers) {
        Worker& worker = addWorker(std::make_unique<Worker>(*this, Worker::Lasts::Yes));
        worker.scheduler = scheduler.get();
        scheduler->worker.store(&worker, std::memory_order_release);
        workerThreads.emplace_back("grove-" + std::to_string(scheduler->number() + 1),
                                   [this, raw = &worker] { workerMain(*raw); });
    }
    watchdog->start();
}

void Core::stop() {
    if (isOver.load(std::memory_order_acquire))
        return;
    isStopping.store(true, std::memory_order_seq_cst);
    // Processes may still start others while they end: until none is left.
    for (;;) {
        bool any = false;
        for (std::uint32_t index = 0; index < slots.used(); ++index) {
            const auto found = row(index);
            if (!found || found->status == ProcessStatus::External)
                continue;
            any = true;
            post(found->pid, Signal::Exit, Message(MessageKind::Exit, Term(atoms::kill)));
        }
        if (!any)
            break;
        if (simulation != nullptr) {
            // Asked once, then time passes: another kill in each step would keep a blocked process
            // busy with signals, and the end of its work would never be due. What is started while
            // others end is asked in the next round.
            constexpr int kStepsMax = 10'000;
            int steps = 0;
            while (steps < kStepsMax && simulation->passTime())
                ++steps;
            if (steps == 0)
                break; // only what nobody can end is left
        } else {
            Parker waiting;
            static_cast<void>(waiting.parkFor(std::chrono::milliseconds(1)));
        }
    }
    isOver.store(true, std::memory_order_seq_cst);
    if (simulation != nullptr)
        return;
    if (pool)
        pool->shutdown();
    watchdog->stop(); // no more hand-overs
    std::vector<Thread> ending;
    {
        const Lock lock(workersMutex);
        for (const auto& worker : workers)
            worker->parker.unpark();
        for (const auto& scheduler : schedulers)
            scheduler->parker.unpark();
        ending.swap(workerThreads);
    }
    for (Thread& thread : ending)
        thread.join();
    joinEndedOwnThreads();
}

} // namespace grove::runtime
