#include <ui/common/metrics.h>
#include <ui/common/segmented_control.h>
#include <ui/common/theme.h>

#include <QFontMetrics>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

namespace grove::ui {

namespace {
constexpr int kSidePadding = 12;
}

SegmentedControl::SegmentedControl(const QStringList& choices, QWidget* parent)
    : QWidget(parent), m_choices(choices) {
    setFocusPolicy(Qt::TabFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(m_choices.value(0));
}

void SegmentedControl::setCurrent(int index) {
    if (index < 0 || index >= m_choices.size() || index == m_current)
        return;
    m_current = index;
    setAccessibleName(m_choices.at(index));
    update();
    emit currentChanged(index);
}

QSize SegmentedControl::sizeHint() const {
    return {segment(int(m_choices.size()) - 1).right() + 2, metrics().field};
}

QRect SegmentedControl::segment(int index) const {
    // The width of the semibold text, so that choosing moves nothing.
    const QFontMetrics wide(ui::font(TypeRole::PaneTitle));
    int left = 0;
    for (int i = 0; i < index; ++i)
        left += wide.horizontalAdvance(m_choices.at(i)) + 2 * kSidePadding;
    return {left, 0, wide.horizontalAdvance(m_choices.value(index)) + 2 * kSidePadding,
            metrics().field};
}

int SegmentedControl::segmentAt(QPoint point) const {
    for (int i = 0; i < m_choices.size(); ++i)
        if (segment(i).contains(point))
            return i;
    return -1;
}

void SegmentedControl::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    QPainterPath outline;
    outline.addRoundedRect(frame, metrics().radius, metrics().radius);
    painter.fillPath(outline, color(Token::Surface));
    painter.setClipPath(outline);
    for (int i = 0; i < m_choices.size(); ++i) {
        const QRect box = segment(i);
        if (i == m_current)
            painter.fillRect(box, color(Token::Raised));
        else if (i == m_hover)
            painter.fillRect(box, color(Token::Hover));
        if (i > 0)
            drawHairline(painter, Qt::Vertical, box.left(), 0, height(), color(Token::Control));
        painter.setFont(ui::font(i == m_current ? TypeRole::PaneTitle : TypeRole::Body));
        painter.setPen(color(Token::Text));
        painter.drawText(box, Qt::AlignCenter, m_choices.at(i));
    }
    painter.setClipping(false);
    painter.setPen(QPen(color(Token::Control), hairline(this)));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(outline);
}

void SegmentedControl::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton)
        setCurrent(segmentAt(event->position().toPoint()));
}

void SegmentedControl::mouseMoveEvent(QMouseEvent* event) {
    m_hover = segmentAt(event->position().toPoint());
    update();
}

void SegmentedControl::leaveEvent(QEvent*) {
    m_hover = -1;
    update();
}

void SegmentedControl::keyPressEvent(QKeyEvent* event) {
    const int forward = layoutDirection() == Qt::RightToLeft ? Qt::Key_Left : Qt::Key_Right;
    const int back = layoutDirection() == Qt::RightToLeft ? Qt::Key_Right : Qt::Key_Left;
    if (event->key() == forward)
        setCurrent(m_current + 1);
    else if (event->key() == back)
        setCurrent(m_current - 1);
    else if (event->key() == Qt::Key_Space)
        setCurrent((m_current + 1) % int(m_choices.size()));
    else
        QWidget::keyPressEvent(event);
}

} // namespace grove::ui
