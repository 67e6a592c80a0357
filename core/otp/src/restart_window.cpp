#include "restart_window.h"

#include <grove/otp/restart_period.h>

#include <algorithm>

namespace grove::otp {

namespace {

constexpr std::size_t kShownMax = 256;

} // namespace

bool RestartWindow::counts(Instant then, Instant at) const noexcept {
    return restartCounts(then, at, m_intensity.period);
}

bool RestartWindow::add(Instant at) {
    if (m_intensity.restarts == 0)
        return false;
    if (m_ring.size() < m_intensity.restarts) {
        m_ring.push_back(at);
        return true;
    }
    // The restart `intensity` ago: if it still counts, this one is one too many.
    const bool isAllowed = !counts(m_ring[m_oldest], at);
    m_ring[m_oldest] = at;
    if (++m_oldest == m_ring.size())
        m_oldest = 0;
    return isAllowed;
}

void RestartWindow::setIntensity(Intensity intensity) {
    m_intensity = intensity;
    std::ranges::rotate(m_ring, m_ring.begin() + static_cast<std::ptrdiff_t>(m_oldest));
    m_oldest = 0;
    if (m_ring.size() > intensity.restarts) // the newest decide
        m_ring.erase(m_ring.begin(),
                     m_ring.end() - static_cast<std::ptrdiff_t>(intensity.restarts));
}

std::vector<Instant> RestartWindow::counting(Instant at) const {
    std::vector<Instant> times;
    const std::size_t skipped = m_ring.size() > kShownMax ? m_ring.size() - kShownMax : 0;
    for (std::size_t i = skipped; i < m_ring.size(); ++i) {
        const Instant each = m_ring[(m_oldest + i) % m_ring.size()];
        if (counts(each, at))
            times.push_back(each);
    }
    return times;
}

} // namespace grove::otp
