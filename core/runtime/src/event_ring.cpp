#include "event_ring.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/mman.h>

namespace grove::runtime {

EventRing::EventRing(std::size_t bytesMax)
    : m_entryCount(std::max<std::size_t>(bytesMax / 2 / sizeof(Entry), 256)),
      m_textCount(std::max<std::size_t>(bytesMax / 2 / sizeof(Text), 64)),
      m_bytes(m_entryCount * sizeof(Entry) + m_textCount * sizeof(Text)) {
    // Zeroes from the system: every entry's state is 0, which is no event.
    m_memory = mmap(nullptr, m_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    GROVE_ASSERT(m_memory != MAP_FAILED, "no address space for the events");
    m_entries = static_cast<Entry*>(m_memory);
    m_texts = reinterpret_cast<Text*>(m_entries + m_entryCount);
}

EventRing::~EventRing() {
    munmap(m_memory, m_bytes);
}

void EventRing::post(EventKind kind, Instant at, Pid pid, Pid other, Atom name,
                     std::uint32_t number, std::string_view text) noexcept {
    write(m_next.fetch_add(1, std::memory_order_seq_cst), kind, at, pid, other, name, number, text);
    m_watch.changed();
}

void EventRing::write(std::uint64_t sequence, EventKind kind, Instant at, Pid pid, Pid other,
                      Atom name, std::uint32_t number, std::string_view text) noexcept {
    Entry& entry = m_entries[sequence % m_entryCount];
    std::uint64_t state = entry.state.load(std::memory_order_relaxed);
    if ((state & 1U) != 0 || state >= 2 * sequence ||
        !entry.state.compare_exchange_strong(state, 2 * sequence + 1, std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) {
        m_dropped.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const std::string_view cut = text.substr(0, kEventTextMax);
    const std::uint32_t place = cut.empty() ? 0 : putText(sequence, cut);
    entry.at.store(static_cast<std::uint64_t>(at.time_since_epoch().count()),
                   std::memory_order_release);
    entry.pid.store(pid.raw(), std::memory_order_release);
    entry.other.store(other.raw(), std::memory_order_release);
    entry.kindAndName.store(static_cast<std::uint64_t>(kind) | std::uint64_t{cut.size()} << 8 |
                                std::uint64_t{name.index()} << 32,
                            std::memory_order_release);
    entry.numberAndText.store(std::uint64_t{number} | std::uint64_t{place} << 32,
                              std::memory_order_release);
    entry.state.store(2 * sequence, std::memory_order_release);
}

std::uint32_t EventRing::putText(std::uint64_t sequence, std::string_view text) noexcept {
    const std::uint64_t place = m_nextText.fetch_add(1, std::memory_order_relaxed) % m_textCount;
    Text& slot = m_texts[place];
    std::uint64_t state = slot.state.load(std::memory_order_relaxed);
    if ((state & 1U) != 0 ||
        !slot.state.compare_exchange_strong(state, 2 * sequence + 1, std::memory_order_acq_rel,
                                            std::memory_order_relaxed))
        return 0; // the event goes without its text
    std::array<std::uint64_t, kTextWords> words{};
    std::memcpy(words.data(), text.data(), text.size());
    for (std::size_t at = 0; at < (text.size() + 7) / 8; ++at)
        slot.words[at].store(words[at], std::memory_order_release);
    slot.state.store(2 * sequence, std::memory_order_release);
    return static_cast<std::uint32_t>(place) + 1;
}

std::string EventRing::readText(std::uint64_t sequence, std::uint32_t place,
                                std::size_t length) const {
    if (place == 0)
        return {};
    const Text& slot = m_texts[place - 1];
    if (slot.state.load(std::memory_order_acquire) != 2 * sequence)
        return {};
    std::array<std::uint64_t, kTextWords> words{};
    for (std::size_t at = 0; at < (length + 7) / 8; ++at)
        words[at] = slot.words[at].load(std::memory_order_acquire);
    if (slot.state.load(std::memory_order_relaxed) != 2 * sequence)
        return {};
    std::string text(length, '\0');
    std::memcpy(text.data(), words.data(), length);
    return text;
}

bool EventRing::read(std::uint64_t sequence, Event& event) const {
    const Entry& entry = m_entries[sequence % m_entryCount];
    if (entry.state.load(std::memory_order_acquire) != 2 * sequence)
        return false;
    const std::uint64_t at = entry.at.load(std::memory_order_acquire);
    const std::uint64_t pid = entry.pid.load(std::memory_order_acquire);
    const std::uint64_t other = entry.other.load(std::memory_order_acquire);
    const std::uint64_t kind = entry.kindAndName.load(std::memory_order_acquire);
    const std::uint64_t number = entry.numberAndText.load(std::memory_order_acquire);
    if (entry.state.load(std::memory_order_relaxed) != 2 * sequence)
        return false;
    event.sequence = sequence;
    event.at = Instant(Duration(static_cast<std::int64_t>(at)));
    event.pid = Pid::fromRaw(pid);
    event.other = Pid::fromRaw(other);
    event.kind = static_cast<EventKind>(kind & 0xFF);
    event.name = Atom::fromIndex(static_cast<std::uint32_t>(kind >> 32));
    event.number = static_cast<std::uint32_t>(number);
    event.text = readText(sequence, static_cast<std::uint32_t>(number >> 32), kind >> 8 & 0xFFFF);
    return true;
}

EventBatch EventRing::since(std::uint64_t sequence, std::size_t countMax) const {
    const std::uint64_t end = nextSequence();
    EventBatch batch;
    std::uint64_t at = std::max<std::uint64_t>(sequence, 1);
    if (end > m_entryCount && at < end - m_entryCount) {
        batch.missed = end - m_entryCount - at;
        at = end - m_entryCount;
    }
    while (at < end && batch.events.size() < countMax) {
        Event event;
        if (read(at, event)) {
            batch.events.push_back(std::move(event));
        } else if ((m_entries[at % m_entryCount].state.load(std::memory_order_acquire)) <=
                   2 * at + 1) {
            // Still being written, or dropped: wait for it unless later ones are there already.
            if (end - at < 64)
                break;
            ++batch.missed;
        } else {
            ++batch.missed;
        }
        ++at;
    }
    batch.next = at;
    return batch;
}

} // namespace grove::runtime
