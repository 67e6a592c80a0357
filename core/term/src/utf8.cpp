#include "utf8.h"

namespace grove::utf8 {

namespace {

constexpr bool isContinuation(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

} // namespace

std::optional<Decoded> decode(std::string_view text) noexcept {
    if (text.empty()) {
        return std::nullopt;
    }
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return Decoded{first, 1};
    }
    const unsigned size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) {
        return std::nullopt;
    }
    char32_t character = first & (0xFFU >> (size + 1));
    for (unsigned i = 1; i < size; ++i) {
        if (!isContinuation(byte(i))) {
            return std::nullopt;
        }
        character = character << 6 | (byte(i) & 0x3FU);
    }
    const bool overlong = (size == 3 && character < 0x800) || (size == 4 && character < 0x10000);
    const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (overlong || surrogate || character > 0x10FFFF) {
        return std::nullopt;
    }
    return Decoded{character, size};
}

std::optional<std::size_t> count(std::string_view text) noexcept {
    std::size_t characters = 0;
    while (!text.empty()) {
        const auto decoded = decode(text);
        if (!decoded) {
            return std::nullopt;
        }
        text.remove_prefix(decoded->size);
        ++characters;
    }
    return characters;
}

void append(std::string& text, char32_t character) {
    const auto put = [&](char32_t value) { text.push_back(static_cast<char>(value)); };
    if (character < 0x80) {
        put(character);
    } else if (character < 0x800) {
        put(0xC0 | character >> 6);
        put(0x80 | (character & 0x3F));
    } else if (character < 0x10000) {
        put(0xE0 | character >> 12);
        put(0x80 | (character >> 6 & 0x3F));
        put(0x80 | (character & 0x3F));
    } else {
        put(0xF0 | character >> 18);
        put(0x80 | (character >> 12 & 0x3F));
        put(0x80 | (character >> 6 & 0x3F));
        put(0x80 | (character & 0x3F));
    }
}

} // namespace grove::utf8
