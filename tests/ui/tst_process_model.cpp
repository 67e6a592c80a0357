#include "ui/observer_fixture.h"

#include <ui/common/page_head.h>
#include <ui/common/roles.h>
#include <ui/common/search_field.h>
#include <ui/common/views.h>
#include <ui/observer/process_model.h>
#include <ui/observer/processes_page.h>

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QSignalSpy>
#include <QTest>

#include <optional>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;
using namespace std::chrono_literals;

class tst_ProcessModel : public QObject {
    Q_OBJECT

private:
    struct Table : ObserverFixture {
        /// The tester walks the whole model at each change: large tables go without it.
        explicit Table(bool large = false) : ObserverFixture({}, !large), model(context) {
            if (!large)
                tester.emplace(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
            model.refreshOrder();
        }
        ProcessModel model;
        std::optional<QAbstractItemModelTester> tester;
        QStringList pids() const {
            QStringList out;
            for (int row = 0; row < model.rowCount(); ++row)
                out << pidShort(model.pidAt(row));
            return out;
        }
        QString cell(int row, Column column) const {
            return model.index(row, int(column)).data().toString();
        }
    };
    struct Shown : ObserverFixture {
        explicit Shown(std::size_t strays = 0) {
            node.addStrays(strays);
            page.emplace(context, actions, registry, &window);
            window.resize(1064, 744);
            page->resize(window.size());
            window.show();
            window.activateWindow();
            page->table()->setFocus();
            if (!QTest::qWaitForWindowActive(&window))
                QFAIL("the window is not active");
        }
        std::optional<ProcessesPage> page;
        int rowOf(const std::string& name) { return page->model()->rowOf(node.pidOf(name)); }
    };

private slots:
    void initTestCase() { useTheme(); }

    void processesAreOrderedByPid() {
        Table table;
        QTRY_COMPARE(table.pids().size(), 14);
        QCOMPARE(table.pids().mid(0, 4), (QStringList{"0.31.0", "0.32.0", "0.33.0", "0.41.0"}));
    }

    void figuresAreOfTheRowsThatWereRead() {
        Table table;
        QTRY_COMPARE(table.model.rowCount(), 14);
        QVERIFY(table.cell(0, Column::Name).isEmpty());
        table.model.readRows(0, 2);
        QCOMPARE(table.cell(0, Column::Name), "WindowSupervisor");
        QCOMPARE(table.cell(0, Column::Memory), "1,904 B");
        QCOMPARE(table.cell(1, Column::Status), "own thread");
        QVERIFY(table.cell(5, Column::Name).isEmpty());
    }

    void reductionsPerSecondAreTheChangeBetweenTwoReadings() {
        Table table;
        QTRY_COMPARE(table.model.rowCount(), 14);
        table.model.readRows(0, 13);
        QCOMPARE(table.cell(0, Column::ReductionsDelta), "");
        table.node.work(table.model.pidAt(0), 72);
        table.node.advance(2s);
        table.model.readRows(0, 13);
        QCOMPARE(table.cell(0, Column::ReductionsDelta), "+36/s");
    }

    void sortingKeepsTheSelectedProcess() {
        Table table;
        QTRY_COMPARE(table.model.rowCount(), 14);
        const Pid bob = table.node.pidOf("Bob's list");
        QPersistentModelIndex selected = table.model.index(table.model.rowOf(bob), 1);
        QSignalSpy reset(&table.model, &QAbstractItemModel::modelReset);
        table.model.setQuery({.order = Column::Mailbox, .descending = true});
        QTRY_COMPARE(table.model.pidAt(0), bob);
        QCOMPARE(selected.row(), 0);
        QCOMPARE(reset.count(), 0);
    }

    void theFilterWantsEveryWord() {
        Table table;
        table.model.setQuery({.filter = "sqlite todo"});
        QTRY_COMPARE(table.pids(), (QStringList{"0.44.0", "0.45.0", "0.46.0"}));
        table.model.setQuery({.filter = "sqlite window"});
        QTRY_COMPARE(table.model.rowCount(), 0);
        QCOMPARE(table.model.total(), std::size_t(14));
    }

    void aProcessThatEndedIsStruckThroughForOneRefresh() {
        Table table;
        QTRY_COMPARE(table.model.rowCount(), 14);
        table.model.readRows(0, 13);
        const Pid bob = table.node.pidOf("Bob's list");
        table.node.crash(table.node.placeNamed("Bob's list"), "killed");
        table.model.readRows(0, 13);
        QSignalSpy ordered(&table.model, &ProcessModel::ordered);
        table.model.refreshOrder();
        QTRY_COMPARE(ordered.count(), 1);
        const int row = table.model.rowOf(bob);
        QVERIFY(row >= 0);
        QVERIFY(table.model.index(row, int(Column::Name)).data(StrikeRole).toBool());
        QCOMPARE(table.cell(row, Column::Name), "Bob's list");
        QCOMPARE(table.cell(row, Column::Status), "gone");
        table.model.refreshOrder();
        QTRY_COMPARE(table.model.rowOf(bob), -1);
    }

    void whileHeldNothingMovesAndAfterwardsAllIsThere() {
        Table table;
        QTRY_COMPARE(table.model.rowCount(), 14);
        table.model.readRows(0, 13);
        table.model.setHeld(true);
        const QStringList before = table.pids();
        const Pid bob = table.node.pidOf("Bob's list");
        table.node.crash(table.node.placeNamed("Bob's list"), "killed");
        table.node.add({.name = "House", .parent = table.node.placeNamed("ListCache")});
        table.model.readRows(0, 13);
        QSignalSpy ordered(&table.model, &ProcessModel::ordered);
        table.model.refreshOrder();
        QTRY_COMPARE(ordered.count(), 1);
        QCOMPARE(table.pids(), before);
        QVERIFY(table.model.hasPending());
        QVERIFY(table.model.isGone(bob));
        table.model.setHeld(false);
        QCOMPARE(table.model.rowCount(), 15);
        table.model.refreshOrder();
        QTRY_COMPARE(table.model.rowOf(bob), -1);
    }

    void aHundredThousandRowsComeAndGoWithoutAReset() {
        Table table(true);
        table.node.addStrays(100'000);
        QSignalSpy reset(&table.model, &QAbstractItemModel::modelReset);
        table.model.refreshOrder();
        QTRY_COMPARE_WITH_TIMEOUT(table.model.rowCount(), 100'000, 20'000);
        QPersistentModelIndex last = table.model.index(99'999, 0);
        const Pid kept = table.model.pidAt(99'999);
        table.model.setQuery({.order = Column::Reductions, .descending = true});
        QTRY_COMPARE_WITH_TIMEOUT(table.model.pidAt(0), kept, 20'000);
        QCOMPARE(last.row(), 0);
        table.model.setQuery({.filter = "task"});
        QTRY_COMPARE_WITH_TIMEOUT(table.model.rowCount(), 50'000, 20'000);
        QCOMPARE(reset.count(), 0);
    }

    void thePageShowsTheDefaultColumns() {
        Shown shown;
        HeaderView* header = shown.page->table()->headerView();
        QStringList titles;
        for (int visual = 0; visual < header->count(); ++visual)
            if (const int column = header->logicalIndex(visual); !header->isSectionHidden(column))
                titles << shown.page->model()
                              ->headerData(column, Qt::Horizontal, Qt::DisplayRole)
                              .toString();
        QCOMPARE(titles, (QStringList{"Name", "Pid", "Status", "Mailbox", "Reductions/s", "Memory",
                                      "Behaviour"}));
    }

    void theFilterBoxFiltersAndEscGoesBack() {
        Shown shown;
        QTRY_COMPARE(shown.page->model()->rowCount(), 14);
        shown.page->find();
        QTest::keyClicks(shown.page->filterField(), "supervisor");
        QTRY_COMPARE(shown.page->model()->rowCount(), 4);
        QTRY_COMPARE(shown.page->filterField()->result(), "4");
        QVERIFY(shown.page->stepBack());
        QTRY_COMPARE(shown.page->model()->rowCount(), 14);
    }

    void aSelectedRowIsItsPidAndNotItsSuccessor() {
        Shown shown;
        QTRY_COMPARE(shown.page->model()->rowCount(), 14);
        const Pid old = shown.node.pidOf("SQLite worker 2");
        shown.page->table()->selectRow(shown.rowOf("SQLite worker 2"));
        QCOMPARE(shown.context.subject().pid, old);
        shown.node.crash(shown.node.placeNamed("SQLite worker 2"), "killed");
        QTRY_COMPARE(shown.context.tree().place(shown.node.placeNamed("SQLite worker 2"))->restarts,
                     1U);
        QCOMPARE(shown.context.subject().pid, old);
    }

    void theOrderIsHeldUnderThePointerAndAfterAKey() {
        Shown shown;
        QTRY_COMPARE(shown.page->model()->rowCount(), 14);
        QVERIFY(!shown.page->model()->isHeld());
        QTest::mouseMove(shown.page->table()->viewport(), QPoint(200, 60));
        QTRY_VERIFY(shown.page->model()->isHeld());
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(shown.page->table(), &leave);
        QTRY_VERIFY(!shown.page->model()->isHeld());
        QTest::keyClick(shown.page->table(), Qt::Key_Down);
        QVERIFY(shown.page->model()->isHeld());
        shown.page->refreshNow(); // F5 sorts now
        QVERIFY(!shown.page->model()->isHeld());
    }
};

QTEST_MAIN(tst_ProcessModel)
#include "tst_process_model.moc"
