#pragma once

#include <grove/runtime/clock.h>

#include <cstdint>
#include <optional>

namespace grove::runtime {

/// The processor's own count of time: a third of the price of a clock. 0 where there is none.
[[nodiscard]] inline std::uint64_t processorTicks() noexcept {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

/// The time between two looks at a clock, by the processor's count: for deadlines, which most often
/// never come up.
///
/// Its time is not before the clock's and at most some microseconds after it. How fast the count
/// runs it learns from the looks; where it runs unevenly (a machine that slept or moved) it learns
/// anew and says nothing meanwhile. Threads: one.
class QuickClock {
public:
    /// A look at the clock, and the processor's count just before.
    void look(Instant at, std::uint64_t ticks) noexcept {
        const std::optional<Instant> expected = time(ticks);
        const bool isEven = !expected || (at - *expected < kWrongMax && *expected - at < kWrongMax);
        if (m_first.ticks == 0 || ticks <= m_last.ticks || !isEven) {
            m_first = m_last = {at, ticks};
            m_nsPerTick = 0;
            return;
        }
        m_last = {at, ticks};
        const Duration learned = at - m_first.at;
        if (learned < kLearnMin)
            return;
        const auto nsPerTick = static_cast<double>(learned.count()) /
                               static_cast<double>(ticks - m_first.ticks) * kTooMuch;
        m_nsPerTick = static_cast<std::uint64_t>(nsPerTick * kOne);
        m_ticksMax = static_cast<std::uint64_t>(static_cast<double>(kSpanMax.count()) / nsPerTick);
    }
    /// Returns: how long ago the latest look was at a count, and at most some microseconds more.
    [[nodiscard]] std::optional<Duration> sinceLook(std::uint64_t ticks) const noexcept {
        const std::optional<Instant> at = time(ticks);
        return at ? std::optional(*at - m_last.at) : std::nullopt;
    }
    /// Returns: the time at a count; nothing when that is not known, or too long after the last
    /// look.
    [[nodiscard]] std::optional<Instant> time(std::uint64_t ticks) const noexcept {
        const std::uint64_t since = ticks - m_last.ticks; // huge for an earlier one
        if (m_nsPerTick == 0 || since > m_ticksMax) [[unlikely]]
            return std::nullopt;
        return m_last.at + Duration(static_cast<std::int64_t>((since * m_nsPerTick) >> kOneShift));
    }

private:
    static constexpr Duration kSpanMax = std::chrono::milliseconds(1);
    static constexpr Duration kLearnMin = std::chrono::milliseconds(2);
    static constexpr Duration kWrongMax = std::chrono::microseconds(5);
    static constexpr double kTooMuch = 1.001; // clocks are adjusted by half of that at most
    static constexpr unsigned kOneShift = 32;
    static constexpr double kOne = 4'294'967'296.0;

    struct Look {
        Instant at;
        std::uint64_t ticks = 0;
    };
    Look m_first{}; // since when the count has run evenly
    Look m_last{};
    std::uint64_t m_nsPerTick = 0; // times kOne; 0: not known
    std::uint64_t m_ticksMax = 0;  // kSpanMax
};

} // namespace grove::runtime
