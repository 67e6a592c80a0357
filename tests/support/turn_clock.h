#pragma once

#include <grove/runtime/clock.h>

#include <atomic>
#include <cstdint>

namespace grove::test {

/// Real schedulers' time, passing by turns whatever the machine does meanwhile. Each look at it
/// takes a moment, so that who looks around comes to an end.
///
/// Threads: any.
class TurnClock : public Clock {
public:
    explicit TurnClock(Duration turn) noexcept : m_turn(turn) {}

    Instant now() const noexcept override {
        return Instant(Duration(m_ns.fetch_add(kLookNs, std::memory_order_relaxed)));
    }
    WallTime wallTime() const noexcept override { return VirtualClock::defaultWallStart(); }
    /// A process has had a turn.
    void turn() noexcept { pass(m_turn); }

protected:
    void pass(Duration span) const noexcept {
        m_ns.fetch_add(span.count(), std::memory_order_relaxed);
    }

private:
    static constexpr std::int64_t kLookNs = 10;
    const Duration m_turn;
    mutable std::atomic<std::int64_t> m_ns{3'600'000'000'000}; // a value of its own: relaxed
};

} // namespace grove::test
