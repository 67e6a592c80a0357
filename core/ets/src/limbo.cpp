#include "limbo.h"

#include "epoch.h"

#include <utility>

namespace grove::ets {

Limbo::~Limbo() {
    m_open.free();
    for (Batch& each : m_closed)
        each.free();
}

void Limbo::Batch::free() noexcept {
    terms.clear();
    for (const Block block : blocks)
        block.free();
    blocks.clear();
}

void Limbo::close() {
    m_open.freeFrom = epochs().advance();
    m_closed.push_back(std::exchange(m_open, std::exchange(m_spare, {})));
    m_openWords = 0;
    const std::uint64_t oldest = epochs().oldestPinned();
    while (!m_closed.empty() && m_closed.front().freeFrom <= oldest) {
        m_closed.front().free();
        m_spare = std::move(m_closed.front());
        m_closed.pop_front();
    }
}

} // namespace grove::ets
