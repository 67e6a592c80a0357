#pragma once

#include "index_stack.h"
#include "slot.h"

#include <grove/runtime/mutex.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace grove::runtime {

/// All slots of a runtime, in one reserved range of addresses, never unmapped.
///
/// Free slots travel in chains of at most kChain: each thread keeps two, the rest lies in a common
/// depot, so that spawning takes no lock. What links them lies where their group leaders were.
/// A trim gives the memory of free slots back to the system; a page comes back as zeroes, which is
/// a closed inbox. Of a group whose slots are all free nothing is left but the generation from
/// which they go on; its slots come to use again as the last ones. Where others are in use beside
/// them, pages are small from then on: the system would fill up a huge one again.
///
/// Threads: any, with a cache of one's own; one of them trims.
class SlotTable {
public:
    static constexpr std::uint32_t kChain = 64;
    /// Slots whose words fill whole pages in each of the tables.
    static constexpr std::uint32_t kGroup = 1'024;
    static constexpr std::uint32_t kGenerationMax = 0xFFFF'FFF0; // the slot is retired
    /// The free slots of one thread: up to two chains, each as index + 1 of its first; 0: none.
    struct Cache {
        std::uint32_t first = 0;
        std::uint32_t count = 0; // of that chain, or more
        std::uint32_t spare = 0; // a whole one
    };

    SlotTable(std::uint32_t slotsMax, std::uint32_t firstGeneration);
    ~SlotTable();
    SlotTable(const SlotTable&) = delete;
    SlotTable& operator=(const SlotTable&) = delete;

    /// Returns: the index of a free slot; nothing when all are in use.
    [[nodiscard]] std::optional<std::uint32_t> take(Cache& cache) noexcept {
        if (cache.first == 0 && !refill(cache)) [[unlikely]]
            return std::nullopt;
        const std::uint32_t index = cache.first - 1;
        cache.first = nextInChain(index);
        --cache.count;
        return index;
    }
    /// Gives a slot back. A slot whose generations are used up is retired. Requires: closed.
    void give(Cache& cache, std::uint32_t index) noexcept {
        if (m_generations[index].load(std::memory_order_relaxed) >= kGenerationMax) [[unlikely]]
            return;
        if (cache.count >= kChain) [[unlikely]]
            stow(cache);
        m_leaders[index].store(cache.first, std::memory_order_release); // see leader()
        cache.first = index + 1;
        ++cache.count;
    }
    /// Gives a thread's free slots back to all.
    void returnCache(Cache& cache) noexcept;
    /// How many chains lie in the depot; a moment's.
    [[nodiscard]] std::uint32_t spareChains() const noexcept {
        return m_spareChains.load(std::memory_order_relaxed);
    }
    /// Begins to give the memory of free slots back to the system: of at most `chainsMax` chains of
    /// the depot. Nobody has them meanwhile, but who finds no other gets some of them. Requires: no
    /// trim has begun that is not over.
    void beginTrim(std::uint32_t chainsMax) GROVE_EXCLUDES(m_trimMutex);
    /// A piece of it, less than a millisecond. Returns: chains that could not be given back whole,
    /// after the last piece. Requires: a trim has begun.
    [[nodiscard]] std::optional<std::uint32_t> trimSome() GROVE_EXCLUDES(m_trimMutex);

    [[nodiscard]] Slot& slot(std::uint32_t index) const noexcept { return m_slots[index]; }
    [[nodiscard]] ColdSlot& cold(std::uint32_t index) const noexcept { return m_cold[index]; }
    [[nodiscard]] ColdSlot& cold(const Slot& slot) const noexcept { return m_cold[indexOf(slot)]; }
    [[nodiscard]] std::uint32_t indexOf(const Slot& slot) const noexcept {
        return static_cast<std::uint32_t>(&slot - m_slots);
    }
    [[nodiscard]] Pid pidOf(const Slot& slot) const noexcept {
        return Pid::make(indexOf(slot), slot.generation);
    }
    /// The generation of the process in a slot, or of the next one; 0, which no process has, while
    /// the slot's group has no memory. Written by the owner of the slot (release) before the
    /// process can be seen and after it is gone; acquire pairs with it.
    [[nodiscard]] std::uint32_t generation(std::uint32_t index) const noexcept {
        return m_generations[index].load(std::memory_order_acquire);
    }
    void setGeneration(std::uint32_t index, std::uint32_t generation) noexcept {
        m_generations[index].store(generation, std::memory_order_release);
    }
    /// The raw pid of the group leader of the process in a slot, or what links a free slot. Written
    /// by the owner of the slot, read by anyone. acquire, with the release in give(): who has read
    /// a link finds another generation than that of the process that was there.
    [[nodiscard]] std::uint64_t leader(std::uint32_t index) const noexcept {
        return m_leaders[index].load(std::memory_order_acquire);
    }
    /// relaxed: an observer sees a process by its status, which is written later (release).
    void setLeader(std::uint32_t index, std::uint64_t leader) noexcept {
        m_leaders[index].store(leader, std::memory_order_relaxed);
    }
    /// Slots ever used are [0, used()).
    [[nodiscard]] std::uint32_t used() const noexcept {
        return std::min(m_used.load(std::memory_order_acquire), m_slotsMax);
    }
    /// There is a slot for it, used or not; one that was never used is closed.
    [[nodiscard]] bool reaches(Pid pid) const noexcept { return pid.index() < m_slotsMax; }
    [[nodiscard]] bool contains(Pid pid) const noexcept { return pid.index() < used(); }

private:
    using IndexStack = BasicIndexStack<StdAtomics>;
    enum class Memory : std::uint32_t { All, Some, None }; // what trims have left
    /// What is known of a group that has no memory.
    struct Group {
        std::atomic<std::uint32_t> below{0};      // in m_freeGroups
        std::atomic<std::uint32_t> generation{0}; // of who has the group: relaxed
        std::atomic<Memory> memory{Memory::All};  // for advice to the system: relaxed
    };
    /// A trim that is not over.
    struct Trim;

    // The leader's word of a free slot: next of its chain:32, low | chain below in the depot:32.
    // Each an index + 1. Who has the chain writes it; a pop may read it meanwhile.
    [[nodiscard]] std::uint32_t nextInChain(std::uint32_t index) const noexcept {
        return static_cast<std::uint32_t>(m_leaders[index].load(std::memory_order_relaxed));
    }
    [[nodiscard]] bool refill(Cache& cache) noexcept;
    [[nodiscard]] bool refillNow(Cache& cache) noexcept;
    void stow(Cache& cache) noexcept;
    void pushChain(std::uint32_t first) noexcept;
    [[nodiscard]] std::uint32_t popChain() noexcept; // index + 1; 0: none
    [[nodiscard]] bool takeFresh(Cache& cache) noexcept;
    [[nodiscard]] bool takeChain(Cache& cache) noexcept;
    [[nodiscard]] bool takeGroup(Cache& cache) noexcept GROVE_EXCLUDES(m_groupMutex);
    [[nodiscard]] bool takeGroupHere(Cache& cache) noexcept GROVE_REQUIRES(m_groupMutex);
    std::uint32_t link(std::uint32_t from, std::uint32_t to) noexcept;

    class FreeSlots;
    [[nodiscard]] bool gatherSome(Trim& trim) GROVE_REQUIRES(m_trimMutex);
    void claimRestOfHugePage(FreeSlots& free) GROVE_REQUIRES(m_trimMutex);
    void giveGroups(std::uint32_t from, std::uint32_t to) noexcept;
    std::uint32_t giveSome(FreeSlots& free, std::uint32_t group, Memory whole) noexcept;
    [[nodiscard]] bool giveOneBack() noexcept GROVE_REQUIRES(m_trimMutex);
    void adviseSystem() GROVE_REQUIRES(m_trimMutex);
    template <class Entry> void adviseOf(Entry* table, std::vector<bool>& areSmall);

    const std::uint32_t m_slotsMax;
    const std::uint32_t m_firstGeneration;
    std::size_t m_reservedBytes = 0;
    void* m_reserved = nullptr;
    Slot* m_slots = nullptr;
    ColdSlot* m_cold = nullptr;
    std::atomic<std::uint32_t>* m_generations = nullptr;
    std::atomic<std::uint64_t>* m_leaders = nullptr;
    Group* m_groups = nullptr;
    std::atomic<std::uint32_t> m_used{0};        // grows by fetch_add and compare-exchange
    IndexStack m_depot;                          // chains, by their first slot
    std::atomic<std::uint32_t> m_spareChains{0}; // in it; raised before, lowered after: relaxed
    IndexStack m_freeGroups;
    /// Held while somebody takes a group, whose other chains are in no one's hands for a moment;
    /// who finds none waits for it.
    Mutex m_groupMutex;
    Mutex m_trimMutex; // before m_groupMutex
    std::unique_ptr<Trim> m_trim GROVE_GUARDED_BY(m_trimMutex);
    std::uint32_t m_claimedTo GROVE_GUARDED_BY(m_trimMutex) = 0; // by claimRestOfHugePage()
    /// By the number of a huge page from the table's first whole one: whether small ones are to
    /// stand there.
    std::vector<bool> m_smallPages GROVE_GUARDED_BY(m_trimMutex);
    std::vector<bool> m_smallColdPages GROVE_GUARDED_BY(m_trimMutex);
};

} // namespace grove::runtime
