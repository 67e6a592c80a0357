#pragma once

#include <grove/runtime/process.h>

#include <optional>

namespace grove {

/// Sends `message` after `delay`, never early. A name is looked up when the timer fires; without a
/// process by then nothing happens. Lives on when the caller ends.
/// Returns: the timer, for cancelTimer(). Errors: raises error(badarg) for a negative delay and one
/// that ends after kNever.
Ref sendAfter(Duration delay, Destination to, Payload message);
/// As sendAfter(), but the message is `{timeout, Ref, Message}`.
Ref startTimer(Duration delay, Destination to, Term message);
/// As sendAfter() at a moment of now()'s clock; at once when that has passed.
Ref sendAt(Instant when, Destination to, Payload message);
/// As startTimer() at a moment of now()'s clock.
Ref startTimerAt(Instant when, Destination to, Term message);
/// Sends `message` every `period` until cancelled or until the receiver has ended. Ticks do not
/// drift; ticks that were missed are sent as one. All ticks share one value: of a described struct
/// each receiver takes a copy.
/// Errors: raises error(badarg) for a period under 1 ms and for a function.
Ref sendInterval(Duration period, Destination to, Payload message);
/// A timer that was cancelled.
struct CancelledTimer {
    Instant due; // when it would have fired

    /// How long it had still to go, from this moment on; never negative. Reads the clock.
    [[nodiscard]] Duration left() const noexcept;
};

/// Returns: nothing when it had fired, was cancelled, or is no timer. Otherwise it fires no more:
/// what it has sent was sent before.
std::optional<CancelledTimer> cancelTimer(Ref timer);
/// What becomes of the result of cancelTimerAsync().
enum class CancelInfo : std::uint8_t { No, Yes };
/// Cancels and, with CancelInfo::Yes, tells by a message to oneself: `{cancel_timer, Ref,
/// Milliseconds | false}`.
void cancelTimerAsync(Ref timer, CancelInfo info = CancelInfo::Yes);
/// Returns: the time that is left, or nothing as cancelTimer() does.
[[nodiscard]] std::optional<Duration> readTimer(Ref timer);

} // namespace grove
