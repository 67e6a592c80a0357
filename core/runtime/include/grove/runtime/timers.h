#pragma once

#include <grove/runtime/process.h>

#include <optional>

namespace grove {

/// Sends `message` after `delay`, never early. A name is looked up when the timer fires; without a
/// process by then nothing happens. Lives on when the caller ends.
/// Returns: the timer, for cancelTimer(). Errors: raises error(badarg) for a negative delay.
Ref sendAfter(Duration delay, Destination to, Payload message);
/// As sendAfter(), but the message is `{timeout, Ref, Message}`.
Ref startTimer(Duration delay, Destination to, Term message);
/// Sends `message` every `period` until cancelled or until the receiver has ended. Ticks do not
/// drift; ticks that were missed are sent as one. Requires: period of at least 1 ms.
Ref sendInterval(Duration period, Destination to, Term message);
/// Returns: the time that was left, or nothing when it had fired, was cancelled, or is no timer.
/// After it returned nothing fires any more.
std::optional<Duration> cancelTimer(Ref timer);
[[nodiscard]] std::optional<Duration> readTimer(Ref timer);

} // namespace grove
