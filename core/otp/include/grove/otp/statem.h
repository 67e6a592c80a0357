#pragma once
// What every state machine shares: the events, the decisions of its callbacks, its state and data.
// Write state machines against gen_statem.h.

#include <grove/otp/server.h>
#include <grove/otp/statem_actions.h>

#include <concepts>
#include <expected>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace grove::otp {

class StatemCore;

namespace statem {

/// How events find their callback (callback_mode): one for all states, or one for each.
struct CallbackMode {
    enum class Kind : std::uint8_t { HandleEventFunction, StateFunctions };
    using enum Kind;

    Kind kind = HandleEventFunction;
    bool stateEnter = false; ///< callbacks are told when a state is entered
};

} // namespace statem

namespace detail {

template <class Derived> struct StatemGlue;

/// What a callback of a state machine decided, without types.
struct StatemOutcome {
    enum class Kind : std::uint8_t { KeepState, NextState, RepeatState, Stop };

    Kind kind = Kind::KeepState;
    bool postpones = false;
    bool hibernates = false;
    AnyState state; // NextState
    Term reason;    // Stop
    std::vector<StatemAction> actions;
};
using StatemStep = StepOf<StatemOutcome>;

/// An event while it waits, is handled, or is postponed. Its content stays whole until the callback
/// has ended.
struct StatemEvent {
    statem::EventType type = statem::EventType::Info;
    std::variant<Payload, Exit, Down> content;
    From from{}; // Call
    Term name{}; // NamedTimeout
    // While a callback looks at them, which may be a coroutine:
    statem::AnyEvent whole{};
    statem::NamedTimeout timeout{};

    [[nodiscard]] Payload* payload() noexcept { return std::get_if<Payload>(&content); }
    [[nodiscard]] const Payload* payload() const noexcept { return std::get_if<Payload>(&content); }
    /// As a callback sees it that takes all of them.
    [[nodiscard]] statem::AnyEvent any() const;
};

/// One type of message and the callbacks that take it.
struct StatemHandler {
    const Description* description;
    /// Makes the box out of the term. Returns: whether it describes one.
    bool (*read)(Payload& payload);
    StatemStep (*run)(StatemCore& machine, const StatemEvent& event);
};

/// Everything that is known about a class of state machines; one object per class.
/// Function pointers are null where the class has no such callback.
struct StatemType {
    const char* name;        ///< "Door"
    const char* initialCall; ///< "Door::init"
    const char* behaviour;   ///< "GenStatem"
    std::span<const StatemHandler> calls, casts, infos, internals;
    StatemStep (*handleAny)(StatemCore&, StatemEvent&); ///< never null; may match nothing
    StatemStep (*handleEnter)(StatemCore&, const AnyState& old);
    Step (*terminate)(StatemCore&, Term);
    bool (*isSameState)(const AnyState&, const AnyState&);   ///< never null
    statem::CallbackMode (*callbackMode)(const StatemCore&); ///< never null
    Term (*stateTerm)(const StatemCore&);                    ///< never null; {State, Data}
    Term (*viewTerm)(const StatemCore&);                     ///< never null
    Result<Step> (*replaceState)(StatemCore&, const Term&);
    std::expected<Step, Term> (*codeChange)(StatemCore&, CodeChange);
};

/// Registers the name, runs init, acknowledges the start and handles events until the machine
/// stops.
[[nodiscard]] grove::Task<> serveStatem(StatemCore* machine, const StatemType* type, StartInfo info,
                                        InitCall init);

} // namespace detail

/// The actions of a decision that may insert events.
class StatemEventActions : public StatemActions {
public:
    /// Events that are handled next, in the order given, before postponed and waiting ones: of the
    /// type Internal, which nobody outside can send, or as if they had come from outside.
    template <class Self> Self&& nextEvent(this Self&& self, statem::Internal, Payload content) {
        self.add(detail::StatemAction::nextEvent(statem::EventType::Internal, std::move(content)));
        return std::forward<Self>(self);
    }
    template <class Self> Self&& nextEvent(this Self&& self, statem::Cast, Payload content) {
        self.add(detail::StatemAction::nextEvent(statem::EventType::Cast, std::move(content)));
        return std::forward<Self>(self);
    }
    template <class Self> Self&& nextEvent(this Self&& self, statem::Info, Payload content) {
        self.add(detail::StatemAction::nextEvent(statem::EventType::Info, std::move(content)));
        return std::forward<Self>(self);
    }
    template <class Self> Self&& nextEvent(this Self&& self, const From& caller, Payload content) {
        self.add(
            detail::StatemAction::nextEvent(statem::EventType::Call, std::move(content), caller));
        return std::forward<Self>(self);
    }

protected:
    StatemEventActions() noexcept = default;
    ~StatemEventActions() = default;
    StatemEventActions(StatemEventActions&&) noexcept = default;
    StatemEventActions& operator=(StatemEventActions&&) noexcept = default;
};

/// What a callback of a state machine decides: the state to be in, and what is to be done besides.
/// `return {};` keeps the state. Made by GenStatem's nextState(), keepState(), repeatState() and
/// stop().
class [[nodiscard]] StatemNext : public StatemEventActions {
public:
    StatemNext() noexcept = default;
    explicit StatemNext(detail::StatemOutcome::Kind kind) noexcept { m_outcome.kind = kind; }

    /// The event is set aside, and handled again after the next change of state, before newer ones.
    /// The caller of a call goes on waiting.
    template <class Self> Self&& postpone(this Self&& self, bool isPostponed = true) {
        self.m_outcome.postpones = isPostponed;
        return std::forward<Self>(self);
    }

    [[nodiscard]] detail::StatemOutcome takeOutcome() && {
        m_outcome.hibernates = hibernates();
        m_outcome.actions = takeActions();
        return std::move(m_outcome);
    }

private:
    template <class Derived> friend class GenStatem;
    friend class TermStatem;

    detail::StatemOutcome m_outcome;
};

/// What handleEnter() decides. The state is that which was entered: it cannot be changed here, and
/// there is no event that could be postponed.
class [[nodiscard]] StatemEntered : public StatemActions {
public:
    StatemEntered() noexcept = default;
    /// Ends the machine.
    [[nodiscard]] static StatemEntered stop(Term reason) {
        StatemEntered made;
        made.m_outcome.kind = detail::StatemOutcome::Kind::Stop;
        made.m_outcome.reason = std::move(reason);
        return made;
    }
    /// handleEnter() runs once more.
    [[nodiscard]] static StatemEntered repeat() {
        StatemEntered made;
        made.m_outcome.kind = detail::StatemOutcome::Kind::RepeatState;
        return made;
    }

    [[nodiscard]] detail::StatemOutcome takeOutcome() && {
        m_outcome.hibernates = hibernates();
        m_outcome.actions = takeActions();
        return std::move(m_outcome);
    }

private:
    detail::StatemOutcome m_outcome;
};

/// What init() decides: the first state and data with first actions, no process at all, or a
/// failure. Its actions take effect before any event from outside.
class [[nodiscard]] StatemInit : public StatemEventActions {
public:
    template <class S, class D> [[nodiscard]] static StatemInit ok(S state, D data) {
        StatemInit init;
        init.m_state = detail::AnyState::make(std::move(state));
        init.m_data = detail::AnyState::make(std::move(data));
        return init;
    }
    /// Of a machine without data.
    template <class S> [[nodiscard]] static StatemInit ok(S state) {
        StatemInit init;
        init.m_state = detail::AnyState::make(std::move(state));
        return init;
    }
    /// No process is wanted: it ends normally, and its start gives `ignore`.
    [[nodiscard]] static StatemInit ignore() { return StatemInit(detail::Outcome::Kind::Ignore); }
    /// The start fails with `{error, Reason}`.
    [[nodiscard]] static StatemInit stop(Term reason) {
        StatemInit init(detail::Outcome::Kind::Stop);
        init.m_reason = std::move(reason);
        return init;
    }

private:
    template <class Derived> friend struct detail::StatemGlue;

    StatemInit() = default;
    explicit StatemInit(detail::Outcome::Kind kind) : m_kind(kind) {}

    detail::Outcome::Kind m_kind = detail::Outcome::Kind::Go;
    Term m_reason;
    detail::AnyState m_state, m_data;
};

/// The part of a state machine that has no template parameters.
///
/// Threads: the process that runs it. Owns: its state and data.
class StatemCore : public ServerCore {
protected:
    ~StatemCore() = default;

private:
    template <class Derived> friend class GenStatem;
    template <class Derived> friend struct detail::StatemGlue;
    friend struct ServerAccess;

    detail::AnyState m_data;
    detail::StatemOutcome m_first; // what init decided
};

} // namespace grove::otp
