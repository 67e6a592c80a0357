#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace grove::todo {

/// Returns the place of the first byte that is not UTF-8 (overlong forms and surrogates are not),
/// if any.
[[nodiscard]] std::optional<std::size_t> findInvalidUtf8(std::string_view text) noexcept;

/// Returns the text with every byte that is not UTF-8 replaced by U+FFFD, cut to whole characters
/// within `bytesMax`, with "…" where it was cut.
[[nodiscard]] std::string presentable(std::string_view text, std::size_t bytesMax);

/// Returns how many characters (code points) a UTF-8 text has.
[[nodiscard]] std::size_t characterCount(std::string_view text) noexcept;

/// Returns whether the text holds anything that ends a line: LF, CR, VT, FF, NEL, U+2028, U+2029.
[[nodiscard]] bool hasLineBreak(std::string_view text) noexcept;
/// Returns whether it is of ASCII characters alone, none of them a control character: valid, one
/// line, and a character a byte.
[[nodiscard]] bool isPlain(std::string_view text) noexcept;
/// Returns whether it holds a control character other than a tab.
[[nodiscard]] bool hasControl(std::string_view text) noexcept;

/// Returns the text without spaces and tabs at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// "9,981".
[[nodiscard]] std::string grouped(std::uint64_t number);

} // namespace grove::todo
