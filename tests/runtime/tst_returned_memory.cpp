#include "support/sim_fixture.h"

#include <grove/term/alloc.h>

#include <QTest>

#include <atomic>
#include <vector>

using namespace grove;
using namespace grove::test;

namespace {

constexpr std::size_t kBlocks = 400'000;
constexpr std::size_t kBytes = 64;
constexpr int kPatienceMs = 60'000;

/// Keeps its scheduler busy until it is told to end.
Task<> holder(std::atomic<int>* stage) {
    *stage = 1;
    while (*stage != 2) {
    }
    co_return;
}

Task<> maker(std::vector<void*>* blocks, std::atomic<bool>* isDone) {
    for (std::size_t index = 0; index < kBlocks; ++index)
        blocks->push_back(allocate(kBytes));
    *isDone = true;
    co_return;
}

Task<> endsAtOnce() {
    co_return;
}

bool areAsleep(const Runtime& runtime) {
    const auto rows = runtime.schedulers();
    return std::all_of(rows.begin(), rows.end(),
                       [](const SchedulerRow& row) { return row.isAsleep; });
}

} // namespace

/// What sleeps has no reason of its own to look for memory that others release. Not built where
/// memory is malloc's.
class tst_ReturnedMemory : public QObject {
    Q_OBJECT

private slots:
    /// Blocks made on the second scheduler are released while it sleeps, and only the first one
    /// runs after that.
    void ofASchedulerThatSleepsGoesBackToTheSystem() {
        Runtime runtime(
            {.schedulers = 2, .processesMax = 1U << 12, .holdLimit = std::chrono::hours(1)});
        QTRY_VERIFY_WITH_TIMEOUT(areAsleep(runtime), kPatienceMs);
        std::atomic<int> stage = 0;
        runtime.spawn(holder, &stage); // wakes the first one, since both sleep
        QTRY_COMPARE_WITH_TIMEOUT(stage.load(), 1, kPatienceMs);
        const std::size_t mappedBefore = memoryStatistics().mappedBytes;
        std::vector<void*> blocks;
        blocks.reserve(kBlocks);
        std::atomic<bool> isDone = false;
        runtime.spawn(maker, &blocks, &isDone);
        QTRY_VERIFY_WITH_TIMEOUT(isDone.load(), kPatienceMs);
        stage = 2;
        QTRY_VERIFY_WITH_TIMEOUT(areAsleep(runtime), kPatienceMs);
        QVERIFY(memoryStatistics().mappedBytes > mappedBefore + kBlocks * kBytes / 2);

        const std::uint64_t ranThere = runtime.schedulers()[1].dispatches;
        for (void* block : blocks)
            release(block, kBytes);
        runtime.spawn(endsAtOnce);
        QTRY_VERIFY_WITH_TIMEOUT(
            memoryStatistics().mappedBytes <= mappedBefore + kBlocks * kBytes / 4, kPatienceMs);
        QCOMPARE(runtime.schedulers()[1].dispatches, ranThere);
    }
};

QTEST_GUILESS_MAIN(tst_ReturnedMemory)
#include "tst_returned_memory.moc"
