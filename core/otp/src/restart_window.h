#pragma once

#include <grove/otp/child_spec.h>

#include <vector>

namespace grove::otp {

/// Counts a supervisor's restarts: is one more allowed within the period?
///
/// What counts: see restart_period.h. Only the restarts that can still decide are kept, at most
/// `intensity.restarts` of them in a ring. Complexity: constant for add(). Bounds: memory grows
/// with the restarts allowed, as they happen.
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

private:
    [[nodiscard]] bool counts(Instant then, Instant at) const noexcept;

    Intensity m_intensity;
    std::vector<Instant> m_ring;
    std::size_t m_oldest = 0; // in m_ring, once it is full
};

} // namespace grove::otp
