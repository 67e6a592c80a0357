// Many schedulers on a machine that has a processor for each, in virtual time: what is given away,
// to whom, and how soon all have something to do. What this shows for 64 no machine at hand can.
#include "crowd.h"
#include "support/parallel.h"

#include <grove/runtime/info.h>
#include <grove/runtime/timers.h>

#include <QTest>

#include <algorithm>
#include <array>
#include <utility>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

Parallel* machine = nullptr; // the one that runs

/// Runs `body` on machines of so many schedulers, with as many seeds.
template <class Body>
std::string onProcessors(unsigned schedulers, std::uint64_t seeds, Body body) {
    const std::uint64_t only = onlySeed();
    for (std::uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : seeds); ++seed) {
        Parallel parallel({.seed = seed, .schedulers = schedulers});
        machine = &parallel;
        std::string fault = runIn(parallel.runtime(), body, "SEED=" + std::to_string(seed));
        machine = nullptr;
        if (!fault.empty())
            return fault;
    }
    return {};
}

bool isAnythingGiven(const Runtime& runtime) {
    return std::ranges::any_of(runtime.schedulers(),
                               [](const SchedulerRow& row) { return row.steals > 0; });
}

/// Processes that compute, turn after turn and without a wait.
struct Computing {
    Duration turn{};
    std::array<bool, 128> isAt{}; // by the number of a scheduler: one of them has run there
    std::size_t schedulers = 0;   // how many of those
};

Task<> computes(Computing* all) {
    for (;;) {
        if (!std::exchange(all->isAt[machine->here()], true))
            ++all->schedulers;
        machine->work(all->turn);
        co_await yield();
    }
}
Task<> makesComputing(Computing* all, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
        spawn(computes, all);
    co_return;
}

/// Counts itself if nothing had been given to another scheduler before it ran.
Task<> worksShortly(int* alone) {
    if (!isAnythingGiven(Runtime::current()))
        ++*alone;
    machine->work(100us);
    co_return;
}
/// What it makes would all fit into its turn.
Task<> makesWorkers() {
    int alone = 0;
    for (int i = 0; i < 40; ++i) { // so that the scheduler looks up after each
        machine->work(100us);
        co_await yield();
    }
    std::vector<Ref> ends;
    for (int child = 0; child < 200; ++child)
        ends.push_back(spawnMonitor(worksShortly, &alone).monitor);
    for (const Ref end : ends)
        co_await receive(on<Down>(end));
    check(alone < 20); // some 2 ms
}

/// Back and forth between two; the one who was told for how long ends it.
Task<> returnsAll() {
    for (;;) {
        const Term from = (co_await receive(any())).term();
        send(from.toPid(), "back"_atom);
    }
}
Task<> playsPingPong() {
    const Pid peer = spawn(returnsAll);
    for (int round = 0; round < 5'000; ++round) {
        send(peer, self());
        static_cast<void>(co_await receive(any()));
    }
    check(!isAnythingGiven(Runtime::current()));
}

/// Messages that go from one to any other.
struct Talk {
    std::vector<Pid> all;
    Random random{11};
};
Task<> passesOn(Talk* talk) {
    for (;;) {
        static_cast<void>(co_await receive(any()));
        send(talk->all[talk->random.below(talk->all.size())], "go on"_atom);
    }
}
/// As many messages as processes.
Task<> makesTalking(Talk* talk, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
        talk->all.push_back(spawn(passesOn, talk));
    for (const Pid each : talk->all)
        send(each, "go on"_atom);
    co_return;
}

Task<> endsAtOnce() {
    co_return;
}
Task<> makesMany(unsigned count) {
    for (unsigned i = 0; i < count; ++i)
        spawn(endsAtOnce);
    co_return;
}

/// Sleeps often; what wakes it is the timer of the scheduler that it was on.
Task<> sleepsOften(Random* random, Duration lateMax) {
    for (int i = 0; i < 20; ++i) {
        const Duration span(static_cast<std::int64_t>(random->below(3'000'000)));
        const Instant due = now() + span;
        co_await sleep(span);
        check(now() >= due && now() - due <= lateMax);
    }
}
Task<> manySleep() {
    Random random(7);
    std::vector<Spawned> all;
    for (int i = 0; i < 300; ++i) {
        machine->work(30us); // so that others get some of them
        all.push_back(spawnMonitor(sleepsOften, &random, Duration(2ms)));
        co_await yield();
    }
    for (const Spawned& each : all)
        checkEqual((co_await receive(on<Down>(each.monitor))).reason, atoms::normal);
}

} // namespace

class tst_Parallel : public QObject {
    Q_OBJECT

private slots:
    void nothingIsLost_data() {
        QTest::addColumn<unsigned>("schedulers");
        for (const unsigned schedulers : {2U, 3U, 8U, 64U})
            QTest::addRow("%u", schedulers) << schedulers;
    }
    void nothingIsLost() {
        QFETCH(unsigned, schedulers);
        const std::string fault = onProcessors(schedulers, 3, crowd);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void theSameSeedGivesTheSameRun() {
        const auto hashOf = [](std::uint64_t seed) {
            Parallel parallel({.seed = seed, .schedulers = 8});
            const std::string fault = runIn(parallel.runtime(), crowd, "crowd");
            return fault.empty() ? parallel.traceHash() : 0;
        };
        const std::uint64_t one = hashOf(1);
        QVERIFY(one != 0);
        QCOMPARE(hashOf(1), one);
        QVERIFY(hashOf(2) != one);
    }

    /// Each gives half of what it has to one who has nothing: six times until 64 have some.
    void workReachesAllSchedulersByHalves_data() {
        QTest::addColumn<int>("turnUs");
        for (const int turn : {10, 30, 100})
            QTest::addRow("turns of %d us", turn) << turn;
    }
    void workReachesAllSchedulersByHalves() {
        QFETCH(int, turnUs);
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Parallel parallel({.seed = seed, .schedulers = 64});
            machine = &parallel;
            Computing all{.turn = std::chrono::microseconds(turnUs)};
            parallel.runtime().spawn(makesComputing, &all, 2'000U);
            Duration took{};
            for (; all.schedulers < 64 && took < 10ms; took += 100us)
                parallel.runFor(100us);
            QVERIFY2(took <= 6ms, ("SEED=" + std::to_string(seed)).c_str());
        }
    }

    /// However short their turns are, and though none of them is late.
    void whoNeverWaitsGetsASchedulerOfItsOwn_data() {
        QTest::addColumn<unsigned>("schedulers");
        for (const unsigned schedulers : {2U, 8U, 64U})
            QTest::addRow("%u", schedulers) << schedulers;
    }
    void whoNeverWaitsGetsASchedulerOfItsOwn() {
        QFETCH(unsigned, schedulers);
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Parallel parallel({.seed = seed, .schedulers = schedulers});
            machine = &parallel;
            Computing all{.turn = 500ns};
            parallel.runtime().spawn(makesComputing, &all, schedulers);
            Duration took{};
            for (; all.schedulers < schedulers && took < 20ms; took += 100us)
                parallel.runFor(100us);
            QVERIFY2(took <= 10ms, ("SEED=" + std::to_string(seed)).c_str());
        }
    }

    void othersHelpWithWhatWasMadeIfItTakesLong() {
        const std::string fault = onProcessors(2, 20, makesWorkers);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    /// Others look around for work, and get none of those who wait for one another.
    void partnersStayTogether() {
        const std::string fault = onProcessors(64, 3, playsPingPong);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    /// Each message would wait for another processor's cache. (Who waits for 1 ms is helped.)
    void thoseWhoHardlyDoButTalkStayTogether_data() {
        QTest::addColumn<unsigned>("processes");
        QTest::addColumn<int>("turnNsMax");
        QTest::addColumn<bool>("isShared");
        QTest::addRow("short turns, 250 us late") << 2'000U << 400 << false;
        QTest::addRow("short turns, 2 ms late") << 16'000U << 400 << true;
        QTest::addRow("longer turns, 400 us late") << 600U << 2'000 << true;
    }
    void thoseWhoHardlyDoButTalkStayTogether() {
        QFETCH(unsigned, processes);
        QFETCH(int, turnNsMax);
        QFETCH(bool, isShared);
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Talk talk; // outlives those who talk
            Parallel parallel(
                {.seed = seed, .schedulers = 4, .turnMax = std::chrono::nanoseconds(turnNsMax)});
            machine = &parallel;
            parallel.runtime().spawn(makesTalking, &talk, processes);
            parallel.runFor(20ms);
            QCOMPARE(isAnythingGiven(parallel.runtime()), isShared);
        }
    }

    void othersHelpWithManyWhoEndAtOnce() {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Parallel parallel({.seed = seed, .schedulers = 4, .turnMax = 400ns});
            parallel.runtime().spawn(makesMany, 4'000U); // 800 us
            parallel.runFor(20ms);
            QVERIFY(isAnythingGiven(parallel.runtime()));
        }
    }

    void sleepersWakeInTimeWherever() {
        const std::string fault = onProcessors(16, 3, manySleep);
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_Parallel)
#include "tst_parallel.moc"
