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

StartInfo prepareStart(StartOptions options, Linked linked) {
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
        grove::send(info.starter, Payload(StartAck{.start = info.ack, .result = result.term()}));
}

void acknowledge(const StartInfo& info) {
    if (info.starter)
        grove::send(info.starter, Payload(StartAck{.start = info.ack, .result = atoms::ok}));
}

namespace {

SpawnOptions spawnOptionsOf(const StartInfo& info, ProcessKind kind) {
    SpawnOptions options;
    options.link = info.linked;
    options.monitor = true;
    options.ownThread = info.options.ownThread;
    options.observed = info.options.place != 0;
    options.restarts = info.options.restarts;
    options.behaviour = kind.behaviour;
    options.initialCall = kind.initialCall;
    if (!info.options.label.empty())
        options.label = Atom::tryMake(info.options.label).value_or(Atom());
    return options;
}

/// None: a keeper of names refuses and names nobody.
Term alreadyStarted(Pid holder) {
    return tuple(atoms::alreadyStarted, holder ? Term(holder) : Term(atoms::undefined));
}

auto answerOf(const StartInfo& info) {
    return on<StartAck>([ref = info.ack](const StartAck& ack) { return ack.start == ref; });
}

/// It has ended: the result says so, and a trapped exit would say it twice.
grove::Task<> forgetEnd(Pid ended) {
    co_await grove::receive(on<Exit>(ended), after(Duration::zero()));
}

/// The process does not come to its acknowledgement: nothing of it may be left in the starter's
/// mailbox.
grove::Task<> abandon(Spawned spawned, StartInfo info) {
    if (info.linked)
        unlink(spawned.pid);
    grove::exit(spawned.pid, atoms::kill);
    co_await grove::receive(on<Down>(spawned.monitor));
    co_await forgetEnd(spawned.pid);
    co_await grove::receive(answerOf(info), after(Duration::zero()));
}

} // namespace

Spawned spawnDescendant(grove::Task<> body, const SpawnOptions& options) {
    const auto frame = std::move(body).release();
    grove::Task<> kept = frame.promise().get_return_object();
    const char* initialCall = options.initialCall != nullptr
                                  ? options.initialCall
                                  : frame.promise().function.function_name();
    return grove::detail::spawnHere(std::move(kept), options, originOf(initialCall));
}

Spawned spawnStarting(const StartInfo& info, ProcessKind kind, grove::Task<> body) {
    return spawnDescendant(std::move(body), spawnOptionsOf(info, kind));
}

grove::Task<StartResult> awaitStart(Spawned spawned, StartInfo info, KeepMonitor keep) {
    const Duration limit = info.options.timeout.value_or(kInfinity);
    auto got = co_await grove::receive(answerOf(info), on<Down>(spawned.monitor), after(limit));
    if (const auto* ack = std::get_if<StartAck>(&got)) {
        StartResult result = ack->result.isAtom(atoms::ok) ? StartResult::ok(spawned.pid)
                                                           : StartResult::fromTerm(ack->result);
        if (ack->isLast) {
            co_await grove::receive(on<Down>(spawned.monitor));
            co_await forgetEnd(spawned.pid);
        } else if (keep == KeepMonitor::No || !result.isOk()) {
            demonitor(spawned.monitor, Flush::Yes);
        }
        co_return result;
    }
    if (const auto* down = std::get_if<Down>(&got)) {
        co_await forgetEnd(spawned.pid);
        co_return StartResult::error(down->reason);
    }
    co_await abandon(spawned, std::move(info));
    co_return StartResult::error(atoms::timeout);
}

grove::Task<StartResult> launch(StartInfo info, ProcessKind kind, grove::Task<> body) {
    if (const std::optional<Pid> holder = findHolder(info.options.name))
        co_return StartResult::error(alreadyStarted(*holder));
    const Spawned spawned = spawnStarting(info, kind, std::move(body));
    co_return co_await awaitStart(spawned, std::move(info), KeepMonitor::No);
}

grove::Task<MonitoredStart> launchMonitored(StartInfo info, ProcessKind kind, grove::Task<> body) {
    if (const std::optional<Pid> holder = findHolder(info.options.name))
        co_return MonitoredStart{StartResult::error(alreadyStarted(*holder)), {}};
    const Spawned spawned = spawnStarting(info, kind, std::move(body));
    StartResult result = co_await awaitStart(spawned, std::move(info), KeepMonitor::Yes);
    const Ref monitor = result.isOk() ? spawned.monitor : Ref();
    co_return MonitoredStart{std::move(result), monitor};
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
