#include "support/copy_part.h"
#include "system_fixture.h"

#include <grove/storage/log_copier.h>

#include <QScopeGuard>

#include <functional>
#include <utility>

using namespace grove;
using namespace grove::todo;
using storage::SyncLossVfs;

namespace {

Task<> waitForNextSync(bool* isTold) {
    co_await otp::call(storage::kLogSyncName, storage::LogNextSynced{}, kInfinity);
    *isTold = true;
}

} // namespace

/// The log is synced beside the writer, and nothing is acknowledged before that.
class tst_LogSync : public QObject, private SystemFixture {
    Q_OBJECT

    static constexpr Duration kSync = 200ms;
    std::function<void()> m_during;

    std::int64_t stateOf(Atom server, const char* field) {
        Term state;
        m_world->runtime().spawn(readState, *m_world->runtime().whereis(server), &state);
        // A server answers between two syncs.
        if (!m_world->runUntil([&] { return !state.isNone(); }))
            return -1;
        return state.mapFind(atom(field))->toInt();
    }
    std::int64_t batches() { return stateOf(storage::writerName(), "batches"); }
    std::int64_t syncs() { return stateOf(atom(storage::kLogSyncName), "syncs"); }

    /// Until the guard goes, a sync takes kSync; `during` says what happens in the first one.
    auto slowSyncs(std::function<void()> during = {}) {
        m_during = std::move(during);
        m_disk->setLatency([this](SyncLossVfs::Io io) {
            if (io != SyncLossVfs::Io::Sync)
                return;
            if (m_during)
                std::exchange(m_during, nullptr)();
            m_world->simulation().hold(kSync);
        });
        return qScopeGuard([this] { m_disk->setLatency({}); });
    }
    /// The next sync fails, or all from now on.
    void failSyncs(bool fromThenOn) {
        m_disk->setLatency([this, fromThenOn](SyncLossVfs::Io io) {
            if (io != SyncLossVfs::Io::Sync)
                return;
            m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
            if (!fromThenOn)
                m_disk->setLatency({});
        });
    }
    OperationId add(const std::string& title) {
        return m_user->submit(kInbox, AddEntries{{named(title)}});
    }
    void loseThePower() {
        m_disk->setLatency({});
        m_user.reset();
        m_world.reset();
        m_disk->powerFailure();
        m_world = std::make_unique<World>(*m_disk, 2);
        m_user = std::make_unique<RecordingClient>(m_world->runtime(), "user again");
    }

private slots:
    void init() {
        start();
        add("zero");
        QVERIFY(allAnswered());
    }
    void cleanup() { stop(); }

    void theWriterWritesWhileTheDiskSyncs() {
        std::vector<std::string> written;
        std::size_t pending = 0;
        const auto quick = slowSyncs([&] {
            add("two");
            m_world->simulation().hold(kSync / 2);
            written = titlesOf(onDisk(kInbox)); // in the log
            pending = m_user->client().pendingCount();
        });
        add("one");
        QVERIFY(allAnswered());
        QCOMPARE(written, (std::vector<std::string>{"zero", "one", "two"}));
        QCOMPARE(pending, std::size_t(2));
        QCOMPARE(titlesOf(onDisk(kInbox)), written);
    }

    void oneSyncServesAllThatWasWrittenBeforeIt() {
        const std::int64_t before = syncs();
        const auto quick = slowSyncs([&] {
            for (int edit = 0; edit < 4; ++edit) {
                add("more");
                m_world->simulation().hold(kSync / 10);
            }
        });
        add("first");
        QVERIFY(allAnswered());
        QCOMPARE(syncs(), before + 2);
    }

    void whoAsksForTheNextSyncIsToldAtItsEndAndNotBefore() {
        const auto quick = slowSyncs();
        bool isTold = false;
        m_world->runtime().spawn(waitForNextSync, &isTold);
        m_world->simulation().runFor(10 * kSync);
        QVERIFY(!isTold); // nobody writes
        add("one");
        m_world->simulation().runFor(kSync / 2);
        QVERIFY(!isTold && m_user->client().pendingCount() == 1);
        QVERIFY(allAnswered());
        QVERIFY(isTold);
    }

    void aSlowDiskGathersWhatIsWritten() {
        constexpr int kEdits = 30;
        const std::int64_t before = batches();
        const auto quick = slowSyncs([&] {
            for (int edit = 0; edit < kEdits; ++edit) {
                add("more");
                m_world->simulation().hold(kSync / 50);
            }
        });
        add("first");
        QVERIFY(allAnswered());
        // The first alone, then what may be ahead of a sync, as far as the writer has been told,
        // then all that is left.
        constexpr std::int64_t kAheadMax = DatabaseWorker::kAheadMax;
        const std::int64_t ahead = batches() - before - 2;
        const std::int64_t toldOf = before - before % (kAheadMax / 2);
        QCOMPARE(ahead, toldOf + kAheadMax - (before + 1));
        QCOMPARE(onDisk(kInbox).size(), std::size_t(kEdits + 2));
    }

    void whatIsNotSyncedIsNotAcknowledgedAndGoesWithThePower() {
        SyncLossVfs after(1); // what would be there if the power failed now
        const auto quick = slowSyncs([&] {
            for (const std::string& file :
                 {std::string(World::kFile), World::kFile + std::string("-wal")})
                after.setContents(file, m_disk->durableContents(file));
        });
        add("one");
        QVERIFY(allAnswered());
        auto connection = openOn(after);
        QCOMPARE(titlesOf(*valueOf(loadList(connection, kInbox))),
                 std::vector<std::string>{"zero"});
        loseThePower();
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"zero", "one"}));
    }

    /// A sync that fails says so once: the next one succeeds though the pages never came to the
    /// disk.
    void aFailedSyncIsMadeGoodByWritingTheLogAgain() {
        failSyncs(false);
        const OperationId one = add("one");
        QVERIFY(allAnswered());
        QVERIFY(m_user->answerOf(one)->done);
        QCOMPARE(stateOf(atom(storage::kLogSyncName), "failed_syncs"), 1);
        add("two");
        QVERIFY(allAnswered());
        loseThePower();
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"zero", "one", "two"}));
    }

    void afterAFailedSyncNobodyForgetsThatTheLogIsNotSound_data() {
        QTest::addColumn<std::string>("killed");
        QTest::newRow("the writer is killed") << std::string("sqlite_worker_1");
        QTest::newRow("the log's syncer is killed") << std::string(storage::kLogSyncName);
    }
    void afterAFailedSyncNobodyForgetsThatTheLogIsNotSound() {
        QFETCH(std::string, killed);
        failSyncs(true);
        add("one");
        QVERIFY(m_world->runUntil([&] { return !m_user->troubles().empty(); }));
        m_disk->setLatency({});
        m_world->kill(killed);
        QVERIFY(allAnswered());
        add("two");
        QVERIFY(allAnswered());
        loseThePower();
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"zero", "one", "two"}));
    }

    /// The system may have let go of what was copied: a change would be built on older pages.
    void afterAFailedSyncOfTheFileNothingIsWrittenBeforeItIsMended() {
        const storage::ConnectionOptions ours{.access = storage::Access::ReadWrite,
                                              .synchronous = storage::Synchronous::Normal,
                                              .vfs = m_disk->name(),
                                              .checkpoints = storage::Checkpoints::Elsewhere};
        auto copier = storage::LogCopier::open(World::kFile, ours);
        auto other = storage::Connection::open(World::kFile, ours);
        QVERIFY(copier && other);
        for (int n = 0; n < 20; ++n)
            add("entry " + std::to_string(n));
        QVERIFY(allAnswered());
        bool isWritten = false; // something that is not copied: so that it is a part
        int syncs = 0;
        m_disk->setLatency([&](SyncLossVfs::Io io) {
            if (io == SyncLossVfs::Io::Write && !std::exchange(isWritten, true))
                isWritten =
                    other->run("INSERT INTO operations VALUES('other', 1, 'x', 1)").has_value();
            else if (io == SyncLossVfs::Io::Sync && isWritten && ++syncs == 1)
                m_disk->setFault(SyncLossVfs::Fault{.atIo = 1});
        });
        QVERIFY(!test::copyPart(*copier));
        m_disk->setLatency({});
        QVERIFY(isWritten && other->isFileSuspect());
        m_disk->dropUnsynced(World::kFile);
        m_world->runtime().exit(*m_world->runtime().whereis(storage::writerName()), atoms::kill);
        add("the last"); // by a writer that has no page of it in mind
        QVERIFY(allAnswered());
        QVERIFY(!other->isFileSuspect());
        QCOMPARE(onDisk(kInbox).size(), std::size_t(22));
        QCOMPARE(titlesOf(onDisk(kInbox)).back(), std::string("the last"));
    }

    void aDiskThatCannotSyncIsTold() {
        failSyncs(true);
        const OperationId one = add("one");
        QVERIFY(m_world->runUntil([&] { return !m_user->troubles().empty(); }));
        QCOMPARE(m_user->troubles().back().kind, storage::SqlKind::Io);
        m_world->simulation().runFor(10s);
        QVERIFY(m_user->client().isPending(one));
        m_disk->setLatency({});
        QVERIFY(allAnswered());
        QVERIFY(m_user->answerOf(one)->done);
        QVERIFY(m_user->troubles().back().why.empty());
        loseThePower();
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"zero", "one"}));
    }

    void nothingIsLostOrDoubledWhenItIsKilled() {
        const auto quick = slowSyncs();
        constexpr int kEdits = 60;
        std::vector<std::string> titles{"zero"};
        for (int edit = 0; edit < kEdits; ++edit) {
            titles.push_back("edit " + std::to_string(edit));
            add(titles.back());
            m_world->simulation().runFor(kSync / 7);
            if (edit % 10 == 5)
                m_world->kill(storage::kLogSyncName);
        }
        QVERIFY(allAnswered());
        for (const RecordingClient::Answer& answer : m_user->answers())
            QVERIFY(answer.answer.done);
        QCOMPARE(titlesOf(onDisk(kInbox)), titles);
    }
};

QTEST_APPLESS_MAIN(tst_LogSync)
#include "tst_log_sync.moc"
