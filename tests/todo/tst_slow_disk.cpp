#include "world.h"

#include <grove/otp/registry.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>
#include <grove/term/alloc.h>

#include <algorithm>
#include <array>
#include <malloc.h>

using namespace grove;
using namespace grove::todo;
using namespace std::chrono_literals;

namespace {

constexpr ListId kProducers = 10;                          // each has a list of its own
const std::size_t kUnderWay = ClientOptions{}.underWayMax; // as much as a client sends
constexpr Duration kCommit = 50ms;

/// What an edit of a title of 100 characters may take that is under way, in all places where it is
/// at once: kept by its client, in a message, in its list's server, in a batch, in its answer.
constexpr std::size_t kBytesOfEdit = 3'000;
/// What it takes however few are under way: most of it pages that SQLite keeps.
constexpr std::size_t kBytesOfCaches = (5U << 20) / 2;
/// What all of it may hold at most above what it held when it had come to rest.
const std::size_t kBoundBytes = kBytesOfCaches + kProducers * kUnderWay * kBytesOfEdit;
/// Messages in all mailboxes together: each edit is in one of them at most.
const std::size_t kBoundMessages = kProducers * kUnderWay;

/// Memory that is allocated, without the simulated disk's. (Blocks of up to 1,024 bytes are the
/// runtime's own and counted apart. The sanitizers' memory says nothing here.)
std::size_t bytesInUse(const storage::SyncLossVfs& disk) {
    const struct mallinfo2 used = mallinfo2();
    const MemoryStatistics own = memoryStatistics();
    const std::size_t all =
        used.uordblks + used.hblkhd + own.bytesInUse() - own.largeBytesInUse; // those are malloc's
    return all - std::min(all, disk.memoryBytes());
}

std::size_t messagesWaiting(const Runtime& runtime) {
    std::array<ProcessRow, 256> rows;
    std::size_t count = 0;
    const std::uint32_t used = runtime.counters().slotsUsed;
    for (std::uint32_t slot = 0; slot < used;) {
        const auto got = runtime.rows(slot, rows);
        for (std::size_t i = 0; i < got.count; ++i)
            count += rows[i].mailboxLength;
        slot = got.nextSlot;
    }
    return count;
}

Task<> sumOfWorkers(const char* field, std::int64_t* sum) {
    *sum = 0;
    for (int number = 1; number <= 3; ++number) {
        const Term state = co_await otp::sys::getState(storage::workerName(number));
        *sum += state.mapFind(atom(field))->toInt();
    }
}

} // namespace

/// A disk that takes 50 ms for every commit, and ten programs that would like to write faster.
class tst_SlowDisk : public QObject {
    Q_OBJECT

private slots:
    void memoryStaysUnderItsBoundForAMinute() {
        storage::SyncLossVfs disk(1);
        World world(disk, 1);
        std::vector<std::unique_ptr<RecordingClient>> producers;
        std::array<std::size_t, kProducers> answered{};
        bool isOver = false;
        for (ListId list = 1; list <= kProducers; ++list) {
            producers.push_back(std::make_unique<RecordingClient>(
                world.runtime(), "producer " + std::to_string(list)));
            if (list > 1)
                producers.back()->client().createList(producers.back()->client().newOperation(),
                                                      list, "List " + std::to_string(list));
            producers.back()->submit(list, AddEntries{{{.title = "an entry"}}});
        }
        const auto isAtRest = [&] {
            return std::ranges::all_of(
                producers, [](const auto& one) { return one->client().pendingCount() == 0; });
        };
        QVERIFY(world.runUntil(isAtRest));

        disk.setLatency([&world](storage::SyncLossVfs::Io io) {
            if (io == storage::SyncLossVfs::Io::Sync)
                world.simulation().hold(kCommit);
        });
        const auto refill = [&](ListId list) {
            RecordingClient& producer = *producers[static_cast<std::size_t>(list - 1)];
            while (!isOver && producer.client().pendingCount() < kUnderWay)
                producer.submit(list, SetTitles{{{1, std::string(100, 'x')}}});
        };
        for (ListId list = 1; list <= kProducers; ++list)
            producers[static_cast<std::size_t>(list - 1)]->onAnswer =
                [&, list](const RecordingClient::Answer& answer) {
                    QVERIFY(answer.answer.done);
                    ++answered[static_cast<std::size_t>(list - 1)];
                    refill(list);
                };

        const std::size_t before = bytesInUse(disk);
        std::size_t bytesMost = 0;
        std::size_t messagesMost = 0;
        for (ListId list = 1; list <= kProducers; ++list)
            refill(list);
        for (int tenth = 0; tenth < 600; ++tenth) {
            world.simulation().runFor(100ms);
            bytesMost = std::max(bytesMost, bytesInUse(disk));
            messagesMost = std::max(messagesMost, messagesWaiting(world.runtime()));
            for (auto& producer : producers)
                producer->forgetAnswers();
        }
        isOver = true;
        QVERIFY(world.runUntil(isAtRest));
        qInfo("%zu bytes and %zu messages at most", bytesMost - std::min(bytesMost, before),
              messagesMost);
        QVERIFY(bytesMost < before + kBoundBytes);
        QVERIFY(messagesMost <= kBoundMessages);
        // Nobody was left behind, and the disk was kept busy: 20 commits a second.
        const auto [least, most] = std::ranges::minmax(answered);
        QVERIFY(least > 1'000 && most < 3 * least);
        std::int64_t busyWaits = -1;
        world.runtime().spawn(sumOfWorkers, "busy_waits", &busyWaits);
        QVERIFY(world.runUntil([&] { return busyWaits >= 0; }));
        QCOMPARE(busyWaits, 0);
    }
};

QTEST_APPLESS_MAIN(tst_SlowDisk)
#include "tst_slow_disk.moc"
