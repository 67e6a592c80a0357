// After a kill the bar says what was kept: the entries that a new server read from disk beside
// those that were on disk before, and the changes that waited.

#include "gui/program_fixture.h"

#include <grove/otp/call.h>
#include <grove/storage/connection.h>
#include <grove/storage/write_turn.h>
#include <ui/observer/process_actions.h>

#include <atomic>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_Kept : public QObject {
    Q_OBJECT

    static void startSaved(ProgramFixture& f) {
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        f.window().setSplit(true);
        f.program->processActions().setAsksBeforeKills(false);
    }
    static void kill(ProgramFixture& f, const char* place) {
        QTRY_VERIFY(f.placeNamed(QString::fromLatin1(place)));
        f.program->processActions().kill(
            f.program->context().subjectAt(f.placeNamed(QString::fromLatin1(place))->id));
    }

private slots:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        ProgramFixture::prepare();
    }

    void theEntriesFoundOnDiskAreCounted() {
        ProgramFixture f;
        startSaved(f);
        kill(f, "Welcome to Grove");
        QTRY_VERIFY(f.barWith(QStringLiteral("<b>Welcome to Grove's process was killed.</b>")));
        QTRY_VERIFY(f.barWith(QStringLiteral(" ms: 7 of 7 entries there.")));
        QCOMPARE(f.barWith(QStringLiteral("7 of 7"))->kind(), BarKind::Success);
        f.end();
    }

    void anEntryThatIsGoneFromTheDiskIsMissedInTheCount() {
        ProgramFixture f;
        startSaved(f);
        auto database = storage::Connection::open(
            f.folder.filePath(QStringLiteral("grove.db")).toStdString(), {});
        QVERIFY(database);
        const QString list = QString::number(f.todo().list());
        QVERIFY(database->execute(QStringLiteral("DELETE FROM entries WHERE list = %1 AND id = 3")
                                      .arg(list)
                                      .toStdString()));
        kill(f, "Welcome to Grove");
        QTRY_VERIFY(f.barWith(QStringLiteral(" ms: 6 of 7 entries there.")));
        QCOMPARE(f.barWith(QStringLiteral("6 of 7"))->kind(), BarKind::Danger);
        f.end();
    }

    void listsThatGoWithAnotherProcessAreCountedToo() {
        ProgramFixture f;
        startSaved(f);
        kill(f, "ProcessRegistry");
        QTRY_VERIFY(f.barWith(QStringLiteral("Welcome to Grove: 7 of 7 entries there.")));
        f.end();
    }

    void changesThatWaitedAreSaidToBeSavedWhenTheyAre() {
        ProgramFixture f;
        startSaved(f);
        const Pid writer = f.placeNamed(QStringLiteral("SQLite worker 1"))->pid;
        f.program->runtime().suspendProcess(writer); // nothing is written
        for (const char* title : {"one", "two"})
            QVERIFY(f.program->session().submit(
                f.todo().list(), todo::AddEntries{{{.title = title}}}, QStringLiteral("add")));
        kill(f, "SQLite worker 2");
        QTRY_VERIFY(f.barWith(QStringLiteral("2 writes waited; 2 not saved yet.")));
        f.program->runtime().resumeProcess(writer);
        QTRY_VERIFY(f.barWith(QStringLiteral("2 writes waited; both are saved.")));
        QCOMPARE(f.program->session().saving().changes, 0);
        f.end();
    }

    void changesThatWaitedInTheWriterAreSentToTheNextOne() {
        ProgramFixture f;
        startSaved(f);
        Runtime& runtime = f.program->runtime();
        std::atomic<bool> isHeld = false; // the turn: set by the holder, read here
        const Pid holder = runtime.spawn(
            [](std::atomic<bool>* held) -> Task<> {
                co_await otp::call(storage::WriteTurn::kName, storage::WriteTurn::Take{},
                                   kInfinity);
                held->store(true);
                static_cast<void>(co_await receive(any()));
            },
            &isHeld);
        QTRY_VERIFY(isHeld);
        for (const char* title : {"one", "two"})
            QVERIFY(f.program->session().submit(
                f.todo().list(), todo::AddEntries{{{.title = title}}}, QStringLiteral("add")));
        kill(f, "SQLite worker 1");
        QTRY_VERIFY(f.barWith(QStringLiteral("2 writes waited; 2 not saved yet.")));
        runtime.send(holder, atom("enough"));
        QTRY_VERIFY(f.barWith(QStringLiteral("2 writes waited; both are saved.")));
        QCOMPARE(f.program->session().saving().changes, 0);
        f.end();
    }

    void changesThatWaitedForTheApplicationAreSaidToBeSavedAfterStart() {
        ProgramFixture f;
        startSaved(f);
        kill(f, "TopSupervisor");
        QTRY_VERIFY(f.program->processActions().killQuestion()); // always asked
        f.program->processActions().killQuestion()->verbButton()->click();
        InlineBar* bar = nullptr;
        QTRY_VERIFY((bar = f.barWith(QStringLiteral("to-do application"))));
        QVERIFY(f.program->session().submit(f.todo().list(), todo::AddEntries{{{.title = "one"}}},
                                            QStringLiteral("add")));
        QTest::mouseClick(ProgramFixture::link(bar, QStringLiteral("Start")), Qt::LeftButton);
        QTRY_VERIFY(f.barWith(QStringLiteral("<b>Started in ")));
        QTRY_VERIFY(f.barWith(QStringLiteral(" 1 change was saved.")));
        QCOMPARE(f.program->session().saving().changes, 0);
        f.end();
    }
};

QTEST_MAIN(tst_Kept)
#include "tst_kept.moc"
