#include "text_identifiers.h"

#include <grove/term/identifiers.h>

#include <vector>

namespace grove::detail {

namespace {

/// What stands between < and >, with points between.
Parsed<std::vector<std::uint64_t>> readNumbers(TextCursor& cursor, std::string_view what) {
    const std::size_t start = cursor.position();
    std::vector<std::uint64_t> parts;
    if (!cursor.accept("<")) {
        return cursor.failExpected("a term");
    }
    do {
        const std::size_t at = cursor.position();
        while (cursor.peek() >= '0' && cursor.peek() <= '9') {
            cursor.skip();
        }
        const auto digits = cursor.since(at);
        constexpr std::size_t kDigitsMax = 19;
        if (digits.empty() || digits.size() > kDigitsMax) {
            return cursor.failAt(start, std::string(what));
        }
        std::uint64_t value = 0;
        for (const char digit : digits) {
            value = value * 10 + static_cast<std::uint64_t>(digit - '0');
        }
        parts.push_back(value);
    } while (cursor.accept("."));
    if (!cursor.accept(">")) {
        return cursor.failAt(start, std::string(what));
    }
    return parts;
}

} // namespace

Parsed<Term> readPid(TextCursor& cursor) {
    constexpr std::string_view kWhat = "a pid is <0.Number.Number>";
    const std::size_t start = cursor.position();
    const auto parts = readNumbers(cursor, kWhat);
    if (!parts) {
        return std::unexpected(parts.error());
    }
    if (parts->size() != 3 || (*parts)[0] != 0 || (*parts)[1] > Pid::kIndexMax ||
        (*parts)[2] > 0xFFFF'FFFF) {
        return cursor.failAt(start, std::string(kWhat));
    }
    return Pid::make(static_cast<std::uint32_t>((*parts)[1]),
                     static_cast<std::uint32_t>((*parts)[2]));
}

Parsed<Term> readRef(TextCursor& cursor) {
    constexpr std::string_view kWhat = "a reference is #Ref<0.Number.Number.Number>";
    const std::size_t start = cursor.position();
    const auto parts = readNumbers(cursor, kWhat);
    if (!parts) {
        return std::unexpected(parts.error());
    }
    bool isGood = (*parts)[0] == 0 && parts->size() <= 1 + RefParts::kWordsMax;
    std::vector<std::uint32_t> words;
    for (std::size_t i = parts->size(); i > 1; --i) {
        isGood = isGood && (*parts)[i - 1] <= 0xFFFF'FFFF;
        words.push_back(static_cast<std::uint32_t>((*parts)[i - 1]));
    }
    return isGood ? Parsed<Term>(refTerm(localNode(), words))
                  : cursor.failAt(start, std::string(kWhat));
}

Parsed<Term> readPort(TextCursor& cursor) {
    constexpr std::string_view kWhat = "a port is #Port<0.Number>";
    const std::size_t start = cursor.position();
    const auto parts = readNumbers(cursor, kWhat);
    if (!parts) {
        return std::unexpected(parts.error());
    }
    return parts->size() == 2 && (*parts)[0] == 0 ? Parsed<Term>(portTerm(localNode(), (*parts)[1]))
                                                  : cursor.failAt(start, std::string(kWhat));
}

} // namespace grove::detail
