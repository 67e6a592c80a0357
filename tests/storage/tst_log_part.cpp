#include "log_life.h"

using namespace grove::storage;
using grove::test::copyPart;

/// What is on disk when a part of the log is copied, and what counts as a part.
class tst_LogPart : public QObject {
    Q_OBJECT

    std::optional<SyncLossVfs> m_disk;

    Connection open() { return valueOf(Connection::open("n.db", optionsOn(*m_disk))); }
    LogCopier openCopier() { return valueOf(LogCopier::open("n.db", optionsOn(*m_disk))); }
    static void write(Connection& connection, int number) {
        valueOf(connection.makeLogSound());
        valueOf(
            connection.run("INSERT INTO numbers VALUES(?1, ?2)", number, std::string(3'000, 'x')));
    }

private slots:
    void init() {
        m_disk.emplace(1);
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = m_disk->name()}));
    }

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
        Connection writer = open();
        Connection syncer = open();
        LogCopier copier = openCopier();
        for (int number = 0; number < 10; ++number)
            write(writer, number);
        if (syncedBefore)
            valueOf(syncer.syncLog());
        QVERIFY(valueOf(copier.beginPart()));
        if (syncedMeanwhile)
            valueOf(syncer.syncLog());
        write(writer, 10);
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
        valueOf(copier.endPart());
        QCOMPARE(after, 1);
        m_disk->setLatency({});
        QCOMPARE(m_disk->contents("n.db"), m_disk->durableContents("n.db"));
    }

    void whatAnotherProgramHasCopiedIsNoPart() {
        Connection writer = open();
        LogCopier copier = openCopier();
        Connection other = openPlain(*m_disk);
        write(writer, 1);
        QVERIFY(valueOf(other.checkpoint()).isWhole());
        QVERIFY(!valueOf(copier.beginPart())); // what it reads would keep nobody from anything
        write(writer, 2);
        QVERIFY(valueOf(copyPart(copier)).value().pages > 0);
    }
};

QTEST_APPLESS_MAIN(tst_LogPart)
#include "tst_log_part.moc"
