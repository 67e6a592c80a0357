#pragma once

#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>

namespace grove {

/// OTP's default limit of a call.
inline constexpr Duration kCallLimit = std::chrono::seconds(5);

namespace detail {

class CallAwaiter final : public CallWaiter {
public:
    CallAwaiter(Destination to, Payload payload, Duration wanted);
    ~CallAwaiter() = default;

    bool tryMatch(Message& message) override;
    bool await_ready();
    void await_suspend(std::coroutine_handle<> leaf) noexcept { suspend(leaf); }
    CallResult await_resume();

private:
    Destination m_to;
    Duration m_limit;
    Payload m_payload;
    CallResult m_result;
};

} // namespace detail

/// `co_await request(server, Question{…})`: sends a call and waits for its outcome. One signal
/// carries the message, a monitor and the right to answer; a reply is one that removes both. The
/// server's death answers, also for calls it had not looked at yet. After the limit a late reply
/// never arrives. Allocates no timer. Returns: CallResult, awaited: a reply, down (noproc when
/// there is no such process), or timeout. Errors: a call to oneself raises exit(calling_self).
[[nodiscard]] detail::CallAwaiter request(Destination to, Payload payload,
                                          Duration limit = kCallLimit);

/// The same without waiting: a Reply or Down arrives as a message, see `on<ReplyTo>(ref)`;
/// `demonitor(ref, Flush::Yes)` gives up on it.
[[nodiscard]] Ref sendRequest(Destination to, Payload payload);

/// Answers a call, from any process. A second answer, and one whose caller has given up, is
/// dropped.
void reply(const From& from, Payload payload);

} // namespace grove
