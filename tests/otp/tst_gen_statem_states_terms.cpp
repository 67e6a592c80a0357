// The callback mode state_functions, by terms; what it shares with the other is in
// tst_gen_statem_terms.cpp, whose rows run in both.
#include "in_system.h"
#include "told_machine.h"

#include <grove/otp/logger.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

using Mode = otp::statem::CallbackMode;
using States = std::vector<std::pair<Atom, otp::StateFunction>>;

const Term kKeep = atom("keep_state_and_data");

/// Starts a machine of these states in the first of them, linked; its data is the caller's pid.
Task<Pid> startStates(States states, bool entersStates = false, Term first = {}) {
    if (first.isNone())
        first = states.front().first;
    otp::TermStatemCallbacks callbacks{
        .init = [](const Term& decided) { return decided; },
        .states = std::move(states),
        .terminate =
            [](const Term& reason, const Term& state, const Term& data) {
                send(data.toPid(), tuple(atoms::terminate, reason, state));
            },
        .mode = {.kind = Mode::StateFunctions, .stateEnter = entersStates}};
    const otp::StartResult started = co_await otp::TermStatem::startLink(
        std::make_shared<const otp::TermStatemCallbacks>(std::move(callbacks)),
        tuple(atoms::ok, std::move(first), self()));
    co_return started.pid();
}
/// Tells of what is called, and keeps the state.
otp::StateFunction telling(const char* name) {
    return [name = atom(name)](const Term& type, const Term& content, const Term& data) {
        send(data.toPid(), tuple(name, type, content));
        return kKeep;
    };
}
/// The machine ends: terminate() got `why` in `state`, and the process ends with it and a stack.
Task<> endsWith(Pid machine, Term why, Term state) {
    checkEqual(co_await nextMessage(), tuple(atoms::terminate, why, state));
    const Exit ended = co_await receive(on<Exit>(machine));
    check(ended.reason.isTuple(2) && ended.reason.element(1).isList());
    checkEqual(ended.reason.element(0), why);
}

/// Erlang's example: a switch that counts how often it was switched on.
Term off(const Term& type, const Term& content, const Term& data) {
    if (type.isAtom(atoms::cast) && content.isAtom(atom("flip")))
        return tuple(atom("next_state"), atom("on"), data);
    if (type.isTagged(atoms::call, 2))
        return tuple(kKeep, list({atom("postpone")})); // only who is on answers
    return kKeep;
}
Term on_(const Term& type, const Term& content, const Term& data) {
    if (type.isAtom(atom("enter")))
        return tuple(kKeep, list({tuple(kStateTimeout, 100, content)}));
    if (type.isAtom(kStateTimeout)) {
        send(data.toPid(), tuple(atom("off_again"), content));
        return tuple(atom("next_state"), atom("off"), data);
    }
    if (type.isTagged(atoms::call, 2))
        return tuple(kKeep, list({tuple(atoms::reply, type.element(1), atom("on"))}));
    return kKeep;
}
Term offEntered(const Term& type, const Term& content, const Term& data) {
    return type.isAtom(atom("enter")) ? kKeep : off(type, content, data);
}

/// Two sets of rules: `tell` tells of what comes and postpones what it is asked to, `answer`
/// answers. Data is {Rules, Listener}.
Term byRules(const Term& type, const Term& content, const Term& state, const Term& data) {
    const Term& rules = data.element(0);
    if (content.isTagged(atom("rules"), 2))
        return tuple(atom("keep_state"), tuple(content.element(1), data.element(1)));
    if (content.isAtom(kB))
        return tuple(atom("next_state"), kB, data);
    if (content.isAtom(atom("postponed")) && !state.isAtom(kB))
        return tuple(kKeep, list({atom("postpone"), tuple(named("n"), 100, atom("rang"))}));
    if (content.isTagged(atom("change_callback_module"), 2))
        return tuple(kKeep, list({content}));
    send(data.element(1).toPid(), tuple(rules, content));
    static_cast<void>(type);
    return kKeep;
}

const Scenario kScenarios[] = {
    {"G-060 by terms: each state has its function, which is not told the state",
     +[]() -> Task<> {
         States states{{kA,
                        [](const Term&, const Term& content, const Term& data) {
                            send(data.toPid(), tuple(kA, content));
                            return tuple(atom("next_state"), content, data);
                        }},
                       {kB, telling("b")}};
         const Pid machine = co_await startStates(std::move(states));
         otp::cast(machine, Term(kB));
         checkEqual(co_await nextMessage(), tuple(kA, kB));
         otp::cast(machine, Term(1));
         checkEqual(co_await nextMessage(), tuple(kB, atoms::cast, 1));
         send(machine, 2);
         checkEqual(co_await nextMessage(), tuple(kB, atom("info"), 2));
         checkEqual((co_await otp::sys::getState(machine)).element(0), kB);
     }},
    {"G-060 by terms: a state without a function ends the machine with its next event, by undef",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Pid machine = co_await startStates({{kA, telling("a")}}, false, kB);
         checkEqual((co_await otp::sys::getState(machine)).element(0), kB); // not yet
         otp::cast(machine, Term(1));
         co_await endsWith(machine, atoms::undef, kB);
         const Pid entered = co_await startStates({{kA, telling("a")}}, true, kB);
         co_await endsWith(entered, atoms::undef, kB); // to enter it is an event
     }},
    {"G-060 by terms: a state that is no atom, by badarg",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         for (const Term& state : {tuple(kA, 1), Term("a"), Term(1)}) {
             const Pid machine = co_await startStates({{kA, telling("a")}}, false, state);
             checkEqual((co_await otp::sys::getState(machine)).element(0), state);
             otp::cast(machine, Term(1));
             co_await endsWith(machine, atoms::badarg, state);
         }
     }},
    {"G-060 by terms: in handle_event_function any term is a state",
     +[]() -> Task<> {
         const Term state = tuple(kA, 1.5);
         const Pid machine = co_await startTold(Term::nil(), state);
         otp::cast(machine, Term(1));
         co_await hears(atoms::cast, 1, state);
     }},
    {"G-066 G-070 G-077 by terms: state functions postpone, are entered and have their timeout",
     +[]() -> Task<> {
         const Pid machine =
             co_await startStates({{atom("off"), offEntered}, {atom("on"), on_}}, true);
         const Ref call = sendRequest(machine, Payload(Term(atom("which"))));
         otp::cast(machine, Term(atom("flip")));
         const Instant before = now();
         checkEqual((co_await receive(on<ReplyTo>(call))).term(), atom("on"));
         checkEqual(co_await nextMessage(), tuple(atom("off_again"), atom("off")));
         check(now() - before >= 100ms);
         checkEqual((co_await otp::sys::getState(machine)).element(0), atom("off"));
     }},
    {"G-078 by terms: a state function that is entered may stop, but not go elsewhere or postpone",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto deciding = [](Term decision) {
             return States{{kA, [decision](const Term&, const Term&, const Term& data) {
                                return withFrom(decision, data);
                            }}};
         };
         const Term elsewhere = tuple(atom("next_state"), kB, self());
         const Pid first =
             co_await startStates(deciding(tuple(atom("next_state"), kB, atom("$from"))), true);
         co_await endsWith(
             first, tuple(atom("bad_state_enter_return_from_state_function"), elsewhere), kA);
         const Pid second =
             co_await startStates(deciding(keepWith(list({atom("postpone")}))), true);
         co_await endsWith(
             second, tuple(atom("bad_state_enter_action_from_state_function"), atom("postpone")),
             kA);
         const Pid third = co_await startStates(deciding(tuple(atoms::stop, atom("boo"))), true);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atom("boo"), kA));
         checkEqual((co_await receive(on<Exit>(third))).reason, atom("boo"));
     }},
    {"G-091 by terms: rules that data chooses change without losing timers or postponed events",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto callbacks =
             std::make_shared<const otp::TermStatemCallbacks>(otp::TermStatemCallbacks{
                 .init = [](const Term& decided) { return decided; }, .handleEvent = byRules});
         const otp::StartResult started = co_await otp::TermStatem::startLink(
             callbacks, tuple(atoms::ok, kA, tuple(atom("old"), self())));
         otp::cast(started.pid(), Term(atom("postponed")));
         otp::cast(started.pid(), tuple(atom("rules"), atom("new")));
         checkEqual(co_await nextMessage(), tuple(atom("new"), atom("rang")));
         otp::cast(started.pid(), Term(kB));
         checkEqual(co_await nextMessage(), tuple(atom("new"), atom("postponed")));
         const Term change = tuple(atom("change_callback_module"), atom("other"));
         otp::cast(started.pid(), change);
         const Exit ended = co_await receive(on<Exit>(started.pid()));
         checkEqual(ended.reason.element(0), tuple(atom("bad_action_from_state_function"), change));
     }},
};

} // namespace

/// Machines of terms whose states are functions.
class tst_GenStatemStatesTerms : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)

    void theReportOfAnEndSaysTheMode() {
        const std::string fault = inSystem([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Pid machine = co_await startStates({{kA, telling("a")}}, true, kB);
            co_await receive(on<Exit>(machine));
            otp::Logger& log = extension<otp::Logger>(Runtime::current());
            log.drain();
            for (const otp::LogEvent& event : log.recentSince(0))
                if (event.report.isMap() &&
                    event.report.mapFind(atom("callback_mode")) != nullptr) {
                    checkEqual(*event.report.mapFind(atom("callback_mode")),
                               atom("state_functions"));
                    checkEqual(*event.report.mapFind(atom("state_enter")), atoms::true_);
                    co_return;
                }
            check(false);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_GenStatemStatesTerms)
#include "tst_gen_statem_states_terms.moc"
