#include "slot_table.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <new>
#include <sys/mman.h>

namespace grove::runtime {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t pages(std::size_t bytes) {
    return (bytes + kPage - 1) / kPage * kPage;
}

/// Huge pages for many processes: a fault costs as much as two spawns. Few processes stay on small
/// ones at the beginning of the table.
void adviseHugePages(char* table, std::size_t bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(table);
    const std::size_t small = kHugePage + (kHugePage - address % kHugePage) % kHugePage;
    if (small < bytes)
        madvise(table + small, bytes - small, MADV_HUGEPAGE); // advice: works without
}

} // namespace

SlotTable::SlotTable(std::uint32_t slotsMax, std::uint32_t firstGeneration)
    : m_slotsMax(std::min(slotsMax, Pid::kIndexMax)), m_firstGeneration(firstGeneration),
      m_magazinesMax(m_slotsMax / (kMagazineMax / 2) + 1'024) {
    const std::size_t slotBytes = pages(std::size_t{m_slotsMax} * sizeof(Slot));
    const std::size_t coldBytes = pages(std::size_t{m_slotsMax} * sizeof(ColdSlot));
    const std::size_t generationBytes = pages(std::size_t{m_slotsMax} * sizeof(std::uint32_t));
    const std::size_t leaderBytes = pages(std::size_t{m_slotsMax} * sizeof(std::uint64_t));
    const std::size_t magazineBytes = pages(std::size_t{m_magazinesMax} * sizeof(Magazine));
    m_reservedBytes = slotBytes + coldBytes + generationBytes + leaderBytes + magazineBytes;
    m_reserved = mmap(nullptr, m_reservedBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    GROVE_ASSERT(m_reserved != MAP_FAILED, "no address space for the processes");
    auto* const base = static_cast<char*>(m_reserved);
    // Zeroed memory is a closed, free slot; its atomics are plain words.
    m_slots = reinterpret_cast<Slot*>(base);
    m_cold = reinterpret_cast<ColdSlot*>(base + slotBytes);
    m_generations = reinterpret_cast<std::atomic<std::uint32_t>*>(base + slotBytes + coldBytes);
    char* const behind = base + slotBytes + coldBytes + generationBytes;
    m_leaders = reinterpret_cast<std::atomic<std::uint64_t>*>(behind);
    m_magazines = reinterpret_cast<Magazine*>(behind + leaderBytes);
    adviseHugePages(base, slotBytes);
    adviseHugePages(base + slotBytes, coldBytes);
}

SlotTable::~SlotTable() {
    munmap(m_reserved, m_reservedBytes);
}

std::optional<std::uint32_t> SlotTable::take(Cache& cache) noexcept {
    if (cache.full == nullptr || cache.full->count == 0) {
        Magazine* filled = pop(m_depot);
        if (filled == nullptr)
            filled = pop(m_trimmed);
        if (filled != nullptr) {
            if (cache.full != nullptr)
                push(m_empties, cache.full);
            cache.full = filled;
        } else {
            fillFresh(cache);
        }
    }
    if (cache.full->count == 0)
        return std::nullopt;
    return cache.full->slots[--cache.full->count];
}

void SlotTable::fillFresh(Cache& cache) noexcept {
    if (cache.full == nullptr)
        cache.full = emptyMagazine();
    // release with the acquire in used(): whoever reads rows up to there finds generations.
    const std::uint32_t first = m_used.load(std::memory_order_relaxed) >= m_slotsMax
                                    ? m_slotsMax
                                    : m_used.fetch_add(kMagazineMax, std::memory_order_acq_rel);
    const std::uint32_t end = std::min(first + kMagazineMax, m_slotsMax);
    for (std::uint32_t index = end; index-- > first;) {
        cache.full->slots[cache.full->count++] = index;
        setGeneration(index, m_firstGeneration);
    }
}

void SlotTable::give(Cache& cache, std::uint32_t index) noexcept {
    if (generation(index) >= kGenerationMax)
        return;
    if (cache.full == nullptr)
        cache.full = emptyMagazine();
    if (cache.full->count == kMagazineMax) {
        // Half stays, so that spawning and ending in turn does not go to the depot.
        Magazine* const half = emptyMagazine();
        half->count = kMagazineMax / 2;
        std::copy_n(cache.full->slots.begin(), half->count, half->slots.begin());
        std::copy_n(cache.full->slots.begin() + half->count, kMagazineMax - half->count,
                    cache.full->slots.begin());
        cache.full->count -= half->count;
        push(m_depot, half);
    }
    cache.full->slots[cache.full->count++] = index;
}

void SlotTable::returnCache(Cache& cache) noexcept {
    if (cache.full != nullptr)
        push(cache.full->count > 0 ? m_depot : m_empties, std::exchange(cache.full, nullptr));
}

SlotTable::Magazine* SlotTable::emptyMagazine() noexcept {
    if (Magazine* const empty = pop(m_empties))
        return empty;
    const std::uint32_t index = m_magazinesUsed.fetch_add(1, std::memory_order_relaxed);
    GROVE_ASSERT(index < m_magazinesMax, "more magazines than slots can fill");
    return ::new (m_magazines + index) Magazine;
}

SlotTable::Magazine* SlotTable::pop(MagazineStack& stack) noexcept {
    std::uint64_t head = stack.head.load(std::memory_order_acquire);
    for (;;) {
        const auto number = static_cast<std::uint32_t>(head);
        if (number == 0)
            return nullptr;
        Magazine& magazine = m_magazines[number - 1];
        // relaxed: if it is stale, the exchange fails.
        const std::uint64_t next = magazine.next.load(std::memory_order_relaxed);
        const std::uint64_t wanted = ((head >> 32) + 1) << 32 | next;
        if (stack.head.compare_exchange_weak(head, wanted, std::memory_order_acquire,
                                             std::memory_order_acquire))
            return &magazine;
    }
}

void SlotTable::push(MagazineStack& stack, Magazine* magazine) noexcept {
    const auto number = static_cast<std::uint64_t>(magazine - m_magazines) + 1;
    std::uint64_t head = stack.head.load(std::memory_order_relaxed);
    std::uint64_t wanted = 0;
    do {
        magazine->next.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
        wanted = ((head >> 32) + 1) << 32 | number;
    } while (!stack.head.compare_exchange_weak(head, wanted, std::memory_order_release,
                                               std::memory_order_relaxed));
}

bool SlotTable::trimFree() {
    constexpr std::size_t kSlice = 1U << 17; // slots: some 10 ms
    std::vector<std::uint32_t> free;
    while (free.size() < kSlice) {
        Magazine* const magazine = pop(m_depot);
        if (magazine == nullptr)
            break;
        free.insert(free.end(), magazine->slots.begin(), magazine->slots.begin() + magazine->count);
        magazine->count = 0;
        push(m_empties, magazine);
    }
    std::ranges::sort(free);
    // A run of free slots that covers whole pages in both tables goes back.
    constexpr std::uint32_t kGroup = kPage / sizeof(ColdSlot);
    for (std::size_t first = 0; first < free.size();) {
        std::size_t end = first + 1;
        while (end < free.size() && free[end] == free[end - 1] + 1)
            ++end;
        const std::uint32_t from = (free[first] + kGroup - 1) / kGroup * kGroup;
        const std::uint32_t to = (free[end - 1] + 1) / kGroup * kGroup;
        if (to > from) {
            madvise(m_slots + from, std::size_t{to - from} * sizeof(Slot), MADV_DONTNEED);
            madvise(m_cold + from, std::size_t{to - from} * sizeof(ColdSlot), MADV_DONTNEED);
        }
        first = end;
    }
    // The lowest on top, so that use stays together.
    for (std::size_t end = free.size(); end > 0;) {
        Magazine* const magazine = emptyMagazine();
        while (end > 0 && magazine->count < kMagazineMax)
            magazine->slots[magazine->count++] = free[--end];
        push(m_trimmed, magazine);
    }
    return free.size() >= kSlice;
}

} // namespace grove::runtime
