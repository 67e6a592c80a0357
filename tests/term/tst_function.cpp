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
        QCOMPARE(toErlang(*add), "#Fun<grove.add/2>");
        QVERIFY(equalsExact(*add, *functionNamed("add"_atom, 2)));
        QCOMPARE(callFunction(*add, {}).error().code.name(), std::string_view("badarity"));
    }

    void unknownNamesAreAnError() {
        QVERIFY(functionNamed("add"_atom, 7).error().code == atoms::undef);
        QVERIFY(callFunction(Term(1), {}).error().code == atoms::badarg);
        QVERIFY(callFunction(exportTerm("m"_atom, "f"_atom, 0), {}).error().code == atoms::undef);
    }

    void foreignFunctionsAreKept() {
        const Term opaque = opaqueFunction("m"_atom, 1, "bytes");
        QCOMPARE(asFunction(opaque)->opaque, std::string_view("bytes"));
        QVERIFY(opaque == opaqueFunction("m"_atom, 1, "bytes"));
        QVERIFY(opaque != opaqueFunction("m"_atom, 1, "other"));
        QCOMPARE(inspect(exportTerm("lists"_atom, "map"_atom, 2)), "&:lists.map/2");
        QCOMPARE(toErlang(exportTerm("lists"_atom, "map"_atom, 2)), "fun lists:map/2");
    }
};

QTEST_APPLESS_MAIN(tst_Function)
#include "tst_function.moc"
