#pragma once
// What an event manager knows of its handlers, and what their callbacks decide. Write handlers
// against gen_event.h.

#include <grove/otp/server.h>
#include <grove/otp/type_name.h>
#include <grove/runtime/errors.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace grove::otp {

/// Which handler of a manager: its class, and an id where there may be several of it.
struct HandlerName {
    Atom module;
    std::optional<Term> id;

    /// `Module` or `{Module, Id}`.
    [[nodiscard]] Term term() const;
    [[nodiscard]] friend bool operator==(const HandlerName& a, const HandlerName& b) noexcept {
        return a.module == b.module && a.id.has_value() == b.id.has_value() &&
               (!a.id || equalsExact(*a.id, *b.id));
    }
};

/// The name of handlers of a class: `otp::handler<Alarms>()`, `otp::handler<Alarms>("kitchen")`.
template <class H> [[nodiscard]] HandlerName handler() {
    static constexpr detail::TypeName kName = detail::typeName<H>();
    return {atom(kName.view()), std::nullopt};
}
template <class H> [[nodiscard]] HandlerName handler(Term id) {
    return {handler<H>().module, std::move(id)};
}

namespace detail {

class HandlerCore;

/// Makes a handler, in the manager's process.
using HandlerMaker = std::function<std::unique_ptr<HandlerCore>()>;

/// What a callback of a handler decided, without types.
struct HandlerOutcome {
    enum class Kind : std::uint8_t {
        Ok,
        Remove,
        Swap,
        Bad, ///< what it returned is no decision; see `term`
    };
    Kind kind = Kind::Ok;
    bool hibernates = false;
    Payload reply;         // of a call
    Term term;             // Swap: the argument of terminate(); Bad
    HandlerName successor; // Swap
    HandlerMaker make;     // Swap
};
using HandlerStep = StepOf<HandlerOutcome>;

/// What a handler's init gave: nothing, or why it is not installed.
struct HandlerStart {
    std::optional<Term> failure;
};

/// One installed handler, whatever its class. Callbacks raise as they do.
class HandlerCore {
public:
    HandlerCore() = default;
    HandlerCore(const HandlerCore&) = delete;
    HandlerCore& operator=(const HandlerCore&) = delete;
    virtual ~HandlerCore() = default;

    /// `handover`: what the handler before gave, of one that is swapped in.
    [[nodiscard]] virtual StepOf<HandlerStart> init(std::optional<Term> handover) = 0;
    [[nodiscard]] virtual HandlerStep handleEvent(Payload& event) = 0;
    [[nodiscard]] virtual HandlerStep handleCall(Payload& request) = 0;
    /// No match: it has no handleInfo() for this.
    [[nodiscard]] virtual HandlerStep handleInfo(Payload& message) = 0;
    [[nodiscard]] virtual HandlerStep handleInfo(const Exit& signal) = 0;
    [[nodiscard]] virtual HandlerStep handleInfo(const Down& signal) = 0;
    [[nodiscard]] virtual StepOf<Term> terminate(Term why) = 0;
    [[nodiscard]] virtual Term stateTerm() const = 0;
    /// Returns: whether the term is a state of this handler.
    [[nodiscard]] virtual bool replaceState(const Term& state) = 0;
};

template <class H, class... Args> [[nodiscard]] HandlerMaker makerOf(Args... args);

} // namespace detail

/// What handleEvent() and handleInfo() of a handler decide: `return {};` goes on.
class [[nodiscard]] Handled {
public:
    Handled() noexcept = default;
    /// The handler goes: terminate(remove_handler) runs.
    [[nodiscard]] static Handled remove() {
        Handled handled;
        handled.m_outcome.kind = detail::HandlerOutcome::Kind::Remove;
        return handled;
    }
    /// Another one takes its place: terminate(argument) runs, and what that returns is given to
    /// H2's `init(args…, Term handover)`.
    template <class H2, class... Args>
    [[nodiscard]] static Handled swap(Term argument, HandlerName successor, Args... args) {
        Handled handled;
        handled.m_outcome.kind = detail::HandlerOutcome::Kind::Swap;
        handled.m_outcome.term = std::move(argument);
        handled.m_outcome.successor = std::move(successor);
        handled.m_outcome.make = detail::makerOf<H2>(std::move(args)...);
        return handled;
    }
    /// For handlers that speak terms: `value` is no decision. The handler goes:
    /// terminate({error, value}) runs.
    [[nodiscard]] static Handled bad(Term value) {
        Handled handled;
        handled.m_outcome.kind = detail::HandlerOutcome::Kind::Bad;
        handled.m_outcome.term = std::move(value);
        return handled;
    }

    /// The manager gives back what memory it can until the next message. For managers that have
    /// little to do.
    Handled&& hibernate() && {
        m_outcome.hibernates = true;
        return std::move(*this);
    }

    [[nodiscard]] detail::HandlerOutcome takeOutcome() && { return std::move(m_outcome); }

private:
    detail::HandlerOutcome m_outcome;
};

/// What handleCall() of a handler decides: an answer of type R, and perhaps what else.
template <class R> class [[nodiscard]] HandlerReply {
public:
    template <class Value>
        requires(std::convertible_to<Value, R> &&
                 !std::same_as<std::remove_cvref_t<Value>, HandlerReply>)
    HandlerReply(Value&& value) {
        m_outcome.reply = Payload(static_cast<R>(std::forward<Value>(value)));
    }
    /// Answers, and: `return HandlerReply<int>(7).then(Handled::remove());`
    HandlerReply&& then(Handled handled) && {
        Payload reply = std::move(m_outcome.reply);
        m_outcome = std::move(handled).takeOutcome();
        m_outcome.reply = std::move(reply);
        return std::move(*this);
    }

    [[nodiscard]] detail::HandlerOutcome takeOutcome() && { return std::move(m_outcome); }

private:
    detail::HandlerOutcome m_outcome;
};

/// What init() of a handler decides, where that is not simply its State.
class [[nodiscard]] HandlerInit {
public:
    template <class S> [[nodiscard]] static HandlerInit ok(S state) {
        HandlerInit init;
        init.m_state = detail::AnyState::make(std::move(state));
        return init;
    }
    /// It is not installed; whoever adds it gets `{error, Reason}`.
    [[nodiscard]] static HandlerInit error(Term reason) {
        return refuse(tuple(atoms::error, std::move(reason)));
    }
    /// For handlers that speak terms: whoever adds it gets `value`.
    [[nodiscard]] static HandlerInit refuse(Term value) {
        HandlerInit init;
        init.m_start.failure = std::move(value);
        return init;
    }

    [[nodiscard]] detail::HandlerStart takeStart() && { return std::move(m_start); }
    [[nodiscard]] detail::AnyState takeState() && { return std::move(m_state); }

private:
    HandlerInit() = default;
    detail::HandlerStart m_start;
    detail::AnyState m_state;
};

} // namespace grove::otp
