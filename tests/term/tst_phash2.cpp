#include "golden.h"

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

    void agreesWithErlangOnGoldenTerms() {
        int compared = 0;
        for (const QJsonObject& line : golden::lines("phash2.jsonl")) {
            const auto term = golden::decode(line, "etf");
            if (!term) {
                continue;
            }
            const QByteArray shown = QJsonDocument(line).toJson(QJsonDocument::Compact);
            QVERIFY2(phash2(*term) == static_cast<std::uint32_t>(line["h"].toDouble()),
                     shown.constData());
            QVERIFY2(phash2(*term, 3) == static_cast<std::uint32_t>(line["h3"].toDouble()),
                     shown.constData());
            QVERIFY2(phash2(*term, 1000) == static_cast<std::uint32_t>(line["h1000"].toDouble()),
                     shown.constData());
            QVERIFY2(phash2(*term, std::uint64_t{1} << 32) ==
                         static_cast<std::uint32_t>(line["h32"].toDouble()),
                     shown.constData());
            ++compared;
        }
        qInfo("%d terms hashed", compared);
        QVERIFY(compared > 1'000);
    }
};

QTEST_APPLESS_MAIN(tst_Phash2)
#include "tst_phash2.moc"
