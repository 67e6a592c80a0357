#include "event_ring.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <cstddef>
#include <sys/mman.h>

namespace grove::runtime {

namespace {

/// Zeroes from the system: every state is 0, which is no event and no text.
void* reserve(std::size_t bytes) {
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    GROVE_ASSERT(memory != MAP_FAILED, "no address space for the events");
    return memory;
}

} // namespace

EventRing::EventRing(std::size_t bytesMax)
    : m_entryCount(std::max<std::size_t>(bytesMax / 2 / sizeof(Entry), 256)),
      m_textCount(std::max<std::size_t>(bytesMax / 2 / sizeof(Texts::Cell), 64)),
      m_entryBytes((m_entryCount * sizeof(Entry) + kStepBytes - 1) / kStepBytes * kStepBytes),
      m_bytes(m_entryBytes + m_textCount * sizeof(Texts::Cell)), m_memory(reserve(m_bytes)),
      m_entries(static_cast<Entry*>(m_memory)),
      m_texts(reinterpret_cast<Texts::Cell*>(static_cast<std::byte*>(m_memory) + m_entryBytes),
              m_textCount) {}

EventRing::~EventRing() {
    munmap(m_memory, m_bytes);
}

/// If a step begins within these bytes, asks for its memory at once. Where the system does not know
/// how, or has none left now, the pages come one by one when they are written.
void EventRing::takeMemory(std::size_t from, std::size_t bytes) noexcept {
    const std::size_t step = (from + bytes - 1) / kStepBytes * kStepBytes;
    if (step < from || step >= m_bytes) [[likely]]
        return;
    static_cast<void>(madvise(static_cast<std::byte*>(m_memory) + step,
                              std::min(kStepBytes, m_bytes - step), MADV_POPULATE_WRITE));
}

void EventRing::post(EventKind kind, Instant at, Pid pid, Pid other, Atom name,
                     std::uint32_t number, std::string_view text) noexcept {
    write(m_next.fetch_add(1, std::memory_order_seq_cst), kind, at, pid, other, name, number, text);
    m_watch.changed();
}

void EventRing::write(std::uint64_t sequence, EventKind kind, Instant at, Pid pid, Pid other,
                      Atom name, std::uint32_t number, std::string_view text) noexcept {
    const std::size_t index = sequence % m_entryCount;
    takeMemory(sequence == 1 ? 0 : index * sizeof(Entry), sizeof(Entry));
    Entry& entry = m_entries[index];
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
    const std::uint32_t place = m_texts.put(sequence, text);
    if (place != 0) // its own page came by itself; the next ones are asked for
        takeMemory(m_entryBytes + (place - 1) * sizeof(Texts::Cell),
                   Texts::cellsOf(text.size()) * sizeof(Texts::Cell));
    return place;
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
    event.text =
        m_texts.read(sequence, static_cast<std::uint32_t>(number >> 32), kind >> 8 & 0xFFFF);
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
