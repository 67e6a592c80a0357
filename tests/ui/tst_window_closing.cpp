// Closing the window while something is under way that closing would cut short.

#include "ui/window_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/question_dialog.h>
#include <ui/window/sidebar.h>
#include <ui/window/sidebar_model.h>

#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_WindowClosing : public QObject {
    Q_OBJECT

private:
    static constexpr int kLines = 400;

    /// An import of kLines lines that takes one line each turn of the event loop.
    static void startImport(WindowFixture& f) {
        const QString path = f.folder.filePath(QStringLiteral("todos.csv"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int line = 0; line < kLines; ++line)
            file.write("2023-12-19,Line\n");
        file.close();
        f.session.setImportStep(1);
        f.session.startImport({.path = path, .list = todo::kInbox, .newListName = {}});
        QVERIFY(f.session.importRunning());
    }
    static QuestionDialog* question(WindowFixture& f) {
        for (auto* dialog : f.window->findChildren<QuestionDialog*>())
            if (dialog->isVisible())
                return dialog;
        return nullptr;
    }
    static QToolButton* link(WindowFixture& f, const QString& text) {
        for (QToolButton* button : f.window->findChildren<QToolButton*>())
            if (button->text() == text && button->isVisible())
                return button;
        return nullptr;
    }
    static bool says(const QuestionDialog* dialog, const QString& words) {
        for (const QLabel* label : dialog->findChildren<QLabel*>())
            if (label->text().contains(words))
                return true;
        return false;
    }

private slots:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        WindowFixture::prepare();
    }

    void anImportIsWaitedFor() {
        WindowFixture f;
        f.start();
        startImport(f);
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QCOMPARE(closed.count(), 0);
        QTRY_COMPARE(closed.count(), 1);
        QVERIFY(!f.session.importRunning());
        QCOMPARE(f.session.entries(todo::kInbox).size(), std::size_t(kLines));
    }

    void anImportThatTakesLongIsAskedAboutAndStopped() {
        WindowFixture f;
        f.start();
        startImport(f);
        f.session.pauseImport();
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QTRY_VERIFY(question(f));
        QCOMPARE(question(f)->windowTitle(), QStringLiteral("Importing todos.csv\u2026"));
        QVERIFY(says(question(f), QStringLiteral("What is imported so far stays.")));
        QCOMPARE(question(f)->verbButton()->text(), QStringLiteral("Stop the import and close"));
        QTest::mouseClick(question(f)->verbButton(), Qt::LeftButton);
        QTRY_COMPARE(closed.count(), 1);
        QVERIFY(!f.window->isVisible());
    }

    void whoKeepsWaitingSeesTheWindowCloseByItself() {
        WindowFixture f;
        f.start();
        startImport(f);
        f.session.pauseImport();
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QTRY_VERIFY(question(f));
        QTest::mouseClick(question(f)->harmlessButton(), Qt::LeftButton);
        QTRY_VERIFY(link(f, QStringLiteral("Stay open")));
        QCOMPARE(closed.count(), 0);
        f.session.continueImport();
        QTRY_COMPARE(closed.count(), 1);
        QCOMPARE(f.session.entries(todo::kInbox).size(), std::size_t(kLines));
    }

    void whoWantsToStayAfterAllStays() {
        WindowFixture f;
        f.start();
        startImport(f);
        f.session.pauseImport();
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QTRY_VERIFY(question(f));
        QTest::mouseClick(question(f)->harmlessButton(), Qt::LeftButton);
        QTRY_VERIFY(link(f, QStringLiteral("Stay open")));
        QTest::mouseClick(link(f, QStringLiteral("Stay open")), Qt::LeftButton);
        f.session.continueImport();
        QTRY_VERIFY(!f.session.importRunning());
        QCOMPARE(closed.count(), 0);
        QVERIFY(f.window->isVisible());
    }

    void waitingForChangesClosesByItselfToo() {
        WindowFixture f;
        f.start();
        f.session.hold();
        QVERIFY(f.session.submit(todo::kInbox, todo::AddEntries{{{.title = "x"}}},
                                 QStringLiteral("add")));
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QTRY_VERIFY(question(f));
        QTest::mouseClick(question(f)->harmlessButton(), Qt::LeftButton);
        QTRY_VERIFY(link(f, QStringLiteral("Stay open")));
        f.session.release();
        QCOMPARE(closed.count(), 1);
    }

    void anErrandForACommandLineIsAskedAboutAndStopped() {
        WindowFixture f;
        f.start();
        int stops = 0;
        const int errand = f.window->beginErrand(
            {.heading = QStringLiteral("Importing work.csv\u2026"), .stop = [&] { ++stops; }});
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QCOMPARE(closed.count(), 0);
        QTRY_VERIFY(question(f));
        QCOMPARE(question(f)->windowTitle(), QStringLiteral("Importing work.csv\u2026"));
        QTest::mouseClick(question(f)->verbButton(), Qt::LeftButton);
        QCOMPARE(stops, 1);
        QCOMPARE(closed.count(), 0);
        // One that does not end, since somebody has suspended its process, does not hold the
        // window for ever.
        QTRY_VERIFY(question(f));
        QCOMPARE(question(f)->verbButton()->text(), QStringLiteral("Close now"));
        f.window->endErrand(errand);
        QCOMPARE(closed.count(), 1);
        QVERIFY(!question(f));
    }

    void whatIsNoImportIsNotCalledOne() {
        WindowFixture f;
        f.start();
        int errand = 0;
        errand = f.window->beginErrand({.heading = QStringLiteral("Printing Work\u2026"),
                                        .stop = [&] { f.window->endErrand(errand); },
                                        .isImport = false});
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QTRY_VERIFY(question(f));
        QCOMPARE(question(f)->verbButton()->text(), QStringLiteral("Stop it and close"));
        QVERIFY(!says(question(f), QStringLiteral("imported")));
        QTest::mouseClick(question(f)->verbButton(), Qt::LeftButton);
        QCOMPARE(closed.count(), 1);
    }

    void aNewListsNameBeingTypedIsTakenOver() {
        WindowFixture f;
        f.start();
        f.action("file.newList")->trigger();
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("House"));
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Q, Qt::ControlModifier);
        QCOMPARE(closed.count(), 1);
        QCOMPARE(f.session.lists().size(), std::size_t(2));
        QCOMPARE(f.session.lists().back().name, QStringLiteral("House"));
    }

    void aNewNameOfAListBeingTypedIsTakenOver() {
        WindowFixture f;
        const todo::ListId list = f.session.put(QStringLiteral("House"), {});
        f.start();
        f.window->showList(list);
        f.action("list.rename")->trigger();
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("Garden"));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Q, Qt::ControlModifier);
        QCOMPARE(f.session.listInfo(list).name, QStringLiteral("Garden"));
        QVERIFY(!f.window->isVisible());
    }

    void aNameThatIsNotAllowedIsAskedAbout() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {});
        f.start();
        f.action("file.newList")->trigger();
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("House"));
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Q, Qt::ControlModifier);
        QCOMPARE(closed.count(), 0);
        QVERIFY(question(f));
        QVERIFY(says(question(f), QStringLiteral("There is a list named House.")));
        QTest::mouseClick(question(f)->harmlessButton(), Qt::LeftButton);
        auto* editor = f.window->sidebar()->findChild<QLineEdit*>();
        QTRY_VERIFY((editor = qobject_cast<QLineEdit*>(QApplication::focusWidget())));
        QCOMPARE(editor->text(), QStringLiteral("House")); // what was typed is there again
        f.window->close();
        QTRY_VERIFY(question(f));
        QTest::mouseClick(question(f)->verbButton(), Qt::LeftButton);
        QCOMPARE(closed.count(), 1);
        QCOMPARE(f.session.lists().size(), std::size_t(2));
    }
};

QTEST_MAIN(tst_WindowClosing)
#include "tst_window_closing.moc"
