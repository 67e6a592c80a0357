#include "thread.h"

#include <grove/runtime/clock.h>
#include <grove/term/alloc.h>
#include <grove/term/memory_home.h>

#include <QTest>

#include <algorithm>
#include <sys/mman.h>
#include <vector>

using namespace grove;
using grove::runtime::Thread;

namespace {

std::size_t trimAll() {
    while (trimMemory() == Trimmed::MoreToDo) {
    }
    return memoryStatistics().mappedBytes;
}

constexpr std::size_t kClassOf64 = 3;
std::size_t blocksOf64() {
    return memoryStatistics().classes[kClassOf64].blocksInUse;
}

constexpr std::size_t kRegion = std::size_t{2} << 20;
constexpr std::size_t kPage = 4'096;
std::size_t residentBytesOfRegion(void* block) {
    auto* const region =
        static_cast<char*>(block) - reinterpret_cast<std::uintptr_t>(block) % kRegion;
    std::vector<unsigned char> pages(kRegion / kPage);
    if (mincore(region, kRegion, pages.data()) != 0)
        return kRegion;
    return kPage * static_cast<std::size_t>(std::ranges::count_if(
                       pages, [](unsigned char page) { return (page & 1U) != 0; }));
}

/// Has `count` blocks of this thread released by another.
void letReturn(std::size_t count) {
    std::vector<void*> blocks;
    for (std::size_t index = 0; index < count; ++index)
        blocks.push_back(allocate(64));
    Thread("releaser", [&] {
        for (void* block : blocks)
            release(block, 64);
    }).join();
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

    void eachBlockThatComesBackIsCountedAlsoInAFullChunk() {
        const std::size_t before = blocksOf64();
        std::vector<void*> blocks;
        for (int index = 0; index < 5'000; ++index) // some chunks of 1,024
            blocks.push_back(allocate(64));
        for (std::size_t gone = 0; gone < blocks.size(); ++gone) {
            QCOMPARE(blocksOf64(), before + blocks.size() - gone);
            release(blocks[gone], 64);
        }
        QCOMPARE(blocksOf64(), before);
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

    /// A huge page is filled by its first touch, with the chunks that nobody took.
    void memoryThatNobodyTookGoesBackAsWell() {
        std::size_t before = 0, after = 0;
        Thread("holder", [&] {
            static_cast<void>(trimAll());
            std::vector<void*> blocks;
            for (std::size_t bytes = 0; bytes < 5 * kRegion / 2; bytes += 64)
                blocks.push_back(allocate(64));
            void* const last = blocks.back(); // somewhere in the last region
            blocks.pop_back();
            before = residentBytesOfRegion(last);
            for (void* block : blocks)
                release(block, 64);
            static_cast<void>(trimAll());
            after = residentBytesOfRegion(last);
            release(last, 64);
        }).join();
        const bool wasLargePage = before == kRegion; // if the system had one
        QVERIFY2(!wasLargePage || after <= 2 * (64U << 10), qPrintable(QString::number(after)));
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

    void aHomeTellsWhetherBlocksHaveReturned() {
        trimAll();
        const MemoryHome home = MemoryHome::ofThisThread();
        QVERIFY(!home.hasReturned());
        QVERIFY(!MemoryHome().hasReturned());
        letReturn(1);
        QVERIFY(home.hasReturned());
        trimAll();
        QVERIFY(!home.hasReturned());
    }

    /// Who needs a block, or trims, is not held up by millions that were released elsewhere.
    void blocksThatReturnAreTakenInPieces() {
        constexpr std::size_t kReturned = 100'000;
        constexpr std::size_t kAtOnce = 1'024;
        trimAll();
        QCOMPARE(memoryStatistics().classes[kClassOf64].blockBytes, std::size_t{64});
        const std::size_t before = blocksOf64();
        letReturn(kReturned);
        QCOMPARE(blocksOf64(), before + kReturned); // on their way home
        std::vector<void*> others;
        while (blocksOf64() > before + kReturned / 2) {
            const std::size_t left = blocksOf64();
            others.push_back(allocate(1'024));
            QVERIFY(left - blocksOf64() <= kAtOnce);
            QVERIFY(others.size() < kReturned);
        }
        for (std::size_t left = blocksOf64(); trimMemory() == Trimmed::MoreToDo;
             left = blocksOf64())
            QVERIFY(left - blocksOf64() <= 16 * kAtOnce);
        QCOMPARE(blocksOf64(), before);
        for (void* block : others)
            release(block, 1'024);
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
