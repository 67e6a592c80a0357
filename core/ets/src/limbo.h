#pragma once

#include "cell.h"
#include "node.h"

#include <deque>
#include <memory>
#include <vector>

namespace grove::ets {

/// What a writer has taken out of a tree while others may still look at it: freed in batches, when
/// nobody can any more.
///
/// Threads: the tree's writer. Bounds: what waits is at most a batch (64 things, or fewer when they
/// are large) beyond what pinned readers hold back.
class Limbo {
public:
    Limbo() = default;
    Limbo(const Limbo&) = delete;
    Limbo& operator=(const Limbo&) = delete;
    /// Requires: nobody looks any more.
    ~Limbo() = default;

    /// A Term's share.
    void take(Cell cell) {
        if (cell == 0)
            return;
        m_open.terms.push_back(adopt(cell));
        m_openWords += m_open.terms.back().flatWords() + 1;
        closeIfLarge();
    }
    /// A node's memory, not what it holds.
    void take(Node* node) {
        m_open.nodes.emplace_back(node);
        m_openWords += Node::bytesFor(node->count) / sizeof(Term);
        closeIfLarge();
    }

private:
    static constexpr std::size_t kBatch = 64;
    static constexpr std::size_t kBatchWords = 8'192;

    struct FreeNode {
        void operator()(Node* node) const noexcept { Node::freeMemory(node); }
    };
    struct Batch {
        std::vector<Term> terms;
        std::vector<std::unique_ptr<Node, FreeNode>> nodes;
        std::uint64_t freeFrom = 0; // may go when nobody is pinned below
    };

    void closeIfLarge() {
        if (m_open.terms.size() + m_open.nodes.size() >= kBatch || m_openWords >= kBatchWords)
            close();
    }
    void close();

    Batch m_open;
    std::size_t m_openWords = 0;
    std::deque<Batch> m_closed; // the oldest first
};

} // namespace grove::ets
