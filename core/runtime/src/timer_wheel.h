#pragma once

#include <grove/runtime/clock.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace grove::runtime {

/// A place in a TimerWheel; embed it or derive from it. 32 bytes.
///
/// Threads: owned by whoever owns the wheel it is in.
struct TimerEntry {
    TimerEntry* prev = nullptr; // null: in no wheel
    TimerEntry* next = nullptr;
    Instant deadline{};      // constant while in a wheel
    std::uint16_t place = 0; // the wheel's own
    std::uint16_t kind = 0;  // its user's own: what the entry is

    [[nodiscard]] bool isInWheel() const noexcept { return prev != nullptr; }
};

/// A hierarchical timing wheel: eight levels of 64 slots, 1 ms per slot at the lowest.
///
/// Never early: an entry is due when the clock has reached the first whole millisecond at or after
/// its deadline. Threads: one owner at a time (the thread that holds the scheduler); takes no lock
/// and no time from any clock. Owns: nothing. Entries must leave the wheel before they are
/// destroyed. Order: entries become due by that millisecond; those of the same one in the order
/// they were put in. Complexity: insert() and remove() constant; advance() one step per slot in
/// use, and each entry moves down at most seven times.
class TimerWheel {
public:
    explicit TimerWheel(Instant start) noexcept;
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    /// Requires: the entry is in no wheel. A deadline in the past is due at once.
    void insert(TimerEntry& entry, Instant deadline) noexcept;
    /// Takes an entry out, due or not. Requires: it is in this wheel.
    void remove(TimerEntry& entry) noexcept;

    /// Makes everything due whose time has come. An earlier `now` than the last one does nothing.
    void advance(Instant now) noexcept;
    /// Returns: the next due entry, which has then left the wheel, or null. Take as many as a turn
    /// allows; the rest stays due.
    [[nodiscard]] TimerEntry* takeDue() noexcept;
    [[nodiscard]] bool hasDue() const noexcept { return m_due.next != &m_due; }

    /// When advance() has something to do next: never after the earliest deadline is due, and
    /// before it only when entries must move down a level (at most seven times for an entry).
    /// kNever when the wheel is empty, the last instant advanced to when entries are due.
    [[nodiscard]] Instant nextExpiry() const noexcept;
    [[nodiscard]] std::size_t count() const noexcept { return m_count; }
    [[nodiscard]] bool isEmpty() const noexcept { return m_count == 0; }

private:
    static constexpr unsigned kLevelBits = 6;
    static constexpr unsigned kSlots = 1U << kLevelBits;
    static constexpr unsigned kLevels = 8; // 2^48 ms: more than an Instant can hold

    using Tick = std::uint64_t;

    [[nodiscard]] static Tick tickAtOrAfter(Instant instant) noexcept;
    [[nodiscard]] static Tick tickAtOrBefore(Instant instant) noexcept;
    static void append(TimerEntry& list, TimerEntry& entry) noexcept;
    /// Moves all entries of one list to the end of another.
    static void splice(TimerEntry& to, TimerEntry& from) noexcept;
    void place(TimerEntry& entry) noexcept;
    void empty(unsigned slotPlace) noexcept;

    /// The lowest slot in use, which is the next to be emptied, and the tick at which that is due.
    struct NextSlot {
        Tick tick;
        unsigned place;
    };
    [[nodiscard]] std::optional<NextSlot> nextSlot() const noexcept;

    // An entry lies on the level of the highest base-64 digit in which its tick differs from
    // m_tick, in the slot of its own digit there. So every slot in use is ahead of m_tick, lower
    // levels come first, and entries of one tick always lie together in the order they came.
    Tick m_tick; // what was due until then has been made due
    std::size_t m_count = 0;
    std::array<std::uint64_t, kLevels> m_used{};      // a bit for each slot that is not empty
    std::array<TimerEntry, kLevels * kSlots> m_slots; // heads of circular lists
    TimerEntry m_due;                                 // head of a circular list
};

} // namespace grove::runtime
