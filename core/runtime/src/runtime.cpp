#include "core.h"
#include "look_out.h"
#include "own_thread.h"
#include "simulation_driver.h"
#include "watchdog.h"

#include <grove/runtime/runtime.h>
#include <grove/term/assert.h>

#include <algorithm>
#include <sched.h>

namespace grove {

using runtime::Core;
using runtime::Signal;
using runtime::Slot;
using runtime::Worker;

Runtime::Runtime(RuntimeOptions options) : m_core(std::make_unique<Core>(this, options, nullptr)) {
    m_core->startThreads();
}

Runtime::Runtime(std::unique_ptr<Core> core) noexcept : m_core(std::move(core)) {
    m_core->runtime = this;
}

Runtime::~Runtime() {
    stop();
}

void Runtime::stop() {
    Worker* const worker = runtime::thisWorker();
    GROVE_ASSERT(worker == nullptr || &worker->core != m_core.get(),
                 "a process cannot stop its own runtime");
    m_core->stop();
}

Pid Runtime::spawnTask(Task<> task, const SpawnOptions& options) {
    Worker* const worker = runtime::thisWorker();
    // What a dying process holds may start one, too (a table's sweeper): as from outside.
    const bool isOwn = worker != nullptr && &worker->core == m_core.get() && !worker->inDestructors;
    Worker* const own = isOwn ? worker : nullptr;
    return m_core->spawn(own, nullptr, std::move(task), options).pid;
}

bool Runtime::send(Destination to, Payload message) {
    const auto pid = to.isName() ? m_core->names.whereis(to.name()) : std::optional(to.pid());
    if (!pid)
        return false;
    m_core->post(*pid, Signal::Message, Message(MessageKind::Plain, std::move(message)));
    return true;
}

void Runtime::exit(Pid to, Term reason) {
    m_core->post(to, Signal::Exit, Message(MessageKind::Exit, std::move(reason)));
}

void Runtime::suspendProcess(Pid pid) {
    m_core->post(pid, Signal::Suspend, Message());
}

void Runtime::resumeProcess(Pid pid) {
    m_core->post(pid, Signal::Resume, Message());
}

std::optional<Pid> Runtime::whereis(Atom name) const noexcept {
    return m_core->names.whereis(name);
}

std::vector<Atom> Runtime::registered() const {
    return m_core->names.registered();
}

std::optional<ProcessRow> Runtime::peekRow(Pid pid) const noexcept {
    if (!m_core->slots.contains(pid))
        return std::nullopt;
    auto row = m_core->row(pid.index());
    if (row && row->pid != pid)
        row.reset();
    return row;
}

Runtime::RowRange Runtime::rows(std::uint32_t firstSlot,
                                std::span<ProcessRow> rows) const noexcept {
    RowRange range{.nextSlot = firstSlot};
    const std::uint32_t used = m_core->slots.used();
    while (range.nextSlot < used && range.count < rows.size()) {
        if (const auto row = m_core->row(range.nextSlot++))
            rows[range.count++] = *row;
    }
    return range;
}

RuntimeCounters Runtime::counters() const noexcept {
    RuntimeCounters counters;
    const Core::Census census = m_core->census();
    counters.exited = census.exited;
    counters.spawned = census.spawned;
    counters.processes =
        counters.spawned > counters.exited ? counters.spawned - counters.exited : 0;
    counters.eventsDropped = m_core->events.dropped();
    counters.holds = m_core->holds.load(std::memory_order_relaxed);
    counters.slotsUsed = m_core->slots.used();
    counters.schedulers = static_cast<unsigned>(m_core->schedulers.size());
    counters.spares = m_core->spares.load(std::memory_order_relaxed);
    return counters;
}

std::vector<SchedulerRow> Runtime::schedulers() const {
    std::vector<SchedulerRow> rows;
    for (const auto& scheduler : m_core->schedulers) {
        SchedulerRow row;
        row.number = scheduler->number();
        row.isHeld = scheduler->isHeld.load(std::memory_order_relaxed);
        row.isAsleep = scheduler->isAsleep.load(std::memory_order_relaxed);
        row.queueLength = scheduler->queueLength.load(std::memory_order_relaxed);
        row.dispatches = scheduler->dispatches.load(std::memory_order_relaxed);
        row.steals = scheduler->donated.load(std::memory_order_relaxed);
        rows.push_back(row);
    }
    return rows;
}

EventBatch Runtime::eventsSince(std::uint64_t sequence, std::size_t countMax) const {
    return m_core->events.since(sequence, countMax);
}

std::uint64_t Runtime::nextEventSequence() const noexcept {
    return m_core->events.nextSequence();
}

void Runtime::onNextEvent(std::move_only_function<void()> tell) {
    m_core->events.watch().add(std::move(tell));
}

void Runtime::postEvent(EventKind kind, Pid pid, Pid other, Atom name, std::uint32_t number,
                        std::string_view text) {
    m_core->events.post(kind, m_core->clock.now(), pid, other, name, number, text);
}

Clock& Runtime::clock() const noexcept {
    return m_core->clock;
}

bool Runtime::isSimulated() const noexcept {
    return m_core->simulation != nullptr;
}

bool Runtime::isStopping() const noexcept {
    return m_core->isStopping.load(std::memory_order_acquire);
}

void Runtime::setCrashHandler(CrashHandler handler) {
    m_core->crashHandler = std::move(handler);
}

Runtime& Runtime::current() noexcept {
    return *runtime::hereWorker().core.runtime;
}

namespace detail {

Extensions& extensionsOf(Runtime& runtime) noexcept {
    return runtime.core().extensions;
}

} // namespace detail

// -- External -------------------------------------------------------------------------------------

namespace {

/// Nearly all wake-ups of a thread where the processor sleeps, too: who sleeps needs a second one.
constexpr Duration kLookOut = std::chrono::microseconds(100);

/// The number of the processor that the calling thread runs on at this moment.
int currentProcessor() noexcept {
    return sched_getcpu();
}

} // namespace

struct External::Impl final : runtime::Host {
    explicit Impl(Core& core) : worker(core) { worker.host = this; }

    ~Impl() { waitUntilNobodyIsInside(); }

    void take(Slot&) noexcept override {
        answeredOn.store(currentProcessor(), std::memory_order_relaxed);
        isRunnable.store(true, std::memory_order_release);
        parker.unpark();
    }

    /// Until the process is this thread's again. Looks out for that before it sleeps, unless who
    /// answers has need of this processor: then a sleep is the quicker way.
    void wait() noexcept {
        if (outlook.isDue() && answeredOn.load(std::memory_order_relaxed) != currentProcessor() &&
            lookOut())
            return;
        while (!isRunnable.load(std::memory_order_acquire))
            parker.park();
    }

    Worker worker;
    runtime::Parker parker;
    /// The process is this thread's again: release by the waker, acquire by wait().
    std::atomic<bool> isRunnable{false};

    /// On which processor the latest waker ran; written by it, read by wait(). relaxed: a guess.
    std::atomic<int> answeredOn{currentProcessor()};

private:
    /// By the system's clock, which the runtime's need not follow. Returns: whether it is this
    /// thread's.
    bool lookOut() noexcept {
        const SystemClock& clock = worker.core.systemClock;
        const Instant until = clock.now() + kLookOut;
        do {
            for (int i = 0; i < 32; ++i) {
                if (isRunnable.load(std::memory_order_acquire)) {
                    outlook.wasOfUse();
                    return true;
                }
                __builtin_ia32_pause();
            }
        } while (clock.now() < until);
        outlook.wasInVain();
        return false;
    }

    runtime::LookOut outlook;
};

External::External(Runtime& runtime, std::string_view label)
    : m_impl(std::make_unique<Impl>(runtime.core())) {
    GROVE_ASSERT(runtime::thisWorker() == nullptr,
                 "this thread runs processes or holds an External already");
    Core& core = runtime.core();
    Slot& process = core.openSlot(&m_impl->worker, core.takeSlot(&m_impl->worker));
    process.host = m_impl.get();
    process.set(runtime::kExternal, true);
    process.set(runtime::kTrapsExit, true);
    process.setStatus(ProcessStatus::External);
    m_impl->worker.current = &process;
    m_pid = core.pidOf(process);
    runtime::setThisWorker(&m_impl->worker);
    setLabel(label);
    setInitialCall("external thread");
}

External::~External() {
    Worker& worker = m_impl->worker;
    GROVE_ASSERT(runtime::thisWorker() == &worker, "an External belongs to one thread");
    Core& core = worker.core;
    Slot& process = *worker.current;
    runtime::Ran ran = core.die(worker, process, atoms::normal);
    while (ran == runtime::Ran::Again)
        ran = core.continueDeath(worker, process);
    core.slots.returnCache(worker.slots);
    runtime::setThisWorker(nullptr);
}

CallResult External::call(Destination to, Payload payload, Duration limit) {
    return wait(request(to, std::move(payload), limit));
}

void External::waitFor(detail::Waiter& waiter) {
    Worker& worker = m_impl->worker;
    GROVE_ASSERT(runtime::thisWorker() == &worker, "an External belongs to one thread");
    GROVE_ASSERT(waiter.kind != detail::WaitKind::Yield &&
                     waiter.kind != detail::WaitKind::Blocking,
                 "a plain thread may simply block");
    Core& core = worker.core;
    Slot& process = *worker.current;
    process.waiter = &waiter;
    while (!core.poll(process, waiter)) {
        if (waiter.deadline != kNever)
            core.armDeadline(&worker, process, waiter.deadline);
        m_impl->isRunnable.store(false, std::memory_order_relaxed);
        if (!process.hasArriving() && process.inbox.goIdle()) {
            if (core.simulation == nullptr)
                m_impl->wait();
            while (!m_impl->isRunnable.load(std::memory_order_acquire))
                GROVE_ASSERT(core.simulation->passTime(),
                             "an External waits for ever: nothing can happen any more");
        }
        static_cast<void>(core.fetch(process));
    }
    process.waiter = nullptr;
}

} // namespace grove
