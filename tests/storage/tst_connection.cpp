#include "storage_support.h"

#include <grove/storage/sync_loss_vfs.h>

#include <QFileInfo>
#include <QTemporaryDir>

#include <atomic>
#include <thread>

using namespace grove::storage;

class tst_Connection : public QObject {
    Q_OBJECT

    Connection m_connection = valueOf(Connection::open(":memory:"));

private slots:
    void init() {
        m_connection = valueOf(Connection::open(":memory:"));
        valueOf(m_connection.execute(kNumbers));
    }

    void readsBackWhatWasBound() {
        const std::string word("nul \0 inside", 12);
        valueOf(m_connection.run("INSERT INTO numbers VALUES(?1, ?2)", std::int64_t{1} << 60,
                                 std::string_view(word)));
        auto row = valueOf(m_connection.prepare("SELECT n, word, NULL FROM numbers"));
        QVERIFY(valueOf(row.step()) == Statement::Step::Row);
        QCOMPARE(row.integer(0), std::int64_t{1} << 60);
        QCOMPARE(row.text(1), word);
        QVERIFY(row.isNull(2));
        QVERIFY(valueOf(row.step()) == Statement::Step::Done);
    }

    void bindsEmptyTextAsTextAndNothingAsNull() {
        QCOMPARE(valueOf(m_connection.integer("SELECT ?1 IS NULL", std::string_view{})).value(), 0);
        QCOMPARE(valueOf(m_connection.integer("SELECT ?1 IS NULL", std::optional<int>{})).value(),
                 1);
    }

    void whatIsBorrowedForARunIsForgottenAfterIt() {
        valueOf(m_connection.execute("CREATE TABLE words(word, bytes)"));
        auto insert = valueOf(m_connection.prepare("INSERT INTO words VALUES(?1, ?2)"));
        for (const std::string& word : {std::string("first"), std::string(100, 'x')})
            valueOf(insert.runWith(std::string_view(word), Blob{word}));
        valueOf(insert.run());
        QCOMPARE(valueOf(m_connection.integer("SELECT count(*) FROM words WHERE word IS NULL AND "
                                              "bytes IS NULL")),
                 1);
        QCOMPARE(valueOf(m_connection.text("SELECT max(word) FROM words")), std::string(100, 'x'));
        QCOMPARE(valueOf(m_connection.integer("SELECT length(bytes) FROM words WHERE word = ?1",
                                              std::string_view("first"))),
                 5);
    }

    /// Who leaves the log to somebody else copies it all the same before it fills the disk.
    void aLogThatNobodyCopiesHasAnEnd() {
        const QTemporaryDir folder;
        const std::string file = folder.filePath("n.db").toStdString();
        QVERIFY(prepareDatabase(file, numbersSchema(), {.synchronous = Synchronous::Off}));
        const QFileInfo database(QString::fromStdString(file));
        const auto sizeOf = [](QFileInfo info) {
            info.refresh();
            return static_cast<std::size_t>(info.size());
        };
        auto connection = valueOf(Connection::open(file, {.access = Access::ReadWrite,
                                                          .synchronous = Synchronous::Off,
                                                          .checkpoints = Checkpoints::Elsewhere}));
        constexpr std::size_t kPage = 4'096;
        const std::string word(2'000 * kPage, 'x');
        for (int n = 0; n < 17; ++n)
            valueOf(
                connection.run("INSERT INTO numbers VALUES(?1, ?2)", n, std::string_view(word)));
        const std::size_t pages = connection.takeLogPages();
        QVERIFY(pages > 34'000);
        QCOMPARE(connection.takeLogPages(), 0U); // nothing was committed since
        QVERIFY(sizeOf(database) < kPage * 100);
        const LogCopy copy = valueOf(connection.checkpoint()); // for who asks
        QCOMPARE(copy.pages, pages);
        QVERIFY(copy.isWhole());
        QVERIFY(sizeOf(database) > kPage * 34'000);
        for (int n = 17; n < 40; ++n) // the log begins anew, and ends by itself
            valueOf(
                connection.run("INSERT INTO numbers VALUES(?1, ?2)", n, std::string_view(word)));
        QVERIFY(sizeOf(database) > kPage * 70'000);
    }

    void anErrorCarriesCodesAndTheStatement() {
        valueOf(m_connection.run("INSERT INTO numbers VALUES(1, 'one')"));
        auto again = m_connection.run("INSERT INTO numbers VALUES(1, 'uno')");
        QVERIFY(!again);
        QVERIFY(again.error().kind == SqlKind::Constraint);
        QCOMPARE(again.error().code, 19);
        QCOMPARE(again.error().extendedCode, 1555); // SQLITE_CONSTRAINT_PRIMARYKEY
        QCOMPARE(again.error().statement, std::string("INSERT INTO numbers VALUES(1, 'uno')"));
        QVERIFY(print(again.error()).contains("UNIQUE constraint failed: numbers.n (19/1555)"));
    }

    void aWrongStatementIsMisuseAndTheConnectionGoesOn() {
        QVERIFY(m_connection.run("SELEC 1").error().kind == SqlKind::Misuse);
        QVERIFY(m_connection.run("").error().kind == SqlKind::Misuse);
        QVERIFY(m_connection.run("SELECT ?1", 1, 2).error().kind == SqlKind::Misuse);
        QCOMPARE(valueOf(m_connection.integer("SELECT 7")).value(), 7);
    }

    void preparesATextOnceAndTwiceOnlyWhileItIsLent() {
        const std::size_t before = m_connection.statementsKept();
        for (int i = 0; i < 10; ++i)
            (void)valueOf(m_connection.integer("SELECT ?1 + 1", i));
        QCOMPARE(m_connection.statementsKept(), before + 1);
        auto one = valueOf(m_connection.prepare("SELECT ?1 + 1"));
        auto two = valueOf(m_connection.prepare("SELECT ?1 + 1"));
        QCOMPARE(m_connection.statementsKept(), before + 2);
    }

    void keepsAtMostSoManyStatements() {
        for (int i = 0; i < 200; ++i)
            (void)valueOf(m_connection.integer("SELECT " + std::to_string(i)));
        QCOMPARE(m_connection.statementsKept(), Connection::kStatementsMax);
    }

    void aStatementGivenBackForgetsItsValues() {
        QCOMPARE(valueOf(m_connection.integer("SELECT ?1 IS NULL", 5)).value(), 0);
        QCOMPARE(valueOf(m_connection.integer("SELECT ?1 IS NULL")).value(), 1);
    }

    void aTransactionLetGoIsTakenBack() {
        {
            auto transaction = valueOf(Transaction::begin(m_connection, TransactionKind::Write));
            valueOf(m_connection.run("INSERT INTO numbers VALUES(1, 'one')"));
            QVERIFY(m_connection.inTransaction());
        }
        QVERIFY(!m_connection.inTransaction());
        QCOMPARE(valueOf(m_connection.integer("SELECT count(*) FROM numbers")).value(), 0);
    }

    void aSavepointLetGoTakesBackOnlyItself() {
        auto transaction = valueOf(Transaction::begin(m_connection, TransactionKind::Write));
        valueOf(m_connection.run("INSERT INTO numbers VALUES(1, 'one')"));
        {
            auto part = valueOf(Savepoint::begin(m_connection));
            valueOf(m_connection.run("INSERT INTO numbers VALUES(2, 'two')"));
        }
        {
            auto part = valueOf(Savepoint::begin(m_connection));
            valueOf(m_connection.run("INSERT INTO numbers VALUES(3, 'three')"));
            valueOf(part.keep());
        }
        valueOf(transaction.commit());
        QCOMPARE(
            valueOf(m_connection.integer("SELECT group_concat(n) = '1,3' FROM numbers")).value(),
            1);
    }

    /// Pages that are written before their transaction commits, and again, and then taken back.
    void whatIsCommittedAfterALongSavepointWasTakenBackSurvivesAPowerFailure() {
        SyncLossVfs disk(1);
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}));
        auto connection = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
        valueOf(connection.execute("PRAGMA cache_size=5"));
        valueOf(connection.run("INSERT INTO numbers VALUES(1000, 'before')"));
        auto transaction = valueOf(Transaction::begin(connection, TransactionKind::Write));
        {
            auto savepoint = valueOf(Savepoint::begin(connection));
            for (int n = 1; n <= 20; ++n)
                valueOf(connection.run("INSERT INTO numbers VALUES(?1, ?2)", n,
                                       std::string(5'000, 'x')));
        }
        valueOf(connection.run("INSERT INTO numbers VALUES(7, 'kept')"));
        valueOf(transaction.commit());
        disk.powerFailure();
        auto again = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
        QCOMPARE(valueOf(again.integer("SELECT count(*) FROM numbers")).value(), 2);
    }

    void interruptFromAnotherThreadEndsAStatement() {
        std::thread other([this] {
            // The statement below has no end, so there is nothing to miss: interrupt until it has
            // begun.
            while (!m_ended.load())
                m_connection.interrupt();
        });
        auto endless = m_connection.run(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c");
        m_ended.store(true);
        other.join();
        QVERIFY(!endless);
        QVERIFY(endless.error().kind == SqlKind::Interrupted);
    }

    void aSecondWriterIsToldBusyAtOnce() {
        QTemporaryDir folder;
        const std::string file = folder.filePath("two.db").toStdString();
        auto one = valueOf(Connection::open(file));
        auto two = valueOf(Connection::open(file));
        valueOf(one.execute("PRAGMA journal_mode=WAL"));
        valueOf(one.execute(kNumbers));
        auto first = valueOf(Transaction::begin(one, TransactionKind::Write));
        auto second = Transaction::begin(two, TransactionKind::Write);
        QVERIFY(!second);
        QVERIFY(second.error().kind == SqlKind::Busy);
    }

private:
    std::atomic<bool> m_ended = false;
};

QTEST_GUILESS_MAIN(tst_Connection)
#include "tst_connection.moc"
