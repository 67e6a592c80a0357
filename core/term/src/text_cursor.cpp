#include "text_cursor.h"

#include "numbers.h"

#include <algorithm>
#include <charconv>

namespace grove::detail {

namespace {

bool isDigitIn(char c, unsigned base) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 10
                      : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                                             : 36;
    return digit < static_cast<int>(base);
}

/// Digits with single underscores between them.
std::string readDigits(TextCursor& cursor, unsigned base) {
    std::string digits;
    while (isDigitIn(cursor.peek(), base) ||
           (cursor.peek() == '_' && !digits.empty() && isDigitIn(cursor.peek(1), base))) {
        if (cursor.peek() != '_') {
            digits.push_back(cursor.peek());
        }
        cursor.skip();
    }
    return digits;
}

Parsed<Term> readFloat(TextCursor& cursor, std::size_t start, bool isNegative, std::string digits) {
    cursor.skip();
    digits += "." + readDigits(cursor, 10);
    if (cursor.peek() == 'e' || cursor.peek() == 'E') {
        cursor.skip();
        digits += 'e';
        if (cursor.peek() == '-') {
            digits += '-';
        }
        if (cursor.peek() == '-' || cursor.peek() == '+') {
            cursor.skip();
        }
        const std::string exponent = readDigits(cursor, 10);
        if (exponent.empty()) {
            return cursor.fail("expected the digits of the exponent");
        }
        digits += exponent;
    }
    double value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    // Too small is read as zero, as Erlang does; too large is an error.
    if (read.ec == std::errc::result_out_of_range) {
        const bool isTiny = digits.find("e-") != std::string::npos ||
                            digits.find_first_of("123456789") > digits.find('.');
        if (!isTiny) {
            return cursor.failAt(start, "the number is too large for a float");
        }
        value = 0;
    }
    return Term(isNegative ? -value : value);
}

Parsed<char32_t> readHexEscape(TextCursor& cursor) {
    const std::size_t start = cursor.position();
    const bool isBraced = cursor.accept("{");
    char32_t value = 0;
    std::size_t count = 0;
    for (; isDigitIn(cursor.peek(), 16) && count < (isBraced ? 6U : 2U); ++count) {
        const char c = cursor.peek();
        value = value * 16 + static_cast<char32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        cursor.skip();
    }
    if (count < (isBraced ? 1U : 2U)) {
        return cursor.fail("expected a hexadecimal digit");
    }
    if (isBraced && !cursor.accept("}")) {
        return cursor.failExpected("}");
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return cursor.failAt(start, "no such character");
    }
    return value;
}

} // namespace

void TextCursor::skipSpace() {
    while (!isAtEnd()) {
        const char c = peek();
        if (c == '%') {
            while (!isAtEnd() && peek() != '\n') {
                skip();
            }
        } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
            skip();
        } else if (startsWith("\xC2\xA0")) { // a no-break space, as pasted text has
            skip(2);
        } else {
            return;
        }
    }
}

std::unexpected<ParseError> TextCursor::failAt(std::size_t position, std::string message) const {
    const std::string_view before = m_text.substr(0, position);
    const auto lineStart =
        before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const auto inLine = before.substr(lineStart);
    ParseError error;
    error.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    // Bytes that go on with a character do not count.
    error.column =
        1 + static_cast<std::size_t>(std::count_if(inLine.begin(), inLine.end(),
                                                   [](char c) { return (c & 0xC0) != 0x80; }));
    error.message = std::move(message);
    return std::unexpected(std::move(error));
}

std::unexpected<ParseError> TextCursor::failExpected(std::string_view what) const {
    return fail(isAtEnd() || character() ? "expected " + std::string(what)
                                         : "the text is not UTF-8 here");
}

Parsed<char32_t> readEscape(TextCursor& cursor) {
    if (cursor.accept("x")) {
        return readHexEscape(cursor);
    }
    if (cursor.peek() >= '0' && cursor.peek() <= '7') {
        char32_t value = 0;
        for (int i = 0; i < 3 && cursor.peek() >= '0' && cursor.peek() <= '7'; ++i) {
            value = value * 8 + static_cast<char32_t>(cursor.peek() - '0');
            cursor.skip();
        }
        return value;
    }
    if (cursor.accept("^")) {
        const char c = cursor.peek();
        if (c < '@' || c > 'z') {
            return cursor.failExpected("a letter after \\^");
        }
        cursor.skip();
        return static_cast<char32_t>(c & 0x1F);
    }
    const auto character = cursor.character();
    if (!character) {
        return cursor.failExpected("a character after the backslash");
    }
    cursor.skip(character->size);
    static constexpr std::string_view kNames = "nrtvbfesd";
    static constexpr std::string_view kValues = "\n\r\t\v\b\f\x1B \x7F";
    const auto found = character->character < 0x80
                           ? kNames.find(static_cast<char>(character->character))
                           : std::string_view::npos;
    return found == std::string_view::npos
               ? character->character
               : static_cast<char32_t>(static_cast<unsigned char>(kValues[found]));
}

std::string toUtf8(const std::u32string& characters) {
    std::string text;
    for (const char32_t c : characters) {
        utf8::append(text, c);
    }
    return text;
}

Parsed<std::u32string> readQuoted(TextCursor& cursor, char quote) {
    std::u32string text;
    while (!cursor.isAtEnd()) {
        const auto character = cursor.character();
        if (!character) {
            return cursor.fail("the text is not UTF-8 here");
        }
        cursor.skip(character->size);
        if (character->character == static_cast<char32_t>(quote)) {
            return text;
        }
        if (character->character != '\\') {
            text.push_back(character->character);
            continue;
        }
        const auto escaped = readEscape(cursor);
        if (!escaped) {
            return std::unexpected(escaped.error());
        }
        text.push_back(*escaped);
    }
    return cursor.fail(std::string("expected the closing ") + quote);
}

Parsed<Term> readNumber(TextCursor& cursor) {
    const std::size_t start = cursor.position();
    const bool isNegative = cursor.accept("-");
    if (!isNegative) {
        cursor.accept("+");
    }
    cursor.skipSpace();
    if (cursor.accept("$")) {
        const auto character = cursor.character();
        if (!character) {
            return cursor.failExpected("a character after $");
        }
        cursor.skip(character->size);
        const Parsed<char32_t> value =
            character->character == '\\' ? readEscape(cursor) : character->character;
        if (!value) {
            return std::unexpected(value.error());
        }
        const auto number = static_cast<std::int64_t>(*value);
        return Term(isNegative ? -number : number);
    }
    std::string digits = readDigits(cursor, 10);
    if (digits.empty()) {
        return cursor.failExpected("a number");
    }
    unsigned base = 10;
    if (cursor.peek() == '#' && isDigitIn(cursor.peek(1), 36)) {
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), base);
        if (read.ec != std::errc() || base < 2 || base > 36) {
            return cursor.failAt(start, "a base is from 2 to 36");
        }
        cursor.skip();
        digits = readDigits(cursor, base);
        if (digits.empty()) {
            return cursor.fail("expected a digit of base " + std::to_string(base));
        }
    } else if (cursor.peek() == '.' && isDigitIn(cursor.peek(1), 10)) {
        return readFloat(cursor, start, isNegative, std::move(digits));
    }
    if (digits.size() > ParseLimits::kDigitsMax) {
        return cursor.failAt(start, "an integer has at most " +
                                        std::to_string(ParseLimits::kDigitsMax) + " digits");
    }
    return numbers::parseInteger(isNegative, digits, base);
}

} // namespace grove::detail
