// Changes of several objects that are one to readers and to who adds to counters, in every order of
// the steps of two or three threads that has at most three preemptions.
#include "change_version.h"
#include "support/explored.h"

#include <grove/term/counter_word.h>

#include <QTest>

#include <algorithm>
#include <array>
#include <vector>

using namespace grove::ets;
using grove::test::explored;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

template <class T> using Atomic = ExploredAtomics::Atomic<T>;
using Word = Atomic<std::uint64_t>;

/// A number is 16 times as large in a word, plus 1.
std::uint64_t wordOf(std::int64_t number) {
    return static_cast<std::uint64_t>(number) * 16 + 1;
}
std::int64_t numberOf(std::uint64_t word) {
    return static_cast<std::int64_t>(word - 1) / 16;
}

/// Of those who change the table.
class ExploredLock {
public:
    void lock() {
        while (m_isTaken.exchange(true))
            Explorer::wait(&m_isTaken, false);
    }
    void unlock() {
        m_isTaken.store(false);
        Explorer::wake(&m_isTaken);
    }

private:
    Atomic<bool> m_isTaken{false};
};

using ChangeVersion = BasicChangeVersion<ExploredAtomics>;

/// Says at the end only that there was a change.
struct LateVersion : ChangeVersion {
    void begin() {}
    void end() {
        ChangeVersion::begin();
        ChangeVersion::end();
    }
};

/// Two rows and a counter of a table: all are changed at once, what is changed twice in between
/// says so.
template <class Changes> struct TableOf {
    static constexpr int kOld = 1;
    static constexpr int kBetween = 2;
    static constexpr int kNew = 3;

    Changes changes;
    ExploredLock lock;
    std::array<Atomic<int>, 2> rows{kOld, kOld};
    Word oldCount{wordOf(0)};
    Word betweenCount{wordOf(1'000)};
    Word newCount{wordOf(100)};
    Atomic<Word*> counter{&oldCount};
    Atomic<bool> isKnown{false}; // somebody has seen what is new
    bool didWait = false;
    bool didSeeOld = false;
    std::array<std::vector<std::int64_t>, 2> told; // to each who adds
    std::string fault;

    void changeAll() {
        lock.lock();
        changes.begin();
        rows[0].store(kBetween);
        counter.store(&betweenCount);
        rows[0].store(kNew);
        counter.store(&newCount);
        rows[1].store(kNew);
        changes.end();
        lock.unlock();
    }
    int found(std::size_t row) {
        return changes.find([&](bool&) { return rows[row].load(); },
                            [&] {
                                didWait = true;
                                lock.lock();
                                const int value = rows[row].load();
                                lock.unlock();
                                return value;
                            });
    }
    /// One row after the other. Who finds something new says so.
    void look(std::size_t first) {
        const bool wasKnown = isKnown.load();
        const int one = found(first);
        const int other = found(1 - first);
        if (one == kBetween || other == kBetween)
            fault = "seen between two changes that are one";
        if ((wasKnown && one != kNew) || (one == kNew && other != kNew))
            fault = "seen in part";
        if (one == kNew)
            isKnown.store(true);
        else
            didSeeOld = true;
    }
    void addTwice(std::size_t who) {
        for (int i = 0; i < 2; ++i) {
            Word* const here = changes.findSoon([&] { return counter.load(); });
            if (here != nullptr) {
                told[who].push_back(numberOf(grove::detail::addToWord(*here, 1)));
                continue;
            }
            didWait = true;
            lock.lock();
            told[who].push_back(numberOf(grove::detail::addToWord(*counter.load(), 1)));
            lock.unlock();
        }
    }
    /// The old count and the new have all that was added; nobody has added to one in between.
    void countUp() {
        std::vector<std::int64_t> all;
        for (const auto& sums : told) {
            if (!std::ranges::is_sorted(sums))
                fault = "told the old sum behind the new one";
            all.insert(all.end(), sums.begin(), sums.end());
        }
        const auto isNew = [](std::int64_t sum) { return sum > 100; };
        const auto added = std::ranges::count_if(all, isNew);
        if (std::ranges::any_of(all, [](std::int64_t sum) { return sum > 1'000; }))
            fault = "added to a counter that was only there in between";
        else if (numberOf(newCount.load()) != 100 + added)
            fault = "something added is missing";
    }
};

using World = TableOf<ChangeVersion>;
using LateWorld = TableOf<LateVersion>;

} // namespace

class tst_EtsChangeVersion : public QObject {
    Q_OBJECT

private slots:
    void readersSeeSeveralChangesWhollyOrNotAtAll() {
        bool didWait = false;
        bool didSeeOld = false;
        const auto outcome = explored<World>([](World&) {},
                                             {[](World& world) { world.look(0); },
                                              [&](World& world) {
                                                  world.look(1);
                                                  didWait = didWait || world.didWait;
                                                  didSeeOld = didSeeOld || world.didSeeOld;
                                              },
                                              [](World& world) { world.changeAll(); }},
                                             3);
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
        QVERIFY(didWait && didSeeOld);
    }
    void theExplorerFindsReadersWhoAreToldTooLate() {
        const auto outcome = explored<LateWorld>(
            [](LateWorld&) {},
            {[](LateWorld& world) { world.look(0); }, [](LateWorld& world) { world.changeAll(); }},
            3);
        QVERIFY(outcome.failure.contains("seen "));
    }
    void nobodyAddsToWhatIsOnlyThereBetweenSeveralChanges() {
        bool didWait = false;
        const auto outcome = Explorer::explore(
            [&] {
                const auto world = std::make_shared<World>();
                return Explorer::Scenario{{[world] { world->addTwice(0); },
                                           [world] { world->addTwice(1); },
                                           [world] { world->changeAll(); }},
                                          [world, &didWait] {
                                              world->countUp();
                                              didWait = didWait || world->didWait;
                                              return world->fault;
                                          }};
            },
            {.preemptionsMax = 3});
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
        QVERIFY(didWait);
    }
};

QTEST_APPLESS_MAIN(tst_EtsChangeVersion)
#include "tst_ets_change_version.moc"
