#include <grove/term/alloc.h>
#include <grove/term/sliced_destruction.h>
#include <grove/term/term.h>

#include <QTest>

#include <thread>
#include <vector>

using namespace grove;
using Freed = SlicedDestruction::Freed;

namespace {

constexpr int kMany = 200'000;

using Make = Term (*)();

Term longList() {
    Term made = Term::nil();
    for (int i = 0; i < kMany; ++i) {
        made = cons(tuple(i), std::move(made));
    }
    return made;
}

Term wideTuple() {
    std::vector<Term> elements;
    for (int i = 0; i < kMany; ++i) {
        elements.push_back(tuple(i));
    }
    return tupleFrom(elements);
}

Term deepTuple() {
    Term made(1);
    for (int i = 0; i < kMany; ++i) {
        made = tuple(i, std::move(made));
    }
    return made;
}

Term largeMap() {
    std::vector<MapEntry> entries;
    for (int i = 0; i < kMany; ++i) {
        entries.push_back({i, tuple(i)});
    }
    return mapFrom(entries);
}

Term mapsInMaps() {
    const Term around = largeMap();
    Term made(1);
    for (int i = 0; i < kMany / 10; ++i) {
        made = mapPut(around, i, map({{1, std::move(made)}}));
    }
    return made;
}

std::size_t smallBlocks() {
    std::size_t count = 0;
    for (const auto& each : memoryStatistics().classes) {
        count += each.blocksInUse;
    }
    return count;
}

} // namespace

class tst_Destruction : public QObject {
    Q_OBJECT

private slots:
    void hugeTermsDieInSlices_data() {
        QTest::addColumn<Make>("make");
        QTest::addRow("long list") << &longList;
        QTest::addRow("wide tuple") << &wideTuple;
        QTest::addRow("deep tuple") << &deepTuple;
        QTest::addRow("large map") << &largeMap;
        QTest::addRow("maps in maps") << &mapsInMaps;
    }
    void hugeTermsDieInSlices() {
        QFETCH(Make, make);
        const auto before = memoryStatistics().bytesInUse();
        {
            const SlicedDestruction sliced;
            Term huge = make();
            auto blocks = smallBlocks();
            huge = Term();
            QVERIFY(SlicedDestruction::isAnythingLeft());
            int slices = 0;
            auto freed = Freed::MoreToDo;
            while (freed == Freed::MoreToDo) {
                const auto left = smallBlocks();
                // A step frees one block at most; one value's elements may go beyond the slice.
                QVERIFY(blocks - left <= SlicedDestruction::kStepsAtOnce + 300);
                blocks = left;
                freed = SlicedDestruction::freeSome();
                ++slices;
            }
            QVERIFY(slices > 50);
            QVERIFY(!SlicedDestruction::isAnythingLeft());
        }
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }

    void whatWaitsDiesWithOthers() {
        const auto before = memoryStatistics().bytesInUse();
        const SlicedDestruction sliced;
        Term huge = longList();
        huge = Term();
        int others = 0;
        for (; SlicedDestruction::isAnythingLeft() && others < kMany; ++others) {
            const Term other = tuple(others);
        }
        QVERIFY(others < kMany / 10);
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }

    void theEndOfSlicesFreesEverything() {
        const auto before = memoryStatistics().bytesInUse();
        {
            const SlicedDestruction sliced;
            const Term one = longList();
            const Term two = wideTuple();
        }
        QCOMPARE(memoryStatistics().bytesInUse(), before);
        // From here on again at once.
        const Term huge = longList();
        QCOMPARE(SlicedDestruction::freeSome(), Freed::Everything);
    }

    void whatOthersStillHoldLives() {
        const SlicedDestruction sliced;
        const Term kept = wideTuple();
        {
            const Term around = tuple(kept, longList());
        }
        while (SlicedDestruction::freeSome() == Freed::MoreToDo) {
        }
        for (int i = 0; i < kMany; ++i) {
            QCOMPARE(kept.element(static_cast<std::size_t>(i)).element(0).toInt(), i);
        }
    }

    void eachThreadHasItsOwn() {
        const SlicedDestruction sliced;
        std::thread([list = longList()]() mutable {
            list = Term();
            QVERIFY(!SlicedDestruction::isAnythingLeft());
            const SlicedDestruction mine;
            const Term wide = wideTuple();
        }).join();
        QVERIFY(!SlicedDestruction::isAnythingLeft());
    }
};

QTEST_APPLESS_MAIN(tst_Destruction)
#include "tst_destruction.moc"
