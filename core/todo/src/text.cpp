#include <grove/todo/text.h>

#include <algorithm>

namespace grove::todo {

namespace {

/// Returns the length of the character at `at`, or 0 where there is none (Unicode 15, table 3-7).
std::size_t characterBytes(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return follows(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const bool second = first == 0xe0   ? byte(1) >= 0xa0 && byte(1) <= 0xbf
                            : first == 0xed ? byte(1) >= 0x80 && byte(1) <= 0x9f
                                            : follows(1);
        return second && follows(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const bool second = first == 0xf0   ? byte(1) >= 0x90 && byte(1) <= 0xbf
                            : first == 0xf4 ? byte(1) >= 0x80 && byte(1) <= 0x8f
                                            : follows(1);
        return second && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

} // namespace

std::optional<std::size_t> findInvalidUtf8(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t bytes = characterBytes(text, at);
        if (bytes == 0)
            return at;
        at += bytes;
    }
    return std::nullopt;
}

std::string presentable(std::string_view text, std::size_t bytesMax) {
    std::string shown;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t bytes = characterBytes(text, at);
        const std::string_view piece = bytes ? text.substr(at, bytes) : "\uFFFD";
        if (shown.size() + piece.size() > bytesMax)
            return shown + "\u2026";
        shown += piece;
        at += std::max<std::size_t>(bytes, 1);
    }
    return shown;
}

std::size_t characterCount(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

bool hasLineBreak(std::string_view text) noexcept {
    return text.find_first_of("\n\r\v\f") != text.npos || text.find("\u0085") != text.npos ||
           text.find("\u2028") != text.npos || text.find("\u2029") != text.npos;
}

bool isPlain(std::string_view text) noexcept {
    bool isPlain = true; // without a branch for each: eight or more are looked at together
    for (const char c : text)
        isPlain &= c >= ' ' && c < '\x7f';
    return isPlain;
}

bool hasControl(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;)
        digits.insert(at -= 3, ",");
    return digits;
}

} // namespace grove::todo
