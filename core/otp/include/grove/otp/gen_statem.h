#pragma once

#include <grove/otp/call.h>
#include <grove/otp/gen_statem_glue.h>
#include <grove/otp/starts.h>
#include <grove/otp/statem.h>

namespace grove::otp {

/// A process that is in one of several states, and does with an event what that state says.
///
///     /// A door that opens for a code and locks itself again after ten seconds.
///     class Door final : public otp::GenStatem<Door> {
///     public:
///         enum class State { Locked, Open };
///         GROVE_MEMBER_ENUM(State, Locked, Open)
///         struct Data { std::string code; int opened = 0; GROVE_MAP_FIELDS(Data, code, opened) };
///         struct Enter { using Reply = bool; std::string code; GROVE_FIELDS(Enter, code) };
///         struct Knock { GROVE_FIELDS(Knock) };
///         using Calls = Messages<Enter>;
///         using Casts = Messages<Knock>;
///
///         Init init(std::string code) { return Init::ok(State::Locked, Data{std::move(code)}); }
///
///         Next handleEvent(In<State::Locked>, From from, const Enter& entered) {
///             if (entered.code != data().code)
///                 return keepState().reply(from, false);
///             ++data().opened;
///             return nextState(State::Open).reply(from, true).stateTimeout(10s);
///         }
///         Next handleEvent(In<State::Open>, StateTimeout) { return nextState(State::Locked); }
///         Next handleEvent(In<State::Open>, From, const Enter&) { return postpone(); }
///         Next handleEvent(Cast, Knock) { return {}; }        // whatever the state
///     };
///
///     const auto door = co_await Door::startLink("1234");
///     bool isOpen = co_await Door::call(door.pid(), Door::Enter{"1234"});
///
/// When to use it: where what a message means depends on what happened before; where messages must
/// wait for a better moment (postpone); where time matters per state. Otherwise a GenServer is
/// simpler.
///
/// State and data: `State` says which events are handled how; it is changed by what a callback
/// returns, and compared with `==`: an equal state is no change. `Data` is all else, changed in
/// place through data(). Both should be described (term/describe.h).
///
/// Callbacks: `handleEvent(Type, content)` for every state, or `handleEvent(In<state>, Type,
/// content)` for one state of an enumeration, which goes first. (These are OTP's two callback
/// modes, handle_event_function and state_functions; a class may mix them.) Type and content are
/// - `From from, const M&`: a call, whose caller waits for `reply(from, …)`;
/// - `Cast, const M&`, `Info, const M&`, `Internal, const M&`, for the types named in Casts, Infos
///   and Internals; `Info, Exit` and `Info, Down` for those signals;
/// - `StateTimeout`, `EventTimeout`, `NamedTimeout` alone or with `const Term&`, their content;
/// - all of them with `const Term&` for what no message type fits;
/// - `AnyEvent` alone: whatever no other callback takes.
/// An event that no callback takes ends the machine with function_clause. They return Next or
/// nothing, as plain functions or coroutines. An event stays whole until its callback has ended, so
/// take it by const reference, also in a coroutine; a parameter by value is a copy.
/// - `init(args…)` -> Init.
/// - `terminate(Term reason)`, `restored()`, `static view(const Data&)` as GenServer's.
/// - `codeChange(Term oldVersion, Term oldState, Term oldData, Term extra)` ->
///   std::expected<std::pair<State, Data>, Term>, for sys::changeCode() of the same class.
/// - `handleEnter(State old)` or `handleEnter(In<state>, State old)` -> Entered or nothing: runs
/// when
///   a state is entered, the first one too (`old` is then the same), before anything else happens
///   in it.
///
/// What Next may carry beside the state: replies, timeouts, events to be handled next, postpone;
/// see StatemNext and StatemActions.
/// Order: events that a callback inserts come first, then, after a change of state, the postponed
/// ones from oldest to newest, then zero timeouts, then the mailbox.
///
/// Calls: `Door::call(server, message)` waits without limit, as gen_statem:call does, and exits
/// `{Reason, {gen_statem, call, [Server, Request, Limit]}}`; otp::tryCall() gives a Result.
/// Names, supervising, debugging: as GenServer; `otp::worker<Door>("1234")`. sys::getState() is
/// `{State, Data}`.
///
/// Departures from OTP: callbacks change their data in place, so one that fails midway leaves it
/// half changed when terminate() runs. A thrown term is no return value (TermStatem has it). There
/// is no change of the callback module.
template <class Derived>
class GenStatem : public StatemCore, public detail::Starts<Derived, detail::StatemGlue> {
public:
    static constexpr const char* kBehaviour = "GenStatem";

    using Init = StatemInit;
    using Next = StatemNext;
    using Entered = StatemEntered;
    using From = grove::From;
    using reason = otp::Reasons;
    using Cast = statem::Cast;
    using Info = statem::Info;
    using Internal = statem::Internal;
    using EventTimeout = statem::EventTimeout;
    using NamedTimeout = statem::NamedTimeout;
    using StateTimeout = statem::StateTimeout;
    using AnyEvent = statem::AnyEvent;
    template <auto state> using In = statem::In<state>;
    template <class... Ts> using Messages = otp::Messages<Ts...>;

    struct Data {
        GROVE_MAP_FIELDS(Data)
    };
    using Calls = otp::Messages<>;
    using Casts = otp::Messages<>;
    using Infos = otp::Messages<>;
    using Internals = otp::Messages<>;

    /// `co_await Door::call(door, Door::Enter{…})`: asks and waits for the answer, of the type that
    /// the message names as its Reply. Errors: exits as gen_statem:call does.
    template <class M>
    [[nodiscard]] static auto call(ServerRef machine, M message, Duration limit = kInfinity) {
        using Sent = typename detail::MessageOf<M>::Type;
        return detail::TypedCall<Sent, detail::OnFailure::ExitAsStatem>(
            std::move(machine), detail::asSent(message), limit);
    }

protected:
    GenStatem() = default;
    ~GenStatem() = default;

    /// Requires: init() has returned it.
    [[nodiscard]] const auto& state() const noexcept {
        return detail::StatemGlue<Derived>::stateOf(*this);
    }
    [[nodiscard]] auto& data() noexcept {
        return *static_cast<typename Derived::Data*>(m_data.object());
    }
    [[nodiscard]] const auto& data() const noexcept {
        return *static_cast<const typename Derived::Data*>(m_data.object());
    }

    /// The machine is in this state from now on.
    template <class S> [[nodiscard]] static Next nextState(S state) {
        static_assert(std::same_as<S, typename Derived::State>,
                      "nextState() takes the machine's State");
        Next next(detail::StatemOutcome::Kind::NextState);
        next.m_outcome.state = detail::AnyState::make(std::move(state));
        return next;
    }
    /// It stays in the one it is in.
    [[nodiscard]] static Next keepState() noexcept { return {}; }
    /// As keepState(), but handleEnter() runs as if it had been entered anew.
    [[nodiscard]] static Next repeatState() noexcept {
        return Next(detail::StatemOutcome::Kind::RepeatState);
    }
    /// It stays in its state, and the event waits for the next one.
    [[nodiscard]] static Next postpone() { return Next().postpone(); }
    /// Ends the machine: terminate(reason), then the process ends with `reason`. Of the actions
    /// only replies are done.
    [[nodiscard]] static Next stop(Term reason = atoms::normal) {
        Next next(detail::StatemOutcome::Kind::Stop);
        next.m_outcome.reason = std::move(reason);
        return next;
    }

private:
    friend struct detail::StatemGlue<Derived>;
};

} // namespace grove::otp
