#pragma once

#include <grove/runtime/block.h>
#include <grove/runtime/hash_line.h>

#include <compare>
#include <cstdint>
#include <new>
#include <vector>

namespace grove::runtime {

/// Entries by key, in lines of a few by the key's hash; readers take no lock and write nothing.
///
/// Threads: one writer at a time, any number of readers. A reader is pinned (epoch.h) from before
/// it asks until it has done with the answer. Owns: a share of each entry's cell.
///
/// Order: entries lie in the order of (hash, key), whatever the size of the array, so a walk goes
/// on behind any key, there or not, and meets each entry that is there all the time exactly once.
///
/// How it grows and shrinks: a change that makes it too full or too empty puts an array of twice or
/// half as many lines behind the present one; each change from then on moves a few lines, and the
/// last one puts the new array in the old one's place. A line that was moved says so to readers
/// that come to it, and stays as it was for those who are in it.
///
/// Rows says what cells are (see table_rows.h): `Probe` with a `hash`, `isAt(cell, probe)`,
/// `hashOf(cell)`, `order(cell, probe)` and `order(cell, cell)` for keys of one hash. Bin takes
/// what was taken out while others may look at it: `take(Cell)` and `take(Block)`.
template <class Atomics, class Rows, class Bin> class BasicHashTable {
public:
    using Line = HashLine<Atomics>;
    using Array = HashArray<Atomics>;
    using Probe = typename Rows::Probe;

    BasicHashTable(Rows rows, Bin& bin, unsigned bitsMin = 2) noexcept
        : m_rows(rows), m_bin(bin), m_bitsMin(bitsMin) {}
    BasicHashTable(const BasicHashTable&) = delete;
    BasicHashTable& operator=(const BasicHashTable&) = delete;
    /// Requires: takeAll() has been called.
    ~BasicHashTable() = default;

    // -- readers ----------------------------------------------------------------------------------
    /// An entry and its slot. Nothing where `line` is null.
    struct Place {
        Line* line = nullptr;
        std::size_t slot = 0;
        Cell cell = 0;
        [[nodiscard]] explicit operator bool() const noexcept { return line != nullptr; }
    };
    [[nodiscard, gnu::always_inline]] Place find(const Probe& probe) const noexcept {
        const Array* array = m_array.load(std::memory_order_acquire);
        if (array == nullptr)
            return {};
        Line* line = array->lines + array->indexOf(probe.hash);
        LineHead head{line->head.load(std::memory_order_acquire)};
        while (head.isMoved()) [[unlikely]] {
            array = array->next.load(std::memory_order_acquire);
            line = array->lines + array->indexOf(probe.hash);
            head.word = line->head.load(std::memory_order_acquire);
        }
        for (;;) {
            for (LineHead::Candidates some(head, probe.hash); !some.isEmpty(); some.next()) {
                const std::size_t slot = some.slot();
                const std::uint64_t packed = line->words[slot].load(std::memory_order_acquire);
                if (head.isTaken(slot) && PackedCell::isOf(packed, probe.hash) &&
                    m_rows.isAt(PackedCell::cellOf(packed), probe))
                    return {line, slot, PackedCell::cellOf(packed)};
            }
            line = line->next.load(std::memory_order_acquire);
            if (line == nullptr) [[likely]]
                return {};
            head.word = line->head.load(std::memory_order_acquire);
        }
    }

    /// The entry that is almost always the one of that hash, and always one of the table: whoever
    /// wants another, or gets 0, asks find(), which is longer.
    [[nodiscard, gnu::always_inline]] Cell guess(std::uint32_t hash) const noexcept {
        const Array* const array = m_array.load(std::memory_order_acquire);
        if (array == nullptr) [[unlikely]]
            return 0;
        const Line* const line = array->lines + array->indexOf(hash);
        const LineHead head{line->head.load(std::memory_order_acquire)};
        const LineHead::Candidates some(head, hash);
        if (some.isEmpty() || head.isMoved()) [[unlikely]]
            return 0;
        const std::size_t slot = some.slot();
        if (!head.isTaken(slot)) [[unlikely]]
            return 0;
        // A slot that was taken holds an entry, be it a later one.
        const Cell cell = PackedCell::cellOf(line->words[slot].load(std::memory_order_acquire));
        [[assume(cell != 0)]];
        return cell;
    }

    /// Has the line of a hash on its way here, for a look that comes soon.
    [[gnu::always_inline]] void fetchLine(std::uint32_t hash) const noexcept {
        if (const Array* const array = m_array.load(std::memory_order_acquire)) [[likely]]
            __builtin_prefetch(array->lines + array->indexOf(hash));
    }

    /// Appends the entries behind a key, or from the first on, in order: so many or more, or all
    /// that are left.
    void collectAfter(const Probe* probe, std::size_t wanted, std::vector<Cell>& to) const;
    /// The same in front of a key, or from the last one on, against the order.
    void collectBefore(const Probe* probe, std::size_t wanted, std::vector<Cell>& to) const;

    // -- the writer -------------------------------------------------------------------------------
    /// Puts a cell of the same key in an entry's place. Returns: the old one, the caller's from now
    /// on.
    [[nodiscard]] Cell exchange(const Place& place, Cell cell) {
        const std::uint64_t old = place.line->words[place.slot].load(std::memory_order_relaxed);
        place.line->words[place.slot].store(cell | (old ^ PackedCell::cellOf(old)),
                                            std::memory_order_release);
        return PackedCell::cellOf(old);
    }
    void replace(const Place& place, Cell cell) { m_bin.take(exchange(place, cell)); }
    /// Requires: the key is not there.
    void add(const Probe& probe, Cell cell);
    /// Requires: found since the last change.
    void remove(const Place& place);
    /// Takes everything out at once. The caller frees it (HashRubble) when nobody looks any more.
    [[nodiscard]] Array* takeAll() noexcept {
        m_count = 0;
        m_moved = 0;
        return m_array.exchange(nullptr, std::memory_order_acq_rel);
    }

    /// Takes everything out, one after the other.
    void clear();

    [[nodiscard]] static Array* makeArray(unsigned bits);
    static void freeArray(Array* array) noexcept;

private:
    static constexpr std::size_t kFull = 4;        // entries a line, when it grows
    static constexpr std::size_t kEmptyLines = 2;  // lines an entry, when it shrinks
    static constexpr std::size_t kMovedAtOnce = 4; // lines
    static constexpr unsigned kBitsMax = 31;

    struct Entry {
        std::uint32_t hash;
        Cell cell;
    };
    /// Where the entries of a hash are now.
    struct Stretch {
        Line* line;
        std::uint64_t begin; // hashes
        std::uint64_t end;
    };
    [[nodiscard]] Stretch stretchAt(std::uint64_t hash) const noexcept;
    template <class Wanted>
    void gather(const Line* line, Wanted&& isWanted, std::vector<Entry>& entries) const;
    void sort(std::vector<Entry>& entries) const;

    [[nodiscard]] std::uint32_t hashIn(const Array& array, std::size_t index, LineHead head,
                                       std::size_t slot, std::uint64_t packed) const noexcept;
    static void put(Line* line, std::uint32_t hash, std::uint64_t packed);
    /// After a change.
    [[gnu::always_inline]] void resizeIfNeeded() {
        const Array* const array = m_array.load(std::memory_order_relaxed);
        if (array->next.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
            return moveSome();
        const std::size_t lines = array->size();
        if (m_count > lines * kFull && array->bits < kBitsMax) [[unlikely]]
            return resize(array->bits + 1);
        if (m_count * kEmptyLines < lines && array->bits > m_bitsMin) [[unlikely]]
            resize(array->bits - 1);
    }
    void resize(unsigned bits);
    void moveSome();
    void moveLine(const Array& from, std::size_t index, const Array& to);

    const Rows m_rows;
    Bin& m_bin;
    const unsigned m_bitsMin;
    /// Null: empty. Stored by the writer with release, loaded by readers with acquire.
    typename Atomics::template Atomic<Array*> m_array{nullptr};
    // The writer's.
    std::size_t m_count = 0; // entries
    std::size_t m_moved = 0; // lines, from the first on
};

} // namespace grove::runtime

#include <grove/runtime/hash_table_changes.h> // IWYU pragma: export
#include <grove/runtime/hash_table_walks.h>   // IWYU pragma: export
