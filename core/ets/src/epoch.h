#pragma once

#include <grove/term/atomics.h>

#include <cstdint>
#include <limits>

/// When may be freed what was taken out of a structure that others read without a lock.
///
/// A reader is pinned while it looks. A writer takes something out, then calls advance() (one call
/// for a batch) and keeps the answer with it; it may be freed as soon as oldestPinned() is not
/// below that. Readers write only their own line, and nobody waits for anybody.
///
/// Why it is right. Let G be the writer's advance(), after the taking out, with the answer e. A
/// reader whose second look at the epoch comes after G in the order of all seq_cst operations reads
/// at least e, from G or a later advance() of the same chain, so it sees what was taken out as
/// gone. One whose second look comes before G wrote its pin before that, and so before the
/// writer's oldestPinned(), which finds it: below e, and nothing is freed; or at least e, and then
/// its first look already came after G.
namespace grove::ets {

inline constexpr std::uint64_t kNobodyPinned = std::numeric_limits<std::uint64_t>::max();

/// A thread as a reader. Never freed: a thread that ends leaves it to the next.
template <class Atomics> struct alignas(64) BasicReader {
    /// 0: not looking; else the epoch in which it began to. Exchanged by its thread with seq_cst
    /// and set back with release; oldestPinned() reads it with seq_cst, which also makes what the
    /// reader did visible to who frees.
    typename Atomics::template Atomic<std::uint64_t> pinned{0};
    /// 1: a thread has it. Taken by compare-exchange (acquire), given back with release.
    typename Atomics::template Atomic<std::uint32_t> isTaken{1};
    std::uint32_t depth = 0;     // pins within pins; its thread only
    BasicReader* next = nullptr; // constant once it is on the list
};

template <class Atomics> class BasicEpochs {
public:
    using Reader = BasicReader<Atomics>;

    constexpr BasicEpochs() = default;
    BasicEpochs(const BasicEpochs&) = delete;
    BasicEpochs& operator=(const BasicEpochs&) = delete;

    /// A reader for the calling thread, until it sets isTaken back.
    [[nodiscard]] Reader& takeReader() {
        for (Reader* each = m_readers.load(std::memory_order_acquire); each != nullptr;
             each = each->next) {
            std::uint32_t free = 0;
            if (each->isTaken.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                                      std::memory_order_relaxed))
                return *each;
        }
        return add(*new Reader);
    }
    Reader& add(Reader& made) {
        made.next = m_readers.load(std::memory_order_relaxed);
        while (!m_readers.compare_exchange_weak(made.next, &made, std::memory_order_seq_cst,
                                                std::memory_order_relaxed)) {
        }
        return made;
    }

    void pin(Reader& reader) noexcept {
        if (reader.depth++ != 0)
            return;
        reader.pinned.exchange(m_epoch.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
        static_cast<void>(m_epoch.load(std::memory_order_seq_cst)); // the second look
    }
    static void unpin(Reader& reader) noexcept {
        if (--reader.depth == 0)
            reader.pinned.store(0, std::memory_order_release);
    }

    /// See above. Costs every reader a miss at its next pin, so once for a batch.
    [[nodiscard]] std::uint64_t advance() noexcept {
        return m_epoch.fetch_add(1, std::memory_order_seq_cst) + 1;
    }
    [[nodiscard]] std::uint64_t oldestPinned() const noexcept {
        std::uint64_t oldest = kNobodyPinned;
        for (const Reader* each = m_readers.load(std::memory_order_seq_cst); each != nullptr;
             each = each->next) {
            const std::uint64_t pinned = each->pinned.load(std::memory_order_seq_cst);
            if (pinned != 0 && pinned < oldest)
                oldest = pinned;
        }
        return oldest;
    }

private:
    /// Counts up, from 1; see the top for who reads it when.
    alignas(64) typename Atomics::template Atomic<std::uint64_t> m_epoch{1};
    /// The latest of a list that only grows. seq_cst by add() and oldestPinned(): a reader that
    /// this misses pins after it; acquire by takeReader().
    alignas(64) typename Atomics::template Atomic<Reader*> m_readers{nullptr};
};

using Epochs = BasicEpochs<StdAtomics>;

/// The program's epochs: as memory itself, they belong to threads and not to a runtime.
[[nodiscard]] Epochs& epochs() noexcept;
/// The calling thread's. Never held across a suspension.
[[nodiscard]] Epochs::Reader& thisReader() noexcept;

/// What was found stays where it is while one lives. Must not live across a suspension.
class [[nodiscard]] Pin {
public:
    Pin() noexcept : m_reader(thisReader()) { epochs().pin(m_reader); }
    ~Pin() { Epochs::unpin(m_reader); }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

private:
    Epochs::Reader& m_reader;
};

} // namespace grove::ets
