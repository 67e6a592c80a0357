#include "look_out.h"

#include <grove/runtime/clock.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>

#include <QTest>

#include <atomic>
#include <chrono>
#include <fstream>
#include <sched.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace grove;
using namespace std::chrono_literals;
using runtime::LookOut;

namespace {

/// How many waits sleep at once before the next one that looks out.
unsigned sleepsOf(LookOut& lookOut) {
    unsigned sleeps = 0;
    while (!lookOut.isDue())
        ++sleeps;
    return sleeps;
}

/// The processors that this thread may run on.
std::vector<int> processors() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    std::vector<int> numbers;
    for (int number = 0; number < CPU_SETSIZE; ++number)
        if (CPU_ISSET(number, &allowed))
            numbers.push_back(number);
    return numbers;
}

/// Returns: whether the system lets it.
bool keepThisThreadOn(int processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}

/// Whether a thread of this program sleeps until it is woken.
bool isAsleep(pid_t thread) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    const std::string stat(std::istreambuf_iterator<char>(file), {});
    const std::size_t nameEnd = stat.rfind(") ");
    return nameEnd != std::string::npos && stat.at(nameEnd + 2) == 'S';
}

} // namespace

class tst_LookOut : public QObject {
    Q_OBJECT

private slots:
    void theFirstWaitLooksOut() {
        LookOut lookOut;
        QVERIFY(lookOut.isDue());
    }

    void eachLookInVainDoublesTheSleepsThatFollow() {
        LookOut lookOut;
        for (const unsigned sleeps : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 64U, 64U}) {
            lookOut.wasInVain();
            QCOMPARE(sleepsOf(lookOut), sleeps);
        }
    }

    void aLookThatWasOfUseBeginsAtOneAgain() {
        LookOut lookOut;
        for (int times = 0; times < 5; ++times) {
            lookOut.wasInVain();
            static_cast<void>(sleepsOf(lookOut));
        }
        lookOut.wasOfUse();
        QCOMPARE(sleepsOf(lookOut), 0U); // as long as it is of use
        lookOut.wasInVain();
        QCOMPARE(sleepsOf(lookOut), 1U);
        lookOut.wasInVain();
        QCOMPARE(sleepsOf(lookOut), 2U);
    }

    /// It looks out for 100 us at most, whatever the runtime's clock says; not at all where there
    /// is but one processor. Nor do the schedulers look around for ever, which would never end.
    void whoWaitsFallsAsleepThoughTheRuntimesClockStandsStill() {
        const std::vector<int> all = processors();
        constexpr int kWaits =
            4; // the first is not answered from elsewhere yet, and sleeps at once
        VirtualClock clock;
        Runtime runtime({.schedulers = 1, .clock = &clock});
        std::atomic<int> kept = 0;
        std::atomic<pid_t> waiter = 0;
        std::atomic<std::uint64_t> waiterPid = 0;
        std::atomic<int> answered = 0;
        std::thread waiting([&] {
            kept += keepThisThreadOn(all.front()) ? 1 : 0;
            External external(runtime);
            waiterPid = external.pid().raw();
            waiter = gettid();
            for (int wait = 0; wait < kWaits; ++wait) {
                static_cast<void>(external.receive(any()));
                ++answered;
            }
        });
        int asleep = 0;
        std::thread answering([&] {
            kept += keepThisThreadOn(all.back()) ? 1 : 0;
            while (waiter == 0)
                std::this_thread::yield();
            for (int wait = 0; wait < kWaits; ++wait) {
                while (answered != wait)
                    std::this_thread::yield();
                // Only the answer wakes it: once asleep it stays so.
                const auto until = std::chrono::steady_clock::now() + 20s;
                while (!isAsleep(waiter) && std::chrono::steady_clock::now() < until)
                    std::this_thread::yield();
                asleep += isAsleep(waiter) ? 1 : 0;
                runtime.send(Pid::fromRaw(waiterPid), Term(wait));
            }
        });
        waiting.join();
        answering.join();
        QCOMPARE(kept.load(), 2);
        QCOMPARE(asleep, kWaits);
    }
};

QTEST_APPLESS_MAIN(tst_LookOut)
#include "tst_look_out.moc"
