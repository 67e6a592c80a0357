#pragma once

#include <grove/term/alloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#if !defined(GROVE_SYSTEM_MEMORY)

namespace grove::detail {

/// Two blocks that a thread keeps as they were when their values went, for the next who wants the
/// same: a list's cell and the tuple of words that is its only element, as looks in tables answer.
/// Counted as free (memoryStatistics()); given back when the thread trims or ends.
struct SparePair {
    static constexpr std::size_t kFirstBytes = 32;
    static constexpr std::uint32_t kNone = 0;
    static constexpr std::uint32_t kKeepsNone = ~std::uint32_t{0};

    /// The second block's size; kNone: there is nothing; kKeepsNone: of a thread without a heap.
    /// Written by its thread only; relaxed, since others (memoryStatistics()) only count.
    std::atomic<std::uint32_t> secondBytes{kNone};
    void* first = nullptr;
    void* second = nullptr;

    /// Requires: the calling thread's.
    void giveBack() noexcept;
    /// Takes its blocks out of those in use. Threads: any.
    void countAsFree(MemoryStatistics& statistics) const noexcept;
};

/// The calling thread's.
extern constinit thread_local SparePair* t_sparePair [[gnu::tls_model("initial-exec")]];

} // namespace grove::detail

#endif
