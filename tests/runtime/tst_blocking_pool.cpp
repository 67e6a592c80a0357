#include "blocking_pool.h"

#include <QTest>

#include <atomic>
#include <latch>
#include <memory>
#include <set>
#include <string>

using namespace grove;
using namespace grove::runtime;
using namespace std::chrono_literals;

namespace {

std::string currentThreadName() {
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    return name;
}

} // namespace

class tst_BlockingPool : public QObject {
    Q_OBJECT

private slots:
    void runsTheWorkThenItsCompletionOnAThreadOfThePool() {
        std::vector<std::string> steps;
        BlockingPool pool({.name = "pool"});
        QVERIFY(pool.submit({.work = [&] { steps.push_back("work on " + currentThreadName()); },
                             .done = [&] { steps.push_back("done on " + currentThreadName()); }}) ==
                BlockingPool::Submitted::Accepted);
        pool.shutdown();
        QCOMPARE(steps, (std::vector<std::string>{"work on pool-1", "done on pool-1"}));
    }

    void growsToItsBoundAndNoFurther() {
        constexpr unsigned kThreads = 4;
        BlockingPool pool({.threadsMax = kThreads});
        std::latch allRun(kThreads + 1);
        std::latch goOn(1);
        std::atomic<int> ran{0};
        const auto hold = [&] {
            allRun.count_down();
            goOn.wait();
            ++ran;
        };
        for (unsigned job = 0; job < kThreads; ++job)
            QVERIFY(pool.submit({.work = hold, .done = nullptr}) ==
                    BlockingPool::Submitted::Accepted);
        allRun.arrive_and_wait(); // all four run side by side
        for (int job = 0; job < 100; ++job)
            QVERIFY(pool.submit({.work = [&] { ++ran; }, .done = nullptr}) ==
                    BlockingPool::Submitted::Accepted);
        const BlockingPool::Counts counts = pool.counts();
        QCOMPARE(counts.threads, std::size_t{kThreads});
        QCOMPARE(counts.queuedJobs, std::size_t{100});
        goOn.count_down();
        pool.shutdown();
        QCOMPARE(ran.load(), 104);
    }

    void jobsOfOneThreadStartInTheOrderSubmitted() {
        std::vector<int> order;
        {
            BlockingPool pool({.threadsMax = 1});
            for (int job = 0; job < 1'000; ++job)
                QVERIFY(pool.submit({.work = [&order, job] { order.push_back(job); },
                                     .done = nullptr}) == BlockingPool::Submitted::Accepted);
        }
        QCOMPARE(order.size(), std::size_t{1'000});
        QVERIFY(std::is_sorted(order.begin(), order.end()));
    }

    void idleThreadsEnd() {
        BlockingPool pool({.threadsMax = 4, .idleLimit = 1ms});
        for (int round = 0; round < 50; ++round) { // ends and starts race with submissions
            std::latch done(2);
            QVERIFY(pool.submit({.work = [] {}, .done = [&] { done.count_down(); }}) ==
                    BlockingPool::Submitted::Accepted);
            done.arrive_and_wait();
        }
        QTRY_COMPARE(pool.counts().threads, std::size_t{0});
    }

    void whatAJobHoldsGoesBeforeTheThreadWaitsAgain() {
        BlockingPool pool({.threadsMax = 1});
        auto held = std::make_shared<int>(1);
        const std::weak_ptr<int> watched = held;
        QVERIFY(pool.submit({.work = [held = std::move(held)] {}, .done = nullptr}) ==
                BlockingPool::Submitted::Accepted);
        QTRY_COMPARE(pool.counts().idleThreads, std::size_t{1});
        QVERIFY(watched.expired());
    }

    void aClosedPoolRefusesAndDestroysTheJob() {
        BlockingPool pool;
        pool.shutdown();
        auto held = std::make_shared<int>(1);
        const std::weak_ptr<int> watched = held;
        QVERIFY(pool.submit({.work = [held = std::move(held)] {}, .done = nullptr}) ==
                BlockingPool::Submitted::Closed);
        QVERIFY(watched.expired());
    }

    void manySubmittersLoseNoJob() {
        std::atomic<int> ran{0};
        BlockingPool pool({.threadsMax = 3, .idleLimit = 100us});
        {
            std::vector<Thread> submitters;
            for (int submitter = 0; submitter < 3; ++submitter)
                submitters.emplace_back("submitter", [&] {
                    for (int job = 0; job < 5'000; ++job) {
                        if (pool.submit({.work = [&] { ++ran; }, .done = nullptr}) ==
                            BlockingPool::Submitted::Closed)
                            ran += 1'000'000;
                    }
                });
        }
        pool.shutdown();
        QCOMPARE(ran.load(), 15'000);
    }
};

QTEST_APPLESS_MAIN(tst_BlockingPool)
#include "tst_blocking_pool.moc"
