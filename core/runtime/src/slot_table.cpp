#include "slot_table.h"

#include <grove/term/assert.h>

#include <bit>
#include <limits>
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

/// The entries [from, to) of a table, which cover whole pages, become zeroes without memory.
template <class Entry> void discard(Entry* table, std::size_t from, std::size_t to) noexcept {
    madvise(static_cast<void*>(table + from), (to - from) * sizeof(Entry), MADV_DONTNEED);
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

SlotTable::~SlotTable() {
    munmap(m_reserved, m_reservedBytes);
}

// -- Taking and giving ----------------------------------------------------------------------------

bool SlotTable::refill(Cache& cache) noexcept {
    cache.count = 0;
    if (refillNow(cache))
        return true;
    // The rest may be in the hands of trimFree().
    const Lock lock(m_trimMutex);
    return refillNow(cache);
}

bool SlotTable::refillNow(Cache& cache) noexcept {
    cache.first = cache.spare != 0 ? std::exchange(cache.spare, 0) : popChain();
    if (cache.first != 0) {
        cache.count = kChain;
        return true;
    }
    return takeGroup(cache) || takeFresh(cache);
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
    const auto group = m_freeGroups.pop([this](std::uint32_t number) {
        // relaxed: if it is stale, the pop does not succeed.
        return m_groups[number].below.load(std::memory_order_relaxed);
    });
    if (!group)
        return false;
    const std::uint32_t oldest = m_groups[*group].generation.load(std::memory_order_relaxed);
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
        m_leaders[index].store(index + 1 < to ? index + 2 : 0, std::memory_order_relaxed);
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
        word.store(std::uint64_t{below} << 32 | next, std::memory_order_relaxed);
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

// -- Giving memory back ---------------------------------------------------------------------------

/// Free slots as a set: in order without sorting.
class SlotTable::FreeSlots {
public:
    explicit FreeSlots(std::uint32_t slots) : m_words(slots / 64 + 1) {}
    void add(std::uint32_t index) {
        if (index / 64 >= m_words.size())
            m_words.resize(index / 64 + 1);
        m_words[index / 64] |= std::uint64_t{1} << index % 64;
    }
    [[nodiscard]] std::uint32_t groups() const noexcept {
        return static_cast<std::uint32_t>(m_words.size() / kWordsOfGroup + 1);
    }
    /// The 64 slots from `at` times 64 on, a bit each.
    [[nodiscard]] std::uint64_t word(std::size_t at) const noexcept {
        return at < m_words.size() ? m_words[at] : 0;
    }
    [[nodiscard]] bool hasAll(std::uint32_t group) const noexcept {
        for (std::size_t at = 0; at < kWordsOfGroup; ++at) {
            if (word(group * kWordsOfGroup + at) != std::numeric_limits<std::uint64_t>::max())
                return false;
        }
        return true;
    }

    static constexpr std::size_t kWordsOfGroup = kGroup / 64;

private:
    std::vector<std::uint64_t> m_words;
};

std::uint32_t SlotTable::trimFree(std::uint32_t chainsMax) {
    const Lock lock(m_trimMutex);
    FreeSlots free(used());
    claimRestOfHugePage(free);
    for (std::uint32_t taken = 0; taken < chainsMax; ++taken) {
        std::uint32_t number = popChain();
        if (number == 0)
            break;
        for (; number != 0; number = nextInChain(number - 1))
            free.add(number - 1);
    }
    // The lowest come to lie on top, so that use stays together.
    std::uint32_t kept = 0;
    std::uint32_t whole = 0; // groups above that are whole, side by side
    for (std::uint32_t group = free.groups(); group-- > 0;) {
        if (free.hasAll(group)) {
            ++whole;
            continue;
        }
        giveGroups(group + 1, group + 1 + std::exchange(whole, 0));
        kept += giveSome(free, group);
    }
    giveGroups(0, whole);
    return kept;
}

/// The first use of a huge page gave memory to slots that nobody has used yet.
void SlotTable::claimRestOfHugePage(FreeSlots& free) {
    constexpr std::uint32_t kSlots = kHugePage / sizeof(ColdSlot);
    std::uint32_t from = m_used.load(std::memory_order_acquire);
    const auto untilAligned = [](const void* entry, std::size_t bytes) {
        const std::size_t before = reinterpret_cast<std::uintptr_t>(entry) % kHugePage;
        return static_cast<std::uint32_t>((kHugePage - before) % kHugePage / bytes);
    };
    if (from < 2 * kSlots || from >= m_slotsMax) // on small pages, or all
        return;
    if (from == m_claimedTo) // nobody has used any since
        return;
    const std::uint32_t more = std::max(untilAligned(m_slots + from, sizeof(Slot)),
                                        untilAligned(m_cold + from, sizeof(ColdSlot)));
    const std::uint32_t end = from + more;
    if (end > m_slotsMax || !m_used.compare_exchange_strong(from, end, std::memory_order_acq_rel,
                                                            std::memory_order_relaxed))
        return; // somebody takes them this moment
    m_claimedTo = end;
    for (std::uint32_t index = from; index < end; ++index) {
        setGeneration(index, m_firstGeneration);
        free.add(index);
    }
}

/// Groups of which all slots are free.
void SlotTable::giveGroups(std::uint32_t from, std::uint32_t to) noexcept {
    if (from == to)
        return;
    for (std::uint32_t group = from; group < to; ++group) {
        std::uint32_t oldest = 0;
        for (std::uint32_t index = group * kGroup; index < (group + 1) * kGroup; ++index)
            oldest = std::max(oldest, m_generations[index].load(std::memory_order_relaxed));
        m_groups[group].generation.store(oldest, std::memory_order_relaxed);
    }
    const std::size_t first = std::size_t{from} * kGroup;
    const std::size_t end = std::size_t{to} * kGroup;
    discard(m_slots, first, end);
    discard(m_cold, first, end);
    discard(m_generations, first, end);
    discard(m_leaders, first, end);
    for (std::uint32_t group = to; group-- > from;)
        m_freeGroups.push(group, [&](std::uint32_t below) {
            m_groups[group].below.store(below, std::memory_order_relaxed);
        });
}

/// Free slots of a group in which others are in use: runs that cover whole pages of both kinds of
/// slots give these back. Returns: how many chains they are.
std::uint32_t SlotTable::giveSome(const FreeSlots& free, std::uint32_t group) noexcept {
    constexpr std::uint32_t kRun = kPage / sizeof(ColdSlot);
    static_assert(kRun == 64 && kRun * sizeof(Slot) % kPage == 0, "a word of the set is a run");
    std::uint32_t chains = 0;
    std::uint32_t chain = 0;
    std::uint32_t length = 0;
    const auto giveChain = [&] {
        if (chain == 0)
            return;
        pushChain(std::exchange(chain, 0));
        length = 0;
        ++chains;
    };
    for (std::uint32_t at = FreeSlots::kWordsOfGroup; at-- > 0;) {
        const std::uint32_t word =
            group * static_cast<std::uint32_t>(FreeSlots::kWordsOfGroup) + at;
        std::uint64_t bits = free.word(word);
        if (bits == 0)
            continue;
        const std::uint32_t first = word * kRun;
        if (bits == std::numeric_limits<std::uint64_t>::max()) {
            discard(m_slots, first, first + kRun);
            discard(m_cold, first, first + kRun);
        }
        while (bits != 0) {
            const auto highest = static_cast<std::uint32_t>(std::bit_width(bits)) - 1;
            bits &= ~(std::uint64_t{1} << highest);
            m_leaders[first + highest].store(chain, std::memory_order_relaxed);
            chain = first + highest + 1;
            if (++length == kChain)
                giveChain();
        }
    }
    giveChain();
    return chains;
}

} // namespace grove::runtime
