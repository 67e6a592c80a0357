// The frame: sidebar, split, inspector, panes, sizes, status line, palette, import, closing.

#include "ui/window_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/pane.h>
#include <ui/window/command_palette.h>
#include <ui/window/key_sheet.h>
#include <ui/window/sidebar.h>
#include <ui/window/sidebar_model.h>
#include <ui/window/status_line.h>

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QListView>
#include <QMenuBar>
#include <QSignalSpy>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_MainWindow : public QObject {
    Q_OBJECT

private:
    QDate m_today = QDate::currentDate();

    static QWidget* focus() { return QApplication::focusWidget(); }
    static Pane* pane(WindowFixture& f, const char* name) {
        for (Pane* each : f.window->findChildren<Pane*>())
            if (each->accessibleName() == QLatin1String(name))
                return each;
        return nullptr;
    }
    static QStringList sidebarLists(WindowFixture& f) {
        QStringList names;
        const SidebarModel& model = *f.window->sidebar()->model();
        const QModelIndex lists = model.index(0, 0);
        for (int row = 0; row < model.rowCount(lists); ++row)
            names.append(model.index(row, 0, lists).data().toString());
        return names;
    }

private slots:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        WindowFixture::prepare();
    }

    void theSidebarFollowsTheLists() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {WindowFixture::entry("a", m_today)});
        f.start();
        QAbstractItemModelTester tester(f.window->sidebar()->model());
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "House", "New list"}));
        const auto bob = f.session.put(QStringLiteral("Bob's list"), {});
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "House", "Bob's list", "New list"}));
        const QModelIndex house = f.window->sidebar()->model()->indexOfList(2);
        QCOMPARE(house.data(Qt::AccessibleTextRole).toString(),
                 QStringLiteral("House, 1 open entry"));
        QVERIFY(f.session.submit(bob, todo::DeleteList{}, QStringLiteral("delete")));
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "House", "New list"}));
        f.session.undo();
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "House", "Bob's list", "New list"}));
    }

    void aNewListIsNamedInPlace() {
        WindowFixture f;
        f.start();
        QTest::keyClick(f.window.get(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        auto* editor = qobject_cast<QLineEdit*>(focus());
        QVERIFY(editor);
        QTest::keyClicks(editor, QStringLiteral("House"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE(sidebarLists(f), (QStringList{"Inbox", "House", "New list"}));
        QCOMPARE(f.session.listInfo(f.todo().list()).name, QStringLiteral("House"));
        QCOMPARE(focus(), f.quickAdd());
        // The same name again is refused in words, and nothing is made.
        QTest::keyClick(f.window.get(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        QTest::keyClicks(focus(), QStringLiteral("house"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QTRY_COMPARE(f.todo().bars()->bars().size(), 1);
        QCOMPARE(sidebarLists(f).size(), 3);
        QCOMPARE(f.todo().bars()->bars().constFirst()->text(),
                 QStringLiteral("There is a list named house. Choose another name."));
        // Left empty: nothing.
        QTest::keyClick(f.window.get(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        QTest::keyClick(focus(), Qt::Key_Return);
        QTRY_VERIFY(!qobject_cast<QLineEdit*>(focus()));
        QCOMPARE(sidebarLists(f).size(), 3);
    }

    void f2RenamesAndDeleteDeletesTheListOfTheSidebar() {
        WindowFixture f;
        const auto house =
            f.session.put(QStringLiteral("House"), {WindowFixture::entry("a", m_today)});
        f.start();
        f.window->showList(house);
        f.window->sidebar()->view()->setFocus();
        QTest::keyClick(focus(), Qt::Key_F2);
        QTest::keyClicks(focus(), QStringLiteral("Home"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QTRY_COMPARE(sidebarLists(f), (QStringList{"Inbox", "Home", "New list"}));
        f.window->sidebar()->view()->setFocus();
        QTest::keyClick(focus(), Qt::Key_Delete);
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "New list"}));
        QCOMPARE(f.todo().list(), todo::kInbox);
        QTest::keyClick(f.window.get(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "Home", "New list"}));
        QCOMPARE(f.todo().list(), house); // what was shown is shown again
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] a"}));
    }

    void aNameBeingTypedOutlastsAnotherCount() {
        WindowFixture f;
        const auto house = f.session.put(QStringLiteral("House"), {WindowFixture::entry("a")});
        f.start();
        f.window->showList(house);
        f.window->sidebar()->view()->setFocus();
        QTest::keyClick(focus(), Qt::Key_F2);
        auto* editor = qobject_cast<QLineEdit*>(focus());
        QVERIFY(editor);
        QCOMPARE(editor->text(), QStringLiteral("House"));
        QTest::keyClicks(editor, QStringLiteral("Home"));
        QVERIFY(f.session.submit(house, todo::AddEntries{{{.title = "b"}}}, QStringLiteral("add")));
        QCOMPARE(editor->text(), QStringLiteral("Home"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE(sidebarLists(f), (QStringList{"Inbox", "Home", "New list"}));
    }

    void theInboxStays() {
        WindowFixture f;
        f.start();
        f.window->sidebar()->view()->setFocus();
        QTest::keyClick(focus(), Qt::Key_Delete);
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "New list"}));
        QCOMPARE(f.todo().bars()->bars().size(), 1);
        QTest::keyClick(f.window->sidebar()->view(), Qt::Key_F2);
        QVERIFY(!qobject_cast<QLineEdit*>(focus()));
        QCOMPARE(f.todo().bars()->bars().size(), 2); // both said why
    }

    void deleteAndF2OnAPageTouchNoList() {
        WindowFixture f;
        const auto house =
            f.session.put(QStringLiteral("House"), {WindowFixture::entry("a", m_today)});
        f.start();
        f.window->showList(house);
        QVERIFY(f.action("list.delete")->isEnabled());
        f.window->showPage(QStringLiteral("tree"));
        f.window->sidebar()->view()->setFocus();
        for (const char* id : {"list.delete", "list.rename"}) {
            QVERIFY(!f.action(id)->isEnabled());
            QCOMPARE(ActionRegistry::reasonOf(f.action(id)),
                     QStringLiteral("Select a list in the sidebar first"));
        }
        QTest::keyClick(f.window->sidebar()->view(), Qt::Key_Delete);
        QTest::keyClick(f.window->sidebar()->view(), Qt::Key_F2);
        QCOMPARE(sidebarLists(f), (QStringList{"Inbox", "House", "New list"}));
        QVERIFY(!qobject_cast<QLineEdit*>(focus()));
        QVERIFY(!f.todo().isVisible());
        f.window->showList(house);
        QVERIFY(f.action("list.delete")->isEnabled());
        QVERIFY(f.action("list.rename")->isEnabled());
    }

    void f8SplitsAndShowsTheListsProcess() {
        WindowFixture f;
        const auto house = f.session.put(QStringLiteral("House"), {});
        f.start();
        f.window->showList(house);
        QSignalSpy wanted(f.window.get(), &MainWindow::listProcessWanted);
        QVERIFY(!f.page->isVisible());
        QTest::keyClick(f.window.get(), Qt::Key_F8);
        QVERIFY(f.window->isSplit());
        QVERIFY(f.page->isVisible());
        QVERIFY(f.todo().isVisible());
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted.constFirst().at(0).value<todo::ListId>(), house);
        QTest::keyClick(f.window.get(), Qt::Key_F8);
        QVERIFY(!f.page->isVisible());
        QVERIFY(f.todo().isVisible());
    }

    void f4ShowsTheProcessOfTheList() {
        WindowFixture f;
        const auto house =
            f.session.put(QStringLiteral("House"), {WindowFixture::entry("a", m_today)});
        f.start();
        f.window->showList(house);
        f.view()->setFocus();
        QSignalSpy wanted(f.window.get(), &MainWindow::listProcessWanted);
        QTest::keyClick(f.view(), Qt::Key_F4);
        QVERIFY(f.window->isSplit());
        QCOMPARE(wanted.constLast().at(1).toBool(), true);
    }

    void f6GoesAroundThePanes() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {WindowFixture::entry("a", m_today)});
        f.start();
        f.window->showList(2);
        f.window->setSplit(true);
        f.window->setInspectorShown(true);
        f.view()->setFocus();
        QStringList around;
        for (int i = 0; i < 4; ++i) {
            QTest::keyClick(f.window.get(), Qt::Key_F6);
            for (const char* name : {"Sidebar", "List", "Observer", "Inspector"})
                if (pane(f, name)->isActive())
                    around.append(QLatin1String(name));
        }
        QCOMPARE(around, (QStringList{"Observer", "Inspector", "Sidebar", "List"}));
        QTest::keyClick(f.window.get(), Qt::Key_F6, Qt::ShiftModifier);
        QVERIFY(pane(f, "Sidebar")->isActive());
        QVERIFY(!pane(f, "List")->isActive());
    }

    void findAndRefreshGoToTheActivePane() {
        WindowFixture f;
        f.start();
        f.window->setSplit(true);
        f.page->focusTarget()->setFocus();
        QTest::keyClick(f.window.get(), Qt::Key_F, Qt::ControlModifier);
        QCOMPARE(f.page->finds, 1);
        QTest::keyClick(f.window.get(), Qt::Key_F5);
        QCOMPARE(f.page->refreshes, 1);
        f.quickAdd()->setFocus();
        QTest::keyClick(f.window.get(), Qt::Key_F5);
        QCOMPARE(f.page->refreshes, 1);
    }

    void listsAndPagesHaveKeys() {
        WindowFixture f;
        const auto house = f.session.put(QStringLiteral("House"), {});
        f.start();
        QTest::keyClick(f.window.get(), Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(f.todo().list(), house);
        QTest::keyClick(f.window.get(), Qt::Key_1, Qt::AltModifier);
        QVERIFY(f.page->isVisible());
        QVERIFY(!f.todo().isVisible());
        QTest::keyClick(f.window.get(), Qt::Key_1, Qt::ControlModifier);
        QCOMPARE(f.todo().list(), todo::kInbox);
        QVERIFY(f.todo().isVisible());
    }

    void aNarrowWindowLaysTheInspectorOverThePage() {
        WindowFixture f;
        f.start({1280, 800});
        f.window->setInspectorShown(true);
        Pane* inspector = pane(f, "Inspector");
        const int wide = f.todo().width();
        QVERIFY(inspector->isVisible());
        f.window->resize(1000, 700);
        QVERIFY(inspector->isVisible());
        QVERIFY(f.todo().width() > inspector->x() + 100); // it lies over the page, not beside it
        QVERIFY(f.todo().width() >= wide - 280);
        f.view()->setFocus();
        QTest::keyClick(f.window.get(), Qt::Key_Escape);
        QVERIFY(!inspector->isVisible());
        QVERIFY(!f.action("view.inspector")->isChecked());
    }

    void aVeryNarrowWindowShowsIconsInTheSidebar() {
        WindowFixture f;
        f.start({1280, 800});
        QVERIFY(!f.window->sidebar()->iconsOnly());
        const int before = f.window->sidebar()->width();
        f.window->resize(920, 600);
        QVERIFY(f.window->sidebar()->iconsOnly());
        QCOMPARE(f.window->sidebar()->width(), 48);
        QCOMPARE(f.todo().mapTo(f.window.get(), QPoint()).x(), 49); // no gap where the words were
        f.window->resize(1280, 800);
        QVERIFY(!f.window->sidebar()->iconsOnly());
        QCOMPARE(f.window->sidebar()->width(), before);
        QCOMPARE(f.window->minimumSize(), QSize(900, 560));
    }

    void theSecondStartOpensWhatWasOpen() {
        WindowFixture f;
        const auto house = f.session.put(QStringLiteral("House"), {});
        f.start();
        f.window->showList(house);
        f.window->setSplit(true);
        f.window->setInspectorShown(true);
        f.window->close();
        f.window.reset();
        ActionRegistry fresh;
        MainWindow second(f.session, fresh, f.settings);
        second.addPage({QStringLiteral("tree"), QStringLiteral("Tree"), "tree", {}}, new PlainPage);
        second.setInspector(new QWidget);
        second.finish();
        QCOMPARE(second.todoPage()->list(), house);
        QVERIFY(second.isSplit());
        QVERIFY(second.inspectorShown());
        QCOMPARE(second.size(), QSize(1280, 800));
    }

    void aGreyedActionSaysWhyInTheStatusLine() {
        WindowFixture f;
        f.start();
        f.action("entry.tick")->hover();
        bool said = false;
        for (QWidget* label : f.window->statusLine()->findChildren<QWidget*>())
            said |= label->accessibleName() == QStringLiteral("Select an entry first");
        QVERIFY(said);
    }

    void theStatusLineIsTheTruth() {
        QCOMPARE(savingWords({}), QStringLiteral("All changes saved"));
        QCOMPARE(savingWords({3, 100, {}, false}), QString());
        QCOMPARE(savingWords({3, 250, {}, false}), QStringLiteral("Saving 3 changes\u2026"));
        QCOMPARE(savingWords({1, 250, {}, false}), QStringLiteral("Saving 1 change\u2026"));
        QCOMPARE(savingWords({3, 2500, QStringLiteral("SQLite worker 2 is restarting"), false}),
                 QStringLiteral("3 changes are not saved yet: SQLite worker 2 is restarting"));
        QCOMPARE(savingWords({3, 9, {}, true}),
                 QStringLiteral("Not saved: 3 changes wait. Start the to-do application"));
        WindowFixture f;
        f.start();
        QCOMPARE(f.window->statusLine()->savedText(), QStringLiteral("All changes saved"));
        f.session.hold();
        QVERIFY(f.session.submit(todo::kInbox, todo::AddEntries{{{.title = "x"}}},
                                 QStringLiteral("add")));
        QVERIFY(f.window->statusLine()->savedText() != QStringLiteral("All changes saved"));
        QTRY_COMPARE(f.window->statusLine()->savedText(), QStringLiteral("Saving 1 change\u2026"));
        f.session.release();
        QCOMPARE(f.window->statusLine()->savedText(), QStringLiteral("All changes saved"));
    }

    void thePaletteFindsAndRunsACommand() {
        WindowFixture f;
        f.start();
        QTest::keyClick(f.window.get(), Qt::Key_K, Qt::ControlModifier);
        auto* palette = f.window->findChild<CommandPalette*>();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>();
        QTest::keyClicks(field, QStringLiteral("split"));
        auto* rows = palette->findChild<QListView*>();
        QCOMPARE(rows->model()->index(0, 0).data().toString(), QStringLiteral("Split"));
        QTest::keyClick(field, Qt::Key_Return);
        QTRY_VERIFY(f.window->isSplit());
    }

    void theKeySheetListsTheKeys() {
        WindowFixture f;
        f.start();
        QTest::keyClick(f.window.get(), Qt::Key_F1);
        auto* sheet = f.window->findChild<KeySheet*>();
        QVERIFY(sheet);
        auto* view = sheet->findChild<TreeView*>();
        bool found = false;
        for (int group = 0; group < view->model()->rowCount(); ++group) {
            const QModelIndex parent = view->model()->index(group, 0);
            for (int row = 0; row < view->model()->rowCount(parent); ++row)
                found |= view->model()->index(row, 0, parent).data() == QStringLiteral("Split") &&
                         view->model()
                             ->index(row, 1, parent)
                             .data()
                             .toString()
                             .startsWith(QLatin1String("F8"));
        }
        QVERIFY(found);
        sheet->close();
    }

    void nothingFocusableIsWithoutAName() {
        WindowFixture f;
        f.session.put(QStringLiteral("House"), {WindowFixture::entry("a", m_today)});
        f.start();
        f.window->showList(2);
        f.window->setSplit(true);
        f.todo().showWelcomeBar([] {});
        for (const QWidget* widget : f.window->findChildren<QWidget*>()) {
            if (!widget->isVisible() || widget->focusPolicy() == Qt::NoFocus)
                continue;
            QAccessibleInterface* accessible =
                QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
            QVERIFY(accessible);
            const QString name = accessible->text(QAccessible::Name);
            const bool bare = widget == f.page->parentWidget() || name.isEmpty();
            QVERIFY2(!bare || qobject_cast<const Pane*>(widget->parentWidget()),
                     qPrintable(QString::fromLatin1(widget->metaObject()->className())));
        }
    }
};

QTEST_MAIN(tst_MainWindow)
#include "tst_main_window.moc"
