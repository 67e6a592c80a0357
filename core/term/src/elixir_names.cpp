#include "elixir_names.h"

#include "unicode_names.h"
#include "utf8.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace grove::elixir {

namespace {

/// Characters of a name so far, one of each set of scripts.
class Scripts {
public:
    /// Returns: false if it may not stand beside the others.
    bool add(const unicode::Character& character) {
        for (const unicode::Character& other : m_seen) {
            if (other.scripts == character.scripts && other.beside == character.beside) {
                return true;
            }
        }
        const bool isGood = std::ranges::all_of(m_seen, [&](const unicode::Character& other) {
            return unicode::mix(other, character);
        });
        m_seen.push_back(character);
        return isGood;
    }

private:
    std::vector<unicode::Character> m_seen;
};

} // namespace

bool isIdentifier(std::string_view name, bool mayStartUpper) noexcept {
    if (!name.empty() && (name.back() == '?' || name.back() == '!')) {
        name.remove_suffix(1);
    }
    Scripts scripts;
    bool first = true;
    while (!name.empty()) {
        const auto decoded = utf8::decode(name);
        if (!decoded) {
            return false;
        }
        const unicode::Character c = unicode::lookUp(decoded->character);
        const bool isGood =
            first ? c.place == unicode::Place::Start && (mayStartUpper || !c.isCapital)
                  : c.place != unicode::Place::None || decoded->character == '@';
        if (!isGood || (c.place != unicode::Place::None && !scripts.add(c))) {
            return false;
        }
        first = false;
        name.remove_prefix(decoded->size);
    }
    return !first;
}

bool isAlias(std::string_view name) noexcept {
    if (name == "Elixir") {
        return true;
    }
    if (!name.starts_with("Elixir.")) {
        return false;
    }
    name.remove_prefix(6);
    while (!name.empty()) {
        const auto end = std::min(name.find('.', 1), name.size());
        const auto part = name.substr(1, end - 1);
        const bool isGood = !part.empty() && part[0] >= 'A' && part[0] <= 'Z' &&
                            std::all_of(part.begin(), part.end(), [](char c) {
                                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                       (c >= '0' && c <= '9') || c == '_';
                            });
        if (!isGood) {
            return false;
        }
        name.remove_prefix(end);
    }
    return true;
}

bool isOperator(std::string_view name) noexcept {
    static constexpr std::string_view kOperators[] = {
        "!",   "^",   "+",   "-",   "&",  "@",   "<-",  "\\\\", "|",    "=",   "||",   "|||",
        "&&",  "&&&", "==",  "!=",  "=~", "===", "!==", "<",    "<=",   ">=",  ">",    "|>",
        "<<<", ">>>", "<<~", "~>>", "<~", "~>",  "<~>", "++",   "--",   "+++", "---",  "..",
        "<>",  "*",   "/",   "**",  ".",  "%",   "%{}", "{}",   "<<>>", "...", "..//", "->"};
    return std::find(std::begin(kOperators), std::end(kOperators), name) != std::end(kOperators);
}

bool isBareAtom(std::string_view name) noexcept {
    return isIdentifier(name, true) || isOperator(name);
}

} // namespace grove::elixir
