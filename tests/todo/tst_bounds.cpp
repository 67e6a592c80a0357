#include "world.h"

#include <grove/otp/registry.h>
#include <grove/todo/bounds.h>

#include <QTemporaryDir>

using namespace grove;
using namespace grove::todo;
using namespace std::chrono_literals;

namespace {

NewEntry named(std::string title) {
    return {.title = std::move(title)};
}

AddEntries entriesOf(std::size_t count, const std::string& title = "entry") {
    AddEntries add;
    for (std::size_t i = 0; i < count; ++i)
        add.entries.push_back(named(title + " " + std::to_string(i)));
    return add;
}

constexpr ListBounds kSmall{.entries = 1'000, .titleBytes = 20'000};

} // namespace

/// What a list can hold at most, and what happens there.
class tst_Bounds : public QObject {
    Q_OBJECT

    std::unique_ptr<storage::SyncLossVfs> m_disk;
    std::unique_ptr<World> m_world;
    std::unique_ptr<RecordingClient> m_user;

    bool allAnswered() {
        return m_world->runUntil([&] { return m_user->client().pendingCount() == 0; });
    }
    List onDisk(ListId list = kInbox) {
        auto connection = openOn(*m_disk);
        return *valueOf(loadList(connection, list));
    }
    /// Submits a change and waits. Returns: why it was refused; empty where it was done.
    std::string why(Change change) {
        const OperationId operation = m_user->submit(kInbox, std::move(change));
        if (!allAnswered())
            return "no answer";
        const ChangeAnswer* answer = m_user->answerOf(operation);
        return answer->done ? std::string() : answer->why;
    }
    void killServer() {
        for (const auto& entry : otp::Registry::lookup(m_world->runtime(), atom(Cache::kRegistry),
                                                       Cache::keyOf(kInbox)))
            m_world->runtime().exit(entry.pid, atoms::kill);
    }

private slots:
    void init() {
        m_disk = std::make_unique<storage::SyncLossVfs>(1);
        m_world = std::make_unique<World>(*m_disk, 1);
        m_user = std::make_unique<RecordingClient>(m_world->runtime(), "user",
                                                   ClientOptions{.server = {.bounds = kSmall}});
        m_user->client().open(kInbox);
    }
    void cleanup() {
        m_user.reset();
        m_world.reset();
        m_disk.reset();
    }

    void aFullListRefusesMoreAndStaysUsable() {
        QCOMPARE(why(entriesOf(1'000)), std::string());
        QCOMPARE(why(AddEntries{{named("one more")}}),
                 std::string("The list Inbox is full: it holds 1,000 entries, the most a list can "
                             "hold. Use another list for more."));
        QCOMPARE(why(SetDone{{{7, true}}}), std::string());
        QCOMPARE(why(DeleteEntries{{{1, 10}}}), std::string());
        QCOMPARE(why(RestoreEntries{{{1, 10}}}), std::string());
        QCOMPARE(onDisk().size(), 1'000u);
    }

    void whatDoesNotFitAsAWholeSaysHowMuchThereIs() {
        QCOMPARE(why(entriesOf(990)), std::string());
        QCOMPARE(why(entriesOf(20)),
                 std::string("The list Inbox is full: it holds 990 entries, and 20 more are over "
                             "the 1,000 that a list can hold. Use another list for more."));
        QCOMPARE(why(entriesOf(10)), std::string());
    }

    void longTitlesFillAListToo() {
        QCOMPARE(why(entriesOf(40, std::string(480, 'x'))), std::string());
        QCOMPARE(why(entriesOf(2, std::string(480, 'x'))),
                 std::string("The list Inbox is full: its titles have 19,310 bytes, and a list can "
                             "hold 20,000. Use another list for more."));
        QCOMPARE(why(SetTitles{{{1, "short"}}}), std::string());
        QCOMPARE(why(entriesOf(2, std::string(480, 'x'))), std::string());
        QVERIFY(why(SetTitles{{{1, std::string(480, 'y')}}}).starts_with("The list Inbox is full"));
    }

    void deletedEntriesMakeRoomLowestFirst() {
        QCOMPARE(why(entriesOf(1'000)), std::string());
        QCOMPARE(why(DeleteEntries{{{1, 300}}}), std::string());
        QCOMPARE(why(entriesOf(100)), std::string());
        const List list = onDisk();
        QCOMPARE(list.size(), 800u);
        QCOMPARE(list.deletedCount(), 200u);
        QCOMPARE(list.deletedEntries().front().id, 101);
        QVERIFY(m_user->lists().at(kInbox) == list); // followers forget the same
        // What is still there of the deleted ones comes back.
        QCOMPARE(why(RestoreEntries{{{1, 300}}}), std::string());
        QCOMPARE(onDisk().size(), 1'000u);
        QCOMPARE(why(RestoreEntries{{{1, 100}}}), std::string("None of these entries is deleted."));
    }

    void manyChangesAtOnceDoNotGoOverTheBound() {
        QCOMPARE(why(entriesOf(600)), std::string());
        QCOMPARE(why(DeleteEntries{{{1, 600}}}), std::string());
        std::vector<OperationId> operations;
        for (int i = 0; i < 30; ++i)
            operations.push_back(m_user->submit(kInbox, entriesOf(40)));
        QVERIFY(allAnswered());
        std::size_t done = 0;
        for (const OperationId& operation : operations)
            done += m_user->answerOf(operation)->done ? 1 : 0;
        QCOMPARE(done, 25u); // 1,000 of 1,200
        QCOMPARE(onDisk().size(), 1'000u);
        QCOMPARE(onDisk().deletedCount(), 0u);
        QVERIFY(m_user->lists().at(kInbox) == onDisk());
    }

    /// A change that filled the list, whose answer was lost with its server, was done: a full list
    /// must not call it refused when it is sent again.
    void whatFilledTheListIsNotRefusedWhenItIsSentAgain() {
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            cleanup();
            m_disk = std::make_unique<storage::SyncLossVfs>(seed);
            m_world = std::make_unique<World>(*m_disk, seed);
            m_user = std::make_unique<RecordingClient>(m_world->runtime(), "user",
                                                       ClientOptions{.server = {.bounds = kSmall}});
            const OperationId operation = m_user->submit(kInbox, entriesOf(1'000));
            for (int i = 0; i < 3; ++i) {
                m_world->simulation().runFor(
                    std::chrono::microseconds(m_world->simulation().random().below(3'000)));
                killServer();
            }
            QVERIFY(allAnswered());
            QVERIFY2(
                m_user->answerOf(operation)->done,
                qPrintable(QString("SEED=%1: %2")
                               .arg(seed)
                               .arg(QString::fromStdString(m_user->answerOf(operation)->why))));
            QCOMPARE(onDisk().size(), 1'000u);
        }
    }

    void whatIsSentAgainForgetsNothingThatIsDeleted() {
        QCOMPARE(why(entriesOf(900)), std::string());
        const ClientOptions options{.server = {.bounds = kSmall}};
        RecordingClient other(m_world->runtime(), "other", options);
        other.submit(kInbox, entriesOf(100));
        QVERIFY(m_world->runUntil([&] { return other.client().pendingCount() == 0; }));
        QCOMPARE(why(DeleteEntries{{{1, 100}}}), std::string());
        QCOMPARE(onDisk().deletedCount(), 100u);
        RecordingClient again(m_world->runtime(), "other", options); // makes the same operation ids
        again.submit(kInbox, entriesOf(100));
        QVERIFY(m_world->runUntil([&] { return again.client().pendingCount() == 0; }));
        QVERIFY(again.answers()[0].answer.done);
        QCOMPARE(onDisk().size(), 900u);
        QCOMPARE(onDisk().deletedCount(), 100u);
    }

    void whatHasFailedIsSentAgainThoughAnotherChangeWaitsForRoom() {
        QCOMPARE(why(entriesOf(1'000)), std::string());
        QCOMPARE(why(DeleteEntries{{{1, 100}}}), std::string());
        m_disk->setFault(storage::SyncLossVfs::Fault{.atIo = 1, .fromThenOn = true});
        const OperationId done = m_user->submit(kInbox, SetDone{{{500, true}}});
        m_world->simulation().runFor(100ms);
        const OperationId added = m_user->submit(kInbox, entriesOf(60));
        m_world->simulation().runFor(3s); // it asks whether that is known, and hears when to resend
        m_disk->setFault({});
        QVERIFY(allAnswered());
        QVERIFY(m_user->answerOf(done)->done && m_user->answerOf(added)->done);
        QCOMPARE(onDisk().size(), 960u);
    }

    /// A full list asks whether a change is known before it makes room for it.
    void whoWaitsForRoomHearsThatTheDatabaseCannotBeRead() {
        QCOMPARE(why(entriesOf(1'000)), std::string());
        QCOMPARE(why(DeleteEntries{{{1, 100}}}), std::string());
        RecordingClient other(m_world->runtime(), "other", // follows nothing
                              ClientOptions{.server = {.bounds = kSmall}});
        m_disk->setFault(storage::SyncLossVfs::Fault{.atIo = 1, .fromThenOn = true});
        const OperationId operation = other.submit(kInbox, entriesOf(60));
        m_world->simulation().runFor(9500ms);
        QVERIFY(other.client().isPending(operation));
        for (const RecordingClient* client : {&other, m_user.get()}) {
            QVERIFY(!client->troubles().empty());
            QCOMPARE(client->troubles().back().list, kInbox);
            QVERIFY(client->troubles().back().kind == storage::SqlKind::Io);
            QVERIFY(!client->troubles().back().why.empty());
        }
        m_disk->setFault({});
        QCOMPARE(onDisk().deletedCount(), 100u);
        const auto server =
            otp::Registry::lookup(m_world->runtime(), atom(Cache::kRegistry), Cache::keyOf(kInbox));
        m_world->runtime().send(server.front().pid, ListServer::Resend{}); // "Try again"
        m_world->simulation().runFor(100ms);
        QVERIFY(other.answerOf(operation) && other.answerOf(operation)->done);
        QVERIFY(other.troubles().back().why.empty());
        QVERIFY(m_user->troubles().back().why.empty());
        QCOMPARE(onDisk().size(), 960u);
        QCOMPARE(onDisk().deletedCount(), 40u);
    }

    void aListOverTheBoundCanBeWorkedWith() {
        m_user->client().close(kInbox);
        killServer();
        RecordingClient roomy(m_world->runtime(), "roomy"); // the default bound
        roomy.client().open(kInbox);
        roomy.submit(kInbox, entriesOf(1'500));
        QVERIFY(m_world->runUntil([&] { return roomy.client().pendingCount() == 0; }));
        roomy.client().close(kInbox);
        killServer();
        m_world->simulation().runFor(1s);
        m_user->client().open(kInbox);
        QVERIFY(m_world->runUntil([&] { return m_user->lists().contains(kInbox); }));
        QVERIFY(
            why(AddEntries{{named("one more")}}).starts_with("The list Inbox is full: it holds "));
        QCOMPARE(why(DeleteEntries{{{1, 700}}}), std::string());
        QCOMPARE(why(AddEntries{{named("one more")}}), std::string());
        QCOMPARE(onDisk().size(), 801u);
    }

    void aListIsNotMadeWithMoreThanItCanHold() {
        const OperationId operation = m_user->client().newOperation();
        m_user->client().createList(operation, m_user->client().newListId(), "Work",
                                    entriesOf(ListBounds{}.entries + 1).entries);
        QVERIFY(allAnswered());
        QCOMPARE(m_user->answerOf(operation)->why,
                 std::string("The list Work is full: it holds 0 entries, and 150,001 more are over "
                             "the 150,000 that a list can hold. Use another list for more."));
    }

    void anImportStopsWhereItsListIsFull() {
        QTemporaryDir folder;
        QFile file(folder.filePath("todos.csv"));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("date,title\nno entry\n");
        for (int i = 0; i < 50'000; ++i)
            file.write("2023-12-19,entry " + QByteArray::number(i) + "\n");
        file.close();
        QVERIFY(m_world->runUntil([&] { return m_user->lists().contains(kInbox); }));
        External owner(m_world->runtime(), "importer");
        m_world->runtime().spawn(importCsv, ImportJob{.path = file.fileName().toStdString(),
                                                      .list = kInbox,
                                                      .owner = owner.pid(),
                                                      .id = "import"});
        std::optional<ImportDone> done;
        while (!done) {
            auto got = owner.receive(on<ImportProgress>(), on<ImportDone>());
            if (got.index() == 1)
                done = std::get<1>(got);
            else
                QVERIFY(std::get<0>(got).bytesRead < std::get<0>(got).bytesTotal); // at once
        }
        QCOMPARE(done->refused,
                 std::string("The list Inbox is full: it holds 1,000 entries, the most a list can "
                             "hold. Use another list for more."));
        QCOMPARE(done->imported, 1'000u);
        QCOMPARE(done->rejectedCount, 1u);
        QCOMPARE(done->line, 1'002u); // the header, the line that is no entry, 1,000 entries
        const List list = onDisk();
        QCOMPARE(list.size(), 1'000u);
        int i = 0;
        for (const Entry& entry : list.entries())
            QCOMPARE(entry.title, "entry " + std::to_string(i++));
    }
};

QTEST_GUILESS_MAIN(tst_Bounds)
#include "tst_bounds.moc"
