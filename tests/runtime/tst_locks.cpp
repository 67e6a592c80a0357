#include "support/all_schedulers.h"
#include "support/count_locks.h"

#include <grove/runtime/call.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/timers.h>

#include <QTest>

#include <pthread.h>
#include <utility>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

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

constexpr int kMessages = 10; // in each round of what follows

Task<> countUntil(int last, Pid listener) {
    for (int seen = 0; seen < last; ++seen)
        checkEqual((co_await receive(any())).payload().term(), Term(seen));
    send(listener, "counted"_atom);
}
bool isCounted(const Term& message) {
    return message.isAtom("counted"_atom);
}
/// Takes a name, is sent to by it, asked for, and gives it back.
Task<> names(int rounds) {
    const Atom name = "lock_counter"_atom;
    for (int round = 0; round < rounds; ++round) {
        const Spawned counter = spawnMonitor(countUntil, kMessages, self());
        check(registerName(name, counter.pid).has_value());
        check(whereis(name) == counter.pid);
        for (int number = 0; number < kMessages; ++number)
            send(name, number);
        co_await receive(on(isCounted));
        checkEqual((co_await receive(on<Down>(counter.monitor))).reason, atoms::normal);
        check(!whereis(name));
        check(registerName(name, self()).has_value());
        send(name, "counted"_atom);
        co_await receive(on(isCounted));
        check(unregisterName(name).has_value());
    }
}

/// Links that are taken back, that tell of an end, and by which others end.
Task<> linksAndKills(int rounds) {
    setTrapExit(TrapExit::Yes);
    for (int round = 0; round < rounds; ++round) {
        const Pid peer = spawn(idle);
        link(peer);
        unlink(peer);
        link(peer);
        exit(peer, atoms::kill);
        checkEqual((co_await receive(on<Exit>(peer))).reason, atoms::killed);
        const Spawned pair = spawnMonitor([]() -> Task<> {
            spawnLink(idle);
            co_await idle();
        });
        exit(pair.pid, "enough"_atom);
        checkEqual((co_await receive(on<Down>(pair.monitor))).reason, "enough"_atom);
    }
    setTrapExit(TrapExit::No);
}

/// Monitors of who lives, who ends and who has ended; taken back, and with what they said.
Task<> monitors(int rounds) {
    for (int round = 0; round < rounds; ++round) {
        const Pid peer = spawn(idle);
        check(demonitor(monitor(peer)));
        const Ref first = monitor(peer);
        const Ref second = monitor(peer);
        exit(peer, atoms::kill);
        checkEqual((co_await receive(on<Down>(first))).reason, atoms::killed);
        check(!demonitor(second, Flush::Yes));
        checkEqual((co_await receive(on<Down>(monitor(peer)))).reason, atoms::noproc);
    }
}

/// The work once before, so that slots, blocks and timers are there.
template <Task<> (*Work)(int)> Task<> countLocks() {
    co_await Work(2'000);
    const std::uint64_t before = locksTaken();
    co_await Work(2'000);
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

    void countsWhoOnlyTriesAndWhoReadsOrWritesTogether() {
        const std::uint64_t before = locksTaken();
        grove::Mutex mutex;
        if (mutex.tryLock())
            mutex.unlock();
        pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER;
        for (const auto& take : {pthread_rwlock_rdlock, pthread_rwlock_tryrdlock,
                                 pthread_rwlock_wrlock, pthread_rwlock_trywrlock}) {
            QCOMPARE(take(&shared), 0);
            pthread_rwlock_unlock(&shared);
        }
        QCOMPARE(locksTaken() - before, std::uint64_t{5});
    }

    void messagesCallsSpawnsEndsAndTimersTakeNone_data() { addSchedulers(); }
    void messagesCallsSpawnsEndsAndTimersTakeNone() {
        GROVE_WITH_SCHEDULERS(countLocks<everydayWork>);
    }
    void whatIsSentByRegisteredNamesTakesNone_data() { addSchedulers(); }
    void whatIsSentByRegisteredNamesTakesNone() { GROVE_WITH_SCHEDULERS(countLocks<names>); }
    void linksAndKillsTakeNone_data() { addSchedulers(); }
    void linksAndKillsTakeNone() { GROVE_WITH_SCHEDULERS(countLocks<linksAndKills>); }
    void monitorsTakeNone_data() { addSchedulers(); }
    void monitorsTakeNone() { GROVE_WITH_SCHEDULERS(countLocks<monitors>); }
};

QTEST_APPLESS_MAIN(tst_Locks)
#include "tst_locks.moc"
