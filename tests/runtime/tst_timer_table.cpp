#include "support/counted.h"
#include "timer_table.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>
#include <vector>

using namespace grove;
using namespace grove::runtime;

class tst_TimerTable : public QObject {
    Q_OBJECT

private slots:
    void timersThatWereGivenBackAreTakenAgain() {
        TimerTable table;
        TimerTable::Cache taker;
        TimerTable::Cache giver; // another scheduler's
        std::uint32_t highest = 0;
        for (int round = 0; round < 3; ++round) {
            std::set<Timer*> taken;
            for (int count = 0; count < 5'000; ++count) {
                Timer& timer = count % 7 == 0 ? table.take() : table.take(taker);
                QVERIFY2(taken.insert(&timer).second, "it was taken already");
                highest = std::max(highest, timer.index);
            }
            for (Timer* const timer : taken)
                table.give(timer->index % 3 == 0 ? taker : giver, *timer);
        }
        // A chain or two more may be in the hands of each.
        QVERIFY2(highest < 5'000 + 4 * 64, qPrintable(QString::number(highest)));
    }

    void timersThatWereNeverUsedAreFreeAndFoundByTheirReferences() {
        TimerTable table;
        TimerTable::Cache cache;
        std::set<Timer*> taken;
        for (std::uint32_t count = 0; count < 40'000; ++count) { // more than two chunks
            Timer& timer = table.take(cache);
            QVERIFY(taken.insert(&timer).second);
            QCOMPARE(timer.word.generationNow(), 0U);
            QVERIFY(!timer.word.isWaiting(0));
            QVERIFY(!timer.isInWheel());
            QVERIFY(timer.payload.asTerm() != nullptr && timer.payload.asTerm()->isNone());
            QVERIFY(timer.to.isNone());
            const TimerTable::Found found = table.find(TimerTable::refOf(timer));
            QVERIFY(found.timer == &timer);
        }
    }

    void aTableThatEndsDropsWhatItsTimersCarry() {
        test::Counted::reset();
        {
            TimerTable table;
            TimerTable::Cache cache;
            for (int count = 0; count < 40'000; ++count) {
                Timer& timer = table.take(cache);
                if (count % 1'000 == 0)
                    timer.payload = Payload(Callable{[held = test::Counted(count)] {}, {}});
            }
            QCOMPARE(test::Counted::s_alive, 40);
        }
        QCOMPARE(test::Counted::s_alive, 0);
        QCOMPARE(test::Counted::s_destroyedTwice, 0);
    }

    void twoThreadsNeverHaveTheSameTimer() {
        TimerTable table;
        std::atomic<int> doubles = 0;
        std::vector<std::atomic<bool>> isTaken(4'096);
        const auto run = [&](quint64 seed) {
            Random random(seed);
            TimerTable::Cache cache;
            std::vector<Timer*> mine;
            for (int step = 0; step < 40'000; ++step) {
                if (mine.size() < 1'000 && (mine.empty() || random.once(2))) {
                    Timer& timer = random.once(8) ? table.take() : table.take(cache);
                    if (isTaken[timer.index].exchange(true))
                        ++doubles;
                    timer.period = Duration(step); // plain: ThreadSanitizer sees two owners
                    mine.push_back(&timer);
                } else {
                    const std::size_t place = random.below(mine.size());
                    Timer* const given = std::exchange(mine[place], mine.back());
                    mine.pop_back();
                    isTaken[given->index] = false;
                    table.give(cache, *given);
                }
            }
        };
        std::thread other(run, 2);
        run(1);
        other.join();
        QCOMPARE(doubles.load(), 0);
    }
};

QTEST_APPLESS_MAIN(tst_TimerTable)
#include "tst_timer_table.moc"
