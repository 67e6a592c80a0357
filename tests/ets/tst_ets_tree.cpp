#include "support/random_term.h"
#include "tree.h"

#include <grove/term/alloc.h>

#include <QTest>

#include <map>

using namespace grove;
using namespace grove::ets;
using grove::test::RandomTerms;

namespace {

/// Counts the tree's nodes, and says what is wrong with them.
struct Shape {
    std::size_t entries = 0;
    std::size_t leaves = 0;
};

Shape walked(const Tree& tree) {
    Shape shape;
    const Node* leaf = nullptr;
    for (Tree::Place place = tree.first(); place;
         place = tree.after(Term(*Borrowed(place.key())))) {
        ++shape.entries;
        shape.leaves += place.leaf != leaf ? 1 : 0;
        leaf = place.leaf;
    }
    return shape;
}

void put(Tree& tree, const Term& key, Term value) {
    Tree::Spot spot;
    tree.look(key, spot);
    if (spot.isThere)
        tree.replace(spot, std::move(value));
    else
        tree.add(spot, key, std::move(value));
}

} // namespace

class tst_EtsTree : public QObject {
    Q_OBJECT
private slots:
    void keysInOrderLeaveFullNodes() {
        Tree tree;
        for (int i = 0; i < 10'000; ++i)
            put(tree, i, i);
        const Shape shape = walked(tree);
        QCOMPARE(shape.entries, std::size_t{10'000});
        QVERIFY2(shape.leaves < 340, std::to_string(shape.leaves).c_str());
    }
    /// Every number of keys in a leaf, of children above leaves that are full, and four levels.
    void eachIntegerIsFoundAmongAnyNumberOfKeys() {
        for (int count = 1; count <= 40'000;
             count = count < 70 ? count + 1 : (count < 1'100 ? count + 31 : count + 38'000)) {
            const auto keyOf = [&](int index) { return std::int64_t{2} * index - count; };
            Tree tree;
            for (int i = 0; i < count; ++i)
                put(tree, keyOf(i), i);
            for (int i = 0; i < count; ++i) {
                const Tree::Place at = tree.find(keyOf(i));
                QVERIFY(at && at.value() == Term(i).bits());
                QVERIFY(!tree.find(keyOf(i) - 1));
                QVERIFY(!tree.find(keyOf(i) + 1));
                // The neighbours of a key, and of what lies between two.
                for (const std::int64_t key : {keyOf(i), keyOf(i) + 1}) {
                    const Tree::Place next = tree.after(key);
                    QCOMPARE(static_cast<bool>(next), i + 1 < count);
                    QVERIFY(!next || next.key() == Term(keyOf(i + 1)).bits());
                }
                for (const std::int64_t key : {keyOf(i), keyOf(i) - 1}) {
                    const Tree::Place last = tree.before(key);
                    QCOMPARE(static_cast<bool>(last), i > 0);
                    QVERIFY(!last || last.key() == Term(keyOf(i - 1)).bits());
                }
            }
        }
    }
    void whatShrinksIsJoined() {
        Tree tree;
        for (int i = 0; i < 10'000; ++i)
            put(tree, i * 7'919 % 10'000, i);
        for (int i = 0; i < 10'000; ++i)
            if (i % 50 != 0)
                QVERIFY(tree.remove(i));
        const Shape shape = walked(tree);
        QCOMPARE(shape.entries, std::size_t{200});
        QVERIFY2(shape.leaves <= 50, std::to_string(shape.leaves).c_str());
        for (int i = 0; i < 10'000; i += 50)
            QVERIFY(tree.remove(i));
        QVERIFY(!tree.first() && !tree.last());
        QVERIFY(!tree.remove(1));
    }
    void itHoldsWhatAMapHolds() {
        RandomTerms random(grove::test::drawnSeed("the tree against a map"));
        const auto less = [](const Term& a, const Term& b) { return compare(a, b) < 0; };
        std::map<Term, Term, decltype(less)> expected(less);
        Tree tree;
        for (int i = 0; i < 60'000; ++i) {
            const Term key = random.chance(70) ? Term(random.below(3'000)) : random.next();
            if (random.chance(i / 10'000 % 2 == 0 ? 30 : 70)) {
                QCOMPARE(tree.remove(key), expected.erase(key) == 1);
            } else {
                put(tree, key, Term(i));
                expected[key] = Term(i);
            }
            const Tree::Place found = tree.find(key);
            const auto at = expected.find(key);
            QCOMPARE(static_cast<bool>(found), at != expected.end());
            if (found)
                QVERIFY(Borrowed(found.value())->isSame(at->second));
        }
        std::size_t met = 0;
        for (Tree::Place place = tree.last(); place;
             place = tree.before(Term(*Borrowed(place.key())))) {
            ++met;
            QVERIFY(expected.contains(*Borrowed(place.key())));
        }
        QCOMPARE(met, expected.size());
    }
    /// What was put in is freed when the tree has gone, and not before.
    void everyShareIsGivenBack() {
        const Term witness = tuple(1, 2, 3);
        const Term key = tuple("k", 5);
        const std::size_t used = memoryStatistics().bytesInUse();
        {
            Tree tree;
            for (int i = 0; i < 500; ++i)
                put(tree, tuple(key, i), tuple(witness, i));
            for (int i = 0; i < 500; i += 3)
                tree.remove(tuple(key, i));
            for (int i = 1; i < 500; i += 3)
                put(tree, tuple(key, i), witness);
            TreeRubble rubble(tree.takeAll());
            rubble.free(100);
            QVERIFY(!rubble.isEmpty());
            put(tree, key, witness);
        }
        QCOMPARE(memoryStatistics().bytesInUse(),
                 used); // zero under the sanitizers, which look themselves
        // A map that is held here alone is changed in place.
        Term map = grove::map({{1, 1}});
        {
            Tree tree;
            for (int i = 0; i < 100; ++i)
                put(tree, i, map);
            for (int i = 0; i < 100; i += 2)
                tree.remove(i);
        }
        const std::uint64_t before = map.bits();
        map = mapPut(std::move(map), 1, 2);
        QCOMPARE(map.bits(), before);
    }
};

QTEST_APPLESS_MAIN(tst_EtsTree)
#include "tst_ets_tree.moc"
