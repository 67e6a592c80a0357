#include "support/fake_node.h"
#include "ui/observer_fixture.h"

#include <ui/common/roles.h>
#include <ui/observer/tree_model.h>

#include <QAbstractItemModelTester>
#include <QItemSelectionModel>
#include <QSignalSpy>
#include <QTest>

#include <optional>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;
using namespace std::chrono_literals;

class tst_TreeModel : public QObject {
    Q_OBJECT

private:
    struct Tree {
        FakeNode node;
        FadeDriver fades;
        ObserverHooks hooks;
        TreeModel model{fades, hooks, [this] { return node.now(); }};
        std::optional<QAbstractItemModelTester> tester;

        /// The tester walks the whole model at each change: large trees go without it.
        explicit Tree(bool large = false) {
            FakeNode::fillLikeThePictures(node);
            if (!large)
                tester.emplace(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
            pull();
        }
        void pull() { model.apply(node.treeSince(model.version())); }
        QModelIndex at(const std::string& name, int column = 0) {
            return model.indexOf(node.placeNamed(name), column);
        }
        QString cell(const std::string& name, int column) {
            return at(name, column).data().toString();
        }
        void kill(const std::string& name) { node.crash(node.placeNamed(name), "killed"); }
    };

private slots:
    void initTestCase() { useTheme(); }

    void showsPlacesInStartOrder() {
        Tree tree;
        QCOMPARE(lines(tree.model),
                 (QStringList{"todo", "  TopSupervisor | #PID<0.41.0> | waiting",
                              "    Registry | #PID<0.42.0> | waiting",
                              "    DatabaseSupervisor | #PID<0.43.0> | waiting",
                              "      SQLite worker 1 | #PID<0.44.0> | own thread",
                              "      SQLite worker 2 | #PID<0.45.0> | own thread",
                              "      SQLite worker 3 | #PID<0.46.0> | own thread",
                              "    ListCache | #PID<0.47.0> | waiting",
                              "      Inbox | #PID<0.91.0> | waiting",
                              "      Welcome to Grove | #PID<0.93.0> | waiting",
                              "      Bob's list | #PID<0.94.0> | waiting",
                              "    MetricsTask | #PID<0.48.0> | waiting", "window",
                              "  WindowSupervisor | #PID<0.31.0> | waiting",
                              "    Window | #PID<0.32.0> | own thread",
                              "    EventRecorder | #PID<0.33.0> | waiting"}));
    }

    void aReplacedProcessKeepsItsRowAndItsSelection() {
        Tree tree;
        QItemSelectionModel selection(&tree.model);
        selection.setCurrentIndex(tree.at("SQLite worker 2"), QItemSelectionModel::ClearAndSelect);
        QSignalSpy inserted(&tree.model, &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(&tree.model, &QAbstractItemModel::rowsRemoved);
        QSignalSpy reset(&tree.model, &QAbstractItemModel::modelReset);
        tree.kill("SQLite worker 2");
        tree.pull();
        QCOMPARE(selection.currentIndex().data().toString(), "SQLite worker 2");
        QCOMPARE(tree.cell("SQLite worker 2", TreeModel::PidColumn), "#PID<0.97.0>");
        QCOMPARE(inserted.count() + removed.count() + reset.count(), 0);
    }

    void aRestartIsMarkedForAMinuteWithItsAgeAndThenWithItsCount() {
        Tree tree;
        tree.kill("SQLite worker 2");
        tree.pull();
        tree.node.advance(4s);
        tree.model.advance();
        QCOMPARE(tree.cell("SQLite worker 2", TreeModel::RestartsColumn), "↻ 1 · 4 s ago");
        tree.node.advance(60s);
        tree.model.advance();
        QCOMPARE(tree.cell("SQLite worker 2", TreeModel::RestartsColumn), "↻ 1");
    }

    void theBudgetOfASupervisorDrainsAsItsPeriodPasses() {
        Tree tree;
        tree.kill("SQLite worker 1");
        tree.node.advance(1s);
        tree.kill("SQLite worker 2");
        tree.pull();
        QCOMPARE(tree.cell("DatabaseSupervisor", TreeModel::RestartsColumn), "2 of 3 in 5 s");
        QSignalSpy changed(&tree.model, &QAbstractItemModel::dataChanged);
        tree.node.advance(4500ms);
        tree.model.advance();
        QCOMPARE(tree.cell("DatabaseSupervisor", TreeModel::RestartsColumn), "1 of 3 in 5 s");
        QVERIFY(changed.count() > 0);
        tree.node.advance(1s);
        tree.model.advance();
        QCOMPARE(tree.cell("DatabaseSupervisor", TreeModel::RestartsColumn), "");
    }

    void aPlaceThatIsGoneStaysTenSecondsStruckThrough() {
        Tree tree;
        tree.kill("Welcome to Grove");
        const PlaceId id = tree.node.placeNamed("Welcome to Grove");
        tree.pull();
        QVERIFY(tree.at("Welcome to Grove").data(StrikeRole).toBool());
        QCOMPARE(tree.cell("Welcome to Grove", TreeModel::StatusColumn), "gone (killed)");
        tree.node.advance(9s);
        tree.model.advance();
        QVERIFY(tree.model.indexOf(id).isValid());
        QSignalSpy removed(&tree.model, &QAbstractItemModel::rowsRemoved);
        tree.node.advance(1s);
        tree.model.advance();
        QVERIFY(!tree.model.indexOf(id).isValid());
        QCOMPARE(removed.count(), 1);
        QCOMPARE(tree.model.rowCount(tree.at("ListCache")), 2);
    }

    void aForgottenPlaceStaysTenSecondsToo() {
        Tree tree;
        const PlaceId id = tree.node.placeNamed("Inbox");
        tree.node.forget(id);
        tree.pull();
        QVERIFY(tree.model.isLeaving(id));
        tree.node.advance(10s);
        tree.model.advance();
        QVERIFY(!tree.model.place(id));
    }

    void ofManyPlacesThatLeaveTheOldestGoEarly() {
        Tree tree(true);
        const PlaceId cache = tree.node.placeNamed("ListCache");
        std::vector<PlaceId> many;
        for (int i = 0; i < 1200; ++i)
            many.push_back(tree.node.add({.name = "short", .parent = cache}));
        tree.pull();
        for (const PlaceId id : many)
            tree.node.forget(id);
        tree.pull();
        QVERIFY(!tree.model.place(many.front()));
        QVERIFY(tree.model.isLeaving(many.back()));
        QCOMPARE(tree.model.rowCount(tree.at("ListCache")), 3 + int(TreeModel::kLeavingMax));
    }

    void aNewChildIsInsertedAtItsPlaceInStartOrder() {
        Tree tree;
        QSignalSpy inserted(&tree.model, &QAbstractItemModel::rowsInserted);
        tree.node.add({.name = "House", .parent = tree.node.placeNamed("ListCache")});
        tree.pull();
        QCOMPARE(inserted.count(), 1);
        QCOMPARE(inserted.front().at(1).toInt(), 3);
        QCOMPARE(tree.at("House").row(), 3);
    }

    void aChildThatChangesItsOrderMoves() {
        Tree tree;
        QPersistentModelIndex worker = tree.at("SQLite worker 1");
        QSignalSpy moved(&tree.model, &QAbstractItemModel::rowsMoved);
        tree.node.change(tree.node.placeNamed("SQLite worker 1"), [](Place& p) { p.order = 9; });
        tree.pull();
        QCOMPARE(moved.count(), 1);
        QCOMPARE(worker.row(), 2);
        QCOMPARE(worker.data().toString(), "SQLite worker 1");
        QCOMPARE(tree.at("SQLite worker 2").row(), 0);
    }

    void aChildThatChangesItsSupervisorMovesThere() {
        Tree tree;
        QPersistentModelIndex task = tree.at("MetricsTask");
        const PlaceId database = tree.node.placeNamed("DatabaseSupervisor");
        tree.node.change(tree.node.placeNamed("MetricsTask"),
                         [&](Place& p) { p.parent = database; });
        tree.pull();
        QCOMPARE(task.parent().data().toString(), "DatabaseSupervisor");
    }

    void startsAndDeathsAreWashed() {
        Tree tree;
        const PlaceId worker = tree.node.placeNamed("SQLite worker 2");
        QVERIFY(!tree.fades.colorOf(worker));
        tree.kill("SQLite worker 2");
        tree.pull();
        QVERIFY(tree.fades.colorOf(worker));
        tree.kill("Inbox");
        tree.pull();
        QVERIFY(tree.fades.colorOf(tree.node.placeNamed("Inbox")));
    }

    void nothingIsWashedWhenTheTreeIsFirstLoaded() {
        Tree tree;
        QVERIFY(!tree.fades.isRunning());
    }

    void liveCountersChangeOnlyTheirRow() {
        Tree tree;
        const std::array pids{tree.node.pidOf("SQLite worker 3")};
        tree.model.setRows(tree.node.rows(pids));
        QCOMPARE(tree.at("SQLite worker 3", TreeModel::MailboxColumn).data().toInt(), 2);
        QSignalSpy changed(&tree.model, &QAbstractItemModel::dataChanged);
        tree.model.setRows(tree.node.rows(pids));
        QCOMPARE(changed.count(), 0);
        tree.node.infoOf(pids[0]).row.mailbox = 5;
        tree.model.setRows(tree.node.rows(pids));
        QCOMPARE(changed.count(), 1);
        QCOMPARE(changed.front().at(0).toModelIndex().siblingAtColumn(0).data().toString(),
                 "SQLite worker 3");
    }

    void placesThatWouldRestartWithTheHoveredOneAreOutlined_data() {
        QTest::addColumn<int>("strategy");
        QTest::addColumn<QStringList>("outlined");
        QTest::newRow("one for one") << int(Strategy::OneForOne) << QStringList{};
        QTest::newRow("one for all")
            << int(Strategy::OneForAll) << QStringList{"SQLite worker 1", "SQLite worker 3"};
        QTest::newRow("rest for one")
            << int(Strategy::RestForOne) << QStringList{"SQLite worker 3"};
    }
    void placesThatWouldRestartWithTheHoveredOneAreOutlined() {
        QFETCH(int, strategy);
        QFETCH(QStringList, outlined);
        Tree tree;
        tree.node.change(tree.node.placeNamed("DatabaseSupervisor"),
                         [&](Place& p) { p.strategy = Strategy(strategy); });
        tree.pull();
        tree.model.setHovered(tree.node.placeNamed("SQLite worker 2"));
        QStringList found;
        for (const PlaceId id : tree.model.inOrder())
            if (tree.model.indexOf(id).data(OutlineRole).toBool())
                found << tree.model.indexOf(id).data().toString();
        QCOMPARE(found, outlined);
        tree.model.setHovered(0);
        QVERIFY(!tree.at("SQLite worker 3").data(OutlineRole).toBool());
    }

    void rowsAreReadInOrder() {
        Tree tree;
        tree.kill("SQLite worker 1");
        tree.pull();
        QCOMPARE(tree.at("DatabaseSupervisor").data(Qt::AccessibleTextRole).toString(),
                 "DatabaseSupervisor, supervisor, waiting, one for one, 1 of 3 restarts used, "
                 "#PID<0.43.0>");
        const std::array pids{tree.node.pidOf("SQLite worker 1")};
        tree.model.setRows(tree.node.rows(pids));
        QCOMPARE(tree.at("SQLite worker 1").data(Qt::AccessibleTextRole).toString(),
                 "SQLite worker 1, worker, own thread, 0 queued, restarted once, #PID<0.97.0>");
    }

    void aStoppedApplicationIsShownAsStopped() {
        Tree tree;
        tree.kill("TopSupervisor");
        tree.pull();
        QCOMPARE(tree.cell("todo", TreeModel::StatusColumn), "stopped");
        QCOMPARE(tree.cell("Registry", TreeModel::StatusColumn), "not started");
    }

    void anApplicationWithoutProcessesIsCalledALibrary() {
        Tree tree;
        tree.node.add({.name = "storage", .kind = PlaceKind::Application});
        tree.pull();
        QCOMPARE(tree.at("storage").data(SuffixRole).toString(),
                 "library application, without processes");
        QCOMPARE(tree.at("todo").data(SuffixRole).toString(), "application");
        QCOMPARE(tree.cell("storage", TreeModel::StatusColumn), "");
    }

    void tenThousandPlacesAreTakenOverAtOnce() {
        Tree tree(true);
        const PlaceId cache = tree.node.placeNamed("ListCache");
        for (int i = 0; i < 10'000; ++i)
            tree.node.add({.name = "list " + std::to_string(i), .parent = cache});
        QSignalSpy inserted(&tree.model, &QAbstractItemModel::rowsInserted);
        tree.pull();
        QCOMPARE(inserted.count(), 1);
        QCOMPARE(tree.model.rowCount(tree.at("ListCache")), 10'003);
    }
};

QTEST_MAIN(tst_TreeModel)
#include "tst_tree_model.moc"
