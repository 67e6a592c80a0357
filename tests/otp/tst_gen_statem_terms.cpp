// gen_statem as OTP has it, by terms: whatever callbacks may return, right and wrong.
#include "told_machine.h"

#include <grove/otp/sys.h>
#include <grove/runtime/info.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

Term callExit(Term reason, Term machine, Term request, Term limit) {
    return tuple(std::move(reason),
                 tuple(atoms::genStatem, atoms::call,
                       list({std::move(machine), std::move(request), std::move(limit)})));
}
Task<otp::StartResult> start(Term decision) {
    return otp::TermStatem::startLink(toldCallbacks(), std::move(decision));
}
/// A decision that ends the machine: with which reasons?
Task<> failsWith(Term decision, Term why, std::source_location where) {
    const Pid machine = co_await startTold();
    const Ref watch = monitor(machine);
    order(machine, std::move(decision));
    const Term reason = co_await ends(watch, why, where);
    check(reason.isTuple(2) && reason.element(1).isList(), where);
    checkEqual(reason.element(0), why, where);
}
Task<> failsWith(Term decision, const char* tag, Term what,
                 std::source_location where = std::source_location::current()) {
    return failsWith(std::move(decision), tuple(atom(tag), std::move(what)), where);
}
/// A machine whose first state decides so when it is entered.
Task<Term> entersAndEnds(Term decision, Term why,
                         std::source_location where = std::source_location::current()) {
    setTrapExit(TrapExit::Yes);
    const Term state = tuple(atom("enters"), std::move(decision));
    const otp::StartResult started = co_await otp::TermStatem::startLink(
        toldCallbacks(true), tuple(atoms::ok, state, self(), Term::nil()));
    co_await hears(atom("enter"), state, state, where);
    co_await hears(atoms::terminate, std::move(why), state, where);
    const Exit ended = co_await receive(on<Exit>(started.pid()));
    co_return ended.reason;
}

const Scenario kScenarios[] = {
    {"G-061 the types of events",
     +[]() -> Task<> {
         const Pid machine = co_await startTold(Term::nil(), kA, true);
         co_await hears(atom("enter"), kA, kA);
         otp::cast(machine, Term(1));
         co_await hears(atoms::cast, 1, kA);
         send(machine, Term(2));
         co_await hears(atom("info"), 2, kA);
         checkEqual(co_await ask(machine, 3), tuple(atoms::reply, 3));
         co_await hears(atoms::call, 3, kA);
         order(machine, keepWith(list({inserted(4)})));
         co_await hears(kInternal, 4, kA);
         order(machine, keepWith(list({tuple(atoms::timeout, 1, 5)})));
         co_await hears(atoms::timeout, 5, kA);
         order(machine, keepWith(list({tuple(named("n"), 1, 6)})));
         co_await hears(named("n"), 6, kA);
         order(machine, keepWith(list({tuple(kStateTimeout, 1, 7)})));
         co_await hears(kStateTimeout, 7, kA);
     }},
    {"G-062 every form of a decision",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const auto inState = [](Pid pid, Term state) -> Task<> {
             checkEqual((co_await otp::sys::getState(pid)).element(0), state);
         };
         order(machine, tuple(atom("next_state"), kB, self()));
         co_await inState(machine, kB);
         order(machine, nextWith("c"));
         co_await inState(machine, atom("c"));
         for (const Term& keeps :
              {Term(atom("keep_state_and_data")), keepWith(Term::nil()),
               tuple(atom("keep_state"), self()), tuple(atom("keep_state"), self(), Term::nil()),
               Term(atom("repeat_state_and_data")),
               tuple(atom("repeat_state_and_data"), Term::nil()),
               tuple(atom("repeat_state"), self()),
               tuple(atom("repeat_state"), self(), atoms::hibernate)}) {
             order(machine, keeps);
             co_await inState(machine, atom("c"));
         }
         const auto endsBy = [](Term decision, Term reason) -> Task<> {
             const Pid other = co_await startTold();
             const Ref watch = monitor(other);
             order(other, decision);
             checkEqual(co_await ends(watch, reason), reason);
         };
         co_await endsBy(atoms::stop, atoms::normal);
         co_await endsBy(tuple(atoms::stop, 1), 1);
         co_await endsBy(tuple(atoms::stop, 2, self()), 2);
         co_await endsBy(tuple(atom("stop_and_reply"), 3, Term::nil()), 3);
         co_await endsBy(tuple(atom("stop_and_reply"), 4, Term::nil(), self()), 4);
     }},
    {"G-062 stop_and_reply answers, then ends",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Ref watch = monitor(machine);
         const Term decision = tuple(atom("stop_and_reply"), atom("boo"), list({answer(9)}));
         checkEqual(co_await ask(machine, tuple(atom("do"), decision)), 9);
         checkEqual(co_await ends(watch, atom("boo")), atom("boo"));
     }},
    {"G-063 replies are sent before inserted events are handled",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Ref call = sendRequest(
             machine, Payload(tuple(atom("do"), keepWith(list({inserted(1), answer(7)})))));
         static_cast<void>(co_await nextMessage());
         checkEqual(co_await nextMessage(), tuple(call, 7));
         co_await hears(kInternal, 1, kA);
     }},
    {"G-064 a call that nobody answers ends at its limit; a late reply never arrives",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Term request = tuple(atom("do"), keepWith(atom("postpone")));
         const auto got = co_await attempt(ask(machine, request, 50ms));
         checkEqual(caughtTerm(got), callExit(atoms::timeout, machine, request, 50));
         order(machine, nextWith("b"));
         co_await hearsNothing(machine);
     }},
    {"G-065 a call's limit is infinity where none is given",
     +[]() -> Task<> {
         checkEqual(caughtTerm(co_await attempt(ask("nobody", 1))),
                    callExit(atoms::noproc, atom("nobody"), 1, atoms::infinity));
         checkEqual(caughtTerm(co_await attempt(ask(self(), 1, 10ms))),
                    callExit(atoms::callingSelf, self(), 1, 10));
         const Pid machine = co_await startTold();
         const auto client = [](Pid listener, Pid pid) -> Task<> {
             const auto got = co_await attempt(ask(pid, tuple(atom("do"), keepWith(Term::nil()))));
             send(listener, caughtTerm(got));
         };
         spawn(client, self(), machine);
         static_cast<void>(co_await nextMessage());
         co_await sleep(20s); // OTP's limit of other calls is 5 s
         check(co_await isSilent());
         co_await killAndAwaitDown(machine);
         checkEqual(co_await nextMessage(),
                    callExit(atoms::killed, machine, tuple(atom("do"), keepWith(Term::nil())),
                             atoms::infinity));
     }},
    {"G-066 postponed events are retried in order after a change of state, before newer ones",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         co_await otp::sys::suspend(machine);
         order(machine, keepWith(atom("postpone")));
         send(machine, tuple(atom("do"), keepWith(atom("postpone"))));
         otp::cast(machine, Term(1));
         order(machine, nextWith("b", atom("postpone")));
         otp::cast(machine, Term(2));
         co_await otp::sys::resume(machine);
         const auto hearsOrder = [](Atom type, Atom state) -> Task<> {
             const Term told = co_await nextMessage();
             checkEqual(tuple(told.element(0), told.element(2)), tuple(type, state));
         };
         co_await hearsOrder(atoms::cast, kA);
         co_await hearsOrder(atom("info"), kA);
         co_await hears(atoms::cast, 1, kA);
         co_await hearsOrder(atoms::cast, kA); // goes to b
         co_await hearsOrder(atoms::cast, kB);
         co_await hearsOrder(atom("info"), kB);
         co_await hearsOrder(atoms::cast, kB); // the one that changed the state, again
         co_await hears(atoms::cast, 2, kB);
     }},
    {"G-067 the same state again retries nothing, keeps its timeout and is not entered",
     +[]() -> Task<> {
         const Pid machine = co_await startTold(Term::nil(), kA, true);
         co_await hears(atom("enter"), kA, kA);
         order(machine, keepWith(list({tuple(kStateTimeout, 100, 1)})));
         send(machine, tuple(atom("do"), keepWith(atom("postpone"))));
         order(machine, nextWith("a"));
         for (const Atom type : {atoms::cast, atom("info"), atoms::cast})
             checkEqual((co_await nextMessage()).element(0), type);
         co_await hears(kStateTimeout, 1, kA);
     }},
    {"G-068 inserted events run in the order listed, before what waits",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         co_await otp::sys::suspend(machine);
         order(machine, keepWith(list({inserted(1), tuple(atom("next_event"), atoms::cast, 2),
                                       tuple(atom("next_event"), atom("info"), 3)})));
         otp::cast(machine, Term(4));
         co_await otp::sys::resume(machine);
         co_await hears(kInternal, 1, kA);
         co_await hears(atoms::cast, 2, kA);
         co_await hears(atom("info"), 3, kA);
         co_await hears(atoms::cast, 4, kA);
     }},
    {"G-069 after a change of state: inserted, then postponed, then the mailbox",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         co_await otp::sys::suspend(machine);
         send(machine, tuple(atom("do"), keepWith(atom("postpone"))));
         order(machine, nextWith("b", list({inserted(1), tuple(kStateTimeout, 0, 2)})));
         otp::cast(machine, Term(3));
         co_await otp::sys::resume(machine);
         for (const Atom type : {atom("info"), atoms::cast})
             checkEqual((co_await nextMessage()).element(0), type);
         co_await hears(kInternal, 1, kB);
         checkEqual((co_await nextMessage()).element(0), atom("info"));
         co_await hears(kStateTimeout, 2, kB);
         co_await hears(atoms::cast, 3, kB);
     }},
    {"G-077 a state is entered at the start and at each change, before anything else in it",
     +[]() -> Task<> {
         const Pid machine =
             co_await startTold(list({inserted(1), tuple(kStateTimeout, 0, 2)}), kA, true);
         co_await hears(atom("enter"), kA, kA);
         co_await hears(kInternal, 1, kA);
         co_await hears(kStateTimeout, 2, kA);
         order(machine, nextWith("b", list({inserted(3)})));
         co_await hears(atom("enter"), kA, kB);
         co_await hears(kInternal, 3, kB);
     }},
    {"G-078 enter may set timeouts and stop, but not change the state, postpone or insert",
     +[]() -> Task<> {
         const Term sets = keepWith(tuple(kStateTimeout, 10, 1));
         const Term state = tuple(atom("enters"), sets);
         if (toldByState)
             co_return; // such states are no atoms
         const Pid machine = co_await startTold(Term::nil(), state, true);
         co_await hears(atom("enter"), state, state);
         co_await hears(kStateTimeout, 1, state);
         co_await killAndAwaitDown(machine);
         checkEqual(co_await entersAndEnds(tuple(atoms::stop, atom("boo")), atom("boo")),
                    atom("boo"));
         const auto fails = [](Term decision, const char* tag, Term what) -> Task<> {
             const Term why = tuple(atom(tag), what);
             checkEqual((co_await entersAndEnds(decision, why)).element(0), why);
         };
         co_await fails(nextWith("b"), "bad_state_enter_return_from_state_function", nextWith("b"));
         co_await fails(keepWith(list({atom("postpone")})),
                        "bad_state_enter_action_from_state_function", atom("postpone"));
         co_await fails(keepWith(list({inserted(1)})), "bad_state_enter_action_from_state_function",
                        inserted(1));
         co_await fails(atom("foo"), "bad_return_from_state_function", atom("foo"));
     }},
    {"G-079 repeat_state enters anew and is otherwise as keep_state",
     +[]() -> Task<> {
         const Pid machine = co_await startTold(Term::nil(), kA, true);
         co_await hears(atom("enter"), kA, kA);
         order(machine, keepWith(tuple(kStateTimeout, 100, 1)));
         send(machine, tuple(atom("do"), keepWith(atom("postpone"))));
         order(machine, atom("repeat_state_and_data"));
         for (const Atom type : {atoms::cast, atom("info"), atoms::cast})
             checkEqual((co_await nextMessage()).element(0), type);
         co_await hears(atom("enter"), kA, kA);
         checkEqual(co_await nextMessage(), tuple(kStateTimeout, 1, kA)); // nothing was retried
     }},
    {"G-080 actions of init come before any message",
     +[]() -> Task<> {
         const otp::StartResult started = co_await otp::TermStatem::start(
             otp::StartOptions{.name = "early"}, toldCallbacks(),
             tuple(atoms::ok, kA, self(), list({inserted(1), tuple(named("n"), 0, 2)})));
         send(started.pid(), Term(3));
         co_await hears(kInternal, 1, kA);
         co_await hears(named("n"), 2, kA);
         co_await hears(atom("info"), 3, kA);
     }},
    {"G-081 init: ignore, stop, and what is no return value",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto given = [](Term decision, Term result, Term reason) -> Task<> {
             checkEqual((co_await start(decision)).term(), result);
             const Exit signal = co_await receive(on<Exit>());
             checkEqual(signal.reason, reason);
             check(co_await isSilent());
         };
         co_await given(atoms::ignore, atoms::ignore, atoms::normal);
         co_await given(tuple(atoms::stop, 1), tuple(atoms::error, 1), 1);
         const Term bad = tuple(atom("bad_return_from_init"), atom("foo"));
         co_await given(atom("foo"), tuple(atoms::error, bad), bad);
         co_await given(tuple(atoms::throw_, atom("foo")), tuple(atoms::error, bad), bad);
         co_await given(tuple(atoms::throw_, tuple(atoms::stop, 2)), tuple(atoms::error, 2), 2);
         co_await given(tuple(atoms::exit, 3), tuple(atoms::error, 3), 3);
     }},
    {"G-082 init that raises an error: the start says the error alone, the process ends with the "
     "stack, too",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const otp::StartResult result = co_await start(tuple(atoms::error, atom("boo")));
         checkEqual(result.term(), tuple(atoms::error, atom("boo")));
         const Exit signal = co_await receive(on<Exit>());
         check(signal.reason.isTuple(2));
         checkEqual(signal.reason.element(0), atom("boo"));
     }},
    {"G-083 a wrong return or action ends the machine",
     +[]() -> Task<> {
         co_await failsWith(atom("foo"), "bad_return_from_state_function", atom("foo"));
         co_await failsWith(tuple(atom("next_state"), kB), "bad_return_from_state_function",
                            tuple(atom("next_state"), kB));
         for (const Term& action :
              {Term(atom("bar")), tuple(kStateTimeout, -1, 1), tuple(kStateTimeout, atom("x"), 1),
               tuple(atom("next_event"), atom("foo"), 1), tuple(atoms::reply, 1, 2), Term(-5)})
             co_await failsWith(keepWith(list({action})), "bad_action_from_state_function", action);
         co_await failsWith(tuple(atom("stop_and_reply"), atoms::normal, list({atom("foo")})),
                            "bad_reply_action_from_state_function", atom("foo"));
     }},
    {"G-084 a callback that raises an error: terminate gets it without the stack",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Ref watch = monitor(machine);
         otp::cast(machine, tuple(atoms::error, atom("boo")));
         const Term reason = co_await ends(watch, atom("boo"));
         check(reason.isTuple(2) && reason.element(1).isCons());
         checkEqual(reason.element(0), atom("boo"));
         const Pid other = co_await startTold();
         const Ref second = monitor(other);
         otp::cast(other, tuple(atoms::exit, atom("boo")));
         checkEqual(co_await ends(second, atom("boo")), atom("boo"));
     }},
    {"G-085 a thrown value is a return value",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         otp::cast(machine, tuple(atoms::throw_, nextWith("b")));
         static_cast<void>(co_await nextMessage());
         checkEqual((co_await otp::sys::getState(machine)).element(0), kB);
     }},
    {"G-090 a machine that hibernates takes the next event as ever",
     +[]() -> Task<> {
         const Pid machine = co_await startTold(list({Term(atoms::hibernate)}));
         while (!peekRow(machine)->hibernates)
             co_await sleep(1ms);
         order(machine, keepWith(list({atom("postpone"), atoms::hibernate})));
         order(machine, nextWith("b", list({tuple(atoms::hibernate, true)})));
         checkEqual(co_await ask(machine, 1), tuple(atoms::reply, 1));
     }},
    {"G-090 hibernation goes on after a request of sys, and begins after hibernateAfter",
     +[]() -> Task<> {
         const auto hibernates = [](Pid pid) -> Task<> {
             while (!peekRow(pid)->hibernates)
                 co_await sleep(1ms);
         };
         const Pid machine = co_await startTold(list({Term(atoms::hibernate)}));
         co_await hibernates(machine);
         static_cast<void>(co_await otp::sys::getState(machine));
         co_await hibernates(machine);
         co_await otp::sys::suspend(machine);
         otp::cast(machine, Term(1));
         co_await otp::sys::resume(machine);
         co_await hears(atoms::cast, 1, kA);

         const otp::StartResult started =
             co_await otp::TermStatem::start(otp::StartOptions{.hibernateAfter = 50ms},
                                             toldCallbacks(), tuple(atoms::ok, kA, self()));
         for (int round = 0; round < 2; ++round) {
             checkEqual(co_await ask(started.pid(), round), tuple(atoms::reply, round));
             check(!peekRow(started.pid())->hibernates);
             co_await hibernates(started.pid());
         }
     }},
    {"G-092 of two replies the call returns the first",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         checkEqual(
             co_await ask(machine, tuple(atom("do"), keepWith(list({answer(1), answer(2)})))), 1);
         co_await hearsNothing(machine);
     }},
    {"G-093 a postponed call keeps its caller waiting, however often",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Ref call =
             sendRequest(machine, Payload(tuple(atom("do"), keepWith(atom("postpone")))));
         for (const char* state : {"b", "c", "a"}) {
             checkEqual((co_await nextMessage()).element(0), atoms::call);
             order(machine, nextWith(state));
             checkEqual((co_await nextMessage()).element(0), atoms::cast);
         }
         checkEqual((co_await nextMessage()).element(0), atoms::call);
         co_await otp::stop(machine);
         co_await hears(atoms::terminate, atoms::normal, kA);
         const CallResult got = co_await receive(on<ReplyTo>(call));
         check(got.isDown());
     }},
};

} // namespace

class tst_GenStatemTerms : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)

    void scenarioByState_data() { scenario_data(); }
    void scenarioByState() {
        toldByState = true;
        const auto back = qScopeGuard([] { toldByState = false; });
        scenario();
    }
};

QTEST_GUILESS_MAIN(tst_GenStatemTerms)
#include "tst_gen_statem_terms.moc"
