#include "layout.h"

#include <grove/term/sliced_destruction.h>
#include <grove/term/spare_list.h>

#include <algorithm>
#include <limits>

namespace grove {

namespace detail {

/// Values that nobody holds any more, linked through their own headers (count and flatWords have no
/// use left), so that dying takes no memory and no stack.
struct Dying {
    void push(Header* header) noexcept {
        const auto bits = std::bit_cast<std::uint64_t>(m_first);
        header->count.store(static_cast<std::uint32_t>(bits), std::memory_order_relaxed);
        header->flatWords = static_cast<std::uint32_t>(bits >> 32);
        m_first = header;
    }
    [[nodiscard]] bool isEmpty() const noexcept { return m_first == nullptr; }

    /// Has nothing within that is counted, and is freed with what it was in.
    [[nodiscard]] static bool isLeaf(Header* header) noexcept {
        switch (header->kind) {
        case BoxedKind::Tuple:
            return header->flatWords == header->size + 1;
        case BoxedKind::Map:
            return header->flatWords == MapObject::ownWords(header->size) && !isNode(header);
        case BoxedKind::MapNode: {
            const auto* const node = static_cast<MapNode*>(header);
            return node->nodeMap == 0 && node->flatWords == node->ownWords();
        }
        case BoxedKind::Binary:
        case BoxedKind::Float:
        case BoxedKind::BigInt:
        case BoxedKind::Identifier:
            return true;
        default:
            return false;
        }
    }
    /// Frees a list of one value that needs no list of the dying, as lookups in tables answer.
    /// Returns: false, and nothing is done, for anything else.
    [[nodiscard, gnu::always_inline]] static bool freeShortList(Header* header) noexcept {
        auto* const cons = static_cast<ConsObject*>(header);
        if (header->kind != BoxedKind::Cons ||
            (!cons->tail.isNil() && TermAccess::isBoxed(cons->tail))) {
            return false;
        }
        if (TermAccess::isBoxed(cons->head)) {
            Header* const held = TermAccess::header(cons->head);
            if (held->kind != BoxedKind::Tuple || held->flatWords != held->size + 1) {
                return false;
            }
            if (dropOwner(held)) {
                auto* const tuple = static_cast<TupleObject*>(held);
                if (keepSpareList(cons, tuple)) {
                    return true;
                }
                release(held, sizeof(TupleObject) + held->size * sizeof(Term));
            }
        }
        release(cons, sizeof(ConsObject));
        return true;
    }
    /// Frees a value that is not on the list. Returns: how many steps it was.
    std::size_t freeNow(Header* header) noexcept {
        if (header->kind == BoxedKind::Cons) {
            auto* const cons = static_cast<ConsObject*>(header);
            give(cons->head);
            give(cons->tail);
            release(cons, sizeof(ConsObject));
            return 3;
        }
        // What lies in a leaf is not looked at: in a counter it may be no term (counter_word.h).
        if (isLeaf(header)) {
            release(header, bytesOf(header));
            return 1;
        }
        push(header);
        return freeFirst();
    }

    /// Each value and each element of a tuple or map is a step.
    void free(std::size_t steps) noexcept {
        while (!isEmpty() && steps > 0) {
            const std::size_t made = freeFirst();
            steps = steps > made ? steps - made : 0;
        }
    }

private:
    /// Of one value at a time; what is larger goes back on the list with a note how far it is, in
    /// place of its first element, which is gone by then.
    static constexpr std::size_t kElementsAtOnce = 256;

    [[nodiscard]] Header* pop() noexcept {
        Header* header = m_first;
        const std::uint64_t low = header->count.load(std::memory_order_relaxed);
        m_first = std::bit_cast<Header*>(static_cast<std::uint64_t>(header->flatWords) << 32 | low);
        return header;
    }

    [[gnu::always_inline]] void give(Term& child) noexcept {
        if (TermAccess::isBoxed(child)) {
            giveObject(std::bit_cast<Header*>(TermAccess::take(child)));
        }
    }
    void giveObject(Header* held) noexcept {
        if (dropOwner(held)) {
            isLeaf(held) ? release(held, bytesOf(held)) : push(held);
        }
    }

    /// Returns: how many steps it was.
    std::size_t freeFirst() noexcept {
        Header* header = pop();
        const std::span<Term> children = childrenOf(header);
        if (children.size() > kElementsAtOnce) [[unlikely]] {
            return freeSomeOf(header, children);
        }
        for (Term& child : children) {
            give(child);
        }
        release(header, bytesOf(header));
        return 1 + children.size();
    }

    /// The next elements of a large value.
    std::size_t freeSomeOf(Header* header, std::span<Term> children) noexcept {
        std::size_t start = 0;
        if (header->isHalfDead != 0) {
            start = static_cast<std::size_t>(TermAccess::smallInteger(children[0]));
        }
        const std::size_t end = std::min(children.size(), start + kElementsAtOnce);
        Term first = start == 0 ? std::move(children[0]) : Term();
        if (end < children.size()) {
            // Below its own children, which die before the next of it are looked at.
            header->isHalfDead = 1;
            children[0] = Term(end);
            push(header);
        }
        give(first);
        for (Term& child : children.subspan(start, end - start).subspan(start == 0 ? 1 : 0)) {
            give(child);
        }
        if (end == children.size()) {
            release(header, bytesOf(header));
        }
        return 1 + end - start;
    }

    Header* m_first = nullptr;
};

namespace {

/// What waits on this thread; null where nothing may wait. Read by functions that are never
/// inlined: a coroutine may go on on another thread.
constinit thread_local Dying* t_waiting = nullptr;

[[gnu::noinline]] Dying* waiting() noexcept {
    return t_waiting;
}

[[gnu::noinline]] void setWaiting(Dying* dying) noexcept {
    t_waiting = dying;
}

/// With each further value that dies while others wait: more than most have, so that what waits
/// gets less, and little enough that dropping a thousand values is no pause.
constexpr std::size_t kStepsWithBacklog = 64;
constexpr std::size_t kNoEnd = std::numeric_limits<std::size_t>::max();

} // namespace

namespace {

[[gnu::noinline]] void destroyOther(Header* header) noexcept {
    Dying* const later = waiting();
    const bool isAnyWaiting = later != nullptr && !later->isEmpty();
    if (!isAnyWaiting && Dying::isLeaf(header)) {
        return release(header, bytesOf(header));
    }
    if (later != nullptr) {
        const std::size_t steps =
            isAnyWaiting ? kStepsWithBacklog : SlicedDestruction::kStepsAtOnce;
        const std::size_t made = later->freeNow(header);
        later->free(steps > made ? steps - made : 0);
        return;
    }
    Dying dying;
    dying.freeNow(header);
    dying.free(kNoEnd);
}

} // namespace

// Not inlined by the linker either: most Terms that go are words, on the way of every message. A
// short list leaves nothing for later, so what waits need not be looked at.
[[gnu::noinline]] void destroyBoxed(Header* header) noexcept {
    if (!Dying::freeShortList(header)) {
        destroyOther(header);
    }
}

} // namespace detail

SlicedDestruction::SlicedDestruction() noexcept : m_dying(new detail::Dying) {
    GROVE_ASSERT(detail::waiting() == nullptr, "this thread destroys in slices already");
    detail::setWaiting(m_dying);
}

SlicedDestruction::~SlicedDestruction() noexcept {
    GROVE_ASSERT(detail::waiting() == m_dying, "destroyed on another thread");
    detail::setWaiting(nullptr);
    m_dying->free(detail::kNoEnd);
    delete m_dying;
}

SlicedDestruction::Freed SlicedDestruction::freeSome(std::size_t steps) noexcept {
    if (detail::Dying* const later = detail::waiting()) {
        later->free(steps);
    }
    return isAnythingLeft() ? Freed::MoreToDo : Freed::Everything;
}

bool SlicedDestruction::isActive() noexcept {
    return detail::waiting() != nullptr;
}

bool SlicedDestruction::isAnythingLeft() noexcept {
    const detail::Dying* const later = detail::waiting();
    return later != nullptr && !later->isEmpty();
}

} // namespace grove
