#include "erlang_names.h"

#include "utf8.h"

#include <algorithm>
#include <iterator>

namespace grove::erlang {

bool isAtomStart(char32_t c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7);
}

bool isNameCharacter(char32_t c) noexcept {
    return isAtomStart(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '@' || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
}

bool isReserved(std::string_view word) noexcept {
    constexpr std::size_t kLongest = 7;
    if (word.size() > kLongest) {
        return false;
    }
    static constexpr std::string_view kReserved[] = {
        "after", "and",  "andalso", "band",   "begin",   "bnot", "bor", "bsl",  "bsr",
        "bxor",  "case", "catch",   "cond",   "div",     "end",  "fun", "if",   "let",
        "not",   "of",   "or",      "orelse", "receive", "rem",  "try", "when", "xor"};
    return std::find(std::begin(kReserved), std::end(kReserved), word) != std::end(kReserved);
}

bool isBareAtom(std::string_view name) noexcept {
    if (isReserved(name)) {
        return false;
    }
    const auto isAscii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!name.empty() && std::ranges::all_of(name, isAscii)) {
        return isAtomStart(static_cast<char32_t>(name[0])) && std::ranges::all_of(name, [](char c) {
                   return isNameCharacter(static_cast<char32_t>(c));
               });
    }
    bool first = true;
    while (!name.empty()) {
        const auto decoded = utf8::decode(name);
        if (!decoded ||
            !(first ? isAtomStart(decoded->character) : isNameCharacter(decoded->character))) {
            return false;
        }
        first = false;
        name.remove_prefix(decoded->size);
    }
    return !first;
}

} // namespace grove::erlang
