#pragma once

#include "parts.h"

#include <grove/term/key_order.h>

#include <compare>
#include <cstdint>

namespace grove::ets {

/// What a table's cells are: objects by the element at a position (from 1), or, in a bag, the list
/// of a key's objects. Keys are compared exactly.
struct TableRows {
    /// A key to look for. Borrows it.
    struct Probe {
        const Term& key;
        std::uint32_t hash;
    };
    std::size_t keypos = 1;
    bool isBag = false;

    /// Exactly equal keys have equal hashes, which depend on the keys' values alone.
    [[nodiscard, gnu::always_inline]] static std::uint32_t hashOfKey(const Term& key) noexcept {
        return isWord(key) ? hashOfWord(key.bits()) : grove::detail::keyHash(key);
    }
    /// Its word says it all, and is the same wherever it was made.
    [[nodiscard, gnu::always_inline]] static bool isWord(const Term& key) noexcept {
        return key.isSmallInteger() || key.isRef() || key.isPid();
    }
    /// Of a product's 128 bits the middle ones, which all bits of the word reach, with the upper
    /// ones. Lines are chosen by the upper bits of the hash, so another product brings the lower
    /// ones up: without it, keys at many ordinary distances lie in a few lines. Shorter than
    /// keyHash() by 6 instructions, which each look waits for.
    [[nodiscard, gnu::always_inline]] static std::uint32_t hashOfWord(std::uint64_t word) noexcept {
        const unsigned __int128 product =
            static_cast<unsigned __int128>(word) * 0x9E37'79B9'7F4A'7C15ULL;
        return (static_cast<std::uint32_t>(product >> 32) ^
                static_cast<std::uint32_t>(product >> 64)) *
               0x85EB'CA6BU;
    }

    [[nodiscard]] static Probe probe(const Term& key) noexcept { return {key, hashOfKey(key)}; }
    [[nodiscard, gnu::always_inline]] const Term& keyOf(const Term& value) const noexcept {
        return (isBag ? value.head() : value).element(keypos - 1);
    }
    [[nodiscard, gnu::always_inline]] bool isAt(Cell cell, const Probe& probe) const noexcept {
        // A set's value is a tuple that is long enough.
        const Term& key = isBag ? keyOf(*Borrowed(cell)) : elementOf(cell, keypos - 1);
        return key.isSame(probe.key) || (!key.isSmallInteger() && equalsExact(key, probe.key));
    }
    /// The key is the same word: of most keys this is all there is to ask. Requires: no bag.
    [[nodiscard, gnu::always_inline]] bool isPlainlyAt(Cell cell,
                                                       const Probe& probe) const noexcept {
        return elementOf(cell, keypos - 1).isSame(probe.key);
    }
    [[nodiscard]] std::uint32_t hashOf(Cell cell) const noexcept {
        return hashOfKey(keyOf(*Borrowed(cell)));
    }
    [[nodiscard]] std::weak_ordering order(Cell a, Cell b) const noexcept {
        return grove::detail::compareKeys(keyOf(*Borrowed(a)), keyOf(*Borrowed(b)));
    }
    [[nodiscard]] std::weak_ordering order(Cell a, const Probe& probe) const noexcept {
        return grove::detail::compareKeys(keyOf(*Borrowed(a)), probe.key);
    }
};

} // namespace grove::ets
