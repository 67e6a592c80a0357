#include "ancestry.h"

#include <grove/runtime/info.h>
#include <grove/runtime/process.h>

#include <algorithm>
#include <string_view>

namespace grove::otp::detail {

namespace {

Atom ancestorsKey() {
    static const Atom key = atom("$ancestors");
    return key;
}
Atom initialCallKey() {
    static const Atom key = atom("$initial_call");
    return key;
}
Atom callersKey() {
    static const Atom key = atom("$callers");
    return key;
}

/// In front of what the running process has under `key`.
Term inFrontOf(Atom key, Term first) {
    return cons(std::move(first), dictionaryGet(key).value_or(Term::nil()));
}

} // namespace

Dictionary originOf(const char* initialCall) {
    const std::optional<ProcessRow> row = peekRow(self());
    Dictionary origin;
    origin.reserve(2);
    origin.emplace_back(
        ancestorsKey(),
        inFrontOf(ancestorsKey(), row && row->name ? Term(*row->name) : Term(self())));
    origin.emplace_back(initialCallKey(),
                        atom(std::string_view(initialCall).substr(0, Atom::kCharactersMax)));
    return origin;
}

std::optional<Term> initialCallIn(const Dictionary& dictionary) {
    const auto at = std::ranges::find_if(
        dictionary, [](const auto& entry) { return entry.first.isAtom(initialCallKey()); });
    return at == dictionary.end() ? std::nullopt : std::optional(at->second);
}

Term ancestors() {
    return dictionaryGet(ancestorsKey()).value_or(Term::nil());
}

Term callersHere() {
    return inFrontOf(callersKey(), self());
}

void keepCallers(Term callers) {
    dictionaryPut(callersKey(), std::move(callers));
}

} // namespace grove::otp::detail
