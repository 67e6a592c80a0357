#pragma once

namespace grove::unicode {

/// May start a name by Unicode's rule (ID_Start).
[[nodiscard]] bool isIdentifierStart(char32_t c) noexcept;
/// May go on in a name (ID_Continue).
[[nodiscard]] bool isIdentifierContinue(char32_t c) noexcept;

} // namespace grove::unicode
