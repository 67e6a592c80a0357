#pragma once

#include <grove/term/atomics.h>

#include <cstdint>

namespace grove {

/// What push() found. `First` hands the pusher a duty, if its user defines one (say, waking the
/// owner).
enum class StackPushed : std::uint8_t { First, More };

/// A stack of intrusive nodes: many threads push, one owner takes everything at once.
///
/// `Node` has a member `Node* next`, which belongs to the stack from push() until takeAll() returns
/// it. Threads: push() and isEmpty() from any thread; takeAll() from the owner only. Order:
/// takeAll() returns the newest first. Bounds: none; it links what exists already.
///
/// An owner may sleep: it says so (seq_cst) and then asks isEmpty(); a pusher pushes and then asks
/// (seq_cst) whether it sleeps. In every order one of them sees the other.
template <class Node, class Atomics = StdAtomics> class TakeAllStack {
public:
    TakeAllStack() = default;
    TakeAllStack(const TakeAllStack&) = delete;
    TakeAllStack& operator=(const TakeAllStack&) = delete;

    /// Pushes the chain first → … → last (linked through `next`, last->next is overwritten).
    [[nodiscard]] StackPushed push(Node* first, Node* last) noexcept {
        // relaxed: only a guess for the exchange below, never followed.
        Node* head = m_head.load(std::memory_order_relaxed);
        do {
            last->next = head;
            // seq_cst: pairs with isEmpty(); as a release, which publishes the nodes, with
            // takeAll().
        } while (!m_head.compare_exchange_weak(head, first, std::memory_order_seq_cst,
                                               std::memory_order_relaxed));
        return head == nullptr ? StackPushed::First : StackPushed::More;
    }
    [[nodiscard]] StackPushed push(Node* node) noexcept { return push(node, node); }

    /// Returns: everything pushed so far, newest first, linked through `next`; null when there is
    /// nothing.
    [[nodiscard]] Node* takeAll() noexcept {
        // relaxed: an owner that misses a push sees it next time, and asks isEmpty() before it
        // sleeps; saves the locked instruction when empty.
        if (m_head.load(std::memory_order_relaxed) == nullptr)
            return nullptr;
        // acquire: pairs with push(). No ABA: the head is swapped for null, not for
        // a successor.
        return m_head.exchange(nullptr, std::memory_order_acquire);
    }

    /// May be out of date when it returns.
    [[nodiscard]] bool isEmpty() const noexcept {
        // seq_cst: pairs with push(), as said above.
        return m_head.load(std::memory_order_seq_cst) == nullptr;
    }

private:
    /// Null, or the newest node. Pushers replace it by their node (seq_cst), the owner by null
    /// (acquire).
    typename Atomics::template Atomic<Node*> m_head{nullptr};
};

} // namespace grove
