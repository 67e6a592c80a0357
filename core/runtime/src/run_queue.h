#pragma once

#include "run_stack.h"
#include "slot.h"
#include "slot_table.h"

#include <grove/term/assert.h>

#include <array>
#include <bit>
#include <cstdint>
#include <memory>

namespace grove::runtime {

/// The processes of a scheduler that have something to do, in order, by priority: a ring of
/// indices.
///
/// Threads: who holds the scheduler.
class RunQueue {
public:
    void push(std::uint32_t index, Priority priority) noexcept {
        Ring& ring = m_rings[static_cast<std::size_t>(priority)];
        if (ring.tail - ring.head == ring.size) [[unlikely]]
            grow(ring);
        ring.slots[ring.tail++ & (ring.size - 1)] = index;
        ++m_count;
        m_waiting |= 1U << static_cast<unsigned>(priority);
    }
    /// Requires: not empty. The highest priority first, but every eighth time low before normal.
    [[nodiscard]] std::uint32_t pop() noexcept {
        unsigned level = static_cast<unsigned>(std::bit_width(m_waiting)) - 1;
        if (level == kNormal && (m_waiting & 1U) != 0 && (++m_lowTurn & 7U) == 0)
            level = 0;
        Ring& ring = m_rings[level];
        const std::uint32_t index = ring.slots[ring.head++ & (ring.size - 1)];
        if (ring.head == ring.tail)
            m_waiting &= ~(1U << level);
        --m_count;
        return index;
    }
    /// Rings that have grown and are empty keep no memory.
    void trim() noexcept {
        for (Ring& ring : m_rings) {
            if (ring.head == ring.tail && ring.size > kKeptSize) {
                ring.slots.reset();
                ring.size = 0;
            }
        }
    }
    [[nodiscard]] std::uint32_t count() const noexcept { return m_count; }
    [[nodiscard]] bool isEmpty() const noexcept { return m_count == 0; }
    /// Something above normal priority waits.
    [[nodiscard]] bool hasUrgent() const noexcept { return m_waiting > 3U; }
    /// Counts what was ever pushed and popped at normal priority: to measure how long it takes to
    /// get through.
    [[nodiscard]] std::uint64_t pushed() const noexcept { return m_rings[kNormal].tail; }
    [[nodiscard]] std::uint64_t popped() const noexcept { return m_rings[kNormal].head; }

private:
    static constexpr unsigned kNormal = 1;
    static constexpr std::uint64_t kKeptSize = 4'096;
    struct Ring {
        std::unique_ptr<std::uint32_t[]> slots;
        std::uint64_t size = 0; // a power of two
        std::uint64_t head = 0;
        std::uint64_t tail = 0;
    };
    static void grow(Ring& ring) noexcept {
        const std::uint64_t size = ring.size == 0 ? 256 : ring.size * 2;
        auto slots = std::make_unique<std::uint32_t[]>(size);
        for (std::uint64_t at = ring.head; at != ring.tail; ++at)
            slots[at & (size - 1)] = ring.slots[at & (ring.size - 1)];
        ring.slots = std::move(slots);
        ring.size = size;
    }

    std::array<Ring, 4> m_rings;
    std::uint32_t m_count = 0;
    unsigned m_waiting = 0; // a bit for each priority that is not empty
    unsigned m_lowTurn = 0;
};

} // namespace grove::runtime
