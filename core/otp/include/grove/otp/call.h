#pragma once
// What clients do with servers: call, cast, reply, stop.

#include <grove/otp/start.h>
#include <grove/runtime/call.h>
#include <grove/runtime/errors.h>

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace grove::otp {

/// The process that a reference names now; nothing when there is none.
/// Threads: a process's.
[[nodiscard]] std::optional<Pid> whereis(const ServerRef& server);

namespace detail {

/// Milliseconds or `infinity`.
[[nodiscard]] Term limitTerm(Duration limit);

template <class M> struct ReplyTypeOf {
    using Type = Term;
};
template <class M>
    requires requires { typename M::Reply; }
struct ReplyTypeOf<M> {
    using Type = typename M::Reply;
};

/// What a call shows of its request when it fails. Big values are not kept: the message belongs to
/// the server.
template <class M> struct KeptRequest {
    static constexpr bool kKeepsAll =
        std::same_as<M, Term> || (std::is_trivially_copyable_v<M> && sizeof(M) <= 64);
    struct Nothing {};
    using Kept = std::conditional_t<kKeepsAll, M, Nothing>;
};

/// Ends the caller with `{bad_reply, Text}`: the answer is not of the type the request names.
[[noreturn]] void badReply(const Error& why);

/// An answer as the type that its request names.
template <class R> R readReply(Payload reply) {
    if constexpr (std::is_void_v<R>) {
        return;
    } else if constexpr (std::same_as<R, Term>) {
        return std::move(reply).takeTerm();
    } else {
        Result<R> value = std::move(reply).template take<R>();
        if (!value)
            badReply(value.error());
        return std::move(*value);
    }
}

/// The part of a call that has no template parameters.
class CallCore {
public:
    CallCore(ServerRef server, Payload message, std::optional<Duration> limit);
    CallCore(Pid server, Payload message, std::optional<Duration> limit)
        : m_server(server), m_limit(limit), m_target(server),
          m_call(server, std::move(message), limit.value_or(kCallLimit)) {}
    CallCore(const CallCore&) = delete;
    CallCore& operator=(const CallCore&) = delete;

    bool await_ready();
    void await_suspend(std::coroutine_handle<> leaf) noexcept { m_call.await_suspend(leaf); }

protected:
    ~CallCore() = default;

    using RequestTerm = Term (*)(const CallCore& call);
    /// The reply. Errors: exits as gen_server:call does.
    [[nodiscard]] Payload replyOrExit(RequestTerm request);
    /// The reply. Errors: exits as the `call` of this module does.
    [[nodiscard]] Payload replyOrExitAs(Atom module, RequestTerm request);
    /// The reply, or code `timeout`, `noproc` or `down` with the reason in the message.
    [[nodiscard]] Result<Payload> replyOrError();

private:
    [[noreturn]] void exitAs(Atom module, const CallResult& got, RequestTerm request);
    [[nodiscard]] CallResult result();

    ServerRef m_server;
    std::optional<Duration> m_limit;
    Pid m_target; // none: there is no such server
    grove::detail::CallAwaiter m_call;
};

enum class OnFailure : std::uint8_t { Exit, ExitAsStatem, Error };

template <class M, OnFailure onFailure> class TypedCall final : public CallCore {
    using R = typename ReplyTypeOf<M>::Type;
    using Kept = typename KeptRequest<M>::Kept;
    using Returned = std::conditional_t<onFailure == OnFailure::Error, Result<R>, R>;

public:
    /// `Server`: a ServerRef, or a Pid, which most callers have.
    template <class Server>
    TypedCall(Server server, M&& message, std::optional<Duration> limit)
        : TypedCall(std::move(server), keep(message), std::move(message), limit) {}

    Returned await_resume() {
        if constexpr (onFailure == OnFailure::Exit) {
            return readReply<R>(replyOrExit(&requestTerm));
        } else if constexpr (onFailure == OnFailure::ExitAsStatem) {
            return readReply<R>(replyOrExitAs(atoms::genStatem, &requestTerm));
        } else {
            Result<Payload> reply = replyOrError();
            if (!reply)
                return failure(std::move(reply));
            if constexpr (std::is_void_v<R>)
                return {};
            else
                return Returned(readReply<R>(std::move(*reply)));
        }
    }

private:
    template <class Server>
    TypedCall(Server&& server, Kept&& kept, M&& message, std::optional<Duration> limit)
        : CallCore(std::move(server), Payload(std::move(message)), limit), m_kept(std::move(kept)) {
    }

    static Kept keep(const M& message) {
        if constexpr (KeptRequest<M>::kKeepsAll)
            return message;
        else
            return {};
    }
    static Term requestTerm(const CallCore& call) {
        if constexpr (std::same_as<M, Term>)
            return static_cast<const TypedCall&>(call).m_kept;
        else if constexpr (KeptRequest<M>::kKeepsAll && Describable<M>)
            return toTerm(static_cast<const TypedCall&>(call).m_kept);
        else if constexpr (Describable<M>)
            return descriptionOf<M>().tag();
        else
            return atoms::undefined;
    }
    [[no_unique_address]] Kept m_kept;
};

template <class M> struct MessageOf {
    using Type = std::conditional_t<Describable<M> && !std::convertible_to<M, Term>, M, Term>;
};
/// `message` as what is sent: itself, to be moved from, or a term made of it.
template <class M> [[nodiscard]] decltype(auto) asSent(M& message) {
    if constexpr (std::same_as<typename MessageOf<M>::Type, M>)
        return std::move(message);
    else
        return Term(std::move(message));
}

} // namespace detail

/// `EntryId id = co_await otp::call(server, ListServer::AddEntry{op, entry});` asks a server and
/// waits for its answer, of the type that the message names as its Reply (Term for messages that
/// are terms). Errors: exits as OTP does: `{timeout, {gen_server, call, [Server, Request]}}` after
/// `limit` (5 s; an answer that comes later is dropped), `{noproc, …}`, `{calling_self, …}`, or
/// with the reason of the server's end. Of a request bigger than 64 bytes or not trivially copyable
/// the exit shows the tag only.
template <class M> [[nodiscard]] auto call(ServerRef server, M message) {
    using Sent = typename detail::MessageOf<M>::Type;
    return detail::TypedCall<Sent, detail::OnFailure::Exit>(std::move(server),
                                                            detail::asSent(message), {});
}
template <class M> [[nodiscard]] auto call(Pid server, M message) {
    using Sent = typename detail::MessageOf<M>::Type;
    return detail::TypedCall<Sent, detail::OnFailure::Exit>(server, detail::asSent(message), {});
}
template <class M> [[nodiscard]] auto call(ServerRef server, M message, Duration limit) {
    using Sent = typename detail::MessageOf<M>::Type;
    return detail::TypedCall<Sent, detail::OnFailure::Exit>(std::move(server),
                                                            detail::asSent(message), limit);
}

/// As call(), but a failure is a value.
/// Errors: `timeout`, `noproc`, `calling_self`; `down` when the server ended before it answered.
template <class M>
[[nodiscard]] auto tryCall(ServerRef server, M message, Duration limit = kCallLimit) {
    using Sent = typename detail::MessageOf<M>::Type;
    return detail::TypedCall<Sent, detail::OnFailure::Error>(std::move(server),
                                                             detail::asSent(message), limit);
}

/// Sends a message that nobody waits for; dropped when there is no such server.
void cast(const ServerRef& server, Payload message);
inline void cast(Pid server, Payload message) {
    sendCast(server, std::move(message));
}
/// Sends a plain message, for handleInfo(). Errors: raises badarg for a name that nobody has.
void send(const ServerRef& server, Payload message);

/// Answers a call that handleCall() left with noReply(), from any process.
template <class R> void reply(const From& from, R value) {
    grove::reply(from, Payload(std::move(value)));
}
/// Answers `ok`.
inline void reply(const From& from) {
    grove::reply(from, Payload(Term(atoms::ok)));
}

/// Ends a server in good order: its terminate(reason) runs, also when it does not trap exits.
/// Resumes: when it has ended with `reason`. Errors: exits `noproc` when there is none, `timeout`
/// when it has not ended within `limit` (it will later), and with the other reason if it ends with
/// one.
[[nodiscard]] grove::Task<> stop(ServerRef server, Term why = atoms::normal,
                                 Duration limit = kInfinity);

} // namespace grove::otp
