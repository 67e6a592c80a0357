#pragma once

#include <QWidget>

class QToolButton;

namespace grove::ui {

/// "− Fit · 100 % +" in the corner of the drawn tree.
class ZoomControl : public QWidget {
    Q_OBJECT
public:
    explicit ZoomControl(QWidget* parent);
    void setZoom(double zoom);
    QSize sizeHint() const override;

signals:
    void zoomedIn();
    void zoomedOut();
    void fitted();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QToolButton* m_out;
    QToolButton* m_fit;
    QToolButton* m_in;
};

} // namespace grove::ui
