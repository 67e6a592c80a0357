#include <grove/term/term.h>

#include <QTest>

#include <vector>

using namespace grove;
using namespace grove::literals;

class tst_Map : public QObject {
    Q_OBJECT

private slots:
    void ofTwoEntriesWithOneKeyTheLastCounts() {
        const Term term = map({{"a"_atom, 1}, {"b"_atom, 2}, {"a"_atom, 3}});
        QCOMPARE(term.mapSize(), std::size_t{2});
        QCOMPARE(term.mapFind("a"_atom)->toInt(), 3);
    }

    void keysAreComparedExactly() {
        const Term term = map({{1, "integer"}, {1.0, "float"}, {"1", "text"}});
        QCOMPARE(term.mapSize(), std::size_t{3});
        QCOMPARE(term.mapFind(1)->toBinary(), std::string_view("integer"));
        QCOMPARE(term.mapFind(1.0)->toBinary(), std::string_view("float"));
        QVERIFY(term.mapFind(2) == nullptr);
    }

    void putReplacesOrAddsAndLeavesTheOldMapAlone() {
        const Term old = map({{"a"_atom, 1}, {"c"_atom, 3}});
        const Term added = mapPut(old, "b"_atom, 2);
        const Term replaced = mapPut(old, "a"_atom, 9);
        QVERIFY(old == map({{"a"_atom, 1}, {"c"_atom, 3}}));
        QVERIFY(added == map({{"a"_atom, 1}, {"b"_atom, 2}, {"c"_atom, 3}}));
        QVERIFY(replaced == map({{"a"_atom, 9}, {"c"_atom, 3}}));
        QCOMPARE(replaced.flatWords(), old.flatWords());
    }

    void putIntoAnUnsharedMapWorksInPlace() {
        Term term = map({{"a"_atom, tuple(1)}, {"b"_atom, 2}});
        const auto bits = term.bits();
        term = mapPut(std::move(term), "a"_atom, "text");
        QCOMPARE(term.bits(), bits);
        QCOMPARE(term.mapFind("a"_atom)->toBinary(), std::string_view("text"));
        QCOMPARE(term.flatWords(), map({{"a"_atom, "text"}, {"b"_atom, 2}}).flatWords());
    }

    void removeTakesOneKey() {
        const Term old = map({{1, 1}, {2, 2}, {3, 3}});
        QVERIFY(mapRemove(old, 2) == map({{1, 1}, {3, 3}}));
        QVERIFY(mapRemove(old, 9).isSame(old));
        QVERIFY(mapRemove(map({{1, 1}}), 1) == map());
    }

    void largeMapsFindEveryKey() {
        constexpr int kCount = 10'000;
        std::vector<MapEntry> entries;
        for (int i = kCount; i > 0; --i) {
            entries.push_back({tuple("key"_atom, i * 7 % kCount), i});
        }
        const Term large = mapFrom(entries);
        for (int i = 1; i <= kCount; ++i) {
            const Term* found = large.mapFind(tuple("key"_atom, i * 7 % kCount));
            QVERIFY(found != nullptr);
            QCOMPARE(found->toInt() * 7 % kCount, std::int64_t{i * 7 % kCount});
        }
        QVERIFY(large.mapFind(tuple("key"_atom, kCount + 1)) == nullptr);
    }

    void entriesComeInTheOrderOfTheirKeys() {
        std::vector<Term> keys;
        for (const auto& [key, value] :
             map({{"b"_atom, 1}, {2, 1}, {"a", 1}, {1.5, 1}}).mapEntries()) {
            keys.push_back(key);
        }
        QVERIFY(listOf(keys) == list({2, 1.5, "b"_atom, "a"}));
    }
};

QTEST_APPLESS_MAIN(tst_Map)
#include "tst_map.moc"
