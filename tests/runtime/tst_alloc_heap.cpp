#include "thread.h"

#include <grove/runtime/clock.h>
#include <grove/term/alloc.h>

#include <QTest>

#include <vector>

using namespace grove;
using grove::runtime::Thread;

namespace {

std::size_t trimAll() {
    while (trimMemory() == Trimmed::MoreToDo) {
    }
    return memoryStatistics().mappedBytes;
}

} // namespace

/// What only the project's own memory does; under the sanitizers memory is malloc's and this test
/// is not built.
class tst_AllocHeap : public QObject {
    Q_OBJECT

private slots:
    void aReleasedBlockIsTheNextOneGiven() {
        void* const first = allocate(100);
        release(first, 100);
        void* const second = allocate(112); // same class
        QCOMPARE(second, first);
        release(second, 112);
    }

    void statisticsCountWhatIsInUse() {
        const MemoryStatistics before = memoryStatistics();
        std::vector<void*> blocks;
        for (int index = 0; index < 1'000; ++index)
            blocks.push_back(allocate(200));
        void* const large = allocate(10'000);
        const MemoryStatistics during = memoryStatistics();
        QCOMPARE(during.bytesInUse() - before.bytesInUse(), std::size_t{1'000 * 224 + 10'000});
        for (void* block : blocks)
            release(block, 200);
        release(large, 10'000);
        QCOMPARE(memoryStatistics().bytesInUse(), before.bytesInUse());
    }

    void memoryGoesBackToTheSystemAfterABurst() {
        const std::size_t mappedBefore = trimAll();
        std::vector<void*> blocks;
        for (int index = 0; index < 200'000; ++index)
            blocks.push_back(allocate(512));
        QVERIFY(memoryStatistics().mappedBytes > mappedBefore + 90'000'000);
        Random random(3);
        while (!blocks.empty()) { // in no order
            std::swap(blocks[random.below(blocks.size())], blocks.back());
            release(blocks.back(), 512);
            blocks.pop_back();
        }
        QVERIFY(trimAll() <= mappedBefore + 4'000'000);
    }

    void blocksReleasedOnAnotherThreadGoHome() {
        const std::size_t before = memoryStatistics().bytesInUse();
        for (int round = 0; round < 20; ++round) {
            std::vector<void*> blocks;
            for (int index = 0; index < 10'000; ++index)
                blocks.push_back(allocate(64));
            Thread("releaser", [&] {
                for (void* block : blocks)
                    release(block, 64);
            }).join();
        }
        trimAll();
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }

    void aThreadThatEndsLeavesItsHeapToTheNext() {
        Thread("first", [] { release(allocate(64), 64); }).join();
        const std::size_t mapped = memoryStatistics().mappedBytes;
        for (int round = 0; round < 50; ++round)
            Thread("next", [] { release(allocate(64), 64); }).join();
        QCOMPARE(memoryStatistics().mappedBytes, mapped);
    }
};

QTEST_APPLESS_MAIN(tst_AllocHeap)
#include "tst_alloc_heap.moc"
