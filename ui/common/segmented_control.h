#pragma once

#include <QWidget>

namespace grove::ui {

/// Two or more choices side by side ("Outline | Drawn"). Arrow keys move the choice; one Tab stop.
class SegmentedControl : public QWidget {
    Q_OBJECT
public:
    explicit SegmentedControl(const QStringList& choices, QWidget* parent = nullptr);

    int current() const { return m_current; }
    void setCurrent(int index);
    QString text(int index) const { return m_choices.value(index); }
    int count() const { return int(m_choices.size()); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    /// By the person or by setCurrent(), when it differs.
    void currentChanged(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRect segment(int index) const;
    int segmentAt(QPoint point) const;

    QStringList m_choices;
    int m_current = 0;
    int m_hover = -1;
};

} // namespace grove::ui
