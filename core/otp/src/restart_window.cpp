#include "restart_window.h"

#include <grove/otp/restart_period.h>

#include <algorithm>

namespace grove::otp {

namespace {

constexpr std::size_t kShownMax = 256;
constexpr std::size_t kRoomMin = 64; // not worth giving back

} // namespace

bool RestartWindow::counts(Instant then, Instant at) const noexcept {
    return restartCounts(then, at, m_intensity.period);
}

bool RestartWindow::add(Instant at) {
    if (m_intensity.restarts == 0)
        return false;
    while (m_first < m_times.size() && !counts(m_times[m_first], at))
        ++m_first;
    dropForgotten();
    m_times.push_back(at);
    if (kept() <= m_intensity.restarts)
        return true;
    ++m_first;
    return false;
}

/// Moves what is kept to the front when less than half is kept, so a time moves once on average.
void RestartWindow::dropForgotten() {
    if (m_first * 2 <= m_times.size())
        return;
    m_times.erase(m_times.begin(), m_times.begin() + static_cast<std::ptrdiff_t>(m_first));
    m_first = 0;
    if (m_times.capacity() > std::max(kRoomMin, 4 * m_times.size()))
        m_times.shrink_to_fit();
}

void RestartWindow::setIntensity(Intensity intensity) {
    m_intensity = intensity;
    if (kept() > intensity.restarts) // the newest decide
        m_first = m_times.size() - intensity.restarts;
    dropForgotten();
}

std::vector<Instant> RestartWindow::counting(Instant at) const {
    std::vector<Instant> times;
    for (std::size_t i = m_times.size() - std::min(kept(), kShownMax); i < m_times.size(); ++i) {
        if (counts(m_times[i], at))
            times.push_back(m_times[i]);
    }
    return times;
}

} // namespace grove::otp
