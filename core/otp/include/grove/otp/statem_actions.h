#pragma once
// What a state machine's callback may ask for beside the next state: answers, timeouts, events.

#include <grove/runtime/clock.h>
#include <grove/runtime/message.h>
#include <grove/term/term.h>

#include <chrono>
#include <utility>
#include <vector>

namespace grove::otp {

/// The types of events, which choose a callback's overload, and name a timeout.
namespace statem {

enum class EventType : std::uint8_t {
    Call,
    Cast,
    Info,
    Internal,
    EventTimeout,
    NamedTimeout,
    StateTimeout
};

/// Sent by otp::cast().
struct Cast {};
/// Every other message.
struct Info {};
/// Made by the machine itself; nobody outside can send one.
struct Internal {};
/// Ends with whatever event comes before it; OTP's `timeout`.
struct EventTimeout {};
/// As many as there are names, independent of states and events; OTP's `{timeout, Name}`.
struct NamedTimeout {
    Term name;
};
/// Ends when the state is left.
struct StateTimeout {};

/// A state as a type, for callbacks of one state only: `handleEvent(In<State::Locked>, …)`.
template <auto state> struct In {};

/// An event of any type, for a callback that takes all of them.
struct AnyEvent {
    EventType type = EventType::Info;
    From from; ///< Call
    Term name; ///< NamedTimeout
    Term content;

    /// `{call, From}`, `cast`, `info`, `internal`, `timeout`, `{timeout, Name}`, `state_timeout`.
    [[nodiscard]] Term typeTerm() const;
};

/// When a timeout comes: after a while, which may be zero, or at a moment, which may have passed.
class When {
public:
    When() noexcept = default;
    template <class Rep, class Period>
    When(std::chrono::duration<Rep, Period> after) noexcept
        : m_after(after == std::chrono::duration<Rep, Period>::max()
                      ? Duration::max()
                      : std::chrono::duration_cast<Duration>(after)) {}
    When(Instant at) noexcept : m_at(at), m_isAbsolute(true) {}

    /// kInfinity: never; cancels.
    [[nodiscard]] bool isNever() const noexcept {
        return m_isAbsolute ? m_at == kNever : m_after == Duration::max();
    }
    [[nodiscard]] bool isNegative() const noexcept {
        return !m_isAbsolute && m_after < Duration::zero();
    }
    /// How long from `now` on; zero for a moment that has passed.
    [[nodiscard]] Duration left(Instant now) const noexcept {
        return m_isAbsolute ? std::max(m_at - now, Duration::zero()) : m_after;
    }
    /// Milliseconds or `infinity`; of a moment, on the runtime's clock.
    [[nodiscard]] Term term() const;

private:
    Duration m_after{};
    Instant m_at{};
    bool m_isAbsolute = false;
};

} // namespace statem

namespace detail {

/// One thing to be done after a callback.
struct StatemAction {
    enum class Kind : std::uint8_t {
        Reply,
        NextEvent,
        StartTimeout,
        CancelTimeout,
        UpdateTimeout,
        Raise // ends the machine: a term that is no action
    };

    Kind kind = Kind::Reply;
    statem::EventType type = statem::EventType::Info; // NextEvent: of that; timeouts: which
    From from{};                                      // Reply, NextEvent with a Call
    Payload payload{};                                // Reply, NextEvent
    Term name{};                                      // NamedTimeout
    Term content{}; // of a timeout, none: its length; Raise: the error
    statem::When when{};

    [[nodiscard]] static StatemAction reply(const From& from, Payload value) {
        return {.kind = Kind::Reply, .from = from, .payload = std::move(value)};
    }
    [[nodiscard]] static StatemAction nextEvent(statem::EventType type, Payload content,
                                                const From& from = {}) {
        return {.kind = Kind::NextEvent, .type = type, .from = from, .payload = std::move(content)};
    }
    [[nodiscard]] static StatemAction timeout(Kind kind, statem::EventType type, Term name,
                                              Term content, statem::When when = {}) {
        return {.kind = kind,
                .type = type,
                .name = std::move(name),
                .content = std::move(content),
                .when = when};
    }
    /// As OTP writes it.
    [[nodiscard]] Term term() const;
};

} // namespace detail

/// The actions that every decision may carry, done in the order in which they are given:
/// `return nextState(State::Open).reply(from, true).stateTimeout(10s);`
///
/// A timeout that comes is an event: content and type as given here. Without a content it is the
/// length in milliseconds. Starting one that runs starts it anew. Zero comes before any message
/// that waits in the mailbox, after what is in hand: inserted and retried events.
/// Errors: a negative length ends the machine with bad_action_from_state_function.
class StatemActions {
public:
    /// Answers a call.
    template <class Self, class R> Self&& reply(this Self&& self, const From& from, R value) {
        self.add(detail::StatemAction::reply(from, Payload(std::move(value))));
        return std::forward<Self>(self);
    }
    /// Answers `ok`.
    template <class Self> Self&& reply(this Self&& self, const From& from) {
        self.add(detail::StatemAction::reply(from, Payload(Term(atoms::ok))));
        return std::forward<Self>(self);
    }

    template <class Self>
    Self&& stateTimeout(this Self&& self, statem::When when, Term content = {}) {
        self.start(statem::EventType::StateTimeout, {}, when, std::move(content));
        return std::forward<Self>(self);
    }
    template <class Self>
    Self&& eventTimeout(this Self&& self, statem::When when, Term content = {}) {
        self.start(statem::EventType::EventTimeout, {}, when, std::move(content));
        return std::forward<Self>(self);
    }
    template <class Self>
    Self&& namedTimeout(this Self&& self, Term name, statem::When when, Term content = {}) {
        self.start(statem::EventType::NamedTimeout, std::move(name), when, std::move(content));
        return std::forward<Self>(self);
    }
    /// Ends a timeout that runs; one that does not is none.
    template <class Self> Self&& cancel(this Self&& self, statem::StateTimeout) {
        self.end(statem::EventType::StateTimeout, {});
        return std::forward<Self>(self);
    }
    template <class Self> Self&& cancel(this Self&& self, statem::EventTimeout) {
        self.end(statem::EventType::EventTimeout, {});
        return std::forward<Self>(self);
    }
    template <class Self> Self&& cancel(this Self&& self, statem::NamedTimeout timeout) {
        self.end(statem::EventType::NamedTimeout, std::move(timeout.name));
        return std::forward<Self>(self);
    }
    /// Gives a timeout that runs another content; one that does not comes at once.
    template <class Self> Self&& update(this Self&& self, statem::StateTimeout, Term content) {
        self.change(statem::EventType::StateTimeout, {}, std::move(content));
        return std::forward<Self>(self);
    }
    template <class Self> Self&& update(this Self&& self, statem::EventTimeout, Term content) {
        self.change(statem::EventType::EventTimeout, {}, std::move(content));
        return std::forward<Self>(self);
    }
    template <class Self>
    Self&& update(this Self&& self, statem::NamedTimeout timeout, Term content) {
        self.change(statem::EventType::NamedTimeout, std::move(timeout.name), std::move(content));
        return std::forward<Self>(self);
    }
    /// The process gives back what memory it can while it waits for the next event, unless one is
    /// there already. For machines that wait long.
    template <class Self> Self&& hibernate(this Self&& self, bool isWanted = true) {
        self.m_hibernates = isWanted;
        return std::forward<Self>(self);
    }

protected:
    friend class TermStatem;
    StatemActions() noexcept = default;
    ~StatemActions() = default;
    StatemActions(StatemActions&&) noexcept = default;
    StatemActions& operator=(StatemActions&&) noexcept = default;

    void add(detail::StatemAction action) { m_actions.push_back(std::move(action)); }
    void addAll(std::vector<detail::StatemAction> actions) {
        for (detail::StatemAction& action : actions)
            add(std::move(action));
    }
    [[nodiscard]] bool hibernates() const noexcept { return m_hibernates; }
    [[nodiscard]] std::vector<detail::StatemAction> takeActions() noexcept {
        return std::exchange(m_actions, {});
    }

private:
    using Kind = detail::StatemAction::Kind;

    void start(statem::EventType type, Term name, statem::When when, Term content);
    void end(statem::EventType type, Term name);
    void change(statem::EventType type, Term name, Term content);

    std::vector<detail::StatemAction> m_actions;
    bool m_hibernates = false;
};

} // namespace grove::otp
