#include "seams.h"
#include "support/sim_fixture.h"

#include <QTest>

using namespace grove;
using namespace grove::test;

namespace {

constexpr std::uint32_t kAliasesMax = 4;
constexpr std::uint32_t kProcessesMax = 128; // 64 each for the test's thread and the scheduler

/// What a process that is monitored by an alias is told instead of a pid.
Term refusal(bool ownThread) {
    const MonitorOptions how{.alias = Alias::Demonitor};
    const auto spawned = attempt([&] {
        return spawnOpt({.monitor = true, .ownThread = ownThread, .monitorOptions = &how}, idle);
    });
    return spawned ? Term(spawned->pid) : spawned.error().term;
}

Task<> spawnsWithoutAliases(bool ownThread) {
    std::vector<Ref> taken;
    for (std::uint32_t i = 0; i < kAliasesMax; ++i)
        taken.push_back(alias());
    const std::size_t before = processes().size();
    for (std::uint32_t i = 0; i < 2 * kProcessesMax; ++i) // no slot is lost either
        checkEqual(refusal(ownThread), atoms::systemLimit);
    check(processes().size() == before);
    check(unalias(taken.back()));
    const Term child = refusal(ownThread);
    check(child.isPid());
    co_await killAndAwaitDown(child.toPid());
}

/// All slots but those of the test are taken.
Task<> spawnsWithoutSlots(bool ownThread) {
    std::vector<Pid> others;
    for (;;) {
        const auto other = attempt([] { return spawn(idle); });
        if (!other)
            break;
        others.push_back(*other);
    }
    for (std::uint32_t i = 0; i < 2 * kAliasesMax; ++i) // no alias is lost either
        checkEqual(refusal(ownThread), atoms::systemLimit);
    co_await killAndAwaitDown(others.back());
    const Term child = refusal(ownThread);
    check(child.isPid());
    co_await killAndAwaitDown(child.toPid());
}

} // namespace

/// What spawn() leaves behind when it cannot have all that it needs: nothing.
class tst_SpawnLimits : public QObject {
    Q_OBJECT

private slots:
    void whatIsMissingLeavesNothingBehind_data() {
        QTest::addColumn<bool>("isSimulated");
        QTest::addColumn<bool>("ownThread");
        QTest::addColumn<bool>("hasAliases");
        QTest::newRow("aliases, simulated") << true << false << false;
        QTest::newRow("aliases, scheduler") << false << false << false;
        QTest::newRow("aliases, own thread") << false << true << false;
        QTest::newRow("slots, scheduler") << false << false << true;
        QTest::newRow("slots, own thread") << false << true << true;
    }
    void whatIsMissingLeavesNothingBehind() {
        QFETCH(bool, isSimulated);
        QFETCH(bool, ownThread);
        QFETCH(bool, hasAliases);
        std::optional<Simulation> simulation;
        std::optional<Runtime> real;
        if (isSimulated)
            simulation.emplace();
        else
            real.emplace(RuntimeOptions{.schedulers = 1, .processesMax = kProcessesMax});
        Runtime& runtime = isSimulated ? simulation->runtime() : *real;
        runtime::limitAliases(runtime, kAliasesMax);
        {
            External external(runtime, "test");
            const Spawned test =
                spawnMonitor(hasAliases ? spawnsWithoutSlots : spawnsWithoutAliases, ownThread);
            const auto end = external.receive(on<Down>(test.monitor), after(kPatience));
            QVERIFY2(end.index() == 0, "did not end");
            const Term& reason = std::get<0>(end).reason;
            QVERIFY2(reason.isAtom(atoms::normal), inspect(reason).c_str());
        }
        runtime.stop(); // waits for each process and each thread
        QCOMPARE(runtime.counters().processes, 0U);
    }
};

QTEST_APPLESS_MAIN(tst_SpawnLimits)
#include "tst_spawn_limits.moc"
