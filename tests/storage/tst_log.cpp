#include "storage_support.h"

#include <grove/storage/sync_loss_vfs.h>

using namespace grove::storage;

/// SQLite's log: synced and copied beside who writes it.
class tst_Log : public QObject {
    Q_OBJECT

    std::optional<SyncLossVfs> m_disk;
    int m_written = 0;

    Connection open(Synchronous synchronous = Synchronous::Normal) {
        return valueOf(Connection::open("n.db", {.access = Access::ReadWrite,
                                                 .synchronous = synchronous,
                                                 .vfs = m_disk->name(),
                                                 .checkpoints = Checkpoints::Elsewhere}));
    }
    void write(Connection& connection) {
        valueOf(connection.run("INSERT INTO numbers VALUES(?1, ?2)", ++m_written,
                               std::string_view("word")));
    }
    static std::int64_t countOf(Connection& connection) {
        return *valueOf(connection.integer("SELECT count(*) FROM numbers"));
    }
    std::int64_t afterPowerFailure() {
        m_disk->powerFailure();
        Connection again = open();
        return countOf(again);
    }
    void failNextSync() {
        m_disk->setLatency([this](SyncLossVfs::Io io) {
            if (io != SyncLossVfs::Io::Sync)
                return;
            m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
            m_disk->setLatency({});
        });
    }

    /// The sync of the file with which it copies a part.
    void failFileSyncOf(Connection& copier) {
        int syncs = 0;
        m_disk->setLatency([&](SyncLossVfs::Io io) { // the log's, then the file's
            if (io == SyncLossVfs::Io::Sync && ++syncs == 2)
                m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
        });
        QVERIFY(!copier.checkpoint());
        QVERIFY(copier.isFileSuspect());
        m_disk->setLatency({});
        m_disk->setFault({});
    }
    struct Users {
        Connection writer, copier;
    };
    /// A reader is in the way of the last of `rows` + 1, and the sync of what is copied fails.
    Users copyPartInVain(int rows) {
        Users users{open(), open()};
        Connection reader = open();
        valueOf(users.writer.makeLogSound());
        for (int n = 0; n < rows; ++n)
            write(users.writer);
        valueOf(reader.execute("BEGIN"));
        static_cast<void>(countOf(reader)); // from here on it has a snapshot
        write(users.writer);
        valueOf(users.writer.syncLog());
        failFileSyncOf(users.copier);
        valueOf(reader.execute("COMMIT"));
        return users;
    }

private slots:
    void init() {
        m_written = 0;
        m_disk.emplace(1);
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = m_disk->name()}));
    }

    void whatWasCommittedIsOnDiskAfterASyncByAnother() {
        Connection writer = open();
        Connection syncer = open();
        valueOf(writer.makeLogSound());
        write(writer);
        valueOf(syncer.syncLog());
        write(writer);
        QCOMPARE(afterPowerFailure(), 1);
    }

    void nobodyKnowsAtFirstWhetherASyncIsWorthAnything() {
        Connection writer = open();
        Connection syncer = open();
        QVERIFY(!writer.isLogSound());
        QVERIFY(!syncer.syncLog());
        valueOf(writer.makeLogSound());
        QVERIFY(syncer.isLogSound());
        valueOf(syncer.syncLog());
    }

    void afterAFailedSyncNoneIsBelievedUntilTheLogIsWrittenAgain() {
        Connection writer = open();
        Connection syncer = open();
        valueOf(writer.makeLogSound());
        write(writer);
        failNextSync();
        QVERIFY(!syncer.syncLog());
        QVERIFY(!syncer.syncLog()); // the disk would take it now, and have nothing of it
        QVERIFY(!writer.isLogSound());
        valueOf(writer.makeLogSound());
        valueOf(syncer.syncLog());
        QCOMPARE(afterPowerFailure(), 1);
    }

    void aFailedCopyMakesTheLogSuspectToo() {
        Connection writer = open();
        Connection copier = open();
        valueOf(writer.makeLogSound());
        write(writer);
        failNextSync();
        QVERIFY(!copier.checkpoint());
        QVERIFY(!writer.isLogSound());
        valueOf(copier.checkpoint()); // nobody writes: it is written again first
        QVERIFY(writer.isLogSound());
        QCOMPARE(afterPowerFailure(), 1);
    }

    void withoutSynchronousThereIsNothingToWaitFor() {
        Connection writer = open(Synchronous::Off);
        const std::uint64_t before = m_disk->syncCount();
        write(writer);
        valueOf(writer.syncLog());
        QVERIFY(writer.isLogSound());
        QCOMPARE(m_disk->syncCount(), before);
    }

    void aReaderInTheWayOfACheckpointLosesNothing() {
        Connection writer = open();
        Connection copier = open();
        Connection reader = open();
        valueOf(writer.makeLogSound());
        write(writer);
        valueOf(reader.execute("BEGIN"));
        QCOMPARE(countOf(reader), 1);
        write(writer);
        QVERIFY(!valueOf(copier.checkpoint()).isWhole());
        write(writer);
        QCOMPARE(countOf(reader), 1);
        valueOf(reader.execute("COMMIT"));
        write(writer);
        QVERIFY(valueOf(copier.checkpoint()).isWhole());
        QCOMPARE(countOf(reader), 4);
        QCOMPARE(afterPowerFailure(), 4);
    }

    /// SQLite counts the pages of a part as copied, and would let go of the log once it has the
    /// rest.
    void aPartThatMayNotHaveComeIntoTheFileIsCopiedAgainOrTheLogKept_data() {
        QTest::addColumn<bool>("mended");
        QTest::addColumn<bool>("closed");
        QTest::newRow("copied again, then the power fails") << true << false;
        QTest::newRow("copied again, all close it, then the power fails") << true << true;
        QTest::newRow("not copied again, the power fails") << false << false;
        QTest::newRow("not copied again, all close it, then the power fails") << false << true;
    }
    void aPartThatMayNotHaveComeIntoTheFileIsCopiedAgainOrTheLogKept() {
        QFETCH(bool, mended);
        QFETCH(bool, closed);
        constexpr int kRows = 60;
        {
            auto [writer, copier] = copyPartInVain(kRows);
            if (mended) {
                QVERIFY(valueOf(copier.checkpoint()).isWhole());
                QVERIFY(!copier.isFileSuspect());
                write(writer); // into the log that begins anew
                QVERIFY(valueOf(copier.checkpoint()).pages < kRows);
            } else {
                m_disk->setLatency([&](SyncLossVfs::Io io) {
                    if (io == SyncLossVfs::Io::Sync)
                        m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
                });
                QVERIFY(!copier.checkpoint());
                QVERIFY(!copier.checkpoint());
                QVERIFY(copier.isFileSuspect());
                m_disk->setLatency({});
                write(writer);
            }
            valueOf(writer.makeLogSound());
            valueOf(writer.syncLog());
            if (!closed)
                m_disk->powerFailure();
        }
        if (closed)
            m_disk->powerFailure();
        Connection again = open();
        QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(countOf(again), kRows + 2);
        QVERIFY(valueOf(again.checkpoint()).isWhole());
        m_disk->powerFailure();
        Connection last = open();
        QCOMPARE(countOf(last), kRows + 2);
    }

    /// What the system keeps of a file after a failed sync may be what was there before.
    void whatIsCopiedAgainIsTakenFromTheLogWhereThatIsUndamaged_data() {
        QTest::addColumn<int>("damagedAt"); // in the log
        QTest::newRow("undamaged") << -1;
        QTest::newRow("its head") << 9;
        QTest::newRow("the head of a frame") << 32 + 3;
        QTest::newRow("a page in it") << 32 + 3 * (24 + 4'096) - 100;
    }
    void whatIsCopiedAgainIsTakenFromTheLogWhereThatIsUndamaged() {
        QFETCH(int, damagedAt);
        constexpr int kRows = 600;
        {
            auto [writer, copier] = copyPartInVain(kRows);
            QVERIFY(m_disk->contents("n.db") != m_disk->durableContents("n.db"));
            m_disk->dropUnsynced("n.db");
            if (damagedAt >= 0) {
                const std::string before = m_disk->contents("n.db");
                m_disk->damage("n.db-wal", static_cast<std::size_t>(damagedAt));
                const auto copied = copier.checkpoint();
                QVERIFY(!copied && copied.error().kind == SqlKind::Corrupt);
                QVERIFY(copier.isFileSuspect());
                QCOMPARE(m_disk->contents("n.db"), before);
                return;
            }
            QVERIFY(valueOf(copier.checkpoint()).isWhole());
            QCOMPARE(m_disk->contents("n.db"), m_disk->durableContents("n.db"));
            m_disk->powerFailure();
        }
        m_disk->setContents("n.db-wal", {}); // the file has all of it
        Connection again = open();
        QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(countOf(again), kRows + 1);
    }
};

QTEST_APPLESS_MAIN(tst_Log)
#include "tst_log.moc"
