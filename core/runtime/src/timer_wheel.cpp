#include "timer_wheel.h"

#include <grove/term/assert.h>

#include <bit>

namespace grove::runtime {

namespace {

constexpr std::int64_t kTickNs = 1'000'000;

} // namespace

TimerWheel::TimerWheel(Instant start) noexcept : m_tick(tickAtOrBefore(start)) {
    for (TimerEntry& slot : m_slots)
        slot.prev = slot.next = &slot;
    m_due.prev = m_due.next = &m_due;
}

TimerWheel::Tick TimerWheel::tickAtOrBefore(Instant instant) noexcept {
    const std::int64_t ns = instant.time_since_epoch().count();
    return ns <= 0 ? 0 : static_cast<Tick>(ns / kTickNs);
}

TimerWheel::Tick TimerWheel::tickAtOrAfter(Instant instant) noexcept {
    const std::int64_t ns = instant.time_since_epoch().count();
    return ns <= 0 ? 0 : static_cast<Tick>(ns / kTickNs + (ns % kTickNs != 0 ? 1 : 0));
}

void TimerWheel::append(TimerEntry& list, TimerEntry& entry) noexcept {
    entry.prev = list.prev;
    entry.next = &list;
    list.prev->next = &entry;
    list.prev = &entry;
}

void TimerWheel::splice(TimerEntry& to, TimerEntry& from) noexcept {
    if (from.next == &from)
        return;
    from.next->prev = to.prev;
    to.prev->next = from.next;
    from.prev->next = &to;
    to.prev = from.prev;
    from.prev = from.next = &from;
}

void TimerWheel::insert(TimerEntry& entry, Instant deadline) noexcept {
    GROVE_ASSERT(!entry.isInWheel(), "an entry is in one wheel at most");
    entry.deadline = deadline;
    place(entry);
    ++m_count;
}

void TimerWheel::place(TimerEntry& entry) noexcept {
    const Tick tick = tickAtOrAfter(entry.deadline);
    if (tick <= m_tick) {
        append(m_due, entry);
        return;
    }
    const auto level = static_cast<unsigned>(std::bit_width(tick ^ m_tick) - 1) / kLevelBits;
    const auto slot = static_cast<unsigned>(tick >> (level * kLevelBits)) & (kSlots - 1);
    entry.place = static_cast<std::uint16_t>(level * kSlots + slot);
    append(m_slots[entry.place], entry);
    m_used[level] |= std::uint64_t{1} << slot;
}

void TimerWheel::remove(TimerEntry& entry) noexcept {
    GROVE_ASSERT(entry.isInWheel(), "the entry is in no wheel");
    entry.prev->next = entry.next;
    entry.next->prev = entry.prev;
    entry.prev = entry.next = nullptr;
    --m_count;
    // A due entry still names the slot it came from; if that is empty, its bit is clear already.
    const TimerEntry& slot = m_slots[entry.place];
    if (slot.next == &slot)
        m_used[entry.place / kSlots] &= ~(std::uint64_t{1} << (entry.place % kSlots));
}

std::optional<TimerWheel::NextSlot> TimerWheel::nextSlot() const noexcept {
    for (unsigned level = 0; level < kLevels; ++level) {
        if (m_used[level] == 0)
            continue;
        const auto slot = static_cast<unsigned>(std::countr_zero(m_used[level]));
        const unsigned shift = level * kLevelBits;
        const Tick higherDigits = (m_tick >> shift >> kLevelBits) << kLevelBits;
        return NextSlot{.tick = (higherDigits | slot) << shift, .place = level * kSlots + slot};
    }
    return std::nullopt;
}

void TimerWheel::empty(unsigned slotPlace) noexcept {
    TimerEntry& slot = m_slots[slotPlace];
    m_used[slotPlace / kSlots] &= ~(std::uint64_t{1} << (slotPlace % kSlots));
    if (slotPlace < kSlots) { // lowest level: one tick, all due
        splice(m_due, slot);
        return;
    }
    TimerEntry moving;
    moving.prev = moving.next = &moving;
    splice(moving, slot);
    while (moving.next != &moving) {
        TimerEntry& entry = *moving.next;
        moving.next = entry.next;
        entry.next->prev = &moving;
        place(entry);
    }
}

void TimerWheel::advance(Instant now) noexcept {
    const Tick target = tickAtOrBefore(now);
    if (target <= m_tick)
        return;
    for (auto next = nextSlot(); next && next->tick <= target; next = nextSlot()) {
        m_tick = next->tick;
        empty(next->place);
    }
    m_tick = target;
}

TimerEntry* TimerWheel::takeDue() noexcept {
    if (!hasDue())
        return nullptr;
    TimerEntry* const entry = m_due.next;
    remove(*entry);
    return entry;
}

Instant TimerWheel::nextExpiry() const noexcept {
    if (hasDue())
        return Instant(Duration(static_cast<std::int64_t>(m_tick) * kTickNs));
    const auto next = nextSlot();
    if (!next)
        return kNever;
    constexpr auto kTickMax = static_cast<Tick>(kNever.time_since_epoch().count() / kTickNs);
    return next->tick > kTickMax
               ? kNever
               : Instant(Duration(static_cast<std::int64_t>(next->tick) * kTickNs));
}

} // namespace grove::runtime
