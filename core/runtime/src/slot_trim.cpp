// Giving the memory of free slots back to the system.

#include "slot_trim.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <bit>
#include <sys/mman.h>

namespace grove::runtime {

namespace {

// Of one piece. Each slot in a chain may be a line of memory to fetch; a group has 51 pages.
constexpr std::uint32_t kChainsAtOnce = 64;
constexpr std::uint32_t kGroupsAtOnce = 32;

/// The entries [from, to) of a table, which cover whole pages, become zeroes without memory.
template <class Entry> void discard(Entry* table, std::size_t from, std::size_t to) noexcept {
    madvise(static_cast<void*>(table + from), (to - from) * sizeof(Entry), MADV_DONTNEED);
}

} // namespace

void SlotTable::beginTrim(std::uint32_t chainsMax) {
    const Lock lock(m_trimMutex);
    GROVE_ASSERT(m_trim == nullptr, "one trim after the other");
    m_trim = std::make_unique<Trim>(
        Trim{.free = FreeSlots(used()), .chainsLeft = std::min(chainsMax, spareChains())});
}

std::optional<std::uint32_t> SlotTable::trimSome() {
    const Lock lock(m_trimMutex);
    GROVE_ASSERT(m_trim != nullptr, "a trim begins first");
    Trim& trim = *m_trim;
    if (trim.isGathering) {
        trim.isGathering = gatherSome(trim);
        return std::nullopt;
    }
    // The lowest come to lie on top, so that use stays together.
    const std::uint32_t end = trim.group - std::min(trim.group, kGroupsAtOnce);
    std::uint32_t whole = 0; // groups above that are whole, side by side
    while (trim.group > end) {
        const std::uint32_t group = --trim.group;
        if (trim.free.hasAll(group)) {
            ++whole;
            continue;
        }
        giveGroups(group + 1, group + 1 + std::exchange(whole, 0));
        trim.kept += giveSome(trim.free, group, Memory::Some);
    }
    giveGroups(end, end + whole);
    if (end != 0)
        return std::nullopt;
    const std::uint32_t kept = trim.kept;
    m_trim.reset();
    adviseSystem();
    return kept;
}

/// Returns: false when that was all.
bool SlotTable::gatherSome(Trim& trim) {
    for (std::uint32_t taken = 0; taken < kChainsAtOnce; ++taken) {
        std::uint32_t number = trim.chainsLeft != 0 ? popChain() : 0;
        if (number == 0) {
            claimRestOfHugePage(trim.free);
            trim.group = trim.free.groups();
            return false;
        }
        --trim.chainsLeft;
        for (; number != 0; number = nextInChain(number - 1))
            trim.free.add(number - 1);
        trim.lowest = 0;
    }
    return true;
}

/// Somebody needs slots that are in the hands of the trim. Returns: false when there are none.
bool SlotTable::giveOneBack() noexcept {
    if (m_trim == nullptr)
        return false;
    Trim& trim = *m_trim;
    const std::uint32_t end = trim.isGathering ? trim.free.groups() : trim.group;
    while (trim.lowest < end && !trim.free.hasAny(trim.lowest))
        ++trim.lowest;
    if (trim.lowest >= end)
        return false;
    trim.kept += giveSome(trim.free, trim.lowest, Memory::All);
    return true;
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
        m_groups[group].memory.store(Memory::None, std::memory_order_relaxed);
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

/// Free slots of a group in which others are in use go back to the depot. Runs that cover whole
/// pages of both kinds of slots leave these to the system unless `left` is All. Returns: how many
/// chains they are.
std::uint32_t SlotTable::giveSome(FreeSlots& free, std::uint32_t group, Memory left) noexcept {
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
        std::uint64_t bits = free.take(word);
        if (bits == 0)
            continue;
        const std::uint32_t first = word * kRun;
        if (left == Memory::Some && bits == std::numeric_limits<std::uint64_t>::max()) {
            m_groups[group].memory.store(Memory::Some, std::memory_order_relaxed);
            discard(m_slots, first, first + kRun);
            discard(m_cold, first, first + kRun);
        }
        while (bits != 0) {
            const auto highest = static_cast<std::uint32_t>(std::bit_width(bits)) - 1;
            bits &= ~(std::uint64_t{1} << highest);
            m_leaders[first + highest].store(chain, std::memory_order_release); // leader()
            chain = first + highest + 1;
            if (++length == kChain)
                giveChain();
        }
    }
    giveChain();
    return chains;
}

/// A huge page of which the system has a part back would be filled up again: the system makes huge
/// pages of small ones in the background. One that is empty may be filled at once when it is used.
void SlotTable::adviseSystem() {
    adviseOf(m_slots, m_smallPages);
    adviseOf(m_cold, m_smallColdPages);
}

template <class Entry> void SlotTable::adviseOf(Entry* table, std::vector<bool>& areSmall) {
    constexpr std::size_t kGroupBytes = kGroup * sizeof(Entry);
    const std::size_t groups = (used() + kGroup - 1) / kGroup;
    const std::size_t begin = bytesOnSmallPages(table);
    for (std::size_t page = 0; begin + (page + 1) * kHugePage <= m_slotsMax * sizeof(Entry);
         ++page) {
        const std::size_t from = begin + page * kHugePage;
        const std::size_t first = from / kGroupBytes;
        const std::size_t last = (from + kHugePage - 1) / kGroupBytes;
        if (first >= groups)
            return;
        bool isTrimmed = false;
        bool isEmpty = true;
        for (std::size_t group = first; group <= last; ++group) {
            const Memory memory = group < groups
                                      ? m_groups[group].memory.load(std::memory_order_relaxed)
                                      : Memory::None;
            isTrimmed = isTrimmed || (group < groups && memory != Memory::All);
            isEmpty = isEmpty && memory == Memory::None;
        }
        if (page >= areSmall.size())
            areSmall.resize(page + 1);
        const bool wantsSmall = isTrimmed ? !isEmpty : areSmall[page];
        if (wantsSmall == areSmall[page])
            continue;
        areSmall[page] = wantsSmall;
        madvise(reinterpret_cast<char*>(table) + from, kHugePage,
                wantsSmall ? MADV_NOHUGEPAGE : MADV_HUGEPAGE); // advice: works without
    }
}

} // namespace grove::runtime
