#include "golden.h"

#include <grove/term/inspect.h>

#include <QTest>

#include <algorithm>

using namespace grove;
using namespace grove::literals;

namespace {

QString shown(const Term& term, const InspectOptions& options = {}) {
    return QString::fromStdString(inspect(term, options));
}

QString erlang(const Term& term, const ErlangOptions& options = {}) {
    return QString::fromStdString(toErlang(term, options));
}

/// Where Grove answers differently: it has no Unicode tables, so an atom that is one of these
/// characters (two unassigned, a combining accent, a comma of N'Ko, a Greek accent) is taken for a
/// letter and gets no quotes.
QString withoutUnicodeTables(QString text) {
    for (const char16_t character : {u'\u0378', u'\u05F8', u'\u0300', u'\u07F8', u'\u0385'}) {
        text.replace(QString(u'"') + QChar(character) + u'"', QChar(character));
    }
    // Only atoms: a string of that one character keeps its quotes, and the data has none.
    return text;
}

} // namespace

class tst_Inspect : public QObject {
    Q_OBJECT

private slots:
    void writesElixirSyntax() {
        QCOMPARE(shown(map({{"a"_atom, 1}, {"b"_atom, "two"}})), "%{a: 1, b: \"two\"}");
        QCOMPARE(shown(map({{"a", 1}})), "%{\"a\" => 1}");
        QCOMPARE(shown(list({tuple("a"_atom, 1), tuple("b c"_atom, 2)})), "[a: 1, \"b c\": 2]");
        QCOMPARE(shown(tuple(Pid::make(93, 0), Ref::make(1, 7))),
                 "{#PID<0.93.0>, #Reference<0.1.0.7>}");
        QCOMPARE(shown(improperList({1, 2}, 3)), "[1, 2 | 3]");
        QCOMPARE(shown(charlist("hi")), "'hi'");
        QCOMPARE(shown(binary(std::string_view("a\0\xFF", 3))), "<<97, 0, 255>>");
        QCOMPARE(shown(list({"Elixir.Foo.Bar"_atom, nullptr_(), true})), "[Foo.Bar, nil, true]");
        QCOMPARE(shown(Term()), "#None");
    }

    void writesErlangSyntax() {
        QCOMPARE(erlang(map({{"a"_atom, 1}, {"b"_atom, "two"}})), "#{a => 1,b => <<\"two\">>}");
        QCOMPARE(erlang(tuple("Ok"_atom, "it's"_atom, "end"_atom)), "{'Ok','it\\'s','end'}");
        QCOMPARE(erlang(charlist("h\"i\n")), "\"h\\\"i\\n\"");
        QCOMPARE(erlang(charlist("hi"), {.text = ErlangOptions::Text::Never}), "[104,105]");
        QCOMPARE(erlang(binary("\u00e9")), QString::fromUtf8("<<\"\u00e9\"/utf8>>"));
        QCOMPARE(erlang(tuple(Pid::make(93, 2), Ref::make(1, 7))), "{<0.93.2>,#Ref<0.1.0.7>}");
        QCOMPARE(erlang(improperList({1, 2}, 3)), "[1,2|3]");
    }

    void limitsAsElixirDoes() {
        QCOMPARE(
            shown(list({1, 2, 3, 4}), {.limit = 3, .charlists = InspectOptions::Lists::AsLists}),
            "[1, 2, 3, ...]");
        QCOMPARE(shown(binary("hello"), {.printableLimit = 2}), "\"he\" <> ...");
        QCOMPARE(shown(map({{"a"_atom, 1}, {"b"_atom, 2}}), {.limit = 1}), "%{a: 1, ...}");
    }

    void cutsAtTheByteLimitWithinNoCharacter() {
        for (std::size_t bytesMax = 0; bytesMax < 60; ++bytesMax) {
            const Term term = tuple("\u00e9\u20ac\U0001F600"_atom, "\u00e9\u20ac\U0001F600 text",
                                    list({100000, 2}));
            for (const std::string& text :
                 {inspect(term, {.bytesMax = bytesMax}), toErlang(term, {.bytesMax = bytesMax})}) {
                QVERIFY(text.size() <= bytesMax);
                QCOMPARE(QString::fromStdString(text).toStdString(), text);
            }
        }
        QCOMPARE(inspect(binary("hello world"), {.bytesMax = 8}), "\"hell\u2026");
        QCOMPARE(inspect(binary("hello"), {.bytesMax = 7}), "\"hello\"");
    }

    void printsAHugeTermOnlyAsFarAsItIsShown() {
        Term deep(1);
        for (int i = 0; i < 1'000'000; ++i) {
            deep = tuple(std::move(deep));
        }
        QCOMPARE(inspect(deep, {.limit = kNoLimit, .bytesMax = 8}), "{{{{{\u2026");
        QCOMPARE(inspect(deep, {.limit = kNoLimit}).size(), std::size_t{2'000'001});
        std::vector<Term> many(1'000'000, Term("element"));
        QCOMPARE(toErlang(listFrom(many), {.bytesMax = 20}).size(), std::size_t{20});
    }

    void agreesWithElixirAndErlangOnGoldenTerms() {
        int compared = 0;
        int failed = 0;
        const auto same = [&](const QJsonObject& line, const char* field, const QString& got) {
            if (!line.contains(QLatin1String(field))) {
                return;
            }
            const QString expected = withoutUnicodeTables(line[QLatin1String(field)].toString());
            ++compared;
            if (expected != got) {
                ++failed;
                const auto pair =
                    std::mismatch(got.begin(), got.end(), expected.begin(), expected.end());
                const auto from = std::max<qsizetype>(pair.first - got.begin() - 20, 0);
                qWarning("%s: %s\n  expected %s\n  got      %s",
                         qPrintable(line["group"].toString()), field,
                         qPrintable(expected.mid(from, 60)), qPrintable(got.mid(from, 60)));
            }
        };
        const InspectOptions endless{.limit = kNoLimit, .printableLimit = kNoLimit};
        const InspectOptions raw{.charlists = InspectOptions::Lists::AsLists,
                                 .binaries = InspectOptions::Binaries::AsBinaries};
        for (const QJsonObject& line : golden::lines("inspect.jsonl")) {
            const auto term = golden::decode(line, "etf");
            if (!term || line["unordered"].toBool() || line["group"].toString() == "struct") {
                continue;
            }
            same(line, "inspect", shown(*term));
            same(line, "inspect_inf", shown(*term, endless));
            same(line, "inspect_raw", shown(*term, raw));
            if (line["w"].toString().contains("\\x{")) {
                continue; // ~w is for Latin-1 terminals; toErlang() writes UTF-8, as ~tw does
            }
            same(line, "w", erlang(*term, {.text = ErlangOptions::Text::Never}));
        }
        qInfo("%d texts compared", compared);
        QVERIFY(compared > 1'000);
        QCOMPARE(failed, 0);
    }

private:
    static Term nullptr_() { return atoms::nil; }
};

QTEST_APPLESS_MAIN(tst_Inspect)
#include "tst_inspect.moc"
