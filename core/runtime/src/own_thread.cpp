#include "own_thread.h"

#include "core.h"
#include "simulation_driver.h"

#include <grove/runtime/errors.h>
#include <grove/term/assert.h>
#include <grove/term/sliced_destruction.h>

#include <deque>

namespace grove::runtime {

OwnThread::OwnThread(Core& core) : m_worker(core) {
    m_worker.host = this;
}

OwnThread::~OwnThread() {
    m_thread.join();
    waitUntilNobodyIsInside();
}

OwnThread& OwnThread::start(Core& core) {
    core.joinEndedOwnThreads();
    auto made = std::make_unique<OwnThread>(core);
    OwnThread& thread = *made;
    auto started = Thread::tryStart("grove-own", [&thread] { thread.run(); });
    if (!started)
        error(atoms::systemLimit);
    thread.m_thread = std::move(*started);
    const Lock lock(core.ownThreadsMutex);
    core.ownThreads.push_back(std::move(made));
    return thread;
}

void OwnThread::take(Slot& process) noexcept {
    m_arrived.push(m_worker.core.slots, process);
    m_parker.unpark();
}

void OwnThread::run() {
    const SlicedDestruction sliced;
    setThisWorker(&m_worker);
    const CpuClock clock = Thread::currentCpuClock();
    Ran ran = Ran::Parked;
    while (ran != Ran::Ended) {
        Slot* arrived = nullptr;
        m_arrived.takeAll(m_worker.core.slots, [&](Slot& process) { arrived = &process; });
        if (arrived == nullptr) {
            if (SlicedDestruction::freeSome() == SlicedDestruction::Freed::Everything)
                m_parker.park();
            continue;
        }
        do {
            m_worker.turnLeft = Scheduler::kTurn;
            ran = m_worker.core.run(m_worker, *arrived);
            m_worker.current = nullptr;
            static_cast<void>(SlicedDestruction::freeSome());
            // The process is not this thread's any more, but it can end nowhere else.
            if (ran != Ran::Ended)
                m_worker.core.slots.cold(m_worker.core.slots.indexOf(*arrived))
                    .runTimeNs.store(
                        static_cast<std::uint64_t>(cpuTime(clock).value_or(Duration{}).count()),
                        std::memory_order_relaxed);
        } while (ran == Ran::Again);
    }
    m_worker.core.slots.returnCache(m_worker.slots);
    setThisWorker(nullptr);
    m_ended.store(true, std::memory_order_release);
}

void Core::joinEndedOwnThreads() {
    std::vector<std::unique_ptr<OwnThread>> ended; // joined without the lock
    const bool all = isOver.load(std::memory_order_acquire);
    {
        const Lock lock(ownThreadsMutex);
        for (auto& thread : ownThreads) {
            if (all || thread->hasEnded())
                ended.push_back(std::move(thread));
        }
        std::erase(ownThreads, nullptr);
    }
}

} // namespace grove::runtime

namespace grove {

/// Under simulation its processes are run by the simulation like all others.
struct HostedScheduler::Impl final : runtime::Host {
    Impl(runtime::Core& owner, ThreadHost& threadHost)
        : core(owner), host(threadHost), worker(owner) {
        worker.host = this;
    }

    ~Impl() { waitUntilNobodyIsInside(); }

    void take(runtime::Slot& process) noexcept override {
        if (core.simulation != nullptr) {
            core.simulation->enqueue(process);
            return;
        }
        arrived.push(core.slots, process);
        // seq_cst: pairs with drain(), which clears it and asks at its end what has arrived.
        if (!isWoken.exchange(true, std::memory_order_seq_cst))
            host.wake();
    }

    runtime::Core& core;
    ThreadHost& host;
    runtime::Worker worker;
    runtime::RunStack arrived;
    std::deque<runtime::Slot*> ready; // taken from `arrived`, or has more to do
    /// true: a wake() is on its way, or drain() runs and will ask. Set by who enqueues and by
    /// drain() at its end, cleared by drain() at its begin; all seq_cst.
    std::atomic<bool> isWoken{false};
    bool isDraining = false;
};

HostedScheduler::HostedScheduler(Runtime& runtime, ThreadHost& host)
    : m_impl(std::make_unique<Impl>(runtime.core(), host)) {}

HostedScheduler::~HostedScheduler() {
    runtime::Core& core = m_impl->core;
    if (core.simulation != nullptr)
        return;
    // Everything that still runs here ends here.
    for (;;) {
        bool any = false;
        for (std::uint32_t index = 0; index < core.slots.used(); ++index) {
            const auto row = core.row(index);
            if (!row || !row->hosted || core.slots.slot(index).findHost() != m_impl.get())
                continue;
            any = true;
            core.post(row->pid, runtime::Signal::Exit,
                      Message(MessageKind::Exit, Term(atoms::kill)));
        }
        if (!any)
            break;
        static_cast<void>(drain(1'000, std::chrono::milliseconds(100)));
        runtime::Thread::yield();
    }
    core.slots.returnCache(m_impl->worker.slots);
}

HostedScheduler::Drained HostedScheduler::drain(std::size_t signalsMax, Duration timeMax) {
    Impl& impl = *m_impl;
    runtime::Core& core = impl.core;
    if (impl.isDraining)
        return Drained::AlreadyDraining;
    impl.isDraining = true;
    runtime::Worker* const outer = runtime::thisWorker(); // an External of this thread, say
    runtime::setThisWorker(&impl.worker);
    Instant turnBegan = core.clock.now();
    const Instant until = turnBegan + timeMax;
    impl.isWoken.store(false, std::memory_order_seq_cst);
    // A turn's reductions are about its signals.
    std::size_t left = signalsMax;
    while (left > 0 && turnBegan < until) {
        impl.arrived.takeAll(core.slots,
                             [&](runtime::Slot& process) { impl.ready.push_back(&process); });
        if (impl.ready.empty())
            break;
        runtime::Slot& process = *impl.ready.front();
        impl.ready.pop_front();
        const auto turn = static_cast<std::int32_t>(std::min<std::size_t>(left, 32));
        impl.worker.turnLeft = turn;
        const runtime::Ran ran = core.run(impl.worker, process);
        impl.worker.current = nullptr;
        left -= std::min(
            left, static_cast<std::size_t>(std::max(turn - impl.worker.turnLeft, std::int32_t{1})));
        const Instant turnEnded = core.clock.now();
        // Hosted processes end on this thread only: the slot is still this one's unless it has
        // ended.
        if (ran != runtime::Ran::Ended)
            core.coldOf(process).runTimeNs.fetch_add(
                static_cast<std::uint64_t>((turnEnded - turnBegan).count()),
                std::memory_order_relaxed);
        turnBegan = turnEnded;
        if (ran == runtime::Ran::Again)
            impl.ready.push_back(&process);
    }
    runtime::setThisWorker(outer);
    impl.isDraining = false;
    if (impl.ready.empty() && impl.arrived.isEmpty())
        return Drained::Idle;
    if (!impl.isWoken.exchange(true, std::memory_order_seq_cst))
        impl.host.wake();
    return Drained::More;
}

namespace runtime {

Host& hostOf(HostedScheduler& hosted) noexcept {
    return hosted.impl();
}

} // namespace runtime
} // namespace grove
