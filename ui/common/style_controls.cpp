#include <ui/common/focus_ring.h>
#include <ui/common/metrics.h>
#include <ui/common/question_dialog.h>
#include <ui/common/style.h>
#include <ui/common/style_paint.h>
#include <ui/common/theme.h>

#include <QAbstractItemView>
#include <QPainter>
#include <QPainterPath>
#include <QWidget>

namespace grove::ui {

namespace {

bool has(const QStyleOption& option, QStyle::StateFlag flag) {
    return option.state & flag;
}

ButtonTone toneOf(const QWidget* widget) {
    return widget ? ButtonTone(widget->property("groveTone").toInt()) : ButtonTone::Normal;
}

void paintCommandPanel(const QStyleOption& option, QPainter& painter, const QWidget* widget) {
    const bool enabled = has(option, QStyle::State_Enabled);
    const bool pressed = has(option, QStyle::State_Sunken) || has(option, QStyle::State_On);
    const bool hovered = enabled && has(option, QStyle::State_MouseOver);
    Box box{option.rect, color(Token::Surface), outlineFor(option)};
    if (pressed)
        box.fill = color(Token::Raised);
    else if (hovered)
        box.fill = color(Token::Hover);
    const ButtonTone tone = toneOf(widget);
    if (enabled && tone != ButtonTone::Normal) {
        box.outline = color(tone == ButtonTone::AccentFilled ? Token::Accent : Token::Danger);
        if (tone != ButtonTone::DangerOutline)
            box.fill = pressed   ? box.outline.darker(115)
                       : hovered ? box.outline.darker(107)
                                 : box.outline;
    }
    paintBox(painter, box);
}

void paintToolPanel(const QStyleOption& option, QPainter& painter, const QWidget* widget) {
    if (widget && widget->property("groveLink").toBool())
        return;
    if (!has(option, QStyle::State_Enabled))
        return;
    painter.setPen(Qt::NoPen);
    if (has(option, QStyle::State_Sunken) || has(option, QStyle::State_On))
        painter.setBrush(color(Token::Raised));
    else if (has(option, QStyle::State_MouseOver))
        painter.setBrush(color(Token::Hover));
    else
        return;
    painter.drawRoundedRect(option.rect, metrics().radius, metrics().radius);
}

void paintLineEditPanel(const QStyleOption& option, QPainter& painter, const QWidget* widget) {
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(&option);
    if (!frame || frame->lineWidth <= 0)
        return; // inside a spin box, a combo box or a quick-add frame
    Box box{option.rect, option.palette.color(QPalette::Base), outlineFor(option)};
    // An editor inside a view has no room for a frame of its own beyond the row.
    const bool inView = widget && widget->parentWidget() &&
                        qobject_cast<QAbstractItemView*>(widget->parentWidget()->parentWidget());
    box.ring = has(option, QStyle::State_HasFocus) && !has(option, QStyle::State_ReadOnly);
    if (inView)
        box.rect.adjust(0, 1, 0, -1);
    paintBox(painter, box);
}

void paintRadio(const QStyleOption& option, QPainter& painter) {
    const QRectF circle = QRectF(option.rect).adjusted(1, 1, -1, -1);
    const bool on = has(option, QStyle::State_On);
    const bool enabled = has(option, QStyle::State_Enabled);
    const QColor ink = color(!enabled ? Token::Disabled : on ? Token::Accent : Token::Control);
    painter.setPen(QPen(ink, 1.5));
    painter.setBrush(color(Token::Surface));
    painter.drawEllipse(circle);
    if (on) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(ink);
        painter.drawEllipse(circle.center(), 3.5, 3.5);
    }
}

void paintFrame(const QStyleOption& option, QPainter& painter) {
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(&option);
    if (!frame || frame->lineWidth <= 0)
        return;
    painter.setPen(QPen(outlineFor(option), hairline(painter.device())));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
}

} // namespace

QColor outlineFor(const QStyleOption& option) {
    return color(has(option, QStyle::State_Enabled) ? Token::Control : Token::Disabled);
}

void paintBox(QPainter& painter, const Box& box) {
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal width = box.ring ? 2 : hairline(painter.device());
    const qreal half = width / 2;
    painter.setPen(QPen(box.ring ? color(Token::Accent) : box.outline, width));
    painter.setBrush(box.fill);
    painter.drawRoundedRect(box.rect.adjusted(half, half, -half, -half), metrics().radius,
                            metrics().radius);
}

bool paintControlPrimitive(QStyle::PrimitiveElement element, const QStyleOption& option,
                           QPainter& painter, const QWidget* widget) {
    painter.setRenderHint(QPainter::Antialiasing);
    switch (element) {
    case QStyle::PE_PanelButtonCommand:
        paintCommandPanel(option, painter, widget);
        return true;
    case QStyle::PE_FrameDefaultButton:
        return true; // the default button is known by its ring
    case QStyle::PE_PanelButtonTool:
        paintToolPanel(option, painter, widget);
        return true;
    case QStyle::PE_PanelLineEdit:
        paintLineEditPanel(option, painter, widget);
        return true;
    case QStyle::PE_FrameLineEdit:
        paintBox(painter, {option.rect, Qt::transparent, outlineFor(option),
                           has(option, QStyle::State_HasFocus)});
        return true;
    case QStyle::PE_IndicatorCheckBox:
    case QStyle::PE_IndicatorItemViewItemCheck: {
        const CheckState state = has(option, QStyle::State_NoChange) ? CheckState::Partial
                                 : has(option, QStyle::State_On)     ? CheckState::On
                                                                     : CheckState::Off;
        paintCheck(painter, option.rect, metrics().check, state, has(option, QStyle::State_Enabled),
                   has(option, QStyle::State_MouseOver));
        return true;
    }
    case QStyle::PE_IndicatorRadioButton:
        paintRadio(option, painter);
        return true;
    case QStyle::PE_FrameFocusRect:
        // Views (which call without a widget from drawRow) and fields show the keyboard themselves,
        // buttons have the ring around them.
        if (widget && !qobject_cast<const QAbstractItemView*>(widget) &&
            !FocusRing::wantsRing(widget)) {
            painter.setPen(QPen(color(Token::Accent), 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 4, 4);
        }
        return true;
    case QStyle::PE_Frame:
        paintFrame(option, painter);
        return true;
    case QStyle::PE_FrameMenu:
    case QStyle::PE_PanelTipLabel:
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.fillRect(option.rect,
                         color(element == QStyle::PE_FrameMenu ? Token::Surface : Token::Raised));
        painter.setPen(QPen(color(Token::Edge), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(option.rect.adjusted(0, 0, -1, -1));
        return true;
    case QStyle::PE_PanelMenu:
        painter.fillRect(option.rect, color(Token::Surface));
        return true;
    case QStyle::PE_FrameStatusBarItem:
    case QStyle::PE_FrameTabBarBase:
    case QStyle::PE_FrameTabWidget:
    case QStyle::PE_FrameDockWidget:
        return true;
    case QStyle::PE_PanelStatusBar:
        painter.fillRect(option.rect, color(Token::Background));
        return true;
    default:
        return false;
    }
}

void paintCheck(QPainter& painter, const QRectF& box, qreal size, CheckState state, bool enabled,
                bool hovered) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QRectF square(0, 0, size, size);
    square.moveCenter(box.center());
    const bool filled = state != CheckState::Off;
    const QColor accent = color(enabled ? Token::Accent : Token::Disabled);
    const QColor line = enabled ? color(hovered && !filled ? Token::Accent : Token::Control)
                                : color(Token::Disabled);
    painter.setPen(QPen(filled ? accent : line, 1.5));
    painter.setBrush(filled ? accent : color(Token::Surface));
    painter.drawRoundedRect(square.adjusted(0.75, 0.75, -0.75, -0.75), 5, 5);
    if (filled) {
        const qreal unit = size / 18;
        painter.translate(square.topLeft());
        painter.scale(unit, unit);
        painter.setPen(QPen(color(Token::OnAccent), 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.setBrush(Qt::NoBrush);
        if (state == CheckState::On)
            painter.drawPolyline(QPolygonF({{4.8, 9.4}, {7.8, 12.3}, {13.2, 6.2}}));
        else
            painter.drawLine(QPointF(5, 9), QPointF(13, 9));
    }
    painter.restore();
}

void paintChevron(QPainter& painter, const QRectF& box, bool open, Qt::LayoutDirection direction,
                  const QColor& ink) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(box.center());
    painter.scale(box.width() / 12, box.height() / 12);
    painter.setPen(QPen(ink, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    if (open) {
        painter.drawPolyline(QPolygonF({{-3.2, -1.6}, {0, 1.6}, {3.2, -1.6}}));
    } else {
        const qreal way = direction == Qt::RightToLeft ? -1 : 1;
        painter.drawPolyline(QPolygonF({{-1.6 * way, -3.2}, {1.6 * way, 0}, {-1.6 * way, 3.2}}));
    }
    painter.restore();
}

} // namespace grove::ui
