// A set's index as one thread sees it: what it holds, how keys lie in it, and that it shrinks.
#include "index.h"
#include "support/random_term.h"

#include <grove/term/alloc.h>

#include <QTest>

#include <map>
#include <optional>
#include <set>
#include <vector>

using namespace grove;
using namespace grove::ets;
using namespace grove::runtime;
using grove::test::RandomTerms;

namespace {

/// The key of an index, at a distance from the next.
using KeysApart = Term (*)(std::uint64_t index, std::uint64_t distance);

/// How many lines a look at one of these keys meets, on average over all, in a table of so many.
template <class KeyAt> double linesWalked(std::uint64_t count, KeyAt&& keyAt) {
    unsigned bits = 2;
    while (count > std::uint64_t{4} << bits)
        ++bits;
    std::vector<std::uint64_t> entries(std::size_t{1} << bits);
    std::uint64_t walked = 0;
    for (std::uint64_t i = 0; i < count; ++i)
        walked += entries[TableRows::hashOfKey(keyAt(i)) >> (32 - bits)]++ / LineHead::kSlots + 1;
    return static_cast<double>(walked) / static_cast<double>(count);
}

} // namespace

class tst_EtsIndex : public QObject {
    Q_OBJECT
private slots:
    void ordinaryKeysLieInManyLines_data() {
        QTest::addColumn<KeysApart>("keys");
        QTest::newRow("integers at a distance") << KeysApart{[](std::uint64_t i, std::uint64_t d) {
            return Term(static_cast<std::int64_t>(i * d));
        }};
        QTest::newRow("timestamps") << KeysApart{[](std::uint64_t i, std::uint64_t d) {
            return Term(static_cast<std::int64_t>(1'763'776'800'000'000 + i * d));
        }};
        QTest::newRow("pids") << KeysApart{[](std::uint64_t i, std::uint64_t d) {
            return Term(
                Pid::make(static_cast<std::uint32_t>(1'000 + i), static_cast<std::uint32_t>(d)));
        }};
        QTest::newRow("references") << KeysApart{[](std::uint64_t i, std::uint64_t d) {
            return Term(Ref::make(static_cast<std::uint8_t>(d % 200), 5'000 + i * (d % 7 + 1)));
        }};
        QTest::newRow("pairs in a word") << KeysApart{[](std::uint64_t i, std::uint64_t d) {
            return Term(static_cast<std::int64_t>((i / 20) << (5 + d % 40) | i % 20));
        }};
    }
    /// A look at each of n keys meets hardly more than a line: what random hashes give is 1.01.
    void ordinaryKeysLieInManyLines() {
        QFETCH(const KeysApart, keys);
        std::vector<std::uint64_t> distances;
        for (std::uint64_t d = 1; d <= 20'000; d += d < 1'000 ? 1 : 7)
            distances.push_back(d);
        // At these a hash that is good at most others failed.
        for (const std::uint64_t d : {2'898, 8'694, 322, 414, 483, 966, 4'347, 13'041})
            distances.push_back(d);
        for (unsigned shift = 0; shift < 48; ++shift)
            distances.push_back(std::uint64_t{1} << shift);
        for (std::uint64_t d = 10; d <= 100'000'000'000; d *= 10)
            distances.push_back(d);
        for (const std::uint64_t d : distances) {
            for (const std::uint64_t count : {300, 1'000}) {
                const double walked =
                    linesWalked(count, [&](std::uint64_t i) { return keys(i, d); });
                QVERIFY2(
                    walked < 1.15,
                    qPrintable(
                        QStringLiteral("%1 keys at %2: %3 lines").arg(count).arg(d).arg(walked)));
            }
        }
    }

    void itHoldsWhatAMapHolds() {
        RandomTerms random(grove::test::drawnSeed("the hash table against a map"));
        const auto less = [](const Term& a, const Term& b) {
            return grove::detail::compareKeys(a, b) < 0;
        };
        std::map<Term, Term, decltype(less)> expected(less);
        Index index(Type::Set, 1);
        for (int i = 0; i < 60'000; ++i) {
            const Term key = random.chance(90) ? Term(random.below(6'000)) : random.next();
            const Index::Spot spot = index.look(key);
            QCOMPARE(static_cast<bool>(spot), expected.contains(key));
            if (random.chance(i / 20'000 % 2 == 0 ? 30 : 75)) {
                if (spot)
                    index.remove(spot);
                expected.erase(key);
            } else {
                const Term object = tuple(key, i);
                if (spot)
                    index.replace(spot, object);
                else
                    index.add(spot, key, object);
                expected.insert_or_assign(key, object);
            }
        }
        for (const auto direction : {Index::Direction::Forward, Index::Direction::Backward}) {
            std::set<Term, decltype(less)> met(less);
            std::optional<Term> last;
            for (;;) {
                const Pin pin;
                std::vector<Cell> some;
                index.collect(last ? &*last : nullptr, direction, 10, some);
                if (some.empty())
                    break;
                for (const Cell cell : some) {
                    const Term object = *Borrowed(cell);
                    QVERIFY(met.insert(object.element(0)).second);
                    QVERIFY(equalsExact(expected.at(object.element(0)), object));
                }
                last = Borrowed(some.back())->element(0);
            }
            QCOMPARE(met.size(), expected.size());
        }
    }
    /// Nobody waits for a large table: a change moves a few lines at a time.
    void whatWasLargeShrinksAndGivesBackWhatItHeld() {
        const std::size_t used = memoryStatistics().bytesInUse();
        {
            Index index(Type::Set, 1);
            for (int i = 0; i < 20'000; ++i)
                index.add(index.look(i), i, tuple(i, "something"));
            const std::size_t full = memoryStatistics().bytesInUse();
            for (int i = 0; i < 20'000; ++i)
                if (i % 1'000 != 0)
                    index.remove(index.look(i));
            if (used != full) // there are no figures under the sanitizers
                QVERIFY(memoryStatistics().bytesInUse() - used < (full - used) / 20);
            for (int i = 0; i < 20'000; i += 1'000)
                QVERIFY(index.find(i) != 0);
            Rubble rubble = index.takeAll();
            rubble.free(3);
            QVERIFY(!rubble.isEmpty());
            index.add(index.look(1), 1, tuple(1));
        }
        QCOMPARE(memoryStatistics().bytesInUse(), used);
    }
};

QTEST_APPLESS_MAIN(tst_EtsIndex)
#include "tst_ets_index.moc"
