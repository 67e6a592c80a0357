#pragma once

#include "scenarios.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

#include <chrono>

namespace grove::test {

/// A child that tells its listener `{up, Id, Pid}` and, when it has the time, `{down, Id, Reason}`.
class Child final : public otp::GenServer<Child> {
public:
    struct State {
        Pid listener;
        Term id;
        Term how;
        GROVE_MAP_FIELDS(State, listener, id, how)
    };

    /// `how`: plain; trap; {linger, Ms}: traps, and takes that long to end; {slow, Ms}: to start;
    /// ignore, {stop, R}. While the name `gate` is taken nothing starts: `closed`.
    Task<Init> init(Pid listener, Term id, Term how) {
        if (whereis(atom("gate")))
            co_return Init::stop(atom("closed"));
        if (how.isAtom(atoms::ignore))
            co_return Init::ignore();
        if (how.isTagged(atoms::stop, 2))
            co_return Init::stop(how.element(1));
        if (how.isAtom(atom("trap")) || how.isTagged(atom("linger"), 2))
            setTrapExit(TrapExit::Yes);
        if (how.isTagged(atom("slow"), 2))
            co_await sleep(std::chrono::milliseconds(how.element(1).toInt()));
        grove::send(listener, tuple(atom("up"), id, self()));
        co_return Init::ok(State{.listener = listener, .id = id, .how = how});
    }
    Reply<Term> handleCall(Term request, From) { return request; }
    Next handleCast(Term reason) { return Next::stop(std::move(reason)); }
    Task<> terminate(Term why) {
        if (state().how.isTagged(atom("linger"), 2))
            co_await sleep(std::chrono::milliseconds(state().how.element(1).toInt()));
        grove::send(state().listener, tuple(atom("down"), state().id, why));
    }
};

/// A child of the running test.
inline otp::ChildSpec child(const char* id, Term how = atom("plain")) {
    return otp::worker<Child>(self(), Term(atom(id)), std::move(how)).id(Term(atom(id)));
}
inline otp::ChildSpec trapping(const char* id) {
    return child(id, atom("trap"));
}

/// The next thing that happens is the start of this child.
inline Task<Pid> isUp(const char* id,
                      std::source_location where = std::source_location::current()) {
    const Term message = co_await nextMessage();
    checkEqual(message.isTagged(atom("up"), 3) ? message.element(1) : message, Term(atom(id)),
               where);
    co_return message.element(2).toPid();
}
inline Task<> isDown(const char* id, Term reason,
                     std::source_location where = std::source_location::current()) {
    checkEqual(co_await nextMessage(), tuple(atom("down"), atom(id), std::move(reason)), where);
}
/// Nothing more happens for half a second: none of these tests lets anything take longer.
inline Task<> staysQuiet(std::source_location where = std::source_location::current()) {
    const auto more = co_await receive(any(), after(std::chrono::milliseconds(500)));
    if (const auto* message = std::get_if<Message>(&more))
        checkEqual(message->term(), atom("nothing"), where);
}

/// Starts a tree that the test, which traps exits, is the parent of.
inline Task<Pid> startTree(otp::SupervisorOptions options) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started = co_await otp::Supervisor::startLink({}, std::move(options));
    check(started.isOk());
    co_return started.pid();
}
/// Ends it, and forgets what its children said.
inline Task<> stopTree(Pid tree) {
    exit(tree, atoms::shutdown);
    const Exit ended = co_await receive(on<Exit>(tree));
    checkEqual(ended.reason, atoms::shutdown);
    while ((co_await receive(any(), after(Duration::zero()))).index() == 0) {
    }
}

/// `[{Id, Pid | undefined | restarting}]`, in start order.
inline Task<Term> childStates(otp::ServerRef tree) {
    const std::vector<otp::Child> children =
        co_await otp::Supervisor::whichChildren(std::move(tree));
    std::vector<Term> states;
    for (auto at = children.rbegin(); at != children.rend(); ++at) {
        const Term shown = toTerm(*at);
        states.push_back(tuple(shown.element(0), shown.element(1)));
    }
    co_return listFrom(states);
}
inline Term childState(const char* id, Term state) {
    return tuple(atom(id), std::move(state));
}

inline constexpr otp::Intensity kOften{100'000, std::chrono::seconds(5)};

} // namespace grove::test
