#pragma once

#include <grove/term/term.h>

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QToolButton;

namespace grove::ui {

/// A term, laid out over lines and read only. More than kBytesMax of text are shown on demand.
class TermView : public QWidget {
    Q_OBJECT
public:
    static constexpr std::size_t kBytesMax = 1 << 20;
    /// Even on demand no more is printed.
    static constexpr std::size_t kBytesAll = 64 << 20;

    explicit TermView(const QString& accessibleName, QWidget* parent = nullptr);

    /// Shows a term; nothing happens if it is the term already shown.
    void setTerm(const Term& term);
    /// Shows plain words instead of a term.
    void setWords(const QString& words);
    QString text() const;
    /// Returns: what is selected, else all of it.
    QString copyText() const;

private:
    void print(std::size_t bytesMax);

    QPlainTextEdit* m_text;
    QLabel* m_cut;
    QToolButton* m_all;
    Term m_term;
};

} // namespace grove::ui
