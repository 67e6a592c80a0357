// State machines and event managers on real schedulers, and with every process on its own thread.
#include "told_handler.h"
#include "told_machine.h"

#include <grove/otp/gen_statem.h>
#include <grove/otp/sys.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::GenEvent;

namespace {

/// Postpones every second call until it has flipped by itself.
class Toggle final : public otp::GenStatem<Toggle> {
public:
    enum class State { Off, On };
    GROVE_MEMBER_ENUM(State, Off, On)
    struct Data {
        int flips = 0;
        GROVE_MAP_FIELDS(Data, flips)
    };
    struct Flip {
        using Reply = void;
        GROVE_FIELDS(Flip)
    };
    using Calls = Messages<Flip>;
    Init init() { return Init::ok(State::Off, Data{}); }
    Next handleEvent(In<State::Off>, From from, const Flip&) {
        ++data().flips;
        return nextState(State::On).reply(from).stateTimeout(std::chrono::microseconds(100));
    }
    Next handleEvent(In<State::On>, From, const Flip&) { return postpone(); }
    Next handleEvent(In<State::On>, StateTimeout) { return nextState(State::Off); }
};

/// Counts what it is told.
class Counter final : public otp::GenEventHandler<Counter> {
public:
    struct One {
        GROVE_FIELDS(One)
    };
    struct HowMany {
        using Reply = int;
        GROVE_FIELDS(HowMany)
    };
    using Events = Messages<One>;
    using Calls = Messages<HowMany>;
    struct State {
        int count = 0;
        GROVE_MAP_FIELDS(State, count)
    };
    void handleEvent(const One&) { ++state().count; }
    int handleCall(const HowMany&) { return state().count; }
};

/// Goes with its first event.
class OneEvent final : public otp::GenEventHandler<OneEvent> {
public:
    using Events = Messages<Counter::One>;
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    Handled handleEvent(const Counter::One&) { return Handled::remove(); }
};

} // namespace

class tst_GenThreads : public QObject {
    Q_OBJECT
private slots:
    void callsArePostponedAndAnsweredWhileTimeoutsFire() {
        const std::string fault = onThreads(+[]() -> Task<> {
            const Pid toggle = (co_await Toggle::start()).pid();
            const auto client = [](Pid listener, Pid machine) -> Task<> {
                for (int i = 0; i < 200; ++i)
                    co_await Toggle::call(machine, Toggle::Flip{});
                send(listener, atom("done"));
            };
            for (int i = 0; i < 4; ++i)
                spawn(client, self(), toggle);
            for (int i = 0; i < 4; ++i)
                checkEqual(co_await nextMessage(), atom("done"));
            checkEqual(*(co_await otp::sys::getState(toggle)).element(1).mapFind(atom("flips")),
                       800);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    /// Deadlines, cancelled just when they fire, by a clock that nobody holds.
    void timeoutsThatFireWhileTheyEndNeverArrive() {
        const std::string fault = onThreads(+[]() -> Task<> {
            const Pid machine = co_await startTold();
            for (int i = 0; i < 300; ++i) {
                order(machine,
                      keepWith(list({tuple(kStateTimeout, 1, 1), tuple(named("n"), 1, 2)})));
                const Instant until = now() + 1ms;
                while (now() < until)
                    co_await yield();
                order(machine, keepWith(list({tuple(named("n"), atom("cancel")),
                                              tuple(kStateTimeout, atom("cancel"))})));
                static_cast<void>(co_await ask(machine, atom("sync")));
                // What came before the order that ended it is an event; never anything else.
                for (bool isSynced = false; !isSynced;) {
                    const Term told = co_await nextMessage();
                    isSynced = equalsExact(told, tuple(atoms::call, atom("sync"), kA));
                    check(isSynced || told.element(1).isTagged(atom("do"), 2) ||
                          told.element(0).isAtom(kStateTimeout) ||
                          equalsExact(told.element(0), named("n")));
                }
            }
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void handlersComeAndGoUnderEvents() {
        const std::string fault = onThreads(+[]() -> Task<> {
            const Pid manager = co_await startManager();
            check((co_await GenEvent::addHandler<Counter>(manager, otp::handler<Counter>()))
                      .has_value());
            const auto noisy = [](Pid listener, Pid pid) -> Task<> {
                for (int i = 0; i < 200; ++i)
                    GenEvent::notify(pid, Counter::One{});
                send(listener, atom("done"));
                co_return;
            };
            const auto restless = [](Pid listener, Pid pid) -> Task<> {
                for (int i = 0; i < 50; ++i) {
                    check((co_await GenEvent::addSupHandler<OneEvent>(
                               pid, otp::handler<OneEvent>(self())))
                              .has_value());
                    co_await GenEvent::syncNotify(pid, Counter::One{});
                    const Term told = co_await nextMessage();
                    checkEqual(told, tuple(atom("gen_event_EXIT"),
                                           otp::handler<OneEvent>(self()).term(), atoms::normal));
                }
                send(listener, atom("done"));
            };
            for (int i = 0; i < 2; ++i) {
                spawn(noisy, self(), manager);
                spawn(restless, self(), manager);
            }
            for (int i = 0; i < 4; ++i)
                checkEqual(co_await nextMessage(), atom("done"));
            const Result<int> count =
                co_await GenEvent::call(manager, otp::handler<Counter>(), Counter::HowMany{}, 30s);
            check(*count == 2 * 200 + 2 * 50);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_GenThreads)
#include "tst_gen_threads.moc"
