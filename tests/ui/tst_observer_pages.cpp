// What the observer's pages have in common: columns that are kept, rows that are copied, and that
// nothing is painted that did not change.
#include "ui/observer_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/views.h>
#include <ui/observer/outline_view.h>
#include <ui/observer/processes_page.h>
#include <ui/observer/tree_page.h>

#include <QClipboard>
#include <QGuiApplication>
#include <QPaintEvent>
#include <QSignalSpy>
#include <QTest>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;
using namespace std::chrono_literals;

namespace {

template <class Kind> struct Shown : ObserverFixture {
    explicit Shown(int strays = 0) : page(make(strays)) {
        window.resize(1064, 744);
        page->resize(window.size());
        window.show();
        page->show();
        window.activateWindow();
        page->focusTarget()->setFocus();
        if (!QTest::qWaitForWindowActive(&window))
            QFAIL("the window is not active");
    }
    Kind* make(int strays) {
        node.addStrays(static_cast<std::size_t>(strays));
        return new Kind(context, actions, registry, &window);
    }
    Kind* page; ///< the window's
};

/// What is painted of a viewport from now on.
class Painted : public QObject {
public:
    explicit Painted(QWidget* viewport) : m_viewport(viewport) {
        viewport->installEventFilter(this);
    }
    bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == QEvent::Paint)
            m_region += static_cast<QPaintEvent*>(event)->region();
        return false;
    }
    /// Returns: the area painted since the last time.
    QRegion take() { return std::exchange(m_region, {}); }
    QWidget* viewport() const { return m_viewport; }

private:
    QWidget* m_viewport;
    QRegion m_region;
};

/// A refresh, and all that follows from it.
void refresh(ObserverContext& context) {
    context.refresh().refreshNow();
    for (int turn = 0; turn < 10; ++turn) // the node answers through the event loop
        QCoreApplication::processEvents();
}

/// Visible columns from left to right.
QStringList columns(const HeaderView& header) {
    QStringList out;
    for (int visual = 0; visual < header.count(); ++visual) {
        const int column = header.logicalIndex(visual);
        if (!header.isSectionHidden(column))
            out << header.model()->headerData(column, Qt::Horizontal).toString();
    }
    return out;
}

} // namespace

class tst_ObserverPages : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { useTheme(); }

    void columnsOrderAndWidthsAreKept() {
        QVariantMap kept;
        {
            Shown<ProcessesPage> shown;
            HeaderView* header = shown.page->table()->headerView();
            QCOMPARE(columns(*header).first(3), (QStringList{"Name", "Pid", "Status"}));
            header->setChosen(int(Column::Behaviour), false);
            header->setChosen(int(Column::Application), true);
            header->moveSection(header->visualIndex(int(Column::Memory)), 1);
            header->resizeSection(int(Column::Memory), 140);
            header->setSortIndicator(int(Column::Memory), Qt::DescendingOrder);
            kept = shown.page->arrangement();
        }
        Shown<ProcessesPage> again;
        again.page->arrange(kept);
        HeaderView* header = again.page->table()->headerView();
        QCOMPARE(columns(*header).first(3), (QStringList{"Name", "Memory", "Pid"}));
        QVERIFY(columns(*header).contains("Application"));
        QVERIFY(!columns(*header).contains("Behaviour"));
        QCOMPARE(header->sectionSize(int(Column::Memory)), 140);
        QCOMPARE(again.page->model()->query().order, Column::Memory);
        QVERIFY(again.page->model()->query().descending);
        again.page->arrange({}); // View > Restore layout
        QCOMPARE(columns(*header).first(3), (QStringList{"Name", "Pid", "Status"}));
        QVERIFY(columns(*header).contains("Behaviour"));
        QCOMPARE(header->sectionSize(int(Column::Memory)), 96);
    }

    void anArrangementOfAnotherVersionDoesNoHarm() {
        Shown<ProcessesPage> shown;
        const QStringList before = columns(*shown.page->table()->headerView());
        shown.page->arrange(
            {{"columns", QStringList{"99:10:1", "x", "-1:5:0", "3:1:1"}}, {"sort", 77}});
        QVERIFY(columns(*shown.page->table()->headerView()).size() >= before.size());
        QCOMPARE(shown.page->model()->query().order, Column::Pid);
    }

    void aDraggedEdgeIsTakenFromTheName() {
        Shown<TreePage> shown;
        HeaderView* header = shown.page->outline()->headerView();
        const int all = header->length();
        header->resizeSection(TreeModel::StatusColumn, 180);
        QCOMPARE(header->sectionSize(TreeModel::StatusColumn), 180);
        QCOMPARE(header->length(), all);
    }

    void theFormOfTheTreeIsKept() {
        Shown<TreePage> shown;
        shown.page->setForm(TreePage::Form::Drawn);
        Shown<TreePage> again;
        again.page->arrange(shown.page->arrangement());
        QCOMPARE(again.page->form(), TreePage::Form::Drawn);
    }

    void copyTakesTheSelectedRowOfTheTree() {
        Shown<TreePage> shown;
        shown.page->reveal(shown.context.subjectAt(shown.node.placeNamed("SQLite worker 3")));
        refresh(shown.context);
        shown.page->copySelection();
        const QStringList cells = QGuiApplication::clipboard()->text().split(u'\t');
        QCOMPARE(cells.value(0), QString("SQLite worker 3"));
        QCOMPARE(cells.value(1),
                 "#PID" + QString::fromStdString(shown.node.pidOf("SQLite worker 3").toString()));
        QCOMPARE(cells.value(2), QString("own thread"));
        QCOMPARE(cells.value(3), QString("2"));
    }

    void copyTakesTheSelectedRowsOfTheTableAsTheyStand() {
        Shown<ProcessesPage> shown;
        QTRY_VERIFY(shown.page->model()->rowCount() > 5);
        QTRY_VERIFY(!shown.page->model()->index(1, int(Column::Name)).data().toString().isEmpty());
        QItemSelectionModel* selection = shown.page->table()->selectionModel();
        for (const int row : {3, 1})
            selection->select(shown.page->model()->index(row, 0),
                              QItemSelectionModel::Select | QItemSelectionModel::Rows);
        shown.page->copySelection();
        const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
        QCOMPARE(lines.size(), 2);
        const auto cell = [&](int row, Column column) {
            return shown.page->model()->index(row, int(column)).data().toString();
        };
        QVERIFY2(lines.at(0).startsWith(cell(1, Column::Name) + '\t' + cell(1, Column::Pid) + '\t'),
                 qPrintable(lines.at(0)));
        QVERIFY2(lines.at(1).startsWith(cell(3, Column::Name) + '\t' + cell(3, Column::Pid) + '\t'),
                 qPrintable(lines.at(1)));
        QCOMPARE(lines.at(0).count(u'\t'), 6);
    }

    void aRefreshOfATreeAtRestPaintsNothing() {
        Shown<TreePage> shown;
        refresh(shown.context);
        refresh(shown.context);
        Painted painted(shown.page->outline()->viewport());
        for (int tick = 0; tick < 3; ++tick) {
            shown.node.advance(1s);
            refresh(shown.context);
        }
        QCOMPARE(painted.take(), QRegion());
    }

    void aRefreshOfTheTablePaintsOnlyTheCellsThatChanged() {
        Shown<ProcessesPage> shown;
        QTRY_VERIFY(shown.page->model()->rowCount() > 5);
        for (int tick = 0; tick < 3; ++tick) {
            shown.node.advance(1s);
            refresh(shown.context);
        }
        Painted painted(shown.page->table()->viewport());
        shown.node.advance(1s);
        refresh(shown.context);
        QCOMPARE(painted.take(), QRegion());
        // 36 reductions a second: one cell of one row.
        const Pid pid = shown.page->model()->pidAt(2);
        shown.node.work(pid, 36);
        shown.node.advance(1s);
        refresh(shown.context);
        const QRect cell = shown.page->table()->visualRect(
            shown.page->model()->index(2, int(Column::ReductionsDelta)));
        const QRect area = painted.take().boundingRect();
        QVERIFY(!area.isEmpty());
        QVERIFY2(cell.adjusted(-1, -1, 1, 1).contains(area),
                 qPrintable(QStringLiteral("%1 %2 %3x%4")
                                .arg(area.x())
                                .arg(area.y())
                                .arg(area.width())
                                .arg(area.height())));
    }

    void nothingIsToldWhereNothingChanged() {
        Shown<TreePage> shown;
        QSignalSpy pulled(&shown.context, &ObserverContext::pulled);
        shown.context.pull();
        QCOMPARE(pulled.count(), 0);
        shown.node.crash(shown.node.placeNamed("SQLite worker 2"), "boo");
        shown.context.pull();
        QVERIFY(pulled.count() > 0);
    }

    void theStoppedBarIsSaidOnceInASplit() {
        Shown<TreePage> shown;
        shown.node.change(shown.node.placeNamed("todo"),
                          [](Place& place) { place.state = PlaceState::Stopped; });
        shown.context.pull();
        QCOMPARE(shown.page->bars()->bars().size(), 1);
        shown.page->setCompact(true); // the list above says it
        QCOMPARE(shown.page->bars()->bars().size(), 0);
        shown.page->setCompact(false);
        QCOMPARE(shown.page->bars()->bars().size(), 1);
    }

    void theHintGoesWithTheFirstKill() {
        Shown<TreePage> shown;
        shown.page->showHint("This is the process of <i>Welcome to Grove</i>.");
        QCOMPARE(shown.page->bars()->bars().size(), 1);
        emit shown.actions.performed();
        QCOMPARE(shown.page->bars()->bars().size(), 0);
    }
};

QTEST_MAIN(tst_ObserverPages)
#include "tst_observer_pages.moc"
