#pragma once

#include <grove/runtime/change_watch.h>
#include <grove/runtime/events.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace grove::runtime {

/// The lifecycle events of a runtime: a ring in which the newest overwrite the oldest.
///
/// Threads: any. Nobody waits: a writer who would have to (another is still writing the same place,
/// a whole ring later) drops its event and counts it. Memory is touched only as events come.
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
    static constexpr std::size_t kTextWords = kEventTextMax / 8;
    /// A printed reason; the same protocol, with the sequence of its event.
    struct Text {
        std::atomic<std::uint64_t> state;
        std::atomic<std::uint64_t> words[kTextWords];
    };

    void write(std::uint64_t sequence, EventKind kind, Instant at, Pid pid, Pid other, Atom name,
               std::uint32_t number, std::string_view text) noexcept;
    [[nodiscard]] std::uint32_t putText(std::uint64_t sequence, std::string_view text) noexcept;
    [[nodiscard]] std::string readText(std::uint64_t sequence, std::uint32_t place,
                                       std::size_t length) const;
    [[nodiscard]] bool read(std::uint64_t sequence, Event& event) const;

    std::size_t m_entryCount;
    std::size_t m_textCount;
    std::size_t m_bytes;
    void* m_memory;
    Entry* m_entries;
    Text* m_texts;
    std::atomic<std::uint64_t> m_next{1}; // seq_cst: see ChangeWatch
    std::atomic<std::uint64_t> m_nextText{0};
    std::atomic<std::uint64_t> m_dropped{0};
    ChangeWatch m_watch;
};

} // namespace grove::runtime
