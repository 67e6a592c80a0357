#include "ancestry.h"

#include <grove/runtime/info.h>
#include <grove/runtime/process.h>

namespace grove::otp::detail {

namespace {

Atom ancestorsKey() {
    static const Atom key = atom("$ancestors");
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

Term ancestorsHere() {
    const std::optional<ProcessRow> row = peekRow(self());
    return inFrontOf(ancestorsKey(), row && row->name ? Term(*row->name) : Term(self()));
}

void keepAncestors(Term ancestors) {
    dictionaryPut(ancestorsKey(), std::move(ancestors));
}

Term callersHere() {
    return inFrontOf(callersKey(), self());
}

void keepCallers(Term callers) {
    dictionaryPut(callersKey(), std::move(callers));
}

} // namespace grove::otp::detail
