#pragma once

#include <QLabel>

namespace grove::ui {

/// Returns: the text with places to break long words at (a zero-width space each), so that a narrow
/// label shows all of them.
[[nodiscard]] QString breakable(const QString& plain);
/// Returns: the text without them.
[[nodiscard]] QString unbroken(const QString& text);

/// A value that can be selected and copied; what is copied has no places to break.
class ValueLabel : public QLabel {
    Q_OBJECT
public:
    using QLabel::QLabel;

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void copy() const;
};

} // namespace grove::ui
