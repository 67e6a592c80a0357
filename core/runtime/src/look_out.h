#pragma once

#include <algorithm>

namespace grove::runtime {

/// Whether a thread that waits looks out for a while before it sleeps. Each time it has looked out
/// in vain it sleeps at once for more of the waits that follow: 1, 2, 4 … kSleepsMax; 1 again when
/// it was not in vain.
///
/// Threads: one.
class LookOut {
public:
    static constexpr unsigned kSleepsMax = 64;

    /// Asked once a wait. Returns: false when it is to sleep at once.
    [[nodiscard]] bool isDue() noexcept {
        if (m_sleepsLeft == 0)
            return true;
        --m_sleepsLeft;
        return false;
    }
    void wasOfUse() noexcept { m_sleepsAfterward = 1; }
    void wasInVain() noexcept {
        m_sleepsLeft = m_sleepsAfterward;
        m_sleepsAfterward = std::min(2 * m_sleepsAfterward, kSleepsMax);
    }

private:
    unsigned m_sleepsLeft = 0;      // before it looks out again
    unsigned m_sleepsAfterward = 1; // when it looks out in vain next time
};

} // namespace grove::runtime
