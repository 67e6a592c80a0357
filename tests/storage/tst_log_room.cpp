#include "storage_support.h"

#include <grove/storage/sync_loss_vfs.h>
#include <grove/storage/transaction.h>

#include <algorithm>

using namespace grove::storage;

/// The room that is kept behind the end of SQLite's log.
class tst_LogRoom : public QObject {
    Q_OBJECT

    std::optional<SyncLossVfs> m_disk;
    int m_written = 0;

    Connection open(Checkpoints checkpoints = Checkpoints::Elsewhere) {
        return valueOf(Connection::open("n.db", {.access = Access::ReadWrite,
                                                 .synchronous = Synchronous::Normal,
                                                 .vfs = m_disk->name(),
                                                 .checkpoints = checkpoints}));
    }
    Connection openSound() {
        Connection connection = open();
        valueOf(connection.makeLogSound());
        return connection;
    }
    /// As many rows as the transaction has.
    SqlResult<void> tryToWrite(Connection& connection, int rows, const std::string& word) {
        auto transaction = Transaction::begin(connection, TransactionKind::Write);
        if (!transaction)
            return std::unexpected(std::move(transaction).error());
        connection.keepLogRoom();
        for (int row = 0; row < rows; ++row)
            if (auto written =
                    connection.run("INSERT INTO numbers VALUES(?1, ?2)", m_written + row + 1, word);
                !written)
                return written;
        auto committed = transaction->commit();
        if (committed)
            m_written += rows;
        return committed;
    }
    void write(Connection& connection, int rows = 1, const std::string& word = "word") {
        valueOf(tryToWrite(connection, rows, word));
    }
    [[nodiscard]] std::size_t logBytes() const { return m_disk->contents("n.db-wal").size(); }
    static std::int64_t countOf(Connection& connection) {
        return *valueOf(connection.integer("SELECT count(*) FROM numbers"));
    }
    void newDisk() {
        m_written = 0;
        m_disk.emplace(1);
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = m_disk->name()}));
    }
    static std::string pageOfText() { return std::string(4'000, 'x'); }

private slots:
    void init() { newDisk(); }

    void shortTransactionsSeldomMakeTheLogLonger_data() {
        QTest::addColumn<int>("pageBytes");
        for (const int bytes : {512, 4'096, 65'536})
            QTest::addRow("pages of %d", bytes) << bytes;
    }
    void shortTransactionsSeldomMakeTheLogLonger() {
        QFETCH(int, pageBytes);
        setPageBytes("n.db", m_disk->name(), pageBytes);
        Connection writer = openSound();
        constexpr int kTransactions = 100;
        int longer = 0;
        for (int n = 0; n < kTransactions; ++n) {
            const std::size_t before = logBytes();
            write(writer);
            longer += logBytes() == before ? 0 : 1;
        }
        const auto pages = static_cast<int>(writer.takeLogPages());
        QVERIFY(pages >= kTransactions);
        QVERIFY(longer <= 2 + pages / static_cast<int>(Connection::kLogRoomPages / 2));
        valueOf(writer.syncLog());
        m_disk->powerFailure();
        Connection again = open();
        QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(countOf(again), kTransactions);
    }

    void aLogThatBeginsAnewHasTheRoomOfTheOneBefore() {
        Connection writer = openSound();
        Connection copier = open();
        for (int n = 0; n < 100; ++n)
            write(writer);
        QVERIFY(valueOf(copier.checkpoint()).isWhole());
        const std::size_t before = logBytes();
        for (int n = 0; n < 80; ++n)
            write(writer);
        QCOMPARE(logBytes(), before);
        valueOf(writer.syncLog());
        m_disk->powerFailure();
        Connection again = open();
        QCOMPARE(countOf(again), 180);
    }

    void longTransactionsPayForTheirOwnGrowth() {
        Connection writer = openSound();
        const int rows = static_cast<int>(Connection::kLogRoomPages);
        write(writer, rows, pageOfText());
        write(writer, rows, pageOfText());
        const std::size_t before = logBytes();
        const std::size_t pages = writer.takeLogPages();
        write(writer, rows, pageOfText());
        const std::size_t frame = 4'096 + 24;
        QCOMPARE(logBytes() - before, (writer.takeLogPages() - pages) * frame);
    }

    void aDiskWithoutRoomForItIsLeftAsItIs() {
        Connection writer = openSound();
        std::size_t used = 0;
        for (const std::string& file : m_disk->files())
            used += m_disk->contents(file).size();
        m_disk->setCapacity(used + 100'000); // less than the room, and enough for some rows
        write(writer);
        QVERIFY(logBytes() < 30'000);
        write(writer);
        valueOf(writer.syncLog());
        m_disk->powerFailure();
        Connection again = open();
        QCOMPARE(countOf(again), 2);
    }

    void whoCopiesTheLogHimselfGetsNone() {
        Connection writer = open(Checkpoints::AtCommits);
        write(writer);
        const std::size_t before = logBytes();
        write(writer);
        QVERIFY(logBytes() > before);
    }

    /// Of what was committed and synced nothing is lost, wherever the disk fails before.
    void aDiskThatFailsAtAnyPlaceLosesNothing_data() {
        QTest::addColumn<SyncLossVfs::Failure>("failure");
        QTest::addColumn<bool>("fromThenOn");
        QTest::newRow("one operation fails") << SyncLossVfs::Failure::Io << false;
        QTest::newRow("all fail from there on") << SyncLossVfs::Failure::Io << true;
        QTest::newRow("full once") << SyncLossVfs::Failure::Full << false;
        QTest::newRow("full from there on") << SyncLossVfs::Failure::Full << true;
    }
    void aDiskThatFailsAtAnyPlaceLosesNothing() {
        QFETCH(SyncLossVfs::Failure, failure);
        QFETCH(bool, fromThenOn);
        std::uint64_t places = 0;
        for (std::uint64_t at = 1; places == 0; ++at) {
            newDisk();
            int synced = 0;
            {
                Connection writer = openSound();
                const std::uint64_t before = m_disk->ioCount();
                m_disk->setFault(SyncLossVfs::Fault{at, failure, fromThenOn});
                for (int n = 0; n < 25; ++n)
                    if (tryToWrite(writer, 1, "word") && writer.syncLog())
                        synced = m_written;
                if (m_disk->ioCount() - before < at)
                    places = at - 1;
                m_disk->setFault({});
                m_disk->powerFailure(at % 2 == 0 ? SyncLossVfs::Unsynced::PartlyKept
                                                 : SyncLossVfs::Unsynced::Lost);
            }
            Connection again = open();
            QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
            QVERIFY2(countOf(again) >= synced, qPrintable(QString::number(at)));
        }
        QVERIFY(places >= 50);
    }
};

QTEST_APPLESS_MAIN(tst_LogRoom)
#include "tst_log_room.moc"
