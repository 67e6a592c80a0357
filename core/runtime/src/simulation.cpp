#include "core.h"
#include "simulation_driver.h"

#include <grove/runtime/simulation.h>
#include <grove/term/assert.h>
#include <grove/term/sliced_destruction.h>

#include <map>
#include <vector>

namespace grove {

std::size_t RandomPolicy::pick(std::size_t readyCount, Random& random) {
    return static_cast<std::size_t>(random.below(readyCount));
}

std::size_t FifoPolicy::pick(std::size_t, Random&) {
    return 0;
}

struct Simulation::Impl final : runtime::SimulationDriver {
    explicit Impl(SimulationOptions given) : options(std::move(given)), random(options.seed) {
        if (!options.policy)
            options.policy = std::make_shared<RandomPolicy>();
        if (!SlicedDestruction::isActive()) // of another simulation on this thread
            sliced.emplace();
    }

    void enqueue(runtime::Slot& process) noexcept override { ready.push_back(&process); }

    void finishBlocking(Pid pid) override {
        const auto takes = static_cast<std::int64_t>(
            random.below(static_cast<std::uint64_t>(options.blockingMax.count()) + 1));
        events.emplace(clock.now() + Duration(takes),
                       [this, pid] { core->post(pid, runtime::Signal::BlockDone, Message()); });
    }

    void mix(std::uint64_t value) noexcept {
        hash = (hash ^ value) * 0x100000001B3ULL;
        hash ^= hash >> 29;
    }

    bool step() {
        if (ready.empty())
            return false;
        const std::size_t at = options.policy->pick(ready.size(), random);
        GROVE_ASSERT(at < ready.size(), "the policy picked nobody");
        runtime::Slot& process = *ready[at];
        ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(at));
        ++steps;
        // Pids differ from run to run in their generation only.
        mix(core->slots.indexOf(process));
        mix(static_cast<std::uint64_t>(clock.now().time_since_epoch().count()));
        runtime::Worker* const outer = runtime::thisWorker();
        runtime::Worker worker(*core);
        // A step may lie within another one: hold(), External. Reference and slot caches are one
        // for all, so that nothing depends on nesting and no reference is made twice.
        runtime::Worker* const around = std::exchange(active, &worker);
        std::swap(worker.slots, slots);
        takeReferences(worker, around);
        worker.turnLeft = runtime::Scheduler::kTurn;
        runtime::setThisWorker(&worker);
        const runtime::Ran ran = core->run(worker, process);
        runtime::setThisWorker(outer);
        active = around;
        giveReferences(worker, around);
        std::swap(worker.slots, slots);
        if (ran == runtime::Ran::Again)
            ready.push_back(&process);
        static_cast<void>(SlicedDestruction::freeSome()); // as a scheduler between two turns
        return true;
    }

    /// The references that are left go to a step, from the one that it lies in.
    void takeReferences(runtime::Worker& worker, const runtime::Worker* around) noexcept {
        worker.refNext = around != nullptr ? around->refNext : refNext;
        worker.refEnd = around != nullptr ? around->refEnd : refEnd;
    }
    void giveReferences(const runtime::Worker& worker, runtime::Worker* around) noexcept {
        (around != nullptr ? around->refNext : refNext) = worker.refNext;
        (around != nullptr ? around->refEnd : refEnd) = worker.refEnd;
    }

    [[nodiscard]] Instant nextDue() {
        const Instant event = events.empty() ? kNever : events.begin()->first;
        return std::min(event, core->schedulers[0]->nextTimer());
    }

    /// Runs what is due now outside of processes.
    void runDue() {
        const Instant now = clock.now();
        core->coarseMs.store(core->msSinceStart(now), std::memory_order_relaxed);
        while (!events.empty() && events.begin()->first <= now) {
            const auto function = std::move(events.begin()->second);
            events.erase(events.begin());
            function();
        }
        core->schedulers[0]->runTimers(now);
    }

    /// One step, or time up to the next thing due but not beyond `end`. Returns: false when nothing
    /// is due before that.
    bool stepUntil(Instant end) {
        if (step())
            return true;
        const Instant due = nextDue();
        if (due > end || due == kNever)
            return false;
        if (due > clock.now())
            clock.advanceTo(due);
        runDue();
        return true;
    }

    bool passTime() override { return stepUntil(kNever); }

    std::optional<SlicedDestruction> sliced;
    SimulationOptions options;
    Random random;
    VirtualClock clock;
    runtime::Core* core = nullptr;
    std::vector<runtime::Slot*> ready; // oldest first
    std::multimap<Instant, std::function<void()>> events;
    runtime::SlotTable::Cache slots;
    std::uint64_t refNext = 0;
    std::uint64_t refEnd = 0;
    runtime::Worker* active = nullptr; // of the innermost step
    std::uint64_t steps = 0;
    std::uint64_t hash = 0xCBF29CE484222325ULL;
};

Simulation::Simulation(SimulationOptions options)
    : m_impl(std::make_unique<Impl>(std::move(options))) {
    RuntimeOptions runtimeOptions{.schedulers = 1,
                                  .clock = &m_impl->clock,
                                  .seed = m_impl->options.seed == 0 ? 1 : m_impl->options.seed,
                                  .processesMax = 1U << 22,
                                  .eventBytesMax = m_impl->options.eventBytesMax,
                                  .everyProcessOwnThread = m_impl->options.everyProcessOwnThread};
    auto core = std::make_unique<runtime::Core>(nullptr, runtimeOptions, m_impl.get());
    m_impl->core = core.get();
    m_runtime = std::make_unique<Runtime>(std::move(core));
}

Simulation::~Simulation() {
    m_runtime.reset();
}

bool Simulation::step() {
    return m_impl->step();
}

std::size_t Simulation::runUntilIdle() {
    std::size_t taken = 0;
    m_impl->runDue();
    while (m_impl->stepUntil(m_impl->clock.now()))
        ++taken;
    return taken;
}

void Simulation::advance(Duration by) {
    const Instant end = addSaturated(m_impl->clock.now(), by);
    m_impl->runDue();
    while (m_impl->stepUntil(end)) {
    }
    if (m_impl->clock.now() < end)
        m_impl->clock.advanceTo(end);
}

bool Simulation::runUntil(const std::function<bool()>& done, Duration limit) {
    const Instant end = addSaturated(m_impl->clock.now(), limit);
    while (!done()) {
        if (!m_impl->stepUntil(end))
            return done();
    }
    return true;
}

void Simulation::hold(Duration span) {
    Impl& impl = *m_impl;
    runtime::Worker& worker = runtime::hereWorker();
    runtime::Slot& process = *worker.current;
    const Instant end = addSaturated(impl.clock.now(), span);
    const ProcessStatus before = process.statusNow();
    // Blocking work holds no scheduler.
    const bool isHold = !process.has(runtime::kInBlocking) && span > impl.core->options.holdLimit;
    if (isHold) {
        process.setStatus(ProcessStatus::Holding);
        impl.core->holds.fetch_add(1, std::memory_order_relaxed);
        impl.core->event(process, EventKind::HoldBegan, {}, {}, 0, {});
    }
    advance(end - impl.clock.now());
    if (isHold)
        impl.core->event(process, EventKind::HoldEnded, {}, {},
                         static_cast<std::uint32_t>(span / std::chrono::milliseconds(1)), {});
    process.setStatus(before);
}

Instant Simulation::now() const noexcept {
    return m_impl->clock.now();
}

VirtualClock& Simulation::clock() noexcept {
    return m_impl->clock;
}

Random& Simulation::random() noexcept {
    return m_impl->random;
}

std::uint64_t Simulation::seed() const noexcept {
    return m_impl->options.seed;
}

std::uint64_t Simulation::traceHash() const noexcept {
    return m_impl->hash;
}

std::uint64_t Simulation::steps() const noexcept {
    return m_impl->steps;
}

void Simulation::trace(std::uint64_t value) noexcept {
    m_impl->mix(value);
}

void Simulation::at(Instant when, std::function<void()> function) {
    m_impl->events.emplace(std::max(when, m_impl->clock.now()), std::move(function));
}

} // namespace grove
