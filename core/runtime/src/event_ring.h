#pragma once

#include "event_texts.h"

#include <grove/runtime/change_watch.h>
#include <grove/runtime/events.h>
#include <grove/term/atomics.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace grove::runtime {

/// The lifecycle events of a runtime: a ring in which the newest overwrite the oldest.
///
/// Threads: any. Nobody waits: a writer who would have to (another is still writing the same place,
/// a whole ring later) drops its event and counts it. Memory is taken as events come, 60 KiB at a
/// time: taken page by page, it would slow down one event in 85 by some microseconds.
class EventRing {
public:
    explicit EventRing(std::size_t bytesMax);
    ~EventRing();
    EventRing(const EventRing&) = delete;
    EventRing& operator=(const EventRing&) = delete;

    /// Requires: no lock is held; who watches is told here.
    void post(EventKind kind, Instant at, Pid pid, Pid other, Atom name, std::uint32_t number,
              std::string_view text) noexcept;
    [[nodiscard]] EventBatch since(std::uint64_t sequence, std::size_t countMax) const;
    [[nodiscard]] std::uint64_t nextSequence() const noexcept {
        return m_next.load(std::memory_order_seq_cst);
    }
    [[nodiscard]] ChangeWatch& watch() noexcept { return m_watch; }
    [[nodiscard]] std::uint64_t dropped() const noexcept {
        return m_dropped.load(std::memory_order_relaxed);
    }

private:
    /// 48 bytes. state: 2 * sequence when whole, 2 * sequence + 1 while being written. Taken by
    /// compare-exchange, published by a release store; a reader loads the words with acquire and
    /// then the state again, and keeps what it read only if that has not changed.
    struct Entry {
        std::atomic<std::uint64_t> state;
        std::atomic<std::uint64_t> at;
        std::atomic<std::uint64_t> pid;
        std::atomic<std::uint64_t> other;
        std::atomic<std::uint64_t>
            kindAndName; // kind:8 | text length:16 (bits 8..) | name:32 (bits 32..)
        std::atomic<std::uint64_t> numberAndText; // number:32 | text place + 1:32
    };
    static_assert(sizeof(Entry) == 48);
    using Texts = BasicEventTexts<StdAtomics>;
    static_assert(sizeof(Texts::Cell) == 64);
    // Pages, entries and cells in whole numbers.
    static constexpr std::size_t kStepBytes = 15 * 4'096;
    static_assert(kStepBytes % sizeof(Entry) == 0 && kStepBytes % sizeof(Texts::Cell) == 0);

    void write(std::uint64_t sequence, EventKind kind, Instant at, Pid pid, Pid other, Atom name,
               std::uint32_t number, std::string_view text) noexcept;
    [[nodiscard]] std::uint32_t putText(std::uint64_t sequence, std::string_view text) noexcept;
    [[nodiscard]] bool read(std::uint64_t sequence, Event& event) const;
    void takeMemory(std::size_t from, std::size_t bytes) noexcept;

    std::size_t m_entryCount;
    std::size_t m_textCount;
    std::size_t m_entryBytes; // up to where the texts begin
    std::size_t m_bytes;
    void* m_memory;
    Entry* m_entries;
    Texts m_texts;
    std::atomic<std::uint64_t> m_next{1}; // seq_cst: see ChangeWatch
    std::atomic<std::uint64_t> m_dropped{0};
    ChangeWatch m_watch;
};

} // namespace grove::runtime
