#include "core.h"
#include "simulation_driver.h"

#include <grove/runtime/errors.h>

namespace grove::runtime {

namespace {

using grove::detail::PromiseBase;
using grove::detail::Waiter;
using grove::detail::WaitKind;

/// For observers: since when the oldest message waits.
void noteOldest(Slot& process) noexcept {
    std::uint32_t stamp = 0;
    if (process.privateLength.load(std::memory_order_relaxed) != 0) {
        const Extras* const extras = process.findExtras();
        if (extras != nullptr && extras->skipped.count() > 0)
            stamp = SkippedMessages::at(extras->skipped.position(0))->stampMs + 1;
        else if (process.freshHead != nullptr)
            stamp = process.freshHead->stampMs + 1;
    }
    if (process.oldestStampMs.load(std::memory_order_relaxed) != stamp)
        process.oldestStampMs.store(stamp, std::memory_order_relaxed);
}

/// Gives the process away if nothing has come. Returns: false when it is still the caller's.
bool park(Core& core, Worker& worker, Slot& process) {
    Extras* const extras = process.findExtras();
    if (process.has(kInBlocking))
        process.setStatus(process.isDoomed ? ProcessStatus::Exiting : ProcessStatus::Blocked);
    else if (extras != nullptr && extras->suspendCount > 0)
        process.setStatus(ProcessStatus::Suspended);
    else if (!process.has(kExternal))
        process.setStatus(ProcessStatus::Waiting);
    noteOldest(process);
    if (process.waiter != nullptr && process.waiter->deadline != kNever)
        core.armDeadline(&worker, process, process.waiter->deadline);
    // From the successful step on the process is somebody else's: everything is done before.
    Envelope* const hand = std::exchange(process.inHand, nullptr);
    if (hand == nullptr)
        return process.inbox.goIdle();
    if (process.inbox.goIdleFrom(hand)) {
        Envelope::drop(hand);
        return true;
    }
    process.inHand = hand;
    return false;
}

/// The only envelope that has come is offered where it lies: it stays the inbox's, and the step
/// that goes idle removes it. This saves a locked instruction a message.
bool tryLone(Slot& process) {
    Waiter* const waiter = process.waiter;
    if (waiter == nullptr || process.freshHead != nullptr || process.inHand != nullptr ||
        !waiter->hasScanned)
        return false;
    Envelope* const lone = process.inbox.peek();
    if (lone == nullptr || lone->next != nullptr || lone->generation != process.generation)
        return false;
    Extras* const extras = process.findExtras();
    if (extras != nullptr && extras->suspendCount > 0)
        return false;
    if (waiter->kind == WaitKind::Receive
            ? !lone->isMessage()
            : waiter->kind != WaitKind::Call || lone->signal != Signal::Reply ||
                  lone->message.ref() != waiter->ref)
        return false;
    const Pid sender = lone->message.sender();
    const Ref ref = lone->message.ref();
    if (!Core::offer(*waiter, *lone))
        return false;
    if (waiter->error)
        return false; // the message stays; poll() reports it
    if (lone->signal != Signal::Reply)
        Slot::add(process.received, std::uint64_t{1});
    if (lone->signal == Signal::Call)
        process.ensureExtras().watchers.put(ref.raw(), {.watcher = sender, .isCall = true});
    process.inHand = lone;
    return true;
}

Ran doomed(Core& core, Worker& worker, Slot& process) {
    return core.die(worker, process, process.ensureExtras().exitReason);
}

Ran finished(Core& core, Worker& worker, Slot& process) {
    PromiseBase& root = PromiseBase::of(process.root);
    if (!root.error)
        return core.die(worker, process,
                        process.isDoomed ? process.ensureExtras().exitReason : Term(atoms::normal));
    Term reason;
    try {
        std::rethrow_exception(std::exchange(root.error, nullptr));
    } catch (...) {
        reason = caughtNow().exitReason();
    }
    return core.die(worker, process, std::move(reason));
}

void runInline(Core& core, Waiter& work, Pid pid) {
    work.runBlocking();
    core.post(pid, Signal::BlockDone, Message());
}

/// Starts blocking work. The frame that holds it stays until BlockDone has come, kill or not.
/// Returns: whether the process was given away; false: it is doomed and still the caller's.
bool startBlocking(Core& core, Worker& worker, Slot& process) {
    Waiter& work = *process.waiter;
    const Pid pid = core.pidOf(process);
    const bool here = process.host != nullptr && worker.host == process.host;
    process.set(kInBlocking, true);
    if (core.simulation != nullptr) {
        // Inline; its end comes later. Signals meanwhile find a blocked process.
        work.runBlocking();
        core.simulation->finishBlocking(pid);
    }
    while (!park(core, worker, process)) {
        core.fetch(process);
        if (process.isDoomed && core.simulation == nullptr) {
            process.set(kInBlocking, false);
            return false; // it has not begun
        }
    }
    if (core.simulation != nullptr)
        return true;
    if (here) {
        runInline(core, work, pid);
        return true;
    }
    const auto accepted =
        core.pool->submit({.work = [&work] { work.runBlocking(); },
                           .done = [&core, pid] { core.post(pid, Signal::BlockDone, Message()); }});
    if (accepted == BlockingPool::Submitted::Closed)
        runInline(core, work, pid);
    return true;
}

/// A process in blocking work gets its signals from whoever is woken by them. Returns: nothing when
/// the work is over and the process is the caller's to run.
std::optional<Ran> serveBlocked(Core& core, Worker& worker, Slot& process) {
    for (;;) {
        core.fetch(process);
        if (!process.has(kInBlocking)) {
            if (process.host == nullptr || worker.host == process.host)
                return std::nullopt;
            process.host->enqueue(process);
            return Ran::Parked;
        }
        if (process.isDoomed) {
            Extras& extras = process.ensureExtras();
            if (!std::exchange(extras.stopRequested, true))
                process.waiter->requestStop();
        }
        if (park(core, worker, process))
            return Ran::Parked;
    }
}

} // namespace

Ran Core::run(Worker& worker, Slot& process) {
    worker.current = &process;
    Extras* const extras = process.findExtras();
    if (extras != nullptr && extras->death != DeathStage::Alive)
        return continueDeath(worker, process);
    if (process.has(kInBlocking)) {
        if (const auto served = serveBlocked(*this, worker, process))
            return *served;
    }
    bool go = !process.isDoomed && tryLone(process);
    if (!go) {
        fetch(process);
        if (process.isDoomed)
            return doomed(*this, worker, process);
    }
    std::int32_t charged = worker.turnLeft--;
    const auto charge = [&] { // while the process is ours
        Slot::add(process.reductions, static_cast<std::uint64_t>(charged - worker.turnLeft));
        charged = worker.turnLeft;
    };
    for (;;) {
        Waiter* const waiter = process.waiter;
        if (!go) {
            const Extras* const more = process.findExtras();
            const bool suspended = more != nullptr && more->suspendCount > 0;
            go = !suspended && (waiter == nullptr || poll(process, *waiter));
            if (!go && !suspended && waiter->limit == Duration::zero() &&
                waiter->kind == WaitKind::Receive)
                go = waiter->timedOut = true; // it has now looked at everything
        }
        if (go) {
            process.setStatus(ProcessStatus::Running);
            process.waiter = nullptr;
            process.resume.resume();
            go = false;
            if (process.root.done()) {
                charge();
                return finished(*this, worker, process);
            }
            if (process.isDoomed) {
                charge();
                return doomed(*this, worker, process);
            }
            Waiter& next = *process.waiter;
            if (next.kind == WaitKind::Yield ||
                (worker.turnLeft <= 0 && !next.hasScanned && next.kind == WaitKind::Receive)) {
                charge();
                process.setStatus(ProcessStatus::Runnable);
                return Ran::Again;
            }
            if (next.kind == WaitKind::Blocking) {
                charge();
                if (startBlocking(*this, worker, process))
                    return Ran::Parked;
                return doomed(*this, worker, process);
            }
        }
        charge();
        if (park(*this, worker, process))
            return Ran::Parked;
        fetch(process);
        if (process.isDoomed)
            return doomed(*this, worker, process);
        if (worker.turnLeft <= 0) {
            process.setStatus(ProcessStatus::Runnable);
            return Ran::Again;
        }
    }
}

} // namespace grove::runtime
