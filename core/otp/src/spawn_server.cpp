#include "start_ack.h"
#include "via.h"

#include <grove/otp/call.h>
#include <grove/otp/registry.h>
#include <grove/otp/spawn_server.h>
#include <grove/runtime/receive.h>

namespace grove::otp::detail {

StartInfo prepareStart(StartOptions options, Linked linked) {
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
        while (!registerName(*atom, self())) // the holder may end between the two questions
            if (const std::optional<Pid> holder = grove::whereis(*atom))
                return holder;
    } else if (const Via* via = name.asVia()) {
        return Registry::registerName(via->registry, via->key, via->value);
    }
    return std::nullopt;
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

Term alreadyStarted(Pid holder) {
    return tuple(atoms::alreadyStarted, holder);
}

/// The process does not come to its acknowledgement: nothing of it may be left in the starter's
/// mailbox.
grove::Task<> abandon(Spawned spawned, StartInfo info) {
    if (info.linked)
        unlink(spawned.pid);
    grove::exit(spawned.pid, atoms::kill);
    co_await grove::receive(on<Down>(spawned.monitor));
    co_await grove::receive(on<Exit>(spawned.pid), after(Duration::zero()));
    co_await grove::receive(
        on<StartAck>([ref = info.ack](const StartAck& ack) { return ack.start == ref; }),
        after(Duration::zero()));
}

/// `monitor`: gets the monitor of a process that was started; null: nobody wants it.
grove::Task<StartResult> launch(StartInfo info, ProcessKind kind, grove::Task<> body,
                                Ref* monitor) {
    if (const std::optional<Pid> holder = findHolder(info.options.name))
        co_return StartResult::error(alreadyStarted(*holder));

    const Spawned spawned = grove::detail::spawnHere(std::move(body), spawnOptionsOf(info, kind));
    const Duration limit = info.options.timeout.value_or(kInfinity);
    auto got = co_await grove::receive(
        on<StartAck>([ref = info.ack](const StartAck& ack) { return ack.start == ref; }),
        on<Down>(spawned.monitor), after(limit));

    if (const auto* ack = std::get_if<StartAck>(&got)) {
        const Term& result = ack->result;
        if (result.isAtom(atoms::ok) && monitor != nullptr)
            *monitor = spawned.monitor;
        else
            demonitor(spawned.monitor, Flush::Yes);
        co_return result.isAtom(atoms::ok) ? StartResult::ok(spawned.pid)
                                           : StartResult::fromTerm(result);
    }
    if (const auto* down = std::get_if<Down>(&got)) {
        // It ended before it acknowledged: the result says so, the trapped exit would say it twice.
        co_await grove::receive(on<Exit>(spawned.pid), after(Duration::zero()));
        co_return StartResult::error(down->reason);
    }
    co_await abandon(spawned, std::move(info));
    co_return StartResult::error(atoms::timeout);
}

} // namespace

grove::Task<StartResult> launch(StartInfo info, ProcessKind kind, grove::Task<> body) {
    return launch(std::move(info), kind, std::move(body), nullptr);
}

grove::Task<MonitoredStart> launchMonitored(StartInfo info, ProcessKind kind, grove::Task<> body) {
    Ref monitor;
    StartResult result = co_await launch(std::move(info), kind, std::move(body), &monitor);
    co_return MonitoredStart{std::move(result), monitor};
}

} // namespace grove::otp::detail
