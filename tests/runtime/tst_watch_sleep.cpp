#include "sleepers.h"
#include "support/explored.h"
#include "watch_sleep.h"

#include <QTest>

#include <array>

using namespace grove;
using namespace grove::runtime;
using grove::test::explored;
using grove::test::ExploredAtomics;
using grove::test::ExploredWait;
using grove::test::Explorer;

namespace {

using ExploredParker = BasicParker<ExploredAtomics, ExploredWait>;

/// Looks at the others before it says that it sleeps, not after.
struct HastySleep : BasicWatchSleep<ExploredAtomics, ExploredParker> {
    template <class AllSleep, class Rest> void whileAllSleep(AllSleep&& allSleep, Rest&& rest) {
        const bool did = allSleep();
        BasicWatchSleep::whileAllSleep([did] { return did; }, rest);
    }
};

/// Schedulers that sleep until there is work, and then are awake for good: who watches them must
/// be, too.
template <class Sleep> struct World {
    struct Scheduler : BasicSleeper<ExploredAtomics, ExploredParker> {
        ExploredAtomics::Atomic<bool> hasWork{false};
    };
    BasicSleepers<ExploredAtomics> sleepers;
    std::array<Scheduler, 2> schedulers;
    std::size_t count = 1; // of schedulers
    Sleep watch;
    bool didRest = false;
    std::string fault;

    void runs(std::size_t number) {
        Scheduler& self = schedulers[number];
        while (!self.hasWork.load()) {
            sleepers.sleep(
                self, [&] { return self.hasWork.load() ? Duration::zero() : Duration::max(); });
            watch.somebodyWoke();
        }
    }
    void give(std::size_t to) {
        schedulers[to].hasWork.store(true);
        schedulers[to].wake();
    }
    /// As the watchdog: once.
    void watches() {
        watch.whileAllSleep(
            [&] {
                for (std::size_t each = 0; each < count; ++each)
                    if (!schedulers[each].isAsleep.load())
                        return false;
                return true;
            },
            [&] {
                didRest = true;
                watch.parker.park();
            });
    }
};

using Right = World<BasicWatchSleep<ExploredAtomics, ExploredParker>>;
using Hasty = World<HastySleep>;

} // namespace

class tst_WatchSleep : public QObject {
    Q_OBJECT

private slots:
    void whoWatchesIsAwakeWhenAnotherIs() {
        bool didRest = false;
        const auto outcome = explored<Right>([](Right&) {},
                                             {[](Right& world) { world.runs(0); },
                                              [&](Right& world) {
                                                  world.watches();
                                                  didRest = didRest || world.didRest;
                                              },
                                              [](Right& world) { world.give(0); }},
                                             3);
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
        QVERIFY(didRest);
    }
    void oneOfTwoIsEnough() {
        const auto outcome = explored<Right>(
            [](Right& world) {
                world.count = 2;
                world.schedulers[1].isAsleep.store(true); // and sleeps on
            },
            {[](Right& world) { world.runs(0); }, [](Right& world) { world.watches(); },
             [](Right& world) { world.give(0); }},
            3);
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
    }
    void theExplorerFindsWhoLooksBeforeSayingThatHeSleeps() {
        const auto outcome = explored<Hasty>([](Hasty&) {},
                                             {[](Hasty& world) { world.runs(0); },
                                              [](Hasty& world) { world.watches(); },
                                              [](Hasty& world) { world.give(0); }},
                                             3);
        QCOMPARE(outcome.failure.substr(0, 24), std::string("a thread waits for ever "));
    }
};

QTEST_APPLESS_MAIN(tst_WatchSleep)
#include "tst_watch_sleep.moc"
