#include "system_fixture.h"

using namespace grove;
using namespace grove::todo;

/// A disk that does not do its part, and workers that end in mid-work.
class tst_Troubles : public QObject, private SystemFixture {
    Q_OBJECT

private slots:
    void init() { start(); }
    void cleanup() { stop(); }

    /// The news of a worker's end lies behind a change in the list server's mailbox, and the next
    /// worker has the name already.
    void aChangeIsNotDoneBeforeThoseThatTheLastWorkerHad() {
        m_user->submit(kInbox, AddEntries{{named("entry")}});
        QVERIFY(allAnswered());
        Simulation& simulation = m_world->simulation();
        const Pid server = serverOf(kInbox);
        const Pid holder = holdBack(holdTheTurn);
        m_user->submit(kInbox, SetTitles{{{1, "A"}}}); // comes as far as to the worker
        simulation.runFor(100ms);
        const Pid suspender = holdBack(suspendServer, server);
        m_user->submit(kInbox, SetTitles{{{1, "B"}}}); // comes as far as to the list server
        simulation.runFor(100ms);
        const Pid worker = writer();
        m_world->runtime().exit(worker, atoms::kill);
        QVERIFY(m_world->runUntil([&] { return writer() && !(writer() == worker); }));
        simulation.runFor(100ms);
        letGo(suspender);
        simulation.runFor(100ms);
        letGo(holder);
        QVERIFY(allAnswered());
        for (const auto& answer : m_user->answers())
            QVERIFY(answer.answer.done);
        QCOMPARE(titlesOf(onDisk(kInbox)), std::vector<std::string>{"B"});
        QVERIFY(serverOf(kInbox) == server); // it did not get out of step
    }

    void whatCannotBeReadIsToldAndReadLaterAndEndsNoWorker() {
        m_user->submit(kInbox, AddEntries{{named("one")}});
        QVERIFY(allAnswered());
        startAgain();
        const std::vector<Pid> before = workers();
        m_disk->setFault(storage::SyncLossVfs::Fault{.atIo = 1, .fromThenOn = true});
        m_user->client().open(kInbox);
        m_user->submit(kInbox, AddEntries{{named("two")}});
        m_user->client().readLists();
        m_world->simulation().runFor(10s);
        QVERIFY(m_user->lists().empty());
        QCOMPARE(m_user->client().pendingCount(), 1u);
        std::map<ListId, std::string> troubles;
        for (const StorageTrouble& trouble : m_user->troubles())
            troubles[trouble.list] = trouble.why;
        QVERIFY(!troubles[kInbox].empty());
        QVERIFY(!troubles[0].empty());
        QVERIFY(workers() == before);
        m_disk->setFault({});
        QVERIFY(allAnswered());
        QVERIFY(m_world->runUntil(
            [&] { return m_user->lists().contains(kInbox) && !m_user->summaries().empty(); }));
        for (const StorageTrouble& trouble : m_user->troubles())
            troubles[trouble.list] = trouble.why;
        QVERIFY(troubles[kInbox].empty() && troubles[0].empty());
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"one", "two"}));
        QVERIFY(workers() == before);
    }

    void aDamagedPageOfOneListHarmsNoOther() {
        std::vector<NewEntry> many;
        for (int i = 0; i < 400; ++i)
            many.push_back(named("damaged " + std::to_string(i) + std::string(200, '.')));
        m_user->client().createList(m_user->client().newOperation(), 2, "Two", many);
        m_user->client().createList(m_user->client().newOperation(), 3, "Three", {named("sound")});
        QVERIFY(allAnswered());
        startAgain();
        valueOf(openOn(*m_disk).text("PRAGMA wal_checkpoint(TRUNCATE)"));
        std::string content = m_disk->contents(World::kFile);
        content[content.find("damaged 200.") / 4096 * 4096] = '\x77'; // no kind of page
        m_disk->setContents(World::kFile, content);
        for (int number = 1; number <= 3; ++number) { // their connections have the old file
            m_world->kill("sqlite_worker_" + std::to_string(number));
            m_world->simulation().runFor(6s);
        }
        const std::vector<Pid> before = workers();
        m_user->client().open(2);
        m_user->client().open(3);
        const auto bad = m_user->submit(2, SetDone{{{200, true}}});
        const auto good = m_user->submit(3, SetDone{{{1, true}}});
        m_world->simulation().runFor(20s);
        QVERIFY(m_user->answerOf(good) && m_user->answerOf(good)->done);
        QVERIFY(m_user->client().isPending(bad));
        QVERIFY(m_user->lists().contains(3) && !m_user->lists().contains(2));
        QVERIFY(workers() == before);
        QVERIFY(!m_user->troubles().empty());
        for (const StorageTrouble& trouble : m_user->troubles()) {
            QCOMPARE(trouble.list, 2);
            QVERIFY(trouble.kind == storage::SqlKind::Corrupt && !trouble.why.empty());
        }
    }

    void aLockOfAnotherProgramIsToldAndWaitedFor() {
        m_user->client().open(kInbox);
        QVERIFY(m_world->runUntil([&] { return m_user->lists().contains(kInbox); }));
        {
            auto other = openOn(*m_disk);
            valueOf(other.execute("BEGIN IMMEDIATE"));
            m_user->submit(kInbox, AddEntries{{named("one")}});
            m_world->simulation().runFor(100ms); // a short one is no trouble
            QVERIFY(m_user->troubles().empty());
            m_world->simulation().runFor(10s);
            QCOMPARE(m_user->client().pendingCount(), 1u);
            QVERIFY(!m_user->troubles().empty());
            QVERIFY(m_user->troubles().back().kind == storage::SqlKind::Busy);
        }
        QVERIFY(allAnswered());
        QVERIFY(m_user->troubles().back().why.empty());
        QCOMPARE(titlesOf(onDisk(kInbox)), std::vector<std::string>{"one"});
    }

    void onlyARuleOfTheSchemaRefusesAChange() {
        m_user->client().open(kInbox);
        QVERIFY(m_world->runUntil([&] { return m_user->lists().contains(kInbox); }));
        valueOf(openOn(*m_disk).execute("ALTER TABLE entries RENAME TO elsewhere"));
        const auto operation = m_user->submit(kInbox, AddEntries{{named("one")}});
        m_world->simulation().runFor(10s);
        QVERIFY(m_user->client().isPending(operation));
        QVERIFY(!m_user->troubles().empty() && !m_user->troubles().back().why.empty());
        valueOf(openOn(*m_disk).execute("ALTER TABLE elsewhere RENAME TO entries"));
        QVERIFY(allAnswered());
        QVERIFY(m_user->answerOf(operation)->done);
        QCOMPARE(titlesOf(onDisk(kInbox)), std::vector<std::string>{"one"});
    }

    void aTroubleIsOverAlsoWhenTheListServerThatToldItHasEnded() {
        m_user->client().open(kInbox);
        QVERIFY(m_world->runUntil([&] { return m_user->lists().contains(kInbox); }));
        m_disk->setFault(storage::SyncLossVfs::Fault{
            .atIo = 1, .failure = storage::SyncLossVfs::Failure::Full, .fromThenOn = true});
        m_user->submit(kInbox, AddEntries{{named("one")}});
        m_world->simulation().runFor(10s);
        QVERIFY(!m_user->troubles().empty() && !m_user->troubles().back().why.empty());
        m_disk->setFault({});
        m_world->runtime().exit(serverOf(kInbox), atoms::kill);
        QVERIFY(allAnswered());
        QVERIFY(m_user->troubles().back().why.empty());
    }

    void aTroubleIsOverAlsoForWhoOnlySubmits() {
        m_user->submit(kInbox, AddEntries{{named("one")}});
        QVERIFY(allAnswered());
        startAgain();
        m_disk->setFault(storage::SyncLossVfs::Fault{.atIo = 1, .fromThenOn = true});
        m_user->submit(kInbox, AddEntries{{named("two")}});
        m_world->simulation().runFor(10s);
        QVERIFY(!m_user->troubles().empty() && !m_user->troubles().back().why.empty());
        m_disk->setFault({});
        m_world->runtime().exit(serverOf(kInbox), atoms::kill);
        QVERIFY(allAnswered());
        QVERIFY(m_user->troubles().back().why.empty());
    }

    void aWorkerRemembersOneFailureForEachListWhoeverSent() {
        m_user->submit(kInbox, AddEntries{{named("one")}});
        QVERIFY(allAnswered());
        m_disk->setFault(storage::SyncLossVfs::Fault{
            .atIo = 1, .failure = storage::SyncLossVfs::Failure::Full, .fromThenOn = true});
        m_user->submit(kInbox, AddEntries{{named("two")}});
        for (int servers = 0; servers < 5; ++servers) {
            m_world->simulation().runFor(3s);
            m_world->runtime().exit(serverOf(kInbox), atoms::kill);
        }
        m_world->simulation().runFor(3s);
        Term state;
        m_world->runtime().spawn(readState, writer(), &state);
        m_world->simulation().runFor(1s);
        const auto known = fromTerm<DatabaseWorker::State>(state);
        QVERIFY(known);
        QVERIFY(known->failedBatches >= 5);
        QCOMPARE(known->failedEpochs.size(), 1u);
    }
};

QTEST_GUILESS_MAIN(tst_Troubles)
#include "tst_troubles.moc"
