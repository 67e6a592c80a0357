#pragma once

#include <atomic>
#include <cstdint>

namespace grove::detail {

/// A Term's word that is a small integer and in which several threads count at once, until somebody
/// holds it: he alone then knows the number, and says what becomes of it.
///
/// States: a small integer, or held: kHeldWord, or what it has become by those who have added
/// without having seen that it is held, which never looks like an integer, for what is added leaves
/// its tag. Anybody changes the integer (addToWord) or holds it (holdWord), each with one step that
/// no other can fall into, so no number is lost; only the holder puts another integer there. Each
/// step releases and acquires: who is told a sum, or reads the number (with acquire, see
/// in_place.cpp), also sees what those who added did before.
inline constexpr std::uint64_t kHeldWord = 0;    // no term
inline constexpr std::uint64_t kStepOfWord = 16; // from one integer's word to the next
[[nodiscard]] constexpr bool isHeldWord(std::uint64_t word) noexcept {
    return word % kStepOfWord == kHeldWord % kStepOfWord;
}
/// What is added at once, and how large a word may be before. As each thread adds once after it has
/// looked, a word cannot grow beyond 64 bits before all see that it is large: not even by 2^17.
inline constexpr std::int64_t kAddedMax = std::int64_t{1} << 40;
inline constexpr std::int64_t kWordMax = std::int64_t{1} << 62;

/// Returns: the sum's word, which is there now. kHeldWord where nothing is added: the word is held,
/// or what is there or is to be added is so large that the holder has to do it.
template <class Word>
[[nodiscard, gnu::always_inline]] inline std::uint64_t addToWord(Word&& word,
                                                                 std::int64_t by) noexcept {
    const auto isWithin = [](std::int64_t number, std::int64_t max) {
        return static_cast<std::uint64_t>(number) + static_cast<std::uint64_t>(max) <=
               2 * static_cast<std::uint64_t>(max);
    };
    const std::uint64_t seen = word.load(std::memory_order_relaxed);
    // A held word may be a large number again by the time that it is added to.
    if (isHeldWord(seen) || !isWithin(by, kAddedMax) ||
        !isWithin(static_cast<std::int64_t>(seen), kWordMax)) [[unlikely]]
        return kHeldWord;
    const std::uint64_t difference = static_cast<std::uint64_t>(by) * kStepOfWord;
    const std::uint64_t old = word.fetch_add(difference, std::memory_order_acq_rel);
    return isHeldWord(old) ? kHeldWord : old + difference;
}

/// Returns: the number's word, which nobody changes any more. Requires: nobody holds it.
template <class Word> [[nodiscard]] std::uint64_t holdWord(Word&& word) noexcept {
    return word.exchange(kHeldWord, std::memory_order_acq_rel);
}

} // namespace grove::detail
