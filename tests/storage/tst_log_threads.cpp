#include "storage_support.h"
#include "support/copy_part.h"

#include <grove/storage/log_copier.h>

#include <QTemporaryDir>

#include <atomic>
#include <mutex>
#include <thread>

using namespace grove::storage;
using grove::test::copyPart;

/// One connection writes, one syncs, one copies, one reads: on threads of their own.
class tst_LogThreads : public QObject {
    Q_OBJECT

private slots:
    void nothingIsLostWhenTheLogIsSyncedAndCopiedBesideOthers_data() {
        QTest::addColumn<bool>("alone");
        QTest::newRow("copied while nobody writes") << true;
        QTest::newRow("copied in parts beside the writer") << false;
    }
    void nothingIsLostWhenTheLogIsSyncedAndCopiedBesideOthers() {
        QFETCH(bool, alone);
        constexpr int kRounds = 400; // at least
        constexpr int kCopies = 20;  // at least, or parts
        constexpr int kEach = 5;     // rows of a transaction
        const QTemporaryDir folder;
        const std::string file = folder.filePath("n.db").toStdString();
        QVERIFY(prepareDatabase(file, numbersSchema()));
        const ConnectionOptions options{.access = Access::ReadWrite,
                                        .synchronous = Synchronous::Normal,
                                        .checkpoints = Checkpoints::Elsewhere};
        const auto open = [&] { return valueOf(Connection::open(file, options)); };
        std::mutex turn; // at writing
        std::atomic<bool> isOver = false;
        std::atomic<int> committed = 0, copies = 0;
        Connection first = open(); // keeps what is known of the log
        valueOf(first.makeLogSound());

        std::thread writer([&] {
            Connection connection = open();
            for (int round = 0; round < kRounds || copies < kCopies; ++round) {
                std::this_thread::yield(); // the copier wants the turn, too
                const std::lock_guard lock(turn);
                // Who finds the log's index half written by a commit takes SQLite's write lock for
                // a moment to look again; the worker that writes tries again, too.
                SqlResult<void> begun = connection.execute("BEGIN IMMEDIATE");
                while (!begun && begun.error().kind == SqlKind::Busy)
                    begun = connection.execute("BEGIN IMMEDIATE");
                valueOf(std::move(begun));
                for (int n = 0; n < kEach; ++n)
                    valueOf(connection.run("INSERT INTO numbers VALUES(?1, ?2)", round * kEach + n,
                                           std::string_view("word")));
                valueOf(connection.execute("COMMIT"));
                committed = (round + 1) * kEach;
            }
            isOver = true;
        });
        std::thread syncer([&] {
            Connection connection = open();
            while (!isOver)
                valueOf(connection.syncLog());
        });
        std::thread copier([&] {
            LogCopier logCopier = valueOf(LogCopier::open(file, options));
            for (int round = 0; !isOver; ++round) {
                std::this_thread::yield();
                if (!alone && round % 8 != 0) {
                    if (valueOf(copyPart(logCopier)).value().pages > 0)
                        ++copies;
                    continue;
                }
                const std::lock_guard lock(turn);
                valueOf(logCopier.copyAlone());
                if (alone)
                    ++copies;
            }
        });
        std::thread reader([&] {
            Connection connection = open();
            for (std::int64_t last = 0; !isOver;) {
                const auto count = *valueOf(connection.integer("SELECT count(*) FROM numbers"));
                if (count < last || count % kEach != 0)
                    qFatal("%lld rows after %lld", static_cast<long long>(count),
                           static_cast<long long>(last));
                last = count;
            }
        });
        for (std::thread* thread : {&writer, &syncer, &copier, &reader})
            thread->join();
        QCOMPARE(valueOf(first.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(*valueOf(first.integer("SELECT count(*) FROM numbers")), committed);
    }
};

QTEST_APPLESS_MAIN(tst_LogThreads)
#include "tst_log_threads.moc"
