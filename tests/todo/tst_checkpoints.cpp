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
        constexpr std::size_t kEdits = 1'000;
        constexpr std::size_t kEntries = 50; // of each edit: some pages
        constexpr std::size_t kPage = 4'096;
        const std::string log = std::string(World::kFile) + "-wal";
        std::size_t submitted = 0, longest = 0;
        const auto refill = [&] {
            while (submitted < kEdits && m_user->client().pendingCount() < 4) {
                const std::string title = std::string(200, 'x') + std::to_string(++submitted);
                m_user->submit(kInbox, AddEntries{std::vector<NewEntry>(kEntries, named(title))});
            }
        };
        m_user->onAnswer = [&](const RecordingClient::Answer& answer) {
            QVERIFY(answer.answer.done);
            if (m_user->answers().size() % 50 == 0)
                longest = std::max(longest, m_disk->contents(log).size());
            if (killed && m_user->answers().size() % 200 == 0)
                m_world->kill("checkpointer");
            refill();
        };
        refill();
        QVERIFY(m_world->runUntil([&] { return m_user->answers().size() == kEdits; }, 600s));
        QCOMPARE(onDisk(kInbox).size(), kEdits * kEntries);
        if (killed)
            return;
        qInfo("%zu pages at most", longest / kPage);
        QVERIFY(longest < 3 * storage::Checkpointer::kLogPagesWanted * kPage);
        Term state;
        m_world->runtime().spawn(readState, *m_world->runtime().whereis(atom("checkpointer")),
                                 &state);
        QVERIFY(m_world->runUntil([&] { return !state.isNone(); }));
        QVERIFY(state.mapFind(atom("checkpoints"))->toInt() >= 2);
        QCOMPARE(fromTerm<std::string>(*state.mapFind(atom("last_failure"))).value(),
                 std::string());
    }
};

QTEST_APPLESS_MAIN(tst_Checkpoints)
#include "tst_checkpoints.moc"
