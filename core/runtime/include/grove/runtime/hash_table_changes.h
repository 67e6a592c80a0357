#pragma once

#include <grove/runtime/hash_table.h>

/// The writer's part of hash_table.h.
namespace grove::runtime {

template <class Atomics, class Rows, class Bin>
auto BasicHashTable<Atomics, Rows, Bin>::makeArray(unsigned bits) -> Array* {
    // A line is all zero where it is empty.
    const Block block = Block::makeZeroed((sizeof(Line) << bits) + 63);
    return ::new (allocate(sizeof(Array))) Array{bits, static_cast<Line*>(block.onLine()), block};
}

template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::freeArray(Array* array) noexcept {
    array->block.free();
    release(array, sizeof(Array));
}

/// Puts an entry where there is room in a line or behind it.
template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::put(Line* line, std::uint32_t hash, std::uint64_t packed) {
    for (;;) {
        const LineHead head{line->head.load(std::memory_order_relaxed)};
        if (!head.isFull()) {
            const std::size_t slot = head.freeSlot();
            line->words[slot].store(packed, std::memory_order_release);
            line->head.store(head.with(slot, hash).word, std::memory_order_release);
            return;
        }
        Line* const next = line->next.load(std::memory_order_relaxed);
        if (next != nullptr) {
            line = next;
            continue;
        }
        Line* const made = ::new (allocate(sizeof(Line))) Line;
        made->words[0].store(packed, std::memory_order_relaxed);
        made->head.store(LineHead().with(0, hash).word, std::memory_order_relaxed);
        line->next.store(made, std::memory_order_release);
        return;
    }
}

template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::add(const Probe& probe, Cell cell) {
    if (m_array.load(std::memory_order_relaxed) == nullptr)
        m_array.store(makeArray(m_bitsMin), std::memory_order_release);
    put(stretchAt(probe.hash).line, probe.hash, PackedCell::pack(cell, probe.hash));
    ++m_count;
    resizeIfNeeded();
}

template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::remove(const Place& place) {
    const LineHead head{place.line->head.load(std::memory_order_relaxed)};
    place.line->head.store(head.without(place.slot).word, std::memory_order_release);
    m_bin.take(place.cell);
    --m_count;
    resizeIfNeeded();
}

template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::resize(unsigned bits) {
    m_array.load(std::memory_order_relaxed)->next.store(makeArray(bits), std::memory_order_release);
    m_moved = 0;
}

template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::moveSome() {
    Array* const from = m_array.load(std::memory_order_relaxed);
    Array* const to = from->next.load(std::memory_order_relaxed);
    // Two lines that become one are moved together: nobody sees one half in both.
    for (std::size_t i = 0; i < kMovedAtOnce && m_moved < from->size(); i += 2) {
        const std::size_t count = from->size() > 1 ? 2 : 1;
        for (std::size_t line = m_moved; line < m_moved + count; ++line)
            moveLine(*from, line, *to);
        for (std::size_t line = m_moved; line < m_moved + count; ++line) {
            Line& moved = from->lines[line];
            moved.head.store(moved.head.load(std::memory_order_relaxed) | LineHead::kMoved,
                             std::memory_order_release);
        }
        for (std::size_t line = m_moved; line < m_moved + count; ++line)
            for (Line* each = from->lines[line].next.load(std::memory_order_relaxed);
                 each != nullptr;) {
                Line* const next = each->next.load(std::memory_order_relaxed);
                m_bin.take(Block{each, sizeof(Line)}); // perhaps freed by now
                each = next;
            }
        m_moved += count;
    }
    if (m_moved < from->size())
        return;
    m_array.store(to, std::memory_order_release);
    m_bin.take(from->block);
    m_bin.take(Block{from, sizeof(Array)});
}

/// Copies a line's entries, which nobody changes meanwhile, to where nobody looks yet.
template <class Atomics, class Rows, class Bin>
void BasicHashTable<Atomics, Rows, Bin>::moveLine(const Array& from, std::size_t index,
                                                  const Array& to) {
    for (const Line* line = from.lines + index; line != nullptr;
         line = line->next.load(std::memory_order_relaxed)) {
        const LineHead head{line->head.load(std::memory_order_relaxed)};
        for (std::size_t slot = 0; slot < LineHead::kSlots; ++slot) {
            if (!head.isTaken(slot))
                continue;
            const std::uint64_t packed = line->words[slot].load(std::memory_order_relaxed);
            const std::uint32_t hash = hashIn(from, index, head, slot, packed);
            put(to.lines + to.indexOf(hash), hash, packed);
        }
    }
}

/// An entry's hash: 24 bits lie beside it, and the place of its line says the rest, but in small
/// tables.
template <class Atomics, class Rows, class Bin>
std::uint32_t BasicHashTable<Atomics, Rows, Bin>::hashIn(const Array& array, std::size_t index,
                                                         LineHead head, std::size_t slot,
                                                         std::uint64_t packed) const noexcept {
    if (array.bits < 8)
        return m_rows.hashOf(PackedCell::cellOf(packed));
    return static_cast<std::uint32_t>(array.beginOf(index) |
                                      (packed >> PackedCell::kAddressBits) << 8 | head.tag(slot));
}

template <class Atomics, class Rows, class Bin> void BasicHashTable<Atomics, Rows, Bin>::clear() {
    Array* array = takeAll();
    while (array != nullptr) {
        for (std::size_t index = 0; index < array->size(); ++index) {
            Line* line = array->lines + index;
            if (LineHead{line->head.load(std::memory_order_relaxed)}.isMoved())
                continue; // what it had is in the next array or was taken
            for (Line* each = line; each != nullptr;) {
                const LineHead head{each->head.load(std::memory_order_relaxed)};
                for (std::size_t slot = 0; slot < LineHead::kSlots; ++slot)
                    if (head.isTaken(slot))
                        m_bin.take(
                            PackedCell::cellOf(each->words[slot].load(std::memory_order_relaxed)));
                Line* const next = each->next.load(std::memory_order_relaxed);
                if (each != line)
                    m_bin.take(Block{each, sizeof(Line)});
                each = next;
            }
        }
        Array* const next = array->next.load(std::memory_order_relaxed);
        m_bin.take(array->block);
        m_bin.take(Block{array, sizeof(Array)});
        array = next;
    }
}

/// What was taken out of a hash table and nobody looks at any more: freed in slices. `drop(cell)`
/// takes a cell's share back.
template <class Table> class HashRubble {
public:
    using Array = typename Table::Array;
    using Line = typename Table::Line;
    explicit HashRubble(Array* array = nullptr) noexcept : m_array(array) {}
    HashRubble(HashRubble&& other) noexcept
        : m_array(std::exchange(other.m_array, nullptr)), m_line(std::exchange(other.m_line, 0)) {}
    HashRubble& operator=(HashRubble&& other) noexcept {
        std::swap(m_array, other.m_array);
        std::swap(m_line, other.m_line);
        return *this;
    }
    /// Requires: all was freed.
    ~HashRubble() = default;

    [[nodiscard]] bool isEmpty() const noexcept { return m_array == nullptr; }
    /// Frees about so many entries and lines.
    template <class Drop> void free(std::size_t entries, Drop&& drop) {
        while (m_array != nullptr && entries > 0) {
            const std::size_t freed = freeLine(m_array->lines + m_line, drop);
            entries -= freed < entries ? freed : entries;
            if (++m_line < m_array->size())
                continue;
            Array* const next = m_array->next.load(std::memory_order_relaxed);
            Table::freeArray(std::exchange(m_array, next));
            m_line = 0;
        }
    }

private:
    template <class Drop> std::size_t freeLine(Line* first, Drop&& drop) {
        std::size_t freed = 1;
        if (LineHead{first->head.load(std::memory_order_relaxed)}.isMoved())
            return freed; // its entries are in the next array, and its other lines were taken
        for (Line* line = first; line != nullptr;) {
            const LineHead head{line->head.load(std::memory_order_relaxed)};
            for (std::size_t slot = 0; slot < LineHead::kSlots; ++slot) {
                if (!head.isTaken(slot))
                    continue;
                drop(PackedCell::cellOf(line->words[slot].load(std::memory_order_relaxed)));
                ++freed;
            }
            Line* const next = line->next.load(std::memory_order_relaxed);
            if (line != first)
                release(line, sizeof(Line));
            line = next;
        }
        return freed;
    }

    Array* m_array;
    std::size_t m_line = 0;
};

} // namespace grove::runtime
