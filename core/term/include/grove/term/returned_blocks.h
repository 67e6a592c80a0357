#pragma once

#include <grove/term/take_all_stack.h>

namespace grove {

/// What comes back to an owner that may sleep: a TakeAllStack that can be asked without being
/// taken.
///
/// Threads: send() and hasAny() from any thread; take() from the owner only.
template <class Node, class Atomics = StdAtomics> class ReturnedBlocks {
public:
    /// The chain first → … → last.
    void send(Node* first, Node* last) noexcept {
        static_cast<void>(m_stack.push(first, last));
        m_hasAny.exchange(true, std::memory_order_seq_cst);
    }
    /// Returns: everything sent so far, newest first; null when there is nothing.
    [[nodiscard]] Node* take() noexcept {
        // relaxed: an owner that misses a chain sees it next time.
        if (!m_hasAny.load(std::memory_order_relaxed))
            return nullptr;
        m_hasAny.exchange(false, std::memory_order_seq_cst);
        return m_stack.takeAll();
    }
    /// Whether something waits for take(), or was there a moment ago. An owner who says (seq_cst)
    /// that it sleeps and then asks, and somebody who asks after send() and then (seq_cst) whether
    /// it sleeps: in every order one of them sees the other.
    [[nodiscard]] bool hasAny() const noexcept { return m_hasAny.load(std::memory_order_seq_cst); }

private:
    TakeAllStack<Node, Atomics> m_stack;
    /// true: a chain was pushed since the owner has begun to take. Set by send() after its push,
    /// cleared by take() before it takes. All exchange, so take() sees the pushes of all whose true
    /// it has replaced.
    typename Atomics::template Atomic<bool> m_hasAny{false};
};

} // namespace grove
