#pragma once

#include "name_words.h"
#include "slot_table.h"

#include <array>
#include <atomic>
#include <optional>
#include <vector>

namespace grove::runtime {

/// Who is registered under which atom: an array by the atom's number, in chunks made when first
/// needed.
///
/// Threads: any. Looking up is two loads; nothing here takes a lock.
/// Invariant: a name's cell holds a pid only between a register that set it and the release by
/// whoever takes ColdSlot::nameWord back; the cell is set before the process's word and cleared
/// after it, so a process that ends clears the cell it is in.
class NameTable {
public:
    NameTable();
    ~NameTable();
    NameTable(const NameTable&) = delete;
    NameTable& operator=(const NameTable&) = delete;

    using Registered = runtime::Registered;
    [[nodiscard]] Registered registerName(const SlotTable& slots, Atom name, Pid pid) noexcept;
    /// Returns: who had the name.
    std::optional<Pid> unregisterName(const SlotTable& slots, Atom name) noexcept;
    [[nodiscard]] std::optional<Pid> whereis(Atom name) const noexcept;
    [[nodiscard]] std::vector<Atom> registered() const;
    /// By the owner of a process: its cold slot gets a word for a new generation.
    static void open(ColdSlot& cold, std::uint32_t generation) noexcept;
    /// By the owner of a dying process: no name and no hooks from outside from now on.
    /// Returns: the name it had, and whether there are hooks.
    struct Closed {
        std::optional<Atom> name;
        bool hasOutsideHooks = false;
    };
    Closed close(ColdSlot& cold, Pid pid) noexcept;
    /// The same for a process that has neither. Returns: false when it has one, which then stays.
    [[nodiscard]] static bool closeUnused(ColdSlot& cold, Pid pid) noexcept;
    /// Notes that a process has exit hooks from outside.
    /// Returns: false when it is closed or another process has the slot.
    [[nodiscard]] static bool markHooked(ColdSlot& cold, Pid pid) noexcept;
    [[nodiscard]] static std::optional<Atom> nameIn(std::uint64_t nameWord) noexcept;

private:
    static constexpr std::uint32_t kChunk = 4'096;
    /// The raw pid of who has the name; 0: nobody. 0 → pid by compare-exchange, by register (as a
    /// release it pairs with the acquire in whereis()); pid → 0 by a store (release), by whoever
    /// took the name out of the process's word: unregister, close, or the register that found the
    /// process gone or named.
    using Cell = std::atomic<std::uint64_t>;

    [[nodiscard]] Cell& ensureCell(Atom name) noexcept;
    [[nodiscard]] Cell* findCell(Atom name) const noexcept;

    /// Made when first needed; published by compare-exchange (release), read with acquire.
    std::array<std::atomic<Cell*>, Atom::kTableMax / kChunk> m_chunks{};
};

} // namespace grove::runtime
