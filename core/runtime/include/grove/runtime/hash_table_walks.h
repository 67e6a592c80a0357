#pragma once

#include <grove/runtime/hash_table.h>

#include <algorithm>

/// The walks of hash_table.h.
namespace grove::runtime {

template <class Atomics, class Rows, class Bin>
auto BasicHashTable<Atomics, Rows, Bin>::stretchAt(std::uint64_t hash) const noexcept -> Stretch {
    const Array* array = m_array.load(std::memory_order_acquire);
    if (array == nullptr)
        return {};
    for (;;) {
        const std::size_t index = array->indexOf(hash);
        Line* const line = array->lines + index;
        if (!LineHead{line->head.load(std::memory_order_acquire)}.isMoved())
            return {line, array->beginOf(index), array->beginOf(index + 1)};
        array = array->next.load(std::memory_order_acquire);
    }
}

/// The hash is the key's own: what a line says of a slot may be of an entry that was there before.
template <class Atomics, class Rows, class Bin>
template <class Wanted>
void BasicHashTable<Atomics, Rows, Bin>::gather(const Line* line, Wanted&& isWanted,
                                                std::vector<Entry>& entries) const {
    for (; line != nullptr; line = line->next.load(std::memory_order_acquire)) {
        const LineHead head{line->head.load(std::memory_order_acquire)};
        for (std::size_t slot = 0; slot < LineHead::kSlots; ++slot) {
            if (!head.isTaken(slot))
                continue;
            const Cell cell = PackedCell::cellOf(line->words[slot].load(std::memory_order_acquire));
            const Entry entry{m_rows.hashOf(cell), cell};
            if (isWanted(entry))
                entries.push_back(entry);
        }
    }
}

/// A key that moved from slot to slot meanwhile counts once.
template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::sort(std::vector<Entry>& entries) const {
    std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
        return a.hash != b.hash ? a.hash < b.hash : m_rows.order(a.cell, b.cell) < 0;
    });
    const auto rest = std::ranges::unique(entries, [&](const Entry& a, const Entry& b) {
        return a.hash == b.hash && m_rows.order(a.cell, b.cell) == 0;
    });
    entries.erase(rest.begin(), rest.end());
}

template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::collectAfter(const Probe* probe, std::size_t wanted,
                                                      std::vector<Cell>& to) const {
    std::vector<Entry> entries;
    std::uint64_t from = probe == nullptr ? 0 : probe->hash;
    while (to.size() < wanted && from < std::uint64_t{1} << 32) {
        const Stretch stretch = stretchAt(from);
        if (stretch.line == nullptr)
            return;
        entries.clear();
        gather(
            stretch.line,
            [&](const Entry& entry) {
                return entry.hash >= from && (probe == nullptr || entry.hash != probe->hash ||
                                              m_rows.order(entry.cell, *probe) > 0);
            },
            entries);
        sort(entries);
        for (const Entry& entry : entries)
            to.push_back(entry.cell);
        from = stretch.end;
    }
}

template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::collectBefore(const Probe* probe, std::size_t wanted,
                                                       std::vector<Cell>& to) const {
    std::vector<Entry> entries;
    std::uint64_t end = probe == nullptr ? std::uint64_t{1} << 32 : probe->hash + std::uint64_t{1};
    while (to.size() < wanted && end > 0) {
        const Stretch stretch = stretchAt(end - 1);
        if (stretch.line == nullptr)
            return;
        entries.clear();
        gather(
            stretch.line,
            [&](const Entry& entry) {
                return entry.hash < end && (probe == nullptr || entry.hash != probe->hash ||
                                            m_rows.order(entry.cell, *probe) < 0);
            },
            entries);
        sort(entries);
        for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
            to.push_back(entry->cell);
        end = stretch.begin;
    }
}

} // namespace grove::runtime
