#include "support/sim_fixture.h"

#include <grove/runtime/info.h>

#include <QTest>

#include <array>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

constexpr int kMany = 200'000; // more than is taken in at a time, and more than the inbox counts to

/// How often another process has had its turn.
struct Turns {
    int count = 0;
    bool isOver = false;
};

Task<> countTurns(Turns* turns, Pid about) {
    while (!turns->isOver) {
        ++turns->count;
        const auto row = peekRow(about);
        if (row && row->received == 0)
            checkEqual(row->mailboxLength, std::uint32_t{kMany + 1});
        co_await yield();
    }
}

/// Skips all numbers but one, then takes the others.
Task<> reader(Turns* turns, Pid owner) {
    co_await receive(on([](const Term& each) { return each.isAtom("go"_atom); }));
    send(owner, static_cast<std::int64_t>(turns->count));
    for (int number = 0; number < kMany; ++number)
        checkEqual((co_await receive(any())).payload().term(), Term(number));
    send(owner, atoms::ok);
}

Task<> others(Turns* turns) {
    const Pid pid = spawn(reader, turns, self());
    for (int number = 0; number < kMany; ++number)
        send(pid, number);
    send(pid, "go"_atom);
    const Spawned counter = spawnMonitor(countTurns, turns, pid);
    const std::int64_t before = (co_await receive(any())).payload().term().toInt();
    check(before >= 2 * (kMany / 32'768));
    co_await receive(on([](const Term& each) { return each.isAtom(atoms::ok); }));
    turns->isOver = true;
    checkEqual((co_await receive(on<Down>(counter.monitor))).reason, atoms::normal);
}

Task<> skipAll() {
    co_await receive(on([](const Term& each) { return each.isAtom("never"_atom); }));
}

constexpr int kSenders = 8;
constexpr int kBursts = 30;
constexpr int kBurst = 1'000; // messages before a sender gives others a turn

Task<> sendsInBursts(Pid to, int sender) {
    for (int burst = 0; burst < kBursts; ++burst) {
        for (int number = 0; number < kBurst; ++number)
            send(to, tuple(sender, burst * kBurst + number));
        co_await yield();
    }
}

/// Takes what all of them send, and looks at what it is charged meanwhile.
Task<> keepsUp() {
    std::array<std::int64_t, kSenders> next{};
    for (int sender = 0; sender < kSenders; ++sender)
        spawn(sendsInBursts, self(), sender);
    const std::uint64_t before = peekRow(self())->reductions;
    std::uint64_t last = before;
    constexpr int kAll = kSenders * kBursts * kBurst;
    for (int taken = 0; taken < kAll; ++taken) {
        const Term got = (co_await receive(any())).payload().term();
        auto& expected = next[static_cast<std::size_t>(got.element(0).toInt())];
        checkEqual(got.element(1), Term(expected++));
        if (taken % 500 != 0)
            continue;
        const std::uint64_t now = peekRow(self())->reductions;
        check(now >= last);
        last = now;
    }
    co_await yield(); // charged by now
    const std::uint64_t charged = peekRow(self())->reductions - before;
    check(charged >= kAll);     // one for each receive
    check(charged <= 3 * kAll); // and at most as many for turns
}

} // namespace

/// Processes with very many signals waiting.
class tst_Backlog : public QObject {
    Q_OBJECT

private slots:
    void manyMessagesAreTakenInByPartsInOrderWhileOthersRun() {
        Turns turns;
        static Turns* s_turns = nullptr;
        s_turns = &turns;
        Simulation simulation({.policy = std::make_shared<FifoPolicy>()});
        const std::string fault =
            runIn(simulation.runtime(), []() -> Task<> { co_await others(s_turns); }, "simulated");
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void aKillBehindManyMessagesEndsTheProcessAndFreesThem() {
        const auto body = []() -> Task<> {
            const Spawned victim = spawnMonitor(skipAll);
            for (int number = 0; number < kMany; ++number)
                send(victim.pid, "text"_atom);
            grove::exit(victim.pid, atoms::kill);
            const Down down = co_await receive(on<Down>(victim.monitor));
            checkEqual(down.reason, atoms::killed);
        };
        Simulation simulation;
        std::string fault = runIn(simulation.runtime(), body, "simulated");
        if (fault.empty())
            fault = onThreads(body, 1);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void aReceiveWithoutTimeLooksThroughAllOfThem() {
        const auto body = []() -> Task<> {
            const auto looker = [](Pid owner) -> Task<> {
                co_await receive(on([](const Term& each) { return each.isAtom("first"_atom); }));
                const auto got = co_await receive(
                    on([](const Term& each) { return each.isAtom("last"_atom); }), after(0ms));
                send(owner, got.index() == 0);
            };
            const Pid pid = spawn(looker, self());
            send(pid, "first"_atom);
            for (int number = 0; number < kMany; ++number)
                send(pid, number);
            send(pid, "last"_atom);
            checkEqual((co_await receive(any())).payload().term(), Term(true));
        };
        // Simulated only: there it looks when all have been sent.
        Simulation simulation;
        const std::string fault = runIn(simulation.runtime(), body, "simulated");
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void monitorsAndLinksSentBehindManyMessagesHoldInOrder() {
        const auto body = []() -> Task<> {
            const Pid pid = spawn(skipAll);
            for (int number = 0; number < kMany; ++number)
                send(pid, number);
            const Ref kept = monitor(pid);
            const Ref dropped = monitor(pid);
            check(demonitor(dropped));
            grove::exit(pid, "enough"_atom);
            const Down down = co_await receive(on<Down>());
            checkEqual(down.ref, kept);
            checkEqual(down.reason, "enough"_atom);
            const auto more = co_await receive(on<Down>(), after(10ms));
            checkEqual(more.index(), std::size_t{1});
        };
        Simulation simulation;
        std::string fault = runIn(simulation.runtime(), body, "simulated");
        if (fault.empty())
            fault = onThreads(body, 1);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void aCrowdComesInOrderWithWhatLiesBetween() {
        const auto body = []() -> Task<> {
            const Spawned gone = spawnMonitor([]() -> Task<> { co_return; });
            co_await receive(on<Down>(gone.monitor));
            for (const int count : {62, 63, 64, 65, 66, 1'000}) { // a crowd is 64
                for (const bool withDown : {false, true}) {
                    Ref monitored;
                    for (int number = 0; number < count; ++number) {
                        if (withDown && number == count / 2)
                            monitored = monitor(gone.pid);
                        send(self(), number);
                    }
                    // The end of a process may still be told when it has been heard of: the Down
                    // has a place among the numbers, but no certain one.
                    int next = 0;
                    for (int taken = 0; taken < count + (withDown ? 1 : 0); ++taken) {
                        const Message message = co_await receive(any());
                        if (message.kind() == MessageKind::Down) {
                            checkEqual(message.ref(), monitored);
                            monitored = {};
                        } else {
                            checkEqual(message.payload().term(), Term(next++));
                        }
                    }
                    check(monitored.isNone());
                }
            }
        };
        Simulation simulation;
        std::string fault = runIn(simulation.runtime(), body, "simulated");
        if (fault.empty())
            fault = onThreads(body, 1);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void whoIsBehindGetsLongerTurnsAndIsChargedForThem() {
        for (const unsigned schedulers : {1U, 2U}) {
            Runtime runtime({.schedulers = schedulers, .processesMax = 1U << 10});
            const std::string fault = runIn(runtime, &keepsUp, std::to_string(schedulers));
            QVERIFY2(fault.empty(), fault.c_str());
        }
    }
};

QTEST_APPLESS_MAIN(tst_Backlog)
#include "tst_backlog.moc"
