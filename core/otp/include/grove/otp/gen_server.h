#pragma once

#include <grove/otp/call.h>
#include <grove/otp/gen_server_glue.h>
#include <grove/otp/server.h>
#include <grove/otp/starts.h>

namespace grove::otp {

/// A process that keeps a state and handles one message after another.
///
///     class Counter final : public otp::GenServer<Counter> {
///     public:
///         struct Add { using Reply = int; int by; GROVE_FIELDS(Add, by) };
///         struct Reset { GROVE_FIELDS(Reset) };
///         using Calls = Messages<Add>;
///         using Casts = Messages<Reset>;
///         struct State { int count = 0; GROVE_MAP_FIELDS(State, count) };
///
///         Init init(int first) { return Init::ok(State{first}); }
///         Reply<int> handleCall(Add request, From) { return state().count += request.by; }
///         Next handleCast(Reset) { state().count = 0; return {}; }
///     };
///
///     const auto started = co_await Counter::startLink(5);
///     int now = co_await otp::call(started.pid(), Counter::Add{3});   // 8
///     otp::cast(started.pid(), Counter::Reset{});
///
/// Client and server: the functions that others call live beside the messages, usually as static
/// members that hide call() and cast(); the callbacks run in the server's process.
///
/// Callbacks (all but one message type each are optional):
/// - `init(args…)` -> Init, or the State itself; default: a State{}. The starter waits until it has
/// returned. The arguments are the server's own and are gone when the start has been acknowledged:
/// what is kept of them is moved out, never a reference or a view. Their alignment is 16 at most.
/// - `handleCall(M, From)` or `handleCall(M)` -> Reply<R>, R or nothing (answers `ok`).
/// A plain one may take M by reference and answer with a reference or view into it, which is packed
/// before the message goes.
/// - `handleCast(M)`, `handleInfo(M)` -> Next or nothing. handleInfo(Exit) and handleInfo(Down) get
/// those signals, handleInfo(Message) the answer to a sendRequest() as it came (see
/// checkResponse()); without it that comes as `{Ref, Reply}`.
/// - `handleCall(Term, From)`, `handleCast(Term)`, `handleInfo(Term)` get what no message type
/// fits.
/// - `handleContinue()` or `handleContinue(Term)`, `handleTimeout()` -> Next or nothing.
/// - `terminate(Term reason)`: runs when a callback stops the server, fails or the parent ends
/// while exits are
///   trapped; not after kill, and not after an exit signal that is not trapped.
/// - `restored()`: rebuilds what is not part of State after sys::replaceState().
/// - `static view(const State&)`: what the observer shows instead of the whole State.
/// Each may be a plain function or a coroutine (Task<…>). A plain one costs no allocation.
///
/// Messages arrive as the values that were sent; a term of the same form (`{add, 3}`) is accepted
/// too. A call or cast that fits nothing ends the server with function_clause; an info is logged
/// and counted.
///
/// Names: `startLink({.name = "counter"}, 5)`, `.name = via("registry", key)`; see StartOptions.
/// Timeouts: a call waits 5 s by default; see otp::call. To ask and go on: request.h.
/// Memory: Next::hibernate(), StartOptions::hibernateAfter.
/// To supervise: `otp::worker<Counter>(5)`, see supervisor.h.
/// When not to use it: for work without a state of its own (a plain function does), or where one
/// caller at a time would be too slow (Registry shows reads without a process in between).
/// Debugging: sys.h.
///
/// Departures from OTP: a callback works on its state in place, so one that fails midway leaves it
/// half changed when terminate() runs. A thrown term is not a return value, it ends the server with
/// `{nocatch, Term}`. While a coroutine callback waits, nothing else is handled. Exits name
/// gen_server, as in Erlang, not Elixir's module.
template <class Derived>
class GenServer : public ServerCore, public detail::Starts<Derived, detail::Glue> {
public:
    using Init = otp::Init;
    using Next = otp::Next;
    using From = grove::From;
    using reason = otp::Reasons;
    template <class R> using Reply = otp::Reply<R>;
    template <class... Ts> using Messages = otp::Messages<Ts...>;

    using Calls = otp::Messages<>;
    using Casts = otp::Messages<>;
    using Infos = otp::Messages<>;

protected:
    GenServer() = default;
    ~GenServer() = default;

    /// The server's memory. Requires: init() has returned it.
    [[nodiscard]] auto& state() noexcept {
        return *static_cast<typename Derived::State*>(m_state.object());
    }
    [[nodiscard]] const auto& state() const noexcept {
        return *static_cast<const typename Derived::State*>(m_state.object());
    }

private:
    friend struct detail::Glue<Derived>;
};

} // namespace grove::otp
