#include "erlang_names.h"
#include "identifiers.h"
#include "numbers.h"
#include "printer.h"
#include "utf8.h"

#include <grove/term/function.h>
#include <grove/term/inspect.h>

#include <algorithm>

namespace grove {

namespace {

using detail::TextOutput;

using Characters = ErlangOptions::Characters;

bool isPrintable(char32_t c, Characters among) {
    return (among == Characters::Unicode || c <= 0xFF) &&
           ((c >= 0x20 && c <= 0x7E) || (c >= 0x08 && c <= 0x0D) || c == 0x1B ||
            (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
            (c >= 0x10000 && c <= 0x10FFFF));
}

/// Printable ASCII, as nearly all text is.
constexpr bool isPlain(char32_t c) {
    return c >= 0x20 && c <= 0x7E;
}
/// How many bytes from the start on are that and stand for themselves between quotes.
std::size_t plainRun(std::string_view text, char quote) {
    std::size_t run = 0;
    while (run < text.size() && isPlain(static_cast<unsigned char>(text[run])) &&
           text[run] != quote && text[run] != '\\') {
        ++run;
    }
    return run;
}

void putCharacter(char32_t c, char quote, Characters encoding, TextOutput& out) {
    static constexpr std::string_view kEscapes[] = {"\\b", "\\t", "\\n", "\\v", "\\f", "\\r"};
    if (c == static_cast<char32_t>(quote) || c == '\\') {
        out.put('\\');
        out.put(static_cast<char>(c));
    } else if (isPlain(c)) {
        out.put(static_cast<char>(c));
    } else if (c >= 0x08 && c <= 0x0D) {
        out.put(kEscapes[c - 0x08]);
    } else if (c == 0x1B) {
        out.put("\\e");
    } else if (c == 0x7F) {
        out.put("\\d");
    } else if (c < 0x20 || (c >= 0x80 && c < 0xA0)) {
        out.put('\\');
        for (const unsigned shift : {6U, 3U, 0U}) {
            out.put(static_cast<char>('0' + (c >> shift & 7)));
        }
    } else if (c > 0xFF && encoding == Characters::Latin1) {
        constexpr int kHexadecimal = 16;
        std::string digits;
        for (auto rest = static_cast<std::uint32_t>(c); rest != 0; rest /= kHexadecimal) {
            digits.insert(digits.begin(), "0123456789ABCDEF"[rest % kHexadecimal]);
        }
        out.put("\\x{");
        out.put(digits);
        out.put('}');
    } else {
        std::string text;
        utf8::append(text, c);
        out.put(text);
    }
}

/// Requires: UTF-8.
void putQuoted(std::string_view text, char quote, Characters encoding, TextOutput& out) {
    out.put(quote);
    while (!text.empty() && !out.isFull()) {
        const auto decoded = utf8::decode(text);
        GROVE_ASSERT(decoded.has_value(), "quoted text is UTF-8");
        putCharacter(decoded->character, quote, encoding, out);
        text.remove_prefix(decoded->size);
    }
    out.put(quote);
}

void putAtom(Atom atom, Characters encoding, TextOutput& out) {
    if (erlang::isBareAtom(atom.name())) {
        out.put(atom.name());
    } else {
        putQuoted(atom.name(), '\'', encoding, out);
    }
}

class ErlangStyle final : public detail::Style {
public:
    explicit ErlangStyle(const ErlangOptions& options) : m_options(options) {
        separator = ",";
        tailSeparator = "|";
        mapOpen = "#{";
    }

    void leaf(const Term& term, std::size_t, TextOutput& out) const override {
        switch (term.kind()) {
        case TermKind::Integer: {
            std::string digits;
            numbers::appendInteger(digits, term);
            return out.put(digits);
        }
        case TermKind::Float: {
            std::string digits;
            numbers::appendFloat(digits, *term.asFloat());
            return out.put(digits);
        }
        case TermKind::Atom:
            return putAtom(*term.asAtom(), m_options.encoding, out);
        case TermKind::Pid:
            return out.put(detail::identifierText(term));
        case TermKind::Port:
            out.put("#Port");
            return out.put(detail::identifierText(term));
        case TermKind::Ref:
            out.put("#Ref");
            return out.put(detail::identifierText(term));
        case TermKind::Nil:
            return out.put("[]");
        case TermKind::Bitstring:
            return putBits(term, out);
        case TermKind::Function:
            return putFunction(*asFunction(term), out);
        default:
            return out.put("#None");
        }
    }

    bool writeText(const Term& list, TextOutput& out) const override {
        if (m_options.text == ErlangOptions::Text::Never) {
            return false;
        }
        // A text longer than the limit is judged by what will be seen of it.
        std::size_t left = m_options.bytesMax;
        const Term* at = &list;
        for (; at->isCons() && left > 0; at = &at->tail(), --left) {
            const auto c = at->head().isSmallInteger() ? at->head().asInt() : std::nullopt;
            if (!c || *c < 0 || *c > 0x10FFFF ||
                !isPrintable(static_cast<char32_t>(*c), textCharacters())) {
                return false;
            }
        }
        if (left > 0 && !at->isNil()) {
            return false;
        }
        out.put('"');
        for (const Term* next = &list; next->isCons() && next != at && !out.isFull();
             next = &next->tail()) {
            putCharacter(static_cast<char32_t>(next->head().toInt()), '"', m_options.encoding, out);
        }
        out.put(at->isCons() ? "…\"" : "\"");
        return true;
    }

    void key(Atom, TextOutput&) const override {}

private:
    /// How a binary is written, as far as it will be seen.
    enum class As : std::uint8_t { Bytes, Latin1, Utf8 };

    /// What counts as text.
    Characters textCharacters() const {
        return m_options.encoding == Characters::Latin1 ? Characters::Latin1 : m_options.printable;
    }

    /// With `~tp` what is UTF-8 is text or not; all other bytes are looked at as Latin-1.
    As formOf(std::string_view bytes) const {
        if (bytes.empty() || m_options.text == ErlangOptions::Text::Never) {
            return As::Bytes;
        }
        const std::string_view seen = bytes.substr(0, m_options.bytesMax);
        if (std::all_of(seen.begin(), seen.end(),
                        [](char byte) { return isPlain(static_cast<unsigned char>(byte)); })) {
            return As::Latin1;
        }
        const bool isLatin = std::all_of(seen.begin(), seen.end(), [](char byte) {
            return isPrintable(static_cast<unsigned char>(byte), Characters::Latin1);
        });
        const As asLatin = isLatin ? As::Latin1 : As::Bytes;
        if (m_options.encoding == Characters::Latin1) {
            return asLatin;
        }
        bool isText = true;
        bool isAscii = true;
        for (std::size_t at = 0; at < seen.size();) {
            // The last character that is seen may go on behind it.
            const auto decoded = utf8::decode(bytes.substr(at));
            if (!decoded) {
                return asLatin;
            }
            isText = isText && isPrintable(decoded->character, m_options.printable);
            isAscii = isAscii && decoded->size == 1;
            at += decoded->size;
        }
        return !isText ? As::Bytes : isAscii ? As::Latin1 : As::Utf8;
    }

    void putBits(const Term& term, TextOutput& out) const {
        const BitsView bits = *term.asBits();
        out.put("<<");
        const auto text = term.asBinary();
        if (const As form = text ? formOf(*text) : As::Bytes; form != As::Bytes) {
            putText(*text, form, out);
            out.put(form == As::Utf8 ? "/utf8>>" : ">>");
            return;
        }
        for (std::size_t at = 0; at < bits.bitCount && !out.isFull(); at += 8) {
            if (at > 0) {
                out.put(',');
            }
            const std::size_t rest = std::min<std::size_t>(bits.bitCount - at, 8);
            out.putNumber(bits.bytes[at / 8] >> (8 - rest));
            if (rest < 8) {
                out.put(':');
                out.putNumber(rest);
            }
        }
        out.put(">>");
    }

    /// As far as it is shown, `text` has this form.
    void putText(std::string_view text, As form, TextOutput& out) const {
        out.put('"');
        while (!text.empty() && !out.isFull()) {
            if (const std::size_t run = plainRun(text, '"'); run > 0) {
                out.put(text.substr(0, run));
                text.remove_prefix(run);
                continue;
            }
            const auto decoded =
                form == As::Utf8
                    ? utf8::decode(text)
                    : std::optional(utf8::Decoded{static_cast<unsigned char>(text[0]), 1});
            if (!decoded) {
                break;
            }
            putCharacter(decoded->character, '"', m_options.encoding, out);
            text.remove_prefix(decoded->size);
        }
        out.put('"');
    }

    void putFunction(const FunctionView& function, TextOutput& out) const {
        if (function.kind == FunctionKind::Opaque) {
            out.put("#Fun<");
            out.put(function.module.name());
            out.put('.');
            out.putNumber(function.opaque.index);
            out.put('.');
            out.put(std::to_string(function.opaque.oldUniq));
            return out.put('>');
        }
        out.put("fun ");
        putAtom(function.module, m_options.encoding, out);
        out.put(':');
        putAtom(function.name, m_options.encoding, out);
        out.put('/');
        out.putNumber(function.arity);
    }

    const ErlangOptions& m_options;
};

} // namespace

std::string toErlang(const Term& term, const ErlangOptions& options) {
    // Most reasons are these: an end is printed whenever an observed process ends.
    if (const auto atom = term.asAtom();
        atom && atom->name().size() <= options.bytesMax && erlang::isBareAtom(atom->name())) {
        return std::string(atom->name());
    }
    TextOutput out(options.bytesMax);
    const ErlangStyle style(options);
    detail::Printer(style, out).print(term, kNoLimit);
    return std::move(out).take();
}

} // namespace grove
