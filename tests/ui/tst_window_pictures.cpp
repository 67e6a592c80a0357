// The window as a person sees it: lists, split, dialogs, in both schemes and at the usual and the
// smallest size. With GROVE_PICTURES set to a folder the pictures are kept there.

#include "ui/window_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/metrics.h>
#include <ui/common/question_dialog.h>
#include <ui/todo/date_popup.h>
#include <ui/todo/import_dialog.h>
#include <ui/todo/welcome.h>
#include <ui/window/command_palette.h>
#include <ui/window/key_sheet.h>
#include <ui/window/status_line.h>

#include <QDir>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_WindowPictures : public QObject {
    Q_OBJECT

private:
    static void keep(QWidget& widget, const QString& name) {
        for (int i = 0; i < 20; ++i)
            QCoreApplication::processEvents();
        const QImage image = widget.grab().toImage();
        QVERIFY(!image.isNull());
        if (const QString folder = qEnvironmentVariable("GROVE_PICTURES"); !folder.isEmpty()) {
            QDir().mkpath(folder);
            QVERIFY(image.save(QStringLiteral("%1/%2.png").arg(folder, name)));
        }
    }

    static void fill(MemorySession& session) {
        const QDate today = QDate::currentDate();
        const auto entry = [](const char* title, const QDate& date = {}, bool done = false) {
            return WindowFixture::entry(title, date, done);
        };
        auto welcome = welcomeEntries(today);
        welcome.insert(welcome.begin(), entry("Pay the dentist", today.addDays(-2), false));
        session.put(welcomeListName(), welcome);
        std::vector<todo::NewEntry> many;
        for (int i = 0; i < 9981; ++i)
            many.push_back(entry("Something to do", today.addDays(i % 400 - 40), i % 7 == 0));
        session.put(QStringLiteral("Bob's list"), many);
        session.put(
            QStringLiteral("House"),
            {entry("Water the plants", today), entry("Call the plumber", today.addDays(1)),
             entry("A title that is far too long for its row and therefore is cut with an ellipsis "
                   "at the end instead of running into the date that stands there",
                   today.addDays(-1)),
             entry("Sort the cellar"), entry("Old thing", today.addDays(-9), true)});
    }

private slots:
    void initTestCase() { WindowFixture::prepare(); }

    void everyPageIsPainted_data() {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QSize>("size");
        QTest::newRow("light-1280") << false << QSize(1280, 800);
        QTest::newRow("dark-1280") << true << QSize(1280, 800);
        QTest::newRow("light-900") << false << QSize(900, 560);
        QTest::newRow("dark-900") << true << QSize(900, 560);
    }

    void everyPageIsPainted() {
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        const QString tag = QString::fromLatin1(QTest::currentDataTag());
        WindowFixture f;
        fill(f.session);
        f.settings.setValue(QStringLiteral("window/version"), 1);
        f.settings.setValue(QStringLiteral("window/theme"),
                            dark ? QStringLiteral("dark") : QStringLiteral("light"));
        f.start(size);
        f.window->statusLine()->setFigures(27, 1, 0.4);
        f.window->setPageCount(QStringLiteral("tree"), QStringLiteral("27"));
        f.window->showList(2);
        f.todo().selectEntry(2);
        f.view()->setFocus();
        f.session.submit(2, todo::SetDone{{{.id = 3, .done = true}}}, QStringLiteral("tick off"));
        keep(*f.window, QStringLiteral("list-%1").arg(tag));

        f.todo().showWelcomeBar([] {});
        f.window->setSplit(true);
        f.window->setInspectorShown(true);
        f.page->focusTarget()->setFocus();
        keep(*f.window, QStringLiteral("split-%1").arg(tag));
        f.window->setSplit(false);
        f.window->setInspectorShown(false);

        f.window->showList(3);
        f.view()->setFocus();
        keep(*f.window, QStringLiteral("many-%1").arg(tag));
        f.window->showList(4);
        f.session.hold();
        f.todo().selectEntry(1);
        QTest::keyClick(f.view(), Qt::Key_Space);
        f.todo().find();
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("plumb"));
        keep(*f.window, QStringLiteral("find-%1").arg(tag));
        f.session.release();
        f.window->showList(todo::kInbox);
        f.quickAdd()->setFocus();
        keep(*f.window, QStringLiteral("empty-%1").arg(tag));

        f.window->showList(4);
        f.todo().selectEntry(2);
        f.view()->setFocus();
        QTest::keyClick(f.view(), Qt::Key_F2);
        keep(*f.window, QStringLiteral("edit-%1").arg(tag));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QTest::keyClick(f.view(), Qt::Key_D);
        QVERIFY(QApplication::activePopupWidget());
        keep(*QApplication::activePopupWidget(), QStringLiteral("date-%1").arg(tag));
        QApplication::activePopupWidget()->close();

        for (QAction* menu : f.window->menuBar()->actions()) {
            menu->menu()->ensurePolished();
            menu->menu()->adjustSize();
            if (menu->text().contains(QLatin1String("iew")) ||
                menu->text().contains(QLatin1String("ntry")))
                keep(*menu->menu(), QStringLiteral("menu-%1-%2")
                                        .arg(QString(menu->text()).remove(QLatin1Char('&')), tag));
        }
    }

    void dialogsArePainted_data() {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }

    void dialogsArePainted() {
        QFETCH(bool, dark);
        const QString tag = QString::fromLatin1(QTest::currentDataTag());
        WindowFixture f;
        fill(f.session);
        f.settings.setValue(QStringLiteral("window/version"), 1);
        f.settings.setValue(QStringLiteral("window/theme"),
                            dark ? QStringLiteral("dark") : QStringLiteral("light"));
        f.start();
        f.action("help.keys")->trigger();
        auto* keys = f.window->findChild<KeySheet*>();
        keep(*keys, QStringLiteral("keys-%1").arg(tag));
        keys->close();
        f.action("help.palette")->trigger();
        auto* palette = f.window->findChild<CommandPalette*>();
        keep(*palette, QStringLiteral("palette-%1").arg(tag));
        palette->close();

        const QString path = f.folder.filePath(QStringLiteral("todos.csv"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("2023-12-19,Dentist\n2023-02-30,Nothing\n2024-01-08,\"Ask, then wait\"\n,No "
                   "date\nno comma\n");
        file.close();
        f.window->importFile(path);
        auto* import = f.window->findChild<ImportDialog*>();
        QVERIFY(import);
        keep(*import, QStringLiteral("import-%1").arg(tag));
        QTest::keyClick(import, Qt::Key_Return);
        QTRY_VERIFY(!f.window->findChild<ImportDialog*>());
        keep(*f.window, QStringLiteral("imported-%1").arg(tag));

        QuestionDialog question(f.window.get());
        question.setHeading(QStringLiteral("Kill SQLite worker 3?"));
        question.setSubLine(QStringLiteral(
            "<tt>#PID&lt;0.46.0&gt;</tt> · todo › TopSupervisor › DatabaseSupervisor"));
        question.setFacts(
            {{QStringLiteral("Restarts"), QStringLiteral("this worker alone (one for one)")},
             {QStringLiteral("Budget"), QStringLiteral("3 of 3 restarts in 5 s used; one more in "
                                                       "the next 4 s stops DatabaseSupervisor")},
             {QStringLiteral("Told"), QStringLiteral("DatabaseSupervisor; 2 callers that wait")},
             {QStringLiteral("Kept"),
              QStringLiteral("every saved entry; 2 queued writes are sent again")}});
        question.setOption(QStringLiteral("Do not ask again until Grove is closed"));
        question.setButtons(QStringLiteral("Keep it running"), QStringLiteral("Kill"),
                            QuestionDialog::Verb::Dangerous);
        question.open();
        QVERIFY(QTest::qWaitForWindowExposed(&question));
        QApplication::setActiveWindow(&question);
        QTRY_VERIFY(question.harmlessButton()->hasFocus());
        keep(question, QStringLiteral("question-%1").arg(tag));
        question.close();
    }
};

QTEST_MAIN(tst_WindowPictures)
#include "tst_window_pictures.moc"
