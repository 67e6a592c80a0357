#include "children.h"

#include <grove/otp/dynamic_supervisor.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::DynamicSupervisor;
using otp::Supervisor;

namespace {

/// Keeps a supervisor with one child, which is stopped on request; nobody starts either again.
struct Keeper {
    Pid supervisor;
    Pid child;
};

Task<> keep(Keeper* keeper, bool isDynamic, Term how) {
    setTrapExit(TrapExit::Yes);
    if (isDynamic) {
        const auto started = co_await DynamicSupervisor::startLink({}, {});
        keeper->supervisor = started.pid();
        const auto child = co_await DynamicSupervisor::startChild(
            keeper->supervisor, otp::worker<Child>(self(), Term(atom("a")), how));
        keeper->child = child.pid();
    } else {
        keeper->supervisor = co_await startTree({.children = {child("a", how)}});
        keeper->child = co_await isUp("a");
    }
    co_await idle();
}

/// The supervisor finds `before` other messages, answers to nobody, and then the request.
Task<> stopChild(Keeper keeper, bool isDynamic, int before) {
    for (int i = 0; i < before; ++i)
        send(keeper.supervisor, atom("nothing"));
    if (isDynamic)
        static_cast<void>(
            co_await DynamicSupervisor::terminateChild(keeper.supervisor, keeper.child));
    else
        static_cast<void>(co_await Supervisor::terminateChild(keeper.supervisor, atom("a")));
}

/// One run: a supervisor that has `before` other messages to handle is asked to stop its child, and
/// is killed `killAt` steps later. Returns: the steps that it would have taken, where it was not
/// killed before.
struct Run {
    bool leftBehind = false;
    int steps = 0;
};

Run runWithKill(std::uint64_t seed, bool isDynamic, const Term& how, int before, int killAt) {
    Simulation simulation({.seed = seed});
    Runtime& runtime = simulation;
    Keeper keeper;
    runtime.spawn(keep, &keeper, isDynamic, how);
    simulation.runUntilIdle();
    runtime.spawn(stopChild, keeper, isDynamic, before);
    Run run;
    while (run.steps < killAt && simulation.step())
        ++run.steps;
    runtime.exit(keeper.supervisor, atoms::kill);
    simulation.advance(10s);
    run.leftBehind = runtime.peekRow(keeper.child).has_value();
    return run;
}

constexpr int kStepsMax = 10'000;

/// Keeps, with the usual intensity, a supervisor `branch` with a child `leaf` that takes a while to
/// end; both have their names registered.
Task<> keepNamedTree(Term how) {
    const auto leaf = child("leaf", std::move(how)).name("leaf");
    static_cast<void>(
        co_await startTree({.children = {otp::supervisor("branch", {.children = {leaf}})}}));
    co_await idle();
}

/// Starts a server that stays when this ends: without a link, or let go.
Task<> startsWhatStays(Pid listener, bool isLinked) {
    const otp::StartOptions named{.name = "taken"};
    const Term id = atom("a"), how = atom("trap");
    const otp::StartResult started = isLinked ? co_await Child::startLink(named, listener, id, how)
                                              : co_await Child::start(named, listener, id, how);
    if (isLinked)
        unlink(started.pid());
}

template <bool isLinked> Task<> isRefusedAtOnce() {
    setTrapExit(TrapExit::Yes);
    const Spawned starter = spawnMonitor(startsWhatStays, self(), isLinked);
    const Pid holder = co_await isUp("a");
    co_await receive(on<Down>(starter.monitor));
    check(co_await isAlive(holder)); // and it has seen the unlink
    const Instant before = now();
    const otp::StartResult refused =
        co_await Supervisor::startLink({}, {.children = {child("b").name("taken")}});
    check(now() == before);
    checkEqual(refused.reason().element(1), tuple(atom("failed_to_start_child"), atom("b"),
                                                  tuple(atoms::alreadyStarted, holder)));
}

} // namespace

/// A supervisor may be killed at any moment, also in the midst of stopping a child.
class tst_SupervisorKilled : public QObject {
    Q_OBJECT

private slots:
    void whileItStopsAChildItLeavesNobodyBehind_data() {
        QTest::addColumn<bool>("isDynamic");
        QTest::addColumn<bool>("traps");
        QTest::newRow("supervisor, plain child") << false << false;
        QTest::newRow("supervisor, child that traps exits") << false << true;
        QTest::newRow("dynamic supervisor, plain child") << true << false;
        QTest::newRow("dynamic supervisor, child that traps exits") << true << true;
    }
    /// Every step at which the kill can come, in many orders.
    void whileItStopsAChildItLeavesNobodyBehind() {
        QFETCH(bool, isDynamic);
        QFETCH(bool, traps);
        const Term how = atom(traps ? "trap" : "plain");
        const std::uint64_t only = onlySeed();
        for (std::uint64_t seed = only ? only : 1; seed <= (only ? only : seedCount()); ++seed) {
            const int steps = runWithKill(seed, isDynamic, how, 0, kStepsMax).steps;
            for (int killAt = 0; killAt <= steps; ++killAt)
                QVERIFY2(!runWithKill(seed, isDynamic, how, 0, killAt).leftBehind,
                         qPrintable(QString("SEED=%1, killed at step %2").arg(seed).arg(killAt)));
        }
    }

    /// The successor of a killed supervisor meets the names of the old children, and its own name
    /// where the supervisor above was killed: it waits for them and uses up no restarts.
    void itsSuccessorWaitsForTheChildrenThatAreOnTheirWayOut_data() {
        QTest::addColumn<QString>("killed");
        QTest::newRow("the supervisor") << "branch";
        QTest::newRow("its child") << "leaf";
    }
    void itsSuccessorWaitsForTheChildrenThatAreOnTheirWayOut() {
        QFETCH(QString, killed);
        for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
            Simulation simulation({.seed = seed});
            Runtime& runtime = simulation;
            const Pid keeper = runtime.spawn(keepNamedTree, tuple(atom("linger"), 2'000));
            simulation.advance(1s);
            const Atom name = Atom::tryMake(killed.toStdString()).value();
            for (int round = 1; round <= 2; ++round) {
                const Pid before = runtime.whereis(name).value();
                const Pid leafBefore = runtime.whereis(atom("leaf")).value();
                runtime.exit(before, atoms::kill);
                simulation.advance(4s);
                QVERIFY(runtime.peekRow(keeper).has_value());
                QVERIFY2(runtime.whereis(name), qPrintable(QString("SEED=%1").arg(seed)));
                QVERIFY(runtime.whereis(name) != before);
                QVERIFY(runtime.whereis(atom("leaf")).value() != leafBefore);
                QCOMPARE(runtime.peekRow(runtime.whereis(name).value())->restarts, round);
            }
        }
    }

    /// The end of whoever started it is nothing to such a server, and nothing to wait for.
    void theNameOfAServerThatIsNobodysChildIsTakenAtOnce_data() {
        QTest::addColumn<bool>("isLinked");
        QTest::newRow("started without a link") << false;
        QTest::newRow("let go") << true;
    }
    void theNameOfAServerThatIsNobodysChildIsTakenAtOnce() {
        QFETCH(bool, isLinked);
        GROVE_SIMULATED(isLinked ? isRefusedAtOnce<true> : isRefusedAtOnce<false>);
    }

    /// It once let go of a child, looked for a message, and told the child to end only then. A turn
    /// that is used up ends at any receive, so a kill could come in between: the child lived on
    /// with its name taken. Here the turn ends at each place of stopping a child there is.
    void whereItsTurnEndsWhileItStopsAChildItLeavesNobodyBehind_data() {
        whileItStopsAChildItLeavesNobodyBehind_data();
    }
    void whereItsTurnEndsWhileItStopsAChildItLeavesNobodyBehind() {
        QFETCH(bool, isDynamic);
        QFETCH(bool, traps);
        const Term how = atom(traps ? "trap" : "plain");
        const auto stepsWith = [&](int before) {
            return runWithKill(1, isDynamic, how, before, kStepsMax).steps;
        };
        // So many messages that the turn ends while the child is stopped.
        const int usual = stepsWith(0);
        int few = 0, many = 8'000;
        QVERIFY(stepsWith(many) > usual);
        while (many - few > 1)
            (stepsWith((few + many) / 2) > usual ? many : few) = (few + many) / 2;
        for (int before = many - 2; before <= many + 12; ++before) {
            const int steps = stepsWith(before);
            for (int killAt = 0; killAt <= steps; ++killAt)
                QVERIFY2(
                    !runWithKill(1, isDynamic, how, before, killAt).leftBehind,
                    qPrintable(
                        QString("%1 messages before, killed at step %2").arg(before).arg(killAt)));
        }
    }
};

QTEST_GUILESS_MAIN(tst_SupervisorKilled)
#include "tst_supervisor_killed.moc"
