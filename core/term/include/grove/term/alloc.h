#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

// Under AddressSanitizer and ThreadSanitizer memory is malloc's, so that they see each block.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define GROVE_SYSTEM_MEMORY 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GROVE_SYSTEM_MEMORY 1
#endif

namespace grove {

// The one seam through which frames, envelopes, boxes, terms and slots get their memory.
//
// Blocks of at most 1,024 bytes come in size classes from chunks of 64 KiB that belong to one
// thread's heap. A block released on another thread goes home to its heap in batches of 64, so no
// thread ever takes a lock or shares a line on the way. A thread that ends leaves its heap to the
// next that starts. Larger blocks are malloc's.

/// Memory for `size` bytes, aligned to 16. Never fails: the program ends when the system has none.
/// Threads: any; the block may be released on another thread.
[[nodiscard]] void* allocate(std::size_t size) noexcept;

/// Gives back what allocate(size) gave, with the same size. Null does nothing.
void release(void* block, std::size_t size) noexcept;

/// Whether trimMemory() has more to give back than it did in one call.
enum class Trimmed : std::uint8_t { Everything, MoreToDo };

/// Sends this thread's foreign blocks home, takes its own back, and returns free memory to the
/// system, of this thread's heap and of heaps without a thread; at most about 16 MiB in a call, so
/// that nobody waits long for it. Call it when a thread has been idle for a while (a second, not a
/// microsecond: what it returns must be faulted in again), until it says Everything. Threads: any;
/// acts for the calling one.
Trimmed trimMemory() noexcept;

/// What the seam holds, all threads together. Counts are a moment's and not of one moment.
struct MemoryStatistics {
    struct Class {
        std::size_t blockBytes = 0;
        std::size_t blocksInUse = 0; // with those on their way home
    };
    static constexpr std::size_t kClasses = 20;
    std::array<Class, kClasses> classes{};
    std::size_t largeBytesInUse = 0; // blocks above 1,024 bytes
    std::size_t mappedBytes = 0;     // address space of the size classes
    [[nodiscard]] std::size_t bytesInUse() const noexcept;
};

/// Threads: any, at any time. Under the sanitizers only zeroes.
[[nodiscard]] MemoryStatistics memoryStatistics() noexcept;

#if !defined(GROVE_SYSTEM_MEMORY)

namespace detail {

inline constexpr std::size_t kLargestBlockBytes = 1024;
inline constexpr std::array<std::uint16_t, MemoryStatistics::kClasses> kBlockBytes = {
    16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024};
inline constexpr std::size_t kChunkShift = 16;
inline constexpr std::size_t kChunkBytes = std::size_t{1} << kChunkShift;
inline constexpr std::size_t kRegionBytes = std::size_t{2} << 20;
inline constexpr std::size_t kChunksPerRegion = kRegionBytes / kChunkBytes;

/// The class of a size, by (size + 15) / 16.
inline constexpr auto kClassOfGranules = [] {
    std::array<std::uint8_t, kLargestBlockBytes / 16 + 1> classes{};
    std::uint8_t index = 0;
    for (std::size_t granules = 0; granules < classes.size(); ++granules) {
        while (granules * 16 > kBlockBytes[index])
            ++index;
        classes[granules] = index;
    }
    return classes;
}();

/// May alias: its bytes were and will be those of objects of other types.
struct [[gnu::may_alias]] FreeBlock {
    FreeBlock* next;
};

struct HeapFront;

/// What a chunk is to its heap. Free: of no class, its blocks are nobody's. Current: allocated
/// from. Full: it had no block left when it was replaced; those that have come back since wait for
/// the last of reopenAfter(). Partial: on the class's list, to become current again.
///
/// Free or Partial → Current → Full → Partial → Free, all by the heap's thread.
enum class ChunkState : std::uint8_t { Free, Current, Full, Partial };

/// The header of 64 KiB of blocks of one class. Headers lie together at the start of their region.
///
/// Written whenever the heap's thread allocates or releases, so no other thread reads one on its
/// way: the line would go to and fro for each block.
struct alignas(64) Chunk {
    FreeBlock* free = nullptr; // the heap's thread only, as all below that is not atomic
    /// How many blocks may be released before the heap wants to know. Free: 0; Current: blocks in
    /// use + 1, so never; Full: what is left of reopenAfter(), see blocksInUseOfFull(); Partial:
    /// blocks in use. The heap's thread writes it, memoryStatistics() reads it, each a value of its
    /// own, which nothing pairs with: relaxed, as are the next two.
    std::atomic<std::uint32_t> countdown{0};
    std::atomic<std::uint8_t> classIndex{0};
    std::atomic<ChunkState> state{ChunkState::Free};
    std::uint16_t capacity = 0; // blocks
    std::uint32_t freshOffset =
        0; // from the region's start: blocks from here on were never handed out
    std::uint32_t endOffset = 0;
    Chunk* next = nullptr; // list of partial chunks
    Chunk* prev = nullptr;
};

/// The part of a heap that the inlined paths know.
struct HeapFront {
    std::array<Chunk*, MemoryStatistics::kClasses> current{}; // never null: at least an empty chunk
};

/// The part of a region that the inlined paths know. It begins at a multiple of kRegionBytes.
struct RegionFront {
    std::array<Chunk, kChunksPerRegion> chunks;
    /// Constant while the region is mapped, on a line that is seldom written: who releases another
    /// thread's block reads nothing else of the region.
    alignas(64) HeapFront* owner = nullptr;
};

/// The calling thread's heap; a heap without memory before the first use and after the thread's
/// end.
extern constinit thread_local HeapFront* t_heap [[gnu::tls_model("initial-exec")]];

[[gnu::noinline, gnu::cold]] void* allocateSlowly(std::size_t classIndex) noexcept;
[[gnu::noinline]] void* allocateLarge(std::size_t size) noexcept;
[[gnu::noinline]] void releaseLarge(void* block, std::size_t size) noexcept;
/// A block of another heap.
[[gnu::noinline]] void releaseForeign(FreeBlock* block) noexcept;
/// The chunk's countdown has reached zero.
[[gnu::noinline]] void countdownOver(Chunk& chunk) noexcept;

inline RegionFront& regionOf(void* block) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    return *reinterpret_cast<RegionFront*>(address & ~(kRegionBytes - 1));
}
inline Chunk& chunkOf(void* block) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    return regionOf(block).chunks[(address & (kRegionBytes - 1)) >> kChunkShift];
}

} // namespace detail

inline void* allocate(std::size_t size) noexcept {
    if (size > detail::kLargestBlockBytes) [[unlikely]]
        return detail::allocateLarge(size);
    const std::size_t classIndex = detail::kClassOfGranules[(size + 15) / 16];
    detail::Chunk& chunk = *detail::t_heap->current[classIndex];
    detail::FreeBlock* const block = chunk.free;
    if (block == nullptr) [[unlikely]]
        return detail::allocateSlowly(classIndex);
    chunk.free = block->next;
    chunk.countdown.store(chunk.countdown.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
    return block;
}

inline void release(void* memory, std::size_t size) noexcept {
    if (size > detail::kLargestBlockBytes) [[unlikely]]
        return detail::releaseLarge(memory, size);
    if (memory == nullptr) [[unlikely]]
        return;
    auto* const block = static_cast<detail::FreeBlock*>(memory);
    if (detail::regionOf(memory).owner != detail::t_heap) [[unlikely]]
        return detail::releaseForeign(block);
    detail::Chunk& chunk = detail::chunkOf(memory);
    block->next = chunk.free;
    chunk.free = block;
    const std::uint32_t left = chunk.countdown.load(std::memory_order_relaxed) - 1;
    chunk.countdown.store(left, std::memory_order_relaxed);
    if (left == 0) [[unlikely]]
        detail::countdownOver(chunk);
}

#endif

} // namespace grove
