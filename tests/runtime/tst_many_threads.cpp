#include "crowd.h"
#include "support/sim_fixture.h"
#include "support/turn_clock.h"

#include <grove/runtime/info.h>

#include <QTest>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Two processes with short turns.
struct Turns {
    Runtime* runtime = nullptr;
    TurnClock* clock = nullptr;
    /// Where each of them ran last. Relaxed: nothing else depends on it.
    std::array<std::atomic<std::thread::id>, 2> threads;
    std::atomic<bool> areApart{false}; // set by who sees it; read until then
};

/// Not inlined into a coroutine, which goes on on another thread.
[[gnu::noinline]] std::thread::id thisThread() {
    return std::this_thread::get_id();
}

bool isAnyAsleep(const Runtime& runtime) {
    return std::ranges::any_of(runtime.schedulers(), &SchedulerRow::isAsleep);
}

bool isAnythingGiven(const Runtime& runtime) {
    return std::ranges::any_of(runtime.schedulers(),
                               [](const SchedulerRow& row) { return row.steals > 0; });
}

/// Never waits, until it and its peer run on two threads.
Task<> turnsUntilApart(Turns* turns, std::size_t own) {
    constexpr int kTurnsMax = 10'000; // ten times as long as they may share one
    int besideASleeper = 0;           // in a row: who is about to sleep is given nothing
    while (!isAnythingGiven(*turns->runtime)) {
        check(besideASleeper < kTurnsMax);
        besideASleeper = isAnyAsleep(*turns->runtime) ? besideASleeper + 1 : 0;
        turns->clock->turn();
        co_await yield();
    }
    while (!turns->areApart) {
        const std::thread::id here = thisThread();
        turns->threads[own] = here;
        const std::thread::id there = turns->threads[1 - own];
        if (there != std::thread::id() && there != here)
            turns->areApart = true;
        co_await yield();
    }
}

Task<> twoThatNeverWait(Turns* turns) {
    while (!isAnyAsleep(*turns->runtime)) {
        turns->clock->turn();
        co_await yield();
    }
    check(!isAnythingGiven(*turns->runtime));
    const Spawned first = spawnMonitor(turnsUntilApart, turns, std::size_t{0});
    const Spawned second = spawnMonitor(turnsUntilApart, turns, std::size_t{1});
    for (const Spawned& each : {first, second})
        checkEqual((co_await receive(on<Down>(each.monitor))).reason, atoms::normal);
}

} // namespace

/// More schedulers than this machine has processors: whoever pushes, donates, sleeps and is woken
/// meets many others.
class tst_ManyThreads : public QObject {
    Q_OBJECT

private slots:
    void sixtyFourSchedulersLoseNothing() {
        Runtime runtime({.schedulers = 64, .processesMax = 1U << 14});
        const std::string fault = runIn(runtime, crowd, "64 schedulers");
        QVERIFY2(fault.empty(), fault.c_str());
        QCOMPARE(runtime.schedulers().size(), std::size_t{64});
    }
    /// However short their turns are, and though nobody waits long for one: by the time that their
    /// turns take, which is all that passes here.
    void twoThatNeverWaitDoNotShareAScheduler() {
        TurnClock clock(1us);
        Runtime runtime({.schedulers = 2, .clock = &clock, .processesMax = 1U << 14});
        Turns turns{.runtime = &runtime, .clock = &clock};
        External external(runtime, "test");
        const Spawned started = spawnMonitor(twoThatNeverWait, &turns);
        const Down end = external.receive(on<Down>(started.monitor));
        QVERIFY2(end.reason.isAtom(atoms::normal), inspect(end.reason).c_str());
    }
};

QTEST_GUILESS_MAIN(tst_ManyThreads)
#include "tst_many_threads.moc"
