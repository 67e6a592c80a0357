#pragma once

#include <chrono>

namespace grove::otp {

/// Whether a restart at `then` still counts at `at`. As OTP: whole seconds of monotonic time, and a
/// restart counts while now - then <= period, both ends rounded down.
template <class Moment, class Period>
[[nodiscard]] constexpr bool restartCounts(Moment then, Moment at, Period period) noexcept {
    using std::chrono::floor;
    using std::chrono::seconds;
    return floor<seconds>(at) - floor<seconds>(then) <= period;
}

} // namespace grove::otp
