#pragma once

#include <grove/term/counter_word.h>
#include <grove/term/spare_pair.h>
#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>

/// A list of one tuple of words that a thread has freed, for each size of the tuple, as a
/// SparePair: looks in tables answer with such lists, and most are gone before the next look.
namespace grove::detail {

static_assert(sizeof(ConsObject) == SparePairs::kFirstBytes);

/// Keeps both for the next who wants as long a tuple. Returns: false, and nothing is done, where
/// there is one already, or they are not of use. Requires: a list of this tuple alone, of which
/// nobody has a share; words in the tuple.
[[nodiscard, gnu::always_inline]] inline bool keepSpareList(ConsObject* cons,
                                                            TupleObject* tuple) noexcept {
    SparePairs& spares = *t_sparePairs;
    const std::uint32_t size = tuple->size;
    if (size >= spares.sizes || tuple->flags != 0 || !cons->tail.isNil()) [[unlikely]]
        return false;
    SparePair& pair = spares.pairs[size];
    if (pair.first.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
        return false;
    cons->count.store(1, std::memory_order_relaxed);
    tuple->count.store(1, std::memory_order_relaxed);
    pair.second = tuple;
    pair.first.store(cons, std::memory_order_relaxed);
    hideSpare(tuple, sizeof(TupleObject) + size * sizeof(Term));
    hideSpare(cons, sizeof(ConsObject));
    return true;
}

/// Copies so many words from a tuple into that of a pair, and takes it. As takeSpareList().
template <class IsTrue>
[[nodiscard, gnu::always_inline]] inline ConsObject*
takeFilled(SparePair& pair, TupleObject* from, std::size_t size, IsTrue&& isTrue) noexcept {
    auto* const list = static_cast<ConsObject*>(pair.first.load(std::memory_order_relaxed));
    if (list == nullptr) [[unlikely]]
        return nullptr;
    auto* const source = reinterpret_cast<std::uint64_t*>(from->elements());
    const std::size_t tupleBytes = sizeof(TupleObject) + size * sizeof(Term);
    showSpare(pair.second, tupleBytes);
    auto* const target =
        reinterpret_cast<std::uint64_t*>(static_cast<TupleObject*>(pair.second)->elements());
    // A counter's number, the second of two, is written meanwhile: see counter_word.h.
    for (std::size_t index = 0; index < size; ++index)
        target[index] = std::atomic_ref(source[index]).load(std::memory_order_acquire);
    if ((size == 2 && isHeldWord(target[1])) || !isTrue()) [[unlikely]] {
        hideSpare(pair.second, tupleBytes);
        return nullptr;
    }
    showSpare(list, sizeof(ConsObject));
    pair.first.store(nullptr, std::memory_order_relaxed);
    return list;
}

/// The spare list with a copy of this tuple, whose only share is the caller's from now on. Null,
/// and it stays, where there is none with as long a tuple, where this one is a counter that is
/// held, and where `isTrue()`, which is asked when all is copied, says that what was copied is not
/// to be used. Requires: a tuple of immediate values.
template <class IsTrue>
[[nodiscard, gnu::always_inline]] inline ConsObject* takeSpareList(TupleObject* from,
                                                                   IsTrue&& isTrue) noexcept {
    SparePairs& spares = *t_sparePairs;
    const std::size_t size = from->size;
    if (size == 2) [[likely]]
        return takeFilled(spares.pairs[2], from, 2, isTrue);
    return size < spares.pairs.size() ? takeFilled(spares.pairs[size], from, size, isTrue)
                                      : nullptr;
}

} // namespace grove::detail
