#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Bob Jenkins' hash as Erlang's phash2 uses it.
namespace grove::jenkins {

/// The golden ratio's multiples, one for each kind.
[[nodiscard]] constexpr std::uint32_t constant(std::uint32_t number) {
    return number * 0x9E37'79B9U;
}

/// Jenkins' mix of three words, or of as many at once as a Word has.
template <class Word> constexpr void mix(Word& a, Word& b, Word& c) {
    a -= b, a -= c, a ^= c >> 13;
    b -= c, b -= a, b ^= a << 8;
    c -= a, c -= b, c ^= b >> 13;
    a -= b, a -= c, a ^= c >> 12;
    b -= c, b -= a, b ^= a << 16;
    c -= a, c -= b, c ^= b >> 5;
    a -= b, a -= c, a ^= c >> 3;
    b -= c, b -= a, b ^= a << 10;
    c -= a, c -= b, c ^= b >> 15;
}

[[nodiscard]] constexpr std::uint32_t mixed(std::uint32_t hash, std::uint32_t first,
                                            std::uint32_t second, std::uint32_t kind) {
    std::uint32_t a = kind + first;
    std::uint32_t b = kind + second;
    mix(a, b, hash);
    return hash;
}

/// Four bytes, the first the lowest.
[[nodiscard]] inline std::uint32_t wordAt(const std::uint8_t* at) {
    if constexpr (std::endian::native == std::endian::little) {
        std::uint32_t value = 0;
        std::memcpy(&value, at, sizeof(value));
        return value;
    } else {
        return at[0] | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 |
               std::uint32_t{at[3]} << 24;
    }
}

/// The first `count` bytes, at most three, before which there is room to read four from.
[[nodiscard]] inline std::uint32_t lastBytes(const std::uint8_t* at, std::size_t count) {
    return static_cast<std::uint32_t>(std::uint64_t{wordAt(at + count - 4)} >> (8 * (4 - count)));
}

/// The end of a block: fewer than twelve bytes.
inline void addLastBytes(const std::uint8_t* bytes, std::size_t left, std::size_t size,
                         std::uint32_t& a, std::uint32_t& b, std::uint32_t& c) {
    if (size < 4) {
        for (std::size_t i = 0; i < left; ++i) {
            a += static_cast<std::uint32_t>(bytes[i]) << (8 * i);
        }
    } else if (left >= 8) {
        a += wordAt(bytes);
        b += wordAt(bytes + 4);
        c += lastBytes(bytes + 8, left - 8) << 8;
    } else if (left >= 4) {
        a += wordAt(bytes);
        b += lastBytes(bytes + 4, left - 4);
    } else {
        a += lastBytes(bytes, left);
    }
}

/// Jenkins' hash of a block of bytes.
[[nodiscard]] inline std::uint32_t blockHash(const std::uint8_t* bytes, std::size_t size,
                                             std::uint32_t initial) {
    std::uint32_t a = constant(1);
    std::uint32_t b = constant(1);
    std::uint32_t c = initial;
    std::size_t left = size;
    for (; left >= 12; left -= 12, bytes += 12) {
        a += wordAt(bytes);
        b += wordAt(bytes + 4);
        c += wordAt(bytes + 8);
        mix(a, b, c);
    }
    c += static_cast<std::uint32_t>(size);
    addLastBytes(bytes, left, size, a, b, c);
    mix(a, b, c);
    return c;
}

} // namespace grove::jenkins
