#include "memory_region.h"

#include <grove/term/alloc.h>
#include <grove/term/assert.h>
#include <grove/term/memory_home.h>
#include <grove/term/mutex.h>
#include <grove/term/returned_blocks.h>
#include <grove/term/spare_pair.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <utility>

#if !defined(GROVE_SYSTEM_MEMORY)

namespace grove::detail {

namespace {

/// Blocks of another heap, collected until there are enough to send home.
struct Outgoing {
    HeapFront* owner = nullptr;
    FreeBlock* first = nullptr;
    FreeBlock* last = nullptr;
    std::size_t count = 0;
};

constexpr std::size_t kOutgoingBatch = 64;
constexpr std::size_t kOutgoingOwners = 8; // owners served at once; a ninth displaces one
constexpr std::size_t kCarveBytes =
    4096; // fresh blocks are linked a page at a time: memory is touched as needed
constexpr std::size_t kTrimBytesMax = std::size_t{16} << 20;
// Blocks that come home at once: each may be a line of memory to fetch, and there may be millions.
// More than a page has, so that they do not become more while blocks are taken.
constexpr std::size_t kReturnedMax = 1'024;
constexpr std::size_t kReturnedPerTrim = 8 * kReturnedMax;

/// All the memory of one thread at a time. Lives for ever: when its thread ends it waits in the
/// depot for another.
///
/// Threads: the thread that holds it; `returned` and the atomics: any.
struct Heap : HeapFront {
    std::array<Chunk*, MemoryStatistics::kClasses> partial{};
    Region* withFreeChunks = nullptr;
    bool hasRegion = false;
    std::array<Outgoing, kOutgoingOwners> outgoing{};
    /// Bytes of large blocks allocated less those released here; written by the holder only, so
    /// load and store suffice; negative when others' blocks were released here. Relaxed: a
    /// statistic.
    std::atomic<std::int64_t> largeBytes{0};
    SparePairs spares;
    FreeBlock* comingHome = nullptr;                 // taken from `returned`, not yet in a chunk
    Heap* nextInDepot = nullptr;                     // guarded by s_depotMutex
    Heap* nextOfAll = nullptr;                       // constant once published
    alignas(128) ReturnedBlocks<FreeBlock> returned; // written by other threads: a line of its own

    void* refill(std::size_t classIndex) noexcept;
    void releaseOwn(FreeBlock* block, Chunk& chunk) noexcept;
    /// Returns: whether that was all, this moment.
    bool takeReturned() noexcept;
    void send(FreeBlock* block, HeapFront* owner) noexcept;
    void flush(Outgoing& batch) noexcept;
    void flushAll() noexcept;
    void onCountdownOver(Chunk& chunk) noexcept;
    /// Returns: bytes given back to the system; `bytesMax` when there is more to do.
    std::size_t trim(std::size_t bytesMax) noexcept;

private:
    void carve(Chunk& chunk) noexcept;
    void replaceCurrent(std::size_t classIndex) noexcept;
    Chunk& takeFreeChunk(std::size_t classIndex) noexcept;
    void linkPartial(Chunk& chunk) noexcept;
    void unlinkPartial(Chunk& chunk) noexcept;
    void linkRegion(Region& region) noexcept;
    void unlinkRegion(Region& region) noexcept;
};

/// What `current` points to before a class has a chunk: nothing to take, so every allocation is a
/// slow one.
constinit Chunk s_noChunk;

constexpr HeapFront makeNoHeap() noexcept {
    HeapFront front;
    front.current.fill(&s_noChunk);
    return front;
}

/// The heap of threads that have none; owns no chunk, so a release is foreign to it.
constinit HeapFront s_noHeap = makeNoHeap();
constinit SparePairs s_noSpares{.sizes = 0, .pairs = {}};

constinit Mutex s_depotMutex; // taken before the regions' mutex
constinit Heap* s_depot GROVE_GUARDED_BY(s_depotMutex) = nullptr;
/// Every heap there is, newest first. Pushed with release; the acquire in memoryStatistics() sees
/// it whole.
constinit std::atomic<Heap*> s_allHeaps{nullptr};

Heap& makeHeap() noexcept {
    auto* const heap = new (std::nothrow) Heap;
    if (heap == nullptr)
        outOfMemory(sizeof(Heap));
    heap->current.fill(&s_noChunk);
    heap->nextOfAll = s_allHeaps.load(std::memory_order_relaxed);
    while (!s_allHeaps.compare_exchange_weak(heap->nextOfAll, heap, std::memory_order_release,
                                             std::memory_order_relaxed)) {
    }
    return *heap;
}

Heap* takeFromDepot() noexcept {
    const Lock lock(s_depotMutex);
    Heap* const heap = s_depot;
    if (heap != nullptr)
        s_depot = heap->nextInDepot;
    return heap;
}

void putIntoDepot(Heap& heap) noexcept {
    const Lock lock(s_depotMutex);
    heap.nextInDepot = s_depot;
    s_depot = &heap;
}

Heap& adoptHeap() noexcept {
    Heap* const heap = takeFromDepot();
    return heap != nullptr ? *heap : makeHeap();
}

/// Gives the heap away when the thread ends.
struct HeapReturner {
    bool hasEnded = false;
    ~HeapReturner() {
        hasEnded = true;
        HeapFront* const held = t_heap;
        if (held == &s_noHeap)
            return;
        auto& heap = static_cast<Heap&>(*held);
        heap.spares.giveBack();
        t_sparePairs = &s_noSpares;
        t_heap = &s_noHeap;
        heap.flushAll();
        putIntoDepot(heap);
    }
};
thread_local HeapReturner t_returner;

/// Runs `use` with the thread's heap, which it gets on first use. A thread that is past its
/// destructors borrows one.
template <class Use> decltype(auto) withHeap(Use use) noexcept {
    if (t_heap != &s_noHeap) [[likely]]
        return use(static_cast<Heap&>(*t_heap));
    Heap& heap = adoptHeap();
    if (!t_returner.hasEnded) {
        t_heap = &heap;
        t_sparePairs = &heap.spares;
        return use(heap);
    }
    struct Borrowed {
        Heap& heap;
        ~Borrowed() {
            heap.flushAll();
            putIntoDepot(heap);
        }
    } const borrowed{heap};
    return use(heap);
}

void* Heap::refill(std::size_t classIndex) noexcept {
    static_cast<void>(takeReturned());
    while (true) {
        Chunk& chunk = *current[classIndex];
        if (chunk.free == nullptr && chunk.freshOffset < chunk.endOffset)
            carve(chunk);
        if (FreeBlock* const block = chunk.free; block != nullptr) {
            chunk.free = block->next;
            chunk.countdown.store(chunk.countdown.load(std::memory_order_relaxed) + 1,
                                  std::memory_order_relaxed);
            return block;
        }
        replaceCurrent(classIndex);
    }
}

void Heap::carve(Chunk& chunk) noexcept {
    const std::size_t blockBytes = kBlockBytes[chunk.classIndex.load(std::memory_order_relaxed)];
    char* const base = Region::of(chunk).base();
    const std::size_t left = (chunk.endOffset - chunk.freshOffset) / blockBytes;
    const std::size_t count = std::min(left, std::max<std::size_t>(kCarveBytes / blockBytes, 1));
    char* const first = base + chunk.freshOffset;
    for (std::size_t index = 0; index < count; ++index) {
        auto* const block = reinterpret_cast<FreeBlock*>(first + index * blockBytes);
        block->next = index + 1 < count
                          ? reinterpret_cast<FreeBlock*>(first + (index + 1) * blockBytes)
                          : chunk.free;
    }
    chunk.free = reinterpret_cast<FreeBlock*>(first);
    chunk.freshOffset += static_cast<std::uint32_t>(count * blockBytes);
}

void Heap::replaceCurrent(std::size_t classIndex) noexcept {
    Chunk& old = *current[classIndex];
    if (&old != &s_noChunk) { // used up: all its blocks are out
        old.state.store(ChunkState::Full, std::memory_order_relaxed);
        old.countdown.store(reopenAfter(old.capacity), std::memory_order_relaxed);
    }
    Chunk* chunk = partial[classIndex];
    if (chunk != nullptr)
        unlinkPartial(*chunk);
    else
        chunk = &takeFreeChunk(classIndex);
    chunk->state.store(ChunkState::Current, std::memory_order_relaxed);
    chunk->countdown.store(chunk->countdown.load(std::memory_order_relaxed) + 1,
                           std::memory_order_relaxed);
    current[classIndex] = chunk;
}

Chunk& Heap::takeFreeChunk(std::size_t classIndex) noexcept {
    if (withFreeChunks == nullptr) {
        linkRegion(mapRegion(*this, !hasRegion));
        hasRegion = true;
    }
    Region& region = *withFreeChunks;
    const std::uint32_t resident = region.freeMask & region.residentMask;
    const auto index =
        static_cast<std::size_t>(std::countr_zero(resident != 0 ? resident : region.freeMask));
    Chunk& chunk = region.takeChunk(index, classIndex);
    if (region.freeMask == 0) {
        unlinkRegion(region);
        region.becomeHuge();
    }
    return chunk;
}

void Heap::onCountdownOver(Chunk& chunk) noexcept {
    if (chunk.state.load(std::memory_order_relaxed) == ChunkState::Full) {
        chunk.state.store(ChunkState::Partial, std::memory_order_relaxed);
        chunk.countdown.store(chunk.capacity - reopenAfter(chunk.capacity),
                              std::memory_order_relaxed);
        linkPartial(chunk);
        return;
    }
    GROVE_ASSERT(chunk.state.load(std::memory_order_relaxed) == ChunkState::Partial,
                 "a block was released twice");
    unlinkPartial(chunk);
    chunk.state.store(ChunkState::Free, std::memory_order_relaxed);
    Region& region = Region::of(chunk);
    if (region.freeMask == 0)
        linkRegion(region);
    region.freeMask |= std::uint32_t{1} << region.indexOf(chunk);
}

void Heap::releaseOwn(FreeBlock* block, Chunk& chunk) noexcept {
    block->next = chunk.free;
    chunk.free = block;
    const std::uint32_t left = chunk.countdown.load(std::memory_order_relaxed) - 1;
    chunk.countdown.store(left, std::memory_order_relaxed);
    if (left == 0)
        onCountdownOver(chunk);
}

bool Heap::takeReturned() noexcept {
    for (std::size_t taken = 0; taken < kReturnedMax; ++taken) {
        if (comingHome == nullptr)
            comingHome = returned.take();
        if (comingHome == nullptr)
            return true;
        FreeBlock* const block = std::exchange(comingHome, comingHome->next);
        releaseOwn(block, chunkOf(block));
    }
    return false;
}

void Heap::send(FreeBlock* block, HeapFront* owner) noexcept {
    Outgoing& batch = outgoing[(reinterpret_cast<std::uintptr_t>(owner) >> 8) % kOutgoingOwners];
    if (batch.owner != owner) {
        flush(batch);
        batch.owner = owner;
    }
    block->next = batch.first;
    if (batch.first == nullptr)
        batch.last = block;
    batch.first = block;
    if (++batch.count == kOutgoingBatch)
        flush(batch);
}

void Heap::flush(Outgoing& batch) noexcept {
    if (batch.count == 0)
        return;
    // The owner looks when it runs out of blocks or trims; nobody has to be woken.
    static_cast<Heap*>(batch.owner)->returned.send(batch.first, batch.last);
    batch.first = batch.last = nullptr;
    batch.count = 0;
}

void Heap::flushAll() noexcept {
    for (Outgoing& batch : outgoing)
        flush(batch);
}

std::size_t Heap::trim(std::size_t bytesMax) noexcept {
    flushAll();
    for (std::size_t taken = 0; !takeReturned(); taken += kReturnedMax) {
        if (taken >= kReturnedPerTrim)
            return bytesMax;
    }
    std::size_t bytes = 0;
    for (Region* region = withFreeChunks; region != nullptr && bytes < bytesMax;) {
        Region* const next = region->next;
        if (region->freeMask == Region::kAllFree && !region->isKept) {
            unlinkRegion(*region);
            unmapRegion(*region);
            bytes += kRegionBytes;
        } else {
            bytes += region->purgeFreeChunks();
        }
        region = next;
    }
    return bytes;
}

void Heap::linkPartial(Chunk& chunk) noexcept {
    Chunk*& head = partial[chunk.classIndex.load(std::memory_order_relaxed)];
    chunk.prev = nullptr;
    chunk.next = head;
    if (head != nullptr)
        head->prev = &chunk;
    head = &chunk;
}

void Heap::unlinkPartial(Chunk& chunk) noexcept {
    (chunk.prev != nullptr ? chunk.prev->next
                           : partial[chunk.classIndex.load(std::memory_order_relaxed)]) =
        chunk.next;
    if (chunk.next != nullptr)
        chunk.next->prev = chunk.prev;
    chunk.next = chunk.prev = nullptr;
}

void Heap::linkRegion(Region& region) noexcept {
    region.prev = nullptr;
    region.next = withFreeChunks;
    if (withFreeChunks != nullptr)
        withFreeChunks->prev = &region;
    withFreeChunks = &region;
}

void Heap::unlinkRegion(Region& region) noexcept {
    (region.prev != nullptr ? region.prev->next : withFreeChunks) = region.next;
    if (region.next != nullptr)
        region.next->prev = region.prev;
    region.next = region.prev = nullptr;
}

/// Trims the heaps that wait for a thread. Returns: bytes given back.
std::size_t trimDepot(std::size_t bytesMax) noexcept {
    const Lock lock(s_depotMutex);
    std::size_t bytes = 0;
    for (Heap* heap = s_depot; heap != nullptr && bytes < bytesMax; heap = heap->nextInDepot)
        bytes += heap->trim(bytesMax - bytes);
    return bytes;
}

void addRegion(const Region& region, void* context) noexcept {
    auto& statistics = *static_cast<MemoryStatistics*>(context);
    statistics.mappedBytes += kRegionBytes;
    for (const Chunk& chunk : region.chunks) {
        auto& each = statistics.classes[chunk.classIndex.load(std::memory_order_relaxed)];
        const std::uint32_t countdown = chunk.countdown.load(std::memory_order_relaxed);
        switch (chunk.state.load(std::memory_order_relaxed)) {
        case ChunkState::Free:
            break;
        case ChunkState::Current:
            each.blocksInUse += countdown > 0 ? countdown - 1 : 0;
            break;
        case ChunkState::Full:
            each.blocksInUse +=
                blocksInUseOfFull(chunkCapacity(region.indexOf(chunk), each.blockBytes), countdown);
            break;
        case ChunkState::Partial:
            each.blocksInUse += countdown;
            break;
        }
    }
}

void addLarge(Heap& heap, std::int64_t bytes) noexcept {
    heap.largeBytes.store(heap.largeBytes.load(std::memory_order_relaxed) + bytes,
                          std::memory_order_relaxed);
}

} // namespace

constinit thread_local HeapFront* t_heap = &s_noHeap;
constinit thread_local SparePairs* t_sparePairs = &s_noSpares;

void* allocateSlowly(std::size_t classIndex) noexcept {
    return withHeap([&](Heap& heap) { return heap.refill(classIndex); });
}

void* allocateLarge(std::size_t size) noexcept {
    void* const block = std::malloc(size);
    if (block == nullptr)
        outOfMemory(size);
    withHeap([&](Heap& heap) { addLarge(heap, static_cast<std::int64_t>(size)); });
    return block;
}

void releaseLarge(void* block, std::size_t size) noexcept {
    if (block == nullptr)
        return;
    std::free(block);
    withHeap([&](Heap& heap) { addLarge(heap, -static_cast<std::int64_t>(size)); });
}

void releaseForeign(FreeBlock* block) noexcept {
    withHeap([&](Heap& heap) {
        HeapFront* const owner = regionOf(block).owner;
        if (owner == &heap) // just adopted
            heap.releaseOwn(block, chunkOf(block));
        else
            heap.send(block, owner);
    });
}

void countdownOver(Chunk& chunk) noexcept {
    static_cast<Heap*>(Region::of(chunk).owner)->onCountdownOver(chunk);
}

} // namespace grove::detail

namespace grove {

Trimmed trimMemory() noexcept {
    using namespace detail;
    const std::size_t own = withHeap([](Heap& heap) {
        if (&heap == t_heap)
            heap.spares.giveBack();
        return heap.trim(kTrimBytesMax);
    });
    if (own >= kTrimBytesMax)
        return Trimmed::MoreToDo;
    return own + trimDepot(kTrimBytesMax - own) >= kTrimBytesMax ? Trimmed::MoreToDo
                                                                 : Trimmed::Everything;
}

MemoryHome MemoryHome::ofThisThread() noexcept {
    return detail::withHeap([](detail::Heap& heap) { return MemoryHome(&heap); });
}

bool MemoryHome::hasReturned() const noexcept {
    return m_heap != nullptr && static_cast<const detail::Heap*>(m_heap)->returned.hasAny();
}

MemoryStatistics memoryStatistics() noexcept {
    using namespace detail;
    MemoryStatistics statistics;
    for (std::size_t index = 0; index < kBlockBytes.size(); ++index)
        statistics.classes[index].blockBytes = kBlockBytes[index];
    forEachRegion(addRegion, &statistics);
    std::int64_t large = 0;
    for (const Heap* heap = s_allHeaps.load(std::memory_order_acquire); heap != nullptr;
         heap = heap->nextOfAll) {
        large += heap->largeBytes.load(std::memory_order_relaxed);
        heap->spares.countAsFree(statistics);
    }
    statistics.largeBytesInUse = large > 0 ? static_cast<std::size_t>(large) : 0;
    return statistics;
}

} // namespace grove

#endif
