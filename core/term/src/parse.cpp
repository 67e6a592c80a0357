#include "bit_writer.h"
#include "erlang_names.h"
#include "text_cursor.h"
#include "text_identifiers.h"

#include <grove/term/function.h>
#include <grove/term/parse.h>

#include <variant>
#include <vector>

namespace grove {

namespace {

using detail::BitWriter;
using detail::Parsed;
using detail::toUtf8;

/// A recursive descent over Erlang's syntax of terms; its depth is bounded.
class Parser {
public:
    explicit Parser(std::string_view text) : m_cursor(text) {}

    Parsed<Term> run() {
        auto term = read();
        if (!term) {
            return term;
        }
        m_cursor.skipSpace();
        m_cursor.accept(".");
        m_cursor.skipSpace();
        if (!m_cursor.isAtEnd()) {
            return m_cursor.failExpected("the end");
        }
        return term;
    }

private:
    Parsed<Term> read() {
        if (++m_depth > ParseLimits::kDepthMax) {
            return m_cursor.fail("nested more than " + std::to_string(ParseLimits::kDepthMax) +
                                 " deep");
        }
        m_cursor.skipSpace();
        auto term = readHere();
        --m_depth;
        return term;
    }

    Parsed<Term> readHere() {
        const char c = m_cursor.peek();
        if (c == '{') {
            return readTuple();
        }
        if (c == '[') {
            return readList();
        }
        if (c == '"') {
            return readStrings();
        }
        if (c == '\'') {
            return readQuotedAtom();
        }
        if (c == '#') {
            return readHash();
        }
        if (c == '<') {
            return m_cursor.startsWith("<<") ? readBinary() : detail::readPid(m_cursor);
        }
        if (c == '-' || c == '+' || c == '$' || (c >= '0' && c <= '9')) {
            return detail::readNumber(m_cursor);
        }
        return readWord();
    }

    // Atoms

    Parsed<Term> makeAtom(std::size_t start, std::string_view name) {
        const auto made = Atom::tryMake(name);
        if (made) {
            return Term(*made);
        }
        const auto characters = utf8::count(name);
        return m_cursor.failAt(start, characters && *characters <= Atom::kCharactersMax
                                          ? "there are too many atoms already"
                                          : "an atom has at most 255 characters");
    }

    Parsed<Term> readQuotedAtom() {
        const std::size_t start = m_cursor.position();
        m_cursor.skip();
        const auto text = detail::readQuoted(m_cursor, '\'');
        if (!text) {
            return std::unexpected(text.error());
        }
        return makeAtom(start, toUtf8(*text));
    }

    Parsed<Term> readWord() {
        const std::size_t start = m_cursor.position();
        const auto first = m_cursor.character();
        const bool isVariable = first && !erlang::isAtomStart(first->character) &&
                                erlang::isNameCharacter(first->character);
        if (!first || (!isVariable && !erlang::isAtomStart(first->character))) {
            return m_cursor.failExpected("a term");
        }
        for (auto next = first; next && erlang::isNameCharacter(next->character);
             next = m_cursor.character()) {
            m_cursor.skip(next->size);
        }
        const std::string word(m_cursor.since(start));
        if (isVariable) {
            return m_cursor.failAt(start,
                                   word + " is a variable; an atom with a capital needs quotes: '" +
                                       word + "'");
        }
        if (word == "fun") {
            return readExport();
        }
        if (erlang::isReserved(word)) {
            return m_cursor.failAt(
                start,
                word + " is a word of the language; as an atom it needs quotes: '" + word + "'");
        }
        return makeAtom(start, word);
    }

    Parsed<Term> readExport() {
        auto module = read();
        if (!module) {
            return module;
        }
        m_cursor.skipSpace();
        if (!m_cursor.accept(":")) {
            return m_cursor.failExpected(":");
        }
        auto name = read();
        if (!name) {
            return name;
        }
        m_cursor.skipSpace();
        if (!m_cursor.accept("/")) {
            return m_cursor.failExpected("/");
        }
        m_cursor.skipSpace();
        const std::size_t start = m_cursor.position();
        auto arity = detail::readNumber(m_cursor);
        if (!arity) {
            return arity;
        }
        constexpr std::int64_t kArityMax = 255;
        const auto count = arity->asInt().value_or(-1);
        if (!module->isAtom() || !name->isAtom() || count < 0 || count > kArityMax) {
            return m_cursor.failAt(start, "a function is fun module:name/arity");
        }
        return exportTerm(module->toAtom(), name->toAtom(), static_cast<std::uint32_t>(count));
    }

    // Text

    Parsed<Term> readStrings() {
        std::vector<Term> characters;
        while (m_cursor.accept("\"")) {
            const auto text = detail::readQuoted(m_cursor, '"');
            if (!text) {
                return std::unexpected(text.error());
            }
            for (const char32_t c : *text) {
                characters.emplace_back(static_cast<std::uint32_t>(c));
            }
            m_cursor.skipSpace();
        }
        return listFrom(characters);
    }

    Parsed<Term> readBinary() {
        m_cursor.skip(2);
        BitWriter bits;
        m_cursor.skipSpace();
        if (m_cursor.accept(">>")) {
            return bits.take();
        }
        while (true) {
            m_cursor.skipSpace();
            const auto good =
                m_cursor.peek() == '"' ? readTextSegment(bits) : readIntegerSegment(bits);
            if (!good) {
                return std::unexpected(good.error());
            }
            m_cursor.skipSpace();
            if (m_cursor.accept(">>")) {
                return bits.take();
            }
            if (!m_cursor.accept(",")) {
                return m_cursor.failExpected(", or >>");
            }
        }
    }

    Parsed<std::monostate> readTextSegment(BitWriter& bits) {
        const std::size_t start = m_cursor.position();
        m_cursor.skip();
        const auto text = detail::readQuoted(m_cursor, '"');
        if (!text) {
            return std::unexpected(text.error());
        }
        m_cursor.skipSpace();
        const bool isUtf8 = m_cursor.accept("/utf8");
        for (const char32_t c : *text) {
            if (!isUtf8 && c > 0xFF) {
                return m_cursor.failAt(start, "characters beyond 255 need /utf8 behind the text");
            }
        }
        if (isUtf8) {
            for (const char byte : toUtf8(*text)) {
                bits.addByte(static_cast<std::uint8_t>(byte));
            }
        } else {
            for (const char32_t c : *text) {
                bits.addByte(static_cast<std::uint8_t>(c));
            }
        }
        return std::monostate();
    }

    Parsed<std::monostate> readIntegerSegment(BitWriter& bits) {
        const std::size_t start = m_cursor.position();
        const auto value = detail::readNumber(m_cursor);
        if (!value) {
            return std::unexpected(value.error());
        }
        if (!value->isInteger()) {
            return m_cursor.failAt(start, "a binary is made of integers and text");
        }
        std::size_t count = 8;
        m_cursor.skipSpace();
        if (m_cursor.accept(":")) {
            m_cursor.skipSpace();
            const std::size_t sizeStart = m_cursor.position();
            const auto size = detail::readNumber(m_cursor);
            if (!size) {
                return std::unexpected(size.error());
            }
            const auto given = size->asInt().value_or(-1);
            if (given < 0 || given > static_cast<std::int64_t>(ParseLimits::kSegmentBitsMax)) {
                return m_cursor.failAt(sizeStart, "a size is from 0 to " +
                                                      std::to_string(ParseLimits::kSegmentBitsMax) +
                                                      " bits");
            }
            count = static_cast<std::size_t>(given);
            m_sizedBits += count;
            if (m_sizedBits > ParseLimits::kSizedBitsMax) {
                return m_cursor.failAt(sizeStart, "all sizes together are at most " +
                                                      std::to_string(ParseLimits::kSizedBitsMax) +
                                                      " bits");
            }
        }
        bits.add(*value, count);
        return std::monostate();
    }

    // Pids, ports and references, maps

    Parsed<Term> readHash() {
        if (m_cursor.startsWith("#{")) {
            return readMap();
        }
        if (m_cursor.accept("#PID")) {
            return detail::readPid(m_cursor);
        }
        if (m_cursor.accept("#Port")) {
            return detail::readPort(m_cursor);
        }
        if (m_cursor.accept("#Reference") || m_cursor.accept("#Ref")) {
            return detail::readRef(m_cursor);
        }
        return m_cursor.failExpected("a term");
    }

    // Collections

    Parsed<Term> readTuple() {
        m_cursor.skip();
        std::vector<Term> elements;
        m_cursor.skipSpace();
        if (m_cursor.accept("}")) {
            return tupleFrom(elements);
        }
        while (true) {
            auto element = read();
            if (!element) {
                return element;
            }
            elements.push_back(std::move(*element));
            m_cursor.skipSpace();
            if (m_cursor.accept("}")) {
                return tupleFrom(elements);
            }
            if (!m_cursor.accept(",")) {
                return m_cursor.failExpected(", or }");
            }
        }
    }

    Parsed<Term> readList() {
        m_cursor.skip();
        std::vector<Term> elements;
        m_cursor.skipSpace();
        if (m_cursor.accept("]")) {
            return Term::nil();
        }
        while (true) {
            auto element = read();
            if (!element) {
                return element;
            }
            elements.push_back(std::move(*element));
            m_cursor.skipSpace();
            if (m_cursor.accept("]")) {
                return listFrom(elements);
            }
            if (m_cursor.accept("|")) {
                auto tail = read();
                if (!tail) {
                    return tail;
                }
                m_cursor.skipSpace();
                if (!m_cursor.accept("]")) {
                    return m_cursor.failExpected("]");
                }
                return listFrom(elements, std::move(*tail));
            }
            if (!m_cursor.accept(",")) {
                return m_cursor.failExpected(", or | or ]");
            }
        }
    }

    Parsed<Term> readMap() {
        m_cursor.skip(2);
        std::vector<MapEntry> entries;
        m_cursor.skipSpace();
        if (m_cursor.accept("}")) {
            return mapFrom(entries);
        }
        while (true) {
            auto key = read();
            if (!key) {
                return key;
            }
            m_cursor.skipSpace();
            if (!m_cursor.accept("=>")) {
                return m_cursor.failExpected("=>");
            }
            auto value = read();
            if (!value) {
                return value;
            }
            entries.push_back({std::move(*key), std::move(*value)});
            m_cursor.skipSpace();
            if (m_cursor.accept("}")) {
                return mapFrom(entries);
            }
            if (!m_cursor.accept(",")) {
                return m_cursor.failExpected(", or }");
            }
        }
    }

    detail::TextCursor m_cursor;
    std::size_t m_depth = 0;
    std::size_t m_sizedBits = 0; ///< what the sizes written so far ask for
};

} // namespace

std::string ParseError::describe() const {
    return message + " at " + (line > 1 ? "line " + std::to_string(line) + ", " : "") + "column " +
           std::to_string(column);
}

std::expected<Term, ParseError> parseTerm(std::string_view text) {
    return Parser(text).run();
}

} // namespace grove
