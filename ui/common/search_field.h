#pragma once

#include <QLineEdit>

namespace grove::ui {

/// A find field: magnifier, placeholder, a clear button while there is text, "2 of 14" at its end.
/// Enter and F3 go on, Shift+Enter and Shift+F3 go back; Esc clears, and when empty asks to be
/// left.
class SearchField : public QLineEdit {
    Q_OBJECT
public:
    explicit SearchField(const QString& placeholder, QWidget* parent = nullptr);

    /// Shown at the end of the field, muted; empty hides it.
    void setResult(const QString& result);
    QString result() const { return m_result; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void nextRequested();
    void previousRequested();
    /// Esc in an empty field, or after clearing: the keyboard belongs back on the row.
    void left();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    void applyMargins();

    QString m_result;
    QAction* m_clear;
};

} // namespace grove::ui
