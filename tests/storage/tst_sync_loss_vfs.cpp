#include "storage_support.h"

#include <grove/storage/sync_loss_vfs.h>

#include <random>

using namespace grove::storage;

namespace {

constexpr std::chrono::sys_seconds kAt{std::chrono::seconds(1'700'000'000)};

/// Writes numbers in transactions of random size until the power fails in the middle; returns the
/// acknowledged.
int writeUntilPowerFails(SyncLossVfs& disk, Synchronous synchronous, std::mt19937_64& random,
                         SyncLossVfs::Unsynced unsynced, int from) {
    int acknowledged = from;
    auto connection =
        valueOf(Connection::open("n.db", {.synchronous = synchronous, .vfs = disk.name()}));
    const auto failAt = disk.ioCount() + 20 + random() % 400;
    while (disk.ioCount() < failAt) {
        auto batch = WriteBatch::begin(connection);
        if (!batch)
            break;
        const int size = 1 + static_cast<int>(random() % 20);
        bool whole = true;
        for (int i = 0; i < size && disk.ioCount() < failAt; ++i) {
            const int n = acknowledged + i + 1;
            whole &=
                batch
                    ->perform("op-" + std::to_string(n), 1, kAt,
                              [n](Connection& c) -> WriteResult<std::string> {
                                  if (auto done = c.run("INSERT INTO numbers VALUES(?1, 'x')", n);
                                      !done)
                                      return std::unexpected(done.error());
                                  return std::to_string(n);
                              })
                    .has_value();
        }
        if (disk.ioCount() >= failAt)
            break;
        if (whole && batch->commit())
            acknowledged += size;
    }
    disk.powerFailure(unsynced);
    return acknowledged;
}

} // namespace

class tst_SyncLossVfs : public QObject {
    Q_OBJECT

private slots:
    void keepsWhatWasSyncedAndLosesTheRest() {
        SyncLossVfs disk(1);
        disk.setContents("a", "durable");
        QCOMPARE(disk.contents("a"), std::string("durable"));
        {
            auto connection = valueOf(
                Connection::open("b", {.synchronous = Synchronous::Off, .vfs = disk.name()}));
            valueOf(connection.execute(kNumbers));
            QVERIFY(disk.exists("b"));
            QVERIFY(!disk.contents("b").empty());
        }
        disk.powerFailure();
        QVERIFY(!disk.exists("b"));
        QCOMPARE(disk.contents("a"), std::string("durable"));
    }

    void aFileOpenedBeforeAPowerFailureIsDead() {
        SyncLossVfs disk(1);
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}));
        auto connection = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
        valueOf(connection.run("INSERT INTO numbers VALUES(1, 'one')"));
        disk.powerFailure();
        QVERIFY(!connection.run("INSERT INTO numbers VALUES(2, 'two')"));
        auto again = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
        QCOMPARE(valueOf(again.integer("SELECT count(*) FROM numbers")).value(), 1);
    }

    void threeConnectionsShareTheLogLikeOnARealDisk() {
        SyncLossVfs disk(1);
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}));
        auto one = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
        auto two = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
        auto reader = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
        auto snapshot = valueOf(Transaction::begin(reader, TransactionKind::Read));
        QCOMPARE(valueOf(reader.integer("SELECT count(*) FROM numbers")).value(), 0);
        for (int i = 0; i < 1000; ++i)
            valueOf((i % 2 ? one : two).run("INSERT INTO numbers VALUES(?1, 'x')", i));
        QCOMPARE(valueOf(reader.integer("SELECT count(*) FROM numbers")).value(), 0);
        valueOf(snapshot.commit());
        QCOMPARE(valueOf(reader.integer("SELECT count(*) FROM numbers")).value(), 1000);
        auto writing = valueOf(Transaction::begin(one, TransactionKind::Write));
        QVERIFY(Transaction::begin(two, TransactionKind::Write).error().kind == SqlKind::Busy);
    }

    void theSameSeedGivesTheSameDisk() {
        std::vector<std::uint64_t> counts;
        for (int run = 0; run < 2; ++run) {
            SyncLossVfs disk(7);
            std::mt19937_64 random(7);
            QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}));
            const int acknowledged = writeUntilPowerFails(disk, Synchronous::Full, random,
                                                          SyncLossVfs::Unsynced::PartlyKept, 0);
            counts.push_back(disk.ioCount() * 1000 + static_cast<unsigned>(acknowledged));
        }
        QCOMPARE(counts[0], counts[1]);
    }

    void whatWasAcknowledgedSurvivesEveryPowerFailure() {
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            SyncLossVfs disk(seed);
            std::mt19937_64 random(seed);
            QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}));
            int acknowledged = 0;
            for (int failure = 0; failure < 3; ++failure) {
                acknowledged = writeUntilPowerFails(
                    disk, Synchronous::Full, random,
                    random() % 2 ? SyncLossVfs::Unsynced::Lost : SyncLossVfs::Unsynced::PartlyKept,
                    acknowledged);
                auto connection = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
                const auto rows =
                    valueOf(connection.integer("SELECT count(*) FROM numbers")).value();
                const auto last =
                    valueOf(connection.integer("SELECT ifnull(max(n), 0) FROM numbers")).value();
                const auto results =
                    valueOf(connection.integer("SELECT count(*) FROM operations")).value();
                QVERIFY2(rows >= acknowledged, qPrintable(QString("SEED=%1").arg(seed)));
                QCOMPARE(last, rows);
                QCOMPARE(results, rows);
                QCOMPARE(valueOf(connection.text("PRAGMA integrity_check")).value(),
                         std::string("ok"));
                acknowledged = static_cast<int>(rows);
            }
        }
    }

    /// The test above is worth something only if it finds a database that does not wait for the
    /// disk.
    void withoutSyncingAcknowledgedWritesAreLost() {
        int losses = 0;
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            SyncLossVfs disk(seed);
            std::mt19937_64 random(seed);
            QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}));
            const int acknowledged = writeUntilPowerFails(disk, Synchronous::Off, random,
                                                          SyncLossVfs::Unsynced::Lost, 0);
            auto connection = Connection::open("n.db", {.vfs = disk.name()});
            auto rows = connection ? connection->integer("SELECT count(*) FROM numbers")
                                   : std::unexpected(connection.error());
            losses += !rows || rows->value_or(0) < acknowledged;
        }
        QVERIFY(losses > 0);
    }
};

QTEST_GUILESS_MAIN(tst_SyncLossVfs)
#include "tst_sync_loss_vfs.moc"
