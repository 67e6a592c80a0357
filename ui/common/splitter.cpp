#include <ui/common/metrics.h>
#include <ui/common/splitter.h>
#include <ui/common/theme.h>

#include <QPainter>

namespace grove::ui {

namespace {

constexpr int kGrabMargin = 3; // on each side of the line: 7 px in all

/// Like Qt's own handles of 1 px, which lie over their neighbours and are grabbed beside their
/// line.
class Handle final : public QSplitterHandle {
public:
    Handle(Qt::Orientation orientation, QSplitter* parent) : QSplitterHandle(orientation, parent) {}

protected:
    void resizeEvent(QResizeEvent* event) override {
        // Not QSplitterHandle's, which sets other margins; each change of them resizes again.
        const int h = orientation() == Qt::Horizontal ? kGrabMargin : 0;
        const int v = orientation() == Qt::Vertical ? kGrabMargin : 0;
        setContentsMargins(h, v, h, v);
        setAttribute(Qt::WA_MouseNoMask);
        setMask(QRegion(contentsRect()));
        QWidget::resizeEvent(event);
    }
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.fillRect(contentsRect(), color(Token::Border));
    }
};

} // namespace

Splitter::Splitter(Qt::Orientation orientation, QWidget* parent) : QSplitter(orientation, parent) {
    setHandleWidth(1);
    setChildrenCollapsible(false);
}

void Splitter::resizeEvent(QResizeEvent* event) {
    QSplitter::resizeEvent(event);
    emit resized();
}

QSplitterHandle* Splitter::createHandle() {
    return new Handle(orientation(), this);
}

} // namespace grove::ui
