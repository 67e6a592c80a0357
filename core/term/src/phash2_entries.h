#pragma once

#include "jenkins.h"

#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>

/// What the two ways of phash2() share: term after term (phash2.cpp), and eight side by side.
namespace grove::phash2_entries {

inline constexpr std::uint32_t kInteger = jenkins::constant(1);
inline constexpr std::uint32_t kAtom = jenkins::constant(3);
inline constexpr std::uint32_t kTuple = jenkins::constant(9);
inline constexpr std::uint32_t kBinary = jenkins::constant(13);
inline constexpr std::uint32_t kMap = jenkins::constant(16);
inline constexpr std::uint32_t kMapPairs = jenkins::constant(19);

inline constexpr std::int64_t kSmallMax = (std::int64_t{1} << 27) - 1;

/// Not negative, of 27 bits: one word, and most of what there is.
[[nodiscard]] constexpr bool isPlain(std::int64_t value) {
    return static_cast<std::uint64_t>(value) <= static_cast<std::uint64_t>(kSmallMax);
}

/// Goes on with a hash over a term. Recurses so deep at most.
[[nodiscard]] std::uint32_t hashTerm(std::uint32_t hash, const Term& term, unsigned depth) noexcept;

/// Entries of one map: their keys' places, and how far behind a key its value lies. Each is hashed
/// from zero on, and the hashes are combined by xor.
struct Entries {
    static constexpr std::size_t kMax = 8;
    /// From so many on, side by side is faster.
    static constexpr std::size_t kFewest = 5;

    const Term* keys[kMax]; // the first `count` mean something
    std::size_t count = 0;
    std::size_t toValue;
};

/// Hashes entries side by side: one hash is a chain of steps that wait for each other. As far as
/// the entries are alike (the same kinds, tuples and small maps of the same sizes) the steps are
/// made for all at once; where they differ, one after the other.
/// Requires: an entry, at least.
[[nodiscard]] std::uint32_t hashSideBySide(const Entries& entries, unsigned depth) noexcept;

} // namespace grove::phash2_entries
