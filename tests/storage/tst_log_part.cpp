#include "log_disk.h"
#include "support/copy_part.h"

#include <optional>
#include <utility>

using namespace grove::storage;
using grove::test::copyPart;

/// What is on disk when a part of the log is copied, and what counts as a part.
class tst_LogPart : public QObject {
    Q_OBJECT

    std::optional<LogDisk> m_disk;

private slots:
    void init() { m_disk.emplace(1); }

    void aPartIsNotCopiedBeforeTheLogIsOnDisk_data() {
        QTest::addColumn<bool>("syncedBefore");
        QTest::addColumn<bool>("syncedMeanwhile");
        QTest::addColumn<int>("syncs");
        QTest::newRow("nobody has synced it") << false << false << 1;
        QTest::newRow("somebody has before it was begun") << true << false << 1;
        QTest::newRow("somebody has since") << false << true << 0;
    }
    void aPartIsNotCopiedBeforeTheLogIsOnDisk() {
        QFETCH(bool, syncedBefore);
        QFETCH(bool, syncedMeanwhile);
        QFETCH(int, syncs);
        Connection writer = m_disk->open();
        Connection syncer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        for (int number = 0; number < 10; ++number)
            writeRow(writer, number);
        if (syncedBefore)
            valueOf(syncer.syncLog());
        QVERIFY(valueOf(copier.beginPart()));
        if (syncedMeanwhile)
            valueOf(syncer.syncLog());
        writeRow(writer, 10);
        int before = 0, after = 0;
        bool isWritten = false;
        m_disk->setLatency([&](SyncLossVfs::Io io) {
            isWritten = isWritten || io == SyncLossVfs::Io::Write;
            if (io == SyncLossVfs::Io::Sync)
                ++(isWritten ? after : before);
        });
        const LogCopy copy = valueOf(copier.copyPart()).value();
        QVERIFY(isWritten && copy.copied >= 10 && !copy.isWhole());
        QCOMPARE(before, syncs);
        QCOMPARE(after, 0); // it is a part
        QVERIFY(copier.isSyncOwed());
        valueOf(copier.endPart());
        QVERIFY(!copier.isSyncOwed());
        QCOMPARE(after, 1);
        m_disk->setLatency({});
        QCOMPARE(m_disk->contents("n.db"), m_disk->durableContents("n.db"));
    }

    void whereThePartIsTheWholeLogTheFileIsSyncedOnce_data() {
        QTest::addColumn<bool>("alone");
        QTest::newRow("beside the writer") << false;
        QTest::newRow("with the turn") << true;
    }
    void whereThePartIsTheWholeLogTheFileIsSyncedOnce() {
        QFETCH(bool, alone);
        Connection writer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        for (int number = 0; number < 10; ++number)
            writeRow(writer, number);
        int syncs = 0;
        bool isWritten = false;
        m_disk->setLatency([&](SyncLossVfs::Io io) {
            isWritten = isWritten || io == SyncLossVfs::Io::Write;
            syncs += isWritten && io == SyncLossVfs::Io::Sync ? 1 : 0;
        });
        const LogCopy copy =
            alone ? valueOf(copier.copyAlone()) : valueOf(copyPart(copier)).value();
        QVERIFY(isWritten && copy.isWhole() && copy.isSynced);
        QCOMPARE(syncs, 1);
        m_disk->setLatency({});
        QCOMPARE(m_disk->contents("n.db"), m_disk->durableContents("n.db"));
    }

    void whatAnotherProgramHasCopiedIsNoPart() {
        Connection writer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        Connection other = openPlain(*m_disk);
        writeRow(writer, 1);
        QVERIFY(valueOf(other.checkpoint()).isWhole());
        QVERIFY(!valueOf(copier.beginPart())); // what it reads would keep nobody from anything
        writeRow(writer, 2);
        QVERIFY(valueOf(copyPart(copier)).value().pages > 0);
    }

    /// A sync that is under way proves nothing of a part that was begun meanwhile, and one that has
    /// begun since proves it only when it has ended.
    void onlyASyncThatHasBegunSinceAndEndedCounts_data() {
        QTest::addColumn<bool>("begunBefore");
        QTest::newRow("it had begun before the part") << true;
        QTest::newRow("it has not ended") << false;
    }
    void onlyASyncThatHasBegunSinceAndEndedCounts() {
        QFETCH(bool, begunBefore);
        Connection writer = m_disk->open();
        Connection syncer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        writeRow(writer, 1);
        int before = 0;
        const auto copy = [&] {
            bool isWritten = false;
            m_disk->setLatency([&](SyncLossVfs::Io io) {
                isWritten = isWritten || io == SyncLossVfs::Io::Write;
                before += io == SyncLossVfs::Io::Sync && !isWritten ? 1 : 0;
            });
            QVERIFY(valueOf(copier.copyPart()).value().pages > 0);
            m_disk->setLatency({});
        };
        if (!begunBefore)
            QVERIFY(valueOf(copier.beginPart()));
        bool isDue = true;
        m_disk->setLatency([&](SyncLossVfs::Io io) {
            if (io != SyncLossVfs::Io::Sync || !std::exchange(isDue, false))
                return;
            if (begunBefore)
                QVERIFY(valueOf(copier.beginPart()));
            else
                copy();
        });
        valueOf(syncer.syncLog());
        if (begunBefore)
            copy();
        QCOMPARE(before, 1);
        valueOf(copier.endPart());
    }

    /// After the next power failure it would be there again, with a hole where that sync lost some.
    void aLogThatWasNotSyncedIsNotDeletedAtTheLastClose_data() {
        QTest::addColumn<bool>("fails");
        QTest::addColumn<bool>("kept");
        QTest::newRow("all was synced") << false << false;
        QTest::newRow("the last sync has failed") << true << true;
    }
    void aLogThatWasNotSyncedIsNotDeletedAtTheLastClose() {
        QFETCH(bool, fails);
        QFETCH(bool, kept);
        constexpr int kRows = 20;
        {
            Connection writer = m_disk->open();
            Connection syncer = m_disk->open();
            for (int number = 0; number < kRows; ++number)
                writeRow(writer, number);
            if (fails)
                m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
            QCOMPARE(syncer.syncLog().has_value(), !fails);
            m_disk->setFault({});
        }
        QCOMPARE(m_disk->exists("n.db-wal"), kept);
        {
            Connection reader = m_disk->open(); // that nobody has written leaves it as it is
            QCOMPARE(*valueOf(reader.integer("SELECT count(*) FROM numbers")), kRows);
        }
        QCOMPARE(m_disk->exists("n.db-wal"), kept);
        {
            Connection writer = m_disk->open();
            writeRow(writer, kRows); // it is written again before
        }
        QVERIFY(!m_disk->exists("n.db-wal"));
        m_disk->powerFailure();
        Connection again = m_disk->open();
        QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(*valueOf(again.integer("SELECT count(*) FROM numbers")), kRows + 1);
    }

    void theNextStartWritesSuchALogAgainBeforeItDeletesIt() {
        constexpr int kRows = 20;
        {
            Connection writer = m_disk->open();
            Connection syncer = m_disk->open();
            for (int number = 0; number < kRows; ++number) {
                if (number == kRows / 2)
                    valueOf(syncer.syncLog());
                writeRow(writer, number);
            }
            m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
            QVERIFY(!syncer.syncLog());
            m_disk->setFault({});
        }
        QVERIFY(m_disk->exists("n.db-wal"));
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = m_disk->name()}));
        QVERIFY(!m_disk->exists("n.db-wal"));
        m_disk->powerFailure(); // it is there again
        Connection again = m_disk->open();
        QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(*valueOf(again.integer("SELECT count(*) FROM numbers")), kRows);
    }

    /// SQLite says only that it has failed, and counts the part that was copied before.
    void aPartWhoseCopierWasKilledIsWrittenAgainWhereTheNextSyncFails() {
        {
            Connection writer = m_disk->open();
            std::optional<LogCopier> copier = m_disk->openCopier();
            for (int number = 0; number < 10; ++number)
                writeRow(writer, number);
            QVERIFY(valueOf(copier->beginPart()));
            writeRow(writer, 10);
            QVERIFY(valueOf(copier->copyPart()).value().copied >= 10);
            copier = m_disk->openCopier();
            bool isWritten = false;
            m_disk->setLatency([&](SyncLossVfs::Io io) { // of the file, behind what is left
                if (io == SyncLossVfs::Io::Sync && isWritten)
                    m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
                isWritten = isWritten || io == SyncLossVfs::Io::Write;
            });
            QVERIFY(!copier->copyAlone());
            m_disk->setLatency({});
            m_disk->setFault({});
            QVERIFY(valueOf(copier->copyAlone()).isWhole());
            writeRow(writer, 11); // the log begins anew
            valueOf(writer.syncLog());
            m_disk->powerFailure();
        }
        Connection again = m_disk->open();
        QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(*valueOf(again.integer("SELECT count(*) FROM numbers")), 12);
    }
};

QTEST_APPLESS_MAIN(tst_LogPart)
#include "tst_log_part.moc"
