#pragma once

#pragma push_macro("slots") // Qt's, and a member of Core
#undef slots

#include "core.h"
#include "send.h"
#include "simulation_driver.h"

#include <grove/runtime/limbo.h>
#include <grove/term/sliced_destruction.h>

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace grove::test {

struct ParallelOptions {
    std::uint64_t seed = 1;
    unsigned schedulers = 4;
    Duration turnMax = std::chrono::microseconds(1);  // a turn takes [0, this) and what it work()s
    Duration wakeMax = std::chrono::microseconds(50); // so long until who is woken runs
};

/// A machine with as many processors as a runtime has schedulers, on one thread and in virtual
/// time: the runtime's own schedulers, with their queues, timers, injector and what they give away,
/// each on a processor of its own. Who is furthest behind goes next. How long turns and wake-ups
/// take is drawn from the seed; so is the order in which processors meet. The same seed gives the
/// same run.
///
/// What stands here instead of in schedule.cpp is the loop around them: a scheduler's turn, its
/// looking around and its sleep. They interleave between turns only (how they fall asleep is
/// tst_sleepers'). There is no watchdog: nobody holds a scheduler.
///
/// Threads: one.
class Parallel final : runtime::SimulationDriver {
public:
    explicit Parallel(ParallelOptions options) : m_options(options), m_random(options.seed) {
        if (!SlicedDestruction::isActive())
            m_sliced.emplace();
        RuntimeOptions runtimeOptions{.schedulers = options.schedulers,
                                      .clock = &m_clock,
                                      .seed = options.seed,
                                      .processesMax = 1U << 16,
                                      .eventBytesMax = 1U << 20};
        runtime::SimulationDriver* const driver = this;
        auto core = std::make_unique<runtime::Core>(nullptr, runtimeOptions, driver);
        m_core = core.get();
        for (const auto& scheduler : m_core->schedulers)
            m_processors.push_back(std::make_unique<Processor>(*m_core, *scheduler));
        m_runtime = std::make_unique<Runtime>(std::move(core));
    }
    ~Parallel() { m_runtime.reset(); }
    Parallel(const Parallel&) = delete;
    Parallel& operator=(const Parallel&) = delete;

    [[nodiscard]] Runtime& runtime() noexcept { return *m_runtime; }
    [[nodiscard]] Instant now() const noexcept { return m_clock.now(); }
    /// Who runs where and when until now: equal for equal seeds.
    [[nodiscard]] std::uint64_t traceHash() const noexcept { return m_hash; }
    /// Inside a process: its turn takes so much longer.
    void work(Duration lasts) noexcept { m_worked += lasts; }
    /// Inside a process: the number of the scheduler that runs it.
    [[nodiscard]] unsigned here() const noexcept {
        return runtime::thisWorker()->scheduler->number();
    }
    /// Lets `span` pass.
    void runFor(Duration span) {
        const Instant end = m_clock.now() + span;
        while (step(end)) {
        }
        m_clock.advanceTo(end);
    }

private:
    static constexpr Duration kLookAround = std::chrono::microseconds(20);
    static constexpr Duration kLook = std::chrono::microseconds(1);

    enum class State : std::uint8_t { Runs, LooksAround, Sleeps, Wakes };

    [[nodiscard]] static runtime::Worker& workerOf(runtime::Core& core) {
        const Lock lock(core.workersMutex);
        return core.addWorker(std::make_unique<runtime::Worker>(core, runtime::Worker::Lasts::Yes));
    }
    struct Processor {
        Processor(runtime::Core& core, runtime::Scheduler& own)
            : scheduler(own), worker(workerOf(core)) {
            worker.scheduler = &own;
            own.worker.store(&worker, std::memory_order_release);
        }
        runtime::Scheduler& scheduler;
        runtime::Worker& worker; // the core's
        State state = State::Runs;
        Instant at{};    // when it goes on, unless it sleeps
        Instant until{}; // when it no longer looks around
        std::uint32_t waits = 0;
    };

    /// From a thread that has no scheduler.
    void enqueue(runtime::Slot& process) noexcept override {
        m_core->injector.push(m_core->slots, process);
        for (const auto& each : m_core->schedulers) {
            if (each->wake())
                return;
        }
    }
    void finishBlocking(Pid pid) override {
        m_blocked.emplace(m_clock.now() + upTo(std::chrono::milliseconds(5)), pid);
    }
    bool passTime() override { return step(kNever); }

    [[nodiscard]] Duration upTo(Duration most) noexcept {
        return Duration(static_cast<std::int64_t>(
            m_random.below(static_cast<std::uint64_t>(most.count()) + 1)));
    }
    void mix(std::uint64_t value) noexcept {
        m_hash = (m_hash ^ value) * 0x100000001B3ULL;
        m_hash ^= m_hash >> 29;
    }

    [[nodiscard]] Instant dueOf(Processor& processor) noexcept {
        if (processor.state != State::Sleeps)
            return processor.at;
        if (processor.scheduler.isAsleep.load())
            return processor.scheduler.nextTimer();
        processor.state = State::Wakes; // by somebody else
        processor.at = m_clock.now() + upTo(m_options.wakeMax);
        return processor.at;
    }

    /// The next turn, of whoever is due first. Returns: false when nothing is due until `end`.
    bool step(Instant end) {
        Processor* first = nullptr;
        Instant due = kNever;
        for (const auto& each : m_processors) {
            if (const Instant at = dueOf(*each); at < due) {
                first = each.get();
                due = at;
            }
        }
        const bool isBlocked = !m_blocked.empty() && m_blocked.begin()->first <= due;
        if (isBlocked)
            due = m_blocked.begin()->first;
        if (due == kNever || due > end)
            return false;
        if (due > m_clock.now())
            m_clock.advanceTo(due);
        if (isBlocked) {
            const Pid pid = m_blocked.begin()->second;
            m_blocked.erase(m_blocked.begin());
            m_core->post(pid, runtime::Signal::BlockDone, Message());
            return true;
        }
        runtime::Worker* const outer = runtime::thisWorker(); // of an External that waits
        runtime::setThisWorker(&first->worker);
        turn(*first);
        runtime::setThisWorker(outer);
        return true;
    }

    /// As Core::schedule().
    void turn(Processor& processor) {
        runtime::Scheduler& scheduler = processor.scheduler;
        runtime::Worker& worker = processor.worker;
        GROVE_ASSERT(worker.lockQueue(), "nobody takes it");
        if (processor.state != State::Runs) {
            rest(processor);
            worker.unlockQueue();
            return;
        }
        if (scheduler.isLookUpDue())
            scheduler.lookUp(std::exchange(processor.waits, 0));
        runtime::Slot* const process = scheduler.next(worker.turnLeft);
        if (process == nullptr) {
            beginRest(processor);
            worker.unlockQueue();
            return;
        }
        runtime::Slot::add(scheduler.dispatches, std::uint64_t{1});
        scheduler.running.store(process, std::memory_order_relaxed);
        worker.unlockQueue();
        mix(m_core->slots.indexOf(*process));
        mix(scheduler.number());
        mix(static_cast<std::uint64_t>(m_clock.now().time_since_epoch().count()));
        m_worked = upTo(m_options.turnMax);
        const runtime::Ran ran = m_core->run(worker, *process);
        worker.current = nullptr;
        processor.at = m_clock.now() + m_worked;
        if (ran == runtime::Ran::Again)
            m_core->enqueueBy(worker, *process);
        else
            ++processor.waits;
    }

    void beginRest(Processor& processor) {
        processor.scheduler.lookUp();
        processor.scheduler.isHungry.store(true, std::memory_order_relaxed);
        processor.state = State::LooksAround;
        processor.until = m_clock.now() + kLookAround;
        processor.at = m_clock.now();
    }

    /// A step of its rest: looks around, falls asleep or goes on.
    void rest(Processor& processor) {
        runtime::Scheduler& scheduler = processor.scheduler;
        const Instant now = scheduler.lookUp();
        const bool wakes = processor.state != State::LooksAround;
        scheduler.isAsleep.store(false); // it was its timer, if nobody else has
        if (wakes || scheduler.hasWork()) {
            scheduler.isHungry.store(false, std::memory_order_relaxed);
            processor.state = State::Runs;
            processor.at = now;
        } else if (now < processor.until || SlicedDestruction::isAnythingLeft()) {
            processor.at = now + kLook;
        } else {
            scheduler.isHungry.store(false, std::memory_order_relaxed);
            scheduler.isAsleep.store(true);
            processor.state = State::Sleeps;
        }
        if (scheduler.takeMustFree())
            runtime::freeLeftOver();
    }

    const ParallelOptions m_options;
    Random m_random;
    VirtualClock m_clock;
    std::optional<SlicedDestruction> m_sliced;
    runtime::Core* m_core = nullptr;
    std::vector<std::unique_ptr<Processor>> m_processors;
    std::multimap<Instant, Pid> m_blocked; // by the end of their work
    Duration m_worked{};                   // by the turn that runs
    std::uint64_t m_hash = 0xCBF29CE484222325ULL;
    std::unique_ptr<Runtime> m_runtime;
};

} // namespace grove::test

#pragma pop_macro("slots")
