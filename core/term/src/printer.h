#pragma once

#include "small_stack.h"

#include <grove/term/inspect.h>
#include <grove/term/term.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace grove::detail {

/// A text of at most so many bytes.
class TextOutput {
public:
    explicit TextOutput(std::size_t bytesMax) : m_bytesMax(bytesMax) {}
    void put(std::string_view part) {
        if (!isFull()) {
            // More than one part beyond the limit is never kept.
            m_text.append(
                part.substr(0, m_bytesMax == kNoLimit ? kNoLimit : m_bytesMax + 1 - m_text.size()));
        }
    }
    void put(char character) { put(std::string_view(&character, 1)); }
    void putNumber(std::uint64_t number, int base = 10) {
        char room[24];
        put({room, static_cast<std::size_t>(
                       std::to_chars(room, room + sizeof(room), number, base).ptr - room)});
    }
    [[nodiscard]] std::size_t bytesMax() const noexcept { return m_bytesMax; }
    [[nodiscard]] bool isFull() const noexcept { return m_text.size() > m_bytesMax; }
    /// Cuts what is too long at a character and says so with "…".
    [[nodiscard]] std::string take() &&;

private:
    std::string m_text;
    std::size_t m_bytesMax;
};

/// What the two syntaxes differ in.
class Style {
public:
    virtual ~Style() = default;
    /// Writes what is no tuple, map or list of several lines' worth: numbers, atoms, text, …
    virtual void leaf(const Term& term, std::size_t limit, TextOutput& out) const = 0;
    /// Whether a list is written as text, and if so, writes it.
    virtual bool writeText(const Term& list, TextOutput& out) const = 0;
    /// `name: ` in front of a value; never called without hasKeywords.
    virtual void key(Atom name, TextOutput& out) const = 0;

    std::string_view separator;
    std::string_view tailSeparator;
    std::string_view mapOpen;
    bool hasKeywords = false;
};

/// Writes terms of any depth with a style, without recursion.
class Printer {
public:
    Printer(const Style& style, TextOutput& out) : m_style(style), m_out(out) {}
    void print(const Term& term, std::size_t limit);

private:
    enum class Kind : std::uint8_t { Tuple, List, Map };
    /// A collection that is being written.
    struct Frame {
        Kind kind;
        bool isKeyword;
        bool isFirst;
        bool wantsValue;  ///< Map: the key is written.
        const Term* next; ///< Tuple: element; List: what is left of it; Map: key.
        std::size_t left; ///< Tuple and Map: elements not written yet.
        std::size_t size;
        std::size_t limit;
    };

    void open(const Term& term, std::size_t limit);
    void pushMap(const Term& map, bool isKeyword, std::size_t limit);
    void step();
    void stepTuple(Frame& frame);
    void stepList(Frame& frame);
    void stepMap(Frame& frame);
    bool startElement(Frame& frame);
    void close(std::string_view bracket);

    const Style& m_style;
    TextOutput& m_out;
    SmallStack<Frame, 16> m_frames;
    std::vector<std::vector<Term>> m_maps; ///< For each frame of a map: keys, then values.
};

} // namespace grove::detail
