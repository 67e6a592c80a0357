#pragma once
// What every server shares: the decisions of its callbacks, its state, and the loop that is
// compiled once. Write servers against gen_server.h.

#include <grove/otp/start.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/message.h>
#include <grove/runtime/task.h>
#include <grove/term/alloc.h>
#include <grove/term/describe.h>

#include <array>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace grove::otp {

/// The types of the messages of one kind that a server takes: `using Calls = Messages<AddEntry,
/// EntriesOn>;`.
template <class... Ts> struct Messages {};

/// Reasons that OTP gives a meaning.
struct Reasons {
    static constexpr Atom normal = atoms::normal;
    static constexpr Atom shutdown = atoms::shutdown;
    static constexpr Atom kill = atoms::kill;
    static constexpr Atom killed = atoms::killed;
    static constexpr Atom noproc = atoms::noproc;
    static constexpr Atom timeout = atoms::timeout;
};

/// normal, shutdown and {shutdown, _}: an end that nobody needs to hear of.
[[nodiscard]] bool isQuietReason(const Term& reason) noexcept;

namespace detail {

/// What a callback decided, without types.
struct Outcome {
    enum class Kind : std::uint8_t { Go, Reply, Stop, ReplyAndStop, Ignore };
    static constexpr Duration kNoTimeout = Duration(-1);

    Kind kind = Kind::Go;
    bool continues = false;
    bool hibernates = false;
    Duration timeout = kNoTimeout;
    Payload reply;
    Term reason;
    Term continuation;

    /// Nothing that it owns is left.
    [[nodiscard]] bool isEmpty() const noexcept {
        return reply.isTerm() && reply.asTerm()->isNone() && reason.isNone() &&
               continuation.isNone();
    }
    /// Goes on with the next message, perhaps after an answer.
    [[nodiscard]] bool goesOn() const noexcept {
        return (kind == Kind::Go || kind == Kind::Reply) && !continues;
    }
};

/// A server's State, whatever its type.
class AnyState {
public:
    using Destroy = void (*)(void*) noexcept;

    AnyState() noexcept = default;
    template <class S> [[nodiscard]] static AnyState make(S state) {
        AnyState made;
        static_assert(alignof(S) <= 16, "states lie in memory aligned to 16");
        made.m_object = ::new (allocate(sizeof(S))) S(std::move(state));
        made.m_destroy = &destroyAs<S>;
        return made;
    }
    AnyState(AnyState&& other) noexcept
        : m_object(std::exchange(other.m_object, nullptr)), m_destroy(other.m_destroy) {}
    AnyState& operator=(AnyState&& other) noexcept {
        std::swap(m_object, other.m_object);
        std::swap(m_destroy, other.m_destroy);
        return *this;
    }
    ~AnyState() {
        if (m_object != nullptr)
            m_destroy(m_object);
    }

    template <class S> [[nodiscard]] bool is() const noexcept {
        return m_object != nullptr && m_destroy == &destroyAs<S>;
    }
    [[nodiscard]] void* object() const noexcept { return m_object; }

private:
    template <class S> static void destroyAs(void* object) noexcept {
        static_cast<S*>(object)->~S();
        release(object, sizeof(S));
    }

    void* m_object = nullptr;
    Destroy m_destroy = nullptr; // names the type, too
};

} // namespace detail

/// What a callback without an answer decides: go on, or stop. `return {};` goes on.
class [[nodiscard]] Next {
public:
    Next() noexcept = default;
    [[nodiscard]] static Next noReply() noexcept { return {}; }
    /// Ends the server: terminate(reason), then the process ends with `reason`.
    [[nodiscard]] static Next stop(Term reason) {
        Next next;
        next.m_outcome.kind = detail::Outcome::Kind::Stop;
        next.m_outcome.reason = std::move(reason);
        return next;
    }
    /// handleTimeout() runs if no message comes for so long.
    Next&& timeout(Duration limit) && {
        m_outcome.timeout = limit;
        return std::move(*this);
    }
    /// Until the next message the process holds no memory but its frames and what they hold; a
    /// request of sys.h does not end that. With a timeout the timeout counts.
    Next&& hibernate() && {
        m_outcome.hibernates = true;
        return std::move(*this);
    }
    /// handleContinue() runs before the next message.
    Next&& thenContinue(Term what = atoms::continue_) && {
        m_outcome.continues = true;
        m_outcome.continuation = std::move(what);
        return std::move(*this);
    }

    [[nodiscard]] detail::Outcome takeOutcome() && { return std::move(m_outcome); }

private:
    detail::Outcome m_outcome;
};

/// What handleCall() decides: an answer of type R (`return value;`), none yet, or the end.
/// Reply<void> answers `ok`.
template <class R> class [[nodiscard]] Reply {
public:
    Reply()
        requires std::is_void_v<R>
    {
        m_outcome.kind = detail::Outcome::Kind::Reply;
        m_outcome.reply = Payload(Term(atoms::ok));
    }
    template <class Value>
        requires(!std::is_void_v<R> && std::convertible_to<Value, R> &&
                 !std::same_as<std::remove_cvref_t<Value>, Reply>)
    Reply(Value&& value) {
        m_outcome.kind = detail::Outcome::Kind::Reply;
        m_outcome.reply = Payload(static_cast<R>(std::forward<Value>(value)));
    }
    /// The caller goes on waiting until somebody calls otp::reply(from, value).
    [[nodiscard]] static Reply noReply() {
        Reply made{Empty{}};
        made.m_outcome.kind = detail::Outcome::Kind::Go;
        return made;
    }
    /// Ends the server without an answer: the caller exits with `{Reason, {gen_server, call, …}}`.
    [[nodiscard]] static Reply stop(Term reason) {
        Reply made{Empty{}};
        made.m_outcome.kind = detail::Outcome::Kind::Stop;
        made.m_outcome.reason = std::move(reason);
        return made;
    }
    /// Answers, then ends the server: `return Reply<int>(7).thenStop(reason::normal);`
    Reply&& thenStop(Term reason) && {
        m_outcome.kind = detail::Outcome::Kind::ReplyAndStop;
        m_outcome.reason = std::move(reason);
        return std::move(*this);
    }
    /// As Next's. The answer is sent before.
    Reply&& timeout(Duration limit) && {
        m_outcome.timeout = limit;
        return std::move(*this);
    }
    Reply&& hibernate() && {
        m_outcome.hibernates = true;
        return std::move(*this);
    }
    Reply&& thenContinue(Term what = atoms::continue_) && {
        m_outcome.continues = true;
        m_outcome.continuation = std::move(what);
        return std::move(*this);
    }

    [[nodiscard]] detail::Outcome takeOutcome() && { return std::move(m_outcome); }

private:
    struct Empty {};
    explicit Reply(Empty) noexcept {}
    detail::Outcome m_outcome;
};

/// What init() decides: the first state, no process at all, or a failure.
class [[nodiscard]] Init {
public:
    /// The process runs with this state.
    template <class S> [[nodiscard]] static Init ok(S state) {
        Init init;
        init.m_state = detail::AnyState::make(std::move(state));
        return init;
    }
    /// No process is wanted: it ends normally, and its start gives `ignore`.
    [[nodiscard]] static Init ignore() {
        Init init;
        init.m_outcome.kind = detail::Outcome::Kind::Ignore;
        return init;
    }
    /// The start fails with `{error, Reason}`.
    [[nodiscard]] static Init stop(Term reason) {
        Init init;
        init.m_outcome.kind = detail::Outcome::Kind::Stop;
        init.m_outcome.reason = std::move(reason);
        return init;
    }
    /// handleContinue() runs after the starter has got its pid and before the first message.
    Init&& thenContinue(Term what = atoms::continue_) && {
        m_outcome.continues = true;
        m_outcome.continuation = std::move(what);
        return std::move(*this);
    }
    Init&& timeout(Duration limit) && {
        m_outcome.timeout = limit;
        return std::move(*this);
    }
    /// As Next's.
    Init&& hibernate() && {
        m_outcome.hibernates = true;
        return std::move(*this);
    }

    [[nodiscard]] detail::Outcome takeOutcome() && { return std::move(m_outcome); }
    [[nodiscard]] detail::AnyState takeState() && { return std::move(m_state); }

private:
    Init() = default;
    detail::Outcome m_outcome;
    detail::AnyState m_state;
};

class ServerCore;

namespace detail {

template <class Derived> struct Glue;
template <class Derived> struct StatemGlue;

/// What running a callback gave: an outcome at once, a task that will give it, or no clause for the
/// message.
template <class O> struct StepOf {
    std::optional<grove::Task<O>> pending;
    O done;
    bool matched = true;

    [[nodiscard]] static StepOf noMatch() {
        StepOf step;
        step.matched = false;
        return step;
    }
};
using Step = StepOf<Outcome>;

/// One type of message and the callback that takes it.
struct Handler {
    const Description* description;
    /// Takes the value out of `payload`, unless that does not fit: then it is unchanged.
    Step (*run)(ServerCore& server, Payload& payload, const From* from);
};

/// What codeChange() is told.
struct CodeChange {
    Term oldVersion;
    Term oldState;
    Term extra;
};

/// Everything that is known about a class of servers; one object per class.
/// Function pointers are null where the class has no such callback.
struct ServerType {
    const char* name;        ///< "ListServer"
    const char* initialCall; ///< "ListServer::init"
    const char* behaviour;   ///< "GenServer", "Supervisor", …
    Atom module;             ///< OTP's: gen_server, gen_event
    std::span<const Handler> calls, casts, infos;
    Step (*handleCallTerm)(ServerCore&, Payload&, const From*);
    Step (*handleCastTerm)(ServerCore&, Payload&);
    Step (*handleInfoTerm)(ServerCore&, Payload&);
    Step (*handleExit)(ServerCore&, Exit);
    Step (*handleDown)(ServerCore&, Down);
    Step (*handleReply)(ServerCore&, Message);
    Step (*handleContinue)(ServerCore&, Term);
    Step (*handleTimeout)(ServerCore&);
    Step (*terminate)(ServerCore&, Term);
    Term (*stateTerm)(const ServerCore&); ///< never null
    Term (*viewTerm)(const ServerCore&);  ///< never null
    Result<Step> (*replaceState)(ServerCore&, const Term&);
    /// In place of replaceState() where a function is to change the state.
    Result<Step> (*changeState)(ServerCore&, const std::function<Term(Term)>&);
    /// Makes the server's state from another one's; never null.
    std::expected<Step, Term> (*codeChange)(ServerCore&, CodeChange);
    std::shared_ptr<ServerCore> (*make)(); ///< one without a state; null if it has no such
    // The same for a process that begins as one; never null.
    ServerCore* (*create)();
    void (*destroy)(ServerCore*) noexcept;
};

/// How the starter and the process that starts know each other.
struct StartInfo {
    StartOptions options;
    Ref ack; // names the acknowledgement
    Pid starter;
    bool linked = false;
};

/// init() with its arguments, which live as long as it runs.
struct InitCall {
    void* arguments;
    Step (*run)(ServerCore& server, void* arguments);
};

/// What the start of a server needs and its life does not: freed when it has been acknowledged.
struct Opening {
    StartInfo info;
    const ServerType* type;
    InitCall init{};

    Opening(StartInfo&& startInfo, const ServerType* what)
        : info(std::move(startInfo)), type(what) {}
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;
    virtual ~Opening() = default;
    static void* operator new(std::size_t size) { return allocate(size); }
    static void operator delete(void* block, std::size_t size) noexcept { release(block, size); }
};

/// Makes the server, registers the name, runs init, acknowledges the start and handles messages
/// until the server stops.
[[nodiscard]] grove::Task<> serve(std::unique_ptr<Opening> opening);

} // namespace detail

/// The part of a server that has no template parameters.
///
/// Threads: the process that runs it. Owns: its State.
class ServerCore {
public:
    ServerCore() = default;
    ServerCore(const ServerCore&) = delete;
    ServerCore& operator=(const ServerCore&) = delete;

    /// Whoever started it: the process linked by startLink(), itself when it was started without a
    /// link.
    [[nodiscard]] Pid parent() const noexcept { return m_parent; }

protected:
    ~ServerCore() = default;

private:
    template <class Derived> friend class GenServer;
    template <class Derived> friend struct detail::Glue;
    template <class Derived> friend struct detail::StatemGlue;
    friend struct ServerAccess;

    detail::AnyState m_state;
    Pid m_parent;
};

} // namespace grove::otp
