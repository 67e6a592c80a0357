#include <grove/term/inspect.h>

#include <QTest>

using namespace grove;
using namespace grove::literals;

namespace {

QString shown(const Term& term, const InspectOptions& options = {}) {
    return QString::fromStdString(inspect(term, options));
}

QString erlang(const Term& term, const ErlangOptions& options = {}) {
    return QString::fromStdString(toErlang(term, options));
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

private:
    static Term nullptr_() { return atoms::nil; }
};

QTEST_APPLESS_MAIN(tst_Inspect)
#include "tst_inspect.moc"
