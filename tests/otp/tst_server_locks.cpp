#include "counter.h"
#include "support/all_schedulers.h"
#include "support/count_locks.h"

#include <grove/otp/logger.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/extension.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Casts, messages and calls, by pid and by name.
Task<> askCounter(Pid counter, Atom name, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        otp::cast(counter, Counter::Reset{round});
        otp::cast(name, Counter::Reset{round + 1});
        check(co_await otp::call(counter, Counter::Add{1}) == round + 2);
        check(co_await otp::call(name, Counter::Add{1}) == round + 3);
        co_await otp::call(counter, Counter::Find{"count"});
    }
}

const Atom kName = "lock_counter"_atom;

Task<> serversTakeNone() {
    const auto started = co_await Counter::start(0);
    check(registerName(kName, started.pid()).has_value());
    co_await askCounter(started.pid(), kName, 2'000);
    for (const int rounds : {1'000, 10'000}) {
        const std::uint64_t before = locksTaken();
        co_await askCounter(started.pid(), kName, rounds);
        checkEqual(locksTaken() - before, std::uint64_t{0});
    }
    co_await otp::stop(started.pid());
}

/// A child that is killed again and again, and asked in between. Returns: how many locks were
/// taken: a restart takes a few.
Task<std::uint64_t> locksOfRestarts(Pid supervisor, int questions) {
    static_cast<void>(co_await otp::Supervisor::countChildren(supervisor));
    const std::uint64_t before = locksTaken();
    for (int restart = 0; restart < 20; ++restart) {
        const Pid counter = *whereis(kName);
        co_await askCounter(counter, kName, questions);
        co_await killAndAwaitDown(counter);
        // Its supervisor answers when it has done with the restart.
        while (!whereis(kName))
            static_cast<void>(co_await otp::Supervisor::countChildren(supervisor));
        static_cast<void>(co_await otp::Supervisor::countChildren(supervisor));
    }
    co_return locksTaken() - before;
}

Task<> restartsTakeAsManyWhateverWasAsked() {
    // Nobody hears of it in a process that takes its time.
    extension<otp::Logger>(Runtime::current()).setLevel(otp::LogLevel::Critical);
    const auto started = co_await otp::startLink(otp::supervisor(
        "lock_supervisor",
        {.intensity = {1'000, 1h}, .children = {otp::worker<Counter>(0).name("lock_counter")}}));
    static_cast<void>(co_await locksOfRestarts(started.pid(), 100)); // what is made once
    const std::uint64_t few = co_await locksOfRestarts(started.pid(), 50);
    const std::uint64_t many = co_await locksOfRestarts(started.pid(), 500);
    checkEqual(few, many);
    co_await otp::stop(started.pid());
}

} // namespace

/// The message path of servers takes no lock.
class tst_ServerLocks : public QObject {
    Q_OBJECT

private slots:
    void castsAndCallsTakeNone_data() { addSchedulers(); }
    void castsAndCallsTakeNone() { GROVE_WITH_SCHEDULERS(serversTakeNone); }
    void aRestartTakesAsManyHoweverMuchWasAskedBefore_data() { addSchedulers(); }
    void aRestartTakesAsManyHoweverMuchWasAskedBefore() {
        GROVE_WITH_SCHEDULERS(restartsTakeAsManyWhateverWasAsked);
    }
};

QTEST_APPLESS_MAIN(tst_ServerLocks)
#include "tst_server_locks.moc"
