#include "golden.h"

#include <grove/term/inspect.h>
#include <grove/term/parse.h>

#include <algorithm>

using namespace grove;
using golden::bytesOf;
using golden::Verdicts;

class tst_ConformanceText : public QObject {
    Q_OBJECT

private slots:
    void inspectsAsElixirDoes() {
        Verdicts verdicts;
        const InspectOptions endless{.limit = kNoLimit, .printableLimit = kNoLimit};
        const InspectOptions raw{.charlists = InspectOptions::Lists::AsLists,
                                 .binaries = InspectOptions::Binaries::AsBinaries};
        for (const QJsonObject& line : golden::lines("inspect.jsonl")) {
            const Term term = golden::termOf(bytesOf(line, "etf"));
            const auto add = [&](const char* field, const InspectOptions& options) {
                if (!line.contains(QLatin1String(field))) {
                    return;
                }
                const QString expected = line[QLatin1String(field)].toString();
                const QString got = QString::fromStdString(inspect(term, options));
                if (isStructOfElixirs(line)) {
                    verdicts.addDifferent();
                } else if (!isCutAnywhere(line, expected, got)) {
                    verdicts.add(agree(line, expected, got), line, field, expected, got);
                }
            };
            add("inspect", {});
            add("inspect_inf", endless);
            add("inspect_raw", raw);
        }
        verdicts.require(1'700);
    }

    void writesAsErlangDoes() {
        Verdicts verdicts;
        using Text = ErlangOptions::Text;
        using Characters = ErlangOptions::Characters;
        for (const QJsonObject& line : golden::lines("inspect.jsonl")) {
            const Term term = golden::termOf(bytesOf(line, "etf"));
            const auto add = [&](const char* field, const ErlangOptions& options) {
                const QString expected = line[QLatin1String(field)].toString();
                const QString got = QString::fromStdString(toErlang(term, options));
                if (isFunctionErlangCannotRead(expected, term)) {
                    verdicts.addDifferent();
                    return;
                }
                verdicts.add(agreeAsErlang(line, expected, got, term), line, field, expected, got);
            };
            // ~p breaks lines at 80 columns, Grove never does: ~0p stands in the file where they
            // differ.
            add(line.contains(QLatin1String("p0")) ? "p0" : "p", {.encoding = Characters::Latin1});
            if (line.contains(QLatin1String("tp")) &&
                !line[QLatin1String("tp")].toString().contains(QLatin1Char('\n'))) {
                add("tp", {.printable = Characters::Latin1});
            }
            if (line.contains(QLatin1String("w"))) {
                add("w", {.text = Text::Never, .encoding = Characters::Latin1});
            }
        }
        verdicts.require(1'700);
    }

private:
    /// Structs of Elixir's own library print by code of their modules (1..3, ~D[2020-01-02],
    /// MapSet.new([1]), %RuntimeError{}). Grove has none of it: they print as the maps they are, as
    /// in Elixir those whose module is not loaded.
    static bool isStructOfElixirs(const QJsonObject& line) {
        return line[QLatin1String("group")].toString() == QLatin1String("struct") &&
               !line[QLatin1String("inspect")].toString().startsWith(QLatin1String("%{"));
    }
    /// Maps of more than 32 keys print in an arbitrary order, and where the limit cuts depends on
    /// it.
    static bool isCutAnywhere(const QJsonObject& line, const QString& expected,
                              const QString& got) {
        const QLatin1String cut("...");
        return line[QLatin1String("unordered")].toBool() &&
               (expected.contains(cut) || got.contains(cut));
    }
    /// In any order: the same characters at least.
    static bool agree(const QJsonObject& line, QString expected, QString got) {
        if (line[QLatin1String("unordered")].toBool()) {
            std::sort(expected.begin(), expected.end());
            std::sort(got.begin(), got.end());
        }
        return expected == got;
    }
    /// OTP 25 writes the names of exported functions without the quotes that words of the language
    /// need (`fun erlang:and/2`), and bytes of UTF-8 as if they were Latin-1. Its own reader does
    /// not read them back; what Grove writes does.
    static bool isFunctionErlangCannotRead(const QString& expected, const Term& term) {
        if (!expected.contains(QLatin1String("fun "))) {
            return false;
        }
        const auto erlangs = parseTerm(expected.toStdString());
        const auto groves = parseTerm(toErlang(term));
        return (!erlangs || !equalsExact(*erlangs, term)) && groves && equalsExact(*groves, term);
    }
    static bool agreeAsErlang(const QJsonObject& line, const QString& expected, const QString& got,
                              const Term& term) {
        if (!line[QLatin1String("unordered")].toBool()) {
            return expected == got;
        }
        const auto read = parseTerm(expected.toStdString());
        return read && equalsExact(*read, term) && expected.size() == got.size();
    }
};

QTEST_APPLESS_MAIN(tst_ConformanceText)
#include "tst_conformance_text.moc"
