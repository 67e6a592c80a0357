#pragma once
// Between a class of state machines and the loop that is compiled once: finds the class's callbacks
// and takes their types away. Write state machines against gen_statem.h.

#include <grove/otp/spawn_server.h>
#include <grove/otp/statem.h>
#include <grove/otp/type_name.h>

#include <array>
#include <concepts>
#include <tuple>
#include <utility>

namespace grove::otp::detail {

/// The callbacks of one class of state machines as function pointers.
template <class Derived> struct StatemGlue {
    static Derived& derived(StatemCore& core) noexcept { return static_cast<Derived&>(core); }
    static const Derived& derived(const StatemCore& core) noexcept {
        return static_cast<const Derived&>(core);
    }
    static auto& stateOf(const StatemCore& core) noexcept {
        return *static_cast<const typename Derived::State*>(core.m_state.object());
    }

    // -- what callbacks return

    template <class R> static StatemOutcome outcomeOf(R&& returned) {
        return std::move(returned).takeOutcome();
    }
    template <class R> static grove::Task<StatemOutcome> awaitOutcome(grove::Task<R> task) {
        if constexpr (std::is_void_v<R>) {
            co_await std::move(task);
            co_return StatemOutcome{};
        } else {
            co_return outcomeOf(co_await std::move(task));
        }
    }
    template <class Decision, class R> static consteval bool decides() {
        return std::is_void_v<R> || std::same_as<R, Decision> ||
               std::same_as<R, grove::Task<Decision>> || std::same_as<R, grove::Task<>>;
    }
    template <class Decision, class Callback> static StatemStep stepOf(Callback&& callback) {
        using R = std::invoke_result_t<Callback>;
        static_assert(decides<Decision, R>(),
                      "handleEvent() returns Next or nothing, handleEnter() Entered or nothing");
        StatemStep step;
        if constexpr (requires { typename R::promise_type; })
            step.pending.emplace(awaitOutcome(callback()));
        else if constexpr (std::is_void_v<R>)
            callback();
        else
            step.done = outcomeOf(callback());
        return step;
    }

    // -- callbacks by state

    template <auto state> using In = statem::In<state>;

    /// Whether the class's states are values that callbacks can be chosen by.
    static consteval bool hasEnumeratedStates() {
        using State = typename Derived::State;
        if constexpr (std::is_enum_v<State>)
            return requires { grove::detail::EnumTraits<State>::kNames; };
        else
            return false;
    }
    static consteval auto stateNames() {
        return grove::detail::EnumTraits<typename Derived::State>::kNames;
    }
    template <std::size_t index> static consteval typename Derived::State stateAt() {
        return static_cast<typename Derived::State>(stateNames()[index].value);
    }
    /// Runs `visit.operator()<state>()` for the current state.
    template <class Visit> static void visitState(const StatemCore& core, Visit&& visit) {
        [&]<std::size_t... Is>(std::index_sequence<Is...>) {
            static_cast<void>(((stateOf(core) == stateAt<Is>() &&
                                (visit.template operator()<stateAt<Is>()>(), true)) ||
                               ...));
        }(std::make_index_sequence<stateNames().size()>());
    }
    template <auto state, class... Args> static consteval bool handlesIn() {
        return requires(Derived& machine, const Args&... args) {
            machine.handleEvent(In<state>{}, args...);
        };
    }
    template <class... Args> static consteval bool handlesInSomeState() {
        if constexpr (hasEnumeratedStates())
            return []<std::size_t... Is>(std::index_sequence<Is...>) {
                return (handlesIn<stateAt<Is>(), Args...>() || ...);
            }(std::make_index_sequence<stateNames().size()>());
        else
            return false;
    }
    /// The current state's callback for these arguments, or the one of all states.
    template <class... Args> static StatemStep invoke(StatemCore& core, const Args&... args) {
        if constexpr (handlesInSomeState<Args...>()) {
            std::optional<StatemStep> step;
            visitState(core, [&]<auto state>() {
                if constexpr (handlesIn<state, Args...>())
                    step.emplace(stepOf<StatemNext>([&]() -> decltype(auto) {
                        return derived(core).handleEvent(In<state>{}, args...);
                    }));
            });
            if (step)
                return std::move(*step);
        }
        if constexpr (requires(Derived& machine) { machine.handleEvent(args...); })
            return stepOf<StatemNext>(
                [&]() -> decltype(auto) { return derived(core).handleEvent(args...); });
        else
            return StatemStep::noMatch();
    }
    template <class... Args> static consteval bool handles() {
        return handlesInSomeState<Args...>() ||
               requires(Derived& machine, const Args&... args) { machine.handleEvent(args...); };
    }

    // -- the tables of messages

    template <class M> static bool read(Payload& payload) {
        Result<M> value = fromTerm<M>(*payload.asTerm());
        if (!value)
            return false;
        payload = Payload(Box::make<M>(std::move(*value)));
        return true;
    }
    template <class Tag, class M>
    static StatemStep run(StatemCore& core, const StatemEvent& event) {
        const M& message = *event.payload()->template get<M>();
        if constexpr (std::same_as<Tag, From>)
            return invoke(core, event.from, message);
        else
            return invoke(core, Tag{}, message);
    }
    template <class Tag, class M> static consteval StatemHandler handlerOf() {
        static_assert(handles<Tag, M>(),
                      "a message type of Calls, Casts, Infos or Internals has no handleEvent()");
        return {&descriptionOf<M>(), &read<M>, &run<Tag, M>};
    }
    template <class Tag, class... Ms> struct HandlerTable {
        static constexpr std::array<StatemHandler, sizeof...(Ms)> kHandlers{
            handlerOf<Tag, Ms>()...};
    };
    template <class Tag, class... Ms>
    static std::span<const StatemHandler> tableOf(otp::Messages<Ms...>) {
        return HandlerTable<Tag, Ms...>::kHandlers;
    }

    // -- events that no message type fits

    /// Callbacks that take the tag and a term, the tag alone (a timeout's), or any event.
    template <class Tag>
    static StatemStep handleTagged(StatemCore& core, StatemEvent& event, const Tag& tag) {
        if constexpr (handles<Tag, Term>()) {
            event.whole = event.any();
            StatemStep step = invoke(core, tag, std::as_const(event.whole.content));
            if (step.matched)
                return step;
        }
        if constexpr (handles<Tag>()) {
            if (event.type >= statem::EventType::EventTimeout) {
                StatemStep step = invoke(core, tag);
                if (step.matched)
                    return step;
            }
        }
        if constexpr (handles<statem::AnyEvent>())
            return invoke(core, std::as_const(event.whole = event.any()));
        else
            return StatemStep::noMatch();
    }
    static StatemStep handleAny(StatemCore& core, StatemEvent& event) {
        using statem::EventType;
        if constexpr (handles<statem::Info, Exit>()) {
            if (const Exit* exit = std::get_if<Exit>(&event.content))
                if (StatemStep step = invoke(core, statem::Info{}, *exit); step.matched)
                    return step;
        }
        if constexpr (handles<statem::Info, Down>()) {
            if (const Down* down = std::get_if<Down>(&event.content))
                if (StatemStep step = invoke(core, statem::Info{}, *down); step.matched)
                    return step;
        }
        switch (event.type) {
        case EventType::Call:
            return handleTagged(core, event, event.from);
        case EventType::Cast:
            return handleTagged(core, event, statem::Cast{});
        case EventType::Info:
            return handleTagged(core, event, statem::Info{});
        case EventType::Internal:
            return handleTagged(core, event, statem::Internal{});
        case EventType::EventTimeout:
            return handleTagged(core, event, statem::EventTimeout{});
        case EventType::NamedTimeout:
            event.timeout = {event.name};
            return handleTagged(core, event, event.timeout);
        case EventType::StateTimeout:
            return handleTagged(core, event, statem::StateTimeout{});
        }
        GROVE_UNREACHABLE("an event without a type");
    }

    // -- entering a state

    template <auto state> static consteval bool entersIn() {
        return requires(Derived& machine, const typename Derived::State& old) {
            machine.handleEnter(In<state>{}, old);
        };
    }
    static consteval bool entersByState() {
        if constexpr (hasEnumeratedStates())
            return []<std::size_t... Is>(std::index_sequence<Is...>) {
                return (entersIn<stateAt<Is>()>() || ...);
            }(std::make_index_sequence<stateNames().size()>());
        else
            return false;
    }
    static consteval bool entersAlike() {
        return requires(Derived& machine, const typename Derived::State& old) {
            machine.handleEnter(old);
        };
    }
    static StatemStep handleEnter(StatemCore& core, const AnyState& from) {
        const auto& old = *static_cast<const typename Derived::State*>(from.object());
        if constexpr (entersByState()) {
            std::optional<StatemStep> step;
            visitState(core, [&]<auto state>() {
                if constexpr (entersIn<state>())
                    step.emplace(stepOf<StatemEntered>([&]() -> decltype(auto) {
                        return derived(core).handleEnter(In<state>{}, old);
                    }));
            });
            if (step)
                return std::move(*step);
        }
        if constexpr (entersAlike())
            return stepOf<StatemEntered>(
                [&]() -> decltype(auto) { return derived(core).handleEnter(old); });
        else
            return StatemStep{}; // a state without anything to do when it is entered
    }

    // -- the other callbacks

    template <class Callback> static Step plainStep(Callback&& callback) {
        using R = std::invoke_result_t<Callback>;
        Step step;
        if constexpr (requires { typename R::promise_type; })
            step.pending.emplace(awaitPlain(callback()));
        else
            static_cast<void>(callback());
        return step;
    }
    static grove::Task<Outcome> awaitPlain(grove::Task<> task) {
        co_await std::move(task);
        co_return Outcome{};
    }
    static Step runTerminate(StatemCore& core, Term why) {
        return plainStep(
            [&]() -> decltype(auto) { return derived(core).terminate(std::move(why)); });
    }
    static bool isSameState(const AnyState& one, const AnyState& other) {
        using State = typename Derived::State;
        const auto& a = *static_cast<const State*>(one.object());
        const auto& b = *static_cast<const State*>(other.object());
        if constexpr (std::same_as<State, Term>)
            return equalsExact(a, b);
        else
            return a == b;
    }
    template <class T> static Term describe(const T& value) {
        if constexpr (Describable<T>)
            return toTerm(value);
        else
            return tuple(atom("opaque"), kName.text);
    }
    static Term stateTerm(const StatemCore& core) {
        return tuple(describe(stateOf(core)), describe(derived(core).data()));
    }
    static Term viewTerm(const StatemCore& core) {
        const auto& data = derived(core).data();
        if constexpr (requires { Derived::view(data); })
            return tuple(describe(stateOf(core)), describe(Derived::view(data)));
        else
            return stateTerm(core);
    }
    static Step become(StatemCore& core, typename Derived::State state,
                       typename Derived::Data data) {
        core.m_state = AnyState::make(std::move(state));
        core.m_data = AnyState::make(std::move(data));
        if constexpr (requires(Derived& machine) { machine.restored(); })
            return plainStep([&]() -> decltype(auto) { return derived(core).restored(); });
        else
            return Step{};
    }
    /// Lets the machine make other values of its state and data, or reads the old ones anew.
    static std::expected<Step, Term> codeChange(StatemCore& core, CodeChange change) {
        if constexpr (requires(Derived& m, Term t) { m.codeChange(t, t, t, t); }) {
            std::expected<std::pair<typename Derived::State, typename Derived::Data>, Term>
                changed =
                    derived(core).codeChange(std::move(change.oldVersion),
                                             change.oldState.element(0), change.oldState.element(1),
                                             std::move(change.extra));
            if (!changed)
                return std::unexpected(std::move(changed.error()));
            return become(core, std::move(changed->first), std::move(changed->second));
        } else {
            Result<Step> replaced = replaceState(core, change.oldState);
            if (!replaced)
                return std::unexpected(Term(replaced.error().message));
            return std::move(*replaced);
        }
    }
    static Result<Step> replaceState(StatemCore& core, const Term& term) {
        using State = typename Derived::State;
        using Data = typename Derived::Data;
        if constexpr (Describable<State> && Describable<Data> &&
                      std::default_initializable<State> && std::default_initializable<Data>) {
            if (!term.isTuple(2))
                return failure(atoms::badarg, "expected {State, Data}");
            Result<State> state = fromTerm<State>(term.element(0));
            if (!state)
                return failure(std::move(state));
            Result<Data> data = fromTerm<Data>(term.element(1));
            if (!data)
                return failure(std::move(data));
            return become(core, std::move(*state), std::move(*data));
        } else {
            return failure(atoms::undef, "the state of this machine has no term form");
        }
    }

    static constexpr TypeName kName = typeName<Derived>();
    static constexpr TypeName kInitialCall = typeName<Derived>("::init");

    static const StatemType& statemType() {
        static const StatemType type = makeType();
        return type;
    }
    static StatemType makeType() {
        StatemType type{};
        type.name = kName.text;
        type.initialCall = kInitialCall.text;
        type.behaviour = Derived::kBehaviour;
        type.callbackMode = &callbackMode;
        type.calls = tableOf<From>(typename Derived::Calls{});
        type.casts = tableOf<statem::Cast>(typename Derived::Casts{});
        type.infos = tableOf<statem::Info>(typename Derived::Infos{});
        type.internals = tableOf<statem::Internal>(typename Derived::Internals{});
        type.handleAny = &handleAny;
        if constexpr (entersByState() || entersAlike())
            type.handleEnter = &handleEnter;
        if constexpr (requires(Derived& machine, Term t) { machine.terminate(std::move(t)); })
            type.terminate = &runTerminate;
        type.isSameState = &isSameState;
        type.stateTerm = &stateTerm;
        type.viewTerm = &viewTerm;
        type.replaceState = &replaceState;
        type.codeChange = &codeChange;
        return type;
    }
    template <class Tag, class... Ms> static consteval bool anyByState(otp::Messages<Ms...>) {
        return (handlesInSomeState<Tag, Ms>() || ...);
    }
    static statem::CallbackMode callbackMode(const StatemCore& core) {
        using Mode = statem::CallbackMode;
        if constexpr (requires(const Derived& machine) { machine.callbackMode(); })
            return static_cast<const Derived&>(core).callbackMode();
        else
            return {.kind = handlesByState() ? Mode::StateFunctions : Mode::HandleEventFunction,
                    .stateEnter = entersByState() || entersAlike()};
    }
    static consteval bool handlesByState() {
        return anyByState<From>(typename Derived::Calls{}) ||
               anyByState<statem::Cast>(typename Derived::Casts{}) ||
               anyByState<statem::Info>(typename Derived::Infos{}) ||
               anyByState<statem::Internal>(typename Derived::Internals{}) ||
               handlesInSomeState<From, Term>() || handlesInSomeState<statem::Cast, Term>() ||
               handlesInSomeState<statem::Info, Term>() || handlesInSomeState<statem::AnyEvent>() ||
               handlesInSomeState<statem::StateTimeout, Term>() ||
               handlesInSomeState<statem::StateTimeout>();
    }

    // -- starting

    static ProcessKind processKind() noexcept { return {Derived::kBehaviour, kInitialCall.text}; }
    template <class... Args> static grove::Task<> body(StartInfo info, Args... args) {
        std::tuple<Args...> arguments(std::move(args)...);
        Derived machine;
        co_await serveStatem(&machine, &statemType(), std::move(info),
                             InitCall{&arguments, &runInit<Args...>});
    }
    static Outcome initOutcome(StatemCore& core, StatemInit init) {
        Outcome outcome;
        outcome.kind = init.m_kind;
        outcome.reason = std::move(init.m_reason);
        if (init.m_kind != Outcome::Kind::Go)
            return outcome;
        GROVE_ASSERT(init.m_state.is<typename Derived::State>(),
                     "Init::ok() got something that is not the machine's State");
        if constexpr (std::default_initializable<typename Derived::Data>)
            if (init.m_data.object() == nullptr)
                init.m_data = AnyState::make(typename Derived::Data{});
        GROVE_ASSERT(init.m_data.is<typename Derived::Data>(),
                     "Init::ok() got something that is not the machine's Data");
        core.m_state = std::move(init.m_state);
        core.m_data = std::move(init.m_data);
        core.m_first.hibernates = init.hibernates();
        core.m_first.actions = init.takeActions();
        return outcome;
    }
    static grove::Task<Outcome> awaitInit(StatemCore* core, grove::Task<StatemInit> task) {
        co_return initOutcome(*core, co_await std::move(task));
    }
    template <class... Args> static Step runInit(ServerCore& server, void* arguments) {
        auto& args = *static_cast<std::tuple<Args...>*>(arguments);
        auto& core = static_cast<StatemCore&>(server);
        Derived& machine = derived(core);
        Step step;
        static_assert(
            requires { machine.init(std::declval<Args>()...); }, "no init() takes these arguments");
        auto returned =
            std::apply([&](Args&... each) { return machine.init(std::move(each)...); }, args);
        if constexpr (requires { typename decltype(returned)::promise_type; })
            step.pending.emplace(awaitInit(&core, std::move(returned)));
        else
            step.done = initOutcome(core, std::move(returned));
        return step;
    }
};

} // namespace grove::otp::detail
