// Shows: a server by hand: it keeps a number, receives messages and starts over. Elixir:
// Calculator.
#include "shown.h"

#include <grove/term/match.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using patterns::_;
using patterns::bind;
using patterns::tuple_;

namespace calculator {

double divided(double a, double b) {
    if (b == 0)
        error(atoms::badarith);
    return a / b;
}

Task<> loop(double current) {
    setLabel("calculator");
    for (;;) {
        const Message message = co_await receive(any());
        const Term request = message.term();
        Pid caller;
        double value = 0;
        if (match(request, tuple_("value"_atom, bind(caller))))
            send(caller, tuple("response"_atom, current));
        else if (match(request, tuple_("add"_atom, bind(value))))
            current += value;
        else if (match(request, tuple_("sub"_atom, bind(value))))
            current -= value;
        else if (match(request, tuple_("mul"_atom, bind(value))))
            current *= value;
        else if (match(request, tuple_("div"_atom, bind(value))))
            current = divided(current, value);
        else if (request.isAtom("clear"_atom))
            current = 0;
        // Everything else is no request of a calculator.
    }
}

// What a client sees: functions that hide the messages.

Pid start() {
    return spawn(loop, 0.0);
}
void add(Pid server, double value) {
    send(server, tuple("add"_atom, value));
}
void sub(Pid server, double value) {
    send(server, tuple("sub"_atom, value));
}
void mul(Pid server, double value) {
    send(server, tuple("mul"_atom, value));
}
void div(Pid server, double value) {
    send(server, tuple("div"_atom, value));
}
void clear(Pid server) {
    send(server, "clear"_atom);
}
Task<double> value(Pid server) {
    send(server, tuple("value"_atom, self()));
    const Message response = co_await receive(on(tuple_("response"_atom, patterns::any<double>)));
    co_return response.term().element(1).toFloat();
}

} // namespace calculator

namespace {

Task<> calculates() {
    const Pid server = calculator::start();
    check(co_await calculator::value(server) == 0);
    calculator::add(server, 10);
    calculator::sub(server, 5);
    calculator::mul(server, 3);
    calculator::div(server, 5);
    check(co_await calculator::value(server) == 3);
    send(server, "nonsense"_atom);
    check(co_await calculator::value(server) == 3);
    calculator::clear(server);
    check(co_await calculator::value(server) == 0);
}

Task<> keepsApart() {
    const Pid one = calculator::start();
    const Pid other = calculator::start();
    calculator::add(one, 1);
    calculator::add(other, 2);
    check(co_await calculator::value(one) == 1);
    check(co_await calculator::value(other) == 2);
}

Task<> crashes() {
    const Pid server = calculator::start();
    const Ref watch = monitor(server);
    calculator::div(server, 0);
    const Down down = co_await receive(on<Down>(watch));
    check(match(down.reason, tuple_(atoms::badarith, _)));
}

Task<> isObserved() {
    const Pid server = calculator::start();
    check(co_await calculator::value(server) == 0);
    checkShown(shown(server), "process calculator");
}

} // namespace

class tst_Calculator : public QObject {
    Q_OBJECT
private slots:
    void itKeepsItsValueFromMessageToMessage() { GROVE_EVERYWHERE(calculates); }
    void eachProcessHasItsOwnValue() { GROVE_EVERYWHERE(keepsApart); }
    void aDivisionByZeroEndsThatProcessOnly() { GROVE_EVERYWHERE(crashes); }
    void theObserverShowsACalculator() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_Calculator)
#include "tst_calculator.moc"
