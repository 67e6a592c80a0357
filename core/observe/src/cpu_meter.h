#pragma once

#include <chrono>
#include <deque>

namespace grove::observe::detail {

/// The processor time this program used lately, as a share of one core. Threads: one.
class CpuMeter {
public:
    /// Returns: the share over the last 5 s, or since the first call when that is less.
    double read(std::chrono::steady_clock::time_point now);

private:
    struct Sample {
        std::chrono::steady_clock::time_point at;
        std::chrono::nanoseconds used;
    };
    std::deque<Sample> m_samples;
};

} // namespace grove::observe::detail
