#include "support/sim_fixture.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <vector>

using namespace grove;
using namespace grove::test;

namespace {

/// A tree of ten children each; every leaf counts.
Task<> node(Pid parent, int leaves) {
    if (leaves == 1) {
        send(parent, 1);
        co_return;
    }
    for (int child = 0; child < 10; ++child)
        spawn(node, self(), leaves / 10);
    std::int64_t sum = 0;
    for (int child = 0; child < 10; ++child)
        sum += (co_await receive(any())).term().toInt();
    send(parent, sum);
}

/// Makes its successor and ends, until somebody says that it is enough.
Task<> successor(const std::atomic<bool>* isEnough) {
    if (!isEnough->load(std::memory_order_relaxed))
        spawn(successor, isEnough);
    co_return;
}

/// Gives up its turn often, and then says that it is enough. Nothing else hangs on it: relaxed.
Task<> patient(std::atomic<bool>* isEnough) {
    for (int i = 0; i < 100; ++i)
        co_await yield();
    isEnough->store(true, std::memory_order_relaxed);
}

/// Nobody gives up a turn: what a process makes must run when it waits, and in the order made.
Task<> firstBorn(Pid parent, int number) {
    send(parent, number);
    co_return;
}

Task<> countsChildren() {
    constexpr int kChildren = 20; // far less than a turn, whoever else runs
    for (int child = 0; child < kChildren; ++child)
        spawn(firstBorn, self(), child);
    for (int child = 0; child < kChildren; ++child)
        check((co_await receive(any())).term().toInt() == child);
}

void work(Duration lasts) {
    const Clock& clock = Runtime::current().clock();
    for (const Instant until = clock.now() + lasts; clock.now() < until;) {
    }
}

constexpr Duration kShortWork = std::chrono::microseconds(100);

Task<> worksShortly() {
    work(kShortWork);
    co_return;
}

bool isAnythingGiven(const Runtime& runtime) {
    return std::ranges::any_of(runtime.schedulers(),
                               [](const SchedulerRow& row) { return row.steals > 0; });
}

/// Makes more than one scheduler does soon, until another has had some of it.
Task<> makesWorkersUntilHelped() {
    while (!isAnythingGiven(Runtime::current())) {
        std::vector<Ref> ends;
        for (int child = 0; child < 200; ++child)
            ends.push_back(spawnMonitor(worksShortly).monitor);
        for (const Ref end : ends)
            co_await receive(on<Down>(end));
    }
}

/// Slots are used again and again, by the same thread.
Task<> makesAndWaits(int rounds) {
    for (int round = 0; round < rounds; ++round) {
        for (int child = 0; child < 20; ++child)
            spawn(firstBorn, self(), child);
        for (int child = 0; child < 20; ++child)
            co_await receive(any());
    }
}

} // namespace

/// Processes that make processes, on real schedulers: what is made runs soon, as long as the turn
/// of its maker lasts.
class tst_SpawnTrees : public QObject {
    Q_OBJECT

private slots:
    void aTreeIsWalkedInDepth() {
        constexpr int kLeaves = 100'000;
        Runtime runtime({.schedulers = 1, .processesMax = 1U << 18});
        External external(runtime, "test");
        spawn(node, self(), kLeaves);
        const auto sum = external.receive(any(), after(kPatience));
        QVERIFY2(sum.index() == 0, "did not end");
        QCOMPARE(std::get<0>(sum).term().toInt(), std::int64_t{kLeaves});
        // In breadth nearly all would be there at once.
        QVERIFY(runtime.counters().slotsUsed < kLeaves / 2);
    }

    void whoMakesItsSuccessorForEverStarvesNobody() {
        std::atomic<bool> isEnough{false};
        Runtime runtime({.schedulers = 1, .processesMax = 1U << 16});
        External external(runtime, "test");
        spawn(successor, &isEnough);
        const Spawned other = spawnMonitor(patient, &isEnough);
        QVERIFY2(external.receive(on<Down>(other.monitor), after(kPatience)).index() == 0,
                 "never had its turn again");
    }

    void childrenRunInTheOrderTheyWereMade() {
        Runtime runtime({.schedulers = 1, .processesMax = 1U << 16});
        QCOMPARE(runIn(runtime, countsChildren, "one scheduler"), std::string());
    }

    /// What links free slots lies where the group leaders of others are.
    void rowsShowGroupLeadersAndNothingElse() {
        Runtime runtime({.schedulers = 1, .processesMax = 1U << 16});
        External external(runtime, "test");
        const Spawned maker = spawnMonitor(makesAndWaits, 20'000);
        std::vector<ProcessRow> rows(256);
        bool isOver = false;
        while (!isOver) {
            for (int look = 0; look < 100; ++look) {
                const auto range = runtime.rows(0, rows);
                for (const ProcessRow& row : std::span(rows).first(range.count))
                    QCOMPARE(row.groupLeader, Pid());
            }
            isOver = external.receive(on<Down>(maker.monitor), after(Duration{})).index() == 0;
        }
    }

    /// How soon they do shows in virtual time: tst_parallel.
    void othersHelpWithWhatWasMadeIfItTakesLong() {
        Runtime runtime({.schedulers = 2, .processesMax = 1U << 16});
        External external(runtime, "test");
        const Spawned maker = spawnMonitor(makesWorkersUntilHelped);
        QVERIFY2(external.receive(on<Down>(maker.monitor), after(kPatience)).index() == 0,
                 "nobody helped");
    }
};

QTEST_APPLESS_MAIN(tst_SpawnTrees)
#include "tst_spawn_trees.moc"
