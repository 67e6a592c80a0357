#include <ui/common/metrics.h>
#include <ui/common/style.h>
#include <ui/common/style_paint.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>

#include <QAbstractScrollArea>
#include <QFontMetrics>
#include <QPainter>
#include <QWidget>

namespace grove::ui {

bool paintViewPrimitive(QStyle::PrimitiveElement element, const QStyleOption& option,
                        QPainter& painter, const QWidget* widget) {
    switch (element) {
    case QStyle::PE_PanelItemViewRow:
        return true; // TreeView and TableView paint the ground of the row, other views that of the
                     // item
    case QStyle::PE_PanelItemViewItem: {
        const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(&option);
        if (!item || (widget && widget->property("groveRows").toBool()))
            return true;
        if (item->backgroundBrush.style() != Qt::NoBrush)
            painter.fillRect(option.rect, item->backgroundBrush);
        RowGround ground;
        ground.rect = option.rect;
        ground.selected = option.state & QStyle::State_Selected;
        ground.hovered = option.state & QStyle::State_MouseOver;
        ground.direction = option.direction;
        paintRowGround(painter, ground);
        return true;
    }
    case QStyle::PE_IndicatorBranch:
        if (option.state & QStyle::State_Children) {
            QRectF box(0, 0, metrics().chevron, metrics().chevron);
            box.moveCenter(QRectF(option.rect).center());
            paintChevron(painter, box, option.state & QStyle::State_Open, option.direction,
                         color(Token::Muted));
        }
        return true;
    case QStyle::PE_IndicatorHeaderArrow: {
        const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(&option);
        // With a widget it is CE_Header that asks, after the label: ours is drawn with the label.
        if (widget || !header || header->sortIndicator == QStyleOptionHeader::None)
            return true;
        QRectF box(0, 0, 10, 10);
        box.moveCenter(QRectF(option.rect).center());
        painter.save();
        if (header->sortIndicator == QStyleOptionHeader::SortDown) {
            paintChevron(painter, box, true, Qt::LeftToRight, color(Token::Text));
        } else {
            painter.translate(box.center());
            painter.rotate(180);
            paintChevron(painter, box.translated(-box.center()), true, Qt::LeftToRight,
                         color(Token::Text));
        }
        painter.restore();
        return true;
    }
    default:
        return false;
    }
}

bool paintHeaderSection(const QStyleOption& option, QPainter& painter) {
    painter.fillRect(option.rect, option.palette.color(QPalette::Base));
    drawHairline(painter, Qt::Horizontal, option.rect.bottom(), option.rect.left(),
                 option.rect.right() + 1, color(Token::Border));
    return true;
}

bool paintHeaderLabel(const QStyleOptionHeader& option, QPainter& painter) {
    const bool rtl = option.direction == Qt::RightToLeft;
    // Positions are those on the screen: right to left the first section stands at the end.
    const bool first =
        option.position == (rtl ? QStyleOptionHeader::End : QStyleOptionHeader::Beginning) ||
        option.position == QStyleOptionHeader::OnlyOneSection;
    // Fusion has taken PM_HeaderMargin off both ends; the first title begins at the page margin.
    const int lead = first ? metrics().margin - metrics().pad : 0;
    const QRect box =
        rtl ? option.rect.adjusted(0, 0, -lead, 0) : option.rect.adjusted(lead, 0, 0, 0);
    const QFont face = font(TypeRole::Secondary);
    const bool sorted = option.sortIndicator != QStyleOptionHeader::None;
    const QFontMetrics measured(face);
    const QString text = measured.elidedText(option.text, Qt::ElideRight, box.width());
    painter.setFont(face);
    painter.setPen(color(sorted ? Token::Text : Token::Muted));
    const Qt::Alignment alignment =
        QStyle::visualAlignment(option.direction, option.textAlignment) | Qt::AlignVCenter;
    painter.drawText(box, int(alignment) | Qt::TextSingleLine | Qt::TextDontClip, text);
    if (!sorted)
        return true;
    // Beside the title, on its free side: title and figures keep their common edge.
    QStyleOptionHeader arrow(option);
    const int width = measured.horizontalAdvance(text);
    const bool atRight = alignment.testFlag(Qt::AlignRight);
    const int left = atRight ? box.right() - width - 16 : box.left() + width + 4;
    arrow.rect = QRect(left, box.top(), 12, box.height());
    return paintViewPrimitive(QStyle::PE_IndicatorHeaderArrow, arrow, painter, nullptr);
}

namespace {

/// A scroll bar stands on the ground of what it scrolls.
QPalette::ColorRole groundRole(const QWidget* bar) {
    for (const QWidget* up = bar; up; up = up->parentWidget())
        if (const auto* area = qobject_cast<const QAbstractScrollArea*>(up)) {
            const QWidget* viewport = area->viewport();
            return viewport->autoFillBackground() ? viewport->backgroundRole() : QPalette::Window;
        }
    return QPalette::Base;
}

} // namespace

bool paintScrollBar(const QStyle& style, const QStyleOptionSlider& option, QPainter& painter,
                    const QWidget* widget) {
    painter.fillRect(option.rect, option.palette.color(groundRole(widget)));
    if (option.minimum == option.maximum)
        return true;
    const QRectF slider =
        style.subControlRect(QStyle::CC_ScrollBar, &option, QStyle::SC_ScrollBarSlider, widget);
    const bool active = (option.state & QStyle::State_MouseOver) ||
                        (option.activeSubControls & QStyle::SC_ScrollBarSlider);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color(active ? Token::Control : Token::Edge));
    const QRectF pill = option.orientation == Qt::Vertical ? slider.adjusted(2, 2, -2, -2)
                                                           : slider.adjusted(2, 2, -2, -2);
    painter.drawRoundedRect(pill, 3, 3);
    return true;
}

namespace {

/// A tab without the space between it and the next one.
QRect tabBox(const QStyleOptionTab& option) {
    const bool last =
        option.position == QStyleOptionTab::End || option.position == QStyleOptionTab::OnlyOneTab;
    const int gap = last ? 0 : metrics().margin;
    return option.direction == Qt::RightToLeft ? option.rect.adjusted(gap, 0, 0, 0)
                                               : option.rect.adjusted(0, 0, -gap, 0);
}

} // namespace

bool paintTabShape(const QStyleOptionTab& option, QPainter& painter) {
    const QRect box = tabBox(option);
    if (option.state & QStyle::State_Selected)
        painter.fillRect(QRect(box.left(), box.bottom() - 1, box.width(), 2), color(Token::Accent));
    return true;
}

bool paintTabLabel(const QStyleOptionTab& option, QPainter& painter, bool underline) {
    const bool selected = option.state & QStyle::State_Selected;
    const bool enabled = option.state & QStyle::State_Enabled;
    const bool hovered = option.state & QStyle::State_MouseOver;
    painter.setFont(font(selected ? TypeRole::PaneTitle : TypeRole::Body));
    painter.setPen(color(!enabled              ? Token::Disabled
                         : selected || hovered ? Token::Text
                                               : Token::Muted));
    const int mnemonic = underline ? Qt::TextShowMnemonic : Qt::TextHideMnemonic;
    painter.drawText(tabBox(option), int(Qt::AlignCenter) | Qt::TextSingleLine | mnemonic,
                     option.text);
    if ((option.state & QStyle::State_HasFocus) &&
        (option.state & QStyle::State_KeyboardFocusChange)) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(color(Token::Accent), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(tabBox(option)).adjusted(-3, 3, 3, -4), 4, 4);
    }
    return true;
}

bool paintProgress(const QStyleOptionProgressBar& option, QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    QRectF track(option.rect.left(), option.rect.center().y() - 2, option.rect.width(), 6);
    painter.setBrush(color(Token::Raised));
    painter.drawRoundedRect(track, 3, 3);
    const qint64 range = qint64(option.maximum) - option.minimum;
    if (range <= 0)
        return true;
    QRectF done = track;
    done.setWidth(track.width() * double(option.progress - option.minimum) / double(range));
    if (option.direction == Qt::RightToLeft)
        done.moveRight(track.right());
    painter.setBrush(color(Token::Accent));
    painter.drawRoundedRect(done, 3, 3);
    return true;
}

} // namespace grove::ui
