#include <grove/term/arithmetic.h>
#include <grove/term/etf.h>
#include <grove/term/inspect.h>
#include <grove/term/map.h>
#include <grove/term/parse.h>

#include <QTest>

#include <algorithm>
#include <vector>

using namespace grove;
using namespace grove::literals;

namespace {

Term t(std::string_view text) {
    const auto read = parseTerm(text);
    if (!read)
        qFatal("%s: %s", std::string(text).c_str(), read.error().describe().c_str());
    return *read;
}
std::vector<Term> elementsOf(const Term& list) {
    std::vector<Term> all;
    for (const Term& each : list.listElements())
        all.push_back(each);
    return all;
}

/// Each is less than all behind it.
struct Ascending {
    const char* name;
    const char* list;
};
const Ascending kAscending[] = {
    {"X-002 numbers before atoms, references, funs, ports, pids, tuples, maps, nil, lists, bits",
     "[7,a,#Ref<0.1.2.3>,fun lists:map/2,#Port<0.5>,<0.1.0>,{},#{},[],[1],<<>>]"},
    {"X-003 integers beyond a float's range lie where they belong",
     "[-1797693134862315907729305190789024733617976978942306572734300811577326758055009631327084"
     "77322407536021120113879871393357658789768814416622492847430639474124377767893424865485276302"
     "21960124609411945308295208500576883815068234246288147391311054082723716335051068458629823994"
     "7245938479716304835356329624224137216,-1.79e308,0,1.79e308,1797693134862315907729305190789024"
     "73361797697894230657273430081157732675805500963132708477322407536021120113879871393357658789"
     "76881441662249284743063947412437776789342486548527630221960124609411945308295208500576883815"
     "06823424628814739131105408272371633505106845862982399472459384797163048353563296242241372"
     "16]"},
    {"X-004 atoms by their characters", "['','A','Z',a,aa,ab,b,'é','π','🌳']"},
    {"X-004 tuples by size, then from the first element on",
     "[{},{z},{1,1},{1,2},{2,1},{a,1},{0,0,0}]"},
    {"X-004 lists from the first element on, the shorter first, tails by kind",
     "[[],[1|2],[1|z],[1],[1,1],[1,2],[2],[2,1]]"},
    {"X-005 maps by size, then keys in their order, then values",
     "[#{},#{z=>1},#{a=>9,b=>1},#{a=>9,b=>2},#{a=>1,c=>0},#{1=>1,2=>1,3=>1}]"},
    {"X-005 within maps every integer before every float", "[#{2=>z},#{1.0=>a},#{1.5=>a},#{a=>a}]"},
    {"X-007 bits by bytes, then the shorter first",
     "[<<>>,<<0:1>>,<<0>>,<<0,0:1>>,<<0,0>>,<<127>>,<<1:1>>,<<128>>,<<255>>]"},
};

/// `a == b` and `a =:= b`.
struct Equality {
    const char* name;
    const char* a;
    const char* b;
    bool equal;
    bool exact;
};
const Equality kEqualities[] = {
    {"X-001 X-003 1 and 1.0 are equal, not exactly", "1", "1.0", true, false},
    {"X-001 by exact value beyond 2^53", "9007199254740993", "9007199254740992.0", false, false},
    {"X-001 the float that is that integer", "9007199254740992", "9007199254740992.0", true, false},
    {"X-001 zero has no sign", "0.0", "-0.0", true, true},
    {"X-001 within tuples and lists", "{1,[2.0]}", "{1.0,[2]}", true, false},
    {"X-006 keys of maps are compared exactly", "#{1=>a}", "#{1.0=>a}", false, false},
    {"X-006 values are not", "#{a=>1}", "#{a=>1.0}", true, false},
    {"X-005 values of maps within maps", "#{a=>#{b=>1}}", "#{a=>#{b=>1.0}}", true, false},
};

struct Arithmetic {
    const char* name;
    arithmetic::Number (*function)(const Term&, const Term&);
    const char* a;
    const char* b;
    const char* result; // null: badarith
};
const Arithmetic kArithmetic[] = {
    {"X-029 a sum beyond 64 bits", arithmetic::add, "9223372036854775807", "1",
     "9223372036854775808"},
    {"X-029 a product beyond 128 bits", arithmetic::multiply, "18446744073709551616",
     "18446744073709551616", "340282366920938463463374607431768211456"},
    {"X-029 back to small", arithmetic::subtract, "9223372036854775808", "9223372036854775800",
     "8"},
    {"X-029 div is toward zero", arithmetic::quotient, "-7", "2", "-3"},
    {"X-029 div by a negative one", arithmetic::quotient, "7", "-2", "-3"},
    {"X-029 rem has the sign of the first", arithmetic::remainder, "-7", "2", "-1"},
    {"X-029 rem by a negative one", arithmetic::remainder, "7", "-2", "1"},
    {"X-029 rem of large ones", arithmetic::remainder, "1361129467683753853865844108628307413714",
     "-147573952589676412931", "132249515380346653397"},
    {"X-029 bsr keeps the sign", arithmetic::shiftRight, "-7", "1", "-4"},
    {"X-029 bsr of a big one", arithmetic::shiftRight, "-18446744073709551617", "64", "-2"},
    {"X-030 a product beyond floats", arithmetic::multiply, "1.0e200", "1.0e200", nullptr},
    {"X-030 a sum beyond floats", arithmetic::add, "1.7e308", "1.7e308", nullptr},
    {"X-030 by zero", arithmetic::divide, "1.0", "0.0", nullptr},
    {"X-030 zero by zero", arithmetic::divide, "0.0", "0", nullptr},
    {"X-030 what is small becomes zero", arithmetic::multiply, "1.0e-200", "1.0e-200", "0.0"},
};

template <class Row, std::size_t count> void addRows(const Row (&rows)[count]) {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < count; ++i)
        QTest::newRow(rows[i].name) << static_cast<int>(i);
}

QString text(const std::vector<Term>& terms) {
    std::vector<Term> copy = terms;
    return QString::fromStdString(toErlang(listFrom(copy)));
}

} // namespace

/// Order, equality and arithmetic: each row's expectation is what Erlang/OTP 25 answers.
class tst_RowsValues : public QObject {
    Q_OBJECT

private slots:
    void ascending_data() { addRows(kAscending); }
    void ascending() {
        QFETCH(int, index);
        const std::vector<Term> terms = elementsOf(t(kAscending[index].list));
        QVERIFY(terms.size() > 2);
        for (std::size_t i = 0; i < terms.size(); ++i)
            for (std::size_t k = 0; k < terms.size(); ++k)
                QVERIFY2((compare(terms[i], terms[k]) < 0) == (i < k),
                         qPrintable(text({terms[i], terms[k]})));
    }

    void equality_data() { addRows(kEqualities); }
    void equality() {
        QFETCH(int, index);
        const Equality& row = kEqualities[index];
        const Term a = t(row.a);
        const Term b = t(row.b);
        QCOMPARE(a == b, row.equal);
        QCOMPARE(b == a, row.equal);
        QCOMPARE(compare(a, b) == 0, row.equal);
        QCOMPARE(equalsExact(a, b), row.exact);
        QCOMPARE(equalsExact(b, a), row.exact);
    }

    // the order is one that stable algorithms work with as lists:sort and usort do.
    void sortsStably() {
        std::vector<Term> terms = elementsOf(t("[2,1.0,1,0,0.0,{1},{1.0}]"));
        for (auto at = terms.begin(); at != terms.end(); ++at) // by insertion: stable
            std::rotate(std::upper_bound(terms.begin(), at, *at), at, std::next(at));
        QCOMPARE(text(terms), "[0,0.0,1.0,1,2,{1},{1.0}]");
        terms.erase(std::ranges::unique(terms).begin(), terms.end());
        QCOMPARE(text(terms), "[0,1.0,2,{1}]");
        QCOMPARE(text({std::max(Term(1), Term(1.0)), std::min(Term(1), Term(1.0)),
                       std::max(Term(1.0), Term(1)), std::min(Term(1.0), Term(1))}),
                 "[1,1,1.0,1.0]");
    }

    // what is found by `==`, and what by `=:=`.
    void findsByEitherEquality() {
        const std::vector<Term> terms = elementsOf(t("[{1.0,a},{2,b}]"));
        const auto key = [](const Term& tuple) { return tuple.element(0); };
        const auto found = std::ranges::find(terms, Term(1), key); // keyfind
        QVERIFY(found != terms.end());
        QCOMPARE(text({*found}), "[{1.0,a}]");
        const auto isMember = [&](const Term& wanted) { // lists:member
            return std::ranges::any_of(terms,
                                       [&](const Term& each) { return equalsExact(each, wanted); });
        };
        QVERIFY(isMember(t("{2,b}")));
        QVERIFY(!isMember(t("{1,a}")));
        const Term map = t("#{1.0=>a,2=>b}");
        QVERIFY(map.mapFind(Term(1)) == nullptr);
        QVERIFY(map.mapFind(Term(2.0)) == nullptr);
        QVERIFY(map.mapFind(Term(1.0)) != nullptr);
        // A large one is a tree, which finds as exactly.
        Term large = map;
        for (int i = 10; i < 100; ++i)
            large = mapPut(std::move(large), i, i);
        QVERIFY(large.mapFind(Term(1)) == nullptr);
        QVERIFY(large.mapFind(Term(50.0)) == nullptr);
        QVERIFY(large.mapFind(Term(1.0)) != nullptr);
        QVERIFY(large.mapFind(Term(50)) != nullptr);
    }

    void arithmetic_data() { addRows(kArithmetic); }
    void arithmetic() {
        QFETCH(int, index);
        const Arithmetic& row = kArithmetic[index];
        const auto result = row.function(t(row.a), t(row.b));
        QCOMPARE(result.has_value(), row.result != nullptr);
        if (result)
            QVERIFY2(equalsExact(*result, t(row.result)), qPrintable(text({*result})));
    }

    // 255 characters, not bytes; a text is one atom, however it came.
    void namesHaveAtMost255Characters() {
        std::string name;
        for (int i = 0; i < 255; ++i)
            name += "π";
        const auto longest = Atom::tryMake(name);
        QVERIFY(longest.has_value());
        QCOMPARE(longest->name(), name);
        QVERIFY(!Atom::tryMake(name + "π"));
        QVERIFY(!Atom::tryMake(std::string(256, 'a')));
        QVERIFY(!parseTerm("'" + name + "π'"));
        const auto read = binaryToTerm(termToBinary(Term(*longest), {.minorVersion = 2}).value());
        QVERIFY(read && equalsExact(read->term, Term(*longest)));
        QVERIFY(t("'" + name + "'").isAtom(*longest));
        QVERIFY(Atom::find(name) == longest);
        // One text in two encodings of the external format.
        const auto latin = binaryToTerm(std::string_view("\x83\x64\x00\x01\xE9", 5));
        const auto utf8 = binaryToTerm(std::string_view("\x83\x77\x02\xC3\xA9", 5));
        QVERIFY(latin && utf8 && latin->term.isAtom(atom("é")) && utf8->term.isAtom(atom("é")));
    }
};

QTEST_APPLESS_MAIN(tst_RowsValues)
#include "tst_rows_values.moc"
