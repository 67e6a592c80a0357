#pragma once

#include "envelope.h"

#include <array>
#include <bit>
#include <cstdint>

namespace grove::runtime {

/// What a worker has lately put into inboxes where many wait. An inbox is a chain from the newest
/// to the oldest, and where thousands of messages from many senders wait, the memory of each is a
/// miss that begins when the one before has come. So each that lies far from its neighbour says, as
/// a mere hint, where the one sixteen before it lies: who walks the chain asks the caches for that
/// meanwhile. What it names may be another's or gone: it is asked for, never read.
///
/// Threads: the worker's own.
class EarlierEnvelopes {
public:
    /// `count`: how many messages have come to the inbox of the process at `index`.
    void note(Envelope& envelope, std::uint32_t index, std::uint32_t count) noexcept {
        std::uint32_t& place = m_lines[index % kLines][count % kAhead];
        envelope.earlier = place;
        place = static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(&envelope) >> kLineShift);
    }
    /// Whether the caches do not find the one by the other.
    [[nodiscard]] static bool areFar(const Envelope* envelope, const Envelope* other) noexcept {
        return (std::bit_cast<std::uint64_t>(envelope) ^ std::bit_cast<std::uint64_t>(other)) >>
                   kNearShift !=
               0;
    }
    /// Requires: it says one.
    static void fetchAhead(const Envelope& envelope) noexcept {
        // Its high bits are as a rule those of its neighbour.
        constexpr std::uint64_t kLow = (std::uint64_t{1} << (32 + kLineShift)) - 1;
        const auto here = std::bit_cast<std::uint64_t>(&envelope);
        const std::uint64_t there = std::uint64_t{envelope.earlier} << kLineShift;
        __builtin_prefetch(std::bit_cast<const void*>((here & ~kLow) | there));
    }

private:
    static constexpr std::size_t kLines = 1'024; // processes; those that share one lose hints
    static constexpr std::size_t kAhead = 16;
    static constexpr unsigned kLineShift = 6;  // of a line in the caches
    static constexpr unsigned kNearShift = 12; // of a page

    std::array<std::array<std::uint32_t, kAhead>, kLines> m_lines{};
};

} // namespace grove::runtime
