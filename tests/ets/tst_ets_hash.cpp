#include "index.h"
#include "support/explored.h"

#include <QTest>

#include <memory>
#include <set>

using namespace grove;
using namespace grove::ets;
using namespace grove::runtime;
using grove::test::explored;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

/// Rows of small numbers: a cell is 16 * (1000 * key + version). Keys that differ by a multiple of
/// 16 have one hash; the four upper bits of the key choose the line.
struct NumberRows {
    struct Probe {
        std::uint64_t key;
        std::uint32_t hash;
    };
    static Cell cell(std::uint64_t key, std::uint64_t version) {
        return 16 * (1'000 * key + version);
    }
    static std::uint64_t keyOf(Cell cell) { return cell / 16'000; }
    static std::uint64_t versionOf(Cell cell) { return cell / 16 % 1'000; }
    static std::uint32_t hashOfKey(std::uint64_t key) {
        return static_cast<std::uint32_t>(key % 16) << 28 | static_cast<std::uint32_t>(key % 16);
    }
    static Probe probe(std::uint64_t key) { return {key, hashOfKey(key)}; }
    static bool isAt(Cell cell, const Probe& probe) { return keyOf(cell) == probe.key; }
    static std::uint32_t hashOf(Cell cell) { return hashOfKey(keyOf(cell)); }
    static std::weak_ordering order(Cell a, Cell b) { return keyOf(a) <=> keyOf(b); }
    static std::weak_ordering order(Cell a, const Probe& probe) { return keyOf(a) <=> probe.key; }
};

/// What was taken out: the writer buries it, the sweeper (or the writer) frees it when it may.
struct Grave {
    BasicEpochs<ExploredAtomics>* epochs = nullptr;
    struct Ruin {
        std::uint64_t freeFrom;
        Cell cell;
        Block block;
    };
    std::vector<Ruin> ruins;
    std::set<Cell> freedCells;
    std::vector<Block> freedBlocks; // kept until the end, so that a look at them is found

    void take(Cell cell) { ruins.push_back({epochs->advance(), cell, {}}); }
    void take(Block block) { ruins.push_back({epochs->advance(), 0, block}); }
    void sweep() {
        const std::uint64_t oldest = epochs->oldestPinned();
        std::erase_if(ruins, [&](const Ruin& ruin) {
            if (ruin.freeFrom > oldest)
                return false;
            if (ruin.cell != 0) {
                freedCells.insert(ruin.cell);
            } else {
                // Whoever still looks finds every line moved to nowhere, and dies of it.
                std::memset(ruin.block.memory, 0xFF, ruin.block.bytes);
                freedBlocks.push_back(ruin.block);
            }
            return true;
        });
    }
};

using Explored = BasicHashTable<ExploredAtomics, NumberRows, Grave>;

/// Where nobody looks what is taken out goes at once.
struct AtOnce {
    std::vector<Block> gone;
    AtOnce() = default;
    AtOnce(const AtOnce&) = delete;
    AtOnce& operator=(const AtOnce&) = delete;
    ~AtOnce() {
        for (const Block& block : gone)
            block.free();
    }
    void take(Cell) {}
    void take(Block block) {
        std::memset(block.memory, 0xFF, block.bytes);
        gone.push_back(block);
    }
};

struct World {
    BasicEpochs<ExploredAtomics> epochs;
    Grave grave{.epochs = &epochs, .ruins = {}, .freedCells = {}, .freedBlocks = {}};
    Explored table{NumberRows(), grave, 0};
    std::vector<std::unique_ptr<BasicEpochs<ExploredAtomics>::Reader>> readers;
    std::string fault;

    World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() {
        HashRubble<Explored>(table.takeAll()).free(~std::size_t{0}, [](Cell) {});
        for (const Grave::Ruin& ruin : grave.ruins)
            if (ruin.cell == 0)
                ruin.block.free();
        for (const Block& block : grave.freedBlocks)
            block.free();
    }

    void put(std::uint64_t key, std::uint64_t version) {
        const auto probe = NumberRows::probe(key);
        if (const auto place = table.find(probe))
            table.replace(place, NumberRows::cell(key, version));
        else
            table.add(probe, NumberRows::cell(key, version));
    }
    void remove(std::uint64_t key) { table.remove(table.find(NumberRows::probe(key))); }

    template <class Look> void pinned(Look&& look) {
        readers.push_back(std::make_unique<BasicEpochs<ExploredAtomics>::Reader>());
        auto& reader = epochs.add(*readers.back());
        epochs.pin(reader);
        look();
        epochs.unpin(reader);
    }
    Cell found(std::uint64_t key) {
        const Cell cell = table.find(NumberRows::probe(key)).cell;
        Explorer::step(); // looks at it for a while
        if (grave.freedCells.contains(cell))
            fault = "a reader looks at what was freed";
        return cell;
    }
    void mustFind(std::uint64_t key, const char* otherwise) {
        pinned([&] {
            const Cell cell = found(key);
            if (cell == 0 || NumberRows::keyOf(cell) != key)
                fault = otherwise;
        });
    }
    /// A guess at a hash says nothing, or an entry that is or was one of these keys, and stays.
    void mustGuess(std::uint64_t key, const std::set<std::uint64_t>& keys) {
        pinned([&] {
            const Cell cell = table.guess(NumberRows::hashOfKey(key));
            Explorer::step(); // looks at it for a while
            if (cell != 0 && !keys.contains(NumberRows::keyOf(cell)))
                fault = "a guess is no entry of the table";
            if (grave.freedCells.contains(cell))
                fault = "a guess says what was freed";
            wasEverGuessed = wasEverGuessed || cell != 0;
        });
    }
    bool wasEverGuessed = false;
    /// Keys below 100 are there all the time: each is met once, whatever comes and goes.
    void mustMeetOnce(std::set<std::uint64_t> expected, bool isForward) {
        pinned([&] {
            std::vector<Cell> met;
            std::optional<NumberRows::Probe> last;
            for (;;) {
                std::vector<Cell> some;
                if (isForward)
                    table.collectAfter(last ? &*last : nullptr, 2, some);
                else
                    table.collectBefore(last ? &*last : nullptr, 2, some);
                if (some.empty())
                    break;
                met.insert(met.end(), some.begin(), some.end());
                last = NumberRows::probe(NumberRows::keyOf(some.back()));
            }
            for (const Cell cell : met) {
                if (grave.freedCells.contains(cell))
                    fault = "a walk meets what was freed";
                const std::uint64_t key = NumberRows::keyOf(cell);
                if (key < 100 && expected.erase(key) == 0)
                    fault = "a walk meets a key twice";
            }
            if (!expected.empty())
                fault = "a walk misses a key";
        });
    }
};

#define VERIFY_OUTCOME(outcome)                                                                    \
    QVERIFY2((outcome).failure.empty(), (outcome).failure.c_str());                                \
    QVERIFY((outcome).isComplete)

/// Four entries: the next one makes the table of one line grow.
void putFour(World& world) {
    for (const std::uint64_t key : {1, 5, 9, 13})
        world.put(key, 0);
}

} // namespace

class tst_EtsHash : public QObject {
    Q_OBJECT
private slots:
    void whatIsTakenOutMayGoAtOnce() {
        constexpr std::uint64_t kKeys = 400; // 25 of each hash: lines behind lines
        AtOnce bin;
        BasicHashTable<StdAtomics, NumberRows, AtOnce> table(NumberRows(), bin);
        const auto count = [&] {
            std::vector<Cell> all;
            table.collectAfter(nullptr, ~std::size_t{0}, all);
            return all.size();
        };
        for (std::uint64_t key = 0; key < kKeys; ++key)
            table.add(NumberRows::probe(key), NumberRows::cell(key, 0));
        QCOMPARE(count(), kKeys);
        for (std::uint64_t key = 0; key < kKeys; ++key)
            QVERIFY(table.find(NumberRows::probe(key)));
        for (std::uint64_t key = 0; key < kKeys; key += 2)
            table.remove(table.find(NumberRows::probe(key)));
        QCOMPARE(count(), kKeys / 2);
        table.clear();
        QCOMPARE(count(), std::size_t{0});
    }
    void whoLooksFindsWhatIsThereWhileItGrows() {
        const auto outcome = explored<World>(
            putFour,
            {[](World& world) { world.mustFind(13, "a key is not found while the table grows"); },
             [](World& world) {
                 world.put(102, 0); // the next array
                 world.put(103, 0); // everything moves
                 world.put(13, 1);
                 world.grave.sweep();
             }});
        VERIFY_OUTCOME(outcome);
    }
    void andWhileItShrinks() {
        const auto prepare = [](World& world) {
            for (std::uint64_t key = 100; key < 109; ++key)
                world.put(key, 0);
            world.put(1, 0);
            for (std::uint64_t key = 100; key < 108; ++key)
                world.remove(key);
            world.grave.sweep();
        };
        const auto outcome = explored<World>(
            prepare,
            {[](World& world) { world.mustFind(1, "a key is not found while the table shrinks"); },
             [](World& world) {
                 world.remove(108);
                 world.put(1, 1);
                 world.put(1, 2);
                 world.put(103, 2);
                 world.grave.sweep();
             }});
        VERIFY_OUTCOME(outcome);
    }
    /// Slots of entries that were taken out are used again under the reader's eyes.
    void aSlotThatIsUsedAgainMisleadsNobody() {
        const auto prepare = [](World& world) {
            for (const std::uint64_t key : {17, 1, 33})
                world.put(key, 0); // of one hash
        };
        const auto outcome = explored<World>(
            prepare, {[](World& world) {
                          world.mustFind(33, "a key is not found beside one that is replaced");
                          world.pinned([&] {
                              const Cell cell = world.found(17);
                              if (cell != 0 && NumberRows::keyOf(cell) != 17)
                                  world.fault = "one key is found for another";
                          });
                      },
                      [](World& world) {
                          world.remove(17);
                          world.put(49, 0);
                          world.remove(1);
                          world.put(17, 1);
                          world.grave.sweep();
                      }});
        VERIFY_OUTCOME(outcome);
    }
    void aGuessIsAnEntryWhileSlotsAreUsedAgain() {
        bool wasEverGuessed = false;
        bool wasEverNot = false;
        const auto prepare = [](World& world) { world.put(17, 0); };
        const auto outcome =
            explored<World>(prepare, {[&](World& world) {
                                          world.mustGuess(17, {1, 17, 33});
                                          (world.wasEverGuessed ? wasEverGuessed : wasEverNot) =
                                              true;
                                          world.mustGuess(1, {1, 17, 33});
                                      },
                                      [](World& world) {
                                          world.remove(17);
                                          world.put(33, 1);
                                          world.put(33, 2);
                                          world.put(1, 0);
                                          world.grave.sweep();
                                      }});
        VERIFY_OUTCOME(outcome);
        QVERIFY(wasEverGuessed && wasEverNot);
    }
    void aGuessIsAnEntryWhileTheTableGrows() {
        const auto outcome = explored<World>(putFour, {[](World& world) {
                                                           world.mustGuess(5, {5});
                                                           world.mustGuess(9, {9});
                                                       },
                                                       [](World& world) {
                                                           world.put(102, 0);
                                                           world.put(5, 1);
                                                           world.remove(9);
                                                           world.grave.sweep();
                                                       }});
        VERIFY_OUTCOME(outcome);
    }
    /// Four of eight lines have moved: what is in the new ones is changed, the old ones stay.
    void aGuessIsAnEntryWhenHalfTheTableHasMoved() {
        bool wasEverGuessed = false;
        bool wasEverFreed = false;
        const auto prepare = [](World& world) {
            for (std::uint64_t key = 0; key < 34; ++key)
                world.put(key, 0);
        };
        const auto outcome =
            explored<World>(prepare, {[&](World& world) {
                                          world.mustGuess(5, {5, 21});
                                          world.mustGuess(3, {3, 19});
                                          wasEverGuessed = wasEverGuessed || world.wasEverGuessed;
                                      },
                                      [&](World& world) {
                                          world.put(5, 1);
                                          world.grave.sweep();
                                          wasEverFreed =
                                              wasEverFreed || !world.grave.freedCells.empty();
                                          world.remove(3);
                                          world.grave.sweep();
                                      }});
        VERIFY_OUTCOME(outcome);
        QVERIFY(wasEverGuessed && wasEverFreed);
    }
    /// Seven of one hash: they do not fit into one line.
    void whatLiesBehindALineIsFoundWhileItMoves() {
        const auto prepare = [](World& world) {
            for (std::uint64_t i = 0; i < 4; ++i)
                world.put(1 + 16 * i, 0);
        };
        const auto outcome = explored<World>(
            prepare, {[](World& world) { world.mustFind(17, "a key is not found"); },
                      [](World& world) {
                          for (std::uint64_t i = 20; i < 24; ++i)
                              world.put(1 + 16 * i, 0);
                          world.put(17, 1);
                          world.grave.sweep();
                      }});
        VERIFY_OUTCOME(outcome);
    }
    void aWalkMeetsEachKeyOnceWhileTheTableGrows_data() {
        QTest::addColumn<bool>("isForward");
        QTest::newRow("forwards") << true;
        QTest::newRow("backwards") << false;
    }
    void aWalkMeetsEachKeyOnceWhileTheTableGrows() {
        QFETCH(const bool, isForward);
        const auto outcome = explored<World>(
            putFour, {[&](World& world) { world.mustMeetOnce({1, 5, 9, 13}, isForward); },
                      [](World& world) {
                          world.put(102, 0);
                          world.put(103, 0);
                          world.remove(102);
                          world.grave.sweep();
                      }});
        VERIFY_OUTCOME(outcome);
    }
    /// One reads, one buries, one sweeps.
    void theSweeperFreesNothingThatIsLookedAt() {
        bool wasEverFreed = false;
        const auto outcome = explored<World>(
            [](World& world) { world.put(1, 0); },
            {[](World& world) { world.mustFind(1, "a key is not found while it is replaced"); },
             [](World& world) {
                 world.put(1, 1);
                 world.put(1, 2);
             },
             [&](World& world) {
                 world.grave.sweep();
                 wasEverFreed = wasEverFreed || !world.grave.freedCells.empty();
             }},
            3);
        VERIFY_OUTCOME(outcome);
        QVERIFY(wasEverFreed);
    }
};

QTEST_APPLESS_MAIN(tst_EtsHash)
#include "tst_ets_hash.moc"
