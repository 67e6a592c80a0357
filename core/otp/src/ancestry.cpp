#include "ancestry.h"

#include <grove/runtime/process.h>

#include <algorithm>

namespace grove::otp::detail {

using grove::detail::ancestorsKey;
using grove::detail::initialCallKey;

namespace {

Atom callersKey() {
    static const Atom key = atom("$callers");
    return key;
}

} // namespace

std::optional<Term> initialCallIn(const Dictionary& dictionary) {
    const auto at = std::ranges::find_if(
        dictionary, [](const auto& entry) { return entry.first.isAtom(initialCallKey()); });
    return at == dictionary.end() ? std::nullopt : std::optional(at->second);
}

Term ancestors() {
    return dictionaryGet(ancestorsKey()).value_or(Term::nil());
}

Term callersHere() {
    return cons(self(), dictionaryGet(callersKey()).value_or(Term::nil()));
}

void keepCallers(Term callers) {
    dictionaryPut(callersKey(), std::move(callers));
}

} // namespace grove::otp::detail
