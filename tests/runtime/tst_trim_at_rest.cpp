// What is given back while nobody works.
#include "trim_at_rest.h"

#include <QTest>

#include <utility>

using namespace grove::runtime;

namespace {

/// Pieces that are free; a trim takes so many of them in its hands and gives one at a time.
struct Pieces {
    int free = 0;
    int inHand = 0;
    int begun = 0;

    [[nodiscard]] bool isUnderWay() const { return inHand > 0; }
    [[nodiscard]] bool isMoreFree() const { return free > 0; }
    void beginAll() {
        ++begun;
        inHand = std::exchange(free, 0);
    }
    void giveSome() { --inHand; }
};

} // namespace

class tst_TrimAtRest : public QObject {
    Q_OBJECT

private slots:
    void whatBecameFreeDuringATrimGoesAsWell() {
        Pieces pieces{.free = 7, .inHand = 3};
        QVERIFY(trimAtRest(pieces, [] { return false; }, [] { return true; }));
        QCOMPARE(pieces.free, 0);
        QCOMPARE(pieces.inHand, 0);
        QCOMPARE(pieces.begun, 1);
    }
    void whatBecomesFreeWhileItWaitsGoesInTheSameTrim() {
        Pieces pieces{.free = 1};
        QVERIFY(trimAtRest(
            pieces, [] { return false; },
            [&] {
                pieces.free += 5;
                return true;
            }));
        QCOMPARE(pieces.free, 0);
        QCOMPARE(pieces.begun, 1);
    }
    void nothingFreeIsNothingToWaitFor() {
        Pieces pieces;
        QVERIFY(trimAtRest(pieces, [] { return false; }, [] { return false; }));
        QCOMPARE(pieces.begun, 0);
    }
    void whoIsWokenStopsBetweenTwoPieces() {
        Pieces pieces{.free = 7, .inHand = 3};
        int asked = 0;
        QVERIFY(!trimAtRest(pieces, [&] { return ++asked == 3; }, [] { return true; }));
        QCOMPARE(pieces.inHand, 1);
        QCOMPARE(pieces.free, 7);
    }
    void whoIsWokenWhileHeWaitsBeginsNothing() {
        Pieces pieces{.free = 7};
        QVERIFY(!trimAtRest(pieces, [] { return false; }, [] { return false; }));
        QCOMPARE(pieces.begun, 0);
    }
};

QTEST_APPLESS_MAIN(tst_TrimAtRest)
#include "tst_trim_at_rest.moc"
