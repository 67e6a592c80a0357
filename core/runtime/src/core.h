#pragma once

#include "alias_table.h"
#include "blocking_pool.h"
#include "event_ring.h"
#include "names.h"
#include "scheduler.h"
#include "slot_table.h"
#include "timer_table.h"
#include "worker.h"

#include <grove/runtime/extension.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/spawn_dictionary.h>

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

namespace grove::runtime {

class OwnThread;
class SimulationDriver;
class Watchdog;

/// What run() did with a process.
enum class Ran : std::uint8_t {
    Parked, // it is somebody else's now
    Again,  // it has more to do: back to the queue
    Ended,  // it is gone
};

/// How a behaviour's process comes to be.
struct Descent {
    Term ancestors; // `$ancestors`
    Ref start = {}; // the spawner waits for the answer to this call; none: it does not
};

/// The inside of a Runtime.
///
/// Threads: what takes a Slot is for the owner of that process (see BasicInbox); the rest for any
/// thread. Sources: core.cpp (spawn, send, start, stop), ancestry.cpp, run.cpp, signals.cpp,
/// links.cpp, death.cpp, receive.cpp, info.cpp, timers.cpp, schedule.cpp.
class Core {
public:
    Core(Runtime* facade, const RuntimeOptions& options, SimulationDriver* simulation);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    void startThreads();
    void stop();

    // -- core.cpp --
    /// `descent`: null of a process that is no behaviour's.
    [[nodiscard]] Spawned spawn(Worker* worker, Slot* parent, Task<> task,
                                const SpawnOptions& options, const Descent* descent = nullptr);
    /// By the process that runs: without options.
    [[nodiscard]] Pid spawnPlain(Worker& worker, Task<> task);
    [[nodiscard]] Spawned spawnMonitored(Worker& worker, Task<> task);
    Spawned spawnAs(Worker* worker, Slot* parent, Task<> task, const SpawnOptions& options,
                    const Descent* descent); // only in core.cpp
    /// Before the child runs, once it has its host and ancestors. `how`: null for a plain monitor.
    void monitorChild(Slot& parent, Slot& child, Ref ref, const MonitorOptions* how);
    /// The parent's monitor stands among the others from here on.
    void writeParentsMonitor(Slot& process) {
        if (const Ref ref = process.takeParentsMonitor())
            process.ensureExtras().watchers.put(ref.raw(), {.watcher = parentOf(process)});
    }
    [[nodiscard]] Pid parentOf(const Slot& process) const noexcept {
        return Pid::fromRaw(coldOf(process).parent.load(std::memory_order_relaxed));
    }
    void linkChild(Slot& parent, Slot& child);
    /// A slot for a process that is to be. Errors: raises error(system_limit) when there is none.
    [[nodiscard]] std::uint32_t takeSlot(Worker* worker);
    /// Gives back a slot that was not opened, or has been closed.
    void giveSlot(Worker* worker, std::uint32_t index) noexcept;
    /// There is a process in the slot from here on. It runs nothing by itself (External); the
    /// caller owns it.
    [[nodiscard]] Slot& openSlot(Worker* worker, std::uint32_t index) noexcept;
    /// Gives a closed slot back; counts the process as gone.
    void freeSlot(Worker* worker, Slot& process);
    /// The same for a process without extras.
    [[gnu::always_inline]] void freeBareSlot(Worker* worker, Slot& process) noexcept {
        process.dropAncestors();
        process.setStatus(ProcessStatus::Free);
        const std::uint32_t index = slots.indexOf(process);
        slots.setGeneration(index, process.generation + 1);
        if (worker != nullptr && worker->isLasting) [[likely]] {
            Slot::add(worker->exited, std::uint64_t{1});
            slots.give(worker->slots, index);
            return;
        }
        exited.fetch_add(1, std::memory_order_relaxed);
        giveSlot(worker, index);
    }
    /// Sends a signal; what cannot arrive is answered (see reject()).
    void post(Pid to, Signal signal, Message&& message);
    /// The same for the process that runs on `worker`, which makes the message in place: the way of
    /// most messages, see send.h.
    void postBy(Worker& worker, Pid to, Signal signal, MessageKind kind, Payload&& payload,
                Ref ref);
    /// Pushes an envelope. Returns: Closed, and the envelope is still the caller's.
    Pushed push(Slot& to, Envelope* envelope) noexcept;
    void reject(Pid to, Envelope* envelope);
    [[nodiscard]] Ref makeRef(Worker& worker) noexcept;
    /// The time to count a limit from, for the process that runs on `worker`: not before now and at
    /// most some microseconds after it.
    [[nodiscard]] Instant nowForLimit(const Worker& worker) const noexcept {
        if (worker.scheduler != nullptr && &clock == &systemClock) [[likely]] {
            if (const auto quick = worker.quickClock.time(processorTicks())) [[likely]]
                return *quick;
        }
        return clock.now();
    }
    [[nodiscard]] std::uint32_t nowMs() const noexcept {
        return coarseMs.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t msSinceStart(Instant instant) const noexcept;

    // -- ancestry.cpp --
    /// Everything in it, with `$ancestors` and `$initial_call`.
    [[nodiscard]] Dictionary dictionaryOf(const Slot& process) const;
    [[nodiscard]] std::optional<Term> lookUp(const Slot& process, const Term& key) const;
    /// The dictionary in the extras, for a change of `key`.
    [[nodiscard]] Dictionary& dictionaryToChange(Slot& process, const Term& key);
    /// What the dictionary of a process begins with. Requires: it is known where it runs.
    void beginWith(Slot& process, Term ancestors);
    /// What the process began with stands in that dictionary from here on.
    void writeOrigin(Slot& process);
    /// `$ancestors` of a process that `parent` spawns.
    [[nodiscard]] Term ancestorsOfChild(Slot& parent);

    // -- schedule.cpp: processes that have something to do --
    /// Gives a process whose turn is used up another one at once, if many messages wait for it and
    /// it is quick with them: who many send to keeps up with them, and what waits stays little
    /// enough for the caches. At most 3 times in a row, 0.5 ms and nobody more urgent.
    [[nodiscard]] bool goesOnBehind(Worker& worker, Slot& process) noexcept;
    /// For who made a process's inbox leave idle, or has run it and must again.
    void wake(Slot& process) noexcept;
    /// The same by the process that runs on `worker`.
    void wakeBy(Worker& worker, Slot& process) noexcept;
    void enqueue(Slot& process) noexcept;
    void enqueueBy(Worker& worker, Slot& process) noexcept;
    void enqueueYoung(Worker& worker, Slot& process) noexcept; // made by who runs on `worker`
    void inject(Slot& process) noexcept;
    void workerMain(Worker& worker);
    /// Work until the scheduler is taken away or all is over.
    void schedule(Worker& worker, Scheduler& scheduler);
    /// Waits for a scheduler, or a reason to look for one; gives unused memory back meanwhile.
    void restAsSpare(Worker& worker) noexcept;
    /// Wakes the workers that sleep while memory that others have released lies with them: nobody
    /// else can give it back to the system. For who has just trimmed its own, and from time to
    /// time.
    void wakeForMemory() noexcept;

    // -- run.cpp --
    [[nodiscard]] Ran run(Worker& worker, Slot& process);

    // -- signals.cpp --
    /// Takes in all new signals and acts on those that are no messages. Of a great many it takes in
    /// a part and returns false: the process is not to wait before the next fetch() has returned
    /// true, and gives others a turn meanwhile.
    [[nodiscard]] bool fetch(Slot& process);
    [[nodiscard]] bool fetchMore(Slot& process);
    void takeIn(Slot& process, Envelope*& oldest, int countMax);
    void fetchAll(Slot& process) {
        while (!fetch(process)) {
        }
    }
    void act(Slot& process, Envelope* envelope);
    void suspend(Slot& process, Pid by); // none: from outside
    void resume(Slot& process, Extras& extras, Pid by);
    void hitByExit(Slot& process, Pid from, Term reason, bool isKill);
    /// Notes it if `with` is the process's parent; `tie`: one of ColdSlot's bits.
    void noteTie(Slot& process, Pid with, std::uint32_t tie, bool on = true) noexcept;
    void answerInquiry(Slot* process, Pid asker, std::uint64_t inquiry);

    // -- mailbox_limit.cpp --
    /// As takeIn() for a process with a MailboxLimit; `left`: messages in the chain.
    void takeInLimited(Slot& process, Envelope*& oldest, int countMax, std::uint64_t& left);
    void admit(Slot& process, Envelope* envelope, std::uint64_t waiting);
    void dropForLimit(Slot& process, Envelope* envelope);

    // -- aliases.cpp --
    /// Raises error(system_limit) when there are too many.
    [[nodiscard]] Ref openAlias(Slot& self, Alias mode);
    bool closeAlias(Extras& extras, Ref alias) noexcept;
    void closeAliases(Seldom& seldom) noexcept;
    /// Whether a message by it is let in; with some modes it is the last one.
    [[nodiscard]] bool takeByAlias(Slot& process, Ref alias);
    [[nodiscard]] Ref monitorWith(Worker& worker, Slot& self, Destination target,
                                  const MonitorOptions& how);
    /// A monitor with a tag or an alias is over. Returns: its tag, or none.
    Term endSpecial(Extras& extras, Ref ref) noexcept;

    // -- hibernate.cpp --
    /// Gives back what a process that waits for its next message does not need.
    void trim(Worker& worker, Slot& process);

    // -- receive.cpp --
    /// Offers messages to the waiter. Returns: whether its wait is over.
    [[nodiscard]] bool poll(Slot& process, grove::detail::Waiter& waiter);
    /// The same for the messages that no receive has looked at yet. In receive.cpp only.
    [[nodiscard]] static bool pollFresh(Slot& process, grove::detail::Waiter& waiter);
    [[nodiscard, gnu::always_inline]] static inline bool
    offer(Slot& process, grove::detail::Waiter& waiter, Envelope& envelope) noexcept {
        try {
            return waiter.tryMatch(envelope.message);
        } catch (...) {
            // Raised in the process when it goes on.
            process.ensureExtras().ensureSeldom().thrown = std::current_exception();
            waiter.hasThrown = true;
            return true;
        }
    }
    static void append(Slot& process, Envelope* envelope) noexcept; // to the fetched messages
    static void appendCounted(Slot& process, Envelope* envelope) noexcept; // in the length already
    static void countTaken(Slot& process) noexcept;
    static void expectReply(Slot& process, const Envelope& call); // its caller hears of a death
    bool removeMessages(Slot& process, Ref ref);

    // -- links.cpp --
    void link(Worker& worker, Slot& self, Pid peer);
    void unlink(Slot& self, Pid peer);
    void dropLink(Slot& process, Pid peer); // one that is there and not on its way out
    /// Such a link in the table, where it comes to from the bit; null: none.
    [[nodiscard]] Link* linkEntry(Slot& process, Pid peer);
    void markStopped(Slot& process, Pid peer);
    [[nodiscard]] Ref monitor(Worker& worker, Slot& self, Destination target, bool isRequest);
    void watch(Slot& self, const Destination& target, Ref ref, bool isRequest, bool isSpecial);
    bool demonitor(Slot& self, Ref ref, Flush flush);
    /// Whether it has been linked to its parent since it was spawned.
    [[nodiscard]] bool isLinkedParent(const Slot& process, Pid peer) const noexcept;

    // -- death.cpp --
    [[nodiscard]] Ran die(Worker& worker, Slot& process, Term reason);
    /// Its function has returned: normal, for a process that nobody watches the end of.
    [[nodiscard]] Ran endPlainly(Worker& worker, Slot& process);
    [[nodiscard]] Ran continueDeath(Worker& worker, Slot& process);

    // -- timers.cpp --
    /// Starts a timer that `fill` has filled while nobody else knew it. Only in timers.cpp.
    template <class Fill> Ref startTimer(Worker* worker, Instant deadline, Fill&& fill);
    /// The same for one that is filled, where no scheduler is held.
    void startTimerElsewhere(Timer& timer);
    /// Returns: when it would have come up; nothing when it is no timer or waits no more.
    std::optional<Instant> cancelTimer(Worker* worker, Ref ref);
    /// The same for one that did not lie in a wheel just now.
    [[nodiscard]] std::optional<Instant> cancelOther(Timer& timer, std::uint32_t generation);
    /// A cancelled one in a wheel, for its scheduler to take out.
    void leaveToHome(Timer& timer, Scheduler& home);
    [[nodiscard]] std::optional<Duration> readTimer(Ref ref) const;
    void armDeadline(Worker* worker, Slot& process, Instant deadline);
    void fireTimer(Timer& timer, Instant now);

    // -- info.cpp --
    [[nodiscard]] std::optional<ProcessRow> row(std::uint32_t index) const noexcept;
    [[nodiscard]] bool looksAlive(Pid pid) const noexcept;

    // -- events --
    void event(const Slot& process, EventKind kind, Pid other, Atom name, std::uint32_t number,
               std::string_view text);

    // -- exit hooks from outside --
    [[nodiscard]] bool addOutsideHook(Pid pid, ExitHook& hook) GROVE_EXCLUDES(outsideHooksMutex);
    /// Takes a dying process's hooks: the latest first. Requires: NameTable::close() said so.
    [[nodiscard]] ExitHook* takeOutsideHooks(Pid pid) GROVE_EXCLUDES(outsideHooksMutex);

    [[nodiscard]] Pid pidOf(const Slot& slot) const noexcept { return slots.pidOf(slot); }
    [[nodiscard]] ColdSlot& coldOf(const Slot& slot) const noexcept { return slots.cold(slot); }

    Runtime* runtime; // set by Runtime's constructor before anything runs
    const RuntimeOptions options;
    SystemClock systemClock;
    Clock& clock;
    const Instant started;
    SimulationDriver* const simulation; // null: real threads
    SlotTable slots;
    TimerTable timers;
    AliasTable aliases;
    NameTable names;
    EventRing events;
    Runtime::CrashHandler crashHandler; // set before the first spawn

    // Each a value of its own: relaxed, unless it says otherwise.
    std::atomic<std::uint32_t> coarseMs{0};      // since `started`; written by who reads the clock
    std::atomic<std::uint64_t> refBlocks{1};     // blocks of references handed to workers
    std::atomic<std::int64_t> uniqueIntegers{0}; // the latest one; acq_rel: later asked is larger
    std::atomic<std::uint64_t> spawned{0};       // by threads that are no workers of schedulers
    std::atomic<std::uint64_t> exited{0};
    /// All that were ever spawned and have ended; a moment's.
    struct Census {
        std::uint64_t spawned;
        std::uint64_t exited;
    };
    [[nodiscard]] Census census() const noexcept;
    /// Takes in a worker that lasts.
    Worker& addWorker(std::unique_ptr<Worker> worker) GROVE_REQUIRES(workersMutex);
    /// The latest of the workers that last; release by addWorker(), acquire by census().
    std::atomic<Worker*> lastingWorkers{nullptr};
    std::atomic<std::uint64_t> holds{0}; // hand-overs; relaxed
    /// true: stop() has begun, and kills whatever starts. Set by it, told to who asks (acquire).
    std::atomic<bool> isStopping{false};
    /// true: no process is left, and threads end. Set by stop() before it wakes them all.
    std::atomic<bool> isOver{false};

    // -- schedulers --
    std::vector<std::unique_ptr<Scheduler>> schedulers; // constant after construction
    RunStack injector;                                  // processes for anyone
    TakeAllStack<Timer> timerInjector;                  // timers for anyone
    Sleepers sleepers;                                  // of the schedulers
    std::unique_ptr<Watchdog> watchdog;
    std::unique_ptr<BlockingPool> pool;

    Mutex workersMutex;
    std::vector<std::unique_ptr<Worker>> workers GROVE_GUARDED_BY(workersMutex);
    std::vector<Thread> workerThreads GROVE_GUARDED_BY(workersMutex);
    std::atomic<unsigned> spares{0}; // written under workersMutex; read as a figure: relaxed

    Mutex ownThreadsMutex;
    std::vector<std::unique_ptr<OwnThread>> ownThreads GROVE_GUARDED_BY(ownThreadsMutex);
    void joinEndedOwnThreads();

    Extensions extensions; // gone before everything above, after all processes

    Mutex outsideHooksMutex; // a process's word says whether it has an entry; both change under it
    std::unordered_map<std::uint64_t, ExitHook*>
        outsideHooks GROVE_GUARDED_BY(outsideHooksMutex); // by pid; the latest of a list

    Mutex outsideMutex; // threads without a worker share one cache of slots
    SlotTable::Cache outsideSlots GROVE_GUARDED_BY(outsideMutex);
};

/// The worker of this thread, which runs a process or is an External.
[[nodiscard]] Worker& hereWorker() noexcept;
/// The process that runs on this thread.
[[nodiscard]] inline Slot& here() noexcept {
    return *hereWorker().current;
}

} // namespace grove::runtime
