#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>

#include <QPainter>

namespace grove::ui {

namespace {

constexpr int kSelectionBar = 3;

void fill(QPainter& painter, const RowGround& ground, const QColor& color) {
    if (!ground.rounded) {
        painter.fillRect(ground.rect, color);
        return;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(ground.rect, metrics().radius, metrics().radius);
}

void outline(QPainter& painter, const RowGround& ground, const QColor& color) {
    painter.setPen(QPen(color, hairline(painter.device())));
    painter.setBrush(Qt::NoBrush);
    const QRectF box = QRectF(ground.rect).adjusted(0.5, 0.5, -0.5, -0.5);
    if (ground.rounded)
        painter.drawRoundedRect(box, metrics().radius, metrics().radius);
    else
        painter.drawRect(box);
}

} // namespace

void paintRowGround(QPainter& painter, const RowGround& ground) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, ground.rounded);
    if (ground.selected && ground.activePane)
        fill(painter, ground, color(Token::Selection));
    else if (ground.hovered)
        fill(painter, ground, color(Token::Hover));
    if (ground.wash.isValid())
        fill(painter, ground, ground.wash);
    if (ground.selected && !ground.activePane)
        outline(painter, ground, color(Token::Edge));
    if (ground.current && (!ground.selected || ground.focusRing))
        outline(painter, ground, color(Token::Accent));
    if (ground.outlined)
        outline(painter, ground, color(Token::Warning));
    if (ground.selected && ground.activePane) {
        QRectF bar = ground.rect;
        if (ground.rounded)
            bar.adjust(0, metrics().radius, 0, -metrics().radius);
        if (ground.direction == Qt::RightToLeft)
            bar.setLeft(bar.right() - kSelectionBar);
        else
            bar.setWidth(kSelectionBar);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(Token::Accent));
        painter.drawRoundedRect(bar, ground.rounded ? 1.5 : 0, ground.rounded ? 1.5 : 0);
    }
    painter.restore();
}

} // namespace grove::ui
