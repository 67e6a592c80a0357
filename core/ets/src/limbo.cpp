#include "limbo.h"

#include "epoch.h"

namespace grove::ets {

void Limbo::close() {
    m_open.freeFrom = epochs().advance();
    m_closed.push_back(std::exchange(m_open, {}));
    m_openWords = 0;
    const std::uint64_t oldest = epochs().oldestPinned();
    while (!m_closed.empty() && m_closed.front().freeFrom <= oldest)
        m_closed.pop_front();
}

} // namespace grove::ets
