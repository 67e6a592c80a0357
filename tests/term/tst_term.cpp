#include <grove/term/alloc.h>
#include <grove/term/size.h>
#include <grove/term/term.h>

#include <QTest>

#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace grove;
using namespace grove::literals;

namespace {

Term nested(int depth) {
    Term term(1);
    for (int i = 0; i < depth; ++i) {
        term = tuple(std::move(term));
    }
    return term;
}

} // namespace

class tst_Term : public QObject {
    Q_OBJECT

private slots:
    void noTermIsNone() {
        const Term none;
        QVERIFY(none.isNone());
        QVERIFY(!none.isAtom() && !none.isInteger() && !none.isTuple() && !none.isList());
        QVERIFY(none == Term());
        QVERIFY(none < Term(0));
    }

    void integersKeepTheirValue_data() {
        QTest::addColumn<qint64>("value");
        for (const qint64 value :
             {qint64{0}, qint64{-1}, (qint64{1} << 59) - 1, qint64{1} << 59, -(qint64{1} << 59),
              -(qint64{1} << 59) - 1, std::numeric_limits<qint64>::max(),
              std::numeric_limits<qint64>::min()}) {
            QTest::addRow("%lld", value) << value;
        }
    }
    void integersKeepTheirValue() {
        QFETCH(qint64, value);
        const Term term(value);
        QVERIFY(term.isInteger());
        QCOMPARE(term.toInt(), value);
        QVERIFY(term == Term(value));
        QVERIFY(equalsExact(term, Term(value)));
        const bool fitsInAWord = value >= -(qint64{1} << 59) && value < (qint64{1} << 59);
        QCOMPARE(term.isSmallInteger(), fitsInAWord);
        QCOMPARE(term.asBigInt().has_value(), !fitsInAWord);
    }

    void integersOfAnySizeAreNormalised() {
        const std::uint64_t padded[] = {5, 0, 0};
        QVERIFY(bigInteger(true, padded).isSame(Term(-5)));
        const std::uint64_t wide[] = {1, 2, 3};
        const Term big = bigInteger(false, wide);
        QVERIFY(!big.asInt() && !big.asUint());
        QCOMPARE(big.asBigInt()->limbs.size(), std::size_t{3});
        QCOMPARE(Term(std::numeric_limits<std::uint64_t>::max()).asUint(),
                 std::numeric_limits<std::uint64_t>::max());
        QVERIFY(!Term(std::numeric_limits<std::uint64_t>::max()).asInt());
    }

    void cppValuesBecomeTerms() {
        QVERIFY(Term(true).isAtom(atoms::true_));
        QCOMPARE(Term("milk").toBinary(), std::string_view("milk"));
        QCOMPARE(Term(std::string("milk")).toBinary(), std::string_view("milk"));
        QCOMPARE(Term(1.5).toFloat(), 1.5);
        QCOMPARE(Term(Pid::make(7, 2)).toPid(), Pid::make(7, 2));
        QCOMPARE(Term(Ref::make(255, Ref::kCounterMax)).toRef(), Ref::make(255, Ref::kCounterMax));
        QCOMPARE(Pid::make(Pid::kIndexMax, 0xFFFF'FFFF).index(), Pid::kIndexMax);
        QCOMPARE(Term(Pid::make(Pid::kIndexMax, 0xFFFF'FFFF)).toPid().generation(), 0xFFFF'FFFF);
    }

    void accessorsOfAnotherKindGiveNothing() {
        const Term term = tuple("a"_atom, 1);
        QVERIFY(!term.asAtom() && !term.asInt() && !term.asBinary() && !term.asPid() &&
                !term.asFloat());
        QVERIFY(!term.listLength() && term.mapFind(1) == nullptr);
        QVERIFY(Term(1).elements().empty());
    }

    void tuplesKeepTheirElements() {
        const Term term = tuple("add"_atom, 1, "milk", list({1, 2}));
        QCOMPARE(term.tupleSize(), std::size_t{4});
        QVERIFY(term.isTagged("add"_atom, 4));
        QVERIFY(!term.isTagged("add"_atom, 3));
        QCOMPARE(term.element(2).toBinary(), std::string_view("milk"));
        QCOMPARE(tuple().tupleSize(), std::size_t{0});
        QVERIFY(tuple() == tuple({}));
        QVERIFY(tuple({1, "x"}) == tuple(1, "x"));
    }

    void listsAreWalkedInOrder() {
        std::vector<std::int64_t> seen;
        for (const Term& element : list({1, 2, 3}).listElements()) {
            seen.push_back(element.toInt());
        }
        QCOMPARE(seen, (std::vector<std::int64_t>{1, 2, 3}));
        QCOMPARE(*list({1, 2, 3}).listLength(), std::size_t{3});
        QVERIFY(list().isNil());
        const Term improper = improperList({1, 2}, 3);
        QVERIFY(!improper.listLength());
        QVERIFY(improper.tail().tail() == Term(3));
        QVERIFY(charlist("h\u00e9") == list({'h' + 0, 0xE9}));
    }

    void bitstringsClearTheBitsTheyDoNotUse() {
        const std::uint8_t bytes[] = {0xFF, 0xFF};
        const Term bits = bitstring(bytes, 11);
        QVERIFY(bits.isBitstring() && !bits.isBinary() && !bits.asBinary());
        QCOMPARE(bits.asBits()->bitCount, std::size_t{11});
        QCOMPARE(bits.asBits()->bytes[1], std::uint8_t{0xE0});
        QVERIFY(bitstring(bytes, 16).isBinary());
        QVERIFY(bitstring(bytes, 8) < bits);
    }

    void copiesShareAndMovesEmpty() {
        Term first = tuple(1, 2);
        Term second = first;
        QVERIFY(second.isSame(first));
        const Term third = std::move(first);
        QVERIFY(first.isNone());
        QVERIFY(third.isSame(second));
        second = third;
        second = *&second;
        QVERIFY(second.isSame(third));
    }

    void flatWordsCountAsErlangDoes() {
        QCOMPARE(Term(1).flatWords(), 0U);
        QCOMPARE(list({1, 2}).flatWords(), 4U);
        QCOMPARE(tuple(1, 2, 3).flatWords(), 4U);
        QCOMPARE(tuple(1.5).flatWords(), 4U);
        QCOMPARE(tuple(list({1}), list({1})).flatWords(), 7U);
    }

    void flatWordsOfManySharedSharesStopAtTheirMaximum() {
        Term term(1);
        for (int i = 0; i < 100; ++i) {
            term = tuple(term, term); // 2^100 words, 100 objects
        }
        QCOMPARE(term.flatWords(), std::numeric_limits<std::uint32_t>::max());
        QCOMPARE(memoryBytes(term), std::size_t{100 * 32});
    }

    void memoryBytesCountsWhatIsSharedOnce() {
        const Term inner = tuple(1, 2);
        QCOMPARE(memoryBytes(inner), std::size_t{32});
        QCOMPARE(memoryBytes(tuple(inner, inner)), std::size_t{64});
        QCOMPARE(memoryBytes(Term("abcd")), std::size_t{28});
        QCOMPARE(memoryBytes(Term(7)), std::size_t{0});
    }

    void longListDiesWithoutDeepRecursion() {
        Term long_ = Term::nil();
        for (int i = 0; i < 10'000'000; ++i) {
            long_ = cons(i, std::move(long_));
        }
        QCOMPARE(long_.head().toInt(), 9'999'999);
        long_ = Term();
    }

    void deepTupleDiesWithoutDeepRecursion() {
        Term deep = nested(1'000'000);
        Term shared = deep.element(0);
        deep = Term();
        QVERIFY(shared.isTuple(1));
    }

    void wideTermGivesAllItsMemoryBack() {
        const auto before = memoryStatistics().bytesInUse();
        {
            std::vector<Term> many;
            for (int i = 0; i < 100'000; ++i) {
                many.push_back(tuple(i, "text", 1.5, map({{i, list({i})}})));
            }
            const Term wide = tupleFrom(many);
            const Term again = wide;
            QVERIFY(memoryBytes(wide) > 100'000 * std::size_t{100});
        }
        QCOMPARE(memoryStatistics().bytesInUse(), before);
    }

    void immortalTermsAreNeverCounted() {
        static const Term term = tuple("a"_atom, "text"); // reachable until the end
        term.makeImmortal();
        for (int i = 0; i < 1'000; ++i) {
            Term copy = term;
            const Term inner = copy.element(1);
        }
        QCOMPARE(term.element(1).toBinary(), std::string_view("text"));
    }

    void sharedTermsSurviveManyThreads() {
        Term shared = tuple("a"_atom, list({1, 2, 3}), "text");
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([mine = shared] {
                    for (int i = 0; i < 20'000; ++i) {
                        const Term copy = mine;
                        const Term inner = copy.element(1);
                        const Term other = tuple(copy, inner);
                    }
                });
            }
            shared = Term();
        }
        QVERIFY(shared.isNone());
    }
};

QTEST_APPLESS_MAIN(tst_Term)
#include "tst_term.moc"
