#pragma once

#include <grove/term/alloc.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define GROVE_HIDES_SPARES 1
#endif
#endif

namespace grove::detail {

/// Two blocks that a thread keeps as they were when their values went, for the next who wants the
/// same: a list's cell and the tuple of words that is its only element, as looks in tables answer.
struct SparePair {
    /// Null: there is nothing. Written by its thread only; relaxed, since others
    /// (memoryStatistics()) only count.
    std::atomic<void*> first{nullptr};
    void* second = nullptr;
};

/// A block that is kept is nobody's until it is shown again: AddressSanitizer holds all to that.
inline void hideSpare([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(GROVE_HIDES_SPARES)
    ASAN_POISON_MEMORY_REGION(block, bytes);
#endif
}
inline void showSpare([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(GROVE_HIDES_SPARES)
    ASAN_UNPOISON_MEMORY_REGION(block, bytes);
#endif
}

/// A thread's pairs: one for each small size of a tuple, so that tables with rows of several sizes
/// do not take each other's. Counted as free (memoryStatistics()); given back when the thread trims
/// or ends.
struct SparePairs {
    static constexpr std::size_t kFirstBytes = 32;
    static constexpr std::uint32_t kSizes = 9; // from 0 on

    /// How many sizes are kept: none by a thread that has allocated nothing, or has ended.
    std::uint32_t sizes = kSizes;
    /// By the tuple's size.
    std::array<SparePair, kSizes> pairs{};

    /// Requires: the calling thread's.
    void giveBack() noexcept;
    /// Takes its blocks out of those in use. Threads: any. Not where memory is the system's.
    void countAsFree(MemoryStatistics& statistics) const noexcept;
};

/// The calling thread's.
extern constinit thread_local SparePairs* t_sparePairs [[gnu::tls_model("initial-exec")]];

} // namespace grove::detail
