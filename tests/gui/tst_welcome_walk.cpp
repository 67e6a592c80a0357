// From an empty data folder through the seven entries of the welcome list, with the keyboard only.

#include "gui/program_fixture.h"

#include <ui/todo/import_dialog.h>
#include <ui/window/sidebar.h>

#include <QFile>
#include <QFileDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QTimer>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_WelcomeWalk : public QObject {
    Q_OBJECT

private:
    static QString currentTitle(ProgramFixture& f) {
        return f.todo().view()->currentIndex().data().toString();
    }

    static bool isDone(ProgramFixture& f, const QString& start) {
        for (const todo::Entry& entry : f.program->session().entries(f.todo().list()))
            if (QString::fromStdString(entry.title).startsWith(start))
                return entry.done;
        return false;
    }

    /// To the entry whose title starts so: Ctrl+N, Down into the list, Home, Down as often as
    /// needed.
    static void goTo(ProgramFixture& f, const QString& start) {
        ProgramFixture::press(Qt::Key_N, Qt::ControlModifier);
        QTRY_COMPARE(QApplication::focusWidget(), static_cast<QWidget*>(f.quickAdd()));
        ProgramFixture::press(Qt::Key_Down);
        QTRY_COMPARE(QApplication::focusWidget(), static_cast<QWidget*>(f.todo().view()));
        ProgramFixture::press(Qt::Key_Home);
        for (int step = 0; step < 20 && !currentTitle(f).startsWith(start); ++step)
            ProgramFixture::press(Qt::Key_Down);
        QVERIFY2(currentTitle(f).startsWith(start), qPrintable(start));
    }

    static void tickOff(ProgramFixture& f, const QString& start) {
        goTo(f, start);
        ProgramFixture::press(Qt::Key_Space);
        QTRY_VERIFY(isDone(f, start));
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
    }

    /// Delete on the selected row, and Alt+K in the question.
    static void killSelected(ProgramFixture& f) {
        ProgramFixture::press(Qt::Key_Delete);
        QTRY_VERIFY(f.program->processActions().killQuestion());
        QTRY_VERIFY(f.program->processActions().killQuestion()->isVisible());
        QTest::keyClick(f.program->processActions().killQuestion(), Qt::Key_K, Qt::AltModifier);
        QTRY_VERIFY(!f.program->processActions().killQuestion());
        returnToWindow(f);
    }

    /// What a window manager does when a dialog is gone.
    static void returnToWindow(ProgramFixture& f) {
        f.window().activateWindow();
        QApplication::setActiveWindow(&f.window());
        QTRY_VERIFY(QApplication::focusWidget());
    }

    /// Ctrl+O, the file's name, Enter. The dialog for files runs an event loop of its own, from
    /// which who types is called; its list of completions takes the first Enter. Qt's dialog
    /// empties the field when it has read its first folder: who types looks at the field before
    /// Enter.
    static void chooseFile(const QString& path) {
        QTimer typist;
        connect(&typist, &QTimer::timeout, &typist, [&path] {
            auto* files = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            if (!files)
                return;
            auto* name = files->findChild<QLineEdit*>();
            if (name->text() == path) {
                QTest::keyClick(files, Qt::Key_Return);
                return;
            }
            name->selectAll();
            QTest::keyClicks(name, path);
        });
        typist.start(20);
        ProgramFixture::press(Qt::Key_O, Qt::ControlModifier);
    }

    static QString currentPlace(ProgramFixture& f) {
        const observe::PlaceId id =
            f.program->context().tree().placeAt(f.program->tree().outline()->currentIndex());
        const observe::Place* place = f.program->context().tree().place(id);
        return place ? QString::fromStdString(place->name) : QString();
    }

private slots:
    void initTestCase() { ProgramFixture::prepare(); }

    void theSevenEntriesLeadThroughTheProgram() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        const todo::ListId welcome = f.todo().list();
        QTRY_COMPARE(QApplication::focusWidget(), static_cast<QWidget*>(f.quickAdd()));

        // 1. Tick this off, then press Ctrl+Z to take it back
        tickOff(f, QStringLiteral("Tick this off"));
        ProgramFixture::press(Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY(!isDone(f, QStringLiteral("Tick this off")));
        tickOff(f, QStringLiteral("Tick this off"));

        // 2. Add an entry of your own: Ctrl+N, type, Enter
        ProgramFixture::press(Qt::Key_N, Qt::ControlModifier);
        ProgramFixture::type(QStringLiteral("Buy milk"));
        ProgramFixture::press(Qt::Key_Return);
        QTRY_VERIFY(f.titles().contains(QStringLiteral("Buy milk")));
        tickOff(f, QStringLiteral("Add an entry"));

        // 3. Press F8: below you see the process that holds this list
        ProgramFixture::press(Qt::Key_F8);
        QTRY_VERIFY(f.window().isSplit());
        const Pid server = f.program->session().serverOf(welcome);
        QTRY_COMPARE(f.program->context().subject().pid, server);
        tickOff(f, QStringLiteral("Press F8"));

        // 4. Kill that process with the Delete key. These entries stay
        ProgramFixture::press(Qt::Key_F4);
        QTRY_COMPARE(QApplication::focusWidget(),
                     static_cast<QWidget*>(f.program->tree().outline()));
        ProgramFixture::press(Qt::Key_F4); // there and back, with the keyboard
        QTRY_COMPARE(QApplication::focusWidget(), f.window().todoPage()->focusTarget());
        ProgramFixture::press(Qt::Key_F4);
        QTRY_COMPARE(QApplication::focusWidget(),
                     static_cast<QWidget*>(f.program->tree().outline()));
        killSelected(f);
        QTRY_VERIFY(f.program->session().serverOf(welcome) != server &&
                    f.program->session().serverOf(welcome));
        QTRY_VERIFY(f.barWith(QStringLiteral("process was killed.")));
        QCOMPARE(f.titles().size(), 8);
        tickOff(f, QStringLiteral("Kill that process"));

        // 5. Kill a SQLite worker: its supervisor starts a new one
        ProgramFixture::press(Qt::Key_F4);
        QTRY_COMPARE(QApplication::focusWidget(),
                     static_cast<QWidget*>(f.program->tree().outline()));
        ProgramFixture::type(QStringLiteral("SQLite worker 1"));
        QTRY_COMPARE(currentPlace(f), QStringLiteral("SQLite worker 1"));
        const auto worker = [&f] { return f.placeNamed(QStringLiteral("SQLite worker 1")); };
        Pid before = worker()->pid;
        killSelected(f);
        QTRY_VERIFY(worker() && worker()->pid != before &&
                    worker()->state == observe::PlaceState::Alive);
        QTRY_VERIFY(f.barWith(QStringLiteral("SQLite worker 1 was killed")));

        // 6. Kill it four times in five seconds and see who gives up
        const Pid supervisor = f.placeNamed(QStringLiteral("Workers"))->pid;
        for (int again = 0; again < 3; ++again) {
            before = worker()->pid;
            ProgramFixture::press(Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
            QTRY_VERIFY(worker() && worker()->pid != before &&
                        worker()->state == observe::PlaceState::Alive);
        }
        QTRY_VERIFY(f.placeNamed(QStringLiteral("Workers"))->pid != supervisor);
        QTRY_VERIFY(f.barWith(QStringLiteral("gave up")));
        tickOff(f, QStringLiteral("Kill a SQLite worker"));
        tickOff(f, QStringLiteral("Kill it four times"));

        // 7. Bring your own: File > Import CSV. Then delete this list; Ctrl+Z brings it back
        QFile file(f.folder.filePath(QStringLiteral("todos.csv")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("2023-12-19,Dentist\n2023/12/20,\"Call, then write\"\nnot an entry\n");
        file.close();
        chooseFile(file.fileName());
        auto* dialog = f.window().findChild<ImportDialog*>();
        QVERIFY(dialog);
        QTRY_VERIFY(dialog->isVisible());
        QPushButton* import = nullptr;
        for (QPushButton* button : dialog->findChildren<QPushButton*>())
            if (button->isDefault())
                import = button;
        QVERIFY(import);
        QTRY_VERIFY(import->isEnabled());
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY(f.barWith(QStringLiteral("Imported 2 entries")));
        returnToWindow(f);
        QTRY_COMPARE(f.todo().list(), f.listNamed(QStringLiteral("todos")));
        QTRY_COMPARE(f.titles().size(), 2);
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        ProgramFixture::press(Qt::Key_2, Qt::ControlModifier);
        QTRY_COMPARE(f.todo().list(), welcome);
        QTRY_COMPARE(f.titles().size(), 8);
        tickOff(f, QStringLiteral("Bring your own"));
        ProgramFixture::press(Qt::Key_F6, Qt::ShiftModifier);
        for (int pane = 0; pane < 6 && QApplication::focusWidget() != f.window().sidebar()->view();
             ++pane)
            ProgramFixture::press(Qt::Key_F6, Qt::ShiftModifier);
        QTRY_COMPARE(QApplication::focusWidget(),
                     static_cast<QWidget*>(f.window().sidebar()->view()));
        ProgramFixture::press(Qt::Key_Delete);
        QTRY_COMPARE(f.listNamed(welcomeListName()), todo::ListId(0));
        ProgramFixture::press(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(f.listNamed(welcomeListName()), welcome);
        QTRY_COMPARE(f.todo().list(), welcome);
        QTRY_COMPARE(f.titles().size(), 8);
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        f.end();

        // What was ticked off is so on disk.
        f.start();
        QTRY_COMPARE(f.todo().list(), welcome);
        QTRY_COMPARE(f.titles().size(), 8);
        int done = 0;
        for (const todo::Entry& entry : f.program->session().entries(welcome))
            done += entry.done ? 1 : 0;
        QCOMPARE(done, 7);
        f.end();
    }
};

QTEST_MAIN(tst_WelcomeWalk)
#include "tst_welcome_walk.moc"
