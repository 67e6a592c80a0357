#include "ui/observer_fixture.h"

#include <ui/observer/drawn_tree.h>
#include <ui/observer/tree_layout.h>

#include <QAccessible>
#include <QGuiApplication>
#include <QItemSelectionModel>
#include <QPainter>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;

class tst_DrawnTree : public QObject {
    Q_OBJECT

private:
    struct Shown : ObserverFixture {
        Shown()
            : selection(&context.tree()),
              view(context.tree(), context.fades(), selection, &window) {
            window.resize(1064, 660);
            view.resize(window.size());
            window.show();
            window.activateWindow();
            view.setFocus();
            if (!QTest::qWaitForWindowActive(&window))
                QFAIL("the window is not active");
        }
        QItemSelectionModel selection;
        DrawnTree view;
    };
    /// "name x y width height" of the boxes, applications and all.
    static QStringList boxes(const TreeLayout& layout) {
        QStringList out;
        for (std::size_t i = 0; i < layout.boxes.size(); ++i)
            out << QStringLiteral("%1: %2 %3 %4 %5")
                       .arg(layout.nodes[i].id)
                       .arg(layout.boxes[i].x())
                       .arg(layout.boxes[i].y())
                       .arg(layout.boxes[i].width())
                       .arg(layout.boxes[i].height());
        return out;
    }

private slots:
    void initTestCase() { useTheme(); }

    void parentsStandInTheMiddleOfTheirChildren() {
        using enum PlaceKind;
        const TreeLayout layout = layOut({{1, -1, Application},
                                          {2, 0, Supervisor},
                                          {3, 1, Worker},
                                          {4, 1, Supervisor},
                                          {5, 3, Worker},
                                          {6, 3, Worker},
                                          {7, 3, Worker},
                                          {8, 1, Worker},
                                          {9, -1, Application},
                                          {10, 8, Supervisor}},
                                         LayoutSizes{});
        QCOMPARE(boxes(layout),
                 (QStringList{"1: 24 108 92 48", "2: 136 108 208 48", "3: 388 23 196 34",
                              "4: 388 108 208 48", "5: 640 69 196 34", "6: 640 115 196 34",
                              "7: 640 161 196 34", "8: 388 207 196 34", "9: 24 279 92 48",
                              "10: 136 279 208 48"}));
    }

    void boxesNeverOverlap() {
        Shown shown;
        const PlaceId cache = shown.node.placeNamed("ListCache");
        for (int i = 0; i < 60; ++i) {
            const PlaceId below =
                shown.node.add({.name = "pool", .parent = cache, .kind = PlaceKind::Supervisor});
            for (int j = 0; j < i % 4; ++j)
                shown.node.add({.name = "w", .parent = below});
        }
        shown.context.pull();
        QTRY_VERIFY(shown.view.layoutResult().nodes.size() > 100);
        const auto& all = shown.view.layoutResult().boxes;
        for (std::size_t i = 0; i < all.size(); ++i)
            for (std::size_t j = i + 1; j < all.size(); ++j)
                QVERIFY(!all[i].intersects(all[j]));
    }

    void nothingIsFoundInAnEmptyTree() {
        const TreeLayout layout = layOut({}, LayoutSizes{});
        QCOMPARE(layout.nodeAt({10, 10}), -1);
        QVERIFY(layout.nodesBetween(0, 1000).empty());
    }

    void theNodeUnderAPointIsFound() {
        Shown shown;
        for (const PlaceId id : shown.context.tree().inOrder())
            QCOMPARE(shown.view.placeAt(shown.view.boxInViewport(id).center()), id);
        QCOMPARE(shown.view.placeAt({1, 1}), PlaceId(0));
    }

    void aLayoutOfTenThousandIsFoundByBands() {
        std::vector<LayoutNode> nodes{{1, -1, PlaceKind::Application},
                                      {2, 0, PlaceKind::Supervisor}};
        for (PlaceId id = 3; id < 10'003; ++id)
            nodes.push_back({id, 1, PlaceKind::Worker});
        const TreeLayout layout = layOut(std::move(nodes), LayoutSizes{});
        const std::vector<int> seen = layout.nodesBetween(100'000, 100'800);
        QVERIFY(seen.size() >= 16 && seen.size() <= 20);
        const auto [first, last] = layout.childrenBetween(1, 100'000, 100'800);
        QCOMPARE(std::size_t(last - first), seen.size());
    }

    void zoomingKeepsThePointUnderThePointer() {
        Shown shown;
        shown.view.setZoom(1.0, {0, 0});
        const PlaceId list = shown.node.placeNamed("Bob's list");
        shown.view.setZoom(1.6, {0, 0});
        shown.view.ensureVisible(list);
        const QPoint before = shown.view.boxInViewport(list).center();
        shown.view.setZoom(1.9, before);
        const QPoint after = shown.view.boxInViewport(list).center();
        QVERIFY((after - before).manhattanLength() <= 3);
    }

    void aPressOnTheGroundPans() {
        Shown shown;
        shown.view.setZoom(2.0, {0, 0});
        const PlaceId top = shown.node.placeNamed("TopSupervisor");
        shown.view.setCurrentPlace(top);
        shown.view.ensureVisible(top);
        const QRect before = shown.view.boxInViewport(top);
        const QPoint ground = before.bottomLeft() + QPoint(-5, 60);
        QTest::mousePress(shown.view.viewport(), Qt::LeftButton, {}, ground);
        QTest::mouseMove(shown.view.viewport(), ground - QPoint(0, 40));
        QMouseEvent move(QEvent::MouseMove, ground - QPoint(0, 40),
                         shown.view.viewport()->mapToGlobal(ground - QPoint(0, 40)), Qt::NoButton,
                         Qt::LeftButton, {});
        QCoreApplication::sendEvent(shown.view.viewport(), &move);
        QTest::mouseRelease(shown.view.viewport(), Qt::LeftButton, {}, ground - QPoint(0, 40));
        QVERIFY(shown.view.boxInViewport(top).top() < before.top());
        QCOMPARE(shown.view.currentPlace(), top);
    }

    void theSelectionSurvivesANewLayout() {
        Shown shown;
        const PlaceId list = shown.node.placeNamed("Bob's list");
        shown.view.setCurrentPlace(list);
        QSignalSpy laidOut(&shown.view, &DrawnTree::laidOut);
        shown.node.add({.name = "House", .parent = shown.node.placeNamed("ListCache")});
        shown.context.pull();
        QTRY_COMPARE(laidOut.count(), 1);
        QCOMPARE(shown.view.currentPlace(), list);
    }

    void theDrawingIsTheSameRightToLeft() {
        const auto picture = [] {
            Shown shown;
            shown.view.setZoom(1, {0, 0});
            return shown.view.viewport()->grab().toImage();
        };
        const QImage leftToRight = picture();
        QGuiApplication::setLayoutDirection(Qt::RightToLeft);
        const QImage rightToLeft = picture();
        QGuiApplication::setLayoutDirection(Qt::LeftToRight);
        QVERIFY(!leftToRight.isNull());
        QVERIFY(leftToRight == rightToLeft);
    }

    void fitNeedsNoScrollBarWhateverTheSize() {
        Shown shown;
        const auto bars = [&] {
            return shown.view.horizontalScrollBar()->maximum() +
                   shown.view.verticalScrollBar()->maximum();
        };
        for (int i = 0; i < 6; ++i)
            shown.node.add({.name = "list " + std::to_string(i),
                            .parent = shown.node.placeNamed("ListCache")});
        shown.context.pull();
        QTRY_VERIFY(shown.view.verticalScrollBar()->maximum() > 0);
        shown.view.fit();
        QCOMPARE(bars(), 0);
        for (const QSize size : {QSize(700, 500), QSize(641, 397), QSize(1400, 900)}) {
            shown.view.resize(size); // it stays fitted
            QCOMPARE(bars(), 0);
        }
        shown.view.setZoom(2, {0, 0});
        QVERIFY(bars() > 0);
    }

    void aTreeAsDeepAsTheProgramsFitsTheUsualWindow() {
        Shown shown;
        const PlaceId workers =
            shown.node.add({.name = "Workers",
                            .parent = shown.node.placeNamed("DatabaseSupervisor"),
                            .kind = PlaceKind::Supervisor});
        const PlaceId worker = shown.node.add({.name = "SQLite worker 4", .parent = workers});
        shown.context.pull();
        QTRY_VERIFY(!shown.view.boxInViewport(worker).isNull());
        QCOMPARE(shown.view.horizontalScrollBar()->maximum(), 0);
        const auto says = [&shown] {
            for (const QToolButton* button : shown.view.findChildren<QToolButton*>())
                if (button->accessibleName().startsWith("Fit"))
                    return button->text();
            return QString();
        };
        shown.view.resize(820, 660); // as narrow as text can be read, and no narrower
        QVERIFY(shown.view.horizontalScrollBar()->maximum() > 0);
        QCOMPARE(says(), QStringLiteral("86 % · Fit all"));
        shown.view.fit();
        QCOMPARE(shown.view.horizontalScrollBar()->maximum(), 0);
        QVERIFY2(says().startsWith(QStringLiteral("Fit · ")), qPrintable(says()));
    }

    void aFoldedPlaceHidesWhatIsBelowAndSaysHowMuch() {
        Shown shown;
        const PlaceId database = shown.node.placeNamed("DatabaseSupervisor");
        const PlaceId worker = shown.node.placeNamed("SQLite worker 2");
        const std::size_t all = shown.view.layoutResult().nodes.size();
        shown.view.setCurrentPlace(worker);
        shown.view.setFolded(database, true);
        QCOMPARE(shown.view.layoutResult().nodes.size(), all - 3);
        QVERIFY(shown.view.boxInViewport(worker).isNull());
        QCOMPARE(shown.view.currentPlace(), database); // nobody selects what nobody sees
        for (const LayoutNode& node : shown.view.layoutResult().nodes)
            QCOMPARE(node.folded, node.id == database ? 3 : 0);
        QAccessibleInterface* tree = QAccessible::queryAccessibleInterface(&shown.view);
        QTRY_VERIFY(shown.view.hasFocus());
        QVERIFY(tree->focusChild()->state().collapsed);
        // A kill below is still seen by its supervisor, and the layout stays as it is.
        shown.node.crash(worker, "boo");
        shown.context.pull();
        QCOMPARE(shown.view.layoutResult().nodes.size(), all - 3);
        QTest::keyClick(&shown.view, Qt::Key_Space);
        QCOMPARE(shown.view.layoutResult().nodes.size(), all);
    }

    void goingToAHiddenPlaceUnfoldsIt() {
        Shown shown;
        const PlaceId top = shown.node.placeNamed("TopSupervisor");
        const PlaceId database = shown.node.placeNamed("DatabaseSupervisor");
        const PlaceId worker = shown.node.placeNamed("SQLite worker 2");
        shown.view.setFolded(database, true);
        shown.view.setFolded(top, true);
        QVERIFY(shown.view.boxInViewport(database).isNull());
        shown.view.setCurrentPlace(worker);
        QVERIFY(!shown.view.isFolded(top));
        QVERIFY(!shown.view.isFolded(database));
        QVERIFY(!shown.view.boxInViewport(worker).isNull());
        shown.view.setFolded(database, true);
        shown.view.setFolded(top, true);
        QTest::keyClick(&shown.view, Qt::Key_Asterisk);
        QVERIFY(!shown.view.isFolded(database));
    }

    void theHandleUnderThePointerFolds() {
        Shown shown;
        const PlaceId cache = shown.node.placeNamed("ListCache");
        shown.view.setZoom(1, {0, 0});
        shown.view.ensureVisible(cache);
        const QRect box = shown.view.boxInViewport(cache);
        const QPoint handle(box.right(), box.center().y());
        QMouseEvent over(QEvent::MouseMove, box.center(),
                         shown.view.viewport()->mapToGlobal(box.center()), Qt::NoButton,
                         Qt::NoButton, {});
        QCoreApplication::sendEvent(shown.view.viewport(), &over);
        QCOMPARE(shown.view.handleAt(handle), cache);
        QTest::mouseClick(shown.view.viewport(), Qt::LeftButton, {}, handle);
        QVERIFY(shown.view.isFolded(cache));
        const QRect folded = shown.view.boxInViewport(cache);
        const QPoint pill(folded.right() + 12, folded.center().y());
        QCOMPARE(shown.view.handleAt(pill), cache);
        QTest::mouseClick(shown.view.viewport(), Qt::LeftButton, {}, pill);
        QVERIFY(!shown.view.isFolded(cache));
    }

    void visiblePlacesAreAccessibleChildren() {
        Shown shown;
        QAccessibleInterface* tree = QAccessible::queryAccessibleInterface(&shown.view);
        QVERIFY(tree);
        QCOMPARE(tree->role(), QAccessible::Tree);
        QCOMPARE(tree->text(QAccessible::Name), "Supervision tree");
        QCOMPARE(tree->childCount(), int(shown.view.visiblePlaces().size()));
        shown.view.setCurrentPlace(shown.node.placeNamed("Bob's list"));
        QTRY_VERIFY(shown.view.hasFocus());
        QAccessibleInterface* place = tree->focusChild();
        QVERIFY(place);
        QCOMPARE(place->role(), QAccessible::TreeItem);
        QVERIFY(place->text(QAccessible::Name).startsWith("Bob's list, worker, waiting"));
        QVERIFY(place->state().selected);
        QCOMPARE(tree->indexOfChild(place) >= 0, true);
    }

    void aFullMailboxIsAFullBar() {
        QCOMPARE(mailboxFraction(0), 0.0);
        QVERIFY(mailboxFraction(1) >= 0.1);
        QCOMPARE(mailboxFraction(1000), 1.0);
        QCOMPARE(mailboxFraction(5'000'000), 1.0);
    }
};

QTEST_MAIN(tst_DrawnTree)
#include "tst_drawn_tree.moc"
