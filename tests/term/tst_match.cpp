#include <grove/term/match.h>

#include <QTest>

#include <string>

using namespace grove;
using namespace grove::literals;
using namespace grove::patterns;

class tst_Match : public QObject {
    Q_OBJECT

private slots:
    void bindsVariablesOfAMatchingTuple() {
        const Term message = tuple("add"_atom, 17, "milk", Pid::make(3, 1));
        std::int64_t id = 0;
        std::string_view title;
        Pid from;
        QVERIFY(match(message, tuple_("add"_atom, bind(id), bind(title), bind(from))));
        QCOMPARE(id, 17);
        QCOMPARE(title, std::string_view("milk"));
        QCOMPARE(from, Pid::make(3, 1));
    }

    void otherTagSizeOrKindDoesNotMatch() {
        const Term message = tuple("add"_atom, 17);
        std::string_view text;
        QVERIFY(!match(message, tuple_("remove"_atom, _)));
        QVERIFY(!match(message, tuple_("add"_atom, _, _)));
        QVERIFY(!match(message, tuple_("add"_atom, bind(text))));
        QVERIFY(!match(Term(1), tuple_(_)));
        QVERIFY(match(message, _));
    }

    void literalsAreComparedExactly() {
        QVERIFY(match(Term(1), 1));
        QVERIFY(!match(Term(1.0), 1));
        QVERIFY(match(Term("milk"), "milk"));
        QVERIFY(!match(Term("milks"), "milk"));
        QVERIFY(match(Term(true), true));
        QVERIFY(!match(Term(true), false));
        QVERIFY(match(tuple(1, "a"), tuple(1, "a")));
        QVERIFY(match(Term(1.5), 1.5));
    }

    void integersMustFitTheirVariable() {
        std::uint8_t small = 0;
        QVERIFY(match(Term(255), bind(small)));
        QCOMPARE(small, std::uint8_t{255});
        QVERIFY(!match(Term(256), bind(small)));
        QVERIFY(!match(Term(-1), bind(small)));
    }

    void listsAndConsesMatch() {
        Term rest;
        std::int64_t first = 0;
        QVERIFY(match(list({1, 2, 3}), cons_(bind(first), bind(rest))));
        QVERIFY(rest == list({2, 3}));
        QVERIFY(match(list({1, 2}), list_(1, any<std::int64_t>)));
        QVERIFY(!match(list({1, 2, 3}), list_(1, _)));
        QVERIFY(match(Term::nil(), list_()));
        QVERIFY(!match(improperList({1}, 2), list_(1)));
    }

    void mapsMatchTheKeysThatAreNamed() {
        std::int64_t id = 0;
        const Term entry = map({{"id"_atom, 5}, {"done"_atom, true}, {"title"_atom, "x"}});
        QVERIFY(match(entry, map_("id"_atom, bind(id), "done"_atom, true)));
        QCOMPARE(id, 5);
        QVERIFY(!match(entry, map_("date"_atom, _)));
        QVERIFY(!match(entry, map_("done"_atom, false)));
    }

    void patternsNestAndGuard() {
        Term whole;
        const Ref ref = Ref::make(1, 9);
        const Term down =
            tuple(atoms::DOWN, ref, atoms::process, Pid::make(1, 1), tuple("shutdown"_atom, 7));
        QVERIFY(match(
            down, as(whole, tuple_(atoms::DOWN, ref, atoms::process, any<Pid>,
                                   tuple_("shutdown"_atom, when(any<int>, [](const Term& reason) {
                                              return reason.toInt() > 5;
                                          }))))));
        QVERIFY(whole.isSame(down));
        QVERIFY(!match(down, tuple_(_, _, _, _, tuple_(_, when(_, [](const Term& t) {
                                                           return t.toInt() > 9;
                                                       })))));
    }

    void aPatternIsAPredicate() {
        const auto isDown = tuple_(atoms::DOWN, Ref::make(1, 9), _);
        QVERIFY(isDown(tuple(atoms::DOWN, Ref::make(1, 9), 0)));
        QVERIFY(!isDown(tuple(atoms::DOWN, Ref::make(1, 8), 0)));
    }
};

QTEST_APPLESS_MAIN(tst_Match)
#include "tst_match.moc"
