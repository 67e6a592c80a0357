#include "ui/observer_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/roles.h>
#include <ui/common/search_field.h>
#include <ui/observer/drawn_tree.h>
#include <ui/observer/outline_view.h>
#include <ui/observer/tree_page.h>

#include <QAction>
#include <QDir>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;
using namespace std::chrono_literals;

class tst_TreePage : public QObject {
    Q_OBJECT

private:
    struct Shown : ObserverFixture {
        explicit Shown(TreePage::Form form = TreePage::Form::Outline)
            : page(context, actions, registry, &window) {
            page.setForm(form);
            window.resize(1064, 744);
            page.resize(window.size());
            window.show();
            page.show();
            window.activateWindow();
            page.focusTarget()->setFocus();
            if (!QTest::qWaitForWindowActive(&window))
                QFAIL("the window is not active");
        }
        TreePage page;
        void select(const std::string& name) {
            page.reveal(context.subjectAt(node.placeNamed(name)));
        }
        QString selected() { return text(context.tree().place(context.subject().place)->name); }
    };

private slots:
    void initTestCase() { useTheme(); }

    void supervisorsStartUnfolded() {
        Shown shown;
        QCOMPARE(shown.page.outline()->visiblePlaces().size(), std::size_t(16));
    }

    void aBarThatComesDoesNotHideTheSelectedRow() {
        Shown shown;
        shown.page.resize(1064, 380);
        const PlaceId last = shown.node.placeNamed("EventRecorder");
        shown.page.reveal(shown.context.subjectAt(last));
        const auto row = [&] {
            return shown.page.outline()->visualRect(shown.context.tree().indexOf(last));
        };
        QTRY_VERIFY(shown.page.outline()->viewport()->rect().contains(row().center()));
        const int before = shown.page.outline()->viewport()->height();
        shown.page.showHint("This is the process of <i>Welcome to Grove</i>.");
        QTRY_VERIFY(shown.page.outline()->viewport()->height() < before);
        QVERIFY(row().bottom() <= shown.page.outline()->viewport()->height());
    }

    void countersAreReadForVisibleRowsOnly() {
        Shown shown;
        const PlaceId cache = shown.node.placeNamed("ListCache");
        for (int i = 0; i < 150; ++i)
            shown.node.add({.name = "list " + std::to_string(i), .parent = cache});
        QTRY_VERIFY(shown.context.tree().size() > 160);
        const PlaceId last = shown.node.placeNamed("list 149");
        const PlaceId near = shown.node.placeNamed("Registry");
        shown.context.refresh().refreshNow();
        QTRY_VERIFY(shown.context.tree().live(near));
        QVERIFY(!shown.context.tree().live(last));
        shown.page.outline()->verticalScrollBar()->setValue(
            shown.page.outline()->verticalScrollBar()->maximum());
        shown.page.outline()->reveal(last);
        QTRY_VERIFY(shown.context.tree().live(last));
    }

    void aHiddenPageReadsNothing() {
        Shown shown;
        shown.page.hide();
        const PlaceId near = shown.node.placeNamed("Registry");
        QCoreApplication::processEvents();
        shown.node.infoOf(shown.node.pidOf("Registry")).row.mailbox = 77;
        shown.context.refresh().refreshNow();
        QCoreApplication::processEvents();
        const ProcessRow* live = shown.context.tree().live(near);
        QVERIFY(!live || live->mailbox != 77);
    }

    void aRestartReachesTheTreeWithoutARefresh() {
        Shown shown;
        shown.context.refresh().setPaused(true);
        shown.node.crash(shown.node.placeNamed("SQLite worker 2"), "badmatch");
        QTRY_COMPARE(shown.context.tree()
                         .indexOf(shown.node.placeNamed("SQLite worker 2"), TreeModel::PidColumn)
                         .data()
                         .toString(),
                     "#PID<0.97.0>");
    }

    void bothFormsHaveOneSelection() {
        Shown shown;
        shown.select("Registry");
        QCOMPARE(shown.selected(), "Registry");
        shown.page.setForm(TreePage::Form::Drawn);
        QCOMPARE(shown.page.drawn()->currentPlace(), shown.node.placeNamed("Registry"));
        QTest::keyClick(shown.page.drawn(), Qt::Key_Down);
        QCOMPARE(shown.selected(), "DatabaseSupervisor");
        shown.page.setForm(TreePage::Form::Outline);
        QCOMPARE(shown.page.outline()->currentIndex().data().toString(), "DatabaseSupervisor");
    }

    void ctrlShiftDChangesTheForm() {
        Shown shown;
        QTest::keyClick(shown.page.outline(), Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(shown.page.form(), TreePage::Form::Drawn);
        QTRY_VERIFY(shown.page.drawn()->hasFocus());
        QTest::keyClick(shown.page.drawn(), Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(shown.page.form(), TreePage::Form::Outline);
    }

    void findingStepsThroughTheMatches() {
        Shown shown;
        shown.page.find();
        QTest::keyClicks(shown.page.searchField(), "sqlite");
        QCOMPARE(shown.selected(), "SQLite worker 1");
        QCOMPARE(shown.page.searchField()->result(), "1 of 3");
        QTest::keyClick(shown.page.searchField(), Qt::Key_Return);
        QCOMPARE(shown.selected(), "SQLite worker 2");
        QCOMPARE(shown.page.searchField()->result(), "2 of 3");
        shown.page.findPrevious();
        shown.page.findPrevious();
        QCOMPARE(shown.selected(), "SQLite worker 3");
        QVERIFY(shown.page.stepBack());
        QVERIFY(!shown.page.stepBack());
    }

    void foldedRowsStayFoldedWhenAProcessIsReplaced() {
        Shown shown;
        OutlineView* outline = shown.page.outline();
        const QModelIndex database =
            shown.context.tree().indexOf(shown.node.placeNamed("DatabaseSupervisor"));
        outline->collapse(database);
        shown.node.crash(shown.node.placeNamed("SQLite worker 2"), "killed");
        QTRY_COMPARE(shown.context.tree().place(shown.node.placeNamed("SQLite worker 2"))->restarts,
                     1U);
        QVERIFY(!outline->isExpanded(database));
        shown.select("SQLite worker 1");
        QVERIFY(outline->isExpanded(database));
    }

    void aStarUnfoldsAllBelow() {
        Shown shown;
        shown.page.outline()->collapseAll();
        shown.select("todo");
        QTest::keyClick(shown.page.outline(), Qt::Key_Asterisk);
        QVERIFY(shown.page.outline()->isExpanded(
            shown.context.tree().indexOf(shown.node.placeNamed("DatabaseSupervisor"))));
    }

    void lettersJumpToAName() {
        Shown shown;
        shown.select("todo");
        QTest::keyClicks(shown.page.outline(), "met");
        QCOMPARE(shown.selected(), "MetricsTask");
        shown.page.setForm(TreePage::Form::Drawn);
        QTest::keyClicks(shown.page.drawn(), "reg");
        QCOMPARE(shown.selected(), "Registry");
    }

    void arrowsWalkTheDrawnTree() {
        Shown shown(TreePage::Form::Drawn);
        shown.select("SQLite worker 1");
        DrawnTree* drawn = shown.page.drawn();
        QTest::keyClick(drawn, Qt::Key_Left);
        QCOMPARE(shown.selected(), "DatabaseSupervisor");
        QTest::keyClick(drawn, Qt::Key_Down);
        QCOMPARE(shown.selected(), "ListCache");
        QTest::keyClick(drawn, Qt::Key_Right);
        QCOMPARE(shown.selected(), "Welcome to Grove");
        QTest::keyClick(drawn, Qt::Key_Left);
        QTest::keyClick(drawn, Qt::Key_Left);
        QTest::keyClick(drawn, Qt::Key_Left);
        QCOMPARE(shown.selected(), "todo");
    }

    void keysAndWheelZoom() {
        Shown shown(TreePage::Form::Drawn);
        DrawnTree* drawn = shown.page.drawn();
        const double before = drawn->zoom();
        QTest::keyClick(drawn, Qt::Key_Plus);
        QVERIFY(drawn->zoom() > before);
        QTest::keyClick(drawn, Qt::Key_0);
        QCOMPARE(drawn->zoom(), 1.0);
        QTest::keyClick(drawn, Qt::Key_Minus);
        QVERIFY(drawn->zoom() < 1.0);
        QTest::keyClick(drawn, Qt::Key_Home);
        QVERIFY(drawn->layoutResult().size.height() * drawn->zoom() <=
                drawn->viewport()->height() + 1);
    }

    void theOtherSideOfAMonitorIsDrawn() {
        Shown shown(TreePage::Form::Drawn);
        shown.select("Welcome to Grove");
        QTRY_COMPARE(shown.page.drawn()->relations().size(), 1);
        const Relation relation = shown.page.drawn()->relations().front();
        QCOMPARE(relation.other, shown.node.placeNamed("Window"));
        QVERIFY(relation.monitor);
        QCOMPARE(relation.label, "Window monitors this process");
        shown.select("Registry"); // linked with its supervisor only, which the tree shows
        QTRY_COMPARE(shown.page.drawn()->relations().size(), 0);
    }

    void aClickSelectsAndAHoverOutlines() {
        Shown shown(TreePage::Form::Drawn);
        DrawnTree* drawn = shown.page.drawn();
        QTest::mouseClick(drawn->viewport(), Qt::LeftButton, {},
                          drawn->boxInViewport(shown.node.placeNamed("Bob's list")).center());
        QCOMPARE(shown.selected(), "Bob's list");
        shown.node.change(shown.node.placeNamed("DatabaseSupervisor"),
                          [](Place& p) { p.strategy = Strategy::OneForAll; });
        shown.context.pull();
        QTest::mouseMove(drawn->viewport(),
                         drawn->boxInViewport(shown.node.placeNamed("SQLite worker 1")).center());
        QTRY_VERIFY(shown.context.tree()
                        .indexOf(shown.node.placeNamed("SQLite worker 3"))
                        .data(OutlineRole)
                        .toBool());
    }

    void tenThousandPlacesAreLaidOutElsewhereAndPaintQuickly() {
        Shown shown(TreePage::Form::Drawn);
        const PlaceId cache = shown.node.placeNamed("ListCache");
        for (int i = 0; i < 10'000; ++i)
            shown.node.add({.name = "list " + std::to_string(i), .parent = cache});
        shown.context.pull();
        DrawnTree* drawn = shown.page.drawn();
        QTRY_VERIFY(drawn->layoutResult().nodes.size() > 10'000);
        QVERIFY(drawn->visiblePlaces().size() < 100);
        shown.select("list 9999");
        QVERIFY(drawn->viewport()->rect().contains(
            drawn->boxInViewport(shown.node.placeNamed("list 9999"))));
    }
};

QTEST_MAIN(tst_TreePage)
#include "tst_tree_page.moc"
