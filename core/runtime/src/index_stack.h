#pragma once

#include <grove/term/atomics.h>

#include <cstdint>
#include <optional>

namespace grove::runtime {

/// A stack of things with numbers that lie at fixed places for ever; many push and pop.
///
/// The head is change:32 | number + 1:32. The count of changes keeps a pop from mistaking a thing
/// that was taken and came back (it would have to come back after exactly 2^32 changes). push():
/// release, pop(): acquire, so that who takes a thing owns what its giver owned. The links belong
/// to the things; a pop may read that of a thing somebody else has taken, so they are atomics, and
/// what it read is worth something only if the head has not changed.
template <class Atomics> class BasicIndexStack {
public:
    /// `setBelow(number + 1, or 0)`: notes what lies below `index`.
    template <class SetBelow> void push(std::uint32_t index, SetBelow&& setBelow) noexcept {
        std::uint64_t head = m_head.load(std::memory_order_relaxed);
        std::uint64_t wanted = 0;
        do {
            setBelow(static_cast<std::uint32_t>(head));
            wanted = ((head >> 32) + 1) << 32 | (std::uint64_t{index} + 1);
        } while (!m_head.compare_exchange_weak(head, wanted, std::memory_order_release,
                                               std::memory_order_relaxed));
    }
    [[nodiscard]] bool isEmpty() const noexcept { // a moment's
        return static_cast<std::uint32_t>(m_head.load(std::memory_order_relaxed)) == 0;
    }
    /// `below(index)`: what was noted.
    template <class Below> [[nodiscard]] std::optional<std::uint32_t> pop(Below&& below) noexcept {
        std::uint64_t head = m_head.load(std::memory_order_acquire);
        for (;;) {
            const auto number = static_cast<std::uint32_t>(head);
            if (number == 0)
                return std::nullopt;
            const std::uint64_t next = std::uint32_t{below(number - 1)};
            const std::uint64_t wanted = ((head >> 32) + 1) << 32 | next;
            // acquire also when it fails: the next round follows the new head's link.
            if (m_head.compare_exchange_weak(head, wanted, std::memory_order_acquire,
                                             std::memory_order_acquire))
                return number - 1;
        }
    }

private:
    typename Atomics::template Atomic<std::uint64_t> m_head{0};
};

} // namespace grove::runtime
