#include "run_stack.h"
#include "sleepers.h"
#include "support/interleave.h"

#include <QTest>

#include <array>
#include <memory>
#include <string>

using namespace grove;
using namespace grove::runtime;
using grove::test::ExploredAtomics;
using grove::test::ExploredWait;
using grove::test::Explorer;

namespace {

struct Work {
    std::uint32_t runNext = 0;
    int done = 0;
};

/// Where the work lies, as processes in their slots.
struct Place {
    mutable std::array<Work, 3> all{}; // the place stays, what lies there changes
    [[nodiscard]] std::uint32_t indexOf(const Work& work) const {
        return static_cast<std::uint32_t>(&work - all.data());
    }
    [[nodiscard]] Work& slot(std::uint32_t index) const { return all[index]; }
};

using Sleepers = BasicSleepers<ExploredAtomics>;

/// Looks for work before it says that it sleeps, not after.
struct HastySleepers {
    template <class Sleeper, class Limit> void sleep(Sleeper& sleeper, Limit&& limit) {
        const Duration most = limit();
        sleeper.isAsleep.store(true);
        count.fetch_add(1);
        if (most > Duration::zero())
            static_cast<void>(sleeper.parker.parkFor(most));
        sleeper.isAsleep.store(false);
        count.fetch_sub(1);
    }
    template <class All> void wakeOne(const All& all) {
        if (count.load() == 0)
            return;
        for (const auto& sleeper : all) {
            if (sleeper->wake())
                return;
        }
    }
    ExploredAtomics::Atomic<int> count{0};
};

/// Schedulers that run what they find until all is over, as far as they look for work.
template <class SleepersType> struct World {
    using Parker = BasicParker<ExploredAtomics, ExploredWait>;
    struct Scheduler : BasicSleeper<ExploredAtomics, Parker> {
        BasicRunStack<ExploredAtomics> arrivals;
    };
    Place place;
    SleepersType sleepers;
    BasicRunStack<ExploredAtomics> injector;
    ExploredAtomics::Atomic<int> left{0}; // to do
    std::array<std::unique_ptr<Scheduler>, 2> schedulers{std::make_unique<Scheduler>(),
                                                         std::make_unique<Scheduler>()};
    Parker secondIsDone; // of who does the first; see looksAround()

    void take(Scheduler& self) {
        const auto run = [this](Work& work) {
            ++work.done;
            // Who does the last one ends the others.
            if (left.fetch_sub(1) == 1) {
                for (const auto& each : schedulers)
                    each->parker.unpark();
            }
        };
        self.arrivals.takeAll(place, run);
        injector.takeAll(place, run);
    }
    void runs(std::size_t number) {
        Scheduler& self = *schedulers[number];
        while (left.load() > 0) {
            take(self);
            if (left.load() == 0)
                return;
            sleepers.sleep(self, [&] {
                return self.arrivals.isEmpty() && injector.isEmpty() && left.load() > 0
                           ? Duration::max()
                           : Duration::zero();
            });
        }
    }
    /// As runs(), looking around before it sleeps. The first thing to do takes until the second has
    /// been done, by somebody else. `passesOn`: wakes another for what it leaves.
    void looksAround(std::size_t number, bool passesOn) {
        Scheduler& self = *schedulers[number];
        while (left.load() > 0) {
            sleepers.beginLooking();
            const Taken taken = takeInjected();
            sleepers.endLooking();
            if (passesOn && taken.any && !injector.isEmpty())
                sleepers.wakeOne(schedulers);
            if (taken.isFirstAlone)
                secondIsDone.park();
            if (taken.any)
                finish(taken.count);
            else if (left.load() > 0)
                sleepers.sleep(self, [&] {
                    return injector.isEmpty() && left.load() > 0 ? Duration::max()
                                                                 : Duration::zero();
                });
        }
    }
    void inject(std::uint32_t index) {
        injector.push(place, place.slot(index));
        sleepers.wakeOne(schedulers);
    }
    void give(std::size_t to, std::uint32_t index) {
        schedulers[to]->arrivals.push(place, place.slot(index));
        schedulers[to]->wake();
    }
    struct Taken {
        bool any = false;
        bool isFirstAlone = false; // without the second
        int count = 0;
    };
    Taken takeInjected() {
        Taken taken;
        bool isSecond = false;
        const auto run = [&](Work& work) {
            ++work.done;
            ++taken.count;
            (place.indexOf(work) == 0 ? taken.isFirstAlone : isSecond) = true;
        };
        taken.any = injector.takeAll(place, run);
        if (isSecond) {
            taken.isFirstAlone = false;
            secondIsDone.unpark();
        }
        return taken;
    }
    void finish(int count) {
        if (left.fetch_sub(count) == count) {
            for (const auto& each : schedulers)
                each->parker.unpark();
        }
    }
    std::string check(std::size_t count) {
        for (std::size_t index = 0; index < place.all.size(); ++index) {
            if (place.all[index].done != (index < count ? 1 : 0))
                return "something was not run once";
        }
        return {};
    }
};

using Threads = std::vector<std::function<void(World<Sleepers>&)>>;

/// So many things to do, by these threads.
Explorer::Outcome explored(int count, const Threads& threads, unsigned preemptionsMax) {
    return Explorer::explore(
        [&] {
            auto world = std::make_shared<World<Sleepers>>();
            world->left.store(count);
            Explorer::Scenario scenario;
            for (const auto& thread : threads)
                scenario.threads.push_back([world, thread] { thread(*world); });
            scenario.check = [world, count] {
                return world->check(static_cast<std::size_t>(count));
            };
            return scenario;
        },
        {.preemptionsMax = preemptionsMax});
}

/// Two look around while one thread leaves two things to do.
Explorer::Outcome twoThatLookAround(bool passOn) {
    return Explorer::explore(
        [passOn] {
            auto world = std::make_shared<World<Sleepers>>();
            world->left.store(2);
            return Explorer::Scenario{{[world, passOn] { world->looksAround(0, passOn); },
                                       [world, passOn] { world->looksAround(1, passOn); },
                                       [world] {
                                           world->inject(0);
                                           world->inject(1);
                                       }},
                                      [world] { return world->check(2); }};
        },
        {.preemptionsMax = 2});
}

void verify(const Explorer::Outcome& outcome) {
    QCOMPARE(outcome.failure, std::string());
    QVERIFY(outcome.isComplete);
    QVERIFY(outcome.runs > 50);
}

} // namespace

/// No order of the steps lets work lie while a scheduler sleeps, or runs it twice.
class tst_Sleepers : public QObject {
    Q_OBJECT
private slots:
    void whatTwoThreadsInjectIsRunByOneThatSleeps() {
        verify(explored(2,
                        {[](auto& world) { world.runs(0); }, [](auto& world) { world.inject(0); },
                         [](auto& world) { world.inject(1); }},
                        2));
    }
    void whatOneInjectsIsRunByOneThatSleeps() {
        verify(explored(2,
                        {[](auto& world) { world.runs(0); },
                         [](auto& world) {
                             world.inject(0);
                             world.inject(1);
                         }},
                        4));
    }
    void whatOneInjectsIsRunByOneOfTwo() {
        verify(explored(2,
                        {[](auto& world) { world.runs(0); }, [](auto& world) { world.runs(1); },
                         [](auto& world) {
                             world.inject(0);
                             world.inject(1);
                         }},
                        2));
    }
    void whatOneGivesToOneIsRunWhileAnotherInjects() {
        verify(explored(2,
                        {[](auto& world) { world.runs(0); }, [](auto& world) { world.give(0, 0); },
                         [](auto& world) { world.inject(1); }},
                        2));
    }
    void whatWakesNobodyIsRunThoughWhoLooksAroundFindsMore() { verify(twoThatLookAround(true)); }
    void theExplorerFindsWhoLooksAroundAndLeavesTheRest() {
        QCOMPARE(twoThatLookAround(false).failure.substr(0, 24),
                 std::string("a thread waits for ever "));
    }
    void theExplorerFindsWhoLooksBeforeSayingThatItSleeps() {
        const auto outcome = Explorer::explore([] {
            auto world = std::make_shared<World<HastySleepers>>();
            world->left.store(1);
            return Explorer::Scenario{{[world] { world->runs(0); }, [world] { world->inject(0); }},
                                      [world] { return world->check(1); }};
        });
        QCOMPARE(outcome.failure.substr(0, 24), std::string("a thread waits for ever "));
    }
};

QTEST_APPLESS_MAIN(tst_Sleepers)
#include "tst_sleepers.moc"
