#include "storage_support.h"
#include "support/seeds.h"

#include <grove/storage/sync_loss_vfs.h>
#include <grove/storage/transaction.h>

#include <map>
#include <random>

using namespace grove::storage;

namespace {

constexpr const char* kFile = "n.db";

struct Reached {
    int committed = 0, rolledBack = 0, failed = 0, others = 0, spilled = 0;
};

/// What a random writer and another program do in turn to one file of numbers and words, and what
/// is in it by that.
class RandomWriters {
public:
    explicit RandomWriters(std::uint64_t seed)
        : m_random(seed), m_disk(seed), m_isSpilling(seed % 2 == 0) {
        if (!prepareDatabase(kFile, numbersSchema(), {.vfs = m_disk.name()}))
            qFatal("no database");
        const int pageBytes = 512 << below(8);
        Connection first = open(Checkpoints::AtCommits);
        valueOf(first.execute(
            "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=DELETE; PRAGMA page_size=" +
            std::to_string(pageBytes) +
            "; VACUUM; PRAGMA journal_mode=WAL; SELECT 1 FROM numbers"));
        m_writer.emplace(open(Checkpoints::Elsewhere));
        m_other.emplace(open(Checkpoints::AtCommits));
        valueOf(m_writer->makeLogSound());
        valueOf(m_writer->execute("PRAGMA cache_size=12"));
    }

    void step(Reached& reached) {
        const bool isOther = below(4) == 0;
        reached.others += isOther ? 1 : 0;
        Connection& connection = isOther ? *m_other : *m_writer;
        if (!isOther && below(8) == 0)
            m_disk.setFault(SyncLossVfs::Fault{.atIo = 1 + static_cast<std::uint64_t>(below(30))});
        transaction(connection, reached);
        m_disk.setFault(std::nullopt);
        if (below(6) == 0)
            static_cast<void>(m_other->checkpoint());
        check(*m_other);
        check(*m_writer);
    }
    /// What was committed and synced is there after a power failure.
    void end() {
        valueOf(m_writer->makeLogSound());
        valueOf(m_writer->syncLog());
        m_disk.powerFailure(SyncLossVfs::Unsynced::PartlyKept);
        Connection again = open(Checkpoints::AtCommits);
        check(again);
        if (*valueOf(again.text("PRAGMA integrity_check")) != "ok")
            qFatal("damaged");
    }

private:
    using Words = std::map<std::int64_t, std::string>;

    int below(int n) { return static_cast<int>(m_random() % static_cast<unsigned>(n)); }
    Connection open(Checkpoints checkpoints) {
        return valueOf(Connection::open(
            kFile, {.access = Access::ReadWrite,
                    .synchronous = Synchronous::Normal,
                    .vfs = m_disk.name(),
                    .checkpoints = checkpoints,
                    .changes = m_isSpilling ? Changes::WrittenEarly : Changes::InMemory}));
    }

    void transaction(Connection& connection, Reached& reached) {
        auto transaction = Transaction::begin(connection, TransactionKind::Write);
        Words words = m_words;
        bool isFine = transaction.has_value();
        const std::uint64_t before = m_disk.contents("n.db-wal").size();
        const int changes = 1 + below(below(3) == 0 ? 120 : 6);
        for (int n = 0; isFine && n < changes; ++n)
            isFine = !m_isSpilling && below(10) == 0 ? takeBack(connection, words)
                                                     : change(connection, words);
        reached.spilled += m_disk.contents("n.db-wal").size() > before ? 1 : 0;
        if (isFine && below(4) == 0) {
            ++reached.rolledBack; // by its destructor
        } else if (isFine && transaction->commit()) {
            ++reached.committed;
            m_words = std::move(words);
        } else {
            ++reached.failed;
        }
    }
    bool change(Connection& connection, Words& words) {
        const std::int64_t n = below(200);
        const std::string word(static_cast<std::size_t>(below(900)),
                               static_cast<char>('a' + below(26)));
        words[n] = word;
        return connection.run("INSERT OR REPLACE INTO numbers VALUES(?1, ?2)", n, word).has_value();
    }
    /// Some changes, and back to where they began.
    bool takeBack(Connection& connection, const Words& words) {
        Words other = words;
        bool isFine = connection.execute("SAVEPOINT s").has_value();
        for (int n = below(20); isFine && n > 0; --n)
            isFine = change(connection, other);
        return isFine && connection.execute("ROLLBACK TO s; RELEASE s").has_value();
    }

    void check(Connection& connection) {
        auto found = valueOf(connection.text("SELECT group_concat(n || ':' || word) FROM (SELECT "
                                             "n, word FROM numbers ORDER BY n)"));
        std::string wished;
        for (const auto& [n, word] : m_words)
            wished += (wished.empty() ? "" : ",") + std::to_string(n) + ':' + word;
        if (found.value_or("") != wished)
            qFatal("not what was committed: %zu of %zu bytes", found.value_or("").size(),
                   wished.size());
    }

    std::mt19937_64 m_random;
    SyncLossVfs m_disk;
    const bool m_isSpilling;            ///< or it goes back to savepoints: see Changes
    std::optional<Connection> m_writer; ///< its frames are joined
    std::optional<Connection> m_other;
    Words m_words;
};

} // namespace

/// What a transaction writes into the log at once.
class tst_JoinedLog : public QObject {
    Q_OBJECT

    std::optional<SyncLossVfs> m_disk;

    Connection open(Checkpoints checkpoints = Checkpoints::Elsewhere,
                    Changes changes = Changes::InMemory) {
        return valueOf(Connection::open(kFile, {.access = Access::ReadWrite,
                                                .synchronous = Synchronous::Normal,
                                                .vfs = m_disk->name(),
                                                .checkpoints = checkpoints,
                                                .changes = changes}));
    }
    /// A row to a page or two, in one transaction. Returns: operations of the disk that it took.
    std::uint64_t write(Connection& connection, int rows, int from) {
        auto transaction = valueOf(Transaction::begin(connection, TransactionKind::Write));
        const std::uint64_t before = m_disk->ioCount();
        for (int row = 0; row < rows; ++row)
            valueOf(connection.run("INSERT INTO numbers VALUES(?1, ?2)", from + row,
                                   std::string(3'000, 'x')));
        valueOf(transaction.commit());
        return m_disk->ioCount() - before;
    }
    static std::int64_t countOf(Connection& connection) {
        return *valueOf(connection.integer("SELECT count(*) FROM numbers"));
    }

private slots:
    void init() {
        m_disk.emplace(1);
        QVERIFY(prepareDatabase(kFile, numbersSchema(), {.vfs = m_disk->name()}));
    }

    void aTransactionOfAHundredPagesTakesAFewOperationsOfTheDisk() {
        Connection plain = open(Checkpoints::AtCommits);
        QVERIFY(write(plain, 1, 1) > 0); // the log's header
        const std::uint64_t alone = write(plain, 100, 1'000);
        Connection joined = open();
        valueOf(joined.makeLogSound());
        write(joined, 1, 2);
        write(plain, 1, 3);
        const std::uint64_t together = write(joined, 100, 2'000);
        QVERIFY2(alone >= 200, qPrintable(QString::number(alone)));
        QVERIFY2(together <= 20, qPrintable(QString::number(together)));
        QCOMPARE(countOf(plain), 203);
    }

    void whatIsCommittedIsReadByOthersAtOnce() {
        Connection writer = open();
        Connection other = open(Checkpoints::AtCommits);
        for (int n = 0; n < 20; ++n) {
            write(writer, 1 + n, n * 100);
            QCOMPARE(countOf(other), (n + 1) * (n + 2) / 2);
        }
    }

    void aDiskThatIsFullFailsTheCommitAndNothingElse() {
        Connection writer = open();
        write(writer, 1, 1);
        m_disk->setCapacity(60'000);
        {
            auto transaction = valueOf(Transaction::begin(writer, TransactionKind::Write));
            for (int row = 10; row < 40; ++row)
                valueOf(
                    writer.run("INSERT INTO numbers VALUES(?1, ?2)", row, std::string(3'000, 'x')));
            const auto committed = transaction.commit();
            QVERIFY(!committed);
            QCOMPARE(committed.error().kind, SqlKind::Full);
        }
        m_disk->setCapacity(std::nullopt);
        write(writer, 2, 100);
        Connection other = open(Checkpoints::AtCommits);
        QCOMPARE(countOf(other), 3);
        QCOMPARE(*valueOf(other.text("PRAGMA integrity_check")), std::string("ok"));
    }

    /// The frames that it has kept stood where another program's stand by then.
    void aTransactionRolledBackWritesNothingLater() {
        Connection writer = open(Checkpoints::Elsewhere, Changes::WrittenEarly);
        valueOf(writer.makeLogSound());
        valueOf(writer.execute("PRAGMA cache_size=5"));
        Connection other = open(Checkpoints::AtCommits);
        write(other, 1, 1);
        valueOf(writer.execute("BEGIN IMMEDIATE"));
        for (int row = 10; row < 40; ++row) // spills
            valueOf(writer.run("INSERT INTO numbers VALUES(?1, ?2)", row, std::string(3'000, 'x')));
        valueOf(writer.execute("ROLLBACK"));
        write(other, 12, 100);
        write(writer, 1, 200);
        valueOf(writer.syncLog());
        QCOMPARE(countOf(other), 14);
        Connection again = open(Checkpoints::AtCommits);
        QCOMPARE(*valueOf(again.text("PRAGMA integrity_check")), std::string("ok"));
    }

    /// What a frame that commits says of the database's pages has a last byte of 0 then.
    void aDatabaseOfTwiceTwoHundredAndFiftySixPagesIsReadByOthersToo() {
        Connection writer = open();
        Connection other = open(Checkpoints::AtCommits);
        bool isReached = false;
        for (int row = 1; row <= 520; ++row) {
            write(writer, 1, row);
            isReached = isReached || *valueOf(writer.integer("PRAGMA page_count")) == 512;
            QCOMPARE(countOf(other), row);
        }
        QVERIFY(isReached);
    }

    /// SQLite takes back a statement for which there is no room, and lets its transaction go on.
    void aStatementWithoutRoomToReadTakesNothingOfItsTransaction() {
        Connection writer = open(Checkpoints::Elsewhere, Changes::WrittenEarly);
        valueOf(writer.makeLogSound());
        valueOf(writer.execute("PRAGMA temp_store=MEMORY; PRAGMA cache_size=5;"
                               "CREATE TABLE once(word TEXT UNIQUE)"));
        auto transaction = valueOf(Transaction::begin(writer, TransactionKind::Write));
        for (int row = 0; row < 15; ++row)
            valueOf(writer.run("INSERT INTO numbers VALUES(?1, ?2)", row, std::string(3'000, 'x')));
        m_disk->setFault(SyncLossVfs::Fault{.failure = SyncLossVfs::Failure::Full});
        const auto copied = writer.run("INSERT INTO once SELECT word || n FROM numbers");
        QVERIFY(!copied);
        QCOMPARE(copied.error().kind, SqlKind::Full);
        QVERIFY(writer.inTransaction());
        m_disk->setFault(std::nullopt);
        valueOf(transaction.commit());
        Connection other = open(Checkpoints::AtCommits);
        QCOMPARE(*valueOf(other.text("PRAGMA integrity_check")), std::string("ok"));
        QCOMPARE(countOf(other), 15);
    }

    void randomTransactionsOfTwoProgramsLeaveWhatWasCommitted() {
        Reached reached;
        const auto [first, last] = grove::test::seeds(40);
        for (std::uint64_t seed = first; seed <= last; ++seed) {
            RandomWriters writers(seed);
            for (int n = 0; n < 40; ++n)
                writers.step(reached);
            writers.end();
        }
        for (int each : {reached.committed, reached.rolledBack, reached.failed, reached.others,
                         reached.spilled})
            QVERIFY(first == last || each > static_cast<int>(last - first));
    }
};

QTEST_GUILESS_MAIN(tst_JoinedLog)
#include "tst_joined_log.moc"
