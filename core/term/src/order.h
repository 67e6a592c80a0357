#pragma once

#include <grove/term/term.h>

#include <cstdint>

namespace grove::detail {

/// Value: 1 == 1.0, as `==` and `<` compare. Exact: integers come before floats, as `=:=` and the
/// keys of maps.
enum class CompareMode : std::uint8_t { Value, Exact };

/// Whether two terms are equal, at any depth without recursion. For what is too deep for
/// equality.cpp.
[[nodiscard]] bool areEqualAtAnyDepth(const Term& a, const Term& b, CompareMode mode) noexcept;

} // namespace grove::detail
