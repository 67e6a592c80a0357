#pragma once

#include <ui/observer/term_text.h>

#include <QLineEdit>
#include <QWidget>

class QLabel;

namespace grove::ui {

/// A line for a term in Erlang's syntax. What is wrong with it is said under the line, with a mark
/// under the column.
class TermField : public QWidget {
    Q_OBJECT
public:
    explicit TermField(const QString& accessibleName, QWidget* parent = nullptr);

    QLineEdit* edit() const;
    /// Reads what was typed. Shows the error and puts the cursor there if there is one.
    std::expected<Term, TermProblem> read();
    /// Returns: the error shown, empty if there is none.
    QString problem() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    class Edit;
    void clearProblem();

    Edit* m_edit;
    QLabel* m_problem;
    int m_mark = -1; ///< x of the mark under the line, -1: none
};

} // namespace grove::ui
