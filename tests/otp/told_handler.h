#pragma once

#include "scenarios.h"

#include <grove/otp/gen_event.h>

namespace grove::test {

/// An event handler that does what events tell it, and tells its listener `{Id, What, …}`.
class Told final : public otp::GenEventHandler<Told> {
public:
    struct State {
        Pid listener;
        Term id;
        GROVE_MAP_FIELDS(State, listener, id)
    };
    /// `id`: {refuse, X}, {error, R}, {exit, R}, {value, V} are not installed. `handover`: of one
    /// that is swapped in.
    Init init(Pid listener, Term id, Term handover) {
        if (id.isTagged(atom("refuse"), 2))
            return Init::error(id.element(1));
        if (id.isTagged(atom("value"), 2))
            return Init::refuse(id.element(1));
        raise(id);
        grove::send(listener, handover.isNone() ? tuple(id, atoms::init)
                                                : tuple(id, atoms::init, std::move(handover)));
        return Init::ok(State{.listener = listener, .id = std::move(id)});
    }
    Handled handleEvent(const Term& event) {
        tell(atom("event"), event);
        return act(event);
    }
    Handled handleInfo(const Term& message) {
        tell(atom("info"), message);
        return act(message);
    }
    Task<Reply<Term>> handleCall(Term request) {
        raise(request);
        if (request.isTagged(atom("sleep"), 2))
            co_await sleep(std::chrono::milliseconds(request.element(1).toInt()));
        co_return Reply<Term>(tuple(atoms::reply, request)).then(act(request));
    }
    Task<Term> terminate(Term why) {
        tell(atoms::terminate, why);
        raise(why);
        co_return tuple(atom("ended"), state().id);
    }

private:
    static void raise(const Term& what) {
        if (what.isTagged(atoms::error, 2) && !what.element(1).isTuple())
            grove::error(what.element(1));
        if (what.isTagged(atoms::exit, 2))
            grove::exit(what.element(1));
    }
    Handled act(const Term& what) {
        raise(what);
        if (what.isAtom(atom("remove")))
            return Handled::remove();
        if (what.isAtom(atoms::hibernate))
            return Handled().hibernate();
        if (what.isTagged(atom("bad"), 2))
            return Handled::bad(what.element(1));
        if (what.isTagged(atom("swap"), 2))
            return Handled::swap<Told>(atom("a1"), otp::handler<Told>(what.element(1)),
                                       state().listener, what.element(1));
        return {};
    }
    void tell(Atom what, Term term) {
        grove::send(state().listener, tuple(state().id, what, std::move(term)));
    }
};

inline otp::HandlerName told(const char* id) {
    return otp::handler<Told>(atom(id));
}
inline Task<otp::GenEvent::Added> add(Pid manager, Term id, otp::HandlerName name) {
    return otp::GenEvent::addHandler<Told>(manager, std::move(name), self(), std::move(id));
}
/// Adds one named {told, Id}; it has said that it is there.
inline Task<> addTold(Pid manager, const char* id) {
    check((co_await add(manager, atom(id), told(id))).has_value());
    checkEqual(co_await nextMessage(), tuple(atom(id), atoms::init));
}
inline Task<> addSupTold(Pid manager, const char* id) {
    const auto added =
        co_await otp::GenEvent::addSupHandler<Told>(manager, told(id), self(), Term(atom(id)));
    check(added.has_value());
    checkEqual(co_await nextMessage(), tuple(atom(id), atoms::init));
}
inline Task<Pid> startManager(otp::StartOptions options = {}) {
    const otp::StartResult started = co_await otp::GenEvent::start(std::move(options));
    check(started.isOk());
    co_return started.pid();
}
/// The next message is this one.
inline Task<> tells(Term message, std::source_location where = std::source_location::current()) {
    checkEqual(co_await nextMessage(), std::move(message), where);
}
inline Task<> tells(const char* id, Atom what, Term term,
                    std::source_location where = std::source_location::current()) {
    return tells(tuple(atom(id), what, std::move(term)), where);
}
inline Task<Term> names(otp::ServerRef manager) {
    std::vector<Term> shown;
    for (const otp::HandlerName& each : co_await otp::GenEvent::whichHandlers(std::move(manager)))
        shown.push_back(each.id.value_or(Term(each.module)));
    co_return listFrom(shown);
}

inline Term exited(Term reason) {
    return tuple(atoms::EXIT, std::move(reason));
}
inline Term gone(const char* id, Term reason) {
    return tuple(atom("gen_event_EXIT"), told(id).term(), std::move(reason));
}
/// `{'EXIT', {Reason, Stack}}` without the stack.
inline Term withoutStack(const Term& value) {
    return value.isTagged(atoms::EXIT, 2) && value.element(1).isTuple(2)
               ? exited(value.element(1).element(0))
               : value;
}

} // namespace grove::test
