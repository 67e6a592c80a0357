#include "elixir_names.h"
#include "identifiers.h"
#include "numbers.h"
#include "printer.h"
#include "utf8.h"

#include <grove/term/function.h>
#include <grove/term/inspect.h>

#include <algorithm>
#include <cmath>

namespace grove {

namespace {

using detail::TextOutput;

bool isPrintable(char32_t c) {
    return (c >= 0x20 && c <= 0x7E) || (c >= 0x07 && c <= 0x0D) || c == 0x1B || c == 0x7F ||
           (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
           (c >= 0x10000 && c <= 0x10FFFF);
}

std::string_view shortEscape(char32_t c) {
    switch (c) {
    case 0x00:
        return "\\0";
    case 0x07:
        return "\\a";
    case 0x08:
        return "\\b";
    case 0x09:
        return "\\t";
    case 0x0A:
        return "\\n";
    case 0x0B:
        return "\\v";
    case 0x0C:
        return "\\f";
    case 0x0D:
        return "\\r";
    case 0x1B:
        return "\\e";
    case 0x7F:
        return "\\d";
    case '\\':
        return "\\\\";
    default:
        return {};
    }
}

void putHex(char32_t value, TextOutput& out) {
    char room[8];
    const auto end =
        std::to_chars(room, room + sizeof(room), static_cast<std::uint32_t>(value), 16).ptr;
    std::transform(room, end, room,
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    const std::string_view digits(room, static_cast<std::size_t>(end - room));
    out.put(value < 0x100 ? "\\x" : "\\x{");
    if (digits.size() == 1) {
        out.put('0');
    }
    out.put(digits);
    if (value >= 0x100) {
        out.put('}');
    }
}

void putCharacter(char32_t c, char quote, TextOutput& out) {
    if (c == static_cast<char32_t>(quote)) {
        out.put('\\');
        out.put(quote);
    } else if (const auto escape = shortEscape(c); !escape.empty()) {
        out.put(escape);
    } else if (c == 0xFEFF) {
        out.put("\\uFEFF"); // a byte order mark would be invisible
    } else if (isPrintable(c)) {
        std::string text;
        utf8::append(text, c);
        out.put(text);
    } else {
        putHex(c, out);
    }
}

/// Text between quotes; bytes that are no UTF-8 as \xHH.
/// Returns: false if the limit cut it.
bool putEscaped(std::string_view text, char quote, std::size_t charactersMax, TextOutput& out) {
    out.put(quote);
    for (; !text.empty() && charactersMax > 0 && !out.isFull(); --charactersMax) {
        if (text.starts_with("#{")) {
            out.put("\\#");
            text.remove_prefix(1);
            continue;
        }
        const auto decoded = utf8::decode(text);
        if (decoded) {
            putCharacter(decoded->character, quote, out);
        } else {
            putHex(static_cast<unsigned char>(text.front()), out);
        }
        text.remove_prefix(decoded ? decoded->size : 1);
    }
    out.put(quote);
    return text.empty();
}

bool isPrintableText(std::string_view text, std::size_t charactersMax) {
    for (; !text.empty() && charactersMax > 0; --charactersMax) {
        const auto decoded = utf8::decode(text);
        if (!decoded || !isPrintable(decoded->character)) {
            return false;
        }
        text.remove_prefix(decoded->size);
    }
    return true;
}

// Atoms

void putAtom(Atom atom, TextOutput& out) {
    const std::string_view name = atom.name();
    if (atom == atoms::nil || atom == atoms::true_ || atom == atoms::false_) {
        out.put(name);
    } else if (elixir::isAlias(name)) {
        out.put(name == "Elixir" ? name : name.substr(7));
    } else {
        out.put(':');
        if (elixir::isBareAtom(name)) {
            out.put(name);
        } else {
            putEscaped(name, '"', kNoLimit, out);
        }
    }
}

/// As Erlang, but whole numbers below 10^16 always in full.
void putFloat(double value, TextOutput& out) {
    constexpr double kFullEnd = 1.0e16;
    const double magnitude = std::fabs(value);
    std::string digits;
    if (magnitude >= 1.0 && magnitude < kFullEnd && std::trunc(magnitude) == magnitude) {
        digits = std::to_string(static_cast<std::int64_t>(value)) + ".0";
    } else {
        numbers::appendFloat(digits, value);
    }
    out.put(digits);
}

class ElixirStyle final : public detail::Style {
public:
    explicit ElixirStyle(const InspectOptions& options) : m_options(options) {
        separator = ", ";
        tailSeparator = " | ";
        mapOpen = "%{";
        hasKeywords = true;
    }

    void leaf(const Term& term, std::size_t limit, TextOutput& out) const override {
        switch (term.kind()) {
        case TermKind::Integer: {
            std::string digits;
            numbers::appendInteger(digits, term);
            return out.put(digits);
        }
        case TermKind::Float: {
            return putFloat(*term.asFloat(), out);
        }
        case TermKind::Atom:
            return putAtom(*term.asAtom(), out);
        case TermKind::Pid:
            out.put("#PID");
            return out.put(detail::identifierText(term));
        case TermKind::Port:
            out.put("#Port");
            return out.put(detail::identifierText(term));
        case TermKind::Ref:
            out.put("#Reference");
            return out.put(detail::identifierText(term));
        case TermKind::Nil:
            return out.put(m_options.charlists == InspectOptions::Lists::AsCharlists ? "''" : "[]");
        case TermKind::Bitstring:
            return putBits(term, limit, out);
        case TermKind::Function:
            return putFunction(*asFunction(term), out);
        default:
            return out.put("#None");
        }
    }

    bool writeText(const Term& list, TextOutput& out) const override {
        if (m_options.charlists == InspectOptions::Lists::AsLists) {
            return false;
        }
        const bool always = m_options.charlists == InspectOptions::Lists::AsCharlists;
        if (!isCharlist(list, always)) {
            return false;
        }
        std::string text;
        std::size_t left = m_options.printableLimit;
        for (const Term& character : list.listElements()) {
            if (left == 0) {
                break;
            }
            left -= left == kNoLimit ? 0 : 1;
            utf8::append(text, static_cast<char32_t>(character.toInt()));
        }
        putEscaped(text, '\'', kNoLimit, out);
        if (left == 0 && isLongerThan(list, m_options.printableLimit)) {
            out.put(" ++ ...");
        }
        return true;
    }

    void key(Atom name, TextOutput& out) const override {
        const bool isBare = elixir::isIdentifier(name.name(), true) && name.name() != "Elixir";
        if (isBare || elixir::isOperator(name.name())) {
            out.put(name.name());
        } else {
            putEscaped(name.name(), '"', kNoLimit, out);
        }
        out.put(": ");
    }

private:
    static bool isLongerThan(const Term& list, std::size_t count) {
        const Term* at = &list;
        for (; at->isCons() && count > 0; --count) {
            at = &at->tail();
        }
        return at->isCons();
    }

    /// Infer: printable ASCII as far as the limit; otherwise any characters.
    bool isCharlist(const Term& list, bool anyCharacter) const {
        const Term* at = &list;
        std::size_t left = m_options.printableLimit;
        for (; at->isCons() && (left > 0 || anyCharacter); at = &at->tail()) {
            const auto c = at->head().isSmallInteger() ? at->head().asInt() : std::nullopt;
            const bool isAscii =
                c && ((*c >= 0x20 && *c <= 0x7E) || (*c >= 0x07 && *c <= 0x0D) || *c == 0x1B);
            const bool isCharacter =
                c && *c >= 0 && *c <= 0x10FFFF && !(*c >= 0xD800 && *c <= 0xDFFF);
            if (!(anyCharacter ? isCharacter : isAscii)) {
                return false;
            }
            left -= left == kNoLimit || left == 0 ? 0 : 1;
        }
        return at->isNil() || left == 0;
    }

    void putBits(const Term& term, std::size_t limit, TextOutput& out) const {
        using Binaries = InspectOptions::Binaries;
        if (const auto text = term.asBinary()) {
            const bool asString = m_options.binaries == Binaries::AsStrings ||
                                  (m_options.binaries == Binaries::Infer &&
                                   isPrintableText(*text, m_options.printableLimit));
            if (asString) {
                if (!putEscaped(*text, '"', m_options.printableLimit, out)) {
                    out.put(" <> ...");
                }
                return;
            }
        }
        const BitsView bits = *term.asBits();
        out.put("<<");
        for (std::size_t at = 0; at < bits.bitCount && !out.isFull(); at += 8) {
            if (at > 0) {
                out.put(", ");
            }
            if (limit == 0) {
                out.put("...");
                break;
            }
            limit -= limit == kNoLimit ? 0 : 1;
            const std::size_t rest = std::min<std::size_t>(bits.bitCount - at, 8);
            out.putNumber(bits.bytes[at / 8] >> (8 - rest));
            if (rest < 8) {
                out.put("::size(");
                out.putNumber(rest);
                out.put(')');
            }
        }
        out.put(">>");
    }

    static void putFunction(const FunctionView& function, TextOutput& out) {
        if (function.kind == FunctionKind::Opaque) {
            out.put("#Function<");
            out.putNumber(function.opaque.index);
            out.put('.');
            out.put(std::to_string(function.opaque.oldUniq));
            out.put('/');
            out.putNumber(function.arity);
            out.put(" in ");
            putAtom(function.module, out);
            return out.put('>');
        }
        out.put('&');
        putAtom(function.module, out);
        out.put('.');
        const std::string_view name = function.name.name();
        if (elixir::isIdentifier(name, false) || elixir::isOperator(name)) {
            out.put(name);
        } else {
            putEscaped(name, '"', kNoLimit, out);
        }
        out.put('/');
        out.putNumber(function.arity);
    }

    const InspectOptions& m_options;
};

} // namespace

std::string inspect(const Term& term, const InspectOptions& options) {
    TextOutput out(options.bytesMax);
    const ElixirStyle style(options);
    detail::Printer(style, out).print(term, options.limit);
    return std::move(out).take();
}

} // namespace grove
