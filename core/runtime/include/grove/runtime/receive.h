#pragma once

#include <grove/runtime/waiter.h>

#include <chrono>
#include <concepts>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace grove {

/// The limit of a receive or call that never ends.
inline constexpr Duration kInfinity = Duration::max();

/// The longest limit of a receive or call that ends: 2^32 - 1 ms, as in OTP.
inline constexpr Duration kReceiveLimitMax = std::chrono::milliseconds(0xFFFF'FFFF);

/// What receive() gives when after() ran out.
struct Timeout {};

/// The outcome of a call.
class CallResult {
public:
    enum class Outcome : std::uint8_t { Reply, Down, Timeout };

    CallResult() noexcept = default;
    explicit CallResult(Payload reply) noexcept
        : m_payload(std::move(reply)), m_outcome(Outcome::Reply) {}
    /// The server ended with `reason`, or there was none (noproc).
    [[nodiscard]] static CallResult down(Term reason) noexcept {
        CallResult result;
        result.m_payload = Payload(std::move(reason));
        result.m_outcome = Outcome::Down;
        return result;
    }

    [[nodiscard]] Outcome outcome() const noexcept { return m_outcome; }
    [[nodiscard]] bool isReply() const noexcept { return m_outcome == Outcome::Reply; }
    [[nodiscard]] bool isDown() const noexcept { return m_outcome == Outcome::Down; }
    [[nodiscard]] bool isTimeout() const noexcept { return m_outcome == Outcome::Timeout; }
    /// Requires: isReply(). Borrowed.
    [[nodiscard]] const Payload& reply() const noexcept {
        GROVE_ASSERT(isReply(), "there is no reply");
        return m_payload;
    }
    [[nodiscard]] Payload takeReply() && noexcept {
        GROVE_ASSERT(isReply(), "there is no reply");
        return std::move(m_payload);
    }
    /// The reply as a term. Requires: isReply().
    [[nodiscard]] Term term() const { return reply().term(); }
    /// Requires: isDown().
    [[nodiscard]] Term reason() const {
        GROVE_ASSERT(isDown(), "the server has not gone down");
        return m_payload.term();
    }

private:
    Payload m_payload;
    Outcome m_outcome = Outcome::Timeout;
};

/// Names the answer to a sendRequest(): `on<ReplyTo>(ref)`.
struct ReplyTo {};

namespace detail {

struct AnyOf {
    using Match = Message;
    static constexpr bool kAnyTag = true;
    [[nodiscard]] bool matches(const Message&) const noexcept { return true; }
    [[nodiscard]] Message take(Message& message) const noexcept { return std::move(message); }
};

/// The tags of a type's values and of the terms that describe them.
void addTypeTags(WantedTags& tags, const Description& description) noexcept;

template <class T> struct Always {
    bool operator()(const T&) const noexcept { return true; }
};

template <Describable T, class Condition> struct OfType {
    using Match = T;
    static constexpr bool kAnyTag = false;
    [[no_unique_address]] Condition condition;
    std::optional<T> converted{}; // from the term form, until taken

    void addTags(WantedTags& tags) const noexcept { addTypeTags(tags, descriptionOf<T>()); }
    [[nodiscard]] bool matches(const Message& message) {
        if (message.kind() != MessageKind::Plain)
            return false;
        if (const T* value = message.get<T>())
            return condition(*value);
        const Term* term = message.payload().asTerm();
        if (term == nullptr)
            return false;
        Result<T> value = fromTerm<T>(*term);
        if (!value || !condition(*value))
            return false;
        converted.emplace(std::move(*value));
        return true;
    }
    [[nodiscard]] T take(Message& message) {
        if (converted)
            return std::move(*converted);
        return std::move(message).takePayload().takeBox().template take<T>();
    }
};

struct OfDown {
    using Match = Down;
    static constexpr bool kAnyTag = false;
    Ref ref; // none: any
    void addTags(WantedTags& tags) const noexcept { tags.add(tagOfKind(MessageKind::Down)); }
    [[nodiscard]] bool matches(const Message& message) const noexcept {
        return message.kind() == MessageKind::Down &&
               (ref ? message.ref() == ref : !message.isTagged());
    }
    [[nodiscard]] Down take(Message& message) const noexcept {
        return std::move(message).takeDown();
    }
};

struct OfExit {
    using Match = Exit;
    static constexpr bool kAnyTag = false;
    Pid from; // none: any
    void addTags(WantedTags& tags) const noexcept { tags.add(tagOfKind(MessageKind::Exit)); }
    [[nodiscard]] bool matches(const Message& message) const noexcept {
        return message.kind() == MessageKind::Exit && (!from || message.sender() == from);
    }
    [[nodiscard]] Exit take(Message& message) const noexcept {
        return std::move(message).takeExit();
    }
};

struct OfReply {
    using Match = CallResult;
    static constexpr bool kAnyTag = false;
    Ref ref;
    void addTags(WantedTags& tags) const noexcept {
        tags.add(tagOfKind(MessageKind::Reply));
        tags.add(tagOfKind(MessageKind::Down));
    }
    [[nodiscard]] bool matches(const Message& message) const noexcept {
        return message.ref() == ref &&
               (message.kind() == MessageKind::Reply || message.kind() == MessageKind::Down);
    }
    [[nodiscard]] CallResult take(Message& message) const noexcept {
        const bool isReply = message.kind() == MessageKind::Reply;
        Payload payload = std::move(message).takePayload();
        return isReply ? CallResult(std::move(payload)) : CallResult::down(payload.term());
    }
};

template <class Condition> struct OfCondition {
    using Match = Message;
    static constexpr bool kAnyTag = true;
    Condition condition;
    [[nodiscard]] bool matches(const Message& message) {
        if constexpr (std::is_invocable_r_v<bool, Condition&, const Message&>)
            return condition(message);
        else if (const Term* term = message.payload().asTerm();
                 term != nullptr && message.kind() == MessageKind::Plain)
            return condition(*term); // what a pattern binds is borrowed from the message
        else
            return condition(message.term());
    }
    [[nodiscard]] Message take(Message& message) const noexcept { return std::move(message); }
};

/// Only among what has come since `ref` was made.
template <class Condition> struct OfFresh : OfCondition<Condition> {
    Ref ref;
};

struct AfterLimit {
    Duration limit;
};

template <class M>
concept MessageMatcher = requires { typename M::Match; };

/// The reference that a matcher needs, if it needs one.
template <class M> [[nodiscard]] Ref refOf(const M& matcher) noexcept {
    if constexpr (requires { matcher.ref; })
        return matcher.ref;
    else
        return {};
}

/// Raises error(timeout_value) for a negative limit and one beyond kReceiveLimitMax.
[[nodiscard]] Duration checkedLimit(Duration limit);

/// Which of several alternatives has taken a message, counted from 1; 0: none.
template <std::size_t count> class Taker {
public:
    void set(std::size_t number) noexcept { m_number = static_cast<std::uint8_t>(number); }
    [[nodiscard]] std::size_t number(bool) const noexcept { return m_number; }

private:
    static_assert(count <= 255);
    std::uint8_t m_number = 0;
};
/// A single alternative takes no room: Waiter::isTaken tells.
template <> class Taker<1> {
public:
    void set(std::size_t) noexcept {}
    [[nodiscard]] std::size_t number(bool isTaken) const noexcept { return isTaken ? 1 : 0; }
};

/// Offers messages to alternatives in the order written; the first that matches takes it. The value
/// is taken out of the envelope when the process goes on: the frame of one that waits has no room
/// for it.
template <class... Matchers> class Alternatives : public Waiter {
public:
    static constexpr std::size_t kCount = sizeof...(Matchers);

    explicit Alternatives(Matchers... matchers)
        : Waiter(WaitKind::Receive), m_matchers(std::move(matchers)...) {
        takeCommonRef();
    }

    bool tryMatch(Message& message) override {
        return tryEach(message, std::index_sequence_for<Matchers...>());
    }
    void addTags([[maybe_unused]] WantedTags& tags) const noexcept override {
        if constexpr (kCount > 0 && !(Matchers::kAnyTag || ...))
            std::apply([&](const auto&... each) { (each.addTags(tags), ...); }, m_matchers);
    }

protected:
    ~Alternatives() = default;
    /// The number of the alternative that took a message, counted from 1; 0: none.
    [[nodiscard]] std::size_t taker() const noexcept { return m_taker.number(isTaken); }
    /// Its value, once.
    template <std::size_t I> [[nodiscard]] auto take() {
        return std::get<I>(m_matchers).take(*taken);
    }

private:
    template <std::size_t... Is> bool tryEach(Message& message, std::index_sequence<Is...>) {
        return (tryOne<Is>(message) || ...);
    }
    template <std::size_t I> bool tryOne(Message& message) {
        auto& matcher = std::get<I>(m_matchers);
        if (!matcher.matches(message))
            return false;
        m_taker.set(I + 1);
        taken = &message;
        isTaken = hasEnvelope = true;
        return true;
    }
    void takeCommonRef() noexcept {
        if constexpr (kCount > 0) {
            const Ref first = refOf(std::get<0>(m_matchers));
            const bool same =
                std::apply([first](const auto&... each) { return ((refOf(each) == first) && ...); },
                           m_matchers);
            if (same)
                ref = first;
        }
    }

    [[no_unique_address]] std::tuple<Matchers...> m_matchers;
    [[no_unique_address]] Taker<kCount> m_taker;
};

/// In place of a limit: takes no room.
struct NoLimit {
    constexpr operator Duration() const noexcept { return kInfinity; }
};

/// co_await receive(…): the awaiter.
template <bool hasLimit, class... Matchers>
class ReceiveAwaiter final : public Alternatives<Matchers...> {
    using Base = Alternatives<Matchers...>;
    using Limit = std::conditional_t<hasLimit, Duration, NoLimit>;

public:
    /// One alternative gives its value; several a variant of their values in the order written,
    /// with Timeout last where there is an after().
    using Result = std::conditional_t<
        hasLimit,
        std::conditional_t<sizeof...(Matchers) == 0, std::variant<Timeout>,
                           std::variant<typename Matchers::Match..., Timeout>>,
        std::conditional_t<
            sizeof...(Matchers) == 1,
            std::tuple_element_t<0, std::tuple<typename Matchers::Match..., Timeout>>,
            std::variant<typename Matchers::Match...>>>;

    ReceiveAwaiter(Limit wanted, Matchers... matchers)
        : Base(std::move(matchers)...), m_limit(wanted) {}
    ~ReceiveAwaiter() = default;

    bool await_ready() { return this->begin(m_limit); }
    void await_suspend(std::coroutine_handle<> leaf) noexcept { this->suspend(leaf); }
    Result await_resume() {
        this->finish();
        const Waiter::Opened opened(*this);
        return resultFrom<0>();
    }

private:
    /// Requires: something matched or the time is up.
    template <std::size_t I> Result resultFrom() {
        if constexpr (!hasLimit && sizeof...(Matchers) == 1) {
            return this->template take<0>();
        } else if constexpr (I == sizeof...(Matchers)) {
            if constexpr (hasLimit)
                return Result(std::in_place_index<I>);
            else
                GROVE_UNREACHABLE("a receive without a limit ended without a message");
        } else {
            if (this->taker() == I + 1)
                return Result(std::in_place_index<I>, this->template take<I>());
            return resultFrom<I + 1>();
        }
    }

    [[no_unique_address]] Limit m_limit;
};

template <class... Matchers, std::size_t... Is>
auto receiveWithin(std::tuple<Matchers...> all, std::index_sequence<Is...>) {
    return ReceiveAwaiter<true, std::tuple_element_t<Is, std::tuple<Matchers...>>...>(
        checkedLimit(std::get<sizeof...(Matchers) - 1>(all).limit),
        std::move(std::get<Is>(all))...);
}

} // namespace detail

/// Every message.
[[nodiscard]] inline detail::AnyOf any() noexcept {
    return {};
}

/// Messages of a described type: the boxed value itself, or a term that describes one.
template <Describable T> [[nodiscard]] auto on() noexcept {
    return detail::OfType<T, detail::Always<T>>{};
}
/// Those of them for which `condition(const T&)` holds.
template <Describable T, std::predicate<const T&> Condition>
[[nodiscard]] auto on(Condition condition) {
    return detail::OfType<T, Condition>{std::move(condition)};
}
/// 'DOWN' messages: of one monitor, or of any that was given no other tag.
template <std::same_as<Down> T> [[nodiscard]] auto on(Ref ref = {}) noexcept {
    return detail::OfDown{ref};
}
/// 'EXIT' messages: from one process, or from any.
template <std::same_as<Exit> T> [[nodiscard]] auto on(Pid from = {}) noexcept {
    return detail::OfExit{from};
}
/// The outcome of a sendRequest(); a CallResult.
template <std::same_as<ReplyTo> T> [[nodiscard]] auto on(Ref ref) noexcept {
    return detail::OfReply{ref};
}
/// Messages for which `condition(const Message&)` or `condition(const Term&)` holds: a predicate or
/// a pattern. It cannot wait, send or receive.
template <class Condition>
    requires(std::predicate<Condition&, const Message&> || std::predicate<Condition&, const Term&>)
[[nodiscard]] auto on(Condition condition) {
    return detail::OfCondition<Condition>{std::move(condition)};
}
/// The same for messages that hold a reference made by this process: those that were skipped before
/// it was made are not looked at. Of the last four references, and of all that are watched by.
template <class Condition>
    requires(std::predicate<Condition&, const Message&> || std::predicate<Condition&, const Term&>)
[[nodiscard]] auto on(Ref fresh, Condition condition) {
    return detail::OfFresh<Condition>{{std::move(condition)}, fresh};
}
/// Ends a receive after `limit`, counted from its beginning; 0 looks through the mailbox once.
/// Requires: the last argument. Errors: a limit that is negative or beyond kReceiveLimitMax and not
/// kInfinity raises error(timeout_value).
[[nodiscard]] inline detail::AfterLimit after(Duration limit) noexcept {
    return {limit};
}

/// `co_await receive(on<Answer>(), on<Down>(ref), after(5s))`: takes the first message, in order of
/// arrival, that one of the alternatives matches; others stay where they are. Returns: the value of
/// a single alternative, otherwise a std::variant (see ReceiveAwaiter::Result). A receive of a
/// reference that was made after the waiting messages came does not look at those.
template <detail::MessageMatcher... Matchers> [[nodiscard]] auto receive(Matchers... matchers) {
    return detail::ReceiveAwaiter<false, Matchers...>(detail::NoLimit{}, std::move(matchers)...);
}
template <class... Matchers>
    requires(std::same_as<std::tuple_element_t<sizeof...(Matchers) - 1, std::tuple<Matchers...>>,
                          detail::AfterLimit>)
[[nodiscard]] auto receive(Matchers... matchers) {
    return detail::receiveWithin(std::tuple<Matchers...>(std::move(matchers)...),
                                 std::make_index_sequence<sizeof...(Matchers) - 1>());
}

} // namespace grove
