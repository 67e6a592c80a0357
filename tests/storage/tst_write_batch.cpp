#include "storage_support.h"

#include <grove/storage/run_batch.h>
#include <grove/storage/sync_loss_vfs.h>

#include <algorithm>
#include <array>
#include <vector>

using namespace grove::storage;
namespace detail = grove::storage::detail;

namespace {

constexpr std::chrono::sys_seconds kAt{std::chrono::seconds(1'700'000'000)};

/// A write that stores number `n` and answers with its word.
WriteBatch::Apply insertNumber(int n, std::string word) {
    return [n, word](Connection& connection) -> WriteResult<std::string> {
        auto done = connection.run("INSERT INTO numbers VALUES(?1, ?2)", n, std::string_view(word));
        if (!done)
            return std::unexpected(done.error());
        return word;
    };
}

WriteBatch::Apply refuse(std::string why) {
    return [why](Connection& connection) -> WriteResult<std::string> {
        if (auto done = connection.run("INSERT INTO numbers VALUES(999, 'half')"); !done)
            return std::unexpected(done.error());
        return std::unexpected(Refusal{why});
    };
}

} // namespace

class tst_WriteBatch : public QObject {
    Q_OBJECT

    Connection m_connection = valueOf(Connection::open(":memory:"));

    std::int64_t count() {
        return valueOf(m_connection.integer("SELECT count(*) FROM numbers")).value();
    }

private slots:
    void init() {
        m_connection = valueOf(Connection::open(":memory:"));
        valueOf(m_connection.execute(kStorageTables));
        valueOf(m_connection.execute(kNumbers));
    }

    void aResentWriteGivesTheStoredResultAndIsNotDoneAgain() {
        auto batch = valueOf(WriteBatch::begin(m_connection));
        QCOMPARE(batch.perform("op-1", 1, kAt, insertNumber(1, "one")).value(), std::string("one"));
        QCOMPARE(batch.perform("op-1", 1, kAt, insertNumber(2, "two")).value(), std::string("one"));
        valueOf(batch.commit());
        auto later = valueOf(WriteBatch::begin(m_connection));
        QCOMPARE(later.perform("op-1", 1, kAt, insertNumber(3, "three")).value(),
                 std::string("one"));
        valueOf(later.commit());
        QCOMPARE(count(), 1);
    }

    void oneRefusalTakesNothingOfTheOthersWithIt() {
        auto batch = valueOf(WriteBatch::begin(m_connection));
        QVERIFY(batch.perform("op-1", 1, kAt, insertNumber(1, "one")));
        auto refused = batch.perform("op-2", 1, kAt, refuse("no"));
        QVERIFY(!refused);
        QCOMPARE(std::get<Refusal>(refused.error()).why, std::string("no"));
        auto constraint = batch.perform("op-3", 1, kAt, insertNumber(1, "uno"));
        QVERIFY(!constraint);
        QVERIFY(std::get<SqlError>(constraint.error()).kind == SqlKind::Constraint);
        QVERIFY(batch.perform("op-4", 1, kAt, insertNumber(4, "four")));
        valueOf(batch.commit());
        QCOMPARE(count(), 2);
        QVERIFY(!valueOf(storedResult(m_connection, "op-2")));
    }

    /// A table that is not there, a damaged page: the others stand, but none of the same key is
    /// done before it.
    void aFailedWriteFailsTheLaterOnesOfItsKeyOnly() {
        const std::array<std::int64_t, 4> keys = {1, 1, 2, 1};
        const auto done = detail::runBatch(
            m_connection,
            {.count = keys.size(),
             .begin = [](Parts) {},
             .operationId = [&](std::size_t i) { return std::string_view("abcd").substr(i, 1); },
             .key = [&](std::size_t i) { return keys[i]; },
             .apply = [&](std::size_t i, Connection& connection) -> WriteResult<std::string> {
                 if (i == 1)
                     if (auto bad = connection.run("INSERT INTO nowhere VALUES(1)"); !bad)
                         return std::unexpected(bad.error());
                 return insertNumber(static_cast<int>(i), "word")(connection);
             },
             .finish = [] { return SqlResult<void>(); }},
            kAt);
        QVERIFY(!done.failed);
        QCOMPARE(done.results.size(), 4u);
        QVERIFY(done.results[0] && !done.results[1] && done.results[2] && !done.results[3]);
        QCOMPARE(count(), 2);
        QVERIFY(!valueOf(storedResult(m_connection, "d")));
    }

    void aBatchDoneTogetherIsSpoiledByWhatIsHalfDoneOrWasDoneBefore_data() {
        QTest::addColumn<QString>("second");
        QTest::addColumn<bool>("spoils");
        QTest::newRow("done") << "done" << false;
        QTest::newRow("refused at once") << "refused" << false;
        QTest::newRow("refused half done") << "half" << true;
        QTest::newRow("breaks a rule of the schema") << "constraint" << true;
        QTest::newRow("done before") << "again" << true;
        QTest::newRow("done before, refused now") << "refused again" << false;
    }
    void aBatchDoneTogetherIsSpoiledByWhatIsHalfDoneOrWasDoneBefore() {
        QFETCH(QString, second);
        QFETCH(bool, spoils);
        const auto refuseAtOnce = [](Connection&) -> WriteResult<std::string> {
            return std::unexpected(Refusal{"no"});
        };
        const bool isAgain = second.endsWith("again");
        const WriteBatch::Apply apply = second == "done" || second == "again"
                                            ? insertNumber(2, "two")
                                        : second.startsWith("refused") ? refuseAtOnce
                                        : second == "half"             ? refuse("no")
                                                                       : insertNumber(1, "uno");
        {
            auto batch = valueOf(WriteBatch::begin(m_connection, Parts::Together));
            QCOMPARE(batch.perform("op-1", 1, kAt, insertNumber(1, "one")).value(),
                     std::string("one"));
            auto performed = batch.perform(isAgain ? "op-1" : "op-2", 1, kAt, apply);
            QCOMPARE(batch.isSpoiled(), spoils);
            if (second == "refused again")
                QCOMPARE(performed.value(), std::string("one"));
            QVERIFY(!batch.failed());
            if (!spoils)
                valueOf(batch.commit());
        }
        QCOMPARE(count(), spoils ? 0 : second == "done" ? 2 : 1);
    }

    /// What spoils a batch costs a second transaction, and nothing else.
    void aSpoiledBatchIsDoneFromTheStartWithEachWriteApart() {
        {
            auto batch = valueOf(WriteBatch::begin(m_connection));
            QVERIFY(batch.perform("b", 1, kAt, insertNumber(20, "before")));
            valueOf(batch.commit());
        }
        std::vector<Parts> begun;
        const auto done = detail::runBatch(
            m_connection,
            {.count = 4,
             .begin = [&](Parts parts) { begun.push_back(parts); },
             .operationId = [&](std::size_t i) { return std::string_view("abcd").substr(i, 1); },
             .key = [](std::size_t) { return 1; },
             .apply = [](std::size_t i, Connection& connection) -> WriteResult<std::string> {
                 return i == 2 ? refuse("no")(connection)
                               : insertNumber(static_cast<int>(i), "now")(connection);
             },
             .finish = [] { return SqlResult<void>(); }},
            kAt);
        QVERIFY(!done.failed);
        QVERIFY((begun == std::vector{Parts::Together, Parts::Apart}));
        QCOMPARE(done.results.size(), 4u);
        QCOMPARE(done.results[0].value(), std::string("now"));
        QCOMPARE(done.results[1].value(), std::string("before"));
        QCOMPARE(std::get<Refusal>(done.results[2].error()).why, std::string("no"));
        QCOMPARE(done.results[3].value(), std::string("now"));
        QCOMPARE(count(), 3);
    }

    /// What is left to the end belongs to all: where that fails, each is done for itself.
    void whatTheFinishOfABatchFindsFailsNoneOfTheOthers() {
        bool isTogether = false;
        const auto done = detail::runBatch(
            m_connection,
            {.count = 2,
             .begin = [&](Parts parts) { isTogether = parts == Parts::Together; },
             .operationId = [&](std::size_t i) { return std::string_view("ab").substr(i, 1); },
             .key = [](std::size_t i) { return static_cast<std::int64_t>(i); },
             .apply = [&](std::size_t i, Connection& connection) -> WriteResult<std::string> {
                 if (!isTogether && i == 1)
                     return std::unexpected(Refusal{"no"});
                 return insertNumber(static_cast<int>(i), "word")(connection);
             },
             .finish = [&] { return m_connection.run("INSERT INTO nowhere VALUES(1)"); }},
            kAt);
        QVERIFY(!done.failed);
        QVERIFY(done.results[0] && !done.results[1]);
        QCOMPARE(count(), 1);
    }

    void whereTheDiskFailsForSomeKeysTheOthersAreWritten_data() {
        QTest::addColumn<int>("keys");
        QTest::addColumn<std::vector<std::int64_t>>("bad");
        QTest::addColumn<SqlKind>("kind");
        QTest::newRow("one of two") << 2 << std::vector<std::int64_t>{0} << SqlKind::Io;
        QTest::newRow("the last of 1,000")
            << 1'000 << std::vector<std::int64_t>{999} << SqlKind::Full;
        QTest::newRow("two of 1,000") << 1'000 << std::vector<std::int64_t>{17, 500} << SqlKind::Io;
    }
    void whereTheDiskFailsForSomeKeysTheOthersAreWritten() {
        QFETCH(int, keys);
        QFETCH(std::vector<std::int64_t>, bad);
        QFETCH(SqlKind, kind);
        const auto key = [&](std::size_t i) { return static_cast<std::int64_t>(i) % keys; };
        const auto isBad = [&](std::size_t i) {
            return std::ranges::find(bad, key(i)) != bad.end();
        };
        const std::size_t writes = 2 * static_cast<std::size_t>(keys); // of each key two
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < writes; ++i)
            ids.push_back(std::to_string(i));
        const auto done = detail::runBatch(
            m_connection,
            {.count = writes,
             .begin = [](Parts) {},
             .operationId = [&](std::size_t i) { return std::string_view(ids[i]); },
             .key = key,
             .apply = [&](std::size_t i, Connection& connection) -> WriteResult<std::string> {
                 if (isBad(i))
                     return std::unexpected(SqlError{.kind = kind});
                 return insertNumber(static_cast<int>(i), ids[i])(connection);
             },
             .finish = [] { return SqlResult<void>(); }},
            kAt);
        QVERIFY(!done.failed);
        QCOMPARE(done.results.size(), writes);
        for (std::size_t i = 0; i < writes; ++i) {
            QCOMPARE(done.results[i].has_value(), !isBad(i));
            if (isBad(i))
                QVERIFY(std::get<SqlError>(done.results[i].error()).kind == kind);
            else
                QCOMPARE(*done.results[i], ids[i]);
        }
        QCOMPARE(count(), static_cast<std::int64_t>(writes - 2 * bad.size()));
    }

    void aDiskThatAlwaysFailsIsNotTriedForEachKey() {
        int begun = 0;
        const auto done =
            detail::runBatch(m_connection,
                             {.count = 1'000,
                              .begin = [&](Parts) { ++begun; },
                              .operationId = [](std::size_t) { return std::string_view("a"); },
                              .key = [](std::size_t i) { return static_cast<std::int64_t>(i); },
                              .apply = [](std::size_t, Connection&) -> WriteResult<std::string> {
                                  return std::unexpected(SqlError{.kind = SqlKind::Io});
                              },
                              .finish = [] { return SqlResult<void>(); }},
                             kAt);
        QVERIFY(done.failed && done.failed->kind == SqlKind::Io);
        QCOMPARE(begun, 32);
        QCOMPARE(count(), 0);
    }

    void aRefusedOperationMayBeTriedAgainUnderItsId() {
        auto batch = valueOf(WriteBatch::begin(m_connection));
        QVERIFY(!batch.perform("op-1", 1, kAt, refuse("not yet")));
        QVERIFY(batch.perform("op-1", 1, kAt, insertNumber(1, "one")));
        valueOf(batch.commit());
        QCOMPARE(count(), 1);
    }

    void aBatchLetGoLeavesNothing() {
        {
            auto batch = valueOf(WriteBatch::begin(m_connection));
            QVERIFY(batch.perform("op-1", 1, kAt, insertNumber(1, "one")));
        }
        QCOMPARE(count(), 0);
        QVERIFY(!valueOf(storedResult(m_connection, "op-1")));
    }

    void forgetsOnlyOldResults() {
        auto batch = valueOf(WriteBatch::begin(m_connection));
        QVERIFY(batch.perform("old", 1, kAt, insertNumber(1, "one")));
        QVERIFY(batch.perform("new", 1, kAt + std::chrono::days(8), insertNumber(2, "two")));
        valueOf(batch.commit());
        QCOMPARE(valueOf(pruneOperations(m_connection, kAt + std::chrono::days(7))), 1);
        QVERIFY(!valueOf(storedResult(m_connection, "old")));
        QVERIFY(valueOf(storedResult(m_connection, "new")));
    }

    /// Whatever I/O of a batch fails, either the whole batch was acknowledged and is there, or
    /// nothing of it is, and the file is sound.
    void everyFailingIoFailsTheWholeBatchOrNothing_data() {
        QTest::addColumn<int>("failure");
        QTest::newRow("device fails once") << 0;
        QTest::newRow("device fails from then on") << 1;
        QTest::newRow("disk is full from then on") << 2;
    }
    void everyFailingIoFailsTheWholeBatchOrNothing() {
        QFETCH(int, failure);
        bool clean = false;
        for (std::uint64_t n = 1; !clean; ++n) {
            QVERIFY2(n < 1000, "the batch never runs without meeting its fault");
            SyncLossVfs disk(n);
            QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}));
            bool acknowledged = false;
            {
                disk.setFault(SyncLossVfs::Fault{
                    .atIo = n,
                    .failure = failure == 2 ? SyncLossVfs::Failure::Full : SyncLossVfs::Failure::Io,
                    .fromThenOn = failure != 0});
                const std::uint64_t before = disk.ioCount();
                if (auto connection = Connection::open("n.db", {.vfs = disk.name()})) {
                    if (auto batch = WriteBatch::begin(*connection)) {
                        for (int i = 0; i < 5; ++i)
                            (void)batch->perform("op-" + std::to_string(i), 1, kAt,
                                                 insertNumber(i, std::string(3000, 'x')));
                        acknowledged = batch->commit().has_value();
                    }
                    clean = disk.ioCount() - before < n; // the fault was not met
                }
                disk.setFault({});
            }
            QVERIFY(acknowledged || !clean);
            disk.powerFailure();
            auto connection = valueOf(Connection::open("n.db", {.vfs = disk.name()}));
            const auto rows = valueOf(connection.integer("SELECT count(*) FROM numbers")).value();
            const auto results =
                valueOf(connection.integer("SELECT count(*) FROM operations")).value();
            QVERIFY2(acknowledged ? rows == 5 : rows == 0 || rows == 5,
                     qPrintable(QString("n=%1 rows=%2").arg(n).arg(rows)));
            QCOMPARE(results, rows);
            QCOMPARE(valueOf(connection.text("PRAGMA integrity_check")).value(), std::string("ok"));
        }
    }
};

QTEST_GUILESS_MAIN(tst_WriteBatch)
#include "tst_write_batch.moc"
