#pragma once
// What a trim of the slots has in its hands.

#include "slot_table.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace grove::runtime {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Huge pages for many processes: a fault costs as much as two spawns. Few processes stay on small
/// ones at the beginning of a table. Returns: how long that is, to the end of a huge page.
[[nodiscard]] inline std::size_t bytesOnSmallPages(const void* table) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(table);
    return kHugePage + (kHugePage - address % kHugePage) % kHugePage;
}

/// Free slots as a set: in order without sorting.
class SlotTable::FreeSlots {
public:
    explicit FreeSlots(std::uint32_t slots) : m_words(slots / 64 + 1) {}
    void add(std::uint32_t index) {
        if (index / 64 >= m_words.size())
            m_words.resize(index / 64 + 1);
        m_words[index / 64] |= std::uint64_t{1} << index % 64;
    }
    [[nodiscard]] std::uint32_t groups() const noexcept {
        return static_cast<std::uint32_t>(m_words.size() / kWordsOfGroup + 1);
    }
    /// Takes the 64 slots from `at` times 64 on out of it. Returns: a bit each.
    [[nodiscard]] std::uint64_t take(std::size_t at) noexcept {
        return at < m_words.size() ? std::exchange(m_words[at], 0) : 0;
    }
    [[nodiscard]] bool hasAll(std::uint32_t group) const noexcept {
        for (std::size_t at = 0; at < kWordsOfGroup; ++at) {
            if (word(group * kWordsOfGroup + at) != std::numeric_limits<std::uint64_t>::max())
                return false;
        }
        return true;
    }
    [[nodiscard]] bool hasAny(std::uint32_t group) const noexcept {
        for (std::size_t at = 0; at < kWordsOfGroup; ++at) {
            if (word(group * kWordsOfGroup + at) != 0)
                return true;
        }
        return false;
    }

    static constexpr std::size_t kWordsOfGroup = kGroup / 64;

private:
    [[nodiscard]] std::uint64_t word(std::size_t at) const noexcept {
        return at < m_words.size() ? m_words[at] : 0;
    }

    std::vector<std::uint64_t> m_words;
};

/// First it takes chains out of the depot, then it goes through the groups from the last to the
/// first.
struct SlotTable::Trim {
    FreeSlots free; // in its hands
    std::uint32_t chainsLeft;
    bool isGathering = true;
    std::uint32_t group = 0;  // the groups from here on are done
    std::uint32_t lowest = 0; // nothing is left below, after giveOneBack()
    std::uint32_t kept = 0;
};

} // namespace grove::runtime
