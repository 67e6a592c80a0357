#include <grove/term/inspect.h>
#include <grove/term/parse.h>
#include <ui/observer/format.h>
#include <ui/observer/term_text.h>

namespace grove::ui {

namespace {

/// Elements of a collection and characters of a string that one line shows at most.
constexpr std::size_t kLineElements = 100;

/// Columns count characters; a QString counts halves of those beyond the basic plane twice.
int columnIn(const QString& text, std::size_t characters) {
    qsizetype at = 0;
    for (std::size_t i = 1; i < characters && at < text.size(); ++i)
        at += text[at].isHighSurrogate() && at + 1 < text.size() ? 2 : 1;
    return static_cast<int>(at) + 1;
}

} // namespace

std::expected<Term, TermProblem> readTerm(const QString& typed) {
    std::expected<Term, ParseError> term = parseTerm(utf8(typed));
    if (term)
        return std::move(*term);
    return std::unexpected(
        TermProblem{columnIn(typed, term.error().column), text(term.error().message)});
}

QString termLine(const Term& term, std::size_t bytesMax) {
    return text(inspect(term, {.limit = kLineElements, .bytesMax = bytesMax}));
}

TermPage termPage(const Term& term, std::size_t bytesMax, int width) {
    const std::string printed =
        inspect(term, {.limit = kNoLimit, .printableLimit = kNoLimit, .bytesMax = bytesMax});
    return {laidOut(text(printed), width), printed.size() >= bytesMax};
}

} // namespace grove::ui
