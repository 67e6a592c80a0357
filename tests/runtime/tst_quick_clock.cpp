// The time between two looks at a clock, by the processor's count.

#include "quick_clock.h"

#include <QTest>

using namespace grove;
using namespace grove::runtime;
using namespace std::chrono_literals;

class TestQuickClock : public QObject {
    Q_OBJECT

    static constexpr Instant kStart = Instant(1h);
    static constexpr std::uint64_t kFirst = 1'000'000;
    static constexpr std::uint64_t kTicksPerMs = 2'500'000; // 2.5 GHz

    /// One that has learned how fast the count runs, and looked last at kStart + 10 ms.
    static QuickClock learned() {
        QuickClock quick;
        for (std::uint64_t ms = 0; ms <= 10; ++ms)
            quick.look(kStart + std::chrono::milliseconds(ms), kFirst + ms * kTicksPerMs);
        return quick;
    }
    static constexpr std::uint64_t kLast = kFirst + 10 * kTicksPerMs;

private slots:
    void isNeverBeforeTheClockAndAtMostMicrosecondsAfter() {
        const QuickClock quick = learned();
        for (std::uint64_t us = 0; us < 990; ++us) {
            const Instant truth = kStart + 10ms + std::chrono::microseconds(us);
            const auto time = quick.time(kLast + us * kTicksPerMs / 1'000);
            QVERIFY(time.has_value());
            QVERIFY(*time >= truth);
            QVERIFY(*time - truth <= 2us);
        }
    }
    void saysNothingLongAfterTheLastLookOrBeforeIt() {
        const QuickClock quick = learned();
        QVERIFY(!quick.time(kLast + 2 * kTicksPerMs));
        QVERIFY(!quick.time(kLast - 1));
    }
    void saysNothingBeforeItHasLearned() {
        QuickClock quick;
        QVERIFY(!quick.time(kFirst));
        quick.look(kStart, kFirst);
        QVERIFY(!quick.time(kFirst + 1));
        quick.look(kStart + 1ms, kFirst + kTicksPerMs);
        QVERIFY(!quick.time(kFirst + kTicksPerMs + 1));
        quick.look(kStart + 2ms, kFirst + 2 * kTicksPerMs);
        QVERIFY(quick.time(kFirst + 2 * kTicksPerMs + 1));
    }
    /// A machine that slept, or moved to another.
    void learnsAnewWhenTheCountRanUnevenly() {
        QuickClock late = learned();
        late.look(kStart + 11ms, kLast + kTicksPerMs / 2);
        QVERIFY(!late.time(kLast + kTicksPerMs / 2 + 1));
        QuickClock back = learned();
        back.look(kStart + 11ms, kFirst);
        QVERIFY(!back.time(kFirst + 1));
        back.look(kStart + 14ms, kFirst + 3 * kTicksPerMs);
        QVERIFY(back.time(kFirst + 3 * kTicksPerMs + 1));
    }
    void agreesWithTheSystemsClock() {
        const SystemClock clock;
        QuickClock quick;
        const Instant end = clock.now() + 50ms;
        int compared = 0;
        while (clock.now() < end) {
            const std::uint64_t ticks = processorTicks();
            const Instant at = clock.now();
            if (processorTicks() - ticks < 2'000)
                quick.look(at, ticks);
            const Instant before = clock.now();
            const auto time = quick.time(processorTicks());
            if (!time)
                continue;
            ++compared;
            QVERIFY(*time >= before);
        }
        QCOMPARE(compared > 0, processorTicks() != 0); // not every processor has such a count
    }
};

QTEST_GUILESS_MAIN(TestQuickClock)
#include "tst_quick_clock.moc"
