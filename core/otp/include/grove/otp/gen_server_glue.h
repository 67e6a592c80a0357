#pragma once
// Between a class of servers and the loop that is compiled once: finds the class's callbacks and
// takes their types away. Write servers against gen_server.h.

#include <grove/otp/server.h>
#include <grove/otp/spawn_server.h>
#include <grove/otp/type_name.h>

#include <array>
#include <concepts>
#include <tuple>

namespace grove::otp::detail {

/// The callbacks of one class of servers as function pointers.
template <class Derived> struct Glue {
    static Derived& derived(ServerCore& core) noexcept { return static_cast<Derived&>(core); }

    // -- outcomes from whatever a callback returns

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
    template <class R> static consteval bool isNext() { return std::same_as<R, otp::Next>; }
    template <class R>
        requires std::is_void_v<R>
    static consteval bool isNext() {
        return true;
    }
    template <class R>
        requires requires { typename R::promise_type; }
    static consteval bool isNext() {
        return isNext<decltype(std::declval<typename R::promise_type>().take())>();
    }
    /// Runs a callback and packs what it returns.
    template <Answers answers, class Callback> static Step stepOf(Callback&& callback) {
        using R = std::invoke_result_t<Callback>;
        static_assert(answers == Answers::Yes || isNext<R>(),
                      "only handleCall() answers: this callback returns Next or nothing");
        if constexpr (requires { typename R::promise_type; }) {
            Step step;
            step.pending.emplace(awaitOutcome(callback(), answers == Answers::Yes));
            return step;
        } else if constexpr (std::is_void_v<R>) {
            callback();
            if constexpr (answers == Answers::Yes)
                return {.pending = {}, .done = otp::Reply<void>().takeOutcome()};
            else
                return {};
        } else {
            return {.pending = {}, .done = outcomeOf(callback())};
        }
    }

    // -- the table of handlers

    /// Makes a box of an M of a payload that says the same otherwise. Returns: false, and it is
    /// unchanged, where it does not. No part of its caller, where the way of what a callback raises
    /// would be longer by all that this has to clean up.
    template <class M> [[gnu::noinline]] static bool makeBox(Payload& payload) {
        Result<M> message = std::move(payload).template take<M>();
        if (message)
            payload = Payload(Box::make<M>(std::move(*message)));
        return message.has_value();
    }
    /// Runs a callback with the payload as an M, which lives until what the callback returns is
    /// packed: an answer may be a reference into it, or a view.
    template <class M, Answers answers, class Handle>
    static Step runWith(Payload& payload, const Handle& handle) {
        if (payload.template get<M>() == nullptr && !makeBox<M>(payload)) [[unlikely]]
            return Step::noMatch();
        const auto run = [&](M& message) {
            return stepOf<answers>([&]() -> decltype(auto) { return handle(std::move(message)); });
        };
        if constexpr (std::is_trivially_destructible_v<M>) {
            // Nothing is left to be destroyed when a callback raises: that costs 3,000 instructions
            // for each function that has to clean up.
            M message = std::move(payload).takeBox().template take<M>();
            return run(message);
        } else {
            Box box = std::move(payload).takeBox();
            return run(box.own<M>());
        }
    }
    template <class M> static Step runCall(ServerCore& core, Payload& payload, const From* from) {
        Derived& server = derived(core);
        constexpr bool kWantsFrom = requires { server.handleCall(std::declval<M>(), *from); };
        return runWith<M, Answers::Yes>(payload, [&](M&& message) -> decltype(auto) {
            if constexpr (kWantsFrom)
                return server.handleCall(std::move(message), *from);
            else
                return server.handleCall(std::move(message));
        });
    }
    template <class M> static Step runCast(ServerCore& core, Payload& payload, const From*) {
        return runWith<M, Answers::No>(payload, [&](M&& message) -> decltype(auto) {
            return derived(core).handleCast(std::move(message));
        });
    }
    template <class M> static Step runInfo(ServerCore& core, Payload& payload, const From*) {
        return runWith<M, Answers::No>(payload, [&](M&& message) -> decltype(auto) {
            return derived(core).handleInfo(std::move(message));
        });
    }
    template <class... Ms> struct HandlerTable {
        static constexpr std::array<Handler, sizeof...(Ms)> kCalls{
            Handler{&descriptionOf<Ms>(), &runCall<Ms>}...};
        static constexpr std::array<Handler, sizeof...(Ms)> kCasts{
            Handler{&descriptionOf<Ms>(), &runCast<Ms>}...};
        static constexpr std::array<Handler, sizeof...(Ms)> kInfos{
            Handler{&descriptionOf<Ms>(), &runInfo<Ms>}...};
    };
    template <class... Ms> static std::span<const Handler> callsOf(otp::Messages<Ms...>) {
        return HandlerTable<Ms...>::kCalls;
    }
    template <class... Ms> static std::span<const Handler> castsOf(otp::Messages<Ms...>) {
        return HandlerTable<Ms...>::kCasts;
    }
    template <class... Ms> static std::span<const Handler> infosOf(otp::Messages<Ms...>) {
        return HandlerTable<Ms...>::kInfos;
    }

    // -- the other callbacks

    static Step callTerm(ServerCore& core, Payload& payload, const From* from) {
        Term message = std::move(payload).takeTerm(); // until the answer is packed
        return stepOf<Answers::Yes>([&]() -> decltype(auto) {
            return derived(core).handleCall(std::move(message), *from);
        });
    }
    static Step castTerm(ServerCore& core, Payload& payload) {
        return stepOf<Answers::No>([&]() -> decltype(auto) {
            return derived(core).handleCast(std::move(payload).takeTerm());
        });
    }
    static Step infoTerm(ServerCore& core, Payload& payload) {
        return stepOf<Answers::No>([&]() -> decltype(auto) {
            return derived(core).handleInfo(std::move(payload).takeTerm());
        });
    }
    static Step infoExit(ServerCore& core, Exit signal) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleInfo(std::move(signal)); });
    }
    static Step infoDown(ServerCore& core, Down signal) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleInfo(std::move(signal)); });
    }
    static Step infoReply(ServerCore& core, Message answer) {
        return stepOf<Answers::No>(
            [&]() -> decltype(auto) { return derived(core).handleInfo(std::move(answer)); });
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
            core.m_state = AnyState::make(std::move(*read));
            return afterReplacing(core);
        } else {
            return failure(atoms::undef, "the state of this server has no term form");
        }
    }

    /// Takes a state over from another implementation, or from an older version of itself.
    static std::expected<Step, Term> codeChange(ServerCore& core, CodeChange change) {
        using State = typename Derived::State;
        if constexpr (requires(Derived& s, Term t) { s.codeChange(t, t, t); }) {
            std::expected<State, Term> state = derived(core).codeChange(
                std::move(change.oldVersion), std::move(change.oldState), std::move(change.extra));
            if (!state)
                return std::unexpected(std::move(state.error()));
            core.m_state = AnyState::make(std::move(*state));
            return afterReplacing(core);
        } else {
            Result<Step> replaced = replaceState(core, change.oldState);
            if (!replaced)
                return std::unexpected(Term(replaced.error().message));
            return std::move(*replaced);
        }
    }
    static Step afterReplacing(ServerCore& core) {
        if constexpr (requires(Derived& server) { server.restored(); })
            return stepOf<Answers::No>(
                [&]() -> decltype(auto) { return derived(core).restored(); });
        else
            return {};
    }
    static std::shared_ptr<ServerCore> makeServer() { return std::make_shared<Derived>(); }
    // The process's own one counts as a part of its frames.
    static ServerCore* createServer() {
        static_assert(alignof(Derived) <= 16, "servers lie in memory aligned to 16");
        struct Block {
            void* there = grove::detail::allocateFrame(sizeof(Derived));
            ~Block() { grove::detail::releaseFrame(there, there ? sizeof(Derived) : 0); }
        } block;
        auto* const made = ::new (block.there) Derived;
        block.there = nullptr;
        return made;
    }
    static void destroyServer(ServerCore* server) noexcept {
        derived(*server).~Derived();
        grove::detail::releaseFrame(static_cast<Derived*>(server), sizeof(Derived));
    }

    static constexpr TypeName kName = typeName<Derived>();
    static constexpr TypeName kInitialCall = typeName<Derived>("::init");

    static const ServerType& serverType() {
        static const ServerType type = makeType();
        return type;
    }
    static ServerType makeType() {
        ServerType type{};
        type.name = kName.text;
        type.initialCall = kInitialCall.text;
        type.behaviour = "GenServer";
        if constexpr (requires { Derived::kBehaviour; })
            type.behaviour = Derived::kBehaviour;
        type.module = atoms::genServer;
        if constexpr (requires { Derived::kModule; })
            type.module = Derived::kModule;
        type.calls = callsOf(typename Derived::Calls{});
        type.casts = castsOf(typename Derived::Casts{});
        type.infos = infosOf(typename Derived::Infos{});
        type.stateTerm = &stateTerm;
        type.viewTerm = &viewTerm;
        type.replaceState = &replaceState;
        type.codeChange = &codeChange;
        if constexpr (std::default_initializable<Derived>)
            type.make = &makeServer;
        type.create = &createServer;
        type.destroy = &destroyServer;
        addOptional(type);
        return type;
    }
    static Result<Step> changeState(ServerCore& core, const std::function<Term(Term)>& change) {
        derived(core).changeState(change);
        return Step{};
    }
    static void addOptional(ServerType& type) {
        if constexpr (requires(Derived& s, const std::function<Term(Term)>& f) {
                          s.changeState(f);
                      })
            type.changeState = &changeState;
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
        if constexpr (requires(Derived& s, Message m) { s.handleInfo(std::move(m)); })
            type.handleReply = &infoReply;
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

    static ProcessKind processKind() noexcept {
        return {serverType().behaviour, kInitialCall.text};
    }
    template <class... Args> struct OpeningWith final : Opening {
        std::tuple<Args...> arguments;
        explicit OpeningWith(StartInfo&& startInfo, Args&&... args)
            : Opening(std::move(startInfo), &serverType()), arguments(std::move(args)...) {
            init = {&arguments, &runInit<Args...>};
        }
    };
    template <class... Args> static grove::Task<> body(StartInfo&& info, Args... args) {
        return serve(std::make_unique<OpeningWith<Args...>>(std::move(info), std::move(args)...));
    }
    template <class R> static Outcome initOutcome(ServerCore& core, R returned) {
        if constexpr (std::same_as<R, otp::Init>) {
            core.m_state = std::move(returned).takeState();
            // Each takes its own part. NOLINTNEXTLINE(bugprone-use-after-move)
            Outcome outcome = std::move(returned).takeOutcome();
            GROVE_ASSERT(outcome.kind != Outcome::Kind::Go ||
                             core.m_state.is<typename Derived::State>(),
                         "Init::ok() got something that is not the server's State");
            return outcome;
        } else {
            static_assert(std::convertible_to<R, typename Derived::State>,
                          "init() returns Init or the server's State");
            core.m_state = AnyState::make<typename Derived::State>(std::move(returned));
            return {};
        }
    }
    template <class R>
    static grove::Task<Outcome> awaitInit(ServerCore* core, grove::Task<R> task) {
        co_return initOutcome(*core, co_await std::move(task));
    }
    template <class... Args> static Step runInit(ServerCore& core, void* arguments) {
        auto& args = *static_cast<std::tuple<Args...>*>(arguments);
        Derived& server = derived(core);
        Step step;
        if constexpr (requires { server.init(std::declval<Args>()...); }) {
            auto returned =
                std::apply([&](Args&... each) { return server.init(std::move(each)...); }, args);
            if constexpr (requires { typename decltype(returned)::promise_type; })
                step.pending.emplace(awaitInit(&core, std::move(returned)));
            else
                step.done = initOutcome(core, std::move(returned));
        } else {
            static_assert(sizeof...(Args) == 0, "no init() takes these arguments");
            step.done = initOutcome(core, typename Derived::State{});
        }
        return step;
    }
};

} // namespace grove::otp::detail
