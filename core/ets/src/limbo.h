#pragma once

#include "block.h"
#include "cell.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace grove::ets {

/// What a writer has taken out of a tree or a hash table while others may still look at it: freed
/// in batches, when nobody can any more.
///
/// Threads: the writer. Bounds: what waits is at most a batch (128 things, or fewer when they are
/// large) beyond what pinned readers hold back.
class Limbo {
public:
    Limbo() = default;
    Limbo(const Limbo&) = delete;
    Limbo& operator=(const Limbo&) = delete;
    /// Requires: nobody looks any more.
    ~Limbo();

    /// A Term's share.
    void take(Cell cell) {
        if (cell == 0)
            return;
        m_open.terms.push_back(adopt(cell));
        m_openWords += m_open.terms.back().flatWords() + 1;
        closeIfLarge();
    }
    /// Memory, not what it holds.
    void take(Block block) {
        m_open.blocks.push_back(block);
        m_openWords += block.bytes / sizeof(Term);
        closeIfLarge();
    }

private:
    static constexpr std::size_t kBatch = 128;
    static constexpr std::size_t kBatchWords = 8'192;

    struct Batch {
        std::vector<Term> terms;
        std::vector<Block> blocks;
        std::uint64_t freeFrom = 0; // may go when nobody is pinned below
        void free() noexcept;
    };

    void closeIfLarge() {
        if (m_open.terms.size() + m_open.blocks.size() >= kBatch || m_openWords >= kBatchWords)
            close();
    }
    void close();

    Batch m_open;
    Batch m_spare; // empty, with room
    std::size_t m_openWords = 0;
    std::deque<Batch> m_closed; // the oldest first
};

} // namespace grove::ets
