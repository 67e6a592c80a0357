#include "system_fixture.h"

using namespace grove;
using namespace grove::todo;

namespace {

/// Posts changes, and keeps what it is told of them.
Task<> post(Pid server, std::string name, std::size_t count, std::vector<ChangeAnswers>* answers) {
    for (std::size_t i = 1; i <= count; ++i)
        otp::cast(server, ListServer::PostedChange{.operation = name + "-" + std::to_string(i),
                                                   .change = AddEntries{{named("entry")}},
                                                   .from = self(),
                                                   .tag = i});
    for (;;)
        answers->push_back(co_await receive(on<ChangeAnswers>()));
}
Task<> postToNoList(std::vector<ChangeAnswers>* answers) {
    const auto server = co_await Cache::serverFor(77);
    co_await post(*server, "none", 1, answers);
}

} // namespace

/// What a list's server is posted, and whom it tells.
class tst_PostedChanges : public QObject, private SystemFixture {
    Q_OBJECT

private slots:
    void init() { start(); }
    void cleanup() { stop(); }

    void thoseOfOneCommitAreAnsweredInOneMessage() {
        constexpr std::size_t kEach = 50;
        const Pid server = serverThatRuns();
        std::vector<ChangeAnswers> first, second;
        const Pid holder = holdBack(holdTheTurn); // all come to the disk together
        m_world->runtime().spawn(post, server, std::string("first"), kEach, &first);
        m_world->simulation().runFor(10ms);
        m_world->runtime().spawn(post, server, std::string("second"), kEach, &second);
        m_world->simulation().runFor(100ms);
        letGo(holder);
        QVERIFY(m_world->runUntil([&] { return !first.empty() && !second.empty(); }));
        m_world->simulation().runFor(1s);
        for (const auto& [answers, before] :
             {std::pair(&first, std::size_t{1}), std::pair(&second, 1 + kEach)}) {
            QCOMPARE(answers->size(), 1u);
            QCOMPARE(answers->front().list, kInbox);
            QCOMPARE(answers->front().answers.size(), kEach);
            for (std::size_t i = 0; i < kEach; ++i) {
                const auto& [tag, answer] = answers->front().answers[i];
                QCOMPARE(tag, i + 1);
                QVERIFY(answer.done);
                QCOMPARE(answer.applied->version, static_cast<std::int64_t>(before + i + 1));
            }
        }
        QCOMPARE(onDisk(kInbox).size(), 1 + 2 * kEach);
    }

    void aClientHasFewBytesOfAListUnderWay_data() {
        QTest::addColumn<std::size_t>("entries"); // of a change
        QTest::addColumn<std::size_t>("changes");
        QTest::newRow("small changes, as many as it may have")
            << std::size_t(1) << std::size_t(400);
        QTest::newRow("a few are enough") << std::size_t(1'000) << std::size_t(12);
        QTest::newRow("larger ones go alone") << std::size_t(6'000) << std::size_t(8);
    }
    void aClientHasFewBytesOfAListUnderWay() {
        QFETCH(std::size_t, entries);
        QFETCH(std::size_t, changes);
        const AddEntries change{std::vector<NewEntry>(entries, named(std::string(200, 'x')))};
        const ClientOptions options;
        const std::size_t enough = options.underWayBytesMax / sizeBytes(change) + 1;
        const std::size_t sent = std::min(enough, options.underWayMax);
        QVERIFY(sent < changes);
        const auto waitsAt = [this](Pid server) {
            m_world->simulation().runFor(100ms);
            return m_world->runtime().peekRow(server)->mailboxLength;
        };
        const Pid first = serverThatRuns();
        holdBack(suspendServer, first);
        for (std::size_t i = 0; i < changes; ++i)
            m_user->submit(kInbox, change);
        QCOMPARE(waitsAt(first), sent);
        m_world->runtime().exit(first, atoms::kill); // to the next one it sends as much
        QVERIFY(m_world->runUntil([&] { return serverOf(kInbox) && serverOf(kInbox) != first; }));
        const Pid holder = holdBack(suspendServer, serverOf(kInbox));
        QVERIFY(waitsAt(serverOf(kInbox)) <= sent);
        letGo(holder);
        QVERIFY(allAnswered());
        QCOMPARE(onDisk(kInbox).size(), 1 + changes * entries);
    }

    void toAListThatIsNotThereTheyAreRefused() {
        std::vector<ChangeAnswers> answers;
        m_world->runtime().spawn(postToNoList, &answers);
        QVERIFY(m_world->runUntil([&] { return !answers.empty(); }));
        QCOMPARE(answers.front().answers.size(), 1u);
        QVERIFY(!answers.front().answers.front().answer.done);
        QCOMPARE(answers.front().answers.front().answer.why, std::string("There is no such list."));
    }

    void anAnswerToWhatWasSentAgainSinceIsNotTold() {
        const Pid server = serverThatRuns();
        const Pid holder = holdBack(holdTheTurn);
        const auto operation = m_user->submit(kInbox, AddEntries{{named("once")}});
        m_world->simulation().runFor(10ms);
        m_user->killProcess();
        m_user->serve(); // another process: what is unanswered is sent again, under another tag
        m_world->simulation().runFor(10ms);
        ChangeAnswers late{.list = kInbox, .answers = {}};
        for (std::uint64_t tag = 0; tag <= 2; ++tag) // of the first post, and of none
            late.answers.push_back({.tag = tag, .answer = {.why = "too late"}});
        m_world->runtime().send(m_user->process(), late);
        m_world->simulation().runFor(10ms);
        QVERIFY(m_user->client().isPending(operation));
        letGo(holder);
        QVERIFY(allAnswered());
        QVERIFY(m_user->answerOf(operation)->done);
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"first", "once"}));
        QCOMPARE(serverOf(kInbox), server);
    }

    /// The log's sync has what a writer has written that is killed; the next writer is sent it
    /// again.
    void whatTheWriterBeforeHadWrittenIsNotTakenForWhatIsSentToTheNext() {
        m_user->client().open(kInbox);
        const Pid server = serverThatRuns();
        const Pid holder = holdBack(suspendServer, logSync());
        m_user->submit(kInbox, AddEntries{{named("second")}});
        m_user->submit(kInbox, AddEntries{{named("third")}});
        m_world->simulation().runFor(100ms);
        QCOMPARE(onDisk(kInbox).size(), 3u); // committed, and not answered
        m_world->kill("sqlite_worker_1");
        m_world->simulation().runFor(1s);
        m_user->submit(kInbox, AddEntries{{named("fourth")}});
        m_world->simulation().runFor(1s);
        QCOMPARE(onDisk(kInbox).size(), 4u); // by the next writer
        QCOMPARE(m_user->client().pendingCount(), 3u);
        QCOMPARE(epochOf(server), 1);
        letGo(holder); // first comes what the one before has written
        QVERIFY(allAnswered());
        const std::vector<std::string> titles = {"first", "second", "third", "fourth"};
        QCOMPARE(titlesOf(onDisk(kInbox)), titles);
        QCOMPARE(titlesOf(m_user->lists().at(kInbox)), titles);
        for (std::size_t i = 0; i < titles.size(); ++i)
            QCOMPARE(m_user->answers()[i].answer.applied->version, std::int64_t(i) + 1);
        QCOMPARE(serverOf(kInbox), server);
        QCOMPARE(epochOf(server), 1);
    }

    /// The list's server has not heard yet that the one before it has failed.
    void whatIsPostedAfterOneThatHasFailedIsNotDoneBeforeIt() {
        const Pid server = serverThatRuns();
        const Pid holder = holdBack(suspendServer, logSync());
        m_disk->setFault(storage::SyncLossVfs::Fault{
            .atIo = 1, .failure = storage::SyncLossVfs::Failure::Full, .fromThenOn = true});
        m_user->submit(kInbox, AddEntries{{named("second")}});
        m_world->simulation().runFor(100ms);
        m_disk->setFault({});
        QCOMPARE(epochOf(server), 0);
        m_user->submit(kInbox, AddEntries{{named("third")}});
        m_world->simulation().runFor(1s);
        QCOMPARE(m_user->client().pendingCount(), 2u);
        letGo(holder);
        QVERIFY(allAnswered());
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"first", "second", "third"}));
        QCOMPARE(epochOf(server), 1);
    }

    void thatAWriteOfAnEarlierEpochHasFailedIsNoTroubleNow() {
        const Pid server = serverThatRuns();
        const Pid holder = holdBack(holdTheTurn);
        m_user->submit(kInbox, AddEntries{{named("second")}});
        m_world->simulation().runFor(10ms);
        m_world->kill("sqlite_worker_1");
        m_world->simulation().runFor(1s); // it is sent to the next writer
        QCOMPARE(epochOf(server), 1);
        DatabaseCompletions late;
        for (std::uint64_t tag = 0; tag <= 2; ++tag) // of the first epoch, and of none
            late.writes.push_back(
                {.tag = tag, .answer = {.why = "too late", .kind = storage::SqlKind::Io}});
        m_world->runtime().send(server, late);
        m_world->simulation().runFor(10ms);
        QCOMPARE(epochOf(server), 1);
        letGo(holder);
        QVERIFY(allAnswered());
        QVERIFY(m_user->troubles().empty());
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"first", "second"}));
    }

private:
    Pid logSync() { return *m_world->runtime().whereis(atom(storage::kLogSyncName)); }
    std::int64_t epochOf(Pid server) {
        Term state;
        m_world->runtime().spawn(readState, server, &state);
        m_world->simulation().runFor(10ms);
        return state.mapFind(atom("epoch"))->toInt();
    }
    /// The Inbox's, with one entry.
    Pid serverThatRuns() {
        m_user->submit(kInbox, AddEntries{{named("first")}});
        static_cast<void>(allAnswered());
        return serverOf(kInbox);
    }
};

QTEST_APPLESS_MAIN(tst_PostedChanges)
#include "tst_posted_changes.moc"
