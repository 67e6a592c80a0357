#include "system_fixture.h"

#include <QScopeGuard>

#include <map>
#include <optional>
#include <utility>

using namespace grove;
using namespace grove::todo;

/// Writers that never pause: SQLite's log would grow for ever if nobody took a turn for it.
class tst_Checkpoints : public QObject, private SystemFixture {
    Q_OBJECT

    std::map<EntryId, std::string> kept() {
        std::map<EntryId, std::string> titles;
        for (const Entry& entry : onDisk(kInbox).entries())
            titles.emplace(entry.id, entry.title);
        return titles;
    }
    Term checkpointer() {
        Term state;
        m_world->runtime().spawn(readState, *m_world->runtime().whereis(atom("checkpointer")),
                                 &state);
        if (!m_world->runUntil([&] { return !state.isNone(); }))
            qFatal("the checkpointer does not say its state");
        return state;
    }

    std::int64_t batchesOfTheWriter() {
        Term state;
        m_world->runtime().spawn(readState, writer(), &state);
        if (!m_world->runUntil([&] { return !state.isNone(); }))
            qFatal("the writer does not say its state");
        return state.mapFind(atom("batches"))->toInt();
    }

private slots:
    void init() { start(); }
    void cleanup() { stop(); }

    void underLoadTheLogStaysShort_data() {
        QTest::addColumn<bool>("killed");
        QTest::addColumn<bool>("slow");
        QTest::addColumn<bool>("failing");
        QTest::addColumn<bool>("small"); // transactions: the turn is taken for a log of 8,000 pages
        QTest::newRow("left alone") << false << false << false << false;
        QTest::newRow("small transactions") << false << false << false << true;
        QTest::newRow("its process is killed now and then") << true << false << false << false;
        QTest::newRow("the disk is slow") << false << true << false << false;
        QTest::newRow("the disk is slow, and its process is killed")
            << true << true << false << false;
        QTest::newRow("a sync fails now and then, of the log or of the file")
            << false << false << true << false;
        QTest::newRow("a sync fails now and then, and its process is killed")
            << true << false << true << false;
    }
    void underLoadTheLogStaysShort() {
        QFETCH(bool, killed);
        QFETCH(bool, slow);
        QFETCH(bool, failing);
        QFETCH(bool, small);
        std::size_t syncs = 0;
        m_disk->setLatency([&](storage::SyncLossVfs::Io io) {
            const bool isSync = io == storage::SyncLossVfs::Io::Sync;
            if (slow && isSync) // so that the writer writes while a part is copied
                m_world->simulation().hold(20ms);
            else if (slow && io == storage::SyncLossVfs::Io::Write)
                m_world->simulation().hold(20us);
            if (failing && isSync && ++syncs % 17 == 0)
                m_disk->setFault(storage::SyncLossVfs::Fault{.atIo = 1});
        });
        const auto quick = qScopeGuard([this] { m_disk->setLatency({}); });
        const std::size_t adds = small ? 1'000 : 200;
        const std::size_t edits = small ? 6'000 : 500;
        const std::size_t entries = small ? 4 : 50;            // of each edit
        constexpr std::size_t kPage = 4'096, kSmallPages = 40; // of a transaction at most
        const std::string log = std::string(World::kFile) + "-wal";
        std::size_t submitted = 0, longest = 0;
        std::map<EntryId, std::string> titles;
        const auto refill = [&] {
            while (submitted < edits && m_user->client().pendingCount() < 4) {
                const std::string title = std::string(200, 'x') + std::to_string(submitted);
                if (submitted++ < adds) {
                    for (std::size_t i = 0; i < entries; ++i)
                        titles.emplace(static_cast<EntryId>(titles.size() + 1), title);
                    m_user->submit(kInbox,
                                   AddEntries{std::vector<NewEntry>(entries, named(title))});
                    continue;
                }
                SetTitles change; // each entry lies on a page of its own
                for (std::size_t i = 0; i < entries; ++i) {
                    const auto id = static_cast<EntryId>(1 + i * adds + submitted * 37 % adds);
                    change.entries.push_back({id, title});
                    titles.at(id) = title;
                }
                m_user->submit(kInbox, std::move(change));
            }
        };
        m_user->onAnswer = [&](const RecordingClient::Answer& answer) {
            QVERIFY(answer.answer.done);
            if (m_user->answers().size() % 50 == 0)
                longest = std::max(longest, m_disk->contents(log).size());
            if (killed && m_user->answers().size() % 100 == 0)
                m_world->kill("checkpointer");
            refill();
        };
        refill();
        QVERIFY(m_world->runUntil([&] { return m_user->answers().size() == edits; }, 600s));
        QCOMPARE(titles.size(), adds * entries);
        QVERIFY(kept() == titles);
        if (killed)
            return;
        qInfo("%zu pages at most", longest / kPage);
        using storage::Checkpointer;
        const std::size_t pressing = small ? Checkpointer::kTransactionsPressing * kSmallPages
                                           : Checkpointer::kLogPagesPressingMost;
        QVERIFY(longest < (pressing + 1'000) * kPage);
        QVERIFY(!small || longest > Checkpointer::kLogPagesPressing * kPage);
        const Term state = checkpointer();
        QVERIFY(failing || state.mapFind(atom("parts"))->toInt() >= 5); // or with the turn
        if (slow) // else the log begins anew where the writer has nothing to write just then
            QVERIFY(state.mapFind(atom("checkpoints"))->toInt() >= 2);
        QCOMPARE(fromTerm<std::string>(*state.mapFind(atom("last_failure"))).value().empty(),
                 !failing);
    }

    /// What the last transaction has written is copied while all wait.
    void whereTheLogIsToBeginAnewTransactionsAreShort() {
        constexpr EntryId kAdds = 1'000, kEntries = 4; // each of them on a page of its own
        for (EntryId add = 0; add < kAdds; ++add) {
            m_user->submit(
                kInbox, AddEntries{std::vector<NewEntry>(kEntries, named(std::string(200, 'x')))});
            if (add % 8 == 7) // at most so many in a transaction
                QVERIFY(allAnswered());
        }
        m_world->runtime().suspendProcess(
            *m_world->runtime().whereis(atom(storage::Checkpointer::kName)));
        m_disk->setLatency([this](storage::SyncLossVfs::Io io) {
            if (io == storage::SyncLossVfs::Io::Write)
                m_world->simulation().hold(10us);
        });
        const auto quick = qScopeGuard([this] { m_disk->setLatency({}); });
        int edits = 0;
        const auto edit = [&] {
            SetTitles change;
            for (EntryId i = 0; i < kEntries; ++i)
                change.entries.push_back(
                    {1 + i * kAdds + edits * 37 % kAdds, std::to_string(edits)});
            ++edits;
            m_user->submit(kInbox, std::move(change));
        };
        constexpr int kRounds = 400;
        const std::string log = std::string(World::kFile) + "-wal";
        int shortened = 0;
        std::int64_t before = batchesOfTheWriter();
        for (int round = 0; round < kRounds; ++round) {
            const std::size_t pages = m_disk->contents(log).size() / 4'096;
            edit();
            m_world->simulation().runFor(50us); // while it is written, the others gather
            for (int later = 0; later < 8; ++later)
                edit();
            QVERIFY(allAnswered());
            const std::int64_t after = batchesOfTheWriter();
            const std::int64_t batches = after - std::exchange(before, after);
            // In vain, as nobody takes the turn: a few times, then no more.
            if (pages < storage::Checkpointer::kLogPagesPressing - 100 || round > kRounds / 4 * 3)
                QCOMPARE(batches, std::int64_t(2));
            shortened += batches > 2 ? 1 : 0;
        }
        QVERIFY(shortened > 0);
    }

    void aPauseIsUsedToCopyTheLog_data() {
        QTest::addColumn<bool>("opened");
        QTest::newRow("nothing is asked") << false;
        QTest::newRow("a list is opened during each commit") << true;
    }
    void aPauseIsUsedToCopyTheLog() {
        QFETCH(bool, opened);
        RecordingClient reader(m_world->runtime(), "reader");
        std::optional<ListId> next; // to be opened in a sync
        m_disk->setLatency([&](storage::SyncLossVfs::Io io) {
            if (io != storage::SyncLossVfs::Io::Sync)
                return;
            if (next)
                reader.client().open(*std::exchange(next, std::nullopt));
            m_world->simulation().hold(50ms);
        });
        const auto quick = qScopeGuard([this] { m_disk->setLatency({}); });
        constexpr ListId kFirst = 1'000; // of lists that are not there, and looked for
        constexpr std::size_t kPage = 4'096;
        const std::string log = std::string(World::kFile) + "-wal";
        std::size_t longest = 0;
        for (int edit = 0; edit < 300; ++edit) {
            const std::string title = std::string(200, 'x') + std::to_string(edit);
            m_user->submit(kInbox, AddEntries{std::vector<NewEntry>(50, named(title))});
            if (opened)
                next = kFirst + edit;
            QVERIFY(allAnswered());
            QVERIFY(!next);
            m_world->simulation().runFor(200ms);
            const std::string content = m_disk->contents(log);
            longest = std::max(longest, content.find_last_not_of('\0') + 1); // without its room
        }
        qInfo("%zu pages at most", longest / kPage);
        QVERIFY(longest > storage::Checkpointer::kLogPagesWanted * kPage);
        // In the first pause: an edit or two beyond, and what the frames have beside their pages.
        QVERIFY(longest < (storage::Checkpointer::kLogPagesWanted + 40) * kPage);
    }
};

QTEST_APPLESS_MAIN(tst_Checkpoints)
#include "tst_checkpoints.moc"
