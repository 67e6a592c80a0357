// The texts of events: kept whole, or not at all.

#include "event_texts.h"
#include "support/interleave.h"

#include <QTest>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace grove;
using namespace grove::runtime;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

using Texts = BasicEventTexts<StdAtomics>;
using Explored = BasicEventTexts<ExploredAtomics>;

/// A text that shows of which event it is, wherever it is looked at.
std::string textOf(std::uint64_t sequence, std::size_t length) {
    return std::string(length, static_cast<char>('a' + sequence % 26));
}

constexpr std::size_t kLong = Explored::kCellBytes + 8; // takes two cells

/// Two writers and a reader where three cells are all there is, so that their texts meet.
struct World {
    std::vector<Explored::Cell> cells{3};
    Explored texts{cells.data(), cells.size()};
    // 0: its text was given up.
    std::uint32_t places[3]{};
    std::string fault;
    int kept = 0;
    int lost = 0;

    void write(std::uint64_t sequence) {
        places[sequence] = texts.put(sequence, textOf(sequence, kLong));
    }
    void read() {
        for (std::uint64_t sequence = 1; sequence <= 2; ++sequence)
            look(sequence, places[sequence]);
    }
    void look(std::uint64_t sequence, std::uint32_t place) {
        const std::string text = texts.read(sequence, place, kLong);
        ++(text.empty() ? lost : kept);
        if (!text.empty() && text != textOf(sequence, kLong))
            fault = "a text of two events was read";
    }
    std::string check() {
        read();
        return fault;
    }
};

} // namespace

class TestEventTexts : public QObject {
    Q_OBJECT
private slots:
    void keepsTextsOfEveryLength() {
        std::vector<Texts::Cell> cells(64);
        Texts texts(cells.data(), cells.size());
        for (std::uint64_t length = 1; length <= 256; ++length) {
            const std::uint32_t place = texts.put(length, textOf(length, length));
            QVERIFY(place != 0);
            QCOMPARE(texts.read(length, place, length), textOf(length, length));
        }
    }
    void shortTextsTakeOneCellEach() {
        std::vector<Texts::Cell> cells(8);
        Texts texts(cells.data(), cells.size());
        std::vector<std::uint32_t> places(9);
        for (std::uint64_t sequence = 1; sequence <= 8; ++sequence)
            places[sequence] = texts.put(sequence, textOf(sequence, Texts::kCellBytes));
        for (std::uint64_t sequence = 1; sequence <= 8; ++sequence)
            QCOMPARE(texts.read(sequence, places[sequence], Texts::kCellBytes),
                     textOf(sequence, Texts::kCellBytes));
    }
    /// Its first cell may still be there.
    void whatWasOverwrittenInPartIsGone() {
        std::vector<Texts::Cell> cells(8);
        Texts texts(cells.data(), cells.size());
        const std::size_t length = 3 * Texts::kCellBytes;
        const std::uint32_t first = texts.put(1, textOf(1, length));
        const std::uint32_t second = texts.put(2, textOf(2, length)); // up to the sixth cell
        QCOMPARE(texts.read(1, first, length), textOf(1, length));
        const std::uint32_t third = texts.put(3, textOf(3, length)); // the last two and the first
        QCOMPARE(texts.read(1, first, length), std::string());
        QCOMPARE(texts.read(2, second, length), textOf(2, length));
        QCOMPARE(texts.read(3, third, length), textOf(3, length));
    }

    void noTextIsOfTwoEventsInAnyOrder() {
        bool wasKept = false;
        bool wasLost = false;
        const auto outcome = Explorer::explore(
            [&] {
                const auto world = std::make_shared<World>();
                return Explorer::Scenario{{[world] { world->write(1); },
                                           [world] { world->write(2); },
                                           [world] { world->read(); }},
                                          [world, &wasKept, &wasLost] {
                                              std::string fault = world->check();
                                              wasKept = wasKept || world->kept > 0;
                                              wasLost = wasLost || world->lost > 0;
                                              return fault;
                                          }};
            },
            {.preemptionsMax = 2});
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
        QVERIFY(wasKept && wasLost);
    }
    void norOnThreads() {
        std::vector<Texts::Cell> cells(8);
        Texts texts(cells.data(), cells.size());
        // Of the latest text: sequence:40 | place:24. Stored with release, loaded with acquire.
        std::atomic<std::uint64_t> latest{0};
        std::atomic<std::uint64_t> sequences{0};
        std::atomic<bool> isOver{false};
        constexpr std::uint64_t kTexts = 20'000;
        const auto write = [&] {
            for (;;) {
                const std::uint64_t sequence = sequences.fetch_add(1) + 1;
                if (sequence > kTexts)
                    return;
                const std::uint32_t place =
                    texts.put(sequence, textOf(sequence, 1 + sequence % 150));
                latest.store(sequence << 24 | place, std::memory_order_release);
            }
        };
        std::uint64_t faults = 0;
        std::uint64_t read = 0;
        std::thread reader([&] {
            while (!isOver.load()) {
                const std::uint64_t seen = latest.load(std::memory_order_acquire);
                const std::uint64_t sequence = seen >> 24;
                const std::size_t length = 1 + sequence % 150;
                const std::string text =
                    texts.read(sequence, static_cast<std::uint32_t>(seen & 0xFF'FFFF), length);
                read += text.empty() ? 0 : 1;
                faults += text.empty() || text == textOf(sequence, length) ? 0 : 1;
            }
        });
        std::thread other(write);
        write();
        other.join();
        isOver.store(true);
        reader.join();
        QCOMPARE(faults, 0U);
        QVERIFY(read > 0);
    }
};

QTEST_APPLESS_MAIN(TestEventTexts)
#include "tst_event_texts.moc"
