#pragma once

#include <grove/runtime/clock.h>
#include <grove/term/assert.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace grove::runtime {

/// A place in a TimerWheel; embed it or derive from it.
///
/// Threads: owned by whoever owns the wheel it is in.
struct TimerEntry {
    TimerEntry* prev = nullptr; // null: in no wheel
    TimerEntry* next = nullptr;
    /// Some places behind it in its slot, to be fetched while this one is handled; null: not known.
    /// Only ever fetched: that entry may have gone meanwhile.
    const void* ahead = nullptr;
    std::uint64_t tick = 0;  // when it is due; constant while in a wheel
    std::uint16_t place = 0; // its slot

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
    [[gnu::always_inline]] void insert(TimerEntry& entry, Instant deadline) noexcept {
        GROVE_ASSERT(!entry.isInWheel(), "an entry is in one wheel at most");
        entry.tick = tickAtOrAfter(deadline);
        place(entry);
        ++m_count;
    }
    /// Takes an entry out, due or not. Requires: it is in this wheel.
    [[gnu::always_inline]] void remove(TimerEntry& entry) noexcept {
        GROVE_ASSERT(entry.isInWheel(), "the entry is in no wheel");
        entry.prev->next = entry.next;
        entry.next->prev = entry.prev;
        --m_count;
        // A due entry still names the slot it came from; if that is empty, its bit is clear
        // already, and nobody is its marker.
        List& slot = m_slots[entry.place];
        if (slot.marker == &entry)
            slot.marker = entry.prev;
        entry.prev = entry.next = nullptr;
        if (slot.isEmpty()) {
            slot.behind = 0;
            m_used[entry.place / kSlots] &= ~(std::uint64_t{1} << (entry.place % kSlots));
        }
    }

    /// Makes everything due whose time has come. An earlier `now` than the last one does nothing.
    void advance(Instant now) noexcept;
    /// Returns: the next due entry, which has then left the wheel, or null. Take as many as a turn
    /// allows; the rest stays due.
    [[nodiscard]] TimerEntry* takeDue() noexcept;
    [[nodiscard]] bool hasDue() const noexcept { return !m_due.isEmpty(); }

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
    static constexpr Tick kTickNs = 1'000'000;

    /// A circular list in the order of insertion, whose entries lie anywhere in memory.
    ///
    /// The marker follows the end kAhead places behind it (a few less after removals, until it has
    /// been caught up with) and tells each entry it passes what is appended then.
    struct alignas(64) List {
        TimerEntry head; // only its links
        TimerEntry* marker = &head;
        std::uint32_t behind = 0; // how many came behind the marker while it stood still

        List() noexcept { head.prev = head.next = &head; }
        List(const List&) = delete;
        List& operator=(const List&) = delete;

        [[nodiscard]] bool isEmpty() const noexcept { return head.next == &head; }
        void append(TimerEntry& entry) noexcept {
            entry.prev = head.prev;
            entry.next = &head;
            entry.ahead = nullptr;
            head.prev->next = &entry;
            head.prev = &entry;
        }
        void appendMarked(TimerEntry& entry) noexcept {
            append(entry);
            if (behind < kAhead) {
                ++behind;
                return;
            }
            marker = marker->next;
            marker->ahead = &entry;
            if (marker == &entry)
                behind = 0;
        }
        /// Moves all entries to the end of another list, which has no marker.
        void spliceTo(List& to) noexcept;
    };
    static constexpr std::uint32_t kAhead = 8; // as many loads as are under way at a time

    [[nodiscard]] static Tick tickAtOrBefore(Instant instant) noexcept {
        const std::int64_t ns = instant.time_since_epoch().count();
        return ns <= 0 ? 0 : static_cast<Tick>(ns) / kTickNs;
    }
    [[nodiscard]] static Tick tickAtOrAfter(Instant instant) noexcept {
        const std::int64_t ns = instant.time_since_epoch().count();
        return ns <= 0 ? 0 : (static_cast<Tick>(ns) + (kTickNs - 1)) / kTickNs;
    }
    [[gnu::always_inline]] void place(TimerEntry& entry) noexcept {
        if (entry.tick <= m_tick) {
            m_due.append(entry);
            return;
        }
        const auto level =
            static_cast<unsigned>(std::bit_width(entry.tick ^ m_tick) - 1) / kLevelBits;
        const auto slot = static_cast<unsigned>(entry.tick >> (level * kLevelBits)) & (kSlots - 1);
        entry.place = static_cast<std::uint16_t>(level * kSlots + slot);
        m_slots[entry.place].appendMarked(entry);
        m_used[level] |= std::uint64_t{1} << slot;
    }
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
    std::array<std::uint64_t, kLevels> m_used{}; // a bit for each slot that is not empty
    std::array<List, kLevels * kSlots> m_slots;
    List m_due;
};

} // namespace grove::runtime
