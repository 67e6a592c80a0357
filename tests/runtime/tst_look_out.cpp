#include "look_out.h"

#include <grove/runtime/clock.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>

#include <QTest>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

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

/// Where the calling thread says that it runs, whatever the machine has.
thread_local int t_processor = 0;
/// How often threads that say so asked where they run, by processor.
std::array<std::atomic<int>, 2> askedOn{};

/// Whether a thread of this program sleeps until it is woken.
bool isAsleep(pid_t thread) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    const std::string stat(std::istreambuf_iterator<char>(file), {});
    const std::size_t nameEnd = stat.rfind(") ");
    return nameEnd != std::string::npos && stat.at(nameEnd + 2) == 'S';
}

} // namespace

/// In place of the system's.
extern "C" int sched_getcpu() noexcept {
    ++askedOn.at(static_cast<std::size_t>(t_processor));
    return t_processor;
}

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

    /// It looks out for 100 us at most, whatever the runtime's clock says. Nor do the schedulers
    /// look around for ever, which would never end.
    void whoWaitsFallsAsleepThoughTheRuntimesClockStandsStill() {
        constexpr int kWaits =
            4; // the first is not answered from elsewhere yet, and sleeps at once
        VirtualClock clock;
        Runtime runtime({.schedulers = 1, .clock = &clock});
        std::atomic<pid_t> waiter = 0;
        std::atomic<std::uint64_t> waiterPid = 0;
        std::atomic<int> answered = 0;
        std::thread waiting([&] {
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
            t_processor = 1;
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
        QCOMPARE(asleep, kWaits);
        QVERIFY(askedOn[1] >= kWaits); // it was answered from elsewhere
    }
};

QTEST_APPLESS_MAIN(tst_LookOut)
#include "tst_look_out.moc"
