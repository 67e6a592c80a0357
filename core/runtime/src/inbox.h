#pragma once

#include <grove/term/atomics.h>

#include <bit>
#include <cstdint>

namespace grove::runtime {

/// What push() did. Wake: the process was idle and now belongs to the pusher, who must schedule it.
enum class Pushed : std::uint8_t { Queued, Wake, Closed };

/// A process's inbox and state in one word: count:16 | pointer:48.
///
/// The pointer is kClosed (no process), kOwned (somebody owns the process, nothing new), kIdle (it
/// waits, nothing new), or the newest envelope (somebody owns it, or the pusher who replaced kIdle
/// does). The count is that of new messages modulo 2^16; push() reports each wrap.
///
/// Transitions: kClosed → kOwned by the spawner; kIdle → envelope by a pusher, who becomes the
/// owner; kOwned or envelope → newer envelope by any pusher; envelope → kOwned, kOwned → kIdle,
/// lone envelope → kIdle and anything → kClosed by the owner only. All but open() are
/// read-modify-writes of this one word, so no wake-up can be lost and no fence is needed. ABA does
/// no harm: a pusher only needs the head's value, and the owner frees a lone envelope only after
/// its step.
///
/// Threads: push() and count() from any; the rest from the owner. Node has `Node* next` and
/// `bool isMessage()`.
template <class Node, class Atomics> class BasicInbox {
public:
    static constexpr std::uint64_t kClosed = 0;
    static constexpr std::uint64_t kOwned = 1;
    static constexpr std::uint64_t kIdle = 2;
    static constexpr unsigned kCountShift = 48;
    static constexpr std::uint32_t kCrowd = 64; // messages: from here on, hints pay
    static constexpr std::uint64_t kPointerMask = (std::uint64_t{1} << kCountShift) - 1;

    struct Outcome {
        Pushed pushed;
        // The count has passed 65,535, which no Wake does: the pusher adds 65,536 to the overflow.
        bool wrapped;
    };

    [[nodiscard]] Outcome push(Node* node) noexcept {
        return push(node, [](const Node*, std::uint32_t) {});
    }
    /// `crowded(newest, count)` is called before the node goes behind a crowd: at least kCrowd
    /// messages, `count` modulo 2^16. A guess: others may come between. `newest` may be gone.
    template <class Crowded>
    [[nodiscard]] Outcome push(Node* node, const Crowded& crowded) noexcept {
        const bool counts = node->isMessage(); // once pushed, the node is the owner's
        // relaxed: a guess for the exchanges below.
        std::uint64_t word = m_word.load(std::memory_order_relaxed);
        if (word == kIdle) { // as a rule; the same as below, for less
            node->next = nullptr;
            if (m_word.compare_exchange_weak(
                    word, (std::uint64_t{counts} << kCountShift) | fromNode(node),
                    std::memory_order_acq_rel, std::memory_order_relaxed))
                return {Pushed::Wake, false};
        } else if (word >= std::uint64_t{kCrowd} << kCountShift) [[unlikely]] {
            crowded(toNode(word & kPointerMask), static_cast<std::uint32_t>(word >> kCountShift));
        }
        for (;;) {
            const std::uint64_t pointer = word & kPointerMask;
            if (pointer == kClosed)
                return {Pushed::Closed, false};
            node->next = pointer > kIdle ? toNode(pointer) : nullptr;
            // The count lies at the top of the word: what it carries over is dropped.
            const std::uint64_t wanted =
                ((word & ~kPointerMask) + (std::uint64_t{counts} << kCountShift)) | fromNode(node);
            // release publishes the node (pairs with the acquires of the owner); acquire: who
            // replaces kIdle sees all the last owner wrote (pairs with the release in goIdle()).
            if (m_word.compare_exchange_weak(word, wanted, std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) {
                if (pointer == kIdle) [[unlikely]]
                    return {Pushed::Wake, false}; // nothing was counted
                return {Pushed::Queued, counts && wanted >> kCountShift == 0};
            }
        }
    }

    struct Taken {
        Node* newest;          // and older ones behind it; null: nothing has come
        std::uint32_t counted; // messages among them modulo 2^16
    };
    [[nodiscard]] Taken takeAll() noexcept {
        // acquire: pairs with the release in push().
        const std::uint64_t word = m_word.exchange(kOwned, std::memory_order_acquire);
        const std::uint64_t pointer = word & kPointerMask;
        return {pointer > kIdle ? toNode(pointer) : nullptr,
                static_cast<std::uint32_t>(word >> kCountShift)};
    }
    /// Returns: the newest envelope, which stays, or null. acquire: pairs with push().
    [[nodiscard]] Node* peek() const noexcept {
        const std::uint64_t pointer = m_word.load(std::memory_order_acquire) & kPointerMask;
        return pointer > kIdle ? toNode(pointer) : nullptr;
    }
    /// Returns: false when something has come; the process is then still the caller's. After true
    /// the caller must not touch the process. release: pairs with the acquire in push().
    [[nodiscard]] bool goIdle() noexcept {
        std::uint64_t expected = kOwned;
        return m_word.compare_exchange_strong(expected, kIdle, std::memory_order_release,
                                              std::memory_order_relaxed);
    }
    /// The same while `lone`, already handled, is the only envelope: removes it, too.
    [[nodiscard]] bool goIdleFrom(Node* lone) noexcept {
        std::uint64_t expected =
            (lone->isMessage() ? std::uint64_t{1} << kCountShift : 0) | fromNode(lone);
        return m_word.compare_exchange_strong(expected, kIdle, std::memory_order_release,
                                              std::memory_order_relaxed);
    }
    /// Returns: the last envelopes, newest first. From now on pushes say Closed.
    [[nodiscard]] Node* close() noexcept {
        const std::uint64_t pointer =
            m_word.exchange(kClosed, std::memory_order_acq_rel) & kPointerMask;
        return pointer > kIdle ? toNode(pointer) : nullptr;
    }
    /// Makes a closed inbox the caller's. release: a pusher with a stale pid sees a whole slot.
    void open() noexcept { m_word.store(kOwned, std::memory_order_release); }

    /// New messages modulo 65,536, by any thread; a snapshot.
    [[nodiscard]] std::uint32_t count() const noexcept {
        return static_cast<std::uint32_t>(m_word.load(std::memory_order_relaxed) >> kCountShift);
    }
    [[nodiscard]] bool isClosed() const noexcept {
        return (m_word.load(std::memory_order_acquire) & kPointerMask) == kClosed;
    }

private:
    [[nodiscard]] static Node* toNode(std::uint64_t pointer) noexcept {
        return std::bit_cast<Node*>(pointer);
    }
    [[nodiscard]] static std::uint64_t fromNode(Node* node) noexcept {
        return std::bit_cast<std::uint64_t>(node);
    }

    typename Atomics::template Atomic<std::uint64_t> m_word{kClosed};
};

} // namespace grove::runtime
