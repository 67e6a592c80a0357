#include "cpu_meter.h"

#include <ctime>

namespace grove::observe::detail {

double CpuMeter::read(std::chrono::steady_clock::time_point now) {
    constexpr std::chrono::seconds kWindow{5};
    timespec used{};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return 0;
    m_samples.push_back(
        {now, std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec)});
    while (m_samples.size() > 2 && now - m_samples[1].at >= kWindow)
        m_samples.pop_front();
    const auto elapsed = now - m_samples.front().at;
    if (elapsed <= std::chrono::nanoseconds::zero())
        return 0;
    const auto spent = m_samples.back().used - m_samples.front().used;
    return std::chrono::duration<double>(spent) / std::chrono::duration<double>(elapsed);
}

} // namespace grove::observe::detail
