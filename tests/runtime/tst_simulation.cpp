#include "support/sim_fixture.h"

#include <grove/runtime/blocking.h>
#include <grove/runtime/info.h>

#include <QTest>

#include <set>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

Simulation* s_simulation = nullptr; // of the test that runs
std::set<std::uint64_t> s_references;
int s_made = 0;

void makeReference() {
    s_references.insert(makeRef().raw());
    ++s_made;
}

/// Makes references before, while and after it lets time pass.
Task<> holds(int times) {
    for (int i = 0; i < times; ++i) {
        makeReference();
        s_simulation->hold(3ms);
        makeReference();
        co_await yield();
    }
}
Task<> blocksHolding(int times) {
    for (int i = 0; i < times; ++i) {
        makeReference();
        co_await blocking([] { s_simulation->hold(20ms); });
        makeReference();
    }
}
Task<> makesMany(int times) {
    for (int i = 0; i < times; ++i) {
        makeReference();
        co_await sleep(1ms);
    }
}

ProcessStatus statusOf(const Runtime& runtime, Pid pid) {
    return runtime.peekRow(pid)->status;
}

} // namespace

/// What the simulation itself promises.
class tst_Simulation : public QObject {
    Q_OBJECT

private slots:
    void init() {
        s_references.clear();
        s_made = 0;
    }

    void othersRunWhileOneHoldsAndNoReferenceIsMadeTwice() {
        for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
            Simulation simulation({.seed = seed});
            s_simulation = &simulation;
            External external(simulation.runtime(), "test");
            init();
            std::vector<Spawned> all{spawnMonitor(holds, 20), spawnMonitor(blocksHolding, 20),
                                     spawnMonitor(makesMany, 100), spawnMonitor(holds, 10)};
            for (const Spawned& each : all) {
                const auto end = external.receive(on<Down>(each.monitor), after(kPatience));
                QCOMPARE(end.index(), 0U);
                QCOMPARE(inspect(std::get<0>(end).reason), std::string(":normal"));
            }
            QCOMPARE(s_made, 40 + 40 + 100 + 20);
            QCOMPARE(s_references.size(), static_cast<std::size_t>(s_made));
        }
    }

    void aHoldIsSeenAndBlockingWorkIsNone() {
        Simulation simulation;
        s_simulation = &simulation;
        const Pid holding = simulation.runtime().spawn([]() -> Task<> {
            s_simulation->hold(1s);
            co_await idle();
        });
        const Pid blocked = simulation.runtime().spawn([]() -> Task<> {
            co_await blocking([] { s_simulation->hold(1s); });
            co_await idle();
        });
        std::optional<ProcessStatus> seen;
        simulation.at(simulation.now() + 500ms,
                      [&] { seen = statusOf(simulation.runtime(), holding); });
        simulation.runFor(10s);
        QVERIFY(seen == ProcessStatus::Holding);
        for (const Pid pid : {holding, blocked})
            QVERIFY(statusOf(simulation.runtime(), pid) == ProcessStatus::Waiting);
        QCOMPARE(simulation.runtime().counters().holds, std::uint64_t{1});
    }
};

QTEST_GUILESS_MAIN(tst_Simulation)
#include "tst_simulation.moc"
