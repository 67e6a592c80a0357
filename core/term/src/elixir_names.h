#pragma once

#include <string_view>

namespace grove::elixir {

/// Elixir's rule, but that characters are not composed: `e` and an accent behind it pass here, and
/// not there.
[[nodiscard]] bool isIdentifier(std::string_view name, bool mayStartUpper) noexcept;
/// `Elixir.Some.Name`, which is written without the prefix.
[[nodiscard]] bool isAlias(std::string_view name) noexcept;
[[nodiscard]] bool isOperator(std::string_view name) noexcept;
/// An atom that is written without quotes.
[[nodiscard]] bool isBareAtom(std::string_view name) noexcept;

} // namespace grove::elixir
