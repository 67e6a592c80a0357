#include "support/interleave.h"

#include <grove/runtime/epoch.h>

#include <QTest>

#include <memory>
#include <vector>

using namespace grove::runtime;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

using Explored = BasicEpochs<ExploredAtomics>;

struct Thing {
    bool isFreed = false;
};

/// A published thing, readers who look at it, and a writer who replaces it and frees the old one
/// when it may.
struct World {
    Explored epochs;
    Thing first;
    Thing second;
    ExploredAtomics::Atomic<Thing*> current{&first};
    std::vector<std::unique_ptr<Explored::Reader>> readers;
    std::string fault;
    bool wasFreed = false;

    void read() {
        readers.push_back(std::make_unique<Explored::Reader>());
        Explored::Reader& reader = epochs.add(*readers.back());
        for (int times = 0; times < 2; ++times) {
            epochs.pin(reader);
            look();
            Explored::unpin(reader);
        }
    }
    /// Twice, the second time for longer than was thought.
    void readAlone() {
        readers.push_back(std::make_unique<Explored::Reader>());
        Explored::Reader& reader = epochs.add(*readers.back());
        for (int times = 0; times < 2; ++times) {
            if (!epochs.pinAlone(reader))
                fault = "a reader that is not pinned cannot be";
            look();
            if (times == 0) {
                Explored::unpinAlone(reader);
                continue;
            }
            Explored::keepPinned(reader);
            if (epochs.pinAlone(reader))
                fault = "a pin within a pin is taken for one of its own";
            look();
            Explored::unpin(reader);
        }
    }
    void look() {
        const Thing* const seen = current.load();
        Explorer::step(); // looks at it for a while
        if (seen->isFreed)
            fault = "a reader looks at what was freed";
    }
    void replace() {
        current.store(&second);
        const std::uint64_t freeFrom = epochs.advance();
        if (freeFrom <= epochs.oldestPinned()) {
            first.isFreed = true;
            wasFreed = true;
        }
    }
};

} // namespace

class tst_Epoch : public QObject {
    Q_OBJECT
private slots:
    void nobodyLooksAtWhatWasFreed_data() {
        QTest::addColumn<bool>("isAlone");
        QTest::addRow("a pin that may hold others") << false;
        QTest::addRow("a pin alone") << true;
    }
    void nobodyLooksAtWhatWasFreed() {
        QFETCH(bool, isAlone);
        bool wasEverFreed = false;
        bool wasEverKept = false;
        const auto outcome = Explorer::explore([&] {
            const auto world = std::make_shared<World>();
            return Explorer::Scenario{
                {[world, isAlone] { isAlone ? world->readAlone() : world->read(); },
                 [world] { world->replace(); }},
                [world, &wasEverFreed, &wasEverKept] {
                    wasEverFreed = wasEverFreed || world->wasFreed;
                    wasEverKept = wasEverKept || !world->wasFreed;
                    return world->fault;
                }};
        });
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
        QVERIFY(wasEverFreed && wasEverKept);
    }
    void norWithTwoReaders() {
        const auto outcome = Explorer::explore(
            [&] {
                const auto world = std::make_shared<World>();
                return Explorer::Scenario{{[world] { world->read(); },
                                           [world] { world->readAlone(); },
                                           [world] { world->replace(); }},
                                          [world] { return world->fault; }};
            },
            {.preemptionsMax = 2});
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
    }
    void aPinWithinAPinEndsWithTheOuterOne() {
        Epochs all;
        Epochs::Reader& reader = all.takeReader();
        all.pin(reader);
        const std::uint64_t later = all.advance();
        all.pin(reader);
        Epochs::unpin(reader);
        QVERIFY(all.oldestPinned() < later);
        Epochs::unpin(reader);
        QCOMPARE(all.oldestPinned(), kNobodyPinned);
        reader.isTaken.store(0);
        QCOMPARE(&all.takeReader(), &reader); // the next thread has it
        delete &reader;
    }
};

QTEST_APPLESS_MAIN(tst_Epoch)
#include "tst_epoch.moc"
