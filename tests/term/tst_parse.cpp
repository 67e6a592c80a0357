#include <grove/term/function.h>
#include <grove/term/identifiers.h>
#include <grove/term/inspect.h>
#include <grove/term/parse.h>

#include <QTest>

#include <random>
#include <string>

using namespace grove;
using namespace grove::literals;

namespace {

Term parsed(std::string_view text) {
    const auto term = parseTerm(text);
    if (!term) {
        qWarning("%s: %s", std::string(text).c_str(), term.error().describe().c_str());
        return Term();
    }
    return *term;
}

std::string errorOf(std::string_view text) {
    const auto term = parseTerm(text);
    return term ? "read as " + toErlang(*term) : term.error().describe();
}

} // namespace

class tst_Parse : public QObject {
    Q_OBJECT

private slots:
    void readsEveryKind() {
        QVERIFY(equalsExact(parsed("{reply, 42}."), tuple(atoms::reply, 42)));
        QVERIFY(equalsExact(parsed("  [a, 'B c' | tail ] % comment"),
                            improperList({"a"_atom, "B c"_atom}, "tail"_atom)));
        QVERIFY(equalsExact(parsed("#{a => 1, \"k\" => [], 1 => 1.5}"),
                            map({{"a"_atom, 1}, {charlist("k"), list()}, {1, 1.5}})));
        QVERIFY(equalsExact(parsed("<0.93.2>"), Pid::make(93, 2)));
        QVERIFY(equalsExact(parsed("#PID<0.93.2>"), Pid::make(93, 2)));
        QVERIFY(equalsExact(parsed("#Reference<0.1.0.7>"), Ref::make(1, 7)));
        const std::uint32_t words[] = {1, 2, 4294967295};
        QVERIFY(equalsExact(parsed("#Ref<0.4294967295.2.1>"), refTerm(localNode(), words)));
        QVERIFY(equalsExact(parsed("#Port<0.5>"), portTerm(localNode(), 5)));
        QVERIFY(equalsExact(parsed("fun lists:map/2"), exportTerm("lists"_atom, "map"_atom, 2)));
        QVERIFY(equalsExact(parsed("{}"), tuple()));
        QVERIFY(equalsExact(parsed("true"), true));
    }

    void readsNumbers() {
        QVERIFY(equalsExact(parsed("-1_000"), -1000));
        QVERIFY(equalsExact(parsed("16#fF"), 255));
        QVERIFY(equalsExact(parsed("$a"), 97));
        QVERIFY(equalsExact(parsed("$\\n"), 10));
        QVERIFY(equalsExact(parsed("-1.5e-3"), -0.0015));
        QVERIFY(equalsExact(parsed("1.0e-400"), 0.0));
        const std::uint64_t limbs[] = {0, 1};
        QVERIFY(equalsExact(parsed("18446744073709551616"), bigInteger(false, limbs)));
        QVERIFY(equalsExact(parsed("-16#1_0000_0000_0000_0000"), bigInteger(true, limbs)));
        QCOMPARE(toErlang(parsed("-123456789012345678901234567890000000000000000000000000000001")),
                 "-123456789012345678901234567890000000000000000000000000000001");
    }

    void readsTextAndBinaries() {
        QVERIFY(equalsExact(parsed("\"a\\\"\\x{e9}\\101\" \"b\""), list({97, 34, 233, 65, 98})));
        QVERIFY(equalsExact(parsed("<<\"milk\">>"), binary("milk")));
        QVERIFY(equalsExact(parsed("<<\"\u00e9\"/utf8>>"), binary("\u00e9")));
        QVERIFY(equalsExact(parsed("<<\"\u00e9\">>"), binary("\xE9")));
        const std::uint8_t bytes[] = {1, 2, 0x30};
        QVERIFY(equalsExact(parsed("<<1,2,3:4>>"), bitstring(bytes, 20)));
        QVERIFY(equalsExact(parsed("<<-1:16, 258:16>>"), binary("\xFF\xFF\x01\x02")));
        QVERIFY(equalsExact(parsed("<<>>"), binary("")));
    }

    void pointsAtWhatIsWrong_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("error");
        const auto row = [](const char* text, const char* error) {
            QTest::addRow("%s", text) << text << error;
        };
        row("{reply, 42", "expected , or } at column 11");
        row("{reply 42}", "expected , or } at column 8");
        row("", "expected a term at column 1");
        row("[1, 2", "expected , or | or ] at column 6");
        row("[1 | 2, 3]", "expected ] at column 7");
        row("#{a => }", "expected a term at column 8");
        row("#{a 1}", "expected => at column 5");
        row("{a} b", "expected the end at column 5");
        row("{\u00e9\u00e9,\n  ]}", "expected a term at line 2, column 3");
        row("'open", "expected the closing ' at column 6");
        row("\"open", "expected the closing \" at column 6");
        row("[Foo]", "Foo is a variable; an atom with a capital needs quotes: 'Foo' at column 2");
        row("case",
            "case is a word of the language; as an atom it needs quotes: 'case' at column 1");
        row("1.0e999", "the number is too large for a float at column 1");
        row("1.0e", "expected the digits of the exponent at column 5");
        row("99#1", "a base is from 2 to 36 at column 1");
        row("2#2", "expected a digit of base 2 at column 3");
        row("<0.1>", "a pid is <0.Number.Number> at column 1");
        row("<0.999999999.1>", "a pid is <0.Number.Number> at column 1");
        row("#Ref<1.2.3.4>", "a reference is #Ref<0.Number.Number.Number> at column 5");
        row("#Port<0>", "a port is #Port<0.Number> at column 6");
        row("#Ref<0.4294967296>", "a reference is #Ref<0.Number.Number.Number> at column 5");
        row("<<1", "expected , or >> at column 4");
        row("<<1.5>>", "a binary is made of integers and text at column 3");
        row("<<1:99999999>>", "a size is from 0 to 1048576 bits at column 5");
        row("<<1:1048576,2:1048576,3:1048576,4:1048576,5:1048576,6:1048576,7:1048576,8:1048576,9:1>"
            ">",
            "all sizes together are at most 8388608 bits at column 85");
        row("<<\"\u20ac\">>", "characters beyond 255 need /utf8 behind the text at column 3");
        row("\"\\x{110000}\"", "no such character at column 4");
        row("fun foo", "expected : at column 8");
        row("-", "expected a number at column 2");
    }
    void pointsAtWhatIsWrong() {
        QFETCH(QString, text);
        QFETCH(QString, error);
        QCOMPARE(QString::fromStdString(errorOf(text.toStdString())), error);
    }

    void boundsDepthDigitsAndNames() {
        const std::string open(100'000, '[');
        QCOMPARE(errorOf(open), "nested more than 500 deep at column 501");
        QVERIFY(parseTerm(std::string(500, '{').substr(0, 499) + "1" + std::string(499, '}')));
        QCOMPARE(errorOf(std::string(ParseLimits::kDigitsMax + 1, '7')),
                 "an integer has at most 100000 digits at column 1");
        QCOMPARE(errorOf("[" + std::string(256, 'x') + "]"),
                 "an atom has at most 255 characters at column 2");
        QCOMPARE(errorOf(std::string_view("\xFF", 1)), "the text is not UTF-8 here at column 1");
        QCOMPARE(errorOf(std::string_view("\"\xC3\"", 3)),
                 "the text is not UTF-8 here at column 2");
    }

    void readsBackWhatIsWritten() {
        const Term terms[] = {tuple("it's"_atom, "end"_atom, atom("\u65e5\u672c"), atom("")),
                              list({1.5, -0.1, 1e300, 5e-324, 123456789012345678}),
                              map({{tuple(), list()},
                                   {"\x80\xFF", "text\n\"\\"},
                                   {atom("\x7F"), charlist("\u20ac\x1B")}}),
                              bitstring(std::vector<std::uint8_t>{1, 2, 0xE0}, 19),
                              tuple(Pid::make(1, 2), Ref::make(3, 1ULL << 40)),
                              improperList({1, charlist("abc")}, 2.0),
                              exportTerm("a b"_atom, "fun"_atom, 255)};
        for (const Term& term : terms) {
            for (const auto text : {ErlangOptions::Text::Infer, ErlangOptions::Text::Never}) {
                QVERIFY2(equalsExact(parsed(toErlang(term, {.text = text})), term),
                         toErlang(term).c_str());
            }
        }
    }

    void neverCrashesOnRandomText() {
        const auto seed =
            qEnvironmentVariableIsSet("SEED") ? qEnvironmentVariable("SEED").toUInt() : 20261121U;
        qInfo("SEED=%u", seed);
        std::mt19937 random(seed);
        const std::string_view pieces[] = {
            "{",  "}",  "[",        "]",    "|",     ",",       "#{",
            "=>", "<<", ">>",       "\"",   "'",     "1",       "-",
            ".5", "e9", "a",        "A",    "_",     "#",       "16#",
            "$",  "\\", "x{",       ":",    "/utf8", "<0.1.2>", "%",
            "\n", " ",  "\xC3\xA9", "\xFF", "fun ",  "^",       "99999999999999999999",
            "."};
        int read = 0;
        for (int round = 0; round < 200'000; ++round) {
            std::string text;
            const auto count = 1 + random() % 12;
            for (unsigned i = 0; i < count; ++i) {
                text += pieces[random() % std::size(pieces)];
            }
            if (const auto term = parseTerm(text)) {
                ++read;
                const auto again = parseTerm(toErlang(*term));
                QVERIFY2(again && equalsExact(*again, *term), text.c_str());
            } else {
                QVERIFY(term.error().column >= 1 && term.error().column <= text.size() + 1);
            }
        }
        QVERIFY(read > 1'000);
    }
};

QTEST_APPLESS_MAIN(tst_Parse)
#include "tst_parse.moc"
