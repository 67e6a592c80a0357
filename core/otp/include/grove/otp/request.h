#pragma once
// Questions that are asked first and waited for later, and those to many servers.

#include <grove/otp/call.h>
#include <grove/runtime/receive.h>
#include <grove/term/identifiers.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace grove::otp {

namespace detail {

class RequestCore {
public:
    /// The reference that the answer will bear.
    [[nodiscard]] Ref ref() const noexcept { return m_ref; }
    /// Whom it was sent to: a pid, or the name that nobody had.
    [[nodiscard]] const Term& server() const noexcept { return m_server; }

protected:
    RequestCore(const ServerRef& server, Payload message);

private:
    Ref m_ref;
    Term m_server;
};

} // namespace detail

/// A question to a server that somebody will ask the answer of, of type R.
template <class R> class [[nodiscard]] RequestId final : public detail::RequestCore {
public:
    RequestId(const ServerRef& server, Payload message) : RequestCore(server, std::move(message)) {}
};

/// What became of a request so far: an answer, the server's end, or nothing within the limit.
template <class R> class [[nodiscard]] Response {
public:
    Response(CallResult result, Term server)
        : m_result(std::move(result)), m_server(std::move(server)) {}

    [[nodiscard]] bool isReply() const noexcept { return m_result.isReply(); }
    [[nodiscard]] bool isTimeout() const noexcept { return m_result.isTimeout(); }
    [[nodiscard]] bool isError() const noexcept { return m_result.isDown(); }
    /// Requires: isReply(). Errors: raises `{bad_reply, Text}` for an answer of another type.
    R takeReply() && { return detail::readReply<R>(std::move(m_result).takeReply()); }
    /// Why there will be no answer. Requires: isError().
    [[nodiscard]] Term reason() const { return m_result.reason(); }
    /// `{reply, Reply}`, `timeout` or `{error, {Reason, Server}}`.
    [[nodiscard]] Term term() const {
        if (isTimeout())
            return atoms::timeout;
        if (isReply())
            return tuple(atoms::reply, m_result.term());
        return tuple(atoms::error, tuple(m_result.reason(), m_server));
    }

private:
    CallResult m_result;
    Term m_server;
};

namespace detail {

enum class AtLimit : bool { Keep, Abandon };

/// Waits for the answer to a request.
template <class R, AtLimit atLimit> class ResponseAwaiter {
public:
    ResponseAwaiter(const RequestId<R>& request, Duration limit)
        : m_request(request), m_wait(waitFor(request.ref(), limit)) {}
    ResponseAwaiter(const ResponseAwaiter&) = delete;
    ResponseAwaiter& operator=(const ResponseAwaiter&) = delete;

    bool await_ready() { return m_wait.await_ready(); }
    void await_suspend(std::coroutine_handle<> leaf) noexcept { m_wait.await_suspend(leaf); }
    Response<R> await_resume() {
        auto got = m_wait.await_resume();
        if (auto* result = std::get_if<CallResult>(&got))
            return Response<R>(std::move(*result), m_request.server());
        if constexpr (atLimit == AtLimit::Abandon)
            demonitor(m_request.ref(), Flush::Yes);
        return Response<R>(CallResult(), m_request.server());
    }

private:
    static auto waitFor(Ref ref, Duration limit) {
        return grove::receive(on<ReplyTo>(ref), after(limit));
    }

    RequestId<R> m_request;
    decltype(waitFor(Ref(), Duration())) m_wait;
};

} // namespace detail

/// Asks as call() does, but goes on: `const auto id = otp::sendRequest(server, Add{3});`. For
/// asking several servers at once, or doing something else meanwhile. Servers of every behaviour
/// answer. Nothing is waited for: whether there is such a server the answer tells. A process may
/// ask itself. Threads: a process's, which alone can ask for the answer.
template <class M> [[nodiscard]] auto sendRequest(const ServerRef& server, M message) {
    using Sent = typename detail::MessageOf<M>::Type;
    return RequestId<typename detail::ReplyTypeOf<Sent>::Type>(server,
                                                               Payload(Sent(std::move(message))));
}

/// Waits for the answer. After the limit it is given up: a late one never arrives.
template <class R>
[[nodiscard]] auto receiveResponse(const RequestId<R>& request, Duration limit = kInfinity) {
    return detail::ResponseAwaiter<R, detail::AtLimit::Abandon>(request, limit);
}

/// The same, but after the limit it can be waited for again.
template <class R>
[[nodiscard]] auto waitResponse(const RequestId<R>& request, Duration limit = kInfinity) {
    return detail::ResponseAwaiter<R, detail::AtLimit::Keep>(request, limit);
}

/// What a received message says of a request; nothing (`no_reply`) when it is no answer to it, and
/// then the message stays as it is.
template <class R>
[[nodiscard]] std::optional<Response<R>> checkResponse(Message& message,
                                                       const RequestId<R>& request) {
    const grove::detail::OfReply answer{request.ref()};
    if (!answer.matches(message))
        return std::nullopt;
    return Response<R>(answer.take(message), request.server());
}

/// What servers of one name on several nodes answered.
template <class R> struct MultiReplies {
    std::vector<std::pair<Atom, R>> replies; ///< node and answer
    std::vector<Atom> badNodes;              ///< the others
};

namespace detail {

/// The nodes that a multiCall() asks; this one can be reached, and no other.
[[nodiscard]] bool isReachable(Atom node);
/// Until when a limit lasts that begins now.
[[nodiscard]] Duration remaining(Instant begin, Duration limit);

} // namespace detail

/// Asks the servers registered as `name` on all given nodes at once and waits for all answers. A
/// node whose server does not exist, ends, or does not answer within the limit is a bad one; late
/// answers never arrive. Departure from OTP: only this node (localNode()) can be reached.
template <class M>
[[nodiscard]] grove::Task<
    MultiReplies<typename detail::ReplyTypeOf<typename detail::MessageOf<M>::Type>::Type>>
multiCall(std::vector<Atom> nodes, Atom name, M message, Duration limit = kInfinity) {
    using Sent = typename detail::MessageOf<M>::Type;
    using R = typename detail::ReplyTypeOf<Sent>::Type;
    static_assert(!std::is_void_v<R>, "a call without an answer has nothing to collect");
    const Instant begin = now();
    std::vector<std::pair<Atom, RequestId<R>>> requests;
    MultiReplies<R> got;
    for (const Atom node : nodes) {
        if (detail::isReachable(node))
            requests.emplace_back(node, RequestId<R>(name, Payload(Sent(message))));
        else
            got.badNodes.push_back(node);
    }
    for (const auto& [node, request] : requests) {
        Response<R> response = co_await receiveResponse(request, detail::remaining(begin, limit));
        if (response.isReply())
            got.replies.emplace_back(node, std::move(response).takeReply());
        else
            got.badNodes.push_back(node);
    }
    co_return got;
}
/// On all nodes that are known: on this one.
template <class M> [[nodiscard]] auto multiCall(Atom name, M message, Duration limit = kInfinity) {
    return multiCall(std::vector<Atom>{localNode().name}, name, std::move(message), limit);
}

/// Casts to the servers registered as `name` on the given nodes, whatever exists of them.
void abcast(std::span<const Atom> nodes, Atom name, const Term& message);
/// On all nodes that are known: on this one.
void abcast(Atom name, const Term& message);

} // namespace grove::otp
