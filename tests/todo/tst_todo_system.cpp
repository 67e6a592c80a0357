#include "system_fixture.h"

#include <grove/todo/metrics.h>

#include <QTemporaryDir>

using namespace grove;
using namespace grove::todo;

class tst_TodoSystem : public QObject, private SystemFixture {
    Q_OBJECT

private slots:
    void init() { start(); }
    void cleanup() { stop(); }

    void theTreeHasTheProcessesOfThePicture() {
        for (const char* name : {"todo", "process_registry", "database", "write_turn", "log_sync",
                                 "sqlite_workers", "sqlite_worker_1", "sqlite_worker_2",
                                 "sqlite_worker_3", "checkpointer", "cache", "metrics"})
            QVERIFY2(m_world->runtime().whereis(atom(name)), name);
    }

    void aChangeIsAnsweredOnceItIsOnDisk() {
        bool wasOnDisk = false;
        m_user->onAnswer = [&](const auto&) {
            wasOnDisk =
                m_disk->durableContents(std::string(World::kFile) + "-wal").find("Dentist") !=
                std::string::npos;
        };
        const auto operation = m_user->submit(kInbox, AddEntries{{named("Dentist")}});
        QCOMPARE(m_user->client().pendingCount(), 1u);
        QVERIFY(m_user->client().isPending(operation));
        QVERIFY(allAnswered());
        QVERIFY(wasOnDisk);
        QVERIFY(m_user->answerOf(operation)->done);
        QCOMPARE(titlesOf(onDisk(kInbox)), std::vector<std::string>{"Dentist"});
    }

    void changesOfOneListAreDoneInTheOrderOfSubmit() {
        std::vector<std::string> titles;
        for (int i = 0; i < 500; ++i) {
            titles.push_back("entry " + std::to_string(i));
            m_user->submit(kInbox, AddEntries{{named(titles.back())}});
        }
        QVERIFY(allAnswered());
        QCOMPARE(titlesOf(onDisk(kInbox)), titles);
        QCOMPARE(m_user->answers().size(), 500u);
    }

    void aRefusalComesBackInWords() {
        const auto operation = m_user->submit(kInbox, SetDone{{{77, true}}});
        QVERIFY(allAnswered());
        QVERIFY(!m_user->answerOf(operation)->done);
        QCOMPARE(m_user->answerOf(operation)->why,
                 std::string("Entry 77 is not in this list any more."));
    }

    void aListIsMadeAndUsedWithoutWaiting() {
        m_user->client().readLists();
        const ListId house = m_user->client().newListId();
        const auto made = m_user->client().newOperation();
        m_user->client().createList(made, house, "House", {named("Paint")});
        const auto added = m_user->submit(house, AddEntries{{named("Clean")}});
        QVERIFY(allAnswered());
        QVERIFY(m_user->answerOf(made)->done);
        QVERIFY(m_user->answerOf(added)->done);
        QCOMPARE(titlesOf(onDisk(house)), (std::vector<std::string>{"Paint", "Clean"}));
        const auto again = m_user->client().newOperation();
        m_user->client().createList(again, m_user->client().newListId(), "House");
        QVERIFY(allAnswered());
        QCOMPARE(m_user->answerOf(again)->why,
                 std::string("There is a list named House. Choose another name."));
    }

    /// Two clients draw the same id for a new list; the second is refused, with all it put in.
    void whatIsMeantForAListThatIsNotMadeReachesNoOther() {
        RecordingClient other(m_world->runtime(), "other");
        const ListId list = m_user->client().newListId();
        const auto work = other.client().newOperation();
        other.client().createList(work, list, "Work");
        QVERIFY(m_world->runUntil([&] { return other.client().pendingCount() == 0; }));
        const auto made = m_user->client().newOperation();
        m_user->client().createList(made, list, "Groceries");
        const auto added = m_user->submit(list, AddEntries{{named("Milk")}});
        QVERIFY(allAnswered());
        QVERIFY(!m_user->answerOf(made)->done);
        QVERIFY(!m_user->answerOf(added)->done);
        QCOMPARE(m_user->answerOf(added)->why, m_user->answerOf(made)->why);
        QCOMPARE(onDisk(list).name(), std::string("Work"));
        QCOMPARE(titlesOf(onDisk(list)), std::vector<std::string>());
        QVERIFY(m_world->runUntil([&] { return !m_user->summaries().empty(); }));
        QVERIFY(m_user->client().newListId() > list);
    }

    void aFollowerSeesTheListAndEveryChange() {
        m_user->submit(kInbox, AddEntries{{named("one")}});
        m_user->client().open(kInbox);
        QVERIFY(allAnswered());
        RecordingClient other(m_world->runtime(), "other");
        other.submit(kInbox, AddEntries{{named("two")}});
        QVERIFY(m_world->runUntil([&] {
            return m_user->lists().contains(kInbox) && m_user->lists().at(kInbox).size() == 2;
        }));
        QVERIFY(m_user->lists().at(kInbox) == onDisk(kInbox));
        m_user->client().readLists();
        QVERIFY(m_world->runUntil([&] { return !m_user->summaries().empty(); }));
        QCOMPARE(m_user->summaries()[0].openEntries, 2);
    }

    void anOperationSentTwiceIsDoneOnce() {
        RecordingClient again(m_world->runtime(), "user"); // makes the same operation ids
        m_user->submit(kInbox, AddEntries{{named("once")}});
        again.submit(kInbox, AddEntries{{named("once")}});
        QVERIFY(m_world->runUntil(
            [&] { return m_user->client().pendingCount() + again.client().pendingCount() == 0; }));
        QCOMPARE(titlesOf(onDisk(kInbox)), std::vector<std::string>{"once"});
        QVERIFY(m_user->answers()[0].answer.applied == again.answers()[0].answer.applied);

        m_user->submit(kInbox, AddEntries{{named("later")}});
        QVERIFY(m_world->runUntil([&] { return m_user->client().pendingCount() == 0; }));
        RecordingClient afterwards(m_world->runtime(), "user");
        afterwards.submit(kInbox, AddEntries{{named("once")}});
        QVERIFY(m_world->runUntil([&] { return afterwards.client().pendingCount() == 0; }));
        QCOMPARE(titlesOf(onDisk(kInbox)), (std::vector<std::string>{"once", "later"}));
        QVERIFY(m_user->answers()[0].answer.applied == afterwards.answers()[0].answer.applied);
    }

    void killingAnyProcessLosesAndDoublesNothing_data() {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"todo", "process_registry", "database", "write_turn", "sqlite_workers",
              "sqlite_worker_1", "sqlite_worker_2", "sqlite_worker_3", "checkpointer", "cache",
              "metrics", "list server", "client"})
            QTest::newRow(name) << name;
    }
    void killingAnyProcessLosesAndDoublesNothing() {
        QFETCH(QString, name);
        std::vector<std::string> titles;
        m_user->client().open(kInbox);
        for (int round = 0; round < 12; ++round) {
            for (int i = 0; i < 30; ++i) {
                titles.push_back("entry " + std::to_string(titles.size()));
                m_user->submit(kInbox, AddEntries{{named(titles.back())}});
            }
            const auto passAMoment = [&](std::uint64_t microsecondsMax) {
                m_world->simulation().runFor(std::chrono::microseconds(
                    m_world->simulation().random().below(microsecondsMax)));
            };
            passAMoment(9000);
            if (name == "client") {
                m_user->killProcess();
                m_world->simulation().runUntilIdle();
                m_user->serve();
            } else if (name == "list server") {
                for (const auto& entry : otp::Registry::lookup(
                         m_world->runtime(), atom(Cache::kRegistry), Cache::keyOf(kInbox)))
                    m_world->runtime().exit(entry.pid, atoms::kill);
            } else {
                m_world->kill(name.toStdString());
            }
            for (int i = 0; i < 30; ++i) { // and goes on while it is replaced
                titles.push_back("entry " + std::to_string(titles.size()));
                m_user->submit(kInbox, AddEntries{{named(titles.back())}});
                passAMoment(300);
            }
            m_world->simulation().runFor(
                std::chrono::seconds(2)); // within the restarts that are allowed
        }
        QVERIFY(allAnswered());
        for (const auto& answer : m_user->answers())
            QVERIFY(answer.answer.done);
        QCOMPARE(m_user->answers().size(), titles.size());
        QCOMPARE(titlesOf(onDisk(kInbox)), titles);
        QVERIFY(
            m_world->runUntil([&] { return m_user->lists().at(kInbox).size() == titles.size(); }));
        QVERIFY(m_user->lists().at(kInbox) == onDisk(kInbox));
    }

    void aFullDiskIsToldAndEverythingIsWrittenWhenThereIsRoom() {
        m_user->client().open(kInbox);
        m_user->submit(kInbox, AddEntries{{named("before")}});
        QVERIFY(allAnswered());
        m_disk->setFault(storage::SyncLossVfs::Fault{
            .atIo = 1, .failure = storage::SyncLossVfs::Failure::Full, .fromThenOn = true});
        std::vector<std::string> titles{"before"};
        for (int i = 0; i < 20; ++i) {
            titles.push_back("entry " + std::to_string(i));
            m_user->submit(kInbox, AddEntries{{named(titles.back())}});
        }
        m_world->simulation().runFor(10s);
        QCOMPARE(m_user->client().pendingCount(), 20u);
        QVERIFY(m_user->client().oldestPending().value() >= 10s);
        QVERIFY(!m_user->troubles().empty());
        QVERIFY(!m_user->troubles().back().why.empty());
        m_disk->setFault({});
        QVERIFY(allAnswered());
        QVERIFY(m_user->troubles().back().why.empty());
        QCOMPARE(titlesOf(onDisk(kInbox)), titles);
    }

    void aListServerEndsWhenNobodyNeedsItAndComesBackOnUse() {
        m_user->submit(kInbox, AddEntries{{named("one")}});
        QVERIFY(allAnswered());
        const auto servers = [&] {
            return otp::Registry::lookup(m_world->runtime(), atom(Cache::kRegistry),
                                         Cache::keyOf(kInbox))
                .size();
        };
        QCOMPARE(servers(), 1u);
        m_world->simulation().runFor(61s);
        QCOMPARE(servers(), 0u);
        m_user->client().open(kInbox);
        QVERIFY(m_world->runUntil([&] { return m_user->lists().contains(kInbox); }));
        m_world->simulation().runFor(200s);
        QCOMPARE(servers(), 1u); // it is shown
        m_user->client().close(kInbox);
        m_world->simulation().runFor(62s);
        QCOMPARE(servers(), 0u);
    }

    void creditKeepsTheWritesOfAListWithinBounds() {
        for (int i = 0; i < 3000; ++i)
            m_user->submit(kInbox, AddEntries{{named("entry " + std::to_string(i))}});
        RecordingClient second(m_world->runtime(), "second", {.underWayMax = 3000});
        const Pid holder = holdBack(holdTheTurn);
        m_world->simulation().runFor(1s);
        for (int i = 0; i < 3000; ++i)
            second.submit(kInbox, AddEntries{{named("second " + std::to_string(i))}});
        // The worker waits for the turn: all that is sent to it lies in its mailbox or its batch.
        std::size_t waiting = 0;
        for (int sample = 0; sample < 10; ++sample) {
            m_world->simulation().runFor(100ms);
            m_world->runtime().spawn(readWaiting, writer(), &waiting);
            m_world->simulation().runFor(10ms);
            QVERIFY2(waiting <= ListServer::kUnderWayMax, qPrintable(QString::number(waiting)));
        }
        QVERIFY(waiting > ListServer::kUnderWayMax / 2);
        letGo(holder);
        QVERIFY(m_world->runUntil(
            [&] { return m_user->client().pendingCount() + second.client().pendingCount() == 0; }));
        QCOMPARE(onDisk(kInbox).size(), 6000u);
    }

    // -- import
    // -------------------------------------------------------------------------------------------------

    void anImportStreamsAFileIntoAList() {
        QTemporaryDir folder;
        QFile file(folder.filePath("todos.csv"));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("date,title\n");
        for (int i = 0; i < 10'000; ++i)
            file.write(i % 1000 == 3 ? QByteArray("2023-02-30,never\n")
                                     : "2023-12-19,entry " + QByteArray::number(i) + "\n");
        file.close();
        const ImportDone done = runImport(file.fileName());
        QCOMPARE(done.imported, 9990u);
        QCOMPARE(done.rejectedCount, 10u);
        QCOMPARE(done.rejected[0].line, 5u);
        QCOMPARE(done.rejected[0].reason, std::string("There is no 30 February"));
        QCOMPARE(done.line, 10'001u);
        QVERIFY(done.problem.empty() && !done.cancelled);
        QCOMPARE(idCount(m_added), 9990);
        QCOMPARE(m_added.size(), 1u);
        QCOMPARE(onDisk(kInbox).size(), 9990u);
        // The same again, leaving out what is there.
        const ImportDone again = runImport(file.fileName(), {.id = "again", .skipEqual = true});
        QCOMPARE(again.imported, 0u);
        QCOMPARE(again.skippedEqual, 9990u);
        QCOMPARE(onDisk(kInbox).size(), 9990u);
    }

    void anImportThatLosesItsListServerLosesAndDoublesNoLine() {
        QTemporaryDir folder;
        QFile file(folder.filePath("todos.csv"));
        QVERIFY(file.open(QFile::WriteOnly));
        for (int i = 0; i < 5000; ++i)
            file.write("2023-12-19,entry " + QByteArray::number(i) + "\n");
        file.close();
        const ImportDone done = runImport(file.fileName(), {}, [&](int messages) {
            for (const auto& entry : otp::Registry::lookup(
                     m_world->runtime(), atom(Cache::kRegistry), Cache::keyOf(kInbox)))
                m_world->runtime().exit(entry.pid, atoms::kill);
            if (messages % 2)
                m_world->kill("sqlite_worker_1");
        });
        QCOMPARE(done.imported, 5000u);
        const List list = onDisk(kInbox);
        QCOMPARE(list.size(), 5000u);
        int i = 0;
        for (const Entry& entry : list.entries())
            QCOMPARE(entry.title, "entry " + std::to_string(i++));
    }

    void aCancelledImportStopsWithin200MsAndGoesOnWhereItStopped() {
        QTemporaryDir folder;
        QFile file(folder.filePath("todos.csv"));
        QVERIFY(file.open(QFile::WriteOnly));
        for (int i = 0; i < 20'000; ++i)
            file.write("2023-12-19,entry " + QByteArray::number(i) + "\n");
        file.close();
        Instant cancelledAt{};
        const ImportDone done = runImport(file.fileName(), {}, [&](int messages) {
            if (messages == 2) {
                cancelledAt = m_world->simulation().now();
                m_world->runtime().send(m_import, CancelImport{});
            }
        });
        QVERIFY(done.cancelled);
        QVERIFY(m_world->simulation().now() - cancelledAt < 200ms);
        QVERIFY(done.imported > 0 && done.imported < 20'000);
        QCOMPARE(done.imported, static_cast<std::uint64_t>(done.line));
        QVERIFY(done.linesAbout > 19'000 && done.linesAbout < 21'000);
        const ImportDone rest = runImport(file.fileName(), {.afterLine = done.line});
        QCOMPARE(done.imported + rest.imported, 20'000u);
        QCOMPARE(onDisk(kInbox).size(), 20'000u);
    }

    void anImportIsCancelledWithin200MsWhileItReadsTheList() {
        QTemporaryDir folder;
        QFile file(folder.filePath("todos.csv"));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("2023-12-19,entry\n");
        file.close();
        holdBack(suspendServer, readerOf(kInbox)); // it answers nothing
        External owner(m_world->runtime(), "importer");
        const Pid import =
            m_world->runtime().spawn(importCsv, ImportJob{.path = file.fileName().toStdString(),
                                                          .owner = owner.pid(),
                                                          .id = "import",
                                                          .skipEqual = true});
        m_world->simulation().runFor(1s);
        m_world->runtime().send(import, CancelImport{});
        const auto got = owner.receive(on<ImportDone>(), after(200ms));
        QCOMPARE(got.index(), 0u);
        QVERIFY(std::get<0>(got).cancelled);
        QCOMPARE(std::get<0>(got).imported, 0u);
    }

    void anImportHasFewBatchesUnderWay() {
        QTemporaryDir folder;
        QFile file(folder.filePath("todos.csv"));
        QVERIFY(file.open(QFile::WriteOnly));
        for (int i = 0; i < 20'000; ++i)
            file.write("2023-12-19,entry " + QByteArray::number(i) + "\n");
        file.close();
        const Pid holder = holdBack(holdTheTurn);
        External owner(m_world->runtime(), "importer");
        m_world->runtime().spawn(
            importCsv,
            ImportJob{.path = file.fileName().toStdString(), .owner = owner.pid(), .id = "import"});
        m_world->simulation().runFor(2s);
        Term view;
        m_world->runtime().spawn(readView, serverOf(kInbox), &view);
        m_world->simulation().runFor(100ms);
        const auto seen = fromTerm<ListServer::View>(view);
        QVERIFY(seen);
        QCOMPARE(seen->underWay.size(), kImportBatchesUnderWay);
        letGo(holder);
        const ImportDone done = owner.receive(on<ImportDone>());
        QCOMPARE(done.imported, 20'000u);
        QCOMPARE(onDisk(kInbox).size(), 20'000u);
    }

    void anImportOfNothingSaysWhy() {
        QTemporaryDir folder;
        QCOMPARE(runImport(folder.filePath("none.csv")).problem,
                 std::string("There is no file none.csv."));
        QFile file(folder.filePath("notes.csv"));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("some notes\nwithout any dates\n");
        file.close();
        const ImportDone done = runImport(file.fileName());
        QCOMPARE(done.problem,
                 std::string("Nothing to import: notes.csv has no line like 2023-12-19,Dentist."));
        QCOMPARE(done.rejectedCount, 2u);
    }

    void metricsAreTakenEveryTenSeconds() {
        m_world->simulation().runFor(35s);
        std::optional<std::uint64_t> measurements;
        {
            External asker(m_world->runtime(), "asker");
            auto answer = asker.call(atom("metrics"), Metrics::Latest{});
            QVERIFY(answer.isReply());
            measurements =
                std::move(answer).takeReply().take<Metrics::Latest::Figures>()->measurements;
        }
        QCOMPARE(measurements.value(), 3u);
    }

private:
    ImportDone runImport(const QString& path, ImportJob job = {},
                         std::function<void(int)> eachProgress = {}) {
        External owner(m_world->runtime(), "importer");
        job.path = path.toStdString();
        job.owner = owner.pid();
        if (job.id.empty())
            job.id = "import";
        m_added.clear();
        m_import = m_world->runtime().spawn(importCsv, job);
        for (int messages = 1;; ++messages) {
            auto got = owner.receive(on<ImportProgress>(), on<ImportDone>());
            const auto& added = got.index() == 0 ? std::get<0>(got).added : std::get<1>(got).added;
            for (const IdRange& range : added)
                appendRange(m_added, range);
            if (got.index() == 1)
                return std::get<1>(got);
            if (eachProgress)
                eachProgress(messages);
        }
    }

    Pid m_import;
    std::vector<IdRange> m_added;
};

QTEST_GUILESS_MAIN(tst_TodoSystem)
#include "tst_todo_system.moc"
