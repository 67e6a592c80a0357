#include "send.h"

#include <grove/runtime/end.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/outside_exit_hook.h>
#include <grove/runtime/process.h>
#include <grove/term/assert.h>

#include <algorithm>

namespace grove::runtime {

constinit thread_local Worker* t_worker = nullptr;

void setThisWorker(Worker* worker) noexcept {
    t_worker = worker;
}

Worker& hereWorker() noexcept {
    Worker* const worker = thisWorker();
    GROVE_ASSERT(worker != nullptr, "this thread runs no process and holds no External");
    GROVE_ASSERT(worker->current != nullptr, "no process runs on this thread now");
    return *worker;
}

} // namespace grove::runtime

namespace grove {

using runtime::Core;
using runtime::Extras;
using runtime::here;
using runtime::hereWorker;
using runtime::Signal;
using runtime::Slot;
using runtime::Worker;

namespace detail {

void countFrame(std::uint32_t bytes) noexcept {
    if (Worker* const worker = runtime::thisWorker(); worker != nullptr && worker->current)
        Slot::add(worker->core.coldOf(*worker->current).frameBytes, bytes);
}

void* allocateFrame(std::size_t size) noexcept {
    countFrame(static_cast<std::uint32_t>(size));
    return allocate(size);
}

void releaseFrame(void* frame, std::size_t size) noexcept {
    countFrame(0 - static_cast<std::uint32_t>(size));
    release(frame, size);
}

void endWith(Term reason) noexcept {
    Slot& process = here();
    process.takeCare(runtime::kDoomed);
    process.ensureExtras().exitReason = std::move(reason);
}

Pid spawnPlain(Task<> task) {
    Worker& worker = hereWorker();
    return worker.core.spawnPlain(worker, std::move(task));
}

Spawned spawnMonitored(Task<> task) {
    Worker& worker = hereWorker();
    return worker.core.spawnMonitored(worker, std::move(task));
}

Spawned spawnHere(Task<> task, const SpawnOptions& options) {
    Worker& worker = hereWorker();
    return worker.core.spawn(&worker, worker.current, std::move(task), options);
}

Ref requestSpawn(SpawnReply reply, Task<> task, const SpawnOptions& options) {
    const auto tell = [](SpawnReply unless, SpawnReply how, Ref ref, Atom outcome, Term result) {
        if (how == SpawnReply::Yes || how == unless)
            send(self(), tuple(atom("spawn_reply"), ref, outcome, std::move(result)));
    };
    const auto spawned = attempt([&] { return spawnHere(std::move(task), options); });
    const Ref ref = spawned && spawned->monitor ? spawned->monitor : makeRef();
    if (spawned)
        tell(SpawnReply::SuccessOnly, reply, ref, atoms::ok, spawned->pid);
    else
        tell(SpawnReply::ErrorOnly, reply, ref, atoms::error, spawned.error().term);
    return ref;
}

} // namespace detail

std::vector<Pid> processes() {
    const Core& core = hereWorker().core;
    std::vector<Pid> alive;
    for (std::uint32_t index = 0; index < core.slots.used(); ++index) {
        const auto row = core.row(index);
        if (row && row->status != ProcessStatus::Exiting)
            alive.push_back(row->pid);
    }
    return alive;
}

Pid self() noexcept {
    Worker& worker = hereWorker();
    return worker.core.pidOf(*worker.current);
}

Ref makeRef() noexcept {
    Worker& worker = hereWorker();
    const Ref ref = worker.core.makeRef(worker);
    Extras* const extras = worker.current->findExtras();
    if (extras != nullptr && extras->skipped.count() > 0)
        extras->putMark(ref, extras->skipped.nextNumber());
    return ref;
}

Instant now() noexcept {
    return hereWorker().core.clock.now();
}

WallTime wallTime() noexcept {
    return hereWorker().core.clock.wallTime();
}

TrapExit setTrapExit(TrapExit trap) noexcept {
    Slot& process = here();
    const bool old = process.has(runtime::kTrapsExit);
    process.set(runtime::kTrapsExit, trap == TrapExit::Yes);
    return old ? TrapExit::Yes : TrapExit::No;
}

Priority setPriority(Priority priority) noexcept {
    Slot& process = here();
    const Priority old = process.priority.load(std::memory_order_relaxed);
    process.priority.store(priority, std::memory_order_relaxed);
    return old;
}

std::int64_t uniqueInteger() noexcept {
    return hereWorker().core.uniqueIntegers.fetch_add(1, std::memory_order_acq_rel) + 1;
}

Pid groupLeader() noexcept {
    Worker& worker = hereWorker();
    return Pid::fromRaw(worker.core.slots.leader(worker.core.slots.indexOf(*worker.current)));
}

void setGroupLeader(Pid leader, Pid of) {
    Worker& worker = hereWorker();
    Core& core = worker.core;
    if (of == core.pidOf(*worker.current))
        core.slots.setLeader(of.index(), leader.raw());
    else
        core.post(of, Signal::Leader, Message(MessageKind::Plain, {}, leader));
}

MailboxLimit setMailboxLimit(MailboxLimit limit) noexcept {
    Slot& process = here();
    runtime::Seldom& seldom = process.ensureExtras().ensureSeldom();
    seldom.isOver = false;
    process.set(runtime::kLimited, limit.lengthMax != 0);
    return std::exchange(seldom.limit, limit);
}

void setLabel(Atom label) noexcept {
    Worker& worker = hereWorker();
    Slot& process = *worker.current;
    auto& word = worker.core.coldOf(process).label; // written by its process only: relaxed
    const std::uint32_t before = word.load(std::memory_order_relaxed);
    const std::uint32_t after = (before & runtime::ColdSlot::kTies) | (label.index() + 1);
    if (before == after)
        return;
    word.store(after, std::memory_order_relaxed);
    if (process.has(runtime::kObserved))
        worker.core.event(process, EventKind::Labelled, {}, label, 0, {});
}

void setLabel(std::string_view label) noexcept {
    if (const auto made = Atom::tryMake(label))
        setLabel(*made);
}

void setBehaviour(const char* behaviour) noexcept {
    Worker& worker = hereWorker();
    worker.core.coldOf(*worker.current).behaviour.store(behaviour, std::memory_order_relaxed);
}

void setObserved() noexcept {
    here().set(runtime::kObserved, true);
}

namespace {

[[gnu::always_inline]] inline void sendBy(Worker& worker, Pid to, MessageKind kind,
                                          Payload&& message) {
    Slot::add(worker.current->sent, std::uint64_t{1});
    worker.turnLeft -= 1;
    worker.core.postBy(worker, to, Signal::Message, kind, std::move(message), {});
}

/// Returns: false when nobody has the name.
[[gnu::always_inline]] inline bool sendAs(MessageKind kind, Destination to, Payload&& message) {
    Worker& worker = hereWorker();
    Pid pid = to.pid();
    if (to.isName()) [[unlikely]] {
        const std::optional<Pid> named = worker.core.names.whereis(to.name());
        if (!named)
            return false;
        pid = *named;
    }
    sendBy(worker, pid, kind, std::move(message));
    return true;
}

} // namespace

void send(Destination to, Payload message) {
    if (!sendAs(MessageKind::Plain, to, std::move(message))) [[unlikely]]
        error(atoms::badarg);
}

void sendCast(Destination to, Payload message) {
    static_cast<void>(sendAs(MessageKind::Cast, to, std::move(message)));
}

bool trySend(Destination to, Payload message) {
    return sendAs(MessageKind::Plain, to, std::move(message));
}

void exit(Pid to, Term reason) {
    Worker& worker = hereWorker();
    Core& core = worker.core;
    const Pid own = core.pidOf(*worker.current);
    if (to == own) {
        // To oneself it has arrived before this returns; the next suspension acts on it.
        core.fetchAll(*worker.current);
        const bool isKill = reason.isAtom(atoms::kill);
        core.hitByExit(*worker.current, own, std::move(reason), isKill);
        return;
    }
    core.post(to, Signal::Exit, Message(MessageKind::Exit, std::move(reason), own));
}

void link(Pid peer) {
    Worker& worker = hereWorker();
    worker.core.link(worker, *worker.current, peer);
}

void unlink(Pid peer) {
    Worker& worker = hereWorker();
    worker.core.unlink(*worker.current, peer);
}

Ref monitor(Destination target) {
    Worker& worker = hereWorker();
    return worker.core.monitor(worker, *worker.current, target, false);
}

Ref monitor(Destination target, const MonitorOptions& options) {
    Worker& worker = hereWorker();
    return worker.core.monitorWith(worker, *worker.current, target, options);
}

bool demonitor(Ref ref, Flush flush) {
    Worker& worker = hereWorker();
    return worker.core.demonitor(*worker.current, ref, flush);
}

namespace {

Result<void> registerIn(Core& core, Atom name, Pid pid) {
    using Registered = runtime::NameTable::Registered;
    if (name == atoms::undefined)
        return failure(atoms::badarg, "undefined is no name for a process");
    switch (core.names.registerName(core.slots, name, pid)) {
    case Registered::Yes:
        break;
    case Registered::NameTaken:
        return failure(atoms::badarg, "the name is taken");
    case Registered::HasName:
        return failure(atoms::badarg, "the process has a name");
    case Registered::NoProcess:
        return failure(atoms::badarg, "there is no such process");
    }
    core.events.post(EventKind::Named, core.clock.now(), pid, {}, name, 0, {});
    return {};
}

} // namespace

Result<void> registerName(Atom name, Pid pid) {
    return registerIn(hereWorker().core, name, pid);
}

Result<void> unregisterName(Atom name) {
    Core& core = hereWorker().core;
    const auto pid = core.names.unregisterName(core.slots, name);
    if (!pid)
        return failure(atoms::badarg, "nobody has the name");
    core.events.post(EventKind::Unnamed, core.clock.now(), *pid, {}, name, 0, {});
    return {};
}

std::optional<Pid> whereis(Atom name) noexcept {
    return hereWorker().core.names.whereis(name);
}

std::vector<Atom> registered() {
    return hereWorker().core.names.registered();
}

namespace {

/// Those that have ended are not resumed any more.
void forgetEnded(const Core& core, runtime::Seldom& seldom) {
    std::vector<std::uint64_t> ended;
    seldom.suspending.forEach([&](std::uint64_t pid, std::uint32_t) {
        if (!core.looksAlive(Pid::fromRaw(pid)))
            ended.push_back(pid);
    });
    for (const std::uint64_t pid : ended)
        seldom.suspending.take(pid);
    seldom.suspendingMax = std::max<std::size_t>(64, 2 * seldom.suspending.count());
}

} // namespace

void suspendProcess(Pid pid) {
    Worker& worker = hereWorker();
    Core& core = worker.core;
    const Pid own = core.pidOf(*worker.current);
    if (pid == own || !core.looksAlive(pid))
        error(atoms::badarg);
    runtime::Seldom& seldom = worker.current->ensureExtras().ensureSeldom();
    if (std::uint32_t* const count = seldom.suspending.find(pid.raw()))
        ++*count;
    else
        seldom.suspending.put(pid.raw(), 1);
    if (seldom.suspending.count() > seldom.suspendingMax)
        forgetEnded(core, seldom);
    core.post(pid, Signal::Suspend, Message(MessageKind::Plain, {}, own));
}

void resumeProcess(Pid pid) {
    Worker& worker = hereWorker();
    Core& core = worker.core;
    Extras* const extras = worker.current->findExtras();
    std::uint32_t* const count =
        extras == nullptr || !extras->seldom ? nullptr : extras->seldom->suspending.find(pid.raw());
    if (count == nullptr)
        error(atoms::badarg);
    const bool isAlive = core.looksAlive(pid);
    if (!isAlive || --*count == 0)
        extras->seldom->suspending.take(pid.raw());
    if (!isAlive)
        error(atoms::badarg);
    core.post(pid, Signal::Resume, Message(MessageKind::Plain, {}, core.pidOf(*worker.current)));
}

void addExitHook(ExitHook& hook) noexcept {
    Extras& extras = here().ensureExtras();
    hook.next = std::exchange(extras.exitHooks, &hook);
}

bool addExitHook(Runtime& runtime, Pid pid, ExitHook& hook) {
    return runtime.core().addOutsideHook(pid, hook);
}

bool removeExitHook(ExitHook& hook) noexcept {
    Extras* const extras = here().findExtras();
    for (ExitHook** at = extras == nullptr ? nullptr : &extras->exitHooks;
         at != nullptr && *at != nullptr; at = &(*at)->next) {
        if (*at == &hook) {
            *at = hook.next;
            return true;
        }
    }
    return false;
}

} // namespace grove
