// Callbacks that do not come back, and what goes on meanwhile.
#pragma push_macro("slots") // Qt's, and a member of Core
#undef slots
#include "core.h"
#pragma pop_macro("slots")

#include "support/sim_fixture.h"

#include <grove/runtime/blocking.h>
#include <grove/runtime/call.h>

#include <QTest>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

std::string threadName() {
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    return name;
}

Task<> echo() {
    for (;;) {
        Message message = co_await receive(any());
        if (message.kind() == MessageKind::Call)
            reply(message.from(), message.payload().term());
    }
}

/// Two that hold a scheduler lie in one queue before one that lets them go, beside a scheduler that
/// sleeps. Returns: how many of the two began on a spare, which is one hold after the other.
int holdersOnSpares() {
    Runtime runtime({.schedulers = 2});
    External external(runtime);
    while (!std::ranges::all_of(runtime.schedulers(), &SchedulerRow::isAsleep))
        static_cast<void>(external.receive(after(1ms)));
    static std::atomic<bool> isOver{false};
    static std::atomic<int> onSpares{0};
    isOver = false;
    onSpares = 0;
    const Spawned parent = spawnMonitor([]() -> Task<> {
        std::vector<Spawned> holders;
        for (int i = 0; i < 2; ++i)
            holders.push_back(spawnMonitor([]() -> Task<> {
                onSpares += threadName() == "grove-spare" ? 1 : 0;
                while (!isOver) // never gives up its turn
                    ;
                co_return;
            }));
        spawn([]() -> Task<> {
            isOver = true;
            co_return;
        });
        for (const Spawned& holder : holders)
            co_await receive(on<Down>(holder.monitor));
    });
    return external.receive(on<Down>(parent.monitor), after(kPatience)).index() == 0
               ? onSpares.load()
               : -1;
}

} // namespace

class tst_HoldsThreads : public QObject {
    Q_OBJECT

private slots:
    void pairGoesOnWhileCallbacksHoldAllSchedulers() {
        Runtime runtime({.schedulers = 2});
        External external(runtime);
        static std::atomic<std::uint64_t> rounds{0};
        static std::atomic<int> holding{0};
        rounds = 0;
        holding = 0;
        const Pid peer = spawn(echo);
        spawn(
            [](Pid other) -> Task<> {
                for (;;) {
                    static_cast<void>(co_await request(other, 1));
                    rounds.fetch_add(1, std::memory_order_relaxed);
                }
            },
            peer);

        std::vector<Spawned> hogs;
        for (int i = 0; i < 2; ++i)
            hogs.push_back(spawnMonitor([]() -> Task<> {
                ++holding;
                const Instant until = now() + 2s;
                while (now() < until) // never gives up its turn
                    ;
                co_return;
            }));
        bool wasSeen = false;
        std::uint64_t atStart = 0;
        for (;;) {
            const auto down = external.receive(on<Down>(hogs[0].monitor), after(20ms));
            if (holding == 2 && atStart == 0)
                atStart = rounds + 1;
            for (const Spawned& hog : hogs) {
                const auto row = runtime.peekRow(hog.pid);
                wasSeen = wasSeen || (row && row->status == ProcessStatus::Holding);
            }
            if (down.index() == 0)
                break;
        }
        const std::uint64_t done = rounds - atStart;
        QVERIFY(wasSeen);
        QVERIFY(runtime.counters().holds >= 2);
        QVERIFY2(done >= 2'000, qPrintable(QString("%1 rounds in 2 s").arg(done)));
        QCOMPARE(external.receive(on<Down>(hogs[1].monitor), after(kPatience)).index(), 0U);
    }

    void whatWaitsBehindAHoldGoesToASleepingSchedulerToo() {
        // A thread that a busy system lets wait may look like one that holds, so not every round
        // goes as planned; without a share for sleepers none does.
        constexpr int kRounds = 9;
        int asPlanned = 0;
        for (int round = 0; round < kRounds; ++round)
            asPlanned += holdersOnSpares() == 0 ? 1 : 0;
        QVERIFY2(asPlanned > kRounds / 2, qPrintable(QString::number(asPlanned)));
    }

    /// Nobody is woken for work that somebody who looks around will find. That one may get no
    /// processor for long; here it never looks.
    void whatALookerDoesNotFetchIsRunByASleeper() {
        Runtime runtime({.schedulers = 2, .holdLimit = 1h});
        External external(runtime);
        static std::atomic<bool> isOver{false};
        static std::atomic<bool> hasBegun{false};
        isOver = false;
        hasBegun = false;
        const Pid peer = spawn(echo);
        QVERIFY(external.call(peer, 0).isReply());
        const Spawned busy = spawnMonitor([]() -> Task<> {
            hasBegun = true;
            while (!isOver) // its scheduler looks for nothing
                ;
            co_return;
        });
        // Without a timer, which the busy one might have.
        while (!hasBegun || std::ranges::none_of(runtime.schedulers(), &SchedulerRow::isAsleep))
            std::this_thread::yield();
        runtime.core().sleepers.beginLooking();
        const bool isAnswered = external.call(peer, 1, kPatience).isReply();
        runtime.core().sleepers.endLooking();
        isOver = true;
        QVERIFY(isAnswered);
        QCOMPARE(external.receive(on<Down>(busy.monitor), after(kPatience)).index(), 0U);
    }

    /// The thread that has done the work goes on with the process itself.
    void afterBlockingWorkAThreadOfItsOwnWaitsForNoScheduler() {
        Runtime runtime({.schedulers = 1, .holdLimit = 1h});
        External external(runtime);
        static std::atomic<bool> isOver{false};
        static std::atomic<bool> hasBegun{false};
        static std::atomic<int> done{0};
        isOver = hasBegun = false;
        done = 0;
        const Spawned owner = spawnOpt({.monitor = true, .ownThread = true}, []() -> Task<> {
            static_cast<void>(co_await receive(any()));
            for (int work = 0; work < 3; ++work) {
                co_await blocking([] {});
                ++done;
            }
        });
        const Spawned busy = spawnMonitor([]() -> Task<> {
            hasBegun = true;
            while (!isOver) // the only scheduler does nothing else
                ;
            co_return;
        });
        while (!hasBegun)
            std::this_thread::yield();
        runtime.send(owner.pid, 0);
        const auto until = std::chrono::steady_clock::now() + 5s;
        while (done < 3 && std::chrono::steady_clock::now() < until)
            std::this_thread::yield();
        const int doneMeanwhile = done;
        isOver = true;
        QCOMPARE(doneMeanwhile, 3);
        QCOMPARE(external.receive(on<Down>(owner.monitor), after(kPatience)).index(), 0U);
        QCOMPARE(external.receive(on<Down>(busy.monitor), after(kPatience)).index(), 0U);
    }

    /// Whatever the work itself wakes, a kill reaches it.
    void workThatSendsToItsOwnProcessCanBeStopped() {
        Runtime runtime({.schedulers = 2});
        External external(runtime);
        static Runtime* sender = nullptr;
        static Pid own;
        static std::atomic<bool> hasBegun{false};
        static std::atomic<bool> isStopped{false};
        sender = &runtime;
        hasBegun = isStopped = false;
        const Spawned owner = spawnOpt({.monitor = true, .ownThread = true}, []() -> Task<> {
            own = self();
            co_await blocking(
                [] {
                    sender->send(own, 1);
                    hasBegun = true;
                    const auto until = std::chrono::steady_clock::now() + kPatience;
                    while (!isStopped && std::chrono::steady_clock::now() < until)
                        std::this_thread::yield();
                },
                []() noexcept { isStopped = true; });
        });
        while (!hasBegun)
            std::this_thread::yield();
        runtime.exit(owner.pid, atoms::kill);
        QCOMPARE(external.receive(on<Down>(owner.monitor), after(2 * kPatience)).index(), 0U);
        QVERIFY(isStopped);
    }

    /// Whatever the system takes from its thread meanwhile: that is not the callback's.
    void whoComputesForTwoMillisecondsHoldsNobodyUp() {
        Runtime runtime({.schedulers = 1});
        External external(runtime);
        const Spawned computing = spawnMonitor([]() -> Task<> {
            const auto used = [] {
                timespec time{};
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
                return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
            };
            for (int i = 0; i < 200; ++i) {
                for (const auto start = used(); used() - start < 2ms;)
                    ;
                co_await yield();
            }
        });
        QCOMPARE(external.receive(on<Down>(computing.monitor), after(kPatience)).index(), 0U);
        QCOMPARE(runtime.counters().holds, 0U);
    }

    void sleepingCallbackHoldsAsWell() {
        Runtime runtime({.schedulers = 1});
        External external(runtime);
        const Pid peer = spawn(echo);
        const Spawned hog = spawnMonitor([]() -> Task<> {
            timespec span{.tv_sec = 0, .tv_nsec = 300'000'000};
            nanosleep(&span, nullptr); // as a library that blocks would
            co_return;
        });
        for (int i = 0; i < 50; ++i)
            QVERIFY(external.call(peer, i, 250ms).isReply()); // long before it comes back
        QCOMPARE(external.receive(on<Down>(hog.monitor), after(kPatience)).index(), 0U);
        QVERIFY(external.call(peer, 1).isReply());
    }
};

QTEST_APPLESS_MAIN(tst_HoldsThreads)
#include "tst_holds_threads.moc"
