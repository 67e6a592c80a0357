#include "system_fixture.h"

#include <QScopeGuard>

using namespace grove;
using namespace grove::todo;

namespace {

Task<> post(std::uint64_t writes, std::vector<DatabaseCompletions>* told) {
    for (std::uint64_t number = 0; number < writes; ++number)
        otp::cast(Database::writer(),
                  DatabasePost{.write = {.id = "posted-" + std::to_string(number),
                                         .key = kInbox,
                                         .change = ChangeList{kInbox, AddEntries{{named("one")}}}},
                               .from = self(),
                               .tag = 100 + number});
    for (;;)
        told->push_back(co_await receive(on<DatabaseCompletions>()));
}

} // namespace

/// One worker of the pool writes for all lists, the others read.
class tst_OneWriter : public QObject, private SystemFixture {
    Q_OBJECT

    void makeLists(ListId lists) {
        for (ListId list = 2; list <= lists; ++list)
            m_user->client().createList(m_user->client().newOperation(), list,
                                        "List " + std::to_string(list));
        QVERIFY(allAnswered());
    }
    std::int64_t batchesOfTheWriter() {
        Term state;
        m_world->runtime().spawn(readState, writer(), &state);
        m_world->simulation().runFor(100ms);
        return state.isNone() ? -1 : state.mapFind(atom("batches"))->toInt();
    }

private slots:
    void init() { start(); }
    void cleanup() { stop(); }

    void whatAllListsWaitToWriteBecomesOneTransaction() {
        constexpr ListId kLists = 30;
        makeLists(kLists);
        for (ListId list = 1; list <= kLists; ++list)
            m_user->submit(list, AddEntries{{named("zero")}}); // now they are read
        QVERIFY(allAnswered());
        const std::int64_t before = batchesOfTheWriter();
        const Pid holder = holdBack(holdTheTurn);
        for (ListId list = 1; list <= kLists; ++list)
            for (const char* title : {"one", "two"})
                m_user->submit(list, AddEntries{{named(title)}});
        m_world->simulation().runFor(1s);
        letGo(holder);
        QVERIFY(allAnswered());
        QCOMPARE(batchesOfTheWriter(), before + 1);
        for (ListId list = 1; list <= kLists; ++list)
            QCOMPARE(titlesOf(onDisk(list)), (std::vector<std::string>{"zero", "one", "two"}));
    }

    void whatIsPostedTogetherIsToldTogether() {
        constexpr std::uint64_t kWrites = 5;
        std::vector<DatabaseCompletions> told;
        const Pid holder = holdBack(holdTheTurn);
        m_world->runtime().spawn(post, kWrites, &told);
        m_world->simulation().runFor(100ms);
        QVERIFY(told.empty());
        letGo(holder);
        QVERIFY(m_world->runUntil([&] { return !told.empty(); }));
        m_world->simulation().runFor(1s);
        QCOMPARE(told.size(), std::size_t(1));
        QCOMPARE(told.front().writes.size(), std::size_t(kWrites));
        for (std::uint64_t number = 0; number < kWrites; ++number) {
            const auto& [tag, answer] = told.front().writes[number];
            QCOMPARE(tag, 100 + number);
            QVERIFY(answer.outcome == storage::WriteOutcome::Done);
            QCOMPARE(answer.answer->version, std::int64_t(number) + 1);
        }
        QCOMPARE(onDisk(kInbox).size(), std::size_t(kWrites));
    }

    /// More clients than a list's server lets write at once, so that it waits inside a handler.
    void aFullServerWhoseWriterEndsAnswersAll() {
        constexpr std::size_t kUsers = 10, kEdits = 60;
        std::vector<std::unique_ptr<RecordingClient>> users;
        for (std::size_t user = 0; user < kUsers; ++user)
            users.push_back(std::make_unique<RecordingClient>(m_world->runtime(),
                                                              "user " + std::to_string(user)));
        for (std::size_t edit = 0; edit < kEdits; ++edit)
            for (const auto& user : users)
                user->submit(kInbox, AddEntries{{named(std::to_string(edit))}});
        for (int kill = 0; kill < 8; ++kill) {
            m_world->simulation().runFor(
                std::chrono::microseconds(m_world->simulation().random().below(6'000)));
            m_world->kill(kill % 3 == 2 ? storage::kLogSyncName : "sqlite_worker_1");
        }
        QVERIFY(m_world->runUntil(
            [&] {
                return std::ranges::all_of(
                    users, [](const auto& user) { return user->client().pendingCount() == 0; });
            },
            60s));
        QCOMPARE(onDisk(kInbox).size(), kUsers * kEdits);
    }

    void theWriterKeepsTheTurnUntilSomebodyWantsIt() {
        const auto turn = [this] {
            Term state;
            m_world->runtime().spawn(
                readState, *m_world->runtime().whereis(atom(storage::WriteTurn::kName)), &state);
            m_world->simulation().runFor(100ms);
            return fromTerm<storage::WriteTurn::State>(state).value();
        };
        m_user->submit(kInbox, AddEntries{{named("one")}});
        QVERIFY(allAnswered());
        const std::uint64_t turns = turn().turns;
        QVERIFY(turn().holder == writer());
        m_user->submit(kInbox, AddEntries{{named("two")}});
        QVERIFY(allAnswered());
        QCOMPARE(turn().turns, turns);
        const Pid other = holdBack(holdTheTurn);
        QVERIFY(turn().holder == other);
        m_user->submit(kInbox, AddEntries{{named("three")}});
        m_world->simulation().runFor(1s);
        QCOMPARE(m_user->client().pendingCount(), std::size_t(1));
        letGo(other);
        QVERIFY(allAnswered());
        QVERIFY(turn().holder == writer());
        m_world->runtime().exit(writer(), atoms::kill);
        QVERIFY(m_world->runUntil([&] { return !turn().holder; }));
    }

    void whoWantsTheTurnWaitsForOneTransaction() {
        m_user->submit(kInbox, AddEntries{{named("zero")}}); // from here on the writer has it
        QVERIFY(allAnswered());
        m_disk->setLatency([this](storage::SyncLossVfs::Io io) {
            if (io == storage::SyncLossVfs::Io::Write)
                m_world->simulation().hold(10ms);
        });
        const auto quick = qScopeGuard([this] { m_disk->setLatency({}); });
        m_user->submit(kInbox, AddEntries{{named("first")}});
        m_world->simulation().runFor(2ms);
        constexpr std::size_t kEdits = 50; // before the wish in the writer's mailbox
        for (std::size_t edit = 0; edit < kEdits; ++edit)
            m_user->submit(kInbox, AddEntries{{named("later")}});
        m_world->simulation().runFor(2ms);
        const Pid other = holdBack(holdTheTurn);
        m_world->simulation().runFor(1s);
        QCOMPARE(m_user->client().pendingCount(), kEdits);
        letGo(other);
        QVERIFY(allAnswered());
    }

    void aListForWhichTheDiskHasNoRoomHoldsUpNoOther() {
        constexpr ListId kLists = 5;
        makeLists(kLists);
        for (ListId list = 1; list <= kLists; ++list)
            m_user->submit(list, AddEntries{{named("zero")}}); // now they are read
        QVERIFY(allAnswered());
        const std::int64_t before = batchesOfTheWriter();
        const Pid holder = holdBack(holdTheTurn);
        constexpr ListId kLarge = 3;
        const OperationId large =
            m_user->submit(kLarge, AddEntries{std::vector(2'000, named(std::string(200, 'x')))});
        std::vector<OperationId> small;
        for (ListId list = 1; list <= kLists; ++list)
            if (list != kLarge)
                small.push_back(m_user->submit(list, AddEntries{{named("one")}}));
        m_world->simulation().runFor(1s);
        std::size_t used = 0;
        for (const std::string& file : m_disk->files())
            used += m_disk->contents(file).size();
        m_disk->setCapacity(used + 300'000);
        letGo(holder);
        m_world->simulation().runFor(1s);
        for (const OperationId& operation : small) {
            QVERIFY(m_user->answerOf(operation));
            QVERIFY(m_user->answerOf(operation)->done);
        }
        QCOMPARE(batchesOfTheWriter(), before + 1); // all of them were in the one that failed first
        QVERIFY(m_user->client().isPending(large));
        QCOMPARE(m_user->troubles().back().list, kLarge);
        QVERIFY(!m_user->troubles().back().why.empty());
        m_disk->setCapacity({});
        QVERIFY(allAnswered());
        QVERIFY(m_user->answerOf(large)->done);
        QCOMPARE(onDisk(kLarge).size(), std::size_t(2'001));
        for (ListId list = 1; list <= kLists; ++list)
            if (list != kLarge)
                QCOMPARE(titlesOf(onDisk(list)), (std::vector<std::string>{"zero", "one"}));
    }

    void whoQuitsWaitsForNoSuspendedWriter() {
        m_user->submit(kInbox, AddEntries{{named("one")}});
        QVERIFY(allAnswered());
        holdBack(suspendServer, writer());
        const OperationId waiting = m_user->submit(kInbox, AddEntries{{named("two")}});
        m_world->simulation().runFor(1s);
        QVERIFY(m_user->client().isPending(waiting));
        m_world->runtime().exit(m_world->keeper(), atoms::kill); // and with it the tree
        const auto isOver = [&] {
            return !m_world->runtime().whereis(storage::writerName()) &&
                   !m_world->runtime().whereis(atom(storage::WriteTurn::kName)) &&
                   !serverOf(kInbox);
        };
        QVERIFY(m_world->runUntil(isOver, 1s));
        QVERIFY(m_user->client().isPending(waiting)); // never reported as saved
        QCOMPARE(titlesOf(onDisk(kInbox)), std::vector<std::string>{"one"});
    }

    void aListIsReadWithWhatItsLastServerHadSentToBeWritten() {
        m_user->submit(kInbox, AddEntries{{named("one")}});
        QVERIFY(allAnswered());
        const Pid holder = holdBack(holdTheTurn);
        m_user->submit(kInbox, AddEntries{{named("two")}});
        m_world->simulation().runFor(100ms);
        m_world->runtime().exit(serverOf(kInbox), atoms::kill);
        RecordingClient reader(m_world->runtime(), "reader");
        reader.client().open(kInbox);
        m_world->simulation().runFor(1s);
        QVERIFY(!reader.lists().contains(kInbox));
        letGo(holder);
        QVERIFY(m_world->runUntil([&] { return reader.lists().contains(kInbox); }));
        QCOMPARE(titlesOf(reader.lists().at(kInbox)), (std::vector<std::string>{"one", "two"}));
        QVERIFY(allAnswered());
    }

    void listsThatAreOpenedTogetherWaitForTheSameCommits() {
        constexpr ListId kLists = 40;
        static constexpr Duration kCommit = 50ms;
        makeLists(kLists);
        startAgain();
        m_disk->setLatency([this](storage::SyncLossVfs::Io io) {
            if (io == storage::SyncLossVfs::Io::Sync)
                m_world->simulation().hold(kCommit);
        });
        const auto quick = qScopeGuard([this] { m_disk->setLatency({}); });
        bool isBusy = true; // the Inbox is written all the time
        m_user->onAnswer = [&](const auto&) {
            if (isBusy)
                m_user->submit(kInbox, AddEntries{{named("more")}});
        };
        for (int i = 0; i < 4; ++i)
            m_user->submit(kInbox, AddEntries{{named("entry")}});
        m_world->simulation().runFor(10 * kCommit);
        RecordingClient reader(m_world->runtime(), "reader");
        const Instant asked = m_world->simulation().now();
        for (ListId list = 2; list <= kLists; ++list)
            reader.client().open(list);
        QVERIFY(m_world->runUntil([&] { return reader.lists().size() == kLists - 1; }));
        const Duration waited = m_world->simulation().now() - asked;
        QVERIFY2(waited < 8 * kCommit, qPrintable(QString::number(waited / 1ms)));
        isBusy = false;
        QVERIFY(allAnswered());
    }
};

QTEST_APPLESS_MAIN(tst_OneWriter)
#include "tst_one_writer.moc"
