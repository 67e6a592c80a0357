#include "slot_trim.h"

#include <grove/term/assert.h>

#include <cstddef>
#include <sys/mman.h>

namespace grove::runtime {

static_assert(offsetof(Slot, resume) == 64 && offsetof(Slot, extras) >= 64,
              "what each receive asks for lies beside what the owner uses, not with the senders'");

namespace {

std::size_t pages(std::size_t bytes) {
    return (bytes + kPage - 1) / kPage * kPage;
}

void adviseHugePages(char* table, std::size_t bytes) {
    const std::size_t small = bytesOnSmallPages(table);
    if (small < bytes)
        madvise(table + small, bytes - small, MADV_HUGEPAGE); // advice: works without
}

} // namespace

SlotTable::SlotTable(std::uint32_t slotsMax, std::uint32_t firstGeneration)
    : m_slotsMax(std::min(slotsMax, Pid::kIndexMax)), m_firstGeneration(firstGeneration) {
    const std::size_t slotBytes = pages(std::size_t{m_slotsMax} * sizeof(Slot));
    const std::size_t coldBytes = pages(std::size_t{m_slotsMax} * sizeof(ColdSlot));
    const std::size_t generationBytes = pages(std::size_t{m_slotsMax} * sizeof(std::uint32_t));
    const std::size_t leaderBytes = pages(std::size_t{m_slotsMax} * sizeof(std::uint64_t));
    const std::size_t groupBytes = pages((std::size_t{m_slotsMax} / kGroup + 1) * sizeof(Group));
    m_reservedBytes = slotBytes + coldBytes + generationBytes + leaderBytes + groupBytes;
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
    m_groups = reinterpret_cast<Group*>(behind + leaderBytes);
    adviseHugePages(base, slotBytes);
    adviseHugePages(base + slotBytes, coldBytes);
}

// Here, where it is known what a trim is.
SlotTable::~SlotTable() {
    munmap(m_reserved, m_reservedBytes);
}

// -- Taking and giving ----------------------------------------------------------------------------

bool SlotTable::refill(Cache& cache) noexcept {
    cache.count = 0;
    if (refillNow(cache))
        return true;
    // The rest may be in somebody's hands for a moment, or in those of a trim.
    const Lock lock(m_trimMutex);
    const Lock taking(m_groupMutex);
    while (!takeChain(cache) && !takeGroupHere(cache) && !takeFresh(cache)) {
        if (!giveOneBack())
            return false;
    }
    return true;
}

bool SlotTable::refillNow(Cache& cache) noexcept {
    return takeChain(cache) || takeGroup(cache) || takeFresh(cache);
}

bool SlotTable::takeChain(Cache& cache) noexcept {
    cache.first = cache.spare != 0 ? std::exchange(cache.spare, 0) : popChain();
    if (cache.first == 0)
        return false;
    cache.count = kChain;
    return true;
}

bool SlotTable::takeFresh(Cache& cache) noexcept {
    if (m_used.load(std::memory_order_relaxed) >= m_slotsMax)
        return false;
    // release with the acquire in used(): whoever reads rows up to there finds slots.
    const std::uint32_t first = m_used.fetch_add(kChain, std::memory_order_acq_rel);
    const std::uint32_t end = std::min(first + kChain, m_slotsMax);
    if (first >= end)
        return false;
    for (std::uint32_t index = first; index < end; ++index)
        setGeneration(index, m_firstGeneration);
    cache.first = link(first, end);
    cache.count = end - first;
    return true;
}

bool SlotTable::takeGroup(Cache& cache) noexcept {
    if (m_freeGroups.isEmpty())
        return false;
    const Lock lock(m_groupMutex);
    return takeGroupHere(cache);
}

bool SlotTable::takeGroupHere(Cache& cache) noexcept {
    const auto group = m_freeGroups.pop([this](std::uint32_t number) {
        // relaxed: if it is stale, the pop does not succeed.
        return m_groups[number].below.load(std::memory_order_relaxed);
    });
    if (!group)
        return false;
    const std::uint32_t oldest = m_groups[*group].generation.load(std::memory_order_relaxed);
    m_groups[*group].memory.store(Memory::All, std::memory_order_relaxed);
    const std::uint32_t first = *group * kGroup;
    for (std::uint32_t index = first; index < first + kGroup; ++index)
        setGeneration(index, std::max(generation(index), oldest));
    // The lowest for the caller, the next ones on top.
    for (std::uint32_t end = first + kGroup; end > first + kChain; end -= kChain)
        pushChain(link(end - kChain, end));
    cache.first = link(first, first + kChain);
    cache.count = kChain;
    return true;
}

std::uint32_t SlotTable::link(std::uint32_t from, std::uint32_t to) noexcept {
    for (std::uint32_t index = from; index < to; ++index)
        m_leaders[index].store(index + 1 < to ? index + 2 : 0, std::memory_order_release);
    return from + 1;
}

void SlotTable::stow(Cache& cache) noexcept {
    if (cache.spare != 0)
        pushChain(cache.spare);
    cache.spare = std::exchange(cache.first, 0);
    cache.count = 0;
}

void SlotTable::returnCache(Cache& cache) noexcept {
    for (const std::uint32_t chain : {cache.first, cache.spare}) {
        if (chain != 0)
            pushChain(chain);
    }
    cache = {};
}

void SlotTable::pushChain(std::uint32_t first) noexcept {
    m_spareChains.fetch_add(1, std::memory_order_relaxed);
    std::atomic<std::uint64_t>& word = m_leaders[first - 1];
    const std::uint64_t next = nextInChain(first - 1);
    m_depot.push(first - 1, [&](std::uint32_t below) {
        word.store(std::uint64_t{below} << 32 | next, std::memory_order_release); // leader()
    });
}

std::uint32_t SlotTable::popChain() noexcept {
    const auto first = m_depot.pop([this](std::uint32_t index) {
        // relaxed: if it is stale, the pop does not succeed.
        return static_cast<std::uint32_t>(m_leaders[index].load(std::memory_order_relaxed) >> 32);
    });
    if (!first)
        return 0;
    m_spareChains.fetch_sub(1, std::memory_order_relaxed);
    return *first + 1;
}

} // namespace grove::runtime
