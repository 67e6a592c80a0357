#pragma once

#include <grove/term/atomics.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

/// When may be freed what was taken out of a structure that others read without a lock.
///
/// A reader is pinned while it looks. A writer takes something out, then calls advance() (one call
/// for a batch) and keeps the answer with it; it may be freed as soon as oldestPinned() is not
/// below that. Readers write only their own line, and nobody waits for anybody.
///
/// A pin is a plain store: the writer pays for the order, with a barrier that every running thread
/// of the program passes (membarrier) between its advance() and its look at the pins.
///
/// Why it is right. Let e be the answer of the writer's advance(), after the taking out. A reader
/// whose pin the writer does not find has stored it behind its barrier, and so looks behind it,
/// too: it sees what was taken out as gone. A pin that is found is below e, and nothing is freed;
/// or at least e, read from advance() or a later one, and then the reader sees what came before
/// that.
namespace grove::runtime {

/// Every running thread of the program passes a full barrier.
void barrierForAll() noexcept;

inline constexpr std::uint64_t kNobodyPinned = std::numeric_limits<std::uint64_t>::max();

/// A thread as a reader. Never freed: a thread that ends leaves it to the next.
template <class Atomics> struct alignas(64) BasicReader {
    /// 0: not looking; else the epoch in which it began to. Stored by its thread, relaxed when it
    /// begins (see the top), with release when it ends; oldestPinned() loads it with acquire, so
    /// that who frees comes after what the reader did.
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
        reader.pinned.store(m_epoch.load(std::memory_order_acquire), std::memory_order_relaxed);
        // The compiler keeps the order of the store and what follows; the processor may not.
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    static void unpin(Reader& reader) noexcept {
        if (--reader.depth == 0)
            reader.pinned.store(0, std::memory_order_release);
    }

    /// A pin that is within no other, with none within: without a depth. Returns: false, and
    /// nothing is done, where it would be within another. Ends with unpinAlone(), or becomes one
    /// like any other with keepPinned().
    [[nodiscard]] bool pinAlone(Reader& reader) noexcept {
        if (reader.depth != 0)
            return false;
        reader.pinned.store(m_epoch.load(std::memory_order_acquire), std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst); // as in pin()
        return true;
    }
    static void unpinAlone(Reader& reader) noexcept {
        reader.pinned.store(0, std::memory_order_release);
    }
    static void keepPinned(Reader& reader) noexcept { reader.depth = 1; }

    /// See above. Costs every reader a miss at its next pin, so once for a batch.
    [[nodiscard]] std::uint64_t advance() noexcept {
        return m_epoch.fetch_add(1, std::memory_order_seq_cst) + 1;
    }
    /// Costs a call of the system: once for a batch, too.
    [[nodiscard]] std::uint64_t oldestPinned() const noexcept {
        if constexpr (std::same_as<Atomics, StdAtomics>)
            barrierForAll();
        std::uint64_t oldest = kNobodyPinned;
        for (const Reader* each = m_readers.load(std::memory_order_seq_cst); each != nullptr;
             each = each->next) {
            const std::uint64_t pinned = each->pinned.load(std::memory_order_acquire);
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
extern constinit Epochs s_epochs;
[[nodiscard]] inline Epochs& epochs() noexcept {
    return s_epochs;
}

/// The calling thread's, null before its first use.
extern constinit thread_local Epochs::Reader* t_reader [[gnu::tls_model("initial-exec")]];
[[nodiscard]] Epochs::Reader& takeThisReader() noexcept;
/// Never held across a suspension.
[[nodiscard]] inline Epochs::Reader& thisReader() noexcept {
    Epochs::Reader* const reader = t_reader;
    return reader != nullptr ? *reader : takeThisReader();
}

/// What was found stays where it is while one lives. Must not live across a suspension.
class [[nodiscard]] Pin {
public:
    Pin() noexcept : m_reader(thisReader()) { epochs().pin(m_reader); }
    /// Goes on with what a PinAlone has let go of.
    explicit Pin(Epochs::Reader& pinned) noexcept : m_reader(pinned) {
        Epochs::keepPinned(m_reader);
    }
    ~Pin() { Epochs::unpin(m_reader); }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

private:
    Epochs::Reader& m_reader;
};

/// A Pin for a look that pins nothing else and is over soon. It does nothing, and is false, where
/// the thread is pinned already or has never been.
class [[nodiscard]] PinAlone {
public:
    PinAlone() noexcept : m_reader(t_reader) {
        if (m_reader != nullptr && !epochs().pinAlone(*m_reader)) [[unlikely]]
            m_reader = nullptr;
    }
    ~PinAlone() { end(); }
    PinAlone(const PinAlone&) = delete;
    PinAlone& operator=(const PinAlone&) = delete;

    [[nodiscard]] explicit operator bool() const noexcept { return m_reader != nullptr; }
    void end() noexcept {
        if (m_reader != nullptr)
            Epochs::unpinAlone(*std::exchange(m_reader, nullptr));
    }
    /// The thread stays pinned until a Pin of this has gone.
    [[nodiscard]] Epochs::Reader& letGo() noexcept { return *std::exchange(m_reader, nullptr); }

private:
    Epochs::Reader* m_reader;
};

} // namespace grove::runtime
