#include <grove/term/function.h>
#include <grove/term/inspect.h>

#include <QTest>

using namespace grove;
using namespace grove::literals;

class tst_Function : public QObject {
    Q_OBJECT

private slots:
    void registeredFunctionsAreFoundByNameAndCalled() {
        registerFunction("add"_atom, 2, [](std::span<const Term> arguments) {
            return Term(arguments[0].toInt() + arguments[1].toInt());
        });
        const auto add = functionNamed("add"_atom, 2);
        QVERIFY(add.has_value());
        const Term arguments[] = {2, 3};
        QVERIFY(callFunction(*add, arguments).value() == Term(5));
        QCOMPARE(toErlang(*add), "fun grove:add/2");
        QVERIFY(equalsExact(*add, *functionNamed("add"_atom, 2)));
        QCOMPARE(callFunction(*add, {}).error().code.name(), std::string_view("badarity"));
    }

    void unknownNamesAreAnError() {
        QVERIFY(functionNamed("add"_atom, 7).error().code == atoms::undef);
        QVERIFY(callFunction(Term(1), {}).error().code == atoms::badarg);
        QVERIFY(callFunction(exportTerm("m"_atom, "f"_atom, 0), {}).error().code == atoms::undef);
    }

    void foreignFunctionsAreKept() {
        const Term bound[] = {1, "two"};
        const OpaqueFunction parts{.uniq = "0123456789abcdef",
                                   .index = 3,
                                   .oldUniq = -7,
                                   .creator = Pid::make(5, 0),
                                   .environment = bound};
        const Term opaque = opaqueFunction("m"_atom, 1, parts);
        const FunctionView view = *asFunction(opaque);
        QCOMPARE(view.arity, 1U);
        QCOMPARE(view.opaque.uniq, std::string_view("0123456789abcdef"));
        QVERIFY(view.opaque.environment.size() == 2 && view.opaque.environment[1] == Term("two"));
        QVERIFY(opaque == opaqueFunction("m"_atom, 1, parts));
        QVERIFY(opaque <
                opaqueFunction("m"_atom, 1,
                               {.uniq = parts.uniq, .index = 4, .creator = parts.creator}));
        QCOMPARE(toErlang(opaque), "#Fun<m.3.-7>");
        QCOMPARE(inspect(opaque), "#Function<3.-7/1 in :m>");
        QCOMPARE(inspect(exportTerm("lists"_atom, "map"_atom, 2)), "&:lists.map/2");
        QCOMPARE(toErlang(exportTerm("lists"_atom, "map"_atom, 2)), "fun lists:map/2");
    }
};

QTEST_APPLESS_MAIN(tst_Function)
#include "tst_function.moc"
