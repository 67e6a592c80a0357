// The list of one tuple that a thread keeps for the next look in a table: which it keeps, and that
// it is nobody's meanwhile.

#include <grove/term/spare_list.h>
#include <grove/term/term.h>

#include <QTest>

#include <bit>
#include <thread>

using namespace grove;
using namespace grove::literals;

#if defined(GROVE_SYSTEM_MEMORY)

class tst_SpareList : public QObject {
    Q_OBJECT
private slots:
    void nothingIsKeptWhereTheSystemSeesEachBlock() {
        Term answer = list({tuple(1, 2)});
        answer = Term();
        QVERIFY(!detail::mayHaveSpareList());
    }
};

#else

namespace {

detail::TupleObject* objectOf(const Term& tuple) {
    return std::bit_cast<detail::TupleObject*>(tuple.bits());
}

using Make = Term (*)();

/// The address of the list that was filled, 0 for none. It stays a spare.
std::uint64_t filledWith(const Term& tuple) {
    return std::bit_cast<std::uint64_t>(detail::fillSpareList(objectOf(tuple)));
}

} // namespace

class tst_SpareList : public QObject {
    Q_OBJECT
private slots:
    void init() {
        static_cast<void>(trimMemory());
        QVERIFY(!detail::mayHaveSpareList());
    }

    void theLastAnswerIsKept() {
        Term answer = list({tuple(1, 2)});
        const std::uint64_t address = answer.bits();
        const std::uint64_t element = answer.head().bits();
        answer = Term();
        QVERIFY(detail::mayHaveSpareList());
        QCOMPARE(filledWith(tuple(3, "x"_atom)), address);
        // The next such answer that goes is freed as ever.
        answer = list({tuple(5, 6)});
        QVERIFY(answer.bits() != address && answer.head().bits() != element);
        const auto before = memoryStatistics().bytesInUse();
        answer = Term();
        QCOMPARE(before - memoryStatistics().bytesInUse(), std::size_t{64});
    }
    void onlyAsLongATupleFits() {
        Term answer = list({tuple(1, 2, 3)});
        answer = Term();
        QCOMPARE(filledWith(tuple(3, 4)), std::uint64_t{0});
        QCOMPARE(filledWith(tuple(3, 4, 5, 6)), std::uint64_t{0});
        QVERIFY(filledWith(tuple(3, 4, 5)) != 0);
    }

    void whatIsOfNoUseIsNotKept_data() {
        QTest::addColumn<Make>("make");
        QTest::addRow("two elements") << Make{[] { return list({tuple(1, 2), tuple(1, 2)}); }};
        QTest::addRow("no tuple") << Make{[] { return list({1}); }};
        QTest::addRow("improper") << Make{[] { return improperList({tuple(1, 2)}, 3); }};
        QTest::addRow("not words") << Make{[] { return list({tuple(1, "text")}); }};
        QTest::addRow("long") << Make{[] { return list({tuple(1, 2, 3, 4, 5, 6, 7, 8, 9)}); }};
    }
    void whatIsOfNoUseIsNotKept() {
        QFETCH(Make, make);
        const auto before = memoryStatistics().bytesInUse();
        Term value = make();
        value = Term();
        QVERIFY(!detail::mayHaveSpareList());
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }
    void norIsWhatOthersHold() {
        const Term held = tuple(1, 2);
        Term answer = list({held});
        answer = Term();
        QVERIFY(!detail::mayHaveSpareList());
        QCOMPARE(held, tuple(1, 2));
    }

    void itIsNobodysMemory() {
        const auto before = memoryStatistics().bytesInUse();
        Term answer = list({tuple(1, 2)});
        QCOMPARE(memoryStatistics().bytesInUse() - before, std::size_t{64});
        answer = Term();
        QVERIFY(detail::mayHaveSpareList());
        QCOMPARE(memoryStatistics().bytesInUse(), before);
        static_cast<void>(trimMemory());
        QVERIFY(!detail::mayHaveSpareList());
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }
    void itGoesWithItsThread() {
        // The first thread's own memory stays, for the next.
        std::thread([] { const Term own = tuple(1, 2); }).join();
        const auto before = memoryStatistics().bytesInUse();
        Term made = list({tuple(1, 2)}); // this thread's blocks
        bool keptBeforeItHadMemory = true;
        bool keptAfterwards = false;
        std::thread([&] {
            made = Term();
            keptBeforeItHadMemory = detail::mayHaveSpareList();
            Term own = list({tuple(1, 2)});
            own = Term();
            keptAfterwards = filledWith(tuple(3, 4)) != 0;
        }).join();
        QVERIFY(!keptBeforeItHadMemory && keptAfterwards);
        static_cast<void>(trimMemory()); // takes its blocks back
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }
};

#endif

QTEST_APPLESS_MAIN(tst_SpareList)
#include "tst_spare_list.moc"
