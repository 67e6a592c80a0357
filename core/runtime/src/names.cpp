#include "names.h"

#include <grove/term/atoms.h>

namespace grove::runtime {

namespace {

constexpr std::uint64_t word(std::uint32_t generation, std::uint32_t atom) noexcept {
    return std::uint64_t{generation} << 32 | atom;
}

} // namespace

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

NameTable::Registered NameTable::registerName(const SlotTable& slots, Atom name, Pid pid) noexcept {
    if (!slots.contains(pid))
        return Registered::NoProcess;
    Cell& cell = ensureCell(name);
    std::uint64_t nobody = 0;
    if (!cell.compare_exchange_strong(nobody, pid.raw(), std::memory_order_acq_rel,
                                      std::memory_order_relaxed))
        return Registered::NameTaken;
    std::uint64_t expected = word(pid.generation(), ColdSlot::kNoName);
    if (slots.cold(pid.index())
            .nameWord.compare_exchange_strong(expected, word(pid.generation(), name.index()),
                                              std::memory_order_acq_rel, std::memory_order_acquire))
        return Registered::Yes;
    cell.store(0, std::memory_order_release);
    const bool isAlive = expected >> 32 == pid.generation() &&
                         static_cast<std::uint32_t>(expected) != ColdSlot::kNameClosed;
    return isAlive ? Registered::HasName : Registered::NoProcess;
}

std::optional<Pid> NameTable::unregisterName(const SlotTable& slots, Atom name) noexcept {
    Cell* const cell = findCell(name);
    if (cell == nullptr)
        return std::nullopt;
    const Pid pid = Pid::fromRaw(cell->load(std::memory_order_acquire));
    if (pid.isNone())
        return std::nullopt;
    std::uint64_t expected = word(pid.generation(), name.index());
    if (!slots.cold(pid.index())
             .nameWord.compare_exchange_strong(expected, word(pid.generation(), ColdSlot::kNoName),
                                               std::memory_order_acq_rel,
                                               std::memory_order_relaxed))
        return std::nullopt; // being registered or released this moment
    cell->store(0, std::memory_order_release);
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
    cold.nameWord.store(word(generation, ColdSlot::kNoName), std::memory_order_release);
}

std::optional<Atom> NameTable::close(ColdSlot& cold, Pid pid) noexcept {
    const std::uint64_t old = cold.nameWord.exchange(word(pid.generation(), ColdSlot::kNameClosed),
                                                     std::memory_order_acq_rel);
    const std::optional<Atom> name = nameIn(old);
    if (name)
        findCell(*name)->store(0, std::memory_order_release);
    return name;
}

bool NameTable::closeUnused(ColdSlot& cold, Pid pid) noexcept {
    std::uint64_t expected = word(pid.generation(), ColdSlot::kNoName);
    return cold.nameWord.compare_exchange_strong(
        expected, word(pid.generation(), ColdSlot::kNameClosed), std::memory_order_acq_rel,
        std::memory_order_relaxed);
}

std::optional<Atom> NameTable::nameIn(std::uint64_t nameWord) noexcept {
    const auto atom = static_cast<std::uint32_t>(nameWord);
    if (atom == ColdSlot::kNoName || atom == ColdSlot::kNameClosed)
        return std::nullopt;
    return Atom::fromIndex(atom);
}

} // namespace grove::runtime
