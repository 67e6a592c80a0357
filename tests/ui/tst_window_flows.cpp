// What takes the window several steps: import, the first start, closing with changes that are not
// saved.

#include "ui/window_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/question_dialog.h>
#include <ui/todo/import_dialog.h>
#include <ui/window/sidebar.h>
#include <ui/window/sidebar_model.h>
#include <ui/window/status_line.h>

#include <QClipboard>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_WindowFlows : public QObject {
    Q_OBJECT

private:
    static QWidget* focus() { return QApplication::focusWidget(); }
    static QToolButton* link(WindowFixture& f, const QString& text) {
        for (QToolButton* button : f.window->findChildren<QToolButton*>())
            if (button->text() == text && button->isVisible())
                return button;
        return nullptr;
    }
    static QString csv(WindowFixture& f, const QByteArray& content) {
        const QString path = f.folder.filePath(QStringLiteral("todos.csv"));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            return {};
        return path;
    }
    /// The editor of the first entry's title, open.
    static QLineEdit* editorOf(WindowFixture& f) {
        f.view()->setFocus();
        f.todo().selectEntry(f.model().entryAt(f.model().index(0, 0, f.model().index(0, 0)))->id);
        f.action("entry.edit")->trigger();
        return qobject_cast<QLineEdit*>(focus());
    }

private slots:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        WindowFixture::prepare();
    }

    void anImportShowsItsLinesAndItsReport() {
        WindowFixture f;
        f.start();
        const QString path = csv(f, "2023-12-19,Dentist\n2023-02-30,Nothing\nno comma\n,Plain\n");
        f.window->importFile(path);
        auto* dialog = f.window->findChild<ImportDialog*>();
        QVERIFY(dialog);
        auto* table = dialog->findChild<TableView*>();
        QTRY_COMPARE(table->model()->rowCount(), 4);
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_COMPARE(f.todo().bars()->bars().size(), 1);
        // The Inbox is empty and open: it is the target.
        QCOMPARE(f.todo().bars()->bars().constFirst()->text(),
                 QStringLiteral("<b>Imported 2 entries into Inbox.</b> 2 lines were not entries."));
        QCOMPARE(f.lines(), (QStringList{"Overdue", "  [ ] Dentist", "No date", "  [ ] Plain"}));
        QTRY_VERIFY(link(f, QStringLiteral("Show them")));
        QTest::mouseClick(link(f, QStringLiteral("Show them")), Qt::LeftButton);
        auto* rejected = f.window->findChild<QDialog*>();
        QVERIFY(rejected);
        auto* lines = rejected->findChild<TableView*>();
        QCOMPARE(lines->model()->index(0, 2).data().toString(),
                 QStringLiteral("There is no 30 February"));
        rejected->close();
        QTRY_VERIFY(link(f, QStringLiteral("Undo import")));
        QTest::mouseClick(link(f, QStringLiteral("Undo import")), Qt::LeftButton);
        QVERIFY(f.lines().isEmpty());
    }

    void undoLinksGoWhenAnotherStepIsTheNewest() {
        WindowFixture f;
        const auto house = f.session.put(QStringLiteral("House"), {});
        f.start();
        f.window->importFile(csv(f, "2023-12-19,Dentist\nno comma\n"));
        auto* dialog = f.window->findChild<ImportDialog*>();
        QTRY_COMPARE(dialog->findChild<TableView*>()->model()->rowCount(), 2);
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY(link(f, QStringLiteral("Undo import")));
        f.window->showList(house);
        f.action("list.delete")->trigger();
        QTRY_VERIFY(link(f, QStringLiteral("Undo")));
        QTRY_VERIFY(!link(f, QStringLiteral("Undo import"))); // it would bring back the list
        QTRY_VERIFY(link(f, QStringLiteral("Show them")));
        emit f.session.undoChanged(); // the answer to the deletion
        QVERIFY(link(f, QStringLiteral("Undo")));
        QVERIFY(f.session.submit(todo::kInbox, todo::AddEntries{{{.title = "x"}}},
                                 QStringLiteral("add 'x'")));
        QTRY_VERIFY(!link(f, QStringLiteral("Undo")));
    }

    void aStoppedImportKeepsWhatIsInAndGoesOn() {
        WindowFixture f;
        f.session.setImportStep(1);
        QByteArray content;
        for (int i = 0; i < 400; ++i)
            content += "2023-12-19,Line\n";
        f.start();
        f.window->importFile(csv(f, content));
        auto* dialog = f.window->findChild<ImportDialog*>();
        QTRY_VERIFY(dialog->findChild<TableView*>()->model()->rowCount() > 0);
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY(f.session.importRunning());
        dialog->reject();
        QTRY_COMPARE(f.todo().bars()->bars().size(), 1);
        const qint64 in = f.model().entryCount();
        QVERIFY(in < 400);
        QVERIFY(f.todo().bars()->bars().constFirst()->text().startsWith(
            QLatin1String("<b>Import stopped at line")));
        QTRY_VERIFY(link(f, QStringLiteral("Continue")));
        QTest::mouseClick(link(f, QStringLiteral("Continue")), Qt::LeftButton);
        QTRY_COMPARE(f.model().entryCount(), 400);
    }

    void anEmptyFileCannotBeImported() {
        WindowFixture f;
        f.start();
        f.window->importFile(csv(f, ""));
        auto* dialog = f.window->findChild<ImportDialog*>();
        QTRY_VERIFY([&] {
            for (const QLabel* label : dialog->findChildren<QLabel*>())
                if (label->text().contains(QLatin1String("todos.csv is empty")))
                    return true;
            return false;
        }());
        for (const QPushButton* button : dialog->findChildren<QPushButton*>())
            QVERIFY(button->text() == QStringLiteral("Close") || !button->isVisible());
        dialog->reject();
    }

    void theFirstStartShowsTheWelcomeList() {
        WindowFixture f;
        f.start();
        f.window->awaitFirstTime();
        f.window->startFirstTime();
        QCOMPARE(f.session.listInfo(f.todo().list()).name, QStringLiteral("Welcome to Grove"));
        QCOMPARE(f.model().entryCount(), 7);
        QCOMPARE(f.lines().at(0), QStringLiteral("Today"));
        QCOMPARE(focus(), f.quickAdd());
        QVERIFY(!f.window->isSplit());
        QSignalSpy wanted(f.window.get(), &MainWindow::listProcessWanted);
        QTRY_VERIFY(link(f, QStringLiteral("Show me")));
        QTest::mouseClick(link(f, QStringLiteral("Show me")), Qt::LeftButton);
        QVERIFY(f.window->isSplit());
        QVERIFY(f.window->inspectorShown());
        QCOMPARE(wanted.constLast().at(1).toBool(), true);
    }

    void closingWithoutPendingChangesCloses() {
        WindowFixture f;
        f.start();
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QCOMPARE(closed.count(), 1);
        QVERIFY(!f.window->isVisible());
    }

    void aTitleBeingEditedIsTakenOverWhenTheListIsSwitched() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {WindowFixture::entry("a")});
        f.start();
        f.window->showList(2);
        QLineEdit* editor = editorOf(f);
        QVERIFY(editor);
        QTest::keyClicks(editor, QStringLiteral("Dentist"));
        QTest::keyClick(editor, Qt::Key_1, Qt::ControlModifier);
        QCOMPARE(f.todo().list(), todo::kInbox);
        QTest::keyClick(f.window.get(), Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(f.lines(), (QStringList{"No date", "  [ ] Dentist"}));
    }

    void aTitleBeingEditedIsTakenOverWhenTheWindowCloses() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {WindowFixture::entry("a")});
        f.start();
        f.window->showList(2);
        QLineEdit* editor = editorOf(f);
        QVERIFY(editor);
        QTest::keyClicks(editor, QStringLiteral("Dentist"));
        f.session.hold();
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        QTest::keyClick(editor, Qt::Key_Q, Qt::ControlModifier);
        QCOMPARE(f.session.saving().changes, 1);
        QCOMPARE(closed.count(), 0); // it waits until the title is on disk
        QCOMPARE(f.session.entries(2).front().title, std::string("Dentist"));
        f.session.release();
        QCOMPARE(closed.count(), 1);
    }

    void closingWaitsForWhatIsNotSaved() {
        WindowFixture f;
        f.start();
        f.session.hold();
        QVERIFY(f.session.submit(todo::kInbox, todo::AddEntries{{{.title = "x"}}},
                                 QStringLiteral("add")));
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QCOMPARE(closed.count(), 0);
        QVERIFY(f.window->isVisible());
        f.session.release();
        QCOMPARE(closed.count(), 1);
    }

    void closingAsksWhenSavingTakesLong() {
        WindowFixture f;
        f.start();
        f.session.hold();
        QVERIFY(f.session.submit(todo::kInbox, todo::AddEntries{{{.title = "x"}}},
                                 QStringLiteral("add")));
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        f.window->close();
        QTRY_VERIFY(f.window->findChild<QuestionDialog*>());
        auto* question = f.window->findChild<QuestionDialog*>();
        QCOMPARE(question->windowTitle(), QStringLiteral("Saving 1 change\u2026"));
        QCOMPARE(question->verbButton()->text(), QStringLiteral("Close and lose 1 change"));
        QTRY_VERIFY(question->harmlessButton()->hasFocus());
        QTest::mouseClick(question->verbButton(), Qt::LeftButton);
        QCOMPARE(closed.count(), 1);
    }

    void aSidebarOfIconsAsksForNamesInADialog() {
        WindowFixture f;
        f.start({920, 600});
        f.window->resize(920, 600);
        f.action("file.newList")->trigger();
        auto* question = f.window->findChild<QuestionDialog*>();
        QVERIFY(question);
        QVERIFY(QTest::qWaitForWindowExposed(question));
        QApplication::setActiveWindow(question);
        QTRY_VERIFY(focus() && question->isAncestorOf(focus()));
        QVERIFY(qobject_cast<QLineEdit*>(focus()));
        QTest::keyClicks(focus(), QStringLiteral("House"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QCOMPARE(f.session.listInfo(f.todo().list()).name, QStringLiteral("House"));
    }

    void aSidebarOfIconsOpensNoEditorByClickOrEnter() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {});
        f.start({920, 600});
        f.window->resize(920, 600);
        TreeView& view = *f.window->sidebar()->view();
        const QRect row = view.visualRect(f.window->sidebar()->model()->newListIndex());
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, row.center());
        QVERIFY(!view.viewport()->findChild<QLineEdit*>());
        auto* fresh = f.window->findChild<QuestionDialog*>();
        QVERIFY(fresh);
        QCOMPARE(fresh->windowTitle(), QStringLiteral("New list"));
        delete fresh;
        f.window->showList(2);
        emit view.activated(view.currentIndex()); // Enter
        QVERIFY(!view.viewport()->findChild<QLineEdit*>());
        auto* rename = f.window->findChild<QuestionDialog*>();
        QVERIFY(rename);
        QCOMPARE(rename->windowTitle(), QStringLiteral("Rename House"));
        delete rename;
    }

    void aLateRefusalIsSaidWhicheverListIsShown() {
        WindowFixture f;
        f.session.put(QStringLiteral("Bread & butter"), {});
        f.start();
        emit f.session.refused(2, QStringLiteral("The list is full."));
        QCOMPARE(f.todo().bars()->bars().size(), 1);
        QCOMPARE(f.todo().bars()->bars().constFirst()->text(),
                 QStringLiteral("<b>Bread &amp; butter:</b> The list is full."));
        emit f.session.refused(todo::kInbox, QStringLiteral("The list is full."));
        QCOMPARE(f.todo().bars()->bars().constFirst()->text(), QStringLiteral("The list is full."));
    }

    void listsThatCanOnlyBeReadGreyAllThatChangesThem() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {WindowFixture::entry("a")});
        f.session.setDisk({.kind = DiskState::Kind::ReadOnly, .what = QStringLiteral("No.")});
        f.start();
        f.window->showList(2);
        for (const char* id :
             {"file.newList", "file.import", "list.rename", "list.delete", "entry.add",
              "entry.tick", "entry.edit", "entry.date", "entry.delete", "help.welcome"}) {
            QVERIFY2(!f.action(id)->isEnabled(), id);
            QCOMPARE(ActionRegistry::reasonOf(f.action(id)),
                     QStringLiteral("The lists can only be read"));
        }
    }

    void theBarAboutTheDiskIsNotPushedOut() {
        WindowFixture f;
        f.start();
        f.session.setDisk({.kind = DiskState::Kind::Full, .what = {}});
        for (const char* words : {"one", "two", "three"})
            f.todo().bars()->show(BarKind::Info, QString::fromLatin1(words));
        const QList<InlineBar*> bars = f.todo().bars()->bars();
        QCOMPARE(bars.size(), 2);
        QCOMPARE(bars.at(0)->text(), QStringLiteral("three"));
        QVERIFY(bars.at(1)->text().startsWith(QLatin1String("<b>The disk is full.</b>")));
        f.session.setDisk({});
        QCOMPARE(f.todo().bars()->bars().size(), 1);
    }

    void theWelcomeBarStaysWithItsList() {
        WindowFixture f;
        f.start();
        f.window->awaitFirstTime();
        f.window->startFirstTime();
        const todo::ListId welcome = f.todo().list();
        QCOMPARE(f.todo().bars()->bars().size(), 1);
        f.window->showList(todo::kInbox);
        QVERIFY(!f.todo().bars()->isVisible());
        f.window->showList(welcome);
        QVERIFY(f.todo().bars()->isVisible());
    }

    void whatIsTypedBeforeTheListsAreReadIsAddedToTheListThatWasOpen() {
        WindowFixture f;
        const auto list = f.session.put(QStringLiteral("House"), {});
        f.settings.setValue(QStringLiteral("window/version"), 1);
        f.settings.setValue(QStringLiteral("window/list"), qint64(list));
        f.session.setUnread(true);
        f.start();
        f.quickAdd()->setFocus();
        for (const char* title : {"Buy milk", "Call mum"}) {
            QTest::keyClicks(focus(), QString::fromLatin1(title));
            QTest::keyClick(focus(), Qt::Key_Return);
            QVERIFY(f.quickAdd()->text().isEmpty());
        }
        QCOMPARE(f.todo().earlyEntries(), 2u);
        QVERIFY(f.todo().bars()->bars().at(0)->text().contains(QLatin1String("Call mum")));
        f.session.setUnread(false);
        QCOMPARE(f.todo().list(), list);
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] Buy milk", "  [ ] Call mum"}));
        QCOMPARE(f.todo().earlyEntries(), 0u);
    }

    void whatIsTypedAtTheFirstStartBeforeTheListsAreReadIsAddedToTheWelcomeList() {
        WindowFixture f;
        f.session.setUnread(true);
        f.start();
        f.window->awaitFirstTime();
        QTest::keyClicks(focus(), QStringLiteral("Buy milk"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QTest::keyClicks(focus(), QStringLiteral("Call"));
        f.session.setUnread(false);
        QCOMPARE(f.todo().list(), 0); // not the Inbox in between
        f.window->startFirstTime();
        QCOMPARE(f.model().entryCount(), 8);
        QVERIFY(f.lines().contains(QStringLiteral("  [ ] Buy milk")));
        QCOMPARE(f.quickAdd()->text(), QStringLiteral("Call"));
        QCOMPARE(focus(), f.quickAdd());
    }

    void linesPastedBeforeTheListsAreReadAreAddedToTheListThatWasOpen() {
        WindowFixture f;
        f.session.setUnread(true);
        f.start();
        f.quickAdd()->setFocus();
        QApplication::clipboard()->setText(QStringLiteral("Buy milk\nCall mum"));
        QTest::keyClick(focus(), Qt::Key_V, Qt::ControlModifier);
        QTRY_VERIFY(link(f, QStringLiteral("Add 2 entries")));
        QTest::mouseClick(link(f, QStringLiteral("Add 2 entries")), Qt::LeftButton);
        QCOMPARE(f.todo().earlyEntries(), 2u);
        f.session.setUnread(false);
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] Buy milk", "  [ ] Call mum"}));
    }

    void theWindowDoesNotCloseOverEntriesThatWaitForTheFirstList() {
        WindowFixture f;
        f.session.setUnread(true);
        f.start();
        f.quickAdd()->setFocus();
        QTest::keyClicks(focus(), QStringLiteral("Buy milk"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QSignalSpy closed(f.window.get(), &MainWindow::closed);
        QVERIFY(!f.window->close());
        f.session.setUnread(false);
        QTRY_COMPARE(closed.size(), 1);
        QCOMPARE(f.lines().last(), QStringLiteral("  [ ] Buy milk"));
    }

    void listsThatAreReadLaterOpenWhatWasOpen() {
        WindowFixture f;
        f.settings.setValue(QStringLiteral("window/version"), 1);
        f.settings.setValue(QStringLiteral("window/list"), 2);
        f.session.setUnread(true);
        f.start();
        QCOMPARE(f.todo().list(), todo::ListId(0));
        f.session.put(QStringLiteral("House"), {WindowFixture::entry("a")});
        f.session.setUnread(false);
        QCOMPARE(f.todo().list(), todo::ListId(2));
        QCOMPARE(f.lines(), (QStringList{"No date", "  [ ] a"}));
    }
};

QTEST_MAIN(tst_WindowFlows)
#include "tst_window_flows.moc"
