#include "support/random_term.h"

#include <grove/term/arithmetic.h>
#include <grove/term/inspect.h>
#include <grove/term/parse.h>

#include <QTest>

#include <map>

using namespace grove;
using grove::test::RandomTerms;

namespace {

struct Case {
    const char* operation;
    const char* a;
    const char* b; // empty: one operand
    const char* result;
};

/// As Erlang/OTP 25 computes.
const Case kCases[] = {
    {"'+'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "1361129467683753853718270156038631000783"},
    {"'-'", "-147573952589676412931", "1361129467683753853865844108628307413714",
     "-1361129467683753854013418061217983826645"},
    {"'*'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "-200867255532373784448650550578554745389053400212825316335734"},
    {"'div'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "-9223372036854775807"},
    {"'rem'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "132249515380346653397"},
    {"'div'", "-147573952589676412931", "7", "-21081993227096630418"},
    {"'rem'", "-147573952589676412931", "7", "-5"},
    {"'div'", "115792089237316195423570985008687907852589419931798687112530834793049593217025",
     "340282366920938463463374607431768211454", "340282366920938463463374607431768211456"},
    {"'rem'", "115792089237316195423570985008687907852589419931798687112530834793049593217025",
     "340282366920938463463374607431768211454", "1"},
    {"'band'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "1361129467683753853865844108628307413712"},
    {"'bor'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "-147573952589676412929"},
    {"'bxor'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "-1361129467683753854013418061217983826641"},
    {"'band'", "-147573952589676412931", "-1", "-147573952589676412931"},
    {"'bsl'", "-147573952589676412931", "65", "-5444517870735015415524674183350548692992"},
    {"'bsr'", "-147573952589676412931", "3", "-18446744073709551617"},
    {"'bsr'", "-147573952589676412931", "64", "-9"},
    {"'bsr'", "-147573952589676412931", "200", "-1"},
    {"'bsl'", "3", "200", "4820814132776970826625886277023487807566608981348378505904128"},
    {"'+'", "576460752303423487", "1", "576460752303423488"},
    {"'-'", "-576460752303423488", "1", "-576460752303423489"},
    {"'*'", "1099511627776", "1099511627776", "1208925819614629174706176"},
    {"'/'", "1361129467683753853865844108628307413714", "-147573952589676412931",
     "-9.223372036854776e18"},
    {"'+'", "1361129467683753853865844108628307413714", "0.5", "1.361129467683754e39"},
    {"'bsr'", "1361129467683753853865844108628307413714", "65", "36893488147419103232"},
    {"'div'", "6277101735386680763835789423207666416102355444464034512895",
     "340282366920938463444927863358058659840", "18446744073709551617"},
    {"'rem'", "-1361129467683753853865844108628307413714", "18446744073709551616",
     "-12345678901234567890"},
    {"trunc", "1.0e30", "", "1000000000000000019884624838656"},
    {"trunc", "-9.1e18", "", "-9100000000000000000"},
    {"round", "1.5", "", "2"},
    {"round", "-0.4", "", "0"},
    {"float", "1361129467683753853865844108628307413714", "", "1.361129467683754e39"},
    {"trunc", "-2.9", "", "-2"},
    {"'bnot'", "-147573952589676412931", "", "147573952589676412930"},
    {"abs", "-147573952589676412931", "", "147573952589676412931"},
    {"'-'", "1361129467683753853865844108628307413714", "",
     "-1361129467683753853865844108628307413714"},
    {"trunc", "4.7e18", "", "4700000000000000000"},
    {"trunc", "1.8446744073709552e19", "", "18446744073709551616"},
    {"round", "3.0e18", "", "3000000000000000000"},
};

using Binary = arithmetic::Number (*)(const Term&, const Term&);
using Unary = arithmetic::Number (*)(const Term&);

const std::map<std::string, Binary> kBinary = {
    {"'+'", arithmetic::add},         {"'-'", arithmetic::subtract},
    {"'*'", arithmetic::multiply},    {"'/'", arithmetic::divide},
    {"'div'", arithmetic::quotient},  {"'rem'", arithmetic::remainder},
    {"'band'", arithmetic::bitAnd},   {"'bor'", arithmetic::bitOr},
    {"'bxor'", arithmetic::bitXor},   {"'bsl'", arithmetic::shiftLeft},
    {"'bsr'", arithmetic::shiftRight}};
const std::map<std::string, Unary> kUnary = {
    {"trunc", arithmetic::truncated}, {"round", arithmetic::rounded},
    {"float", arithmetic::toFloat},   {"'bnot'", arithmetic::bitNot},
    {"abs", arithmetic::absolute},    {"'-'", arithmetic::negative}};

Term t(const char* text) {
    return *parseTerm(text);
}

} // namespace

class tst_Arithmetic : public QObject {
    Q_OBJECT
private slots:
    void itComputesAsErlangDoes() {
        for (const Case& each : kCases) {
            const Term a = t(each.a);
            const auto got = *each.b == 0 ? kUnary.at(each.operation)(a)
                                          : kBinary.at(each.operation)(a, t(each.b));
            QVERIFY2(got && equalsExact(*got, t(each.result)),
                     (std::string(each.operation) + " of " + each.a + ": " +
                      (got ? inspect(*got) : "nothing"))
                         .c_str());
        }
    }
    void whatCannotBeComputedIsNothing() {
        const Term a = atom("a");
        for (const auto& [name, function] : kBinary) {
            QVERIFY2(!function(a, 1), name.c_str());
            QVERIFY2(!function(1, a), name.c_str());
        }
        for (const auto& [name, function] : kUnary)
            QVERIFY2(!function(a), name.c_str());
        QVERIFY(!arithmetic::quotient(1, 0));
        QVERIFY(!arithmetic::remainder(1, 0));
        QVERIFY(!arithmetic::divide(1, 0));
        QVERIFY(!arithmetic::divide(1, 0.0));
        QVERIFY(!arithmetic::multiply(1.0e300, 1.0e300));
        QVERIFY(!arithmetic::bitAnd(1.0, 1));
        QVERIFY(!arithmetic::quotient(1.0, 1));
        QVERIFY(!arithmetic::shiftLeft(1, t("1180591620717411303424")));
        QCOMPARE(*arithmetic::shiftLeft(0, t("1180591620717411303424")), Term(0));
        QCOMPARE(*arithmetic::shiftRight(-5, t("1180591620717411303424")), Term(-1));
        QVERIFY(!arithmetic::toFloat(*arithmetic::shiftLeft(1, 1'100)));
    }
    void itsLawsHoldForIntegersOfAllSizes() {
        RandomTerms random(grove::test::drawnSeed("arithmetic"));
        const auto integer = [&] {
            for (;;) {
                Term drawn = random.next();
                if (drawn.isInteger())
                    return drawn;
            }
        };
        for (int i = 0; i < 5'000; ++i) {
            const Term a = integer();
            const Term b = integer();
            using namespace arithmetic;
            const auto is = [&](const Number& x, const Number& y) {
                if (x && y && equalsExact(*x, *y))
                    return true;
                qWarning("%s, %s", inspect(a).c_str(), inspect(b).c_str());
                return false;
            };
            QVERIFY(is(subtract(*add(a, b), b), a));
            QVERIFY(is(add(*bitXor(a, b), *shiftLeft(*bitAnd(a, b), 1)), add(a, b)));
            QVERIFY(is(add(*bitOr(a, b), *bitAnd(a, b)), add(a, b)));
            QVERIFY(is(bitNot(*bitNot(a)), a));
            const Term shift(random.below(200));
            QVERIFY(is(shiftRight(*shiftLeft(a, shift), shift), a));
            QVERIFY(is(shiftLeft(a, shift), multiply(a, *shiftLeft(1, shift))));
            if (b.isSame(Term(0)))
                continue;
            const Term rest = *remainder(a, b);
            QVERIFY(is(add(*multiply(*quotient(a, b), b), rest), a));
            QVERIFY(compare(*absolute(rest), *absolute(b)) < 0);
            QVERIFY(rest.isSame(Term(0)) ||
                    (compare(rest, Term(0)) < 0) == (compare(a, Term(0)) < 0));
            QVERIFY(is(quotient(*multiply(a, b), b), a));
        }
    }
};

QTEST_APPLESS_MAIN(tst_Arithmetic)
#include "tst_arithmetic.moc"
