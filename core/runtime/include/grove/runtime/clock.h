#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

namespace grove {

/// The unit in which the runtime measures time.
using Duration = std::chrono::nanoseconds;

/// The name of monotonic time. It has no now(): time comes from a Clock object, so that a
/// simulation can own it.
struct Monotonic {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Monotonic, duration>;
    static constexpr bool is_steady = true;
};

/// A point of monotonic time; only differences mean something, and only between instants of one
/// clock.
using Instant = Monotonic::time_point;
/// A point of civil time, UTC.
using WallTime = std::chrono::sys_time<Duration>;

/// Later than every instant that comes.
inline constexpr Instant kNever = Instant::max();

/// `instant + duration` that stays at kNever instead of wrapping. Negative durations count as zero.
[[nodiscard]] constexpr Instant addSaturated(Instant instant, Duration duration) noexcept {
    if (duration <= Duration::zero())
        return instant;
    return duration >= kNever - instant ? kNever : instant + duration;
}

/// Where the runtime takes its time from.
///
/// Threads: every member from any thread.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// Monotonic time; never goes back.
    [[nodiscard]] virtual Instant now() const noexcept = 0;
    /// Civil time; may jump.
    [[nodiscard]] virtual WallTime wallTime() const noexcept = 0;
};

/// The system's clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const noexcept override;
    [[nodiscard]] WallTime wallTime() const noexcept override;
};

/// A clock that stands still until somebody moves it: the time of a simulation.
///
/// Threads: reading from any thread, moving from one.
class VirtualClock final : public Clock {
public:
    /// Starts at one hour of monotonic time (so that subtracting from it stays positive) and at
    /// `wallStart`.
    explicit VirtualClock(WallTime wallStart = defaultWallStart()) noexcept;

    [[nodiscard]] Instant now() const noexcept override;
    [[nodiscard]] WallTime wallTime() const noexcept override;

    /// Requires: `by` is not negative.
    void advance(Duration by) noexcept;
    /// Requires: `to` is not before now().
    void advanceTo(Instant to) noexcept;
    /// Sets civil time alone, as an administrator would.
    void setWallTime(WallTime wall) noexcept;

    /// 2026-01-01 00:00:00 UTC.
    [[nodiscard]] static WallTime defaultWallStart() noexcept;

private:
    // Both written by the one thread that moves the clock and read by any, each a value of its own:
    // relaxed.
    std::atomic<std::int64_t> m_monotonicNs;
    std::atomic<std::int64_t> m_wallMinusMonotonicNs;
};

/// Seedable random numbers (xoshiro256++, seeded through splitmix64). The same seed gives the same
/// numbers on every machine. Not for secrets. Models std::uniform_random_bit_generator.
///
/// Threads: one at a time.
class Random {
public:
    using result_type = std::uint64_t;

    explicit Random(std::uint64_t seed) noexcept;

    [[nodiscard]] std::uint64_t next() noexcept;
    /// Returns: a number of [0, bound), each equally likely. Requires: bound > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;
    /// Returns: true once in `oneIn` times on average. Requires: oneIn > 0.
    [[nodiscard]] bool once(std::uint64_t oneIn) noexcept { return below(oneIn) == 0; }
    /// Returns: a number of [0, 1).
    [[nodiscard]] double unit() noexcept;
    /// Returns: a generator whose numbers do not overlap with this one's in practice.
    [[nodiscard]] Random split() noexcept { return Random(next()); }

    std::uint64_t operator()() noexcept { return next(); }
    static constexpr std::uint64_t min() noexcept { return 0; }
    static constexpr std::uint64_t max() noexcept {
        return std::numeric_limits<std::uint64_t>::max();
    }

private:
    std::array<std::uint64_t, 4> m_state;
};

/// A seed from the system's random device, for programs that are not simulated.
[[nodiscard]] std::uint64_t systemSeed() noexcept;

} // namespace grove
