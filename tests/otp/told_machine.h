#pragma once

#include "scenarios.h"

#include <grove/otp/call.h>
#include <grove/otp/term_statem.h>
#include <grove/runtime/timers.h>

#include <memory>

namespace grove::test {

// A state machine of terms that does what events tell it. Its data is the pid of its listener,
// which hears of every event `{Type, Content, State}` (a call's type is `call`), of every state
// entered `{enter, Old, State}` and of the end `{terminate, Reason, State}`.
// `{do, Decision}` as an event's content makes it decide so, with `'$from'` for the caller;
// `{error, R}`, `{exit, R}`, `{throw, V}` raise. Calls of anything else are answered `{reply,
// Content}`. A state `{enters, Decision}` decides so when it is entered.

/// `term` with every `'$from'` replaced.
inline Term withFrom(const Term& term, const Term& from) {
    if (term.isAtom(atom("$from")))
        return from;
    std::vector<Term> parts;
    if (term.isTuple()) {
        for (const Term& each : term.elements())
            parts.push_back(withFrom(each, from));
        return tupleFrom(parts);
    }
    if (!term.isCons())
        return term;
    for (const Term& each : term.listElements())
        parts.push_back(withFrom(each, from));
    return listFrom(parts);
}

inline Term obey(const Term& content) {
    if (content.isTagged(atoms::error, 2))
        error(content.element(1));
    if (content.isTagged(atoms::exit, 2))
        exit(content.element(1));
    if (content.isTagged(atoms::throw_, 2))
        throwTerm(content.element(1));
    return content;
}

inline Term toldEvent(const Term& type, const Term& content, const Term& state, const Term& data) {
    const bool isCall = type.isTagged(atoms::call, 2);
    const Term keep = atom("keep_state_and_data");
    send(data.toPid(), tuple(isCall ? Term(atoms::call) : type, content, state));
    if (type.isAtom(atom("enter")))
        return state.isTagged(atom("enters"), 2) ? state.element(1) : keep;
    obey(content);
    if (content.isTagged(atom("do"), 2))
        return withFrom(content.element(1), isCall ? type.element(1) : Term(atoms::none));
    if (content.isAtom(atom("trap")))
        setTrapExit(TrapExit::Yes);
    if (isCall)
        return tuple(keep,
                     list({tuple(atoms::reply, type.element(1), tuple(atoms::reply, content))}));
    return keep;
}

/// Machines have a function for each of their states `a`, `b` and `c` instead of one for all.
inline bool toldByState = false;

inline std::pair<Atom, otp::StateFunction> toldState(const char* name) {
    return {atom(name),
            [state = Term(atom(name))](const Term& type, const Term& content, const Term& data) {
                return toldEvent(type, content, state, data);
            }};
}

inline otp::TermStatem::Callbacks toldCallbacks(bool entersStates = false) {
    using Mode = otp::statem::CallbackMode;
    otp::TermStatemCallbacks callbacks{
        .init = [](const Term& decision) { return obey(decision); },
        .terminate =
            [](const Term& reason, const Term& state, const Term& data) {
                send(data.toPid(), tuple(atoms::terminate, reason, state));
            },
        .mode = {.kind = toldByState ? Mode::StateFunctions : Mode::HandleEventFunction,
                 .stateEnter = entersStates}};
    if (toldByState)
        callbacks.states = {toldState("a"), toldState("b"), toldState("c")};
    else
        callbacks.handleEvent = toldEvent;
    return std::make_shared<const otp::TermStatemCallbacks>(std::move(callbacks));
}

/// Starts one in state `a`.
inline Task<Pid> startTold(Term actions = Term::nil(), Term state = atom("a"),
                           bool entersStates = false) {
    const otp::StartResult started = co_await otp::TermStatem::start(
        toldCallbacks(entersStates), tuple(atoms::ok, state, self(), actions));
    check(started.isOk());
    co_return started.pid();
}

inline Term keepWith(Term actions) {
    return tuple(atom("keep_state_and_data"), std::move(actions));
}
inline Term nextWith(const char* state, Term actions = Term::nil()) {
    return tuple(atom("next_state"), atom(state), self(), std::move(actions));
}
/// Makes it decide so, as a cast.
inline void order(Pid machine, Term decision) {
    otp::cast(machine, tuple(atom("do"), std::move(decision)));
}
/// The next event it tells of is this one; orders are passed over.
inline Task<> hears(Term type, Term content, Term state,
                    std::source_location where = std::source_location::current()) {
    Term told = co_await nextMessage();
    while (told.isTuple(3) && told.element(1).isTagged(atom("do"), 2))
        told = co_await nextMessage();
    checkEqual(told, tuple(std::move(type), std::move(content), std::move(state)), where);
}
/// Nothing has happened beside orders: the machine has been asked.
inline Task<> hearsNothing(Pid machine,
                           std::source_location where = std::source_location::current()) {
    co_await otp::TermStatem::call(
        machine,
        tuple(atom("do"), keepWith(list({tuple(atoms::reply, atom("$from"), atoms::ok)}))));
    for (;;) {
        const auto more = co_await receive(any(), after(Duration::zero()));
        const auto* message = std::get_if<Message>(&more);
        if (message == nullptr)
            co_return;
        const Term told = message->term();
        if (!told.isTuple(3) || !told.element(1).isTagged(atom("do"), 2))
            checkEqual(told, atom("nothing"), where);
    }
}
/// It ends by itself: terminate() got `why`, and this is its reason.
inline Task<Term> ends(Ref watch, Term why,
                       std::source_location where = std::source_location::current()) {
    Term told = co_await nextMessage();
    while (!told.isTagged(atoms::terminate, 3))
        told = co_await nextMessage();
    checkEqual(told.element(1), std::move(why), where);
    const Down down = co_await receive(on<Down>(watch));
    co_return down.reason;
}

inline Term named(const char* name) {
    return tuple(atoms::timeout, atom(name));
}
inline Term inserted(Term content) {
    return tuple(atom("next_event"), atom("internal"), std::move(content));
}
inline Term answer(Term value) {
    return tuple(atoms::reply, atom("$from"), std::move(value));
}
inline const Atom kInternal = atom("internal");
inline const Atom kStateTimeout = atom("state_timeout");
inline const Atom kA = atom("a");
inline const Atom kB = atom("b");

inline Task<Term> ask(otp::ServerRef machine, Term request, Duration limit = kInfinity) {
    co_return co_await otp::TermStatem::call(std::move(machine), std::move(request), limit);
}

} // namespace grove::test
