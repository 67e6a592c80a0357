#include <grove/term/function.h>
#include <grove/term/term.h>

#include <QTest>

#include <unordered_map>
#include <vector>

using namespace grove;
using namespace grove::literals;

class tst_Order : public QObject {
    Q_OBJECT

private slots:
    void ordersTheKindsAsErlangDoes() {
        const std::vector<Term> ascending = {Term(-1),
                                             Term(0.5),
                                             Term(1),
                                             Term("a"_atom),
                                             Ref::make(1, 7),
                                             exportTerm("lists"_atom, "map"_atom, 2),
                                             Pid::make(4, 1),
                                             tuple(),
                                             tuple("z"_atom, 1),
                                             tuple("a"_atom, 1, 1),
                                             map(),
                                             map({{"a"_atom, 1}}),
                                             Term::nil(),
                                             list({1}),
                                             binary(""),
                                             binary("a")};
        for (std::size_t i = 0; i < ascending.size(); ++i) {
            for (std::size_t k = 0; k < ascending.size(); ++k) {
                QCOMPARE(compare(ascending[i], ascending[k]) < 0, i < k);
                QCOMPARE(compare(ascending[i], ascending[k]) == 0, i == k);
            }
        }
    }

    void comparesIntegersAndFloatsExactly() {
        constexpr std::int64_t kBeyond = (std::int64_t{1} << 53) + 1; // no double
        QVERIFY(Term(kBeyond) > Term(9007199254740992.0));
        QVERIFY(Term(kBeyond) < Term(9007199254740994.0));
        QVERIFY(Term(1) == Term(1.0));
        QVERIFY(!equalsExact(Term(1), Term(1.0)));
        const std::uint64_t limbs[] = {0, 0, 1}; // 2^128
        QVERIFY(bigInteger(false, limbs) == Term(0x1p128));
        const std::uint64_t more[] = {1, 0, 1};
        QVERIFY(bigInteger(false, more) > Term(0x1p128));
        QVERIFY(bigInteger(true, more) < Term(-0x1p128));
        QVERIFY(Term(0.0) == Term(-0.0));
    }

    void comparesMapsBySizeThenKeysThenValues() {
        QVERIFY(map({{"z"_atom, 1}}) < map({{"a"_atom, 1}, {"b"_atom, 1}}));
        QVERIFY(map({{"a"_atom, 9}}) < map({{"b"_atom, 1}}));
        QVERIFY(map({{"a"_atom, 1}}) < map({{"a"_atom, 2}}));
        // Among keys an integer comes before a float, however big.
        QVERIFY(map({{2, 0}}) < map({{1.0, 0}}));
        QVERIFY(map({{1, 0}}) != map({{1.0, 0}}));
        QVERIFY(map({{1, 2}}) == map({{1, 2.0}}));
    }

    void comparesWithoutDeepRecursion() {
        const auto deep = [](int leaf) {
            Term term(leaf);
            for (int i = 0; i < 1'000'000; ++i) {
                term = tuple(std::move(term));
            }
            return term;
        };
        QVERIFY(deep(1) == deep(1));
        QVERIFY(deep(1) < deep(2));
        QCOMPARE(hashOf(deep(1)), hashOf(deep(1)));
    }

    void equalTermsHashAlike() {
        QCOMPARE(hashOf(Term(1)), hashOf(Term(1.0)));
        QCOMPARE(hashOf(tuple(0x1p70)), hashOf(tuple([] {
                     const std::uint64_t limbs[] = {0, 64};
                     return bigInteger(false, limbs);
                 }())));
        QCOMPARE(hashOf(Term(576460752303423488)), hashOf(Term(576460752303423488.0)));
        QVERIFY(hashOf(binary("a")) != hashOf(binary("b")));
        std::unordered_map<Term, int> table;
        table[tuple("a"_atom, 1)] = 1;
        table[tuple("a"_atom, 1.0)] = 2;
        QCOMPARE(table.size(), std::size_t{1});
    }
};

QTEST_APPLESS_MAIN(tst_Order)
#include "tst_order.moc"
