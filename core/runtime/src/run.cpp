#include "caught.h"
#include "core.h"
#include "simulation_driver.h"

#include <grove/runtime/errors.h>
#include <grove/term/assert.h>

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

[[nodiscard]] ProcessStatus restingStatus(const Slot& process) noexcept {
    if (process.has(kInBlocking))
        return process.isDoomed() ? ProcessStatus::Exiting : ProcessStatus::Blocked;
    if (process.isSuspended())
        return ProcessStatus::Suspended;
    return process.has(kExternal) ? ProcessStatus::External : ProcessStatus::Waiting;
}

/// Gives the process away if nothing has come and all that came has been taken in. Returns: false
/// when it is still the caller's. On the way of every message, hence inlined there.
[[gnu::always_inline]] inline bool parkHere(Core& core, Worker& worker, Slot& process) {
    if (process.care != 0 || process.hasAny(kInBlocking | kExternal)) [[unlikely]] {
        if (process.hasArriving())
            return false;
        process.setStatus(restingStatus(process));
    } else {
        process.setStatus(ProcessStatus::Waiting);
    }
    if ((process.privateLength.load(std::memory_order_relaxed) |
         process.oldestStampMs.load(std::memory_order_relaxed)) != 0)
        noteOldest(process);
    Waiter* const waiter = process.waiter;
    if (waiter != nullptr && waiter->deadline != kNever) {
        const Extras* const extras = process.findExtras();
        if (extras == nullptr || !extras->deadlineTimer || waiter->deadline < extras->deadlineAt)
            core.armDeadline(&worker, process, waiter->deadline);
    }
    // From the successful step on the process is somebody else's: everything is done before.
    Envelope* const hand = process.inHand;
    if (hand == nullptr)
        return process.inbox.goIdle();
    if (hand->signal == Signal::Call) [[unlikely]] { // its answer comes later
        Core::expectReply(process, *hand);
        hand->signal = Signal::Message;
    }
    process.inHand = nullptr;
    if (process.inbox.goIdleFrom(hand)) [[likely]] {
        Envelope::dropHere(hand);
        return true;
    }
    process.inHand = hand;
    return false;
}

bool park(Core& core, Worker& worker, Slot& process) {
    return parkHere(core, worker, process);
}

/// The only envelope that has come is offered where it lies: it stays the inbox's, and the step
/// that goes idle removes it. This saves a locked instruction a message. Requires: nothing to care
/// for.
inline bool tryLone(Slot& process) {
    Waiter* const waiter = process.waiter;
    if (waiter == nullptr || process.inHand != nullptr || !waiter->hasScanned ||
        (process.freshHead != nullptr && waiter->kind != WaitKind::Call))
        return false; // what waits for an answer takes it before messages that came earlier
    Envelope* const lone = process.inbox.peek();
    if (lone == nullptr || lone->next != nullptr || lone->generation != process.generation)
        return false;
    const Signal signal = lone->signal;
    if (waiter->kind == WaitKind::Receive
            ? !lone->isMessage()
            : waiter->kind != WaitKind::Call || waiter->isOver || signal != Signal::Reply ||
                  lone->message.ref() != waiter->ref)
        return false;
    if (!Core::offer(process, *waiter, *lone) || waiter->hasThrown)
        return false;            // with an error the message stays; poll() reports it
    waiter->hasEnvelope = false; // it stays the inbox's
    if (signal != Signal::Reply)
        Slot::add(process.received, std::uint64_t{1});
    process.inHand = lone;
    return true;
}

Ran doomed(Core& core, Worker& worker, Slot& process) {
    return core.die(worker, process, process.ensureExtras().exitReason);
}

Ran finished(Core& core, Worker& worker, Slot& process) {
    const std::coroutine_handle<> frame = core.coldOf(process).root;
    GROVE_ASSERT(frame.done(), "a process that waits for nothing has returned");
    PromiseBase& root = PromiseBase::of(frame);
    if (!root.error) [[likely]] {
        return process.isDoomed() ? core.die(worker, process, process.ensureExtras().exitReason)
                                  : core.endPlainly(worker, process);
    }
    Term reason;
    {
        // What was thrown goes while its process is there: its destructor may use that.
        const std::exception_ptr error = std::exchange(root.error, nullptr);
        reason = grove::detail::caughtOf(error).exitReason();
    }
    return core.die(worker, process, std::move(reason));
}

/// `process` is anybody's, and may be gone as soon as the end of the work has been posted.
void runInline(Core& core, Worker& worker, Waiter& work, Slot& process, Pid pid) {
    work.runBlocking();
    worker.workedFor = &process;
    core.post(pid, Signal::BlockDone, Message());
    worker.workedFor = nullptr;
}

/// Starts blocking work. The frame that holds it stays until BlockDone has come, kill or not.
/// Returns: whether the process was given away; false: it is doomed and still the caller's.
bool startBlocking(Core& core, Worker& worker, Slot& process) {
    Waiter& work = *process.waiter;
    const Pid pid = core.pidOf(process);
    const bool here = process.findHost() != nullptr && worker.host == process.findHost();
    process.set(kInBlocking, true);
    if (core.simulation != nullptr) {
        // Inline; its end comes later. Signals meanwhile find a blocked process.
        work.runBlocking();
        core.simulation->finishBlocking(pid);
    }
    while (!park(core, worker, process)) {
        core.fetchAll(process);
        if (process.isDoomed() && core.simulation == nullptr) {
            process.set(kInBlocking, false);
            return false; // it has not begun
        }
    }
    if (core.simulation != nullptr)
        return true;
    if (here) {
        runInline(core, worker, work, process, pid);
        return true;
    }
    const auto accepted =
        core.pool->submit({.work = [&work] { work.runBlocking(); },
                           .done = [&core, pid] { core.post(pid, Signal::BlockDone, Message()); }});
    if (accepted == BlockingPool::Submitted::Closed)
        runInline(core, worker, work, process, pid);
    return true;
}

/// A process in blocking work gets its signals from whoever is woken by them. Returns: nothing when
/// the work is over and the process is the caller's to run.
std::optional<Ran> serveBlocked(Core& core, Worker& worker, Slot& process) {
    for (;;) {
        const bool hasAll = core.fetch(process);
        if (!process.has(kInBlocking)) {
            Host* const host = process.findHost();
            if (host == nullptr || worker.host == host)
                return std::nullopt;
            host->enqueue(process);
            return Ran::Parked;
        }
        if (process.isDoomed()) {
            Extras& extras = process.ensureExtras();
            if (!std::exchange(extras.stopRequested, true))
                process.waiter->requestStop();
        }
        if (!hasAll)
            return Ran::Again;
        if (park(core, worker, process))
            return Ran::Parked;
    }
}

bool isDying(const Slot& process) noexcept {
    const Extras* const extras = process.findExtras();
    return extras != nullptr && extras->death != DeathStage::Alive;
}

/// To look through its messages when it is its turn again, or because it says so.
inline bool givesUpTurn(const Worker& worker, const Waiter& next) noexcept {
    return next.kind == WaitKind::Receive ? worker.turnLeft <= 0 && !next.hasScanned
                                          : next.kind == WaitKind::Yield;
}

} // namespace

// Inlined into the loop of the schedulers.
[[gnu::always_inline]] Ran Core::run(Worker& worker, Slot& process) {
    worker.current = &process;
    if (process.isDoomed() && isDying(process)) [[unlikely]]
        return continueDeath(worker, process);
    if (process.has(kInBlocking)) [[unlikely]] {
        if (const auto served = serveBlocked(*this, worker, process))
            return *served;
    }
    bool go = process.care == 0 && tryLone(process);
    if (!go) {
        // For one that is new there is most often nothing.
        const bool isNothing = process.inbox.peek() == nullptr && !process.hasArriving();
        const bool hasAll = isNothing || fetch(process);
        if (process.isDoomed())
            return doomed(*this, worker, process);
        if (!hasAll)
            return Ran::Again;
    }
    worker.charged = worker.turnLeft--;
    const auto charge = [&] { // while the process is ours
        const std::int32_t left = worker.turnLeft;
        Slot::add(process.reductions, static_cast<std::uint64_t>(worker.charged - left));
        worker.charged = left;
    };
    for (;;) {
        Waiter* const waiter = process.waiter;
        if (!go) {
            const bool suspended = process.isSuspended();
            go = !suspended && (waiter == nullptr || poll(process, *waiter));
            if (!go && !suspended && waiter->looksOnce)
                go = waiter->timedOut = true; // it has now looked at everything
        }
        if (go) {
            process.setStatus(ProcessStatus::Running);
            process.waiter = nullptr;
            // Whoever asks while it runs must not find a frame that may be gone by then.
            std::exchange(process.resume, std::coroutine_handle<>()).resume();
            go = false;
            if (process.waiter == nullptr) [[unlikely]] { // every wait sets it
                charge();
                return finished(*this, worker, process);
            }
            if (process.isDoomed()) [[unlikely]] {
                charge();
                return doomed(*this, worker, process);
            }
            const Waiter& next = *process.waiter;
            if (givesUpTurn(worker, next)) {
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
        if (parkHere(*this, worker, process)) [[likely]]
            return Ran::Parked;
        const bool hasAll = fetch(process);
        if (process.isDoomed())
            return doomed(*this, worker, process);
        if (worker.turnLeft <= 0 || !hasAll) {
            process.setStatus(ProcessStatus::Runnable);
            return Ran::Again;
        }
    }
}

} // namespace grove::runtime
