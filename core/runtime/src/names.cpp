#include "names.h"

#include <grove/term/atoms.h>

namespace grove::runtime {

NameTable::NameTable() = default;

NameTable::~NameTable() {
    for (auto& chunk : m_chunks)
        delete[] chunk.load(std::memory_order_relaxed);
}

NameTable::Cell& NameTable::ensureCell(Atom name) noexcept {
    std::atomic<Cell*>& chunk = m_chunks[name.index() / kChunk];
    Cell* cells = chunk.load(std::memory_order_acquire);
    if (cells == nullptr) {
        auto* const made = new Cell[kChunk]();
        if (chunk.compare_exchange_strong(cells, made, std::memory_order_acq_rel,
                                          std::memory_order_acquire))
            cells = made;
        else
            delete[] made;
    }
    return cells[name.index() % kChunk];
}

NameTable::Cell* NameTable::findCell(Atom name) const noexcept {
    Cell* const cells = m_chunks[name.index() / kChunk].load(std::memory_order_acquire);
    return cells == nullptr ? nullptr : &cells[name.index() % kChunk];
}

Registered NameTable::registerName(const SlotTable& slots, Atom name, Pid pid) noexcept {
    if (!slots.contains(pid))
        return Registered::NoProcess;
    return registerInWords(ensureCell(name), slots.cold(pid.index()).nameWord, pid.raw(),
                           pid.generation(), name.index());
}

std::optional<Pid> NameTable::unregisterName(const SlotTable& slots, Atom name) noexcept {
    Cell* const cell = findCell(name);
    if (cell == nullptr)
        return std::nullopt;
    const Pid pid = Pid::fromRaw(cell->load(std::memory_order_acquire));
    if (pid.isNone())
        return std::nullopt;
    if (!unregisterInWords(*cell, slots.cold(pid.index()).nameWord, pid.generation(), name.index()))
        return std::nullopt;
    return pid;
}

std::optional<Pid> NameTable::whereis(Atom name) const noexcept {
    const Cell* const cell = findCell(name);
    if (cell == nullptr)
        return std::nullopt;
    const Pid pid = Pid::fromRaw(cell->load(std::memory_order_acquire));
    return pid.isNone() ? std::nullopt : std::optional(pid);
}

std::vector<Atom> NameTable::registered() const {
    std::vector<Atom> names;
    for (std::size_t at = 0; at < m_chunks.size(); ++at) {
        const Cell* const cells = m_chunks[at].load(std::memory_order_acquire);
        for (std::uint32_t i = 0; cells != nullptr && i < kChunk; ++i) {
            if (cells[i].load(std::memory_order_acquire) != 0)
                names.push_back(Atom::fromIndex(static_cast<std::uint32_t>(at) * kChunk + i));
        }
    }
    return names;
}

void NameTable::open(ColdSlot& cold, std::uint32_t generation) noexcept {
    cold.nameWord.store(nameWordOf(generation, ColdSlot::kNoName), std::memory_order_release);
}

NameTable::Closed NameTable::close(ColdSlot& cold, Pid pid) noexcept {
    const std::uint64_t old = closeNameWord(cold.nameWord, pid.generation());
    const std::optional<Atom> name = nameIn(old);
    if (name)
        findCell(*name)->store(0, std::memory_order_release);
    return {.name = name, .hasOutsideHooks = (old & ColdSlot::kOutsideHooks) != 0};
}

bool NameTable::closeUnused(ColdSlot& cold, Pid pid) noexcept {
    std::uint64_t expected = nameWordOf(pid.generation(), ColdSlot::kNoName);
    return cold.nameWord.compare_exchange_strong(
        expected, nameWordOf(pid.generation(), ColdSlot::kNameClosed), std::memory_order_acq_rel,
        std::memory_order_relaxed);
}

bool NameTable::markHooked(ColdSlot& cold, Pid pid) noexcept {
    return markHookedInWord(cold.nameWord, pid.generation());
}

std::optional<Atom> NameTable::nameIn(std::uint64_t nameWord) noexcept {
    const auto number = nameNumberIn(nameWord);
    return number ? std::optional(Atom::fromIndex(*number)) : std::nullopt;
}

} // namespace grove::runtime
