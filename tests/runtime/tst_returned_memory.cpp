#pragma push_macro("slots") // Qt's, and a member of Core
#undef slots
#include "core.h"
#include "worker.h"
#pragma pop_macro("slots")

#include "support/sim_fixture.h"

#include <grove/term/alloc.h>

#include <QTest>

#include <atomic>
#include <fstream>
#include <unistd.h>
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

constexpr std::size_t kFirst = 500'000;
constexpr std::size_t kSecond = 200'000;
constexpr std::size_t kBytesOfProcess = 192; // of its slot alone

Task<> waitsForEver() {
    co_await receive(any());
}

struct Crowds {
    std::size_t residentBytes = 0; // with both of them
    std::atomic<bool> isOver = false;
};

std::size_t residentBytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::uint32_t chainsInDepot() {
#pragma push_macro("slots")
#undef slots
    return runtime::thisWorker()->core.slots.spareChains();
#pragma pop_macro("slots")
}

/// Kills the first of two crowds, keeps its scheduler at work until somebody takes their slots out
/// of the depot, and kills the second.
Task<> crowdDriver(Crowds* crowds) {
    std::vector<Pid> all;
    const auto yieldNow = [](std::size_t at) { return at % 1'000 == 999; };
    for (std::size_t at = 0; at < kFirst + kSecond; ++at) {
        all.push_back(spawn(waitsForEver));
        if (yieldNow(at))
            co_await yield();
    }
    crowds->residentBytes = residentBytes();
    for (std::size_t at = 0; at < kFirst; ++at) {
        exit(all[at], atoms::kill);
        if (yieldNow(at))
            co_await yield();
    }
    for (std::uint32_t most = 0; chainsInDepot() >= most; co_await yield())
        most = chainsInDepot();
    for (std::size_t at = kFirst; at < all.size(); ++at) {
        exit(all[at], atoms::kill);
        if (yieldNow(at))
            co_await yield();
    }
    crowds->isOver = true;
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

    /// While the slots of a first crowd are being given back, which nobody has needed for a second,
    /// those of a second one become free and all go to sleep.
    void ofProcessesThatEndDuringATrimGoesBackAsWell() {
        Runtime runtime({.schedulers = 1});
        Crowds crowds;
        const std::size_t before = residentBytes();
        runtime.spawn(crowdDriver, &crowds);
        QTRY_VERIFY_WITH_TIMEOUT(crowds.isOver.load(), kPatienceMs);
        QVERIFY(crowds.residentBytes > before + (kFirst + kSecond) * kBytesOfProcess);
        QTRY_VERIFY_WITH_TIMEOUT(areAsleep(runtime), kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(residentBytes() < before + kSecond * kBytesOfProcess / 2,
                                 kPatienceMs);
    }
};

QTEST_GUILESS_MAIN(tst_ReturnedMemory)
#include "tst_returned_memory.moc"
