#pragma once

#include <string_view>

namespace grove::erlang {

/// May start an atom without quotes: a lower case letter of Latin-1.
[[nodiscard]] bool isAtomStart(char32_t c) noexcept;
/// May go on in an atom or a variable.
[[nodiscard]] bool isNameCharacter(char32_t c) noexcept;
/// Words that Erlang keeps for itself and that are atoms only in quotes.
[[nodiscard]] bool isReserved(std::string_view word) noexcept;
/// An atom that is written without quotes.
[[nodiscard]] bool isBareAtom(std::string_view name) noexcept;

} // namespace grove::erlang
