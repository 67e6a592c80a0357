#include <grove/term/size.h>
#include <grove/term/term.h>

#include <QTest>

#include <limits>
#include <vector>

using namespace grove;
using namespace grove::literals;

/// The words are what erts_debug:flat_size/1 and erts_debug:size/1 of Erlang/OTP 25 say.
class tst_Size : public QObject {
    Q_OBJECT

private slots:
    void immediateValuesTakeNothing_data() {
        QTest::addColumn<Term>("term");
        QTest::addRow("integer") << Term((std::int64_t{1} << 59) - 1);
        QTest::addRow("negative") << Term(-(std::int64_t{1} << 59));
        QTest::addRow("atom") << Term("a"_atom);
        QTest::addRow("nil") << Term::nil();
        QTest::addRow("pid") << Term(Pid::make(Pid::kIndexMax, 0xFFFF'FFFF));
        QTest::addRow("reference") << Term(Ref::make(255, Ref::kCounterMax));
    }
    void immediateValuesTakeNothing() {
        QFETCH(Term, term);
        QCOMPARE(flatSize(term), 0U);
        QCOMPARE(sizeOf(term).words, 0U);
        QCOMPARE(sizeOf(term).bytes, std::size_t{0});
        QCOMPARE(sizeOf(term).objects, std::size_t{0});
    }

    void wordsAreErlangs_data() {
        QTest::addColumn<Term>("term");
        QTest::addColumn<unsigned>("words");
        QTest::addRow("list") << list({1, 2, 3}) << 6U;
        QTest::addRow("tuple") << tuple(1, 2, 3) << 4U;
        QTest::addRow("float") << Term(1.5) << 2U;
        QTest::addRow("big integer") << Term(std::int64_t{1} << 62) << 2U;
        QTest::addRow("nested") << tuple(list({1.5}), tuple("a"_atom)) << 9U;
        QTest::addRow("binary") << Term("12345678") << 3U;
        QTest::addRow("map") << map({{1, 1}, {2, 2}, {"a"_atom, list({1})}}) << 12U;
        // Erlang keeps one empty tuple for all and counts it 0, so that an empty map is 3.
        QTest::addRow("empty tuple, ours") << tuple() << 1U;
        QTest::addRow("empty map, ours") << map() << 4U;
    }
    void wordsAreErlangs() {
        QFETCH(Term, term);
        QFETCH(unsigned, words);
        QCOMPARE(flatSize(term), words);
        QCOMPARE(sizeOf(term).words, words);
    }

    void whatIsSharedCountsOnce() {
        const Term inner = tuple(1, 2);
        const Term twice = tuple(inner, inner);
        QCOMPARE(flatSize(twice), 9U);
        QCOMPARE(sizeOf(twice).words, 6U);
        QCOMPARE(sizeOf(twice).objects, std::size_t{2});
        Term shared(1);
        for (int i = 0; i < 100; ++i) {
            shared = tuple(shared, shared);
        }
        QCOMPARE(flatSize(shared), std::numeric_limits<std::uint32_t>::max());
        QCOMPARE(sizeOf(shared).words, 300U);
    }

    void largeMapsCountTheirNodes() {
        std::vector<MapEntry> entries;
        for (int i = 0; i < 10'000; ++i) {
            entries.push_back({i, i});
        }
        const Term large = mapFrom(entries);
        QCOMPARE(sizeOf(large).words, flatSize(large));
        // Erlang's, with 16 branches in a node, takes 37,898 words.
        QVERIFY(flatSize(large) > 33'000 && flatSize(large) < 38'000);
        QVERIFY(memoryBytes(large) < 10'000 * std::size_t{24});
    }
};

QTEST_APPLESS_MAIN(tst_Size)
#include "tst_size.moc"
