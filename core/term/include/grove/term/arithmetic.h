#pragma once

#include <grove/term/term.h>

#include <optional>

/// Erlang's arithmetic on terms: integers of any size, floats, and what mixes them.
///
/// Each answers nothing where Erlang raises badarith: for what is no number (or no integer where
/// one is needed), a division by zero, a float beyond the doubles, and an integer of more than
/// kIntegerBitsMax bits.
namespace grove::arithmetic {

/// As much as OTP's external format can hold.
inline constexpr std::size_t kIntegerBitsMax = std::size_t{4'194'296} * 8;

using Number = std::optional<Term>;

[[nodiscard]] Number add(const Term& a, const Term& b);
[[nodiscard]] Number subtract(const Term& a, const Term& b);
[[nodiscard]] Number multiply(const Term& a, const Term& b);
/// `a / b`: always a float.
[[nodiscard]] Number divide(const Term& a, const Term& b);
/// `a div b` and `a rem b`: toward zero; the remainder has the sign of `a`.
[[nodiscard]] Number quotient(const Term& a, const Term& b);
[[nodiscard]] Number remainder(const Term& a, const Term& b);
[[nodiscard]] Number negative(const Term& a);
[[nodiscard]] Number absolute(const Term& a);

/// `band`, `bor`, `bxor`, `bnot`: of two's complement without end.
[[nodiscard]] Number bitAnd(const Term& a, const Term& b);
[[nodiscard]] Number bitOr(const Term& a, const Term& b);
[[nodiscard]] Number bitXor(const Term& a, const Term& b);
[[nodiscard]] Number bitNot(const Term& a);
/// `a bsl bits`; negative: to the right, which rounds down.
[[nodiscard]] Number shiftLeft(const Term& a, const Term& bits);
[[nodiscard]] Number shiftRight(const Term& a, const Term& bits);

/// `float(a)`, `trunc(a)`, `round(a)` (halves away from zero).
[[nodiscard]] Number toFloat(const Term& a);
[[nodiscard]] Number truncated(const Term& a);
[[nodiscard]] Number rounded(const Term& a);

} // namespace grove::arithmetic
