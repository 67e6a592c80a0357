#pragma once
// Terms as text for people: printed, laid out over lines, and read back.

#include <grove/term/term.h>

#include <QString>

#include <expected>

namespace grove::ui {

/// What is wrong with a typed term, and where.
struct TermProblem {
    int column = 1; ///< counted in characters from 1
    QString message;
};

/// Reads a term in Erlang's syntax; a closing full stop may be left out.
std::expected<Term, TermProblem> readTerm(const QString& typed);

/// Returns: the term on one line in Elixir's syntax, cut at so many bytes of UTF-8.
QString termLine(const Term& term, std::size_t bytesMax);

/// Text of a term and whether it was cut.
struct TermPage {
    QString text;
    bool cut = false;
};
/// Returns: the whole term laid out over lines of about `width` characters, cut at so many bytes.
TermPage termPage(const Term& term, std::size_t bytesMax, int width);

/// Breaks a printed term after brackets and commas so that lines fit `width`; text in quotes is
/// never broken. Complexity: linear.
QString laidOut(const QString& printed, int width);

} // namespace grove::ui
