#pragma once

#include <grove/otp/gen_statem.h>

#include <chrono>

namespace grove::test {

/// A door that opens for a code and locks itself again after ten seconds; tells its listener what
/// it sees.
class Door final : public otp::GenStatem<Door> {
public:
    enum class State { Locked, Open };
    GROVE_MEMBER_ENUM(State, Locked, Open)
    struct Data {
        Pid listener;
        std::string code;
        int opened = 0;
        GROVE_MAP_FIELDS(Data, listener, code, opened)
    };
    struct Enter {
        using Reply = bool;
        std::string code;
        GROVE_FIELDS(Enter, code)
    };
    struct Knock {
        GROVE_FIELDS(Knock)
    };
    struct Alarm {
        int level = 0;
        GROVE_FIELDS(Alarm, level)
    };
    using Calls = Messages<Enter>;
    using Casts = Messages<Knock>;
    using Infos = Messages<Alarm>;
    using Internals = Messages<Alarm>;

    Init init(Pid listener, std::string code) {
        return Init::ok(State::Locked,
                        Data{.listener = listener, .code = std::move(code), .opened = 0});
    }
    void handleEnter(State old) { tell(tuple(atom("entered"), toTerm(state()), toTerm(old))); }

    Next handleEvent(In<State::Locked>, From from, const Enter& entered) {
        if (entered.code != data().code)
            return keepState().reply(from, false);
        ++data().opened;
        return nextState(State::Open).reply(from, true).stateTimeout(std::chrono::seconds(10));
    }
    Next handleEvent(In<State::Open>, StateTimeout) { return nextState(State::Locked); }
    Next handleEvent(In<State::Open>, From, const Enter&) { return postpone(); }
    void handleEvent(Cast, const Knock&) { tell(tuple(atom("knock"), toTerm(state()))); }
    Next handleEvent(Info, const Alarm& alarm) {
        if (alarm.level > 9)
            return stop(atom("fire"));
        return keepState().nextEvent(Internal{}, Alarm{alarm.level + 1});
    }
    Task<Next> handleEvent(Internal, const Alarm& alarm) { // waits, and sees its event whole
        co_await sleep(std::chrono::milliseconds(5));
        tell(tuple(atom("alarm"), alarm.level));
        co_return keepState();
    }
    void handleEvent(Info, const Exit& signal) { tell(tuple(atoms::EXIT, signal.reason)); }
    void handleEvent(Info, const Down& signal) { tell(tuple(atoms::DOWN, signal.reason)); }
    void handleEvent(AnyEvent event) {
        if (event.content.isAtom(atom("trap")))
            setTrapExit(TrapExit::Yes);
        if (const auto peer = event.content.asPid())
            static_cast<void>(monitor(*peer));
        tell(tuple(event.typeTerm(), event.content));
    }
    /// Opens, and counts twice as often and one more.
    std::expected<std::pair<State, Data>, Term> codeChange(Term, Term, Term oldData, Term extra) {
        if (!extra.isAtom(atom("double")))
            return std::unexpected(std::move(extra));
        Data changed = *fromTerm<Data>(oldData);
        changed.opened = 2 * changed.opened + 2;
        return std::pair(State::Open, std::move(changed));
    }
    void terminate(Term why) { tell(tuple(atoms::terminate, why, toTerm(state()))); }

private:
    void tell(Term what) { grove::send(data().listener, std::move(what)); }
};

} // namespace grove::test
