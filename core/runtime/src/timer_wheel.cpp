#include "timer_wheel.h"

namespace grove::runtime {

TimerWheel::TimerWheel(Instant start) noexcept : m_tick(tickAtOrBefore(start)) {}

void TimerWheel::List::spliceTo(List& to) noexcept {
    marker = &head;
    behind = 0;
    if (isEmpty())
        return;
    head.next->prev = to.head.prev;
    to.head.prev->next = head.next;
    head.prev->next = &to.head;
    to.head.prev = head.prev;
    head.prev = head.next = &head;
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
    List& slot = m_slots[slotPlace];
    m_used[slotPlace / kSlots] &= ~(std::uint64_t{1} << (slotPlace % kSlots));
    if (slotPlace < kSlots) { // lowest level: one tick, all due
        slot.spliceTo(m_due);
        return;
    }
    List moving;
    slot.spliceTo(moving);
    for (TimerEntry* entry = moving.head.next; entry != &moving.head;) {
        __builtin_prefetch(entry->ahead, 1);
        TimerEntry* const next = entry->next;
        place(*entry);
        entry = next;
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
    TimerEntry* const entry = m_due.head.next;
    __builtin_prefetch(entry->ahead, 1);
    remove(*entry);
    return entry;
}

Instant TimerWheel::nextExpiry() const noexcept {
    if (hasDue())
        return Instant(Duration(static_cast<std::int64_t>(m_tick * kTickNs)));
    const auto next = nextSlot();
    if (!next)
        return kNever;
    constexpr Tick kTickMax = static_cast<Tick>(kNever.time_since_epoch().count()) / kTickNs;
    return next->tick > kTickMax
               ? kNever
               : Instant(Duration(static_cast<std::int64_t>(next->tick * kTickNs)));
}

} // namespace grove::runtime
