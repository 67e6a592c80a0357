#include "system_fixture.h"

using namespace grove;
using namespace grove::todo;

/// Writers that never pause: SQLite's log would grow for ever if nobody took a turn for it.
class tst_Checkpoints : public QObject, private SystemFixture {
    Q_OBJECT

private slots:
    void init() { start(); }
    void cleanup() { stop(); }

    void underLoadTheLogStaysShort_data() {
        QTest::addColumn<bool>("killed");
        QTest::newRow("left alone") << false;
        QTest::newRow("its process is killed now and then") << true;
    }
    void underLoadTheLogStaysShort() {
        QFETCH(bool, killed);
        constexpr std::size_t kAdds = 200;
        constexpr std::size_t kEdits = 500;
        constexpr std::size_t kEntries = 50; // of each edit
        constexpr std::size_t kPage = 4'096;
        const std::string log = std::string(World::kFile) + "-wal";
        std::size_t submitted = 0, longest = 0;
        const auto refill = [&] {
            while (submitted < kEdits && m_user->client().pendingCount() < 4) {
                const std::string title = std::string(200, 'x') + std::to_string(submitted);
                if (submitted++ < kAdds) {
                    m_user->submit(kInbox,
                                   AddEntries{std::vector<NewEntry>(kEntries, named(title))});
                    continue;
                }
                SetTitles change; // each entry lies on a page of its own
                for (std::size_t i = 0; i < kEntries; ++i)
                    change.entries.push_back(
                        {static_cast<EntryId>(1 + i * kAdds + submitted * 37 % kAdds), title});
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
        QVERIFY(m_world->runUntil([&] { return m_user->answers().size() == kEdits; }, 600s));
        QCOMPARE(onDisk(kInbox).size(), kAdds * kEntries);
        if (killed)
            return;
        qInfo("%zu pages at most", longest / kPage);
        QVERIFY(longest < 2 * storage::Checkpointer::kLogPagesPressing * kPage);
        Term state;
        m_world->runtime().spawn(readState, *m_world->runtime().whereis(atom("checkpointer")),
                                 &state);
        QVERIFY(m_world->runUntil([&] { return !state.isNone(); }));
        QVERIFY(state.mapFind(atom("checkpoints"))->toInt() >= 2);
        QCOMPARE(fromTerm<std::string>(*state.mapFind(atom("last_failure"))).value(),
                 std::string());
    }

    void aPauseIsUsedToCopyTheLog() {
        constexpr std::size_t kPage = 4'096;
        const std::string log = std::string(World::kFile) + "-wal";
        std::size_t longest = 0;
        for (int edit = 0; edit < 300; ++edit) {
            const std::string title = std::string(200, 'x') + std::to_string(edit);
            m_user->submit(kInbox, AddEntries{std::vector<NewEntry>(50, named(title))});
            QVERIFY(allAnswered());
            m_world->simulation().runFor(30ms);
            longest = std::max(longest, m_disk->contents(log).size());
        }
        qInfo("%zu pages at most", longest / kPage);
        QVERIFY(longest > storage::Checkpointer::kLogPagesWanted * kPage);
        QVERIFY(longest < 2 * storage::Checkpointer::kLogPagesWanted * kPage);
    }
};

QTEST_APPLESS_MAIN(tst_Checkpoints)
#include "tst_checkpoints.moc"
