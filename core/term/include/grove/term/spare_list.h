#pragma once

#include <grove/term/counter_word.h>
#include <grove/term/spare_pair.h>
#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>

/// The last list of one tuple of words that a thread has freed, as a SparePair: looks in tables
/// answer with such lists, and most are gone before the next look.
namespace grove::detail {

#if defined(GROVE_SYSTEM_MEMORY)

[[nodiscard]] inline bool mayHaveSpareList() noexcept {
    return false;
}
[[nodiscard]] inline bool keepSpareList(ConsObject*, TupleObject*) noexcept {
    return false;
}
[[nodiscard]] inline ConsObject* fillSpareList(TupleObject*) noexcept {
    return nullptr;
}
inline void takeSpareList() noexcept {}

#else

static_assert(sizeof(ConsObject) == SparePair::kFirstBytes);

[[nodiscard, gnu::always_inline]] inline bool mayHaveSpareList() noexcept {
    return t_sparePair->secondBytes.load(std::memory_order_relaxed) != SparePair::kNone;
}

/// Keeps both for the next who wants as long a tuple. Returns: false, and nothing is done, where
/// there is one already, or they are not of use. Requires: a list of this tuple alone, of which
/// nobody has a share; words in the tuple.
[[nodiscard, gnu::always_inline]] inline bool keepSpareList(ConsObject* cons,
                                                            TupleObject* tuple) noexcept {
    constexpr std::uint32_t kElementsMax = 8;
    SparePair& spare = *t_sparePair;
    if (spare.secondBytes.load(std::memory_order_relaxed) != SparePair::kNone ||
        tuple->size > kElementsMax || tuple->flags != 0 || !cons->tail.isNil()) [[unlikely]]
        return false;
    cons->count.store(1, std::memory_order_relaxed);
    tuple->count.store(1, std::memory_order_relaxed);
    spare.first = cons;
    spare.second = tuple;
    const std::size_t bytes = sizeof(TupleObject) + tuple->size * sizeof(Term);
    spare.secondBytes.store(static_cast<std::uint32_t>(bytes), std::memory_order_relaxed);
    return true;
}

/// Copies this tuple's words into that of the spare list. Returns: the list, which is to be taken
/// with takeSpareList(), or to be left. Null where there is none with as long a tuple, and where it
/// is a counter that is held. Requires: a tuple of immediate values.
[[nodiscard, gnu::always_inline]] inline ConsObject* fillSpareList(TupleObject* from) noexcept {
    SparePair& spare = *t_sparePair;
    const std::size_t size = from->size;
    if (spare.secondBytes.load(std::memory_order_relaxed) !=
        sizeof(TupleObject) + size * sizeof(Term)) [[unlikely]]
        return nullptr;
    auto* const source = reinterpret_cast<std::uint64_t*>(from->elements());
    auto* const target =
        reinterpret_cast<std::uint64_t*>(static_cast<TupleObject*>(spare.second)->elements());
    // A counter's number, the second of two, is written meanwhile: see counter_word.h.
    const auto copy = [&](std::size_t index) {
        target[index] = std::atomic_ref(source[index]).load(std::memory_order_acquire);
    };
    if (size == 2) [[likely]] {
        copy(0);
        copy(1);
        if (isHeldWord(target[1])) [[unlikely]]
            return nullptr;
    } else {
        for (std::size_t index = 0; index < size; ++index)
            copy(index);
    }
    auto* const list = static_cast<ConsObject*>(spare.first);
    [[assume(list != nullptr)]];
    return list;
}
/// The spare list's only share is the caller's from now on. Requires: fillSpareList() returned it.
[[gnu::always_inline]] inline void takeSpareList() noexcept {
    t_sparePair->secondBytes.store(SparePair::kNone, std::memory_order_relaxed);
}

#endif

} // namespace grove::detail
