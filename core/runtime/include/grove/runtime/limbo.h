#pragma once

#include <grove/runtime/block.h>
#include <grove/runtime/cell.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace grove::runtime {

/// What was taken out of a structure together, while others could still look at it.
struct LimboBatch {
    std::vector<Term> terms;
    std::vector<Block> blocks;
    std::size_t termWords = 0;  // of all terms together
    std::uint64_t freeFrom = 0; // may go when nobody is pinned below
    LimboBatch* next = nullptr; // of what is left over

    void free() noexcept;
    /// How much work that is: one for each thing, for so many words of terms, and for so many
    /// bytes of a block.
    [[nodiscard]] std::size_t steps(std::size_t bytesAStep) const noexcept;
};

/// What a writer has taken out of a tree or a hash table while others may still look at it: freed
/// in batches, when nobody can any more.
///
/// A batch that somebody could look at when it was full is left over: whoever closes the next one
/// of the program frees it, or the next scheduler that looks up (freeLeftOver()). So nothing waits
/// for further changes but what is in the open batch.
///
/// Threads: the writer, who should not be pinned itself. Bounds: an open batch has fewer than 128
/// things and 64 KiB.
class Limbo {
public:
    Limbo() = default;
    Limbo(const Limbo&) = delete;
    Limbo& operator=(const Limbo&) = delete;
    /// Requires: nobody looks any more.
    ~Limbo() { m_open.free(); }

    /// A Term's share; nothing where the term is its word.
    void take(Cell cell) {
        if (isWord(cell))
            return;
        m_open.terms.push_back(adopt(cell));
        const std::size_t words = m_open.terms.back().flatWords() + 1;
        m_open.termWords += words;
        m_openWords += words;
        closeIfLarge();
    }
    /// Memory, not what it holds.
    void take(Block block) {
        m_open.blocks.push_back(block);
        m_openWords += block.bytes / sizeof(Term);
        closeIfLarge();
    }
    /// Frees what there is now if nobody looks at it, else as soon as that is so.
    void close();

private:
    static constexpr std::size_t kBatch = 128;
    static constexpr std::size_t kBatchWords = 8'192;

    void closeIfLarge() {
        if (m_open.terms.size() + m_open.blocks.size() >= kBatch || m_openWords >= kBatchWords)
            close();
    }

    LimboBatch m_open;
    std::size_t m_openWords = 0;
};

/// Whether batches are left over, of any Limbo of the program. Threads: any.
[[nodiscard]] bool isAnythingLeftOver() noexcept;
/// Frees those that nobody looks at any more, but no more than takes about a millisecond. Costs a
/// barrier (see epoch.h), so not more often than once a millisecond. Threads: any.
void freeLeftOver() noexcept;

} // namespace grove::runtime
