#pragma once

#include <grove/runtime/block.h>
#include <grove/runtime/cell.h>
#include <grove/term/alloc.h>
#include <grove/term/assert.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace grove::runtime {

/// A cell with 16 bits of its key's hash in front of the address, which has 48.
struct PackedCell {
    static constexpr unsigned kAddressBits = 48;
    [[nodiscard]] static std::uint64_t pack(Cell cell, std::uint32_t hash) noexcept {
        GROVE_ASSERT(cell >> kAddressBits == 0, "an address of more than 48 bits");
        return cell | std::uint64_t{hash >> 8 & 0xFFFF} << kAddressBits;
    }
    [[nodiscard]] static Cell cellOf(std::uint64_t packed) noexcept {
        return packed & ((std::uint64_t{1} << kAddressBits) - 1);
    }
    [[nodiscard]] static bool isOf(std::uint64_t packed, std::uint32_t hash) noexcept {
        return packed >> kAddressBits == (hash >> 8 & 0xFFFF);
    }
};

/// What a HashTable's line says of its slots in one word, so that one store puts an entry in or
/// takes it out: a byte of each entry's hash, which slots are taken, and whether the line's entries
/// have moved to the next array.
struct LineHead {
    static constexpr std::size_t kSlots = 6;
    static constexpr std::uint64_t kMoved = std::uint64_t{1} << 63;
    static constexpr std::uint64_t kTaken = std::uint64_t{0x3F} << 48;

    std::uint64_t word = 0;

    [[nodiscard]] bool isMoved() const noexcept { return (word & kMoved) != 0; }
    [[nodiscard]] bool isTaken(std::size_t slot) const noexcept {
        return (word >> (48 + slot) & 1) != 0;
    }
    [[nodiscard]] bool isFull() const noexcept { return (word & kTaken) == kTaken; }
    [[nodiscard]] std::size_t freeSlot() const noexcept {
        return static_cast<std::size_t>(std::countr_one(word >> 48));
    }
    [[nodiscard]] std::uint8_t tag(std::size_t slot) const noexcept {
        return static_cast<std::uint8_t>(word >> (8 * slot));
    }
    [[nodiscard]] LineHead with(std::size_t slot, std::uint32_t hash) const noexcept {
        const std::uint64_t others = word & ~(std::uint64_t{0xFF} << (8 * slot));
        return {others | std::uint64_t{hash & 0xFF} << (8 * slot) |
                std::uint64_t{1} << (48 + slot)};
    }
    [[nodiscard]] LineHead without(std::size_t slot) const noexcept {
        return {word & ~(std::uint64_t{1} << (48 + slot))};
    }

    /// The slots whose byte is that of a hash, the lowest first; some that are not may be among
    /// them, behind one that is.
    class Candidates {
    public:
        Candidates(LineHead head, std::uint32_t hash) noexcept {
            const std::uint64_t differences = head.word ^ (kOnes * (hash & 0xFF));
            m_bits = (differences - kOnes) & ~differences & (kOnes << 7);
        }
        [[nodiscard]] bool isEmpty() const noexcept { return m_bits == 0; }
        /// Requires: not empty.
        [[nodiscard]] std::size_t slot() const noexcept {
            return static_cast<std::size_t>(__builtin_ctzll(m_bits)) / 8;
        }
        void next() noexcept { m_bits &= m_bits - 1; }

    private:
        static constexpr std::uint64_t kOnes = 0x0000'0101'0101'0101;
        std::uint64_t m_bits;
    };
};

/// A cache line of entries. Entries keep their slot until they are taken out or their array is
/// replaced. More entries lie in the lines behind `next`, which are the first line's.
///
/// All are stored by the table's one writer with release and loaded by readers with acquire; a slot
/// before the head that says it is taken. The slot of an entry that was taken out keeps its word
/// until another is put in.
template <class Atomics> struct HashLine {
    using Word = typename Atomics::template Atomic<std::uint64_t>;
    Word head{0};
    std::array<Word, LineHead::kSlots> words{};
    typename Atomics::template Atomic<HashLine*> next{nullptr}; // set once
};

/// The lines of a hash table, by the upper bits of the hash: so lines are in the order of hashes in
/// an array of any size.
template <class Atomics> struct HashArray {
    using Line = HashLine<Atomics>;
    const unsigned bits;
    Line* const lines; // each on a cache line of its own
    const Block block; // where they lie
    const unsigned shift = 32 - bits;
    /// Where the entries of moved lines are. Stored by the writer before the first line says that
    /// it has moved (release), loaded by who has read that (acquire).
    typename Atomics::template Atomic<HashArray*> next{nullptr};

    [[nodiscard]] std::size_t size() const noexcept { return std::size_t{1} << bits; }
    [[nodiscard]] std::size_t indexOf(std::uint64_t hash) const noexcept { return hash >> shift; }
    /// The least hash of a line.
    [[nodiscard]] std::uint64_t beginOf(std::size_t index) const noexcept {
        return std::uint64_t{index} << shift;
    }
};

} // namespace grove::runtime
