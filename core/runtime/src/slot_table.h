#pragma once

#include "index_stack.h"
#include "slot.h"

#include <grove/runtime/mutex.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace grove::runtime {

/// All slots of a runtime, in one reserved range of addresses, never unmapped.
///
/// Free slots travel in chains of at most kChain: each thread keeps two, the rest lies in a common
/// depot, so that spawning takes no lock. What links them lies where their group leaders were.
/// trimFree() gives the memory of free slots back to the system; a page comes back as zeroes, which
/// is a closed inbox. Of a group whose slots are all free nothing is left but the generation from
/// which they go on; its slots come to use again as the last ones.
///
/// Threads: any, with a cache of one's own.
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
        m_leaders[index].store(cache.first, std::memory_order_relaxed);
        cache.first = index + 1;
        ++cache.count;
    }
    /// Gives a thread's free slots back to all.
    void returnCache(Cache& cache) noexcept;
    /// How many chains lie in the depot; a moment's.
    [[nodiscard]] std::uint32_t spareChains() const noexcept {
        return m_spareChains.load(std::memory_order_relaxed);
    }
    /// Gives the memory of free slots back to the system: of at most `chainsMax` chains of the
    /// depot, which nobody has meanwhile. Returns: chains that could not be given back whole.
    std::uint32_t trimFree(std::uint32_t chainsMax) GROVE_EXCLUDES(m_trimMutex);

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
    /// The raw pid of the group leader of the process in a slot. Written by the owner of the slot,
    /// read by anyone: relaxed, it publishes nothing.
    [[nodiscard]] std::uint64_t leader(std::uint32_t index) const noexcept {
        return m_leaders[index].load(std::memory_order_relaxed);
    }
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
    /// What is known of a group that has no memory.
    struct Group {
        std::atomic<std::uint32_t> below{0};      // in m_freeGroups
        std::atomic<std::uint32_t> generation{0}; // of who has the group: relaxed
    };

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
    [[nodiscard]] bool takeGroup(Cache& cache) noexcept;
    std::uint32_t link(std::uint32_t from, std::uint32_t to) noexcept;

    class FreeSlots;
    void claimRestOfHugePage(FreeSlots& free) GROVE_REQUIRES(m_trimMutex);
    void giveGroups(std::uint32_t from, std::uint32_t to) noexcept;
    std::uint32_t giveSome(const FreeSlots& free, std::uint32_t group) noexcept;

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
    /// Held while slots are in no one's hands; who finds none waits for it.
    Mutex m_trimMutex;
    std::uint32_t m_claimedTo GROVE_GUARDED_BY(m_trimMutex) = 0; // by claimRestOfHugePage()
};

} // namespace grove::runtime
