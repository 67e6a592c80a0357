// The list of one tuple that a thread keeps for the next look in a table: which it keeps, and that
// it is nobody's meanwhile.

#include <grove/term/spare_list.h>
#include <grove/term/term.h>

#include <QTest>

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>
#include <vector>

using namespace grove;
using namespace grove::literals;

namespace {

// Said by constants: moc does not know what the compiler has.
#if defined(GROVE_SYSTEM_MEMORY)
constexpr bool kIsCounted = false; // memoryStatistics() says nothing
#else
constexpr bool kIsCounted = true;
#endif
#if defined(GROVE_HIDES_SPARES)
constexpr bool kHides = true;
#else
constexpr bool kHides = false;
#endif

/// Whether AddressSanitizer lets nobody touch a block.
bool isHidden([[maybe_unused]] std::uint64_t block) {
#if defined(GROVE_HIDES_SPARES)
    return __asan_address_is_poisoned(std::bit_cast<void*>(block)) != 0;
#else
    return false;
#endif
}

detail::TupleObject* objectOf(const Term& tuple) {
    return std::bit_cast<detail::TupleObject*>(tuple.bits());
}

using Make = Term (*)();

Term rowOf(std::size_t size) {
    std::vector<Term> elements(size, Term(7));
    return tupleFrom(elements);
}

/// The address of the list that was filled, 0 for none. It is a spare again.
std::uint64_t filledWith(const Term& tuple) {
    auto* const taken = detail::takeSpareList(objectOf(tuple), [] { return true; });
    if (taken == nullptr)
        return 0;
    Term list;
    std::memcpy(static_cast<void*>(&list), &taken, sizeof(list));
    return list.head() == tuple && list.tail().isNil() ? list.bits() : 1;
}
bool isAnyKept() {
    return std::ranges::any_of(detail::t_sparePairs->pairs,
                               [](const auto& pair) { return pair.first.load() != nullptr; });
}

/// Which has the memory of the last one that ended.
bool isKeptByTheNextThread() {
    bool isKept = true;
    std::thread([&] {
        {
            const Term own = tuple(1, 2);
        }
        isKept = isAnyKept();
    }).join();
    return isKept;
}

/// Drops a list when its thread's memory has been given away.
struct DropsAtTheEnd {
    Term last;
    ~DropsAtTheEnd() { last = Term(); }
};

} // namespace

class tst_SpareList : public QObject {
    Q_OBJECT
private slots:
    void init() {
        static_cast<void>(trimMemory());
        QVERIFY(!isAnyKept());
    }

    void anAnswerThatGoesIsKept() {
        Term answer = list({tuple(1, 2)});
        const std::uint64_t address = answer.bits();
        const std::uint64_t element = answer.head().bits();
        answer = Term();
        QVERIFY(isAnyKept());
        QCOMPARE(filledWith(tuple(3, "x"_atom)), address);
        // The next such answer that goes is freed as ever.
        answer = list({tuple(5, 6)});
        QVERIFY(answer.bits() != address && answer.head().bits() != element);
        const auto before = memoryStatistics().bytesInUse();
        answer = Term();
        QCOMPARE(before - memoryStatistics().bytesInUse(), std::size_t{kIsCounted ? 64 : 0});
    }
    void oneOfEachSizeIsKept() {
        std::vector<std::uint64_t> addresses;
        for (std::size_t size = 1; size <= 8; ++size) {
            QCOMPARE(filledWith(rowOf(size)), std::uint64_t{0});
            Term answer = list({rowOf(size)});
            addresses.push_back(answer.bits());
            answer = Term();
        }
        for (std::size_t size = 1; size <= 8; ++size)
            QCOMPARE(filledWith(rowOf(size)), addresses[size - 1]);
        QCOMPARE(filledWith(rowOf(9)), std::uint64_t{0});
    }
    void whatIsNotTakenStays() {
        Term answer = list({tuple(1, 2)});
        const std::uint64_t address = answer.bits();
        answer = Term();
        const Term row = tuple(3, 4);
        QVERIFY(detail::takeSpareList(objectOf(row), [] { return false; }) == nullptr);
        QCOMPARE(filledWith(row), address);
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
        QVERIFY(!isAnyKept());
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }
    void norIsWhatOthersHold() {
        const Term held = tuple(1, 2);
        Term answer = list({held});
        answer = Term();
        QVERIFY(!isAnyKept());
        QCOMPARE(held, tuple(1, 2));
    }

    void whatIsKeptIsHiddenFromAllUnderAddressSanitizer() {
        Term answer = list({tuple(1, 2)});
        const std::uint64_t cell = answer.bits();
        const std::uint64_t element = answer.head().bits();
        QVERIFY(!isHidden(cell) && !isHidden(element));
        answer = Term();
        QVERIFY(isHidden(cell) == kHides && isHidden(element) == kHides);
        const Term row = tuple(3, 4);
        QVERIFY(detail::takeSpareList(objectOf(row), [] { return false; }) == nullptr);
        QVERIFY(isHidden(cell) == kHides && isHidden(element) == kHides);
        QCOMPARE(filledWith(row), cell); // and gone again
        QVERIFY(isHidden(cell) == kHides && isHidden(element) == kHides);
    }
    void itIsNobodysMemory() {
        const auto before = memoryStatistics().bytesInUse();
        Term answer = list({tuple(1, 2)});
        QCOMPARE(memoryStatistics().bytesInUse() - before, std::size_t{kIsCounted ? 64 : 0});
        answer = Term();
        QVERIFY(isAnyKept());
        QCOMPARE(memoryStatistics().bytesInUse(), before);
        static_cast<void>(trimMemory());
        QVERIFY(!isAnyKept());
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
            keptBeforeItHadMemory = isAnyKept();
            Term own = list({tuple(1, 2)});
            own = Term();
            keptAfterwards = filledWith(tuple(3, 4)) != 0;
        }).join();
        QVERIFY(!keptBeforeItHadMemory && keptAfterwards);
        QVERIFY(!isKeptByTheNextThread());
        static_cast<void>(trimMemory()); // takes its blocks back
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }
    /// Of what goes so late, nothing gets into memory that is the next thread's.
    void nothingIsKeptByAThreadThatHasEnded() {
        const auto before = memoryStatistics().bytesInUse();
        std::thread([] {
            thread_local DropsAtTheEnd drops; // made before the thread has memory: goes after it
            drops.last = list({tuple(1, 2)});
        }).join();
        QVERIFY(!isKeptByTheNextThread());
        static_cast<void>(trimMemory());
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }
};

QTEST_APPLESS_MAIN(tst_SpareList)
#include "tst_spare_list.moc"
