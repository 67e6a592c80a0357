#pragma once

#include <grove/otp/child_spec.h>

#include <vector>

namespace grove::otp {

/// Counts a supervisor's restarts: is one more allowed within the period?
///
/// What counts: see restart_period.h. What does not count any more is forgotten with the next
/// restart, as in OTP: a longer period that comes later does not bring it back. Complexity:
/// constant for add(), on average. Bounds: memory grows with the restarts of one period, of which
/// at most `intensity.restarts` are kept, and shrinks with them.
class RestartWindow {
public:
    explicit RestartWindow(Intensity intensity) : m_intensity(intensity) {}

    /// Counts a restart. Returns: whether it is allowed.
    [[nodiscard]] bool add(Instant at);
    /// Another intensity from now on; what it has counted stays.
    void setIntensity(Intensity intensity);
    [[nodiscard]] Intensity intensity() const noexcept { return m_intensity; }
    /// Those that count at `at`, oldest first; the newest 256 of them.
    [[nodiscard]] std::vector<Instant> counting(Instant at) const;
    /// How many it has room for.
    [[nodiscard]] std::size_t capacity() const noexcept { return m_times.capacity(); }

private:
    [[nodiscard]] bool counts(Instant then, Instant at) const noexcept;
    [[nodiscard]] std::size_t kept() const noexcept { return m_times.size() - m_first; }
    void dropForgotten();

    Intensity m_intensity;
    std::vector<Instant> m_times; // oldest first; those before m_first are forgotten
    std::size_t m_first = 0;
};

} // namespace grove::otp
