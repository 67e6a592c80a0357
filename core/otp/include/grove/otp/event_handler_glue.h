#pragma once
// Between a class of event handlers and the manager: finds the class's callbacks and takes their
// types away. Write handlers against gen_event.h.

#include <grove/otp/event_handler.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <span>
#include <tuple>

namespace grove::otp::detail {

/// A handler in its manager, with the arguments of its init until that has run.
template <class H, class... Args> class HandlerBox final : public HandlerCore {
public:
    explicit HandlerBox(std::tuple<Args...> args) : m_args(std::move(args)) {}

    StepOf<HandlerStart> init(std::optional<Term> handover) override {
        return std::apply(
            [&](Args&... args) -> StepOf<HandlerStart> {
                if constexpr (requires { m_handler.init(std::move(args)..., Term()); }) {
                    return startOf([&] {
                        return m_handler.init(std::move(args)...,
                                              handover ? std::move(*handover) : Term());
                    });
                } else if constexpr (requires { m_handler.init(std::move(args)...); }) {
                    return startOf([&] { return m_handler.init(std::move(args)...); });
                } else {
                    static_assert(sizeof...(Args) == 0, "no init() takes these arguments");
                    m_handler.m_state = AnyState::make(typename H::State{});
                    return {};
                }
            },
            m_args);
    }
    HandlerStep handleEvent(Payload& event) override {
        if (const Entry* entry = find(Table<typename H::Events>::kEvents, event))
            return entry->run(m_handler, event);
        if constexpr (requires(const Term& term) { m_handler.handleEvent(term); })
            return stepOf([&]() -> decltype(auto) { return m_handler.handleEvent(shown(event)); });
        else
            grove::error(atoms::functionClause);
    }
    HandlerStep handleCall(Payload& request) override {
        if (const Entry* entry = find(Table<typename H::Calls>::kCalls, request))
            return entry->run(m_handler, request);
        if constexpr (requires(const Term& term) { m_handler.handleCall(term); })
            return answerOf(
                [&]() -> decltype(auto) { return m_handler.handleCall(shown(request)); });
        else
            grove::error(atoms::functionClause);
    }
    HandlerStep handleInfo(Payload& message) override {
        if (const Entry* entry = find(Table<typename H::Infos>::kInfos, message))
            return entry->run(m_handler, message);
        if constexpr (requires(const Term& term) { m_handler.handleInfo(term); })
            return stepOf([&]() -> decltype(auto) { return m_handler.handleInfo(shown(message)); });
        else
            return HandlerStep::noMatch();
    }
    HandlerStep handleInfo([[maybe_unused]] const Exit& signal) override {
        if constexpr (requires { m_handler.handleInfo(signal); })
            return stepOf([&]() -> decltype(auto) { return m_handler.handleInfo(signal); });
        else
            return HandlerStep::noMatch();
    }
    HandlerStep handleInfo([[maybe_unused]] const Down& signal) override {
        if constexpr (requires { m_handler.handleInfo(signal); })
            return stepOf([&]() -> decltype(auto) { return m_handler.handleInfo(signal); });
        else
            return HandlerStep::noMatch();
    }
    StepOf<Term> terminate([[maybe_unused]] Term why) override {
        StepOf<Term> step;
        step.done = atoms::ok;
        if constexpr (requires { m_handler.terminate(why); }) {
            using R = decltype(m_handler.terminate(why));
            if constexpr (requires { typename R::promise_type; })
                step.pending.emplace(awaitTerm(m_handler.terminate(std::move(why))));
            else if constexpr (std::is_void_v<R>)
                m_handler.terminate(std::move(why));
            else
                step.done = Term(m_handler.terminate(std::move(why)));
        }
        return step;
    }
    Term stateTerm() const override {
        if constexpr (Describable<typename H::State>)
            return toTerm(std::as_const(m_handler).state());
        else
            return atom("opaque");
    }
    bool replaceState([[maybe_unused]] const Term& term) override {
        using State = typename H::State;
        if constexpr (Describable<State> && std::default_initializable<State>) {
            Result<State> read = fromTerm<State>(term);
            if (!read)
                return false;
            m_handler.m_state = AnyState::make(std::move(*read));
            return true;
        } else {
            return false;
        }
    }

private:
    /// The message as a term, which stays until the next one: the callback may be a coroutine.
    const Term& shown(const Payload& message) {
        m_shown = message.term();
        return m_shown;
    }

    /// A type of message and the callback that takes it. A term that describes one becomes it.
    struct Entry {
        const Description* description;
        bool (*read)(Payload& payload);
        HandlerStep (*run)(H& handler, Payload& payload);
    };
    static const Entry* find(std::span<const Entry> entries, Payload& payload) {
        for (const Entry& entry : entries) {
            if (payload.kind() == Payload::Kind::Box) {
                if (&payload.description() == entry.description)
                    return &entry;
            } else if (entry.read(payload)) {
                return &entry;
            }
        }
        return nullptr;
    }
    template <class M> static bool read(Payload& payload) {
        const Term* term = payload.asTerm();
        if (term == nullptr)
            return false;
        Result<M> value = fromTerm<M>(*term);
        if (!value)
            return false;
        payload = Payload(Box::make<M>(std::move(*value)));
        return true;
    }
    template <class M> static HandlerStep runEvent(H& handler, Payload& payload) {
        if constexpr (requires(const M& m) { handler.handleEvent(m); })
            return stepOf(
                [&]() -> decltype(auto) { return handler.handleEvent(*payload.get<M>()); });
        else
            GROVE_UNREACHABLE("an event type without a handleEvent()");
    }
    template <class M> static HandlerStep runCall(H& handler, Payload& payload) {
        if constexpr (requires(const M& m) { handler.handleCall(m); })
            return answerOf(
                [&]() -> decltype(auto) { return handler.handleCall(*payload.get<M>()); });
        else
            GROVE_UNREACHABLE("a call type without a handleCall()");
    }
    template <class M> static HandlerStep runInfo(H& handler, Payload& payload) {
        if constexpr (requires(const M& m) { handler.handleInfo(m); })
            return stepOf(
                [&]() -> decltype(auto) { return handler.handleInfo(*payload.get<M>()); });
        else
            GROVE_UNREACHABLE("an info type without a handleInfo()");
    }

    template <class List> struct Table;
    template <class... Ms> struct Table<otp::Messages<Ms...>> {
        static constexpr std::array<Entry, sizeof...(Ms)> kEvents{
            Entry{&descriptionOf<Ms>(), &read<Ms>, &runEvent<Ms>}...};
        static constexpr std::array<Entry, sizeof...(Ms)> kCalls{
            Entry{&descriptionOf<Ms>(), &read<Ms>, &runCall<Ms>}...};
        static constexpr std::array<Entry, sizeof...(Ms)> kInfos{
            Entry{&descriptionOf<Ms>(), &read<Ms>, &runInfo<Ms>}...};
    };

    // -- what callbacks return

    template <class R> static HandlerOutcome outcomeOf(R&& returned) {
        if constexpr (requires { std::move(returned).takeOutcome(); })
            return std::move(returned).takeOutcome();
        else
            return HandlerReply<std::remove_cvref_t<R>>(std::forward<R>(returned)).takeOutcome();
    }
    static HandlerOutcome answeredOk() {
        HandlerOutcome outcome;
        outcome.reply = Payload(Term(atoms::ok));
        return outcome;
    }
    template <class R> static grove::Task<HandlerOutcome> awaitOutcome(grove::Task<R> task) {
        if constexpr (std::is_void_v<R>) {
            co_await std::move(task);
            co_return answeredOk();
        } else {
            co_return outcomeOf(co_await std::move(task));
        }
    }
    template <class Callback> static HandlerStep packed(Callback&& callback) {
        using R = std::invoke_result_t<Callback>;
        HandlerStep step;
        if constexpr (requires { typename R::promise_type; }) {
            step.pending.emplace(awaitOutcome(callback()));
        } else if constexpr (std::is_void_v<R>) {
            callback();
            step.done = answeredOk();
        } else {
            step.done = outcomeOf(callback());
        }
        return step;
    }
    template <class Callback> static HandlerStep stepOf(Callback&& callback) {
        using R = std::invoke_result_t<Callback>;
        static_assert(std::is_void_v<R> || std::same_as<R, otp::Handled> ||
                          std::same_as<R, grove::Task<>> ||
                          std::same_as<R, grove::Task<otp::Handled>>,
                      "handleEvent() and handleInfo() return Handled or nothing");
        return packed(std::forward<Callback>(callback));
    }
    template <class Callback> static HandlerStep answerOf(Callback&& callback) {
        return packed(std::forward<Callback>(callback));
    }
    template <class R> static grove::Task<Term> awaitTerm(grove::Task<R> task) {
        if constexpr (std::is_void_v<R>) {
            co_await std::move(task);
            co_return Term(atoms::ok);
        } else {
            co_return Term(co_await std::move(task));
        }
    }
    template <class R> HandlerStart started(R returned) {
        if constexpr (std::same_as<R, HandlerInit>) {
            m_handler.m_state = std::move(returned).takeState();
            // Each takes its own part. NOLINTNEXTLINE(bugprone-use-after-move)
            HandlerStart start = std::move(returned).takeStart();
            GROVE_ASSERT(start.failure || m_handler.m_state.template is<typename H::State>(),
                         "HandlerInit::ok() got something that is not the handler's State");
            return start;
        } else {
            m_handler.m_state = AnyState::make<typename H::State>(std::move(returned));
            return {};
        }
    }
    template <class R>
    static grove::Task<HandlerStart> awaitStart(HandlerBox* box, grove::Task<R> task) {
        co_return box->started(co_await std::move(task));
    }
    template <class Callback> StepOf<HandlerStart> startOf(Callback&& callback) {
        using R = std::invoke_result_t<Callback>;
        StepOf<HandlerStart> step;
        if constexpr (requires { typename R::promise_type; })
            step.pending.emplace(awaitStart(this, callback()));
        else
            step.done = started(callback());
        return step;
    }

    std::tuple<Args...> m_args;
    H m_handler;
    Term m_shown;
};

template <class H, class... Args> HandlerMaker makerOf(Args... args) {
    return [kept = std::tuple<Args...>(std::move(args)...)] {
        return std::make_unique<HandlerBox<H, Args...>>(kept);
    };
}

} // namespace grove::otp::detail
