// The real program is closed while it imports: what is imported so far stays, and whoever waits is
// told.

#include "gui/program_fixture.h"

#include <ui/common/question_dialog.h>

#include <QFile>
#include <QPushButton>
#include <QSignalSpy>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_Closing : public QObject {
    Q_OBJECT

    /// Nearly a full list: far more than is imported before the first look.
    static constexpr int kLines = 140'000;

    static QString csv(ProgramFixture& f) {
        const QString path = f.folder.filePath(QStringLiteral("lines.csv"));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return {};
        for (int line = 0; line < kLines; ++line)
            file.write("2023-12-19,Line " + QByteArray::number(line) + '\n');
        return path;
    }
    /// The process that reads the file.
    static Pid importer(ProgramFixture& f) {
        Runtime& runtime = f.program->runtime();
        std::vector<ProcessRow> rows(runtime.counters().slotsUsed);
        rows.resize(runtime.rows(0, rows).count);
        for (const ProcessRow& row : rows)
            if (row.behaviour && std::string_view(row.behaviour) == "Import")
                return row.pid;
        return {};
    }
    static QuestionDialog* question(ProgramFixture& f) {
        for (auto* dialog : f.window().findChildren<QuestionDialog*>())
            if (dialog->isVisible())
                return dialog;
        return nullptr;
    }
    /// Closes the window during an import that goes on when it was told to stop.
    static void stopAndClose(ProgramFixture& f) {
        const Pid reader = importer(f);
        f.program->runtime().suspendProcess(reader);
        QSignalSpy closed(&f.window(), &MainWindow::closed);
        f.window().close();
        QTRY_VERIFY(question(f));
        QCOMPARE(question(f)->windowTitle(), QStringLiteral("Importing lines.csv\u2026"));
        QCOMPARE(closed.count(), 0);
        QTest::mouseClick(question(f)->verbButton(), Qt::LeftButton);
        f.program->runtime().resumeProcess(reader);
        QTRY_COMPARE(closed.count(), 1);
    }

private slots:
    void initTestCase() { ProgramFixture::prepare(); }

    void anImportIsStoppedAndWhatIsInStays() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        f.program->session().startImport(
            {.path = csv(f), .list = 0, .newListName = QStringLiteral("Work")});
        QSignalSpy progress(&f.program->session(), &Session::importProgressed);
        QTRY_VERIFY(!progress.isEmpty() && importer(f));
        QSignalSpy finished(&f.program->session(), &Session::importFinished);
        stopAndClose(f);
        QCOMPARE(finished.count(), 1);
        const auto report = finished.front().front().value<ImportReport>();
        QVERIFY(report.cancelled);
        QVERIFY(report.imported > 0 && report.imported < kLines);
        f.program.reset();
        QCOMPARE(f.printedList(QStringLiteral("Work")).size(), report.imported);
    }

    void anImportForACommandLineIsStoppedAndWhatIsInStays() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        app::Request request;
        request.kind = app::Request::Kind::Import;
        request.file = csv(f).toStdString();
        request.listName = "Work";
        f.program->serve(request, std::make_shared<app::RequestReply>(nullptr));
        QTRY_VERIFY(importer(f));
        stopAndClose(f);
        f.program.reset();
        QVERIFY(f.printedList(QStringLiteral("Work")).size() < kLines);
    }

    void aSuspendedWriterIsTheReasonAndTheProgramEndsWithoutIt() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        QTRY_VERIFY(f.placeNamed(QStringLiteral("SQLite worker 1")));
        f.program->runtime().suspendProcess(f.placeNamed(QStringLiteral("SQLite worker 1"))->pid);
        QVERIFY(f.program->session().submit(f.todo().list(),
                                            todo::AddEntries{{{.title = "lost knowingly"}}},
                                            QStringLiteral("add")));
        QTRY_COMPARE(f.savedText(),
                     QStringLiteral("1 change is not saved yet: SQLite worker 1 is suspended"));
        QSignalSpy closed(&f.window(), &MainWindow::closed);
        f.window().close();
        QTRY_VERIFY(question(f));
        QCOMPARE(question(f)->verbButton()->text(), QStringLiteral("Close and lose 1 change"));
        QTest::mouseClick(question(f)->verbButton(), Qt::LeftButton);
        QTRY_COMPARE(closed.count(), 1);
        f.program.reset();
        QCOMPARE(f.printedList(QStringLiteral("Welcome to Grove")).size(), 7);
    }

    void aSuspendedWriterThatGoesOnLetsTheWindowClose() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        QTRY_VERIFY(f.placeNamed(QStringLiteral("SQLite worker 1")));
        const Pid writer = f.placeNamed(QStringLiteral("SQLite worker 1"))->pid;
        f.program->runtime().suspendProcess(writer);
        QVERIFY(f.program->session().submit(f.todo().list(), todo::AddEntries{{{.title = "kept"}}},
                                            QStringLiteral("add")));
        QSignalSpy closed(&f.window(), &MainWindow::closed);
        f.window().close();
        QTRY_VERIFY(question(f));
        QCOMPARE(closed.count(), 0);
        f.program->runtime().resumeProcess(writer);
        QTRY_COMPARE(closed.count(), 1);
        f.program.reset();
        QCOMPARE(f.printedList(QStringLiteral("Welcome to Grove")).size(), 8);
    }
};

QTEST_MAIN(tst_Closing)
#include "tst_closing.moc"
