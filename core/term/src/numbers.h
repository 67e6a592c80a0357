#pragma once

#include <grove/term/key_order.h>
#include <grove/term/term.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grove::numbers {

/// A magnitude, least significant limb first, without leading zero limbs.
using Limbs = std::vector<std::uint64_t>;

/// limbs = limbs * factor + addend.
void multiplyAdd(Limbs& limbs, std::uint64_t factor, std::uint64_t addend);

/// Digits of a base from 2 to 36 (letters of either case) as a term.
/// Requires: only such digits.
[[nodiscard]] Term parseInteger(bool negative, std::string_view digits, unsigned base);

/// In base 10, with sign. Complexity: quadratic above 64 bits.
void appendInteger(std::string& text, const Term& integer);

/// The shortest digits that read back as the same number, as Erlang writes floats: 1.0, 1.0e23,
/// 0.1.
void appendFloat(std::string& text, double value);

/// Exact, for integers and floats of any size.
[[nodiscard]] std::weak_ordering compare(const Term& a, const Term& b) noexcept;

/// Nearest double; nothing for an integer beyond the doubles.
[[nodiscard]] std::optional<double> toDouble(const Term& number) noexcept;

} // namespace grove::numbers
