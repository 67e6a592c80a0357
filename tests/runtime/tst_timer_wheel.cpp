#include "support/interleave.h"
#include "timer_table.h"

#include <QTest>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

using namespace grove;
using namespace grove::runtime;
using namespace std::chrono_literals;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

const Instant kStart = Instant(3'600s);

struct Numbered : TimerEntry {
    int number = 0;
};

/// Takes everything due; the numbers in the order they came.
std::vector<int> takeAll(TimerWheel& wheel) {
    std::vector<int> numbers;
    while (TimerEntry* entry = wheel.takeDue())
        numbers.push_back(static_cast<Numbered*>(entry)->number);
    return numbers;
}

/// As the runtime cancels: most likely it lies in a wheel.
template <class Word> typename Word::Cancelled cancelled(Word& word, std::uint32_t generation) {
    return word.cancelArmed(generation) ? Word::Cancelled::WasArmed : word.cancel(generation);
}

/// The first whole millisecond at or after a deadline.
std::int64_t dueMs(Instant deadline) {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline.time_since_epoch()).count();
}

} // namespace

class tst_TimerWheel : public QObject {
    Q_OBJECT

private slots:
    void nothingComesEarly() {
        TimerWheel wheel(kStart);
        Numbered entry;
        wheel.insert(entry, kStart + 1'500us);
        wheel.advance(kStart + 1'999us);
        QVERIFY(!wheel.hasDue());
        wheel.advance(kStart + 2ms);
        QVERIFY(wheel.takeDue() == &entry);
        QVERIFY(!entry.isInWheel());
        QVERIFY(wheel.isEmpty());
    }

    void whatIsPastIsDueAtOnce() {
        TimerWheel wheel(kStart);
        Numbered entry;
        wheel.insert(entry, kStart - 1s);
        QVERIFY(wheel.nextExpiry() <= kStart);
        QVERIFY(wheel.takeDue() == &entry);
    }

    void entriesOfOneMillisecondComeInTheOrderTheyWerePutIn() {
        TimerWheel wheel(kStart);
        std::deque<Numbered> entries(6);
        for (int number = 0; number < 6; ++number)
            entries[static_cast<std::size_t>(number)].number = number;
        wheel.insert(entries[0], kStart + 5s); // from a high level
        wheel.insert(entries[1], kStart + 5s);
        wheel.advance(kStart + 4'990ms);
        wheel.insert(entries[2], kStart + 5s); // straight to the lowest
        wheel.insert(entries[3], kStart + 4'995ms);
        wheel.advance(kStart + 6s);
        QCOMPARE(takeAll(wheel), (std::vector<int>{3, 0, 1, 2}));
    }

    void aRemovedEntryNeverComes() {
        TimerWheel wheel(kStart);
        Numbered near;
        Numbered far;
        Numbered due;
        wheel.insert(near, kStart + 10ms);
        wheel.insert(far, kStart + 24h);
        wheel.insert(due, kStart + 1ms);
        wheel.advance(kStart + 2ms);
        wheel.remove(due);
        wheel.remove(near);
        wheel.remove(far);
        QVERIFY(wheel.isEmpty());
        QVERIFY(wheel.nextExpiry() == kNever);
        wheel.advance(kStart + 48h);
        QVERIFY(!wheel.hasDue());
    }

    void theFarthestDeadlineHasAPlace() {
        TimerWheel wheel(kStart);
        Numbered entry;
        wheel.insert(entry, kNever - 1ms);
        wheel.advance(kNever - 5s);
        QVERIFY(!wheel.hasDue());
        wheel.advance(kNever);
        QVERIFY(wheel.takeDue() == &entry);
    }

    void nextExpiryIsNeverLateAndWakesFewTimesForNothing() {
        TimerWheel wheel(kStart);
        Numbered entry;
        wheel.insert(entry, kStart + 30 * 24h);
        int wakes = 0;
        while (!wheel.hasDue()) {
            const Instant next = wheel.nextExpiry();
            QVERIFY(next <= kStart + 30 * 24h + 1ms);
            wheel.advance(next);
            ++wakes;
        }
        QVERIFY2(wakes <= 8, qPrintable(QString::number(wakes)));
    }

    /// Against a sorted map, with insertions, removals and jumps of all sizes drawn from a seed.
    void agreesWithASortedMap_data() {
        QTest::addColumn<quint64>("seed");
        for (quint64 seed = 1; seed <= 20; ++seed)
            QTest::addRow("SEED=%llu", static_cast<unsigned long long>(seed)) << seed;
    }
    void agreesWithASortedMap() {
        QFETCH(quint64, seed);
        Random random(seed);
        VirtualClock clock;
        TimerWheel wheel(clock.now());
        std::deque<Numbered> entries(3'000);
        using Key = std::pair<std::int64_t, int>; // due millisecond, order of insertion
        std::map<Key, Numbered*> model;
        std::vector<Key> keyOf(entries.size());
        int inserted = 0;
        while (!model.empty() || inserted < static_cast<int>(entries.size())) {
            if (inserted < static_cast<int>(entries.size()) && !random.once(3)) {
                Numbered& entry = entries[static_cast<std::size_t>(inserted)];
                entry.number = inserted;
                const auto magnitude = std::uint64_t{1} << random.below(45); // up to 10 hours of ns
                const Instant deadline = clock.now() + Duration(random.below(magnitude));
                wheel.insert(entry, deadline);
                const Key key{std::max(dueMs(deadline), clock.now().time_since_epoch() / 1ms),
                              inserted};
                keyOf[static_cast<std::size_t>(inserted)] = key;
                model.emplace(key, &entry);
                ++inserted;
            } else if (!model.empty() && random.once(4)) {
                const auto victim = std::next(
                    model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
                wheel.remove(*victim->second);
                model.erase(victim);
            } else {
                const auto magnitude = std::uint64_t{1} << random.below(46);
                clock.advance(Duration(random.below(magnitude)));
                wheel.advance(clock.now());
                std::vector<int> expected;
                while (!model.empty() &&
                       model.begin()->first.first <= clock.now().time_since_epoch() / 1ms) {
                    expected.push_back(model.begin()->second->number);
                    model.erase(model.begin());
                }
                QCOMPARE(takeAll(wheel), expected);
                if (!model.empty())
                    QVERIFY(wheel.nextExpiry().time_since_epoch() / 1ms <=
                            model.begin()->first.first);
            }
            QCOMPARE(wheel.count(), model.size());
        }
        QVERIFY(wheel.nextExpiry() == kNever);
    }

    /// What moves down and what becomes due is fetched from memory some entries ahead.
    void anEntryNamesTheOneThatComesEightLater() {
        TimerWheel wheel(kStart);
        std::deque<Numbered> entries(1'000);
        for (Numbered& entry : entries)
            wheel.insert(entry, kStart + 5s); // from a high level: all move down twice
        wheel.advance(kStart + 5s);
        std::vector<TimerEntry*> due;
        while (TimerEntry* const entry = wheel.takeDue())
            due.push_back(entry);
        QCOMPARE(due.size(), entries.size());
        for (std::size_t place = 0; place + 8 < due.size(); ++place)
            QVERIFY2(due[place]->ahead == due[place + 8], qPrintable(QString::number(place)));
    }

    /// As with calls that are answered, each while another begins.
    void entriesAreNamedWhileTheNewestComeAndTheOldestGo() {
        TimerWheel wheel(kStart);
        std::deque<Numbered> entries;
        std::deque<Numbered*> inside;
        const auto insert = [&] {
            inside.push_back(&entries.emplace_back());
            wheel.insert(*inside.back(), kStart + 60s);
        };
        const auto removeNewest = [&] {
            wheel.remove(*inside.back());
            inside.pop_back();
        };
        for (int count = 0; count < 1'000; ++count)
            insert();
        for (int count = 0; count < 20; ++count) // the marker is caught up with
            removeNewest();
        for (int count = 0; count < 3'000; ++count) {
            insert();
            wheel.remove(*inside.front());
            inside.pop_front();
        }
        for (std::size_t place = 0; place + 8 < inside.size(); ++place)
            QVERIFY2(inside[place]->ahead == inside[place + 8], qPrintable(QString::number(place)));
        while (!inside.empty())
            removeNewest();
    }

    /// The same while what is due, and names the slot it came from, is taken.
    void takingWhatIsDueLeavesTheMarkerOfItsOldSlotAlone() {
        TimerWheel wheel(kStart);
        std::deque<Numbered> early(1'000);
        for (Numbered& entry : early)
            wheel.insert(entry, kStart + 1ms);
        wheel.advance(kStart + 64ms);
        std::deque<Numbered> late(1'000);
        for (Numbered& entry : late) { // 64 ms after the others: in the same slot
            wheel.insert(entry, kStart + 65ms);
            QVERIFY(wheel.takeDue() != nullptr);
        }
        wheel.advance(kStart + 65ms);
        for (std::size_t place = 0; place + 8 < late.size(); ++place)
            QVERIFY2(late[place].ahead == &late[place + 8], qPrintable(QString::number(place)));
        while (wheel.takeDue() != nullptr) {
        }
    }

    /// Whoever has taken an entry out may destroy it.
    void nothingIsWrittenToAnEntryThatWasTakenOut_data() { agreesWithASortedMap_data(); }
    void nothingIsWrittenToAnEntryThatWasTakenOut() {
        QFETCH(quint64, seed);
        Random random(seed);
        TimerWheel wheel(kStart);
        const int mark = 0;
        std::deque<Numbered> entries(2'000);
        std::vector<Numbered*> inside;
        std::vector<Numbered*> outside;
        for (Numbered& entry : entries) {
            wheel.insert(entry, kStart + std::chrono::seconds(1 + random.below(3)));
            inside.push_back(&entry);
            // The newest, the oldest, or any.
            while (!inside.empty() && random.once(2)) {
                const std::size_t places[] = {inside.size() - 1, 0, random.below(inside.size())};
                const auto place = static_cast<std::ptrdiff_t>(places[random.below(3)]);
                Numbered* const removed = inside[static_cast<std::size_t>(place)];
                inside.erase(inside.begin() + place);
                wheel.remove(*removed);
                removed->ahead = &mark;
                removed->next = removed;
                outside.push_back(removed);
            }
        }
        wheel.advance(kStart + 10s);
        QCOMPARE(takeAll(wheel).size(), inside.size());
        for (const Numbered* const removed : outside) {
            QVERIFY(removed->ahead == &mark);
            QVERIFY(removed->next == removed);
            QVERIFY(!removed->isInWheel());
        }
    }

    /// A scheduler takes a timer in and later fires it, while two others want to cancel it.
    void inEveryInterleavingATimerEndsOnceAndIsFreedOnce() {
        using Word = BasicTimerWord<ExploredAtomics>;
        struct State {
            Word word;
            std::uint32_t generation = 0;
            int fired = 0;
            int cancelled = 0;
            int leftToTakeOut = 0; // cancelled in the wheel: its scheduler frees it
            int freed = 0;
        };
        const auto outcome = Explorer::explore([] {
            auto state = std::make_shared<State>();
            state->generation = state->word.start();
            Explorer::Scenario scenario;
            scenario.threads.push_back([state] {
                if (!state->word.arm()) {
                    ++state->freed; // cancelled on its way
                    return;
                }
                if (state->word.fire()) {
                    ++state->fired;
                    ++state->freed;
                }
            });
            for (int canceller = 0; canceller < 2; ++canceller)
                scenario.threads.push_back([state] {
                    const auto result = cancelled(state->word, state->generation);
                    state->cancelled += result != Word::Cancelled::No ? 1 : 0;
                    state->leftToTakeOut += result == Word::Cancelled::WasArmed ? 1 : 0;
                });
            scenario.check = [state]() -> std::string {
                if (state->fired + state->cancelled != 1)
                    return "it ended other than once";
                if (state->freed + state->leftToTakeOut != 1)
                    return "it is freed other than once";
                return state->word.isWaiting(state->generation) ? "it still waits" : "";
            };
            return scenario;
        });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
    }

    /// A scheduler lets an interval tick while another thread cancels it.
    void inEveryInterleavingNoTickBeginsAfterTheCancelOfAnInterval() {
        using Word = BasicTimerWord<ExploredAtomics>;
        struct State {
            Word word;
            std::uint32_t generation = 0;
            int ticks = 0;
            bool isTicking = false;
            bool isCancelled = false;
            std::string fault;
        };
        const auto outcome = Explorer::explore([] {
            auto state = std::make_shared<State>();
            state->generation = state->word.start();
            if (!state->word.arm())
                state->fault = "nobody has cancelled it yet";
            Explorer::Scenario scenario;
            scenario.threads.push_back([state] {
                for (int tick = 0; tick < 2; ++tick) {
                    if (!state->word.beginTick())
                        return;
                    if (state->isCancelled)
                        state->fault = "a tick after the cancel";
                    state->isTicking = true;
                    ++state->ticks;
                    // Somebody looks meanwhile.
                    if (!state->word.isWaiting(state->generation))
                        state->fault = "it waits for its next tick";
                    state->isTicking = false;
                    state->word.endTick();
                }
            });
            for (int canceller = 0; canceller < 2; ++canceller)
                scenario.threads.push_back([state] {
                    for (int tries = 0; tries < 3 && !state->isCancelled; ++tries) {
                        const auto result = cancelled(state->word, state->generation);
                        if (result == Word::Cancelled::IsTicking)
                            continue;
                        if (result == Word::Cancelled::No && !state->isCancelled)
                            return; // the other one is about to say so
                        if (state->isTicking)
                            state->fault = "cancelled in the middle of a tick";
                        state->isCancelled = true;
                        return;
                    }
                });
            scenario.check = [state] { return state->fault; };
            return scenario;
        });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
    }

    void aStaleReferenceCancelsNothing() {
        BasicTimerWord<StdAtomics> word;
        const std::uint32_t first = word.start();
        QVERIFY(word.arm());
        QVERIFY(word.fire());
        word.finish();
        const std::uint32_t second = word.start();
        QVERIFY(second != first);
        QVERIFY(!word.cancelArmed(first));
        QVERIFY(word.cancel(first) == BasicTimerWord<StdAtomics>::Cancelled::No);
        QVERIFY(word.isWaiting(second));
    }
};

QTEST_APPLESS_MAIN(tst_TimerWheel)
#include "tst_timer_wheel.moc"
