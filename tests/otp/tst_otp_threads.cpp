// The behaviours on real schedulers, two of them and then every process on its own thread: what
// only a race could break.
#include "children.h"

#include <grove/otp/agent.h>
#include <grove/otp/application.h>
#include <grove/otp/call.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/registry.h>
#include <grove/otp/task.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Counts calls, and can be killed at any moment.
class Echo final : public otp::GenServer<Echo> {
public:
    struct State {
        int calls = 0;
        GROVE_MAP_FIELDS(State, calls)
    };
    State init() { return {}; }
    Reply<Term> handleCall(Term request, From) {
        ++state().calls;
        return request;
    }
};

/// Elixir's three restarts, in a time that no run takes: the fourth is always one too many.
constexpr otp::Intensity kThree{3, 1h};
constexpr int kRounds = 8;

/// Calls again and again, whatever comes of it, and tells how often there was an answer.
Task<> callsMany(Pid listener, otp::ServerRef server, int times) {
    int answers = 0;
    for (int i = 0; i < times; ++i) {
        const auto got = co_await otp::tryCall(server, Term(i), 5s);
        if (got) {
            checkEqual(*got, i);
            ++answers;
        } else {
            check(got.error().code != atoms::timeout);
        }
    }
    send(listener, tuple(atom("answers"), answers));
}

/// Kills whoever has the name, so many times; each time another one; then
/// waits for the next.
Task<> killsMany(Pid listener, Atom name, int times) {
    Pid last;
    for (int killed = 0; killed < times;) {
        const std::optional<Pid> pid = whereis(name);
        if (pid && *pid != last) {
            exit(*pid, atoms::kill);
            last = *pid;
            ++killed;
        }
        co_await yield();
    }
    for (std::optional<Pid> next = whereis(name); !next || next == last; next = whereis(name))
        co_await yield();
    send(listener, atom("killed"));
}

/// Waits until all clients and killers are done.
Task<> awaitAll(int workers) {
    for (; workers > 0; --workers) {
        const Term told = co_await nextMessage();
        check(told.isAtom(atom("killed")) || told.isTagged(atom("answers"), 2));
    }
}

/// One kill more than the intensity allows: the supervisor gives up, and nothing of it is left.
Task<> givesUpAtTheNext(Pid tree, Atom killed) {
    check((co_await otp::Supervisor::countChildren(tree)).active == 1); // it has not yet
    exit(whereis(killed).value(), atoms::kill);
    const Exit ended = co_await receive(on<Exit>(tree));
    checkEqual(ended.reason, atoms::shutdown);
    check(!whereis(killed));
}

/// A server under a supervisor is killed as often as that allows while several clients call it by
/// name.
Task<> callsUnderKills() {
    for (int round = 0; round < kRounds; ++round) {
        const Pid tree = co_await startTree(
            {.intensity = kThree, .children = {otp::worker<Echo>().name("echo")}});
        for (int i = 0; i < 4; ++i)
            spawn(callsMany, self(), otp::ServerRef("echo"), 50);
        spawn(killsMany, self(), atom("echo"), 3);
        co_await awaitAll(5);
        // After the last restart every call is answered.
        spawn(callsMany, self(), otp::ServerRef(whereis(atom("echo")).value()), 10);
        checkEqual(co_await nextMessage(), tuple(atom("answers"), 10));
        co_await givesUpAtTheNext(tree, atom("echo"));
    }
}

/// The same, with the supervisor itself killed, too: each new one may restart three times again.
Task<> callsUnderSupervisorKills() {
    for (int round = 0; round < kRounds; ++round) {
        const Pid tree = co_await startTree(
            {.intensity = kThree,
             .children = {otp::supervisor(
                 "inner", {.strategy = otp::Strategy::OneForAll,
                           .intensity = kThree,
                           .children = {otp::worker<Echo>().name("echo"),
                                        otp::worker<Echo>().id(atom("other")).name("other")}})}});
        spawn(callsMany, self(), otp::ServerRef("echo"), 50);
        spawn(callsMany, self(), otp::ServerRef("other"), 50);
        spawn(killsMany, self(), atom("inner"), 3);
        spawn(killsMany, self(), atom("other"), 3);
        co_await awaitAll(4);
        co_await givesUpAtTheNext(tree, atom("inner"));
        // A killed supervisor's children end in their own time.
        for (const char* name : {"echo", "other"})
            if (const std::optional<Pid> left = whereis(atom(name)))
                static_cast<void>(co_await awaitDown(*left));
    }
}

/// Starts a server under a key unless there is one, calls it, and ends it, many times.
Task<> opensAndCloses(Pid listener, Pid pool, int times) {
    for (int i = 0; i < times; ++i) {
        const Term key(i % 3);
        otp::ChildSpec spec = otp::worker<Echo>().name(otp::via("lists", key));
        spec.restart(otp::Restart::Temporary);
        const otp::StartResult started =
            co_await otp::DynamicSupervisor::startChild(pool, std::move(spec));
        check(started.pidOrAlreadyStarted().has_value());
        const auto got = co_await otp::tryCall(otp::via("lists", key), Term(i));
        check(!got || equalsExact(*got, i));
        if (i % 2 == 0)
            static_cast<void>(co_await otp::DynamicSupervisor::terminateChild(
                pool, *started.pidOrAlreadyStarted()));
    }
    send(listener, atom("done"));
}

Task<> registryUnderChurn() {
    const Pid tree =
        co_await startTree({.children = {otp::registry("lists"), otp::dynamicSupervisor("pool")}});
    const Pid pool = whereis(atom("pool")).value();
    for (int i = 0; i < 3; ++i)
        spawn(opensAndCloses, self(), pool, 100);
    for (int i = 0; i < 3; ++i)
        checkEqual(co_await nextMessage(), atom("done"));
    // What is listed is what runs: entries go before anybody hears of an end.
    const std::size_t running = (co_await otp::DynamicSupervisor::countChildren(pool)).active;
    check(otp::Registry::count(atom("lists")) == running);
    co_await stopTree(tree);
}

Task<> tasksAndAgents() {
    const otp::StartResult agent = co_await otp::Agent<int>::startLink(0);
    const auto addOne = +[](Pid counter) -> Task<int> {
        co_return co_await otp::Agent<int>::getAndUpdate(counter, [](int& n) { return ++n; });
    };
    std::vector<otp::AsyncTask<int>> tasks;
    for (int i = 0; i < 64; ++i)
        tasks.push_back(otp::Task::async(addOne, agent.pid()));
    std::vector<bool> seen(65, false);
    for (const auto& task : tasks) {
        const int number = co_await task.await();
        check(!seen.at(static_cast<std::size_t>(number)));
        seen[static_cast<std::size_t>(number)] = true;
    }
    check(co_await otp::Agent<int>::get(agent.pid(), [](const int& n) { return n; }) == 64);
    co_await otp::stop(agent.pid());
}

#define GROVE_ON_THREADS(body)                                                                     \
    do {                                                                                           \
        const std::string fault = onThreads(body);                                                 \
        QVERIFY2(fault.empty(), fault.c_str());                                                    \
    } while (false)

} // namespace

class tst_OtpThreads : public QObject {
    Q_OBJECT
private slots:
    void aServerIsCalledWhileItIsKilledAndRestarted() { GROVE_ON_THREADS(callsUnderKills); }
    void itsSupervisorMayBeKilledToo() { GROVE_ON_THREADS(callsUnderSupervisorKills); }
    void aRegistryListsWhatRunsWhileProcessesComeAndGo() { GROVE_ON_THREADS(registryUnderChurn); }
    void tasksShareAnAgent() { GROVE_ON_THREADS(tasksAndAgents); }
    void applicationsStartAndStopFromAPlainThread() {
        for (int round = 0; round < 5; ++round) {
            Runtime runtime({.schedulers = 2});
            otp::startSystem(runtime);
            auto& all = extension<otp::Applications>(runtime);
            QVERIFY(all.add(
                {.name = "app",
                 .top = otp::supervisor("app", {.children = {otp::worker<Echo>().name("echo")}})}));
            QVERIFY(otp::startApplication(runtime, "app"));
            QVERIFY(runtime.whereis(atom("echo")).has_value());
            otp::stopAllApplications(runtime);
            QVERIFY(!runtime.whereis(atom("echo")).has_value());
            QVERIFY(all.status("app")->state == otp::ApplicationState::Stopped);
        }
    }
};

QTEST_GUILESS_MAIN(tst_OtpThreads)
#include "tst_otp_threads.moc"
