#include "support/sim_fixture.h"

#include <grove/runtime/call.h>
#include <grove/term/alloc.h>
#include <grove/term/sliced_destruction.h>

#include <QTest>

#include <atomic>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

constexpr int kCells = 10'000'000;

std::size_t smallBlocks() {
    std::size_t count = 0;
    for (const auto& each : memoryStatistics().classes)
        count += each.blocksInUse;
    return count;
}

/// Built in parts, so that building it holds nobody up either.
Task<Term> longList() {
    Term list = Term::nil();
    for (int i = 0; i < kCells; ++i) {
        list = cons(Term(i), std::move(list));
        if (i % 2'000 == 0)
            co_await yield();
    }
    co_return list;
}

/// What was freed from one turn of a process to its next, and how often it came to its turn before
/// all was gone.
struct Seen {
    std::size_t most = 0;
    int turns = 0;
};

Task<> dropsWhenTold(Pid to) {
    Term list = co_await longList();
    send(to, "made"_atom);
    static_cast<void>(co_await receive(any()));
    list = Term();
    send(to, "dropped"_atom);
    co_await idle();
}

/// Another process drops the list; this one watches from turn to turn how it goes.
Task<Seen> watchesItGo() {
    const Pid owner = spawn(dropsWhenTold, self());
    static_cast<void>(co_await receive(any()));
    const std::size_t before = smallBlocks();
    send(owner, "drop"_atom);
    Seen seen;
    std::size_t last = before;
    while (last + kCells > before + 1'000) {
        co_await yield();
        const std::size_t now = smallBlocks();
        seen.most = std::max(seen.most, last - std::min(now, last));
        last = now;
        ++seen.turns;
    }
    exit(owner, atoms::kill);
    co_return seen;
}

/// A slice when it is dropped and one when a scheduler looks up; a step frees one block at most,
/// and messages come and go.
constexpr std::size_t kMost = 3 * SlicedDestruction::kStepsAtOnce + 1'000;

Task<> othersGoOn() {
    const Seen seen = co_await watchesItGo();
    check(seen.most <= kMost);
    check(seen.turns >= kCells / static_cast<int>(kMost));
}

Task<> killedOwner() {
    const Pid owner = spawn(dropsWhenTold, self());
    static_cast<void>(co_await receive(any()));
    const std::size_t before = smallBlocks();
    co_await killAndAwaitDown(owner); // its frame held the list
    check(smallBlocks() + 3 * kMost > before);
}

} // namespace

/// A huge term that a process drops, or leaves behind, is freed between the turns of others, and
/// wholly before its scheduler sleeps. Counted in freed blocks, not in time.
class tst_Slices : public QObject {
    Q_OBJECT

private slots:
    void othersHaveTheirTurnsUnderSimulation() {
        Simulation simulation;
        const std::string fault = runIn(simulation.runtime(), othersGoOn, "simulation");
        QVERIFY2(fault.empty(), fault.c_str());
    }
    void othersHaveTheirTurnsOnASchedulerToo() {
        Runtime runtime({.schedulers = 1, .holdLimit = 1h}); // blocks are counted by thread
        const std::string fault = runIn(runtime, othersGoOn, "1 scheduler");
        QVERIFY2(fault.empty(), fault.c_str());
    }
    void whatAKilledProcessLeavesGoesInSlicesToo() {
        Runtime runtime({.schedulers = 1, .holdLimit = 1h}); // blocks are counted by thread
        const std::string fault = runIn(runtime, killedOwner, "1 scheduler");
        QVERIFY2(fault.empty(), fault.c_str());
    }
    void aSchedulerSleepsWhenAllIsFree() {
        Runtime runtime({.schedulers = 1, .holdLimit = 1h}); // blocks are counted by thread
        External external(runtime);
        const Pid owner = spawn(dropsWhenTold, external.pid());
        static_cast<void>(external.receive(any()));
        const std::size_t before = smallBlocks();
        send(owner, "drop"_atom);
        static_cast<void>(external.receive(any()));
        // Nothing else happens: what is left is freed before it sleeps, and it does sleep.
        bool slept = false;
        for (int i = 0; i < 600 && !slept; ++i) {
            static_cast<void>(external.receive(on<Down>(), after(50ms)));
            slept = runtime.schedulers()[0].isAsleep;
        }
        QVERIFY(slept);
        QVERIFY(smallBlocks() + kCells < before + 1'000);
    }
};

QTEST_APPLESS_MAIN(tst_Slices)
#include "tst_slices.moc"
