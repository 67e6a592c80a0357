#include "ancestry.h"
#include "start_ack.h"
#include "via.h"

#include <grove/otp/call.h>
#include <grove/otp/registry.h>
#include <grove/otp/spawn_server.h>
#include <grove/runtime/info.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/spawn_dictionary.h>

namespace grove::otp::detail {

StartInfo prepareStart(StartOptions&& options, Linked linked) {
    // Elixir's `name: nil`
    if (const Atom* name = options.name.asAtom(); name != nullptr && *name == atoms::nil)
        options.name = {};
    return StartInfo{.options = std::move(options),
                     .ack = makeRef(),
                     .starter = self(),
                     .linked = linked == Linked::Yes};
}

std::optional<Pid> findHolder(const ServerName& name) {
    if (const Atom* atom = name.asAtom())
        return grove::whereis(*atom);
    if (const Via* via = name.asVia())
        return whereisVia(*via);
    return std::nullopt;
}

std::optional<Pid> takeName(const ServerName& name) {
    if (const Atom* atom = name.asAtom()) {
        while (!registerName(*atom, self())) { // the holder may end between the two questions
            if (const std::optional<Pid> holder = grove::whereis(*atom))
                return holder;
            if (peekRow(self())->name)
                grove::error(atoms::badarg); // has another name already
        }
    } else if (const Via* via = name.asVia()) {
        ViaModule* const module = findViaModule(via->registry);
        if (module == nullptr)
            return Registry::registerName(via->registry, via->key, via->value);
        // The holder may end between the two questions; a module may also just say no.
        for (int tries = 0; !module->registerName(via->key, self()); ++tries) {
            if (const std::optional<Pid> holder = module->whereisName(via->key))
                return holder;
            if (tries > 0)
                return Pid();
        }
    }
    return std::nullopt;
}

void releaseName(const ServerName& name) {
    if (const Atom* atom = name.asAtom()) {
        static_cast<void>(unregisterName(*atom));
    } else if (const Via* via = name.asVia()) {
        if (ViaModule* const module = findViaModule(via->registry))
            module->unregisterName(via->key);
        else
            Registry::unregister(via->registry, via->key);
    }
}

void acknowledge(const StartInfo& info, const StartResult& result) {
    if (info.starter)
        grove::detail::answerStart(info.starter, info.ack,
                                   Payload(StartAck{.result = result.term()}));
}

void acknowledge(const StartInfo& info) {
    if (info.starter)
        grove::detail::answerStart(info.starter, info.ack, Payload(Term(atoms::ok)));
}

StartPlan planOf(const StartInfo& info, ProcessKind kind) {
    StartPlan plan{.name = info.options.name,
                   .ack = info.ack,
                   .limit = info.options.timeout.value_or(kInfinity),
                   .spawn = {}};
    SpawnOptions& options = plan.spawn;
    options.link = info.linked;
    options.ownThread = info.options.ownThread;
    options.observed = info.options.place != 0;
    options.restarts = info.options.restarts;
    options.behaviour = kind.behaviour;
    options.initialCall = kind.initialCall;
    if (!info.options.label.empty())
        options.label = Atom::tryMake(info.options.label).value_or(Atom());
    return plan;
}

namespace {

/// None: a keeper of names refuses and names nobody.
Term alreadyStarted(Pid holder) {
    return tuple(atoms::alreadyStarted, holder ? Term(holder) : Term(atoms::undefined));
}

/// It has ended: the result says so, and a trapped exit would say it twice.
grove::Task<> forgetEnd(Pid ended) {
    co_await grove::receive(on<Exit>(ended), after(Duration::zero()));
}

/// It ends by itself, or is already gone.
grove::Task<> awaitEnd(Pid ending) {
    const Ref watch = monitor(ending);
    co_await grove::receive(on<Down>(watch));
}

/// What is left to do when a start is over.
enum class After : std::uint8_t { Nothing, ForgetEnd, AwaitEnd, Abandon };
struct Ending {
    StartResult result;
    After after = After::Nothing;
};

Ending endingOf(Pid started, CallResult outcome) {
    if (outcome.isTimeout())
        return {StartResult::error(atoms::timeout), After::Abandon};
    if (outcome.isDown())
        return {StartResult::error(outcome.reason()), After::ForgetEnd};
    const Payload& reply = outcome.reply();
    if (const Term* term = reply.asTerm(); term != nullptr && term->isAtom(atoms::ok))
        return {StartResult::ok(started)};
    const StartAck* const ack = reply.get<StartAck>();
    GROVE_ASSERT(ack != nullptr, "a start is acknowledged by what was started");
    return {StartResult::fromTerm(ack->result), ack->isLast ? After::AwaitEnd : After::Nothing};
}

grove::Task<> finishStart(After what, Pid started, bool isLinked) {
    if (what == After::Abandon) { // it does not come to its acknowledgement
        if (isLinked)
            unlink(started);
        grove::exit(started, atoms::kill);
    }
    if (what != After::ForgetEnd)
        co_await awaitEnd(started);
    if (isLinked)
        co_await forgetEnd(started);
}

} // namespace

Spawned spawnDescendant(grove::Task<> body, const SpawnOptions& options) {
    return grove::detail::spawnDescendant(std::move(body), options);
}

grove::Task<StartResult> launch(StartPlan plan, grove::Task<> body) {
    if (const std::optional<Pid> holder = findHolder(plan.name))
        co_return StartResult::error(alreadyStarted(*holder));
    grove::detail::StartAwaiter start(plan.ack, std::move(body), plan.spawn, plan.limit);
    CallResult outcome = co_await start;
    const Pid pid = start.spawned().pid;
    Ending ending = endingOf(pid, std::move(outcome));
    if (ending.after != After::Nothing) [[unlikely]]
        co_await finishStart(ending.after, pid, plan.spawn.link);
    co_return std::move(ending.result);
}

grove::Task<MonitoredStart> launchMonitored(StartPlan plan, grove::Task<> body, KeepDown keep) {
    if (const std::optional<Pid> holder = findHolder(plan.name))
        co_return MonitoredStart{StartResult::error(alreadyStarted(*holder)), {}};
    plan.spawn.monitor = true;
    grove::detail::StartAwaiter start(plan.ack, std::move(body), plan.spawn, plan.limit);
    CallResult outcome = co_await start;
    const Spawned spawned = start.spawned();
    Ending ending = endingOf(spawned.pid, std::move(outcome));
    if (ending.after != After::Nothing)
        co_await finishStart(ending.after, spawned.pid, plan.spawn.link);
    if (keep == KeepDown::Always || ending.result.isOk())
        co_return MonitoredStart{std::move(ending.result), spawned.monitor};
    demonitor(spawned.monitor, Flush::Yes);
    co_return MonitoredStart{std::move(ending.result), {}};
}

namespace {

grove::Task<> runNamed(StartInfo info, grove::Task<> body) {
    if (const std::optional<Pid> holder = takeName(info.options.name)) {
        if (info.linked)
            unlink(info.starter); // the loser of a race for a name leaves no exit signal behind
        acknowledge(info, StartResult::error(alreadyStarted(*holder)));
        co_return;
    }
    co_await std::move(body);
}

} // namespace

grove::Task<> nameFirst(const StartInfo& info, grove::Task<> body) {
    if (info.options.name.isNone())
        return body;
    const auto inner = std::move(body).release();
    const std::source_location function = inner.promise().function;
    const auto named = runNamed(info, inner.promise().get_return_object()).release();
    named.promise().function = function; // what the process is known by
    return named.promise().get_return_object();
}

} // namespace grove::otp::detail
