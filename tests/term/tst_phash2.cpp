#include <grove/term/phash2.h>

#include <QTest>

using namespace grove;
using namespace grove::literals;

class tst_Phash2 : public QObject {
    Q_OBJECT

private slots:
    void staysBelowTheRange() {
        for (int i = 0; i < 1'000; ++i) {
            QVERIFY(phash2(tuple("list"_atom, i), 3) < 3);
            QVERIFY(phash2(Term(i)) < (1U << 27));
        }
    }

    void hashesWithoutDeepRecursion() {
        Term term(1);
        for (int i = 0; i < 1'000'000; ++i) {
            term = tuple(std::move(term));
        }
        QCOMPARE(phash2(term), phash2(term));
    }

    void doesNotDependOnTheOrderInWhichAMapWasMade() {
        QCOMPARE(phash2(map({{1, 2}, {3, 4}})), phash2(map({{3, 4}, {1, 2}})));
    }
};

QTEST_APPLESS_MAIN(tst_Phash2)
#include "tst_phash2.moc"
