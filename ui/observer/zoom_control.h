#pragma once

#include <QWidget>

class QToolButton;

namespace grove::ui {

/// "− Fit · 100 % +" in the corner of the drawn tree; "− 86 % · Fit all +" where not all of it can
/// be seen.
class ZoomControl : public QWidget {
    Q_OBJECT
public:
    explicit ZoomControl(QWidget* parent);
    void setZoom(double zoom, bool isWhole);
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
