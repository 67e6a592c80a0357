#pragma once

#include <QDate>
#include <QLineEdit>

class QToolButton;

namespace grove::ui {

/// The line of QuickAdd: its own undo only while something is typed, many pasted lines are offered
/// as entries.
class QuickAddLine : public QLineEdit {
    Q_OBJECT
public:
    using QLineEdit::QLineEdit;

signals:
    void linesPasted(const QStringList& lines);
    /// Esc or Down: the keyboard belongs to the list.
    void left();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    bool takeLines(const QString& text);
};

/// "Add an entry": plus, line, date chip, in one frame of 36.
class QuickAdd : public QWidget {
    Q_OBJECT
public:
    explicit QuickAdd(const QDate& today, QWidget* parent = nullptr);

    QuickAddLine* line() const { return m_line; }
    QToolButton* dateButton() const { return m_date; }
    void setListName(const QString& name);
    void setToday(const QDate& today);
    /// The date that entries get; null: none. Begins as today.
    QDate date() const { return m_chosen; }
    void setDate(const QDate& date);
    /// Opens the date popup under the chip.
    void askDate();

signals:
    /// Enter on a line that is not blank. Clear the line when it was taken.
    void submitted(const QString& title, const QDate& date);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void showDate();

    QDate m_today;
    QDate m_chosen;
    QuickAddLine* m_line;
    QToolButton* m_date;
};

/// The lines of a text that are not blank, without spaces at their ends.
QStringList entryLines(const QString& text);

} // namespace grove::ui
