#include "core.h"
#include "own_thread.h"
#include "send.h"

#include <grove/term/assert.h>
#include <grove/term/inspect.h>

namespace grove::runtime {

namespace {

constexpr std::uint32_t kSlice = 1'000; // links, watchers or messages at a time

/// The ends that nobody needs to be told about as a crash.
bool isQuiet(const Term& reason) {
    return reason.isAtom(atoms::normal) || reason.isAtom(atoms::shutdown) ||
           reason.isAtom(atoms::killed) || reason.isTagged(atoms::shutdown, 2);
}

/// What the process is in the middle of: its call is given up, so that the server forgets it.
void abandonCall(Core& core, Slot& process) {
    const auto* const call = process.callWaiter();
    if (call == nullptr || !call->target)
        return;
    core.post(call->target, Signal::Demonitor,
              Message(MessageKind::Plain, {}, core.pidOf(process), call->ref));
}

void destroyFrames(Core& core, Worker& worker, Slot& process) {
    abandonCall(core, process);
    process.waiter = nullptr;
    process.resume = nullptr;
    worker.current = &process;
    worker.inDestructors = true;
    // What a matcher has thrown and nobody has raised was on its way out of the frames.
    if (Extras* const extras = process.findExtras(); extras != nullptr && extras->seldom)
        extras->seldom->thrown = nullptr;
    // An External has no frame. The outermost frame's destruction destroys what it awaits first:
    // innermost frames go first.
    std::coroutine_handle<>& root = core.coldOf(process).root;
    if (root)
        std::exchange(root, nullptr).destroy();
    worker.inDestructors = false;
}

void postExited(Core& core, const Slot& process, Atom name, const Term& reason) {
    for (const Atom usual : {atoms::normal, atoms::shutdown, atoms::killed}) // read as they are
        if (reason.isAtom(usual))
            return core.event(process, EventKind::Exited, {}, name, 0, usual.name());
    core.event(process, EventKind::Exited, {}, name, 0,
               toErlang(reason, {.bytesMax = kEventTextMax}));
}

void releaseThings(Core& core, Worker& worker, Slot& process) {
    Extras& extras = process.ensureExtras();
    const Pid pid = core.pidOf(process);
    if (extras.deadlineTimer)
        core.cancelTimer(&worker, extras.deadlineTimer);
    if (extras.seldom)
        core.closeAliases(*extras.seldom);
    const auto [name, hasOutsideHooks] = core.names.close(core.coldOf(process), pid);
    while (ExitHook* const hook = extras.exitHooks) {
        extras.exitHooks = hook->next;
        hook->released(*core.runtime, pid, extras.exitReason);
    }
    ExitHook* next = hasOutsideHooks ? core.takeOutsideHooks(pid) : nullptr;
    while (ExitHook* const hook = next) {
        next = hook->next;
        hook->released(*core.runtime, pid, extras.exitReason);
    }
    const bool isObserved = process.has(kObserved) || name.has_value();
    if (isObserved)
        postExited(core, process, name.value_or(Atom()), extras.exitReason);
    if (core.crashHandler && !isQuiet(extras.exitReason)) {
        if (const auto row = core.row(core.slots.indexOf(process)))
            core.crashHandler(pid, extras.exitReason, *row);
    }
}

/// Returns: whether all have been told.
bool tellLinks(Core& core, Slot& process) {
    Extras& extras = *process.findExtras();
    if (process.isLinkedToParent) {
        process.isLinkedToParent = false;
        extras.links.put(core.coldOf(process).parent.load(std::memory_order_relaxed), {});
    }
    for (std::uint32_t told = 0; told < kSlice; ++told) {
        const auto link = extras.links.takeAny();
        if (!link)
            return true;
        if (link->value.unlinkId == 0)
            core.post(Pid::fromRaw(link->key), Signal::LinkExit,
                      Message(MessageKind::Exit, extras.exitReason, core.pidOf(process)));
    }
    return false;
}

bool tellWatchers(Core& core, Slot& process) {
    core.writeParentsMonitor(process);
    Extras& extras = *process.findExtras();
    const Pid own = core.pidOf(process);
    for (std::uint32_t told = 0; told < kSlice; ++told) {
        // Its own monitors first: who hears of the death finds them gone.
        if (const auto watching = extras.watching.takeAny()) {
            if (watching->value.target)
                core.post(watching->value.target, Signal::Demonitor,
                          Message(MessageKind::Plain, {}, own, Ref::fromRaw(watching->key)));
        } else if (const auto watcher = extras.watchers.takeAny()) {
            core.post(
                watcher->value.watcher, Signal::Down,
                Message(MessageKind::Down, extras.exitReason, own, Ref::fromRaw(watcher->key)));
        } else {
            return true;
        }
    }
    return false;
}

bool freeMailbox(Slot& process) {
    Extras& extras = *process.findExtras();
    for (std::uint32_t freed = 0; freed < kSlice; ++freed) {
        if (Envelope* const fresh = process.freshHead) {
            process.freshHead = fresh->next;
            Envelope::drop(fresh);
        } else if (Envelope* const skipped = extras.skipped.takeOldest()) {
            Envelope::drop(skipped);
        } else {
            process.freshTail = nullptr;
            return true;
        }
    }
    return false;
}

void closeInbox(Core& core, Slot& process) {
    // In order of arrival, since some are answered.
    Envelope* newest = process.inbox.close();
    Envelope* oldest = nullptr;
    while (newest != nullptr)
        oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    if (oldest != nullptr && oldest == process.inHand) {
        process.inHand = nullptr;
        Envelope::drop(std::exchange(oldest, oldest->next));
    }
    while (oldest != nullptr) {
        Envelope* const envelope = std::exchange(oldest, oldest->next);
        core.reject(Pid::make(core.slots.indexOf(process), envelope->generation), envelope);
    }
}

/// Nobody but some watchers is to hear of the death, and little is left to free.
inline bool isOnlyWatched(const Extras& extras) noexcept {
    return extras.watchers.count() <= kSlice && extras.links.isEmpty() &&
           extras.watching.isEmpty() && extras.skipped.count() == 0 && !extras.arriving.isAny() &&
           extras.exitHooks == nullptr && extras.suspendCount == 0 && !extras.deadlineTimer &&
           extras.seldom == nullptr;
}

/// Nothing has come that somebody is to have an answer to, nobody is linked through a bit, and
/// nothing is left in the mailbox: most short-lived processes. Closes the name.
inline bool endsUnnoticed(Core& core, Slot& process) {
    if (process.freshHead != nullptr || process.isLinkedToParent ||
        process.inbox.peek() != process.inHand ||
        (process.inHand != nullptr && process.inHand->signal == Signal::Call))
        return false;
    return NameTable::closeUnused(core.coldOf(process), core.pidOf(process));
}

} // namespace

bool Core::addOutsideHook(Pid pid, ExitHook& hook) {
    if (!slots.contains(pid))
        return false;
    const Lock lock(outsideHooksMutex);
    if (!NameTable::markHooked(slots.cold(pid.index()), pid))
        return false;
    hook.next = std::exchange(outsideHooks[pid.raw()], &hook);
    return true;
}

ExitHook* Core::takeOutsideHooks(Pid pid) {
    const Lock lock(outsideHooksMutex);
    const auto at = outsideHooks.find(pid.raw());
    ExitHook* const latest = at->second;
    outsideHooks.erase(at);
    return latest;
}

Ran Core::endPlainly(Worker& worker, Slot& process) {
    const Extras* const before = process.findExtras();
    if (process.has(kObserved) || (before != nullptr && !isOnlyWatched(*before)))
        return die(worker, process, atoms::normal);
    process.takeCare(kDoomed);
    process.setStatus(ProcessStatus::Exiting);
    // As destroyFrames(), of who waits for nothing and is at its end.
    worker.inDestructors = true;
    std::exchange(coldOf(process).root, nullptr).destroy();
    worker.inDestructors = false;
    // What destructors did or others have sent meanwhile takes the long way.
    Extras* const extras = process.findExtras();
    if ((extras != nullptr && !isOnlyWatched(*extras)) || !endsUnnoticed(*this, process))
        [[unlikely]] {
        Extras& ensured = process.ensureExtras();
        ensured.exitReason = atoms::normal;
        ensured.death = DeathStage::Releases;
        return continueDeath(worker, process);
    }
    if (extras != nullptr) {
        const Pid own = pidOf(process);
        while (const auto watcher = extras->watchers.takeAny())
            post(watcher->value.watcher, Signal::Down,
                 Message(MessageKind::Down, atoms::normal, own, Ref::fromRaw(watcher->key)));
        delete process.extras.exchange(nullptr, std::memory_order_relaxed);
    }
    if (const Ref ref = process.takeParentsMonitor())
        postBy(worker, parentOf(process), Signal::Down, MessageKind::Down, Payload(atoms::normal),
               ref);
    closeInbox(*this, process);
    worker.current = nullptr;
    freeBareSlot(&worker, process);
    return Ran::Ended;
}

Ran Core::die(Worker& worker, Slot& process, Term reason) {
    process.takeCare(kDoomed);
    process.setStatus(ProcessStatus::Exiting);
    DeathStage next = DeathStage::Frames;
    if (process.findExtras() == nullptr && !process.isWatchedByParent && !process.has(kObserved) &&
        isQuiet(reason)) {
        destroyFrames(*this, worker, process);
        if (process.findExtras() == nullptr && endsUnnoticed(*this, process)) {
            closeInbox(*this, process);
            worker.current = nullptr;
            freeBareSlot(&worker, process);
            return Ran::Ended;
        }
        next = DeathStage::Releases;
    }
    Extras& extras = process.ensureExtras();
    extras.exitReason = std::move(reason);
    extras.death = next;
    return continueDeath(worker, process);
}

Ran Core::continueDeath(Worker& worker, Slot& process) {
    Extras& extras = *process.findExtras();
    switch (extras.death) {
    case DeathStage::Alive:
        GROVE_UNREACHABLE("only the dying die");
    case DeathStage::Frames:
        destroyFrames(*this, worker, process);
        [[fallthrough]];
    case DeathStage::Releases:
        releaseThings(*this, worker, process);
        extras.death = DeathStage::Links;
        [[fallthrough]];
    case DeathStage::Links:
        // What came meanwhile is served first: an unlink, a demonitor, a new watcher.
        if (!fetch(process) || !tellLinks(*this, process))
            return Ran::Again;
        extras.death = DeathStage::Watchers;
        [[fallthrough]];
    case DeathStage::Watchers:
        if (!tellWatchers(*this, process))
            return Ran::Again;
        extras.death = DeathStage::Mailbox;
        [[fallthrough]];
    case DeathStage::Mailbox:
        if (!freeMailbox(process))
            return Ran::Again;
        extras.death = DeathStage::Close;
        [[fallthrough]];
    case DeathStage::Close:
        closeInbox(*this, process);
        break;
    }
    worker.current = nullptr;
    freeSlot(&worker, process);
    return Ran::Ended;
}

} // namespace grove::runtime
