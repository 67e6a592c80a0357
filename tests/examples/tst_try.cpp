// Shows: the three kinds of run-time errors, catching them by kind and pattern, the "after" part,
// and a server that must not crash: whatever goes wrong, it answers with an error and keeps the
// state it had. Elixir: try/catch/after, and an error kernel.
#include "shown.h"

#include <grove/otp/gen_server.h>
#include <grove/runtime/attempt.h>
#include <grove/term/arithmetic.h>

#include <QTest>

#include <functional>

using namespace grove;
using namespace grove::test;
using patterns::_;
using patterns::bind;
using patterns::tuple_;

namespace {

/// try_helper = fn fun -> try do fun.() … catch type, value -> … after … end end
std::string tryHelper(const std::function<void()>& fun, int& cleanedUp) {
    const auto got = attempt(fun, [&] { ++cleanedUp; });
    if (got)
        return "No error.";
    switch (got.error().errorClass) {
    case ErrorClass::Error:
        return "error " + inspect(got.error().term);
    case ErrorClass::Exit:
        return "exit " + inspect(got.error().term);
    case ErrorClass::Throw:
        break;
    }
    return "throw " + inspect(got.error().term);
}

/// Adds up what it is sent and must go on whatever that is.
class Kernel final : public otp::GenServer<Kernel> {
public:
    struct Transform {
        using Reply = Term; // {ok, Total} or {error, Reason}
        Term amount;
        GROVE_FIELDS(Transform, amount)
    };
    using Calls = Messages<Transform>;
    struct State {
        std::int64_t total = 0;
        GROVE_MAP_FIELDS(State, total)
    };

    static State init() { return {}; }
    Term handleCall(const Transform& request) {
        State next = state();
        const auto got = attempt([&] {
            next.total += amountOf(request.amount);
            if (next.total < 0)
                throwTerm("overdrawn"_atom);
        });
        if (!got)
            return tuple(atoms::error, got.error().term); // the original state
        state() = next;
        return tuple(atoms::ok, next.total);
    }

private:
    static std::int64_t amountOf(const Term& amount) {
        const auto number = amount.asInt();
        if (!number)
            error(atoms::badarg);
        return *number;
    }
};

Task<> catches() {
    int cleanedUp = 0;
    check(tryHelper([] {}, cleanedUp) == "No error.");
    check(tryHelper([] { error("Something went wrong"_atom); }, cleanedUp) ==
          "error :\"Something went wrong\"");
    check(tryHelper([] { throwTerm("Thrown value"); }, cleanedUp) == "throw \"Thrown value\"");
    check(tryHelper([] { exit("I'm done"); }, cleanedUp) == "exit \"I'm done\"");
    check(cleanedUp == 4);
    co_return;
}

Task<> keepsItsState() {
    const Pid kernel = (co_await Kernel::startLink({.name = "kernel"})).pid();
    const auto transform = [kernel](Term amount) {
        return otp::call(kernel, Kernel::Transform{std::move(amount)});
    };
    checkEqual(co_await transform(5), tuple(atoms::ok, 5));
    checkEqual(co_await transform("five"_atom), tuple(atoms::error, atoms::badarg));
    checkEqual(co_await transform(-6), tuple(atoms::error, "overdrawn"_atom));
    checkEqual(co_await transform(2), tuple(atoms::ok, 7));
    check(whereis("kernel"_atom) == kernel);
    checkShown(co_await shownState("kernel"), "%{total: 7}");
}

} // namespace

class tst_Try : public QObject {
    Q_OBJECT
private slots:
    void errorsExitsAndThrowsAreCaughtAndTheAfterPartRuns() { GROVE_EVERYWHERE(catches); }
    void anErrorKernelAnswersWithAnErrorAndKeepsItsState() { GROVE_EVERYWHERE(keepsItsState); }
};

QTEST_GUILESS_MAIN(tst_Try)
#include "tst_try.moc"
