#include <grove/term/function.h>
#include <grove/term/identifiers.h>
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

    /// Pids by serial and number, then node; ports and references by node first.
    void ordersWhatIsOfSeveralNodes() {
        const NodeId a{"a@h"_atom, 1};
        const NodeId later{"a@h"_atom, 2};
        const NodeId b{"b@h"_atom, 0};
        const auto ref = [](const NodeId& node, std::vector<std::uint32_t> words) {
            return refTerm(node, words);
        };
        const auto function = [](std::uint32_t index, std::vector<Term> bound) {
            return opaqueFunction("m"_atom, 0,
                                  {.uniq = "0123456789abcdef",
                                   .index = index,
                                   .creator = Pid::make(1, 1),
                                   .environment = bound});
        };
        const std::vector<Term> ascending = {
            ref(a, {9, 1}),       ref(a, {1, 2}),
            ref(a, {0, 0, 1}),    ref(later, {0}),
            ref(b, {0}),          Ref::make(1, 7),
            function(1, {2}),     function(1, {1, 1}),
            function(2, {}),      exportTerm("a"_atom, "f"_atom, 0),
            portTerm(a, 7),       portTerm(later, 5),
            portTerm(b, 1),       pidTerm(b, 1, 1),
            Pid::make(1, 1),      pidTerm(a, 2, 1),
            pidTerm(later, 2, 1), pidTerm(b, 2, 1),
            pidTerm(a, 1, 2)};
        for (std::size_t i = 0; i < ascending.size(); ++i) {
            for (std::size_t k = 0; k < ascending.size(); ++k) {
                QVERIFY2((compare(ascending[i], ascending[k]) < 0) == (i < k),
                         qPrintable(QStringLiteral("%1 and %2").arg(i).arg(k)));
                QCOMPARE(ascending[i] == ascending[k], i == k);
            }
        }
        // A word that is missing counts as zero.
        QVERIFY(ref(a, {9}) == ref(a, {9, 0}));
        QCOMPARE(hashOf(ref(a, {9})), hashOf(ref(a, {9, 0})));
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
