#pragma once

#include <grove/term/counter_word.h>
#include <grove/term/term.h>

#include <atomic>
#include <cstdint>

/// For shared tables: tuples that are copied for each who looks at them, and counters, the only
/// terms that ever change. A counter is a tuple of a key and a number, both words, of which its
/// table has the only share and never gives one away. Whoever looks at its number copies it.
namespace grove::detail {

/// Nobody else has a share. Stays true as long as nobody can copy the holder's Term.
[[nodiscard]] bool isHeldOnce(const Term& term) noexcept;

/// A new tuple with the same elements. None where it is a counter that is held.
/// Requires: a tuple of immediate values.
[[nodiscard]] Term copyOfImmediates(const Term& tuple) noexcept;
/// The same as the only element of a list.
[[nodiscard]] Term listOfCopy(const Term& tuple) noexcept;

/// Whether it can be a counter: two words, the second a small integer.
[[nodiscard]] bool canCount(const Term& tuple) noexcept;
/// Makes a counter of a tuple as it lies. Returns: whether it is one now: it can be, and nobody
/// else has a share. Requires: nobody can get one but through a copy; the caller alone does this.
bool becomeCounter(const Term& tuple) noexcept;
[[nodiscard]] bool isCounter(const Term& term) noexcept;
/// The same of what is known to be a tuple. Its flags are 0, then kCounter for good, which
/// becomeCounter() stores (release) while others may look here (acquire): those who add to it come
/// after those who had shares of it.
inline constexpr std::uint8_t kCounter = 1; // Header::flags
[[nodiscard, gnu::always_inline]] inline bool isCounterTuple(TupleObject* tuple) noexcept {
    return std::atomic_ref(tuple->flags).load(std::memory_order_acquire) == kCounter;
}
/// Returns: the new number; none, and nothing is done, where it is held or the sum is no small
/// integer. Requires: isCounter(). Threads: any, while it is not freed.
[[nodiscard]] Term addToCounter(const Term& counter, std::int64_t by) noexcept;
/// The same by words: kHeldWord for none.
[[nodiscard, gnu::always_inline]] inline std::uint64_t addToTuple(TupleObject* counter,
                                                                  std::int64_t by) noexcept {
    return addToWord(std::atomic_ref(*reinterpret_cast<std::uint64_t*>(counter->elements() + 1)),
                     by);
}
/// From now on nobody adds to it, and nobody copies it. Returns: an equal tuple.
/// Requires: isCounter(), and nobody holds it.
[[nodiscard]] Term holdCounter(const Term& counter) noexcept;
/// It counts again, from what holdCounter() has returned. Requires: the caller holds it.
void letGoOfCounter(const Term& counter, const Term& settled) noexcept;

} // namespace grove::detail
