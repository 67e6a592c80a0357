#pragma once

#include "utf8.h"

#include <grove/term/parse.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace grove::detail {

/// A place in a text, with what every reader of it needs.
class TextCursor {
public:
    explicit TextCursor(std::string_view text) : m_text(text) {}

    [[nodiscard]] std::size_t position() const { return m_at; }
    [[nodiscard]] bool isAtEnd() const { return m_at == m_text.size(); }
    /// Zero at the end.
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0';
    }
    [[nodiscard]] bool startsWith(std::string_view prefix) const {
        return m_text.substr(m_at).starts_with(prefix);
    }
    [[nodiscard]] std::string_view since(std::size_t start) const {
        return m_text.substr(start, m_at - start);
    }
    [[nodiscard]] std::optional<utf8::Decoded> character() const {
        return utf8::decode(m_text.substr(m_at));
    }

    void skip(std::size_t bytes = 1) { m_at += bytes; }
    void skipSpace();
    /// Returns: whether it was there.
    bool accept(std::string_view token) {
        const bool isThere = startsWith(token);
        m_at += isThere ? token.size() : 0;
        return isThere;
    }

    [[nodiscard]] std::unexpected<ParseError> failAt(std::size_t position,
                                                     std::string message) const;
    [[nodiscard]] std::unexpected<ParseError> fail(std::string message) const {
        return failAt(m_at, std::move(message));
    }
    /// "expected what", or that the text is no UTF-8 here.
    [[nodiscard]] std::unexpected<ParseError> failExpected(std::string_view what) const;

private:
    std::string_view m_text;
    std::size_t m_at = 0;
};

template <class T> using Parsed = std::expected<T, ParseError>;

/// What is left after the opening quote, to the closing one; escapes as in Erlang.
[[nodiscard]] Parsed<std::u32string> readQuoted(TextCursor& cursor, char quote);
[[nodiscard]] std::string toUtf8(const std::u32string& characters);
/// One character after a backslash.
[[nodiscard]] Parsed<char32_t> readEscape(TextCursor& cursor);
/// An integer, a float or a character (`$a`), with sign.
[[nodiscard]] Parsed<Term> readNumber(TextCursor& cursor);

} // namespace grove::detail
