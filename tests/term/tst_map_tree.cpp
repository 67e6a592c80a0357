#include "numbers.h"
#include "support/random_term.h"

#include <grove/term/alloc.h>
#include <grove/term/inspect.h>
#include <grove/term/key_order.h>
#include <grove/term/map.h>
#include <grove/term/phash2.h>
#include <grove/term/size.h>
#include <grove/term/term.h>

#include <QTest>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <vector>

using namespace grove;
using namespace grove::literals;

namespace {

struct KeyLess {
    bool operator()(const Term& a, const Term& b) const { return detail::compareKeys(a, b) < 0; }
};
using Model = std::map<Term, Term, KeyLess>;

/// Integers of which at least two have one hash.
std::vector<Term> collidingKeys() {
    std::unordered_map<std::uint32_t, int> first;
    std::vector<Term> keys;
    for (int i = 0; i < 300'000; ++i) {
        const auto [at, isNew] = first.emplace(detail::keyHash(i), i);
        if (!isNew) {
            keys.emplace_back(at->second);
            keys.emplace_back(i);
        }
    }
    return keys;
}

Term mapOfModel(const Model& model, test::RandomTerms& random) {
    std::vector<MapEntry> entries;
    for (const auto& [key, value] : model) {
        entries.push_back({key, value});
    }
    for (std::size_t i = entries.size(); i > 1; --i) {
        std::swap(entries[i - 1], entries[random.below(i)]);
    }
    return mapFrom(entries);
}

/// Whether the map says of itself what the model says, and is as one made at once.
bool agrees(const Term& map, const Model& model, test::RandomTerms& random) {
    const Term made = mapOfModel(model, random);
    bool good = map.mapSize() == model.size() && map == made && equalsExact(map, made) &&
                compare(map, made) == 0 && map.flatWords() == made.flatWords() &&
                memoryBytes(map) == memoryBytes(made) && hashOf(map) == hashOf(made) &&
                phash2(map) == phash2(made) && toErlang(map) == toErlang(made);
    auto other = made.mapEntries().begin();
    std::size_t count = 0;
    for (const auto& [key, value] : map.mapEntries()) {
        const auto found = model.find(key);
        good = good && found != model.end() && found->second.isSame(value) &&
               equalsExact((*other).key, key);
        ++other;
        ++count;
    }
    good = good && count == model.size() && other == made.mapEntries().end();
    auto inOrder = model.begin();
    for (const MapEntry& entry : entriesInOrder(map)) {
        good = good && equalsExact(entry.key, inOrder->first);
        ++inOrder;
    }
    for (const auto& [key, value] : model) {
        const Term* found = map.mapFind(key);
        good = good && found != nullptr && found->isSame(value);
    }
    return good;
}

/// Erlang's definition, the slow way.
std::weak_ordering orderOf(const Term& a, const Term& b) {
    if (a.mapSize() != b.mapSize()) {
        return a.mapSize() <=> b.mapSize();
    }
    const auto left = entriesInOrder(a);
    const auto right = entriesInOrder(b);
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (const auto order = detail::compareKeys(left[i].key, right[i].key); order != 0) {
            return order;
        }
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (const auto order = compare(left[i].value, right[i].value); order != 0) {
            return order;
        }
    }
    return std::weak_ordering::equivalent;
}

Term numbered(int count) {
    std::vector<MapEntry> entries;
    for (int i = 0; i < count; ++i) {
        entries.push_back({i, tuple("value"_atom, i)});
    }
    return mapFrom(entries);
}

} // namespace

class tst_MapTree : public QObject {
    Q_OBJECT

    std::uint64_t m_seed = 0;
    std::vector<Term> m_colliding;

private slots:
    void initTestCase() {
        m_seed = test::drawnSeed("tst_MapTree");
        m_colliding = collidingKeys();
        QVERIFY2(m_colliding.size() >= 6, "the hash has no collisions to test with");
    }

    void mapsDoWhatAModelDoes_data() {
        QTest::addColumn<int>("keyCount");
        QTest::addColumn<int>("operations");
        QTest::addRow("around the size of arrays") << 45 << 20'000;
        QTest::addRow("a few hundred") << 600 << 20'000;
        QTest::addRow("many") << 5'000 << 30'000;
    }
    void mapsDoWhatAModelDoes() {
        QFETCH(int, keyCount);
        QFETCH(int, operations);
        test::RandomTerms random(m_seed + static_cast<std::uint64_t>(keyCount));
        std::vector<Term> keys = m_colliding;
        keys.resize(std::min<std::size_t>(keys.size(), static_cast<std::size_t>(keyCount) / 3));
        while (keys.size() < static_cast<std::size_t>(keyCount)) {
            keys.push_back(random.chance(70) ? Term(random.below(1'000'000)) : random.next());
        }
        const auto bytesBefore = memoryStatistics().bytesInUse();
        {
            Term map = grove::map();
            Model model;
            std::vector<std::pair<Term, Model>> kept; // old versions
            int putPercent = 60;
            for (int i = 0; i < operations; ++i) {
                if (i % 997 == 0) {
                    putPercent = static_cast<int>(20 + random.below(61)); // grows, then shrinks
                }
                const Term key = random.rebuilt(keys[random.below(keys.size())]);
                const bool isShared = random.chance(30);
                const Term before = isShared ? map : Term();
                if (random.chance(putPercent)) {
                    const Term value = random.chance(50) ? Term(i) : tuple("v"_atom, i);
                    map = mapPut(std::move(map), key, value);
                    model[key] = value;
                } else {
                    map = mapRemove(std::move(map), key);
                    model.erase(key);
                }
                QCOMPARE(map.mapSize(), model.size());
                if (random.below(static_cast<std::uint64_t>(operations)) < 6) {
                    kept.emplace_back(map, model);
                }
            }
            QVERIFY(agrees(map, model, random));
            for (const auto& [oldMap, oldModel] : kept) {
                QVERIFY2(agrees(oldMap, oldModel, random), "an old version has changed");
            }
            while (!model.empty()) {
                map = mapRemove(std::move(map), model.begin()->first);
                model.erase(model.begin());
                if (model.size() == 33 || model.size() == 32) {
                    QVERIFY(agrees(map, model, random));
                }
            }
            QVERIFY(map == grove::map());
        }
        QCOMPARE(memoryStatistics().bytesInUse(), bytesBefore);
    }

    void keysOfOneHashLieSideBySide() {
        std::vector<MapEntry> entries;
        for (int i = 1'000'000; i < 1'000'040; ++i) {
            entries.push_back({i, i});
        }
        const Term without = mapOf(entries);
        Term with = without;
        for (const Term& key : m_colliding) {
            with = mapPut(with, key, tuple(key));
        }
        for (const Term& key : m_colliding) {
            QVERIFY(*with.mapFind(key) == tuple(key));
            QVERIFY(without.mapFind(key) == nullptr);
        }
        for (const Term& key : m_colliding) {
            with = mapRemove(with, key);
        }
        QVERIFY(equalsExact(with, without));
        QCOMPARE(with.flatWords(), without.flatWords());
        QCOMPARE(memoryBytes(with), memoryBytes(without));
    }

    void aChangedMapSharesAllButTheWayToTheChange() {
        const Term old = numbered(10'000);
        const auto bytes = memoryBytes(old);
        for (const Term& changed :
             {mapPut(old, 5'000, "new"), mapPut(old, 10'001, "added"), mapRemove(old, 5'000)}) {
            QCOMPARE(memoryBytes(old), bytes);
            QVERIFY(old != changed);
            const auto both = memoryBytes(tuple(old, changed));
            QVERIFY2(both - bytes < 3'000, qPrintable(QString::number(both - bytes)));
        }
        QVERIFY(old.mapFind(5'000)->isTagged("value"_atom, 2));
    }

    void puttingWhatIsThereGivesTheSameMap() {
        const Term small = numbered(10);
        const Term large = numbered(1'000);
        QVERIFY(mapPut(small, 5, *small.mapFind(5)).isSame(small));
        QVERIFY(mapPut(large, 5, *large.mapFind(5)).isSame(large));
        QVERIFY(mapRemove(large, "none").isSame(large));
    }

    void whatNobodyElseHoldsIsChangedInPlace() {
        Term map = numbered(10'000);
        const Term* const place = map.mapFind(77);
        for (int i = 0; i < 1'000; ++i) {
            map = mapPut(std::move(map), 77, i);
        }
        QVERIFY(map.mapFind(77) == place);
        QCOMPARE(place->toInt(), 999);
        // Once shared and dropped again, the nodes are this map's own again.
        Term other = map;
        other = Term();
        map = mapPut(std::move(map), 77, "again");
        QVERIFY(map.mapFind(77) == place);
    }

    void immortalMapsAreCopied() {
        static const Term map = numbered(100); // reachable until the end
        map.makeImmortal();
        const Term changed = mapPut(map, 7, "changed");
        QVERIFY(map.mapFind(7)->isTuple(2));
        QVERIFY(*changed.mapFind(7) == Term("changed"));
        QCOMPARE(mapRemove(map, 7).mapSize(), std::size_t{99});
    }

    void orderIsErlangs() {
        test::RandomTerms random(m_seed, {.depthMax = 2, .sizeMax = 3});
        for (int round = 0; round < 300; ++round) {
            Term a = numbered(static_cast<int>(34 + random.below(40)));
            for (int i = 0; i < 10; ++i) {
                a = mapPut(std::move(a), random.next(), random.next());
            }
            Term b = random.chance(50) ? a : random.rebuilt(a, true);
            for (auto changes = random.below(4); changes > 0; --changes) {
                const auto entries = entriesInOrder(b);
                const MapEntry& entry = entries[random.below(entries.size())];
                switch (random.below(3)) {
                case 0: // another value
                    b = mapPut(std::move(b), entry.key, random.next());
                    break;
                case 1: // another key
                    b = mapRemove(std::move(b), entry.key);
                    b = mapPut(std::move(b), random.next(), random.next());
                    break;
                default: // a collision
                    b = mapRemove(std::move(b), entry.key);
                    b = mapPut(std::move(b), m_colliding[random.below(m_colliding.size())], 1);
                }
            }
            QVERIFY(compare(a, b) == orderOf(a, b));
            QVERIFY(compare(b, a) == orderOf(b, a));
            QCOMPARE(a == b, orderOf(a, b) == 0);
        }
    }

    void largeMapsWithinLargeMapsNeedNoDeepStack() {
        const auto nested = [](const Term& innermost) {
            const Term around = numbered(33);
            Term deep = innermost;
            for (int i = 0; i < 20'000; ++i) {
                deep = mapPut(around, 5, std::move(deep));
            }
            return deep;
        };
        const Term one = nested(1);
        const Term two = nested(2);
        QVERIFY(one < two);
        QVERIFY(one != two);
        QVERIFY(one == nested(1.0));
        QVERIFY(!equalsExact(one, nested(1.0)));
        QCOMPARE(hashOf(one), hashOf(nested(1)));
        QVERIFY(detail::keyHash(one) != detail::keyHash(two));
        QVERIFY(inspect(one, {.bytesMax = 100}).size() <= 100);
    }

    void largeMapsMayBeKeys() {
        Term map = numbered(40);
        for (int i = 0; i < 100; ++i) {
            map = mapPut(numbered(40), std::move(map), i);
        }
        Term again = numbered(40);
        for (int i = 0; i < 100; ++i) {
            again = mapPut(numbered(40), std::move(again), i);
        }
        QVERIFY(equalsExact(map, again));
        QVERIFY(mapPut(map, 1, 1) != again);
    }

    void theOrderOfEntriesIsTheSameInEveryRun() {
        // By the values alone: not by addresses, nor by when the atoms were made.
        QVERIFY(detail::keyHash("one_of_these_atoms"_atom) ==
                detail::keyHash(atom("one_of_these_atoms")));
        std::vector<Term> keys;
        std::vector<MapEntry> entries;
        for (int i = 0; i < 40; ++i) {
            entries.push_back({i, i});
        }
        for (const auto& [key, value] : mapFrom(entries).mapEntries()) {
            keys.push_back(key);
        }
        keys.resize(8);
        QCOMPARE(toErlang(listOf(keys)), std::string("[25,15,30,34,22,12,23,16]"));
        QCOMPARE(detail::keyHash("milk"), 1489170342U);
        QCOMPARE(detail::keyHash("todo"_atom), 1290515792U);
        QCOMPARE(detail::keyHash(tuple(1, 2.5, list({"a"_atom}))), 1105239908U);
    }
};

QTEST_APPLESS_MAIN(tst_MapTree)
#include "tst_map_tree.moc"
