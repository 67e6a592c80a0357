#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace grove::ui {

/// What stands where nothing is yet: what will be here, and the first action.
class EmptyState : public QWidget {
    Q_OBJECT
public:
    explicit EmptyState(QWidget* parent = nullptr);
    void setIcon(const char* name);
    void setTexts(const QString& title, const QString& text);
    /// A button that triggers the action; null removes it.
    void setAction(QAction* action);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const char* m_icon = nullptr;
    QLabel* m_title;
    QLabel* m_text;
    QPushButton* m_button;
    QMetaObject::Connection m_connection;
};

} // namespace grove::ui
