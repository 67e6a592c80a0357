#include "golden.h"

#include <grove/term/function.h>

using namespace grove;
using golden::addBytes;
using golden::bytesOf;
using golden::Verdicts;
using golden::view;

namespace {

/// Pids of this node have 15 bits of number and 13 of serial in OTP 25, but 28 and 32 in Grove.
bool isOwnPidBeyondErlang(const Term& term) {
    if (const auto pid = term.asPid()) {
        return pid->index() >= (1U << 15) || pid->generation() >= (1U << 13);
    }
    bool isOne = false;
    for (const Term& element : term.elements()) {
        isOne = isOne || isOwnPidBeyondErlang(element);
    }
    for (const Term& element : term.listElements()) {
        isOne = isOne || isOwnPidBeyondErlang(element);
    }
    for (const auto& [key, value] : term.mapEntries()) {
        isOne = isOne || isOwnPidBeyondErlang(key) || isOwnPidBeyondErlang(value);
    }
    const auto function = asFunction(term);
    return isOne || (function && function->kind == FunctionKind::Opaque &&
                     isOwnPidBeyondErlang(function->opaque.creator));
}

} // namespace

/// The process starts without the atoms that the lines name, and tests run in this order.
class tst_ConformanceBadEtf : public QObject {
    Q_OBJECT

private slots:
    void refusesUnderSafeWhatErlangRefuses() {
        Verdicts verdicts;
        for (const QJsonObject& line : golden::lines("bad_etf.jsonl")) {
            const QByteArray bytes = bytesOf(line, "b64");
            const std::size_t atomsBefore = Atom::tableSize();
            const auto read = binaryToTerm(view(bytes), {.safe = true});
            QCOMPARE(Atom::tableSize(), atomsBefore);
            if (read && line[QLatin1String("safe_rejects")].toBool() &&
                !line[QLatin1String("rejects")].toBool()) {
                // A verdict about atoms that nobody knew; one of Grove's own is known.
                QVERIFY(binaryToTerm(view(bytes)).has_value());
                QCOMPARE(Atom::tableSize(), atomsBefore);
                continue;
            }
            if (read && isOwnPidBeyondErlang(read->term)) {
                verdicts.addDifferent();
                continue;
            }
            verdicts.add(!read == line[QLatin1String("safe_rejects")].toBool(), line,
                         "safe_rejects");
        }
        verdicts.require(800);
    }

    void refusesWhatErlangRefusesAndSaysWhere() {
        Verdicts verdicts;
        for (const QJsonObject& line : golden::lines("bad_etf.jsonl")) {
            const QByteArray bytes = bytesOf(line, "b64");
            const auto read = binaryToTerm(view(bytes));
            if (read && isOwnPidBeyondErlang(read->term)) {
                verdicts.addDifferent();
                continue;
            }
            const bool rejects = line[QLatin1String("rejects")].toBool();
            verdicts.add(!read == rejects, line, "rejects");
            if (!read) {
                QVERIFY(!read.error().message.empty());
                QVERIFY(read.error().compressed || read.error().offset <= view(bytes).size());
            } else if (!rejects) {
                addBytes(verdicts, line, "etf", bytesOf(line, "etf"),
                         golden::encoded(read->term, {.minorVersion = 2, .deterministic = true}));
            }
        }
        verdicts.require(900);
    }
};

QTEST_APPLESS_MAIN(tst_ConformanceBadEtf)
#include "tst_conformance_bad_etf.moc"
