#pragma once

#include <grove/otp/gen_server.h>
#include <grove/runtime/timers.h>

#include <chrono>

namespace grove::test {

/// A server that does what it is told in terms, and tells its listener what happens to it.
class Script final : public otp::GenServer<Script> {
public:
    struct State {
        Pid listener;
        int count = 0;
        GROVE_MAP_FIELDS(State, listener, count)
    };

    /// `how`: ok, ignore, trap, {stop, R}, {error, R}, {exit, R}, {throw, V}, {continue, C},
    /// {timeout, Ms}, {sleep, Ms}.
    Task<Init> init(Pid listener, Term how) {
        if (how.isAtom(atoms::ignore))
            co_return Init::ignore();
        if (how.isAtom(atom("trap")))
            setTrapExit(TrapExit::Yes);
        if (how.isTagged(atoms::stop, 2))
            co_return Init::stop(how.element(1));
        if (how.isTagged(atoms::error, 2))
            grove::error(how.element(1));
        if (how.isTagged(atoms::exit, 2))
            grove::exit(how.element(1));
        if (how.isTagged(atoms::throw_, 2))
            grove::throwTerm(how.element(1));
        if (how.isTagged(atom("sleep"), 2))
            co_await sleep(std::chrono::milliseconds(how.element(1).toInt()));
        grove::send(listener, tuple(atoms::init, self()));
        if (how.isTagged(atoms::continue_, 2))
            co_return Init::ok(State{listener}).thenContinue(how.element(1));
        if (how.isTagged(atoms::timeout, 2))
            co_return Init::ok(State{listener})
                .timeout(std::chrono::milliseconds(how.element(1).toInt()));
        co_return Init::ok(State{listener});
    }

    Task<Reply<Term>> handleCall(Term request, From from) {
        ++state().count;
        if (request.isTagged(atoms::stop, 2))
            co_return Reply<Term>::stop(request.element(1));
        if (request.isTagged(atoms::stop, 3))
            co_return Reply<Term>(request.element(2)).thenStop(request.element(1));
        if (request.isTagged(atoms::error, 2))
            grove::error(request.element(1));
        if (request.isTagged(atoms::exit, 2))
            grove::exit(request.element(1));
        if (request.isTagged(atoms::throw_, 2))
            grove::throwTerm(request.element(1));
        if (request.isTagged(atoms::continue_, 2))
            co_return Reply<Term>(Term(atoms::ok)).thenContinue(request.element(1));
        if (request.isTagged(atoms::timeout, 2))
            co_return Reply<Term>(Term(atoms::ok))
                .timeout(std::chrono::milliseconds(request.element(1).toInt()));
        if (request.isTagged(atom("sleep"), 2))
            co_await sleep(std::chrono::milliseconds(request.element(1).toInt()));
        if (request.isTagged(atom("later"), 2)) { // somebody else answers
            spawn(answerLater, from, request.element(1));
            co_return Reply<Term>::noReply();
        }
        if (request.isTagged(atom("then_kill"), 2)) { // and kills this server
            spawn(answerThenKill, from, self(), request.element(1));
            co_return Reply<Term>::noReply();
        }
        if (request.isAtom(atom("twice"))) {
            otp::reply(from, Term(1));
            otp::reply(from, Term(2));
            co_return Reply<Term>::noReply();
        }
        if (request.isAtom(atom("stop_yourself")))
            co_return (co_await attempt(otp::stop(self()))).error().term;
        if (request.isAtom(atom("from")))
            co_return from.term();
        if (request.isAtom(atom("never")))
            co_return Reply<Term>::noReply();
        co_return tuple(atoms::reply, request);
    }
    Next handleCast(Term request) {
        if (request.isTagged(atoms::stop, 2))
            return Next::stop(request.element(1));
        if (request.isTagged(atoms::error, 2))
            grove::error(request.element(1));
        if (request.isTagged(atoms::timeout, 2))
            return Next().timeout(std::chrono::milliseconds(request.element(1).toInt()));
        tell(tuple(atoms::cast, request));
        return {};
    }
    void handleInfo(Term message) { tell(tuple(atom("info"), std::move(message))); }
    Next handleContinue(Term what) {
        tell(tuple(atoms::continue_, what));
        if (what.isTagged(atom("again"), 2))
            return Next().thenContinue(what.element(1));
        return {};
    }
    void terminate(Term why) {
        tell(tuple(atoms::terminate, why));
        if (why.isTagged(atom("raise"), 2))
            grove::exit(why.element(1));
    }

private:
    static Task<> answerLater(From from, Term answer) {
        co_await sleep(std::chrono::milliseconds(10));
        otp::reply(from, answer);
    }
    static Task<> answerThenKill(From from, Pid server, Term answer) {
        otp::reply(from, answer);
        grove::exit(server, atoms::kill);
        co_return;
    }
    void tell(Term what) { grove::send(state().listener, std::move(what)); }
};

} // namespace grove::test
