#pragma once

#include <QPointer>
#include <QWidget>

class QVBoxLayout;

namespace grove::ui {

/// A part of the window that can have the keyboard: sidebar, page, second pane, inspector.
///
/// The frame of the window sets which one is active. A selection is filled in the active pane and
/// outlined in the others.
class Pane : public QWidget {
    Q_OBJECT
public:
    explicit Pane(const QString& accessibleName, QWidget* parent = nullptr);

    /// Puts a widget into the pane. Takes ownership.
    void setContent(QWidget* content);
    QWidget* content() const { return m_content; }
    bool isActive() const { return m_active; }
    void setActive(bool active);
    /// The accent line at the top edge, shown by an active pane of a split.
    void setMarksActivity(bool marks);
    /// The widget that has or last had the keyboard in this pane, else the content's focus proxy.
    QWidget* focusTarget() const;
    void rememberFocus(QWidget* widget);

signals:
    void activeChanged(bool active);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QVBoxLayout* m_layout;
    QWidget* m_content = nullptr;
    QPointer<QWidget> m_lastFocus;
    bool m_active = true;
    bool m_marksActivity = false;
};

/// True where `widget` lies in the active pane, or in none.
bool inActivePane(const QWidget* widget);

} // namespace grove::ui
