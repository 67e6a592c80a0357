#pragma once

#include <atomic>
#include <cstdint>

namespace grove::detail {

/// A Term's word that is a small integer and in which several threads count at once, until somebody
/// holds it: he alone then knows the number, and says what becomes of it.
///
/// States: a small integer, or kHeld. Anybody changes the integer (addToWord) or holds it
/// (holdWord), each with one step that no other can fall into, so no number is lost; only the
/// holder puts another integer there. Each step releases and acquires: who is told a sum, or reads
/// the number (with acquire, see in_place.cpp), also sees what those who added did before.
inline constexpr std::uint64_t kHeldWord = 0; // no term

/// Returns: the sum's word, which is there now. kHeldWord, and nothing is done, where the word is
/// held or the sum is no small integer. `step` is the word's distance between two integers.
template <class Word>
[[nodiscard, gnu::always_inline]] inline std::uint64_t addToWord(Word&& word, std::int64_t by,
                                                                 std::int64_t step) noexcept {
    std::uint64_t old = word.load(std::memory_order_acquire);
    for (;;) {
        std::int64_t difference = 0;
        std::int64_t sum = 0;
        if (old == kHeldWord || __builtin_mul_overflow(by, step, &difference) ||
            __builtin_add_overflow(static_cast<std::int64_t>(old), difference, &sum)) [[unlikely]]
            return kHeldWord;
        const auto wanted = static_cast<std::uint64_t>(sum);
        if (word.compare_exchange_weak(old, wanted, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) [[likely]]
            return wanted;
    }
}

/// Returns: the number's word, which nobody changes any more. Requires: nobody holds it.
template <class Word> [[nodiscard]] std::uint64_t holdWord(Word&& word) noexcept {
    return word.exchange(kHeldWord, std::memory_order_acq_rel);
}

} // namespace grove::detail
