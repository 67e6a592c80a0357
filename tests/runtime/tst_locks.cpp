#include "support/sim_fixture.h"

#include <grove/runtime/call.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/timers.h>

#include <QTest>

#include <atomic>
#include <dlfcn.h>
#include <pthread.h>
#include <utility>
#include <vector>

namespace {

/// How often any thread of the program has taken a mutex. Relaxed: read when all is over.
std::atomic<std::uint64_t> s_locksTaken{0};

using LockFunction = int (*)(pthread_mutex_t*);

} // namespace

/// In front of the system's: every std::mutex and grove::Mutex comes by here.
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    static const auto s_lock =
        reinterpret_cast<LockFunction>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    s_locksTaken.fetch_add(1, std::memory_order_relaxed);
    return s_lock(mutex);
}

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t locksTaken() {
    return s_locksTaken.load(std::memory_order_relaxed);
}

Task<> passOn(Pid to) {
    send(to, (co_await receive(any())).payload().term());
}

Task<> answer(int count) {
    for (int served = 0; served < count; ++served) {
        Message message = co_await receive(any());
        reply(message.from(), std::move(message).takePayload());
    }
}

/// Spawns, sends, receives, calls with a limit, monitors, starts and cancels timers, ends.
Task<> everydayWork(int rounds) {
    for (int round = 0; round < rounds; ++round) {
        const Spawned passer = spawnMonitor(passOn, self());
        send(passer.pid, round);
        checkEqual((co_await receive(on([](const Term& each) { return each.isInteger(); })))
                       .payload()
                       .term(),
                   Term(round));
        checkEqual((co_await receive(on<Down>(passer.monitor))).reason, atoms::normal);
        const Pid server = spawn(answer, 3);
        for (int call = 0; call < 3; ++call)
            checkEqual((co_await request(server, call)).term(), Term(call));
        const Ref timer = sendAfter(1h, self(), "never"_atom);
        check(cancelTimer(timer).has_value());
        if (round % 100 == 99)
            co_await yield();
    }
}

std::atomic<unsigned> s_threadsSeen{0}; ///< that have run a process of this runtime

[[gnu::noinline]] void seeThread() {
    thread_local bool t_isSeen = false;
    if (!std::exchange(t_isSeen, true))
        s_threadsSeen.fetch_add(1);
}

Task<> beSeen() {
    for (int turn = 0; turn < 100; ++turn) {
        seeThread();
        co_await yield();
    }
}

/// A scheduler's thread takes locks when it starts, which is late on a busy machine.
Task<> seeAllSchedulers(unsigned schedulers) {
    while (s_threadsSeen.load() < schedulers) {
        std::vector<Ref> monitors;
        for (int each = 0; each < 32; ++each)
            monitors.push_back(spawnMonitor(beSeen).monitor);
        for (const Ref& monitor : monitors)
            checkEqual((co_await receive(on<Down>(monitor))).reason, atoms::normal);
    }
}

/// The work once before, so that slots, blocks and timers are there.
template <unsigned Schedulers> Task<> countLocks() {
    co_await seeAllSchedulers(Schedulers);
    co_await everydayWork(2'000);
    const std::uint64_t before = locksTaken();
    co_await everydayWork(2'000);
    checkEqual(locksTaken() - before, std::uint64_t{0});
}

} // namespace

/// The message path takes no lock.
class tst_Locks : public QObject {
    Q_OBJECT

private slots:
    void countsLocks() {
        const std::uint64_t before = locksTaken();
        grove::Mutex mutex;
        {
            const Lock lock(mutex);
        }
        QCOMPARE(locksTaken() - before, std::uint64_t{1});
    }

    void messagesCallsSpawnsEndsAndTimersTakeNone_data() {
        QTest::addColumn<unsigned>("schedulers");
        QTest::newRow("1 scheduler") << 1U;
        QTest::newRow("2 schedulers") << 2U;
    }
    void messagesCallsSpawnsEndsAndTimersTakeNone() {
        QFETCH(unsigned, schedulers);
        s_threadsSeen.store(0);
        // No scheduler is handed over where the system lets it wait: that takes a lock.
        Runtime runtime({.schedulers = schedulers, .processesMax = 1U << 18, .holdLimit = 1h});
        const std::string fault =
            runIn(runtime, schedulers == 1 ? countLocks<1> : countLocks<2>, "threads");
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_APPLESS_MAIN(tst_Locks)
#include "tst_locks.moc"
