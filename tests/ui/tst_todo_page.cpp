// A list in the window, used as a person uses it: keys, clicks, undo.

#include "ui/window_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/search_field.h>
#include <ui/todo/date_popup.h>

#include <QClipboard>
#include <QElapsedTimer>
#include <QLabel>
#include <QScrollBar>
#include <QSignalSpy>
#include <QToolButton>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_TodoPage : public QObject {
    Q_OBJECT

private:
    QDate m_today = QDate::currentDate();

    /// A window on a list of three entries today, with the keyboard on the first.
    void begin(WindowFixture& f) {
        const auto list =
            f.session.put(QStringLiteral("House"),
                          {WindowFixture::entry("a", m_today), WindowFixture::entry("b", m_today),
                           WindowFixture::entry("c", m_today)});
        f.start();
        f.window->showList(list);
        f.view()->setFocus();
        f.todo().selectEntry(1);
    }

    static QWidget* focus() { return QApplication::focusWidget(); }

    /// The buttons of the newest bar by text.
    static QToolButton* link(WindowFixture& f, const QString& text) {
        for (QToolButton* button : f.todo().bars()->findChildren<QToolButton*>())
            if (button->text() == text)
                return button;
        return nullptr;
    }

private slots:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        WindowFixture::prepare();
    }

    void enterInQuickAddAddsAndStays() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.window.get(), Qt::Key_N, Qt::ControlModifier);
        QCOMPARE(focus(), f.quickAdd());
        QTest::keyClicks(focus(), QStringLiteral("Buy milk"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QCOMPARE(f.lines(),
                 (QStringList{"Today", "  [ ] a", "  [ ] b", "  [ ] c", "  [ ] Buy milk"}));
        QCOMPARE(focus(), f.quickAdd());
        QVERIFY(f.quickAdd()->text().isEmpty());
        QCOMPARE(f.session.undoName(), QStringLiteral("add 'Buy milk'"));
        QTest::keyClick(focus(), Qt::Key_Z,
                        Qt::ControlModifier); // empty: the list's undo, not the line's
        QCOMPARE(f.lines().size(), 4);
        QTest::keyClick(focus(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(f.lines().size(), 5);
    }

    void undoInsideTheLineIsTheLines() {
        WindowFixture f;
        begin(f);
        f.quickAdd()->setFocus();
        QTest::keyClicks(focus(), QStringLiteral("half"));
        QTest::keyClick(focus(), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(f.quickAdd()->text() != QStringLiteral("half"));
        QCOMPARE(f.lines().size(), 4);
    }

    void nInTheListGoesToQuickAddAndEscComesBack() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_N);
        QCOMPARE(focus(), f.quickAdd());
        QTest::keyClick(focus(), Qt::Key_Escape);
        QCOMPARE(focus(), f.view());
    }

    void aTitleThatIsTooLongStaysInTheLine() {
        WindowFixture f;
        begin(f);
        const QString tooLong(501, QLatin1Char('x'));
        f.quickAdd()->setFocus();
        f.quickAdd()->setText(tooLong);
        QTest::keyClick(focus(), Qt::Key_Return);
        QCOMPARE(f.quickAdd()->text(), tooLong);
        QCOMPARE(f.lines().size(), 4);
        QCOMPARE(f.todo().bars()->bars().size(), 1);
        QCOMPARE(f.todo().bars()->bars().constFirst()->text(),
                 QStringLiteral("A title can have 500 characters; this one has 501."));
    }

    void newEntriesGetTheDateOfTheChip() {
        WindowFixture f;
        begin(f);
        f.quickAdd()->setFocus();
        QTest::keyClick(focus(), Qt::Key_D, Qt::ControlModifier);
        QVERIFY(QApplication::activePopupWidget());
        QTest::keyClick(QApplication::activePopupWidget()->focusProxy(), Qt::Key_M);
        QVERIFY(!QApplication::activePopupWidget());
        QTest::keyClicks(f.quickAdd(), QStringLiteral("d"));
        QTest::keyClick(f.quickAdd(), Qt::Key_Return);
        QCOMPARE(f.lines(),
                 (QStringList{"Today", "  [ ] a", "  [ ] b", "  [ ] c", "Tomorrow", "  [ ] d"}));
    }

    void pastingLinesOffersToAddThemAll() {
        WindowFixture f;
        begin(f);
        QApplication::clipboard()->setText(QStringLiteral("one\r\ntwo\n\n three \n"));
        f.quickAdd()->setFocus();
        QTest::keyClick(focus(), Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(f.lines().size(), 4); // nothing yet
        QToolButton* add = link(f, QStringLiteral("Add 3 entries"));
        QVERIFY(add);
        QTest::mouseClick(add, Qt::LeftButton);
        QCOMPARE(f.lines().mid(4), (QStringList{"  [ ] one", "  [ ] two", "  [ ] three"}));
        QCOMPARE(f.session.undoName(), QStringLiteral("add 3 entries"));
        f.session.undo();
        QCOMPARE(f.lines().size(), 4);
    }

    void spaceTicksOffAndUndoTakesItBack() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_Space);
        QCOMPARE(f.lines().at(1), QStringLiteral("  [x] a"));
        QCOMPARE(f.action("edit.undo")->text(), QStringLiteral("&Undo tick off 'a'"));
        QTest::keyClick(f.view(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(f.lines().at(1), QStringLiteral("  [ ] a"));
        QVERIFY(!f.action("edit.undo")->isEnabled());
        QCOMPARE(ActionRegistry::reasonOf(f.action("edit.undo")),
                 QStringLiteral("Nothing was changed since the start"));
    }

    void aClickOnTheBoxTicksAndOneBesideItDoesNot() {
        WindowFixture f;
        begin(f);
        const QRect row = f.view()->visualRect(f.model().indexOf(2));
        QTest::mouseClick(f.view()->viewport(), Qt::LeftButton, {}, QPoint(25, row.center().y()));
        QCOMPARE(f.lines().at(2), QStringLiteral("  [x] b"));
        QTest::mouseClick(f.view()->viewport(), Qt::LeftButton, {}, QPoint(120, row.center().y()));
        QCOMPARE(f.lines().at(2), QStringLiteral("  [x] b"));
        // Pressed on the box, released elsewhere: nothing.
        QTest::mousePress(f.view()->viewport(), Qt::LeftButton, {}, QPoint(25, row.center().y()));
        QTest::mouseRelease(f.view()->viewport(), Qt::LeftButton, {},
                            QPoint(300, row.center().y()));
        QCOMPARE(f.lines().at(2), QStringLiteral("  [x] b"));
    }

    void severalAreTickedAsOneStep() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_Down, Qt::ShiftModifier);
        QTest::keyClick(f.view(), Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(f.todo().selectedEntries().size(), std::size_t(3));
        QTest::keyClick(f.view(), Qt::Key_Space);
        QCOMPARE(f.session.undoName(), QStringLiteral("tick off 3 entries"));
        QCOMPARE(f.lines(), (QStringList{"Today", "  [x] a", "  [x] b", "  [x] c"}));
        f.session.undo();
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] a", "  [ ] b", "  [ ] c"}));
    }

    void enterEditsTheTitleAndEscLeavesIt() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_Return);
        auto* editor = qobject_cast<QLineEdit*>(focus());
        QVERIFY(editor);
        QCOMPARE(editor->text(), QStringLiteral("a"));
        QVERIFY(!editor->accessibleName().isEmpty());
        QTest::keyClicks(editor, QStringLiteral("zz"));
        QTest::keyClick(editor, Qt::Key_Escape);
        QCOMPARE(f.lines().at(1), QStringLiteral("  [ ] a"));
        QCOMPARE(focus(), f.view());
        QTest::keyClick(f.view(), Qt::Key_F2);
        QTest::keyClicks(focus(), QStringLiteral("Dentist"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QTRY_COMPARE(f.lines().at(1), QStringLiteral("  [ ] Dentist"));
        QCOMPARE(f.session.undoName(), QStringLiteral("edit 'a'"));
    }

    void deleteInsideAnEditorDeletesLettersOnly() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_F2);
        QTest::keyClick(focus(), Qt::Key_Home);
        QTest::keyClick(focus(), Qt::Key_Delete);
        QTest::keyClicks(focus(), QStringLiteral("d n"));
        QTest::keyClick(focus(), Qt::Key_Return);
        QTRY_COMPARE(f.lines(), (QStringList{"Today", "  [ ] d n", "  [ ] b", "  [ ] c"}));
    }

    void anEmptyTitleIsRefusedInWords() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_F2);
        qobject_cast<QLineEdit*>(focus())->clear();
        QTest::keyClick(focus(), Qt::Key_Return);
        QTRY_COMPARE(f.todo().bars()->bars().size(), 1);
        QCOMPARE(f.lines().at(1), QStringLiteral("  [ ] a"));
        QCOMPARE(f.todo().bars()->bars().constFirst()->text(),
                 QStringLiteral("An entry needs a title."));
    }

    void deleteGoesOnWithTheNextRow() {
        WindowFixture f;
        begin(f);
        f.todo().selectEntry(2);
        QTest::keyClick(f.view(), Qt::Key_Delete);
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] a", "  [ ] c"}));
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{3});
        QTest::keyClick(f.view(), Qt::Key_Delete);
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{1});
        QTest::keyClick(f.view(), Qt::Key_Delete);
        QVERIFY(f.lines().isEmpty());
        for (int i = 0; i < 3; ++i)
            f.session.undo();
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] a", "  [ ] b", "  [ ] c"}));
    }

    void dMovesToAnotherDay() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_D);
        QTest::keyClick(QApplication::activePopupWidget()->focusProxy(), Qt::Key_M);
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] b", "  [ ] c", "Tomorrow", "  [ ] a"}));
        QCOMPARE(f.session.undoName(), QStringLiteral("move 'a' to tomorrow"));
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{1});
        QTest::keyClick(f.view(), Qt::Key_D);
        QTest::keyClick(QApplication::activePopupWidget()->focusProxy(), Qt::Key_X);
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] b", "  [ ] c", "No date", "  [ ] a"}));
    }

    void aTypedDateIsTakenAndAWrongOneIsExplained() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_D);
        QWidget* field = QApplication::activePopupWidget()->focusProxy();
        QTest::keyClicks(field, QStringLiteral("2031-04-31"));
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(QApplication::activePopupWidget()); // still asks
        bool said = false;
        for (QLabel* label : QApplication::activePopupWidget()->findChildren<QLabel*>())
            said |= label->text() ==
                    QStringLiteral("There is no 31 April 2031. Did you mean 30 April?");
        QVERIFY(said);
        qobject_cast<QLineEdit*>(field)->clear();
        QTest::keyClicks(field, QStringLiteral("2031-04-30"));
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(f.model().indexOf(1).data(EntryModel::DateRole).toDate(), QDate(2031, 4, 30));
    }

    void findGoesFromMatchToMatch() {
        WindowFixture f;
        const auto list = f.session.put(
            QStringLiteral("L"),
            {WindowFixture::entry("Buy milk", m_today), WindowFixture::entry("Walk", m_today),
             WindowFixture::entry("More MILK"), WindowFixture::entry("old milk", m_today, true)});
        f.start();
        f.window->showList(list);
        QTest::keyClick(f.window.get(), Qt::Key_F, Qt::ControlModifier);
        QCOMPARE(focus(), f.todo().findField());
        QTest::keyClicks(focus(), QStringLiteral("milk"));
        QCOMPARE(f.todo().findField()->result(), QStringLiteral("1 of 3"));
        QTest::keyClick(focus(), Qt::Key_F3);
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{3});
        QTest::keyClick(focus(), Qt::Key_Return);
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{4}); // unfolded for it
        QTest::keyClick(focus(), Qt::Key_F3, Qt::ShiftModifier);
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{3});
        QTest::keyClick(focus(), Qt::Key_Escape);
        QCOMPARE(focus(), f.view());
        QVERIFY(f.todo().findField()->text().isEmpty());
        f.todo().find();
        QTest::keyClicks(focus(), QStringLiteral("nowhere"));
        QCOMPARE(f.todo().findField()->result(), QStringLiteral("none"));
    }

    void doneIsFoldedAndUnfoldsByKeyAndClick() {
        WindowFixture f;
        const auto list =
            f.session.put(QStringLiteral("L"), {WindowFixture::entry("open", m_today),
                                                WindowFixture::entry("old", m_today, true)});
        f.start();
        f.window->showList(list);
        f.view()->setFocus();
        const QModelIndex done = f.model().index(1, 0);
        QVERIFY(!f.view()->isExpanded(done));
        f.todo().selectEntry(1);
        QTest::keyClick(f.view(), Qt::Key_Down);
        QCOMPARE(f.view()->currentIndex(), done);
        QTest::keyClick(f.view(), Qt::Key_Space);
        QVERIFY(f.view()->isExpanded(done));
        QTest::mouseClick(f.view()->viewport(), Qt::LeftButton, {},
                          f.view()->visualRect(done).center());
        QVERIFY(!f.view()->isExpanded(done));
    }

    void goingBackToAListFindsTheRowAndThePlace() {
        WindowFixture f;
        std::vector<todo::NewEntry> many;
        for (int i = 0; i < 200; ++i)
            many.push_back(WindowFixture::entry("x", m_today));
        const auto first = f.session.put(QStringLiteral("One"), many);
        const auto second = f.session.put(QStringLiteral("Two"), many);
        f.start();
        f.window->showList(first);
        f.todo().selectEntry(150);
        const int place = f.view()->verticalScrollBar()->value();
        QVERIFY(place > 0);
        f.window->showList(second);
        QCOMPARE(f.session.openCount(first), 0); // a list that is not shown is not in use
        QCOMPARE(f.session.openCount(second), 1);
        f.window->showList(first);
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{150});
        QCOMPARE(f.view()->verticalScrollBar()->value(), place);
    }

    void aListThatIsStillReadSaysSo() {
        WindowFixture f;
        f.session.setSlow(true);
        const auto list = f.session.put(QStringLiteral("L"), {WindowFixture::entry("a", m_today)});
        f.start();
        f.window->showList(list);
        QCOMPARE(f.model().entryCount(), 0);
        f.session.arrive(list);
        QCOMPARE(f.lines(), (QStringList{"Today", "  [ ] a"}));
        QCOMPARE(f.todo().selectedEntries(), std::vector<todo::EntryId>{1});
        QVERIFY(f.view()->isExpanded(f.model().index(0, 0)));
    }

    void whatIsNotOnDiskIsMarked() {
        WindowFixture f;
        begin(f);
        f.session.hold();
        QTest::keyClick(f.view(), Qt::Key_Space);
        QVERIFY(f.model().indexOf(1).data(EntryModel::PendingRole).toBool());
        QCOMPARE(f.model().indexOf(1).data(Qt::ToolTipRole).toString(),
                 QStringLiteral("Not on disk yet"));
        QVERIFY(!f.model().indexOf(2).data(EntryModel::PendingRole).toBool());
        f.session.release();
        QVERIFY(!f.model().indexOf(1).data(EntryModel::PendingRole).toBool());
    }

    void copyTakesTheTitles() {
        WindowFixture f;
        begin(f);
        QTest::keyClick(f.view(), Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(f.view(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("a\nb\nc"));
    }

    void tenThousandEntriesAreShownWithoutDelay() {
        WindowFixture f;
        std::vector<todo::NewEntry> many;
        for (int i = 0; i < 10'000; ++i)
            many.push_back(WindowFixture::entry("Something", m_today.addDays(i % 900 - 300)));
        const auto list = f.session.put(QStringLiteral("Many"), many);
        f.start();
        QElapsedTimer timer;
        timer.start();
        f.window->showList(list);
        f.view()->grab();
        // A generous bound for a debug build on a busy machine: it catches what grows with the
        // square.
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(f.model().entryCount(), 10'000);
    }
};

QTEST_MAIN(tst_TodoPage)
#include "tst_todo_page.moc"
