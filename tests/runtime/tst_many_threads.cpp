#include "support/sim_fixture.h"

#include <QTest>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

using namespace grove;
using namespace grove::test;

namespace {

constexpr std::size_t kProcesses = 512;
constexpr std::size_t kSends = 40;

/// Sends something to each of those it is told about, now and then through a process of its own,
/// and passes on what it hears.
Task<> talks(Pid boss) {
    for (;;) {
        const Message message = co_await receive(any());
        const Term term = message.term();
        if (!term.isTuple()) {
            send(boss, "heard"_atom);
            continue;
        }
        int sent = 0;
        for (Term others = term.element(1); others.isCons(); others = others.tail()) {
            const Pid to = others.head().toPid();
            if (++sent % 8 == 0)
                spawn(
                    [](Pid whom) -> Task<> {
                        co_await yield();
                        send(whom, "hello"_atom);
                    },
                    to);
            else
                send(to, "hello"_atom);
        }
    }
}

/// Everybody talks to forty others; everything said is heard, and everybody can be killed.
Task<> crowd() {
    std::vector<Spawned> talkers;
    for (std::size_t i = 0; i < kProcesses; ++i)
        talkers.push_back(spawnMonitor(talks, self()));
    for (std::size_t i = 0; i < kProcesses; ++i) {
        std::vector<Term> others;
        for (std::size_t k = 1; k <= kSends; ++k)
            others.emplace_back(talkers[(i * 7 + k * 13) % kProcesses].pid);
        send(talkers[i].pid, tuple("others"_atom, listFrom(others)));
    }
    for (std::size_t i = 0; i < kProcesses * kSends; ++i)
        checkEqual((co_await receive(any())).term(), "heard"_atom);
    for (const Spawned& each : talkers) {
        exit(each.pid, atoms::kill);
        static_cast<void>(co_await receive(on<Down>(each.monitor)));
    }
}

/// Where two processes ran last.
struct Places {
    std::array<std::atomic<std::thread::id>, 2> threads;
    std::atomic<bool> areApart{false};
};

/// Not inlined into a coroutine, which goes on on another thread.
[[gnu::noinline]] std::thread::id thisThread() {
    return std::this_thread::get_id();
}

/// Takes short turns and never waits, until it and its peer run on two threads.
Task<> turnsUntilApart(Places* places, std::size_t own) {
    while (!places->areApart) {
        const std::thread::id here = thisThread();
        places->threads[own] = here;
        const std::thread::id there = places->threads[1 - own];
        if (there != std::thread::id() && there != here)
            places->areApart = true;
        co_await yield();
    }
}

Task<> twoThatNeverWait() {
    Places places;
    const Spawned first = spawnMonitor(turnsUntilApart, &places, std::size_t{0});
    const Spawned second = spawnMonitor(turnsUntilApart, &places, std::size_t{1});
    for (const Spawned& each : {first, second})
        static_cast<void>(co_await receive(on<Down>(each.monitor)));
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
    /// However short their turns are, and though nobody waits long for one.
    void twoThatNeverWaitDoNotShareAScheduler() {
        Runtime runtime({.schedulers = 2, .processesMax = 1U << 14});
        const std::string fault = runIn(runtime, twoThatNeverWait, "2 schedulers");
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_ManyThreads)
#include "tst_many_threads.moc"
