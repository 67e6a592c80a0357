#pragma once

#include <grove/otp/call.h>
#include <grove/otp/server.h>
#include <grove/otp/spawn_server.h>
#include <grove/otp/type_name.h>

#include <concepts>
#include <tuple>

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
/// returned.
/// - `handleCall(M, From)` or `handleCall(M)` -> Reply<R>, R or nothing (answers `ok`).
/// - `handleCast(M)`, `handleInfo(M)` -> Next or nothing. handleInfo(Exit) and handleInfo(Down) get
/// those signals.
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
/// Timeouts: a call waits 5 s by default; see otp::call.
/// To supervise: `otp::worker<Counter>(5)`, see supervisor.h.
/// When not to use it: for work without a state of its own (a plain function does), or where one
/// caller at a time would be too slow (Registry shows reads without a process in between).
/// Debugging: sys.h.
///
/// Departures from OTP: a callback works on its state in place, so one that fails midway leaves it
/// half changed when terminate() runs. A thrown term is not a return value. While a coroutine
/// callback waits, nothing else is handled.
template <class Derived> class GenServer : public ServerCore {
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

    /// Starts a server that is linked to the calling process.
    /// Resumes: when init() has returned or failed. Errors: none are raised for a failed start, see
    /// StartResult.
    template <class... Args> [[nodiscard]] static grove::Task<StartResult> startLink(Args... args) {
        return launch(StartOptions{}, detail::Linked::Yes, std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions options, Args... args) {
        return launch(std::move(options), detail::Linked::Yes, std::move(args)...);
    }
    /// Starts a server that is nobody's child.
    template <class... Args> [[nodiscard]] static grove::Task<StartResult> start(Args... args) {
        return launch(StartOptions{}, detail::Linked::No, std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] static grove::Task<StartResult> start(StartOptions options, Args... args) {
        return launch(std::move(options), detail::Linked::No, std::move(args)...);
    }

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
    using Outcome = detail::Outcome;
    using Step = detail::Step;

    static Derived& derived(ServerCore& core) noexcept { return static_cast<Derived&>(core); }

    // -- outcomes from whatever a callback returns
    // --------------------------------------------------

    template <class R> static Outcome outcomeOf(R&& returned) {
        if constexpr (requires { std::move(returned).takeOutcome(); })
            return std::move(returned).takeOutcome();
        else
            return otp::Reply<std::remove_cvref_t<R>>(std::forward<R>(returned)).takeOutcome();
    }
    template <class R> static grove::Task<Outcome> awaitOutcome(grove::Task<R> task, bool isCall) {
        if constexpr (std::is_void_v<R>) {
            co_await std::move(task);
            co_return isCall ? otp::Reply<void>().takeOutcome() : Outcome{};
        } else {
            co_return outcomeOf(co_await std::move(task));
        }
    }
    enum class Answers : bool { No, Yes };
    /// Runs a callback and packs what it returns.
    template <Answers answers, class Callback> static Step stepOf(Callback&& callback) {
        using R = std::invoke_result_t<Callback>;
        Step step;
        if constexpr (requires { typename R::promise_type; }) {
            step.pending.emplace(awaitOutcome(callback(), answers == Answers::Yes));
        } else if constexpr (std::is_void_v<R>) {
            callback();
            if constexpr (answers == Answers::Yes)
                step.done = otp::Reply<void>().takeOutcome();
        } else {
            step.done = outcomeOf(callback());
        }
        return step;
    }

    // -- the table of handlers
    // ----------------------------------------------------------------------

    template <class M> static Step runCall(ServerCore& core, Payload payload, const From* from) {
        Result<M> message = std::move(payload).template take<M>();
        if (!message)
            return Step::noMatch();
        Derived& server = derived(core);
        return stepOf<Answers::Yes>([&]() -> decltype(auto) {
            if constexpr (requires { server.handleCall(std::move(*message), *from); })
                return server.handleCall(std::move(*message), *from);
            else
                return server.handleCall(std::move(*message));
        });
    }
    template <class M> static Step runCast(ServerCore& core, Payload payload, const From*) {
        Result<M> message = std::move(payload).template take<M>();
        if (!message)
            return Step::noMatch();
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleCast(std::move(*message)); });
    }
    template <class M> static Step runInfo(ServerCore& core, Payload payload, const From*) {
        Result<M> message = std::move(payload).template take<M>();
        if (!message)
            return Step::noMatch();
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleInfo(std::move(*message)); });
    }
    template <class... Ms> struct Table {
        static constexpr std::array<detail::Handler, sizeof...(Ms)> kCalls{
            detail::Handler{&descriptionOf<Ms>(), &runCall<Ms>}...};
        static constexpr std::array<detail::Handler, sizeof...(Ms)> kCasts{
            detail::Handler{&descriptionOf<Ms>(), &runCast<Ms>}...};
        static constexpr std::array<detail::Handler, sizeof...(Ms)> kInfos{
            detail::Handler{&descriptionOf<Ms>(), &runInfo<Ms>}...};
    };
    template <class... Ms> static std::span<const detail::Handler> callsOf(otp::Messages<Ms...>) {
        return Table<Ms...>::kCalls;
    }
    template <class... Ms> static std::span<const detail::Handler> castsOf(otp::Messages<Ms...>) {
        return Table<Ms...>::kCasts;
    }
    template <class... Ms> static std::span<const detail::Handler> infosOf(otp::Messages<Ms...>) {
        return Table<Ms...>::kInfos;
    }

    // -- the other callbacks
    // ------------------------------------------------------------------------

    static Step callTerm(ServerCore& core, Payload payload, const From* from) {
        return stepOf<Answers::Yes>(
            [&]() -> decltype(auto) { return derived(core).handleCall(payload.term(), *from); });
    }
    static Step castTerm(ServerCore& core, Payload payload) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleCast(payload.term()); });
    }
    static Step infoTerm(ServerCore& core, Payload payload) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleInfo(payload.term()); });
    }
    static Step infoExit(ServerCore& core, Exit signal) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleInfo(std::move(signal)); });
    }
    static Step infoDown(ServerCore& core, Down signal) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleInfo(std::move(signal)); });
    }
    static Step runContinue(ServerCore& core, Term what) {
        return stepOf<Answers::No>([&]() -> decltype(auto) {
            if constexpr (requires(Derived& server) { server.handleContinue(std::move(what)); })
                return derived(core).handleContinue(std::move(what));
            else
                return derived(core).handleContinue();
        });
    }
    static Step runTimeout(ServerCore& core) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleTimeout(); });
    }
    static Step runTerminate(ServerCore& core, Term why) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).terminate(std::move(why)); });
    }
    static Term stateTerm(const ServerCore& core) {
        return describe(static_cast<const Derived&>(core).state());
    }
    static Term viewTerm(const ServerCore& core) {
        const auto& state = static_cast<const Derived&>(core).state();
        if constexpr (requires { Derived::view(state); })
            return describe(Derived::view(state));
        else
            return describe(state);
    }
    template <class S> static Term describe(const S& state) {
        if constexpr (Describable<S>)
            return toTerm(state);
        else
            return tuple("opaque"_atom, kName.text);
    }
    static Result<Step> replaceState(ServerCore& core, const Term& term) {
        using State = typename Derived::State;
        if constexpr (Describable<State> && std::default_initializable<State>) {
            Result<State> read = fromTerm<State>(term);
            if (!read)
                return failure(std::move(read));
            core.m_state = detail::AnyState::make(std::move(*read));
            if constexpr (requires(Derived& server) { server.restored(); })
                return stepOf<Answers::No>(
                    [&]() -> decltype(auto) { return derived(core).restored(); });
            else
                return Step{};
        } else {
            return failure(atoms::undef, "the state of this server has no term form");
        }
    }

    static constexpr detail::TypeName kName = detail::typeName<Derived>();
    static constexpr detail::TypeName kInitialCall = detail::typeName<Derived>("::init");

    static const detail::ServerType& serverType() {
        static const detail::ServerType type = makeType();
        return type;
    }
    static detail::ServerType makeType() {
        detail::ServerType type{};
        type.name = kName.text;
        type.initialCall = kInitialCall.text;
        type.behaviour = "GenServer";
        if constexpr (requires { Derived::kBehaviour; })
            type.behaviour = Derived::kBehaviour;
        type.calls = callsOf(typename Derived::Calls{});
        type.casts = castsOf(typename Derived::Casts{});
        type.infos = infosOf(typename Derived::Infos{});
        type.stateTerm = &stateTerm;
        type.viewTerm = &viewTerm;
        type.replaceState = &replaceState;
        addOptional(type);
        return type;
    }
    static void addOptional(detail::ServerType& type) {
        if constexpr (requires(Derived& s, Term t, From f) { s.handleCall(std::move(t), f); })
            type.handleCallTerm = &callTerm;
        if constexpr (requires(Derived& s, Term t) { s.handleCast(std::move(t)); })
            type.handleCastTerm = &castTerm;
        if constexpr (requires(Derived& s, Term t) { s.handleInfo(std::move(t)); })
            type.handleInfoTerm = &infoTerm;
        if constexpr (requires(Derived& s, Exit e) { s.handleInfo(std::move(e)); })
            type.handleExit = &infoExit;
        if constexpr (requires(Derived& s, Down d) { s.handleInfo(std::move(d)); })
            type.handleDown = &infoDown;
        if constexpr (
            requires(Derived& s, Term t) { s.handleContinue(std::move(t)); } ||
            requires(Derived& s) { s.handleContinue(); })
            type.handleContinue = &runContinue;
        if constexpr (requires(Derived& s) { s.handleTimeout(); })
            type.handleTimeout = &runTimeout;
        if constexpr (requires(Derived& s, Term t) { s.terminate(std::move(t)); })
            type.terminate = &runTerminate;
    }

    // -- starting
    // -----------------------------------------------------------------------------------

    template <class R> static Outcome initOutcome(ServerCore& core, R returned) {
        if constexpr (std::same_as<R, otp::Init>) {
            core.m_state = std::move(returned).takeState();
            Outcome outcome = std::move(returned).takeOutcome();
            GROVE_ASSERT(outcome.kind != Outcome::Kind::Go ||
                             core.m_state.is<typename Derived::State>(),
                         "Init::ok() got something that is not the server's State");
            return outcome;
        } else {
            core.m_state = detail::AnyState::make<typename Derived::State>(std::move(returned));
            return {};
        }
    }
    template <class R>
    static grove::Task<Outcome> awaitInit(ServerCore& core, grove::Task<R> task) {
        co_return initOutcome(core, co_await std::move(task));
    }
    template <class... Args> static Step runInit(ServerCore& core, void* arguments) {
        auto& args = *static_cast<std::tuple<Args...>*>(arguments);
        Derived& server = derived(core);
        Step step;
        if constexpr (requires { server.init(std::declval<Args>()...); }) {
            auto returned =
                std::apply([&](Args&... each) { return server.init(std::move(each)...); }, args);
            if constexpr (requires { typename decltype(returned)::promise_type; })
                step.pending.emplace(awaitInit(core, std::move(returned)));
            else
                step.done = initOutcome(core, std::move(returned));
        } else {
            static_assert(sizeof...(Args) == 0, "no init() takes these arguments");
            step.done = initOutcome(core, typename Derived::State{});
        }
        return step;
    }
    template <class... Args> static grove::Task<> body(detail::StartInfo info, Args... args) {
        std::tuple<Args...> arguments(std::move(args)...);
        Derived server;
        co_await detail::serve(server, serverType(), std::move(info),
                               detail::InitCall{&arguments, &runInit<Args...>});
    }
    template <class... Args>
    static grove::Task<StartResult> launch(StartOptions options, detail::Linked linked,
                                           Args... args) {
        detail::StartInfo info = detail::prepareStart(std::move(options), linked);
        grove::Task<> process = body<Args...>(info, std::move(args)...);
        return detail::launch(std::move(info), serverType(), std::move(process));
    }
};

} // namespace grove::otp
