#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace grove::detail {

/// The bits of a binary under construction.
class BitWriter {
public:
    void add(const Term& integer, std::size_t count) {
        const auto big = integer.asBigInt();
        const bool isNegative = big ? big->negative : integer.toInt() < 0;
        const std::uint64_t small =
            big ? 0 : static_cast<std::uint64_t>(isNegative ? -integer.toInt() : integer.toInt());
        const std::span<const std::uint64_t> limbs =
            big ? big->limbs : std::span<const std::uint64_t>(&small, 1);
        // Two's complement: the bits of magnitude - 1, inverted.
        std::vector<std::uint64_t> lessOne(limbs.begin(), limbs.end());
        for (std::size_t i = 0; isNegative && i < lessOne.size() && lessOne[i]-- == 0; ++i) {
        }
        for (std::size_t i = count; i > 0; --i) {
            const std::size_t at = i - 1;
            const bool isSet = at / 64 < lessOne.size() && (lessOne[at / 64] >> (at % 64) & 1) != 0;
            addBit(isSet != isNegative);
        }
    }
    void addByte(std::uint8_t byte) {
        if (m_count % 8 == 0) {
            m_bytes.push_back(byte);
            m_count += 8;
            return;
        }
        for (int i = 7; i >= 0; --i) {
            addBit((byte >> i & 1) != 0);
        }
    }
    [[nodiscard]] Term take() const { return bitstring(m_bytes, m_count); }

private:
    void addBit(bool isSet) {
        if (m_count % 8 == 0) {
            m_bytes.push_back(0);
        }
        if (isSet) {
            m_bytes.back() |= static_cast<std::uint8_t>(0x80 >> (m_count % 8));
        }
        ++m_count;
    }

    std::vector<std::uint8_t> m_bytes;
    std::size_t m_count = 0;
};

} // namespace grove::detail
