#include <grove/term/function.h>
#include <grove/term/inspect.h>
#include <grove/term/parse.h>
#include <grove/term/phash2.h>

#include <QTest>

using namespace grove;

namespace {

Term t(std::string_view text) {
    const auto read = parseTerm(text);
    if (!read)
        qFatal("%s: %s", std::string(text).c_str(), read.error().describe().c_str());
    return *read;
}

/// A term in Erlang's syntax, and in Elixir's.
struct Elixir {
    const char* name;
    const char* term;
    const char* shown;
};
const Elixir kElixir[] = {
    {"X-022 characters", "\"abc\"", "'abc'"},
    {"X-022 a bell is printable", "[7]", "'\\a'"},
    {"X-022 an escape, too", "[27]", "'\\e'"},
    {"X-022 a zero is not", "[0]", "[0]"},
    {"X-022 quotes", "[97,34,39,98]", "'a\"\\'b'"},
    {"X-022 nothing", "[]", "[]"},
    {"X-022 keywords", "[{a,1},{b,<<\"two\">>}]", "[a: 1, b: \"two\"]"},
    {"X-022 not only keywords", "[{a,1},2]", "[{:a, 1}, 2]"},
    {"X-022 a map of atoms", "#{a=>1}", "%{a: 1}"},
    {"X-022 a map of others as well", "#{1=>2,a=>2}", "%{1 => 2, :a => 2}"},
    {"X-022 an improper list", "[1|2]", "[1 | 2]"},
    {"X-023 text", "<<\"h\xC3\xA9\"/utf8>>", "\"h\xC3\xA9\""},
    {"X-023 with a zero", "<<97,0,98>>", "<<97, 0, 98>>"},
    {"X-023 no UTF-8", "<<255>>", "<<255>>"},
    {"X-023 bits", "<<1:3>>", "<<1::size(3)>>"},
    {"X-023 bytes and bits", "<<1,2,3:4>>", "<<1, 2, 3::size(4)>>"},
    {"X-024 whole and below 1.0e16", "1000000000000000.0", "1000000000000000.0"},
    {"X-024 the last of those", "9999999999999998.0", "9999999999999998.0"},
    {"X-024 1.0e16", "10000000000000000.0", "1.0e16"},
    {"X-024 plain where it is shorter", "1.0e-4", "0.0001"},
    {"X-024 exponent where that is", "0.00012345", "1.2345e-4"},
    {"X-024 1.0e-5", "0.00001", "1.0e-5"},
    {"X-024 shortest digits", "0.1", "0.1"},
    {"X-024 a negative zero", "-0.0", "-0.0"},
    {"X-025 an atom", "ok", ":ok"},
    {"X-025 with a space", "'foo bar'", ":\"foo bar\""},
    {"X-025 a module", "'Elixir.Foo.Bar'", "Foo.Bar"},
    {"X-025 no module", "'Elixir.foo'", ":\"Elixir.foo\""},
    {"X-025 nil, true, false", "{nil,true,false}", "{nil, true, false}"},
    {"X-025 operators", "['+','&&']", "[:+, :&&]"},
    {"X-025 a key that is nil", "[{nil,1}]", "[nil: 1]"},
    {"X-025 a question", "'fail?'", ":fail?"},
    {"X-028 a function of a module", "fun lists:map/2", "&:lists.map/2"},
    {"X-028 of Elixir's", "fun 'Elixir.Enum':map/2", "&Enum.map/2"},
    {"X-028 a pid", "<0.1.2>", "#PID<0.1.2>"},
    {"X-028 a reference", "#Ref<0.1.2.3>", "#Reference<0.1.2.3>"},
    {"X-028 a port", "#Port<0.5>", "#Port<0.5>"},
};

/// As `~p` and as `~w`.
struct Erlang {
    const char* name;
    const char* term;
    const char* p;
    const char* w;
};
const Erlang kErlang[] = {
    {"X-024 X-027 1.0e5", "100000.0", "1.0e5", "1.0e5"},
    {"X-024 X-027 1.0e15", "1000000000000000.0", "1.0e15", "1.0e15"},
    {"X-024 below 2^53", "9007199254740991.0", "9007199254740991.0", "9007199254740991.0"},
    {"X-024 from 2^53 on", "9007199254740992.0", "9.007199254740992e15", "9.007199254740992e15"},
    {"X-024 small ones", "[0.0001,0.00012345]", "[0.0001,1.2345e-4]", "[0.0001,1.2345e-4]"},
    {"X-027 characters", "[97,98,99]", "\"abc\"", "[97,98,99]"},
    {"X-027 bytes", "<<97,98,99>>", "<<\"abc\">>", "<<97,98,99>>"},
    {"X-027 a bell is not printable there", "[7]", "[7]", "[7]"},
};

struct Hash {
    const char* name;
    const char* term;
    std::uint32_t hash;
};
const Hash kHashes[] = {
    {"X-021 an atom", "a", 97},
    {"X-021 an integer", "1", 2614250},
    {"X-021 a float", "1.0", 77147068},
    {"X-021 zero", "0.0", 20875736},
    {"X-021 negative zero", "-0.0", 20875736},
    {"X-021 a tuple", "{a,1}", 72425156},
    {"X-021 a list", "[1,2]", 13006701},
    {"X-021 bytes", "<<\"ab\">>", 127597802},
    {"X-021 a map", "#{a=>1,b=>2}", 103634663},
    {"X-021 the same map", "#{b=>2,a=>1}", 103634663},
    {"X-021 nothing", "[]", 113427502},
    {"X-021 a large integer", "1180591620717411303424", 131422029},
};

template <class Row, std::size_t count> void addRows(const Row (&rows)[count]) {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < count; ++i)
        QTest::newRow(rows[i].name) << static_cast<int>(i);
}
QString shown(const Term& term, const InspectOptions& options = {}) {
    return QString::fromStdString(inspect(term, options));
}
QString erlang(const Term& term, ErlangOptions::Text text = ErlangOptions::Text::Infer) {
    return QString::fromStdString(toErlang(term, {.text = text}));
}
Term numbers(int from, int to) {
    std::vector<Term> all;
    for (int i = from; i < to; ++i)
        all.emplace_back(i);
    return listFrom(all);
}

} // namespace

/// Texts and hashes: each row's expectation is what Elixir 1.14 or Erlang/OTP 25 answers.
class tst_RowsText : public QObject {
    Q_OBJECT

private slots:
    void elixir_data() { addRows(kElixir); }
    void elixir() {
        QFETCH(int, index);
        QCOMPARE(shown(t(kElixir[index].term)), QString::fromUtf8(kElixir[index].shown));
    }

    // 50 of a collection, 4,096 characters of a string, and no limits where none are wanted.
    void stopsAfterSomeItems() {
        QVERIFY(shown(numbers(1000, 1050)).endsWith(" 1049]"));
        QVERIFY(shown(numbers(1000, 1061)).endsWith(" 1049, ...]"));
        QCOMPARE(shown(numbers(1000, 1061), {.limit = kNoLimit}).size(), 366);
        QCOMPARE(shown(numbers(1000, 1004), {.limit = 2}), "[1000, 1001, ...]");
        const QString text = shown(binary(std::string(5000, 'a')));
        QCOMPARE(text, '"' + QString(4096, 'a') + "\" <> ...");
        QCOMPARE(shown(binary(std::string(4096, 'a'))), '"' + QString(4096, 'a') + '"');
        const QString whole = shown(binary(std::string(5000, 'a')), {.printableLimit = kNoLimit});
        QCOMPARE(whole, '"' + QString(5000, 'a') + '"');
    }

    void erlang_data() { addRows(kErlang); }
    void erlang() {
        QFETCH(int, index);
        const Term term = t(kErlang[index].term);
        QCOMPARE(::erlang(term), kErlang[index].p);
        QCOMPARE(::erlang(term, ErlangOptions::Text::Never), kErlang[index].w);
    }

    // always as ~0p, on one line.
    void erlangIsOneLine() {
        const QString text = ::erlang(numbers(2000000, 2000100)); // beyond characters
        QCOMPARE(text.size(), 801);
        QVERIFY(!text.contains('\n'));
    }

    void hash_data() { addRows(kHashes); }
    void hash() {
        QFETCH(int, index);
        const Term term = t(kHashes[index].term);
        QCOMPARE(phash2(term), kHashes[index].hash);
        QCOMPARE(phash2(term, std::uint64_t{1} << 27), kHashes[index].hash);
    }

    // any range up to 2^32.
    void hashesWithinARange() {
        QCOMPARE(phash2(atom("a"), std::uint64_t{1} << 32), 97U);
        QCOMPARE(phash2(atom("a"), 10), 7U);
        QCOMPARE(phash2(atom("a"), 1), 0U);
        QVERIFY(phash2(Term("some text"), std::uint64_t{1} << 32) >= 1U << 27);
    }

    // the texts of pids and references read back as the same ones.
    void identifiersReadBack() {
        for (const char* text : {"<0.1.0>", "<0.93.7>", "#Ref<0.1.2.3>"}) {
            QCOMPARE(::erlang(t(text)), text);
        }
        QVERIFY(t("<0.93.7>").isPid());
        QVERIFY(equalsExact(t("#PID<0.93.7>"), Pid::make(93, 7)));
        const Ref ref = Ref::make(3, 77);
        QVERIFY(equalsExact(t(toErlang(ref)), ref));
        QVERIFY(equalsExact(t(inspect(ref)), ref));
        for (const char* wrong : {"<0.1>", "<0.1.0", "<a.1.0>", "#Ref<0.a>"}) {
            QVERIFY2(!parseTerm(wrong), wrong);
        }
    }
};

QTEST_APPLESS_MAIN(tst_RowsText)
#include "tst_rows_text.moc"
