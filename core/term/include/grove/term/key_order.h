#pragma once

#include <grove/term/term.h>

#include <compare>
#include <cstdint>

/// How keys that are compared exactly (=:=) are placed and ordered: in large maps and in tables.
namespace grove::detail {

/// Erlang's order of a map's keys: that of all terms, but integers before floats, so that only
/// exactly equal keys are equivalent.
[[nodiscard]] std::weak_ordering compareKeys(const Term& a, const Term& b) noexcept;

/// Each bit of the word changes about half of the result's.
[[nodiscard]] constexpr std::uint64_t stir(std::uint64_t word) noexcept {
    word ^= word >> 32;
    word *= 0xD6E8'FEB8'6659'FD93ULL;
    word ^= word >> 29;
    word *= 0x9E37'79B9'7F4A'7C15ULL;
    return word ^ (word >> 32);
}
[[nodiscard]] std::uint32_t keyHashOfAny(const Term& key) noexcept;

/// Exactly equal keys have equal hashes. It depends on the value alone, never on addresses or on
/// the order in which atoms were made, so that an order by it is the same in every run. Does not
/// recurse deeply.
[[nodiscard]] inline std::uint32_t keyHash(const Term& key) noexcept {
    const bool isWord = key.isSmallInteger() || key.isRef() || key.isPid();
    return isWord ? static_cast<std::uint32_t>(stir(key.bits())) : keyHashOfAny(key);
}

} // namespace grove::detail
