#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace grove::utf8 {

/// One character at the start of `text`. Overlong forms, surrogates and what lies beyond U+10FFFF
/// are refused. Returns: nothing for an empty or malformed start.
struct Decoded {
    char32_t character;
    unsigned size;
};
[[nodiscard]] std::optional<Decoded> decode(std::string_view text) noexcept;

/// How many characters; nothing if malformed.
[[nodiscard]] std::optional<std::size_t> count(std::string_view text) noexcept;

/// Requires: a character that decode() could give.
void append(std::string& text, char32_t character);

} // namespace grove::utf8
