#include "golden.h"

#include <grove/term/phash2.h>

using namespace grove;
using golden::bytesOf;
using golden::Verdicts;

class tst_ConformanceOrder : public QObject {
    Q_OBJECT

private slots:
    void comparesAsErlangDoes() {
        Verdicts verdicts;
        for (const QJsonObject& line : golden::lines("order.jsonl")) {
            const Term a = golden::termOf(bytesOf(line, "a"));
            const Term b = golden::termOf(bytesOf(line, "b"));
            const auto sign = [](std::weak_ordering order) { return (order > 0) - (order < 0); };
            const int expected = line[QLatin1String("cmp")].toInt();
            verdicts.add(sign(compare(a, b)) == expected, line, "cmp", QString::number(expected),
                         QString::number(sign(compare(a, b))));
            verdicts.add(sign(compare(b, a)) == -expected, line, "cmp, the other way round");
            verdicts.add((a == b) == (expected == 0), line, "==");
            verdicts.add(equalsExact(a, b) == line[QLatin1String("exact")].toBool(), line, "exact");
            if (a == b) {
                verdicts.add(hashOf(a) == hashOf(b), line, "equal terms hash alike");
            }
            if (equalsExact(a, b)) {
                verdicts.add(phash2(a) == phash2(b), line, "phash2 of equal terms");
            }
        }
        verdicts.require(5'000);
    }

    void hashesAsErlangDoes() {
        Verdicts verdicts;
        for (const QJsonObject& line : golden::lines("phash2.jsonl")) {
            const Term term = golden::termOf(bytesOf(line, "etf"));
            const auto add = [&](const char* field, std::uint32_t got) {
                const auto expected =
                    static_cast<std::uint32_t>(line[QLatin1String(field)].toDouble());
                verdicts.add(got == expected, line, field, QString::number(expected),
                             QString::number(got));
            };
            add("h", phash2(term));
            add("h3", phash2(term, 3));
            add("h1000", phash2(term, 1000));
            add("h32", phash2(term, std::uint64_t{1} << 32));
        }
        verdicts.require(6'000);
    }
};

QTEST_APPLESS_MAIN(tst_ConformanceOrder)
#include "tst_conformance_order.moc"
