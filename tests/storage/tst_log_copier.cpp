#include "log_disk.h"
#include "support/copy_part.h"

#include <functional>
#include <utility>
#include <vector>

using namespace grove::storage;
using grove::test::copyPart;

namespace {

/// Somebody writes, somebody syncs, somebody reads, and the log is copied: mostly beside the
/// writer, who writes between the operations of the copy. What fails is tried again or left.
class Life {
public:
    explicit Life(SyncLossVfs& disk)
        : m_disk(disk), m_writer(open()), m_syncer(open()), m_reader(open()),
          m_copier(valueOf(LogCopier::open("n.db", optionsOn(disk)))) {}
    ~Life() { m_disk.setLatency({}); }

    /// `each`: before each operation of the disk.
    void run(const std::function<void(SyncLossVfs::Io)>& each) {
        m_disk.setLatency([this, &each](SyncLossVfs::Io io) {
            each(io);
            if (std::exchange(m_isInside, true))
                return;
            if (m_isCopying && ++m_beside % 3 == 0)
                write();
            if (m_isCopying && m_beside % 7 == 0)
                sync();
            m_isInside = false;
            const bool isSync = m_isCopying && io == SyncLossVfs::Io::Sync;
            if (isSync && ++m_syncs == 2 && m_round == syncFailsIn) // the file's, after the log's
                m_disk.setFault(SyncLossVfs::Fault{.atIo = 1});
        });
        for (int round = 0; round < 16; ++round) {
            m_isInside = false;
            for (int n = 0; n < 3; ++n)
                write();
            sync();
            if (round % 4 == 1)
                static_cast<void>(m_reader.execute("BEGIN; SELECT count(*) FROM numbers"));
            m_isCopying = true;
            m_syncs = 0;
            m_round = round;
            const auto meanwhile = [this, round] { // what the sync is not to be done again for
                m_isInside = true;
                if (round % 2 != 0)
                    sync();
                m_isInside = false;
            };
            if (auto copied = copyPart(m_copier, meanwhile);
                copied && *copied && (*copied)->pages > 0)
                ++parts;
            m_isCopying = false;
            suspects += m_reader.isFileSuspect() ? 1 : 0;
            if (round % 4 == 3)
                static_cast<void>(m_reader.execute("ROLLBACK"));
            if (round % 3 == 2)
                if (auto copied = m_copier.copyAlone(); copied && copied->isWhole())
                    ++checkpoints;
        }
        write();
        sync();
    }

    int syncFailsIn = -1; ///< the round in which the sync of a part does

    std::vector<std::int64_t> acknowledged; ///< while the power is on
    int suspects = 0;                       ///< rounds in which the file might lack something
    int parts = 0;
    int checkpoints = 0;

private:
    [[nodiscard]] Connection open() { return valueOf(Connection::open("n.db", optionsOn(m_disk))); }
    void write() {
        if (!m_writer.makeLogSound())
            return;
        ++m_number;
        if (m_writer.run("INSERT INTO numbers VALUES(?1, ?2)", m_number,
                         std::string(1'500, static_cast<char>('a' + m_number % 26))))
            m_committed.push_back(m_number);
    }
    void sync() {
        const std::vector<std::int64_t> committed = m_committed;
        if (m_syncer.syncLog())
            acknowledged = committed;
    }

    SyncLossVfs& m_disk;
    Connection m_writer;
    Connection m_syncer;
    Connection m_reader;
    LogCopier m_copier;
    std::int64_t m_number = 0;
    std::vector<std::int64_t> m_committed;
    bool m_isCopying = false;
    bool m_isInside = false;
    int m_round = 0;
    int m_syncs = 0; ///< of a part's copy
    int m_beside = 0;
};

/// Empty where all of it is there; twice, as the first to open it copies the log when it closes.
std::string missingOf(SyncLossVfs& disk, const std::vector<std::int64_t>& acknowledged) {
    for (int time = 0; time < 2; ++time) {
        Connection again = valueOf(Connection::open("n.db", optionsOn(disk)));
        if (auto check = valueOf(again.text("PRAGMA integrity_check")); check != "ok")
            return check.value_or("nothing");
        for (const std::int64_t number : acknowledged)
            if (!valueOf(again.integer("SELECT n FROM numbers WHERE n = ?1", number)))
                return std::to_string(number);
    }
    return {};
}

} // namespace

class tst_LogCopier : public QObject {
    Q_OBJECT

    enum class Trouble { Fault, Faults, PowerFailure, PartlyKept };

    std::optional<LogDisk> m_disk;

    /// The next time that the disk is told to do this.
    void during(SyncLossVfs::Io io, std::function<void()> what) {
        m_disk->setLatency([this, io, what = std::move(what)](SyncLossVfs::Io now) {
            if (now != io)
                return;
            const auto kept = what; // this here goes
            m_disk->setLatency({});
            kept();
        });
    }
    /// Changes when the log begins anew.
    [[nodiscard]] std::string logHead() const { return m_disk->contents("n.db-wal").substr(0, 32); }

private slots:
    void init() { m_disk.emplace(1); }

    void aPartIsCopiedAndSyncedBesideTheWriter() {
        Connection writer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        for (int number = 0; number < 10; ++number)
            writeRow(writer, number);
        const LogCopy copy = valueOf(copyPart(copier)).value();
        QVERIFY(copy.pages >= 10 && copy.isWhole());
        QCOMPARE(m_disk->contents("n.db"), m_disk->durableContents("n.db"));
    }

    void whereNothingIsNewNothingIsCopied() {
        Connection writer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        writeRow(writer, 1);
        QVERIFY(valueOf(copyPart(copier)).value().pages > 0);
        QCOMPARE(valueOf(copyPart(copier)).value().pages, std::size_t(0));
        QVERIFY(valueOf(copier.copyAlone()).isWhole());
        QCOMPARE(valueOf(copyPart(copier)).value().pages, std::size_t(0));
        writeRow(writer, 2);
        QVERIFY(valueOf(copyPart(copier)).value().pages > 0);
    }

    void aLogThatIsNotSoundIsLeftToWhoHasTheTurn() {
        Connection writer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        writeRow(writer, 1);
        m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
        QVERIFY(!writer.syncLog());
        QVERIFY(!valueOf(copyPart(copier)));
        QVERIFY(valueOf(copier.copyAlone()).isWhole());
        QVERIFY(writer.isLogSound());
    }

    void aLogThatAWriterHasCopiedIsLeftToWhoHasTheTurn() {
        Connection writer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        valueOf(writer.makeLogSound());
        valueOf(writer.execute("BEGIN"));
        for (std::size_t number = 0; number < Connection::kLogPagesMax; ++number)
            valueOf(writer.run("INSERT INTO numbers VALUES(?1, ?2)",
                               static_cast<std::int64_t>(number), std::string(3'500, 'x')));
        valueOf(writer.execute("COMMIT"));
        QVERIFY(writer.takeLogPages() >= Connection::kLogPagesMax);
        QCOMPARE(valueOf(copyPart(copier)).value().pages, std::size_t(0));
        writeRow(writer, -2);
        QVERIFY(!valueOf(copyPart(copier)));
        QVERIFY(valueOf(copier.copyAlone()).isWhole());
        writeRow(writer, -1);
        QVERIFY(valueOf(copyPart(copier)));
    }

    /// Another program has no part in who copies when.
    void whileAPartIsCopiedNobodyBeginsTheLogAnew() {
        Connection writer = m_disk->open();
        LogCopier copier = m_disk->openCopier();
        Connection other = openPlain(*m_disk);
        for (int number = 0; number < 10; ++number)
            writeRow(writer, number);
        const std::string before = logHead();
        std::string meanwhile;
        during(SyncLossVfs::Io::Write, [&] {
            writeRow(writer, 10);
            during(SyncLossVfs::Io::Sync, [&] { // of the part
                QVERIFY(!valueOf(other.checkpoint()).isWhole());
                writeRow(writer, 11);
                meanwhile = logHead();
            });
        });
        valueOf(copyPart(copier));
        QCOMPARE(meanwhile, before);
        QVERIFY(valueOf(other.checkpoint()).isWhole());
        writeRow(writer, 12);
        QVERIFY(logHead() != before);
    }

    void afterTheSyncOfAPartHasFailedTheLogIsKeptUntilThePartIsWrittenAgain_data() {
        QTest::addColumn<bool>("mended");
        QTest::newRow("the disk goes on failing") << false;
        QTest::newRow("it is written again") << true;
    }
    void afterTheSyncOfAPartHasFailedTheLogIsKeptUntilThePartIsWrittenAgain() {
        QFETCH(bool, mended);
        std::vector<std::int64_t> written;
        {
            Connection writer = m_disk->open();
            LogCopier copier = m_disk->openCopier();
            Connection other = openPlain(*m_disk);
            const auto writeOne = [&] {
                written.push_back(std::ssize(written));
                writeRow(writer, static_cast<int>(written.back()));
                valueOf(writer.syncLog());
            };
            for (int n = 0; n < 10; ++n)
                writeOne();
            const std::string head = logHead();
            during(SyncLossVfs::Io::Write, [&] {
                writeOne();
                during(SyncLossVfs::Io::Sync, [&] { // the file's
                    m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
                });
            });
            QVERIFY(!copyPart(copier));
            m_disk->setFault({});
            writeOne();
            QVERIFY(!valueOf(copyPart(copier))); // it takes the turn
            m_disk->setFault(SyncLossVfs::Fault{.atIo = 1, .fromThenOn = true});
            QVERIFY(!copier.copyAlone());
            m_disk->setFault({});
            QVERIFY(!valueOf(other.checkpoint()).isWhole());
            writeOne();
            if (mended) {
                QVERIFY(valueOf(copier.copyAlone()).isWhole());
                QVERIFY(valueOf(other.checkpoint()).isWhole());
                writeOne();
                QVERIFY(logHead() != head);
                QVERIFY(valueOf(copyPart(copier)).value().pages > 0);
            } else {
                QCOMPARE(logHead(), head);
            }
            m_disk->powerFailure();
        }
        QCOMPARE(missingOf(*m_disk, written), std::string());
    }

    void whileAPartIsWrittenAgainNobodyCopiesAndWhoReadsSeesWhatItSaw() {
        constexpr int kRows = 40;
        std::vector<std::int64_t> written;
        {
            Connection writer = m_disk->open();
            LogCopier copier = m_disk->openCopier();
            Connection first = m_disk->open();
            Connection before = m_disk->open();
            Connection after = m_disk->open();
            Connection other = openPlain(*m_disk);
            const auto writeSome = [&](int count) {
                for (int n = 0; n < count; ++n) {
                    written.push_back(std::ssize(written));
                    writeRow(writer, static_cast<int>(written.back()));
                }
            };
            const auto writeMany = [&] {
                writeSome(kRows);
                valueOf(writer.run("UPDATE numbers SET word = word || 'y' WHERE n % 3 = 1"));
                valueOf(writer.syncLog());
            };
            const auto wordsIn = [](Connection& connection) {
                return valueOf(connection.integer("SELECT sum(length(word)) FROM numbers"));
            };
            writeMany();
            valueOf(first.execute("BEGIN; SELECT 1 FROM sqlite_schema"));
            writeSome(3);
            QVERIFY(!valueOf(copyPart(copier)).value().isWhole());
            const auto early = wordsIn(writer);
            valueOf(before.execute("BEGIN; SELECT 1 FROM sqlite_schema")); // the rest from the file
            valueOf(first.execute("ROLLBACK"));
            writeMany();
            const auto late = wordsIn(writer);
            during(SyncLossVfs::Io::Write, [&] {
                during(SyncLossVfs::Io::Sync, [&] { // the file's
                    m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
                });
            });
            QVERIFY(!copyPart(copier));
            m_disk->setFault({});
            bool wasLookedAt = false;
            during(SyncLossVfs::Io::Write, [&] {
                QVERIFY(!other.checkpoint());
                QVERIFY(!other.execute("BEGIN IMMEDIATE"));
                QCOMPARE(wordsIn(after), late);
                wasLookedAt = true;
            });
            QVERIFY(!valueOf(copier.copyAlone()).isWhole());
            m_disk->setLatency({});
            QVERIFY(wasLookedAt);
            QCOMPARE(wordsIn(before), early);
            QCOMPARE(valueOf(before.text("PRAGMA integrity_check")).value(), std::string("ok"));
            valueOf(before.execute("ROLLBACK"));
            QVERIFY(valueOf(copier.copyAlone()).isWhole());
            QCOMPARE(m_disk->contents("n.db"), m_disk->durableContents("n.db"));
            m_disk->powerFailure();
        }
        QCOMPARE(missingOf(*m_disk, written), std::string());
    }

    void nothingAcknowledgedIsLostWhereverTheDiskFailsOnceOrThePowerGoes_data() {
        QTest::addColumn<int>("trouble");
        QTest::addColumn<int>("syncFailsIn");
        for (const int round : {-1, 4}) { // in the fifth it is written again
            const auto row = [round](const char* trouble) -> QTestData& {
                const char* before = round < 0 ? "" : ", after the sync of a part";
                return QTest::newRow(qPrintable(QString(trouble) + before));
            };
            row("one operation fails") << int(Trouble::Fault) << round;
            row("nothing works any more") << int(Trouble::Faults) << round;
            row("the power fails") << int(Trouble::PowerFailure) << round;
            row("the power fails, the disk keeps something") << int(Trouble::PartlyKept) << round;
        }
    }
    void nothingAcknowledgedIsLostWhereverTheDiskFailsOnceOrThePowerGoes() {
        QFETCH(int, trouble);
        QFETCH(int, syncFailsIn);
        bool wasReached = true;
        std::uint64_t place = 1;
        for (; wasReached; ++place) {
            m_disk.emplace(place);
            std::uint64_t operations = 0;
            wasReached = false;
            std::vector<std::int64_t> acknowledged;
            {
                Life life(*m_disk);
                life.syncFailsIn = syncFailsIn;
                life.run([&](SyncLossVfs::Io) {
                    if (++operations != place)
                        return;
                    wasReached = true;
                    if (trouble == int(Trouble::Faults))
                        life.syncFailsIn = -1; // as all does
                    acknowledged = life.acknowledged;
                    if (trouble >= int(Trouble::PowerFailure))
                        m_disk->powerFailure(trouble == int(Trouble::PartlyKept)
                                                 ? SyncLossVfs::Unsynced::PartlyKept
                                                 : SyncLossVfs::Unsynced::Lost);
                    else
                        m_disk->setFault(SyncLossVfs::Fault{
                            .atIo = 1, .fromThenOn = trouble == int(Trouble::Faults)});
                });
                if (trouble < int(Trouble::PowerFailure) || !wasReached) {
                    acknowledged = life.acknowledged;
                    m_disk->setFault({});
                    m_disk->powerFailure();
                }
                if (!wasReached) {
                    QVERIFY(life.parts >= 8 && life.checkpoints >= 2);
                    QCOMPARE(life.suspects, syncFailsIn < 0 ? 0 : 2);
                }
            }
            const std::string missing = missingOf(*m_disk, acknowledged);
            if (!missing.empty())
                QFAIL(qPrintable(QString("%1 is missing after operation %2")
                                     .arg(QString::fromStdString(missing))
                                     .arg(place)));
        }
        qInfo("%llu places", static_cast<unsigned long long>(place - 2));
        QVERIFY(place > 200);
    }
};

QTEST_APPLESS_MAIN(tst_LogCopier)
#include "tst_log_copier.moc"
