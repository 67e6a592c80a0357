#include "torture_judge.h"

#include <grove/storage/database_file.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace grove;
using namespace grove::todo;

/// Kills the program at random moments and looks at what it had promised.
class tst_Torture : public QObject {
    Q_OBJECT

    static std::uint64_t number(const char* variable, std::uint64_t otherwise) {
        const QByteArray value = qgetenv(variable);
        return value.isEmpty() ? otherwise : value.toULongLong();
    }

    /// Returns: whether it was done, not refused.
    static bool perform(storage::WriteBatch& batch, const TortureOperation& operation,
                        std::uint64_t seed) {
        const auto apply = [&](storage::Connection& c) -> storage::WriteResult<std::string> {
            auto applied = applyChange(c, kInbox, operation.change(seed), {});
            if (!applied)
                return std::unexpected(applied.error());
            return storage::storedBytes(toTerm(*applied));
        };
        return batch.perform(operation.id(), kInbox, {}, apply).has_value();
    }

private slots:
    /// SEED and GROVE_TORTURE_ROUNDS (default 20) come from the environment.
    void everyAcknowledgedEditIsThereOnceAfterSigkill() {
        const std::uint64_t seed = number("SEED", 1);
        const std::uint64_t rounds = number("GROVE_TORTURE_ROUNDS", 20);
        std::mt19937_64 random(seed);
        QTemporaryDir folder;
        const std::string file = folder.filePath("grove.db").toStdString();
        std::set<OperationId> acknowledged;
        for (std::uint64_t round = 1; round <= rounds; ++round) {
            QProcess victim;
            victim.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            victim.start(GROVE_TORTURE_PROGRAM, {QString::fromStdString(file),
                                                 QString::number(seed), QString::number(round)});
            QVERIFY(victim.waitForStarted());
            // Not after a time but after so many acknowledgements: fast and slow machines are hit
            // in mid-work alike.
            const std::uint64_t killAfter = 20 + random() % 400;
            std::uint64_t heard = 0;
            while (heard < killAfter) {
                QVERIFY2(victim.waitForReadyRead(60'000), "the victim does not acknowledge");
                while (victim.canReadLine()) {
                    acknowledged.insert(victim.readLine().trimmed().toStdString());
                    ++heard;
                }
            }
            victim.kill();
            QVERIFY(victim.waitForFinished());
            QVERIFY(victim.exitStatus() == QProcess::CrashExit); // it was killed, it did not end
            // What it had written before the signal came counts, whole lines only.
            while (victim.canReadLine())
                acknowledged.insert(victim.readLine().trimmed().toStdString());

            auto connection = storage::Connection::open(file);
            QVERIFY(connection);
            const auto wrong = judge(*connection, seed, acknowledged);
            QVERIFY2(wrong.empty(), wrong.empty()
                                        ? ""
                                        : qPrintable(QString("SEED=%1 round %2: %3 (%4 findings)")
                                                         .arg(seed)
                                                         .arg(round)
                                                         .arg(QString::fromStdString(wrong.front()))
                                                         .arg(wrong.size())));
        }
        QVERIFY(acknowledged.size() >= rounds * 20);
    }

    void theJudgeFindsOperationsThatWereDoneInTheWrongOrder() {
        for (const bool isReversed : {false, true}) {
            QTemporaryDir folder;
            const std::string file = folder.filePath("grove.db").toStdString();
            QVERIFY(storage::prepareDatabase(file, todoSchema()));
            auto connection = storage::Connection::open(file);
            QVERIFY(connection);
            auto batch = storage::WriteBatch::begin(*connection);
            QVERIFY(batch);
            for (std::uint64_t n = 1; n <= 50; ++n) {
                const TortureOperation operation{1, kInbox, isReversed ? 51 - n : n};
                perform(*batch, operation, 1);
            }
            QVERIFY(batch->commit());
            QCOMPARE(judge(*connection, 1, {}).empty(), !isReversed);
        }
    }

    /// One client's change is refused, which reaches nobody; another client's comes, and a later
    /// one of the first; then the refused one again.
    void theJudgeKnowsThatAnothersChangeMayHaveComeInBetween() {
        const TortureOperation refused{1, kInbox, 1}, others{2, kInbox, 1}, later{1, kInbox, 2};
        const auto isDone = [](List& list, const Change& change) {
            return list.apply(change).has_value();
        };
        int tried = 0;
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            List list = newList(kInbox);
            if (isDone(list, refused.change(seed)) || !isDone(list, others.change(seed)) ||
                !isDone(list, later.change(seed)) || !isDone(list, refused.change(seed)))
                continue;
            QTemporaryDir folder;
            const std::string file = folder.filePath("grove.db").toStdString();
            QVERIFY(storage::prepareDatabase(file, todoSchema()));
            auto connection = storage::Connection::open(file);
            auto batch = storage::WriteBatch::begin(*connection);
            for (const TortureOperation& operation : {others, later, refused})
                QVERIFY(perform(*batch, operation, seed));
            QVERIFY(batch->commit());
            QCOMPARE(judge(*connection, seed, {}), std::vector<std::string>{});
            ++tried;
        }
        QVERIFY(tried > 0);
    }

    /// The judge is worth something only if it notices: a lost operation, a doubled entry, a
    /// changed row.
    void theJudgeFindsWhatIsWrong() {
        QTemporaryDir folder;
        const std::string file = folder.filePath("grove.db").toStdString();
        QVERIFY(storage::prepareDatabase(file, todoSchema()));
        auto connection = storage::Connection::open(file);
        QVERIFY(connection);
        std::set<OperationId> acknowledged;
        auto batch = storage::WriteBatch::begin(*connection);
        QVERIFY(batch);
        for (std::uint64_t n = 1; n <= 50; ++n) {
            const TortureOperation operation{1, kInbox, n};
            if (perform(*batch, operation, 1))
                acknowledged.insert(operation.id());
        }
        QVERIFY(batch->commit());
        QCOMPARE(judge(*connection, 1, acknowledged), std::vector<std::string>{});

        const auto damaged = [&](const char* sql) {
            auto transaction =
                storage::Transaction::begin(*connection, storage::TransactionKind::Write);
            if (!connection->run(sql))
                qFatal("%s", sql);
            return !judge(*connection, 1, acknowledged).empty();
        };
        QVERIFY(damaged("DELETE FROM operations WHERE id = (SELECT max(id) FROM operations)"));
        QVERIFY(damaged("DELETE FROM entries WHERE id = 1"));
        QVERIFY(
            damaged("UPDATE entries SET done = 1 - done WHERE id = (SELECT max(id) FROM entries)"));
        QVERIFY(damaged("INSERT INTO entries SELECT list, id + 1000, title, date, done, deleted, "
                        "created, changed "
                        "FROM entries WHERE id = 1"));
        QVERIFY(damaged("UPDATE lists SET openEntries = openEntries + 1 WHERE id = 1"));
        acknowledged.insert("1-1-777");
        QVERIFY(!judge(*connection, 1, acknowledged).empty());
    }
};

QTEST_GUILESS_MAIN(tst_Torture)
#include "tst_torture.moc"
