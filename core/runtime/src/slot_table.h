#pragma once

#include "slot.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace grove::runtime {

/// All slots of a runtime, in one reserved range of addresses, never unmapped.
///
/// Free slots travel in magazines: each thread keeps some, the rest lies in a common depot, so that
/// spawning takes no lock. Generations lie apart, so that trimFree() can give the memory of whole
/// free pages back to the system; a page comes back as zeroes, which is a closed inbox.
///
/// Threads: any, with a cache of one's own.
class SlotTable {
public:
    static constexpr std::uint32_t kMagazineMax = 64;
    static constexpr std::uint32_t kGenerationMax = 0xFFFF'FFF0; // the slot is retired
    struct Magazine {
        std::atomic<std::uint32_t> next{0}; // index + 1 in a MagazineStack; relaxed, see there
        std::uint32_t count = 0;
        std::array<std::uint32_t, kMagazineMax> slots{};
    };
    /// The free slots of one thread.
    struct Cache {
        Magazine* full = nullptr; // also half full; null: none
    };

    SlotTable(std::uint32_t slotsMax, std::uint32_t firstGeneration);
    ~SlotTable();
    SlotTable(const SlotTable&) = delete;
    SlotTable& operator=(const SlotTable&) = delete;

    /// Returns: the index of a free slot; nothing when all are in use.
    [[nodiscard]] std::optional<std::uint32_t> take(Cache& cache) noexcept;
    /// Gives a slot back. A slot whose generations are used up is retired. Requires: closed.
    void give(Cache& cache, std::uint32_t index) noexcept;
    /// Gives a thread's free slots back to all.
    void returnCache(Cache& cache) noexcept;
    /// Gives whole free pages back to the system, a slice at a time. One thread at a time.
    /// Returns: whether there may be more to do.
    bool trimFree();

    [[nodiscard]] Slot& slot(std::uint32_t index) const noexcept { return m_slots[index]; }
    [[nodiscard]] ColdSlot& cold(std::uint32_t index) const noexcept { return m_cold[index]; }
    [[nodiscard]] ColdSlot& cold(const Slot& slot) const noexcept { return m_cold[indexOf(slot)]; }
    [[nodiscard]] std::uint32_t indexOf(const Slot& slot) const noexcept {
        return static_cast<std::uint32_t>(&slot - m_slots);
    }
    [[nodiscard]] Pid pidOf(const Slot& slot) const noexcept {
        return Pid::make(indexOf(slot), slot.generation);
    }
    /// The generation of the process in a slot, or of the next one. Written by the owner of the
    /// slot (release) before the process can be seen and after it is gone; acquire pairs with it.
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
    /// A stack of magazines by index, which lie at fixed places for ever. The head is change:32 |
    /// index + 1:32; the count of changes keeps a pop from mistaking a magazine that was taken and
    /// came back (it would have to come back after exactly 2^32 changes). push: release, pop:
    /// acquire.
    struct MagazineStack {
        std::atomic<std::uint64_t> head{0};
    };
    [[nodiscard]] Magazine* pop(MagazineStack& stack) noexcept;
    void push(MagazineStack& stack, Magazine* magazine) noexcept;
    [[nodiscard]] Magazine* emptyMagazine() noexcept;
    void fillFresh(Cache& cache) noexcept;

    const std::uint32_t m_slotsMax;
    const std::uint32_t m_firstGeneration;
    std::uint32_t m_magazinesMax = 0;
    std::size_t m_reservedBytes = 0;
    void* m_reserved = nullptr;
    Slot* m_slots = nullptr;
    ColdSlot* m_cold = nullptr;
    std::atomic<std::uint32_t>* m_generations = nullptr;
    std::atomic<std::uint64_t>* m_leaders = nullptr;
    std::atomic<std::uint32_t> m_used{0}; // grows by fetch_add
    Magazine* m_magazines = nullptr;
    std::atomic<std::uint32_t> m_magazinesUsed{0};
    MagazineStack m_depot;   // with free slots
    MagazineStack m_trimmed; // with free slots whose pages went back where they could; used last
    MagazineStack m_empties; // without
};

} // namespace grove::runtime
