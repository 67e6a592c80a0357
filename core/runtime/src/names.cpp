#include "names.h"

#include <grove/term/atoms.h>

namespace grove::runtime {

namespace {

constexpr std::uint64_t word(std::uint32_t generation, std::uint32_t atom) noexcept {
    return std::uint64_t{generation} << 32 | atom;
}

/// Replaces the name of a process that has `from`, whether or not it has hooks.
/// Returns: nothing when done, else the word that says otherwise.
std::optional<std::uint64_t> changeName(ColdSlot& cold, Pid pid, std::uint32_t from,
                                        std::uint32_t to) noexcept {
    const std::uint64_t plain = word(pid.generation(), from);
    std::uint64_t now = plain;
    for (;;) {
        const std::uint64_t hooks = now ^ plain;
        if (hooks != 0 && hooks != ColdSlot::kOutsideHooks)
            return now;
        if (cold.nameWord.compare_exchange_strong(now, word(pid.generation(), to) | hooks,
                                                  std::memory_order_acq_rel,
                                                  std::memory_order_acquire))
            return std::nullopt;
    }
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
    const auto other = changeName(slots.cold(pid.index()), pid, ColdSlot::kNoName, name.index());
    if (!other)
        return Registered::Yes;
    cell.store(0, std::memory_order_release);
    const bool isAlive = *other >> 32 == pid.generation() &&
                         static_cast<std::uint32_t>(*other) != ColdSlot::kNameClosed;
    return isAlive ? Registered::HasName : Registered::NoProcess;
}

std::optional<Pid> NameTable::unregisterName(const SlotTable& slots, Atom name) noexcept {
    Cell* const cell = findCell(name);
    if (cell == nullptr)
        return std::nullopt;
    const Pid pid = Pid::fromRaw(cell->load(std::memory_order_acquire));
    if (pid.isNone())
        return std::nullopt;
    if (changeName(slots.cold(pid.index()), pid, name.index(), ColdSlot::kNoName))
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

NameTable::Closed NameTable::close(ColdSlot& cold, Pid pid) noexcept {
    const std::uint64_t old = cold.nameWord.exchange(word(pid.generation(), ColdSlot::kNameClosed),
                                                     std::memory_order_acq_rel);
    const std::optional<Atom> name = nameIn(old);
    if (name)
        findCell(*name)->store(0, std::memory_order_release);
    return {.name = name, .hasOutsideHooks = (old & ColdSlot::kOutsideHooks) != 0};
}

bool NameTable::closeUnused(ColdSlot& cold, Pid pid) noexcept {
    std::uint64_t expected = word(pid.generation(), ColdSlot::kNoName);
    return cold.nameWord.compare_exchange_strong(
        expected, word(pid.generation(), ColdSlot::kNameClosed), std::memory_order_acq_rel,
        std::memory_order_relaxed);
}

bool NameTable::markHooked(ColdSlot& cold, Pid pid) noexcept {
    std::uint64_t now = cold.nameWord.load(std::memory_order_acquire);
    do {
        if (now >> 32 != pid.generation() ||
            static_cast<std::uint32_t>(now) == ColdSlot::kNameClosed)
            return false;
    } while (!cold.nameWord.compare_exchange_strong(
        now, now | ColdSlot::kOutsideHooks, std::memory_order_acq_rel, std::memory_order_acquire));
    return true;
}

std::optional<Atom> NameTable::nameIn(std::uint64_t nameWord) noexcept {
    const auto low = static_cast<std::uint32_t>(nameWord);
    const std::uint32_t atom = low & ~ColdSlot::kOutsideHooks;
    if (atom == ColdSlot::kNoName || low == ColdSlot::kNameClosed)
        return std::nullopt;
    return Atom::fromIndex(atom);
}

} // namespace grove::runtime
