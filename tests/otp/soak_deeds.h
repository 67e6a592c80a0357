#pragma once
// What the soak's clients do to each other and to its tree, see tst_soak_threads.cpp.

#include "children.h"

#include <grove/otp/agent.h>
#include <grove/otp/call.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/proc_lib.h>
#include <grove/otp/registry.h>
#include <grove/otp/task.h>
#include <grove/runtime/blocking.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/timers.h>

#include <array>
#include <atomic>

namespace grove::test::soak {

using namespace std::chrono_literals;

inline constexpr std::array kWorkers{"soak_a", "soak_b", "soak_c", "soak_d", "soak_e", "soak_f"};
/// Counted by whoever does it, read when all is quiet: relaxed.
struct Counts {
    std::atomic<std::uint64_t> deeds{0};
    std::atomic<std::uint64_t> answers{0};
    std::atomic<std::uint64_t> failures{0}; // of calls whose server ended
    std::atomic<std::uint64_t> starts{0};   // of workers
};
inline Counts counts;

inline void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

/// Does what it is told, which is mostly to end.
class Worker final : public otp::GenServer<Worker> {
public:
    struct State {
        std::vector<int> held;
        GROVE_MAP_FIELDS(State, held)
    };
    Init init() {
        count(counts.starts);
        return Init::ok(State{std::vector<int>(200)}).timeout(50ms);
    }
    /// `{ask, Name, N}`: asks another one; anything else is the answer.
    Task<Reply<Term>> handleCall(Term request, From) {
        if (!request.isTagged(atom("ask"), 3))
            co_return request;
        const auto got =
            co_await otp::tryCall(request.element(1).toAtom(), request.element(2), 50ms);
        co_return got ? *got : request.element(2);
    }
    /// `{exit, R}`, `{error, R}`, `{stop, R}`.
    Next handleCast(Term what) {
        if (what.isTagged(atoms::exit, 2))
            grove::exit(what.element(1));
        if (what.isTagged(atoms::error, 2))
            grove::error(what.element(1));
        if (what.isTagged(atoms::stop, 2))
            return Next::stop(what.element(1));
        return {};
    }
    void handleInfo(Term) {} // timers, and what is big
    Next handleTimeout() { return Next::noReply().timeout(1s); }
};

/// One that does a lot of things, one after the other. Traps exits.
struct Client {
    Random random;
    Instant until;

    [[nodiscard]] Atom worker() { return atom(kWorkers[random.below(kWorkers.size())]); }
    [[nodiscard]] Term reason() {
        const std::array reasons{Term(atoms::normal), Term(atoms::shutdown), Term(atom("boo")),
                                 tuple(atoms::shutdown, 1),
                                 tuple(atom("big"), Term(std::string(300, 'x')))};
        return reasons[random.below(reasons.size())];
    }
};

inline Task<> endsWith(Term why) {
    if (!why.isAtom(atoms::normal))
        exit(std::move(why));
    co_return;
}
inline Task<> endsWhenTold() {
    const Message message = co_await receive(any());
    exit(message.term());
}
inline Task<> sleepsUntilTold() {
    co_await hibernate();
    co_await endsWhenTold();
}
inline Task<> answersBy(Ref alias) {
    send(alias, atom("by_alias"));
    co_return;
}
inline Task<> startsSlowly(otp::proc_lib::Parent parent, Term how) {
    co_await yield();
    if (how.isAtom(atoms::normal))
        co_return;
    if (!how.isAtom(atoms::shutdown))
        otp::proc_lib::initFail(parent, how);
    otp::proc_lib::initAck(parent);
    co_await endsWhenTold();
}
inline int twice(int n) {
    return 2 * n;
}
inline Task<int> fails(Term why) {
    co_await yield();
    exit(std::move(why));
}

// -- what clients do

inline Task<> calls(Client* client) {
    const int n = static_cast<int>(client->random.below(1'000));
    const bool asks = client->random.once(4);
    const Term request = asks ? tuple(atom("ask"), client->worker(), n) : Term(n);
    const auto got = co_await otp::tryCall(client->worker(), request, 2s);
    count(got ? counts.answers : counts.failures);
    if (got)
        checkEqual(*got, n); // nobody gets another's answer
}
inline Task<> casts(Client* client) {
    const std::array kinds{atoms::exit, atoms::error, atoms::stop};
    otp::cast(client->worker(), Payload(tuple(kinds[client->random.below(3)], client->reason())));
    co_return;
}
inline Task<> kills(Client* client) {
    if (const auto pid = whereis(client->worker()))
        exit(*pid, client->random.once(2) ? Term(atoms::kill) : client->reason());
    co_return;
}
inline Task<> stops(Client* client) {
    static_cast<void>(co_await attempt(otp::stop(client->worker(), client->reason(), 1s)));
}
inline Task<> links(Client* client) {
    const Term why = client->reason();
    const Pid child = spawnLink(endsWith, why);
    checkEqual((co_await receive(on<Exit>(child))).reason, why);
    if (const auto pid = whereis(client->worker())) {
        link(*pid);
        co_await yield();
        unlink(*pid);
    }
}
inline Task<> monitors(Client* client) {
    const Ref worker = monitor(client->worker());
    const Term why = client->reason();
    const Spawned child = spawnMonitor(endsWhenTold);
    send(child.pid, why);
    checkEqual((co_await receive(on<Down>(child.monitor))).reason, why);
    demonitor(worker, Flush::Yes);
}
inline Task<> hibernates(Client* client) {
    const Spawned child = spawnMonitor(sleepsUntilTold);
    const Term why = client->reason();
    send(child.pid, why);
    checkEqual((co_await receive(on<Down>(child.monitor))).reason, why);
}
inline Task<> timers(Client* client) {
    sendAfter(std::chrono::milliseconds(client->random.below(5)), client->worker(), 1);
    const Ref mine = startTimer(std::chrono::milliseconds(client->random.below(3)), self(), 2);
    if (client->random.once(2) && cancelTimer(mine))
        co_return;
    co_await receive(
        on([mine](const Term& told) { return equalsExact(told, tuple(atoms::timeout, mine, 2)); }));
}
inline Task<> intervals(Client*) {
    const Ref ticks = sendInterval(1ms, self(), atom("tick"));
    co_await receive(on([](const Term& told) { return told.isAtom(atom("tick")); }));
    check(cancelTimer(ticks).has_value());
}
inline Task<> aliases(Client*) {
    const Ref address = alias(Alias::Reply);
    spawn(answersBy, address);
    co_await receive(on([](const Term& told) { return told.isAtom(atom("by_alias")); }));
    check(!unalias(address));
}
inline Task<> tasks(Client* client) {
    const int n = static_cast<int>(client->random.below(1'000));
    const auto good = otp::Task::async(twice, n);
    const Term why = tuple(atom("why"), client->reason());
    const auto bad = otp::Task::async(fails, why);
    check(co_await good.await() == 2 * n);
    const auto outcome = co_await bad.yield();
    check(outcome && !outcome->has_value());
    checkEqual(outcome->error(), why);
}
inline Task<> agents(Client* client) {
    const otp::StartResult agent = co_await otp::Agent<int>::startLink(1);
    const int by = static_cast<int>(client->random.below(9));
    co_await otp::Agent<int>::update(agent.pid(), [by](int& n) { n += by; });
    check(co_await otp::Agent<int>::get(agent.pid(), [](const int& n) { return n; }) == 1 + by);
    co_await otp::stop(agent.pid());
}
inline Task<> children(Client* client) {
    const otp::StartResult child = co_await otp::DynamicSupervisor::startChild(
        "soak_pool", otp::worker<Worker>().restart(otp::Restart::Temporary));
    check(child.isOk());
    const Ref watch = monitor(child.pid());
    if (client->random.once(2))
        exit(child.pid(), atoms::kill);
    else
        static_cast<void>(
            co_await otp::DynamicSupervisor::terminateChild("soak_pool", child.pid()));
    co_await receive(on<Down>(watch));
}
inline Task<> keys(Client* client) {
    const otp::Via name = otp::via("soak_names", Term(static_cast<int>(client->random.below(8))));
    const otp::StartResult started = co_await Worker::start({.name = name});
    otp::cast(name, Payload(Term(atoms::ok)));
    if (started.isOk())
        static_cast<void>(co_await attempt(otp::stop(started.pid())));
}
inline Task<> starts(Client* client) {
    const Term how = client->reason();
    const otp::StartResult started = co_await otp::proc_lib::startLink(startsSlowly, how);
    check(started.isOk() == how.isAtom(atoms::shutdown));
    if (started.isOk())
        co_await killAndAwaitDown(started.pid());
}
inline Task<> suspends(Client* client) {
    const auto pid = whereis(client->worker());
    if (!pid || !attempt([&] { suspendProcess(*pid); }))
        co_return;
    otp::cast(*pid, Payload(Term(1)));
    co_await yield();
    static_cast<void>(attempt([&] { resumeProcess(*pid); }));
}
inline Task<> looks(Client* client) {
    if (const auto pid = whereis(client->worker()))
        static_cast<void>(co_await processInfo(*pid));
    static_cast<void>(processes());
}
inline Task<> sendsBig(Client* client) {
    static_cast<void>(trySend(client->worker(), Payload(Term(std::string(100'000, 'x')))));
    co_return;
}
inline Task<> blocks(Client* client) {
    if (!client->random.once(10)) // a thread each time
        co_return;
    const Spawned child = spawnOpt(
        {.monitor = true, .ownThread = true},
        [](int n) -> Task<> { check(co_await blocking([n] { return n + 1; }) == n + 1); }, 1);
    checkEqual((co_await receive(on<Down>(child.monitor))).reason, atoms::normal);
}

inline constexpr std::array kDeeds{&calls,    &calls, &calls,    &calls,      &casts,  &kills,
                                   &stops,    &links, &monitors, &hibernates, &timers, &intervals,
                                   &aliases,  &tasks, &agents,   &children,   &keys,   &starts,
                                   &suspends, &looks, &sendsBig, &blocks};

inline Task<> lives(std::uint64_t seed, Instant until) {
    setTrapExit(TrapExit::Yes);
    Client client{Random(seed), until};
    while (now() < client.until) {
        co_await kDeeds[client.random.below(kDeeds.size())](&client);
        count(counts.deeds);
        // Exits of what it was linked to.
        while ((co_await receive(any(), after(Duration::zero()))).index() == 0) {
        }
    }
}

/// A plain thread that calls.
inline void callsFromOutside(Runtime& runtime, std::uint64_t seed, Instant until) {
    External external(runtime, "soak thread");
    Random random(seed);
    while (now() < until) {
        const int n = static_cast<int>(random.below(1'000));
        const CallResult got =
            external.call(atom(kWorkers[random.below(kWorkers.size())]), Term(n), 2s);
        count(got.isReply() ? counts.answers : counts.failures);
        if (got.isReply())
            GROVE_ASSERT(got.term().toInt() == n, "nobody gets another's answer");
    }
}

} // namespace grove::test::soak
