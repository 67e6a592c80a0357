#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/common/style.h>
#include <ui/common/style_paint.h>
#include <ui/common/theme.h>

#include <QPainter>

namespace grove::ui {

namespace {

constexpr int kMenuLead = 28; // check mark or icon
constexpr int kMenuEnd = 20;  // shortcut's right edge, or the sub-menu's chevron

} // namespace

bool paintMenuItem(const QStyleOptionMenuItem& option, QPainter& painter) {
    const bool rtl = option.direction == Qt::RightToLeft;
    painter.fillRect(option.rect, color(Token::Surface));
    if (option.menuItemType == QStyleOptionMenuItem::Separator) {
        drawHairline(painter, Qt::Horizontal, option.rect.center().y(), option.rect.left() + 8,
                     option.rect.right() - 7, color(Token::Border));
        return true;
    }
    const bool enabled = option.state & QStyle::State_Enabled;
    if (option.state & QStyle::State_Selected) {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(enabled ? Token::Selection : Token::Hover));
        painter.drawRoundedRect(option.rect.adjusted(4, 0, -4, 0), 4, 4);
        painter.restore();
    }
    const QColor ink = color(enabled ? Token::Text : Token::Disabled);
    QRect lead = option.rect;
    lead.setWidth(kMenuLead);
    if (rtl)
        lead.moveRight(option.rect.right());
    const QRectF mark(lead.center().x() - 5, lead.center().y() - 7.5, 16, 16);
    if (option.checkType != QStyleOptionMenuItem::NotCheckable && option.checked)
        paintIcon(painter, mark, "check", color(enabled ? Token::Accent : Token::Disabled));
    else if (!option.icon.isNull())
        option.icon.paint(&painter, mark.toRect(), Qt::AlignCenter,
                          enabled ? QIcon::Normal : QIcon::Disabled);
    const qsizetype tab = option.text.indexOf(QLatin1Char('\t'));
    const QString label = tab < 0 ? option.text : option.text.left(tab);
    const QString keys = tab < 0 ? QString() : option.text.mid(tab + 1);
    const QRect box = rtl ? option.rect.adjusted(kMenuEnd, 0, -kMenuLead, 0)
                          : option.rect.adjusted(kMenuLead, 0, -kMenuEnd, 0);
    painter.setFont(option.font);
    painter.setPen(ink);
    painter.setLayoutDirection(option.direction);
    painter.drawText(
        box,
        int(QStyle::visualAlignment(option.direction, Qt::AlignLeft | Qt::AlignVCenter)) |
            Qt::TextSingleLine | Qt::TextHideMnemonic,
        label);
    painter.setPen(color(enabled ? Token::Muted : Token::Disabled));
    painter.drawText(
        box,
        int(QStyle::visualAlignment(option.direction, Qt::AlignRight | Qt::AlignVCenter)) |
            Qt::TextSingleLine | Qt::TextHideMnemonic,
        keys);
    if (option.menuItemType == QStyleOptionMenuItem::SubMenu) {
        QRectF chevron(0, 0, 12, 12);
        chevron.moveCenter(QPointF(rtl ? option.rect.left() + 12 : option.rect.right() - 11,
                                   option.rect.center().y() + 0.5));
        paintChevron(painter, chevron, false, option.direction, ink);
    }
    return true;
}

bool paintMenuBarItem(const QStyleOptionMenuItem& option, QPainter& painter, bool underline) {
    painter.fillRect(option.rect, color(Token::Background));
    if (option.state & (QStyle::State_Selected | QStyle::State_Sunken)) {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(Token::Raised));
        painter.drawRoundedRect(option.rect.adjusted(0, 2, 0, -3), 4, 4);
        painter.restore();
    }
    painter.setPen(color(option.state & QStyle::State_Enabled ? Token::Text : Token::Disabled));
    painter.drawText(option.rect,
                     int(Qt::AlignCenter) | Qt::TextSingleLine |
                         (underline ? Qt::TextShowMnemonic : Qt::TextHideMnemonic),
                     option.text);
    drawHairline(painter, Qt::Horizontal, option.rect.bottom(), option.rect.left(),
                 option.rect.right() + 1, color(Token::Border));
    return true;
}

bool paintComboBox(const QStyle& style, const QStyleOptionComboBox& option, QPainter& painter,
                   const QWidget* widget) {
    Box box{option.rect, color(Token::Surface), outlineFor(option)};
    const bool enabled = option.state & QStyle::State_Enabled;
    if (option.editable)
        box.ring = option.state & QStyle::State_HasFocus;
    else if (option.state & (QStyle::State_Sunken | QStyle::State_On))
        box.fill = color(Token::Raised);
    else if (enabled && (option.state & QStyle::State_MouseOver))
        box.fill = color(Token::Hover);
    if (option.frame)
        paintBox(painter, box);
    const QRectF arrow =
        style.subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxArrow, widget);
    QRectF chevron(0, 0, 12, 12);
    chevron.moveCenter(arrow.center());
    paintChevron(painter, chevron, true, option.direction,
                 color(enabled ? Token::Muted : Token::Disabled));
    return true;
}

bool paintSpinBox(const QStyle& style, const QStyleOptionSpinBox& option, QPainter& painter,
                  const QWidget* widget) {
    Box box{option.rect, option.palette.color(QPalette::Base), outlineFor(option)};
    box.ring = option.state & QStyle::State_HasFocus;
    if (option.frame)
        paintBox(painter, box);
    for (const auto sub : {QStyle::SC_SpinBoxUp, QStyle::SC_SpinBoxDown}) {
        const QRectF button = style.subControlRect(QStyle::CC_SpinBox, &option, sub, widget);
        const auto step = sub == QStyle::SC_SpinBoxUp ? QAbstractSpinBox::StepUpEnabled
                                                      : QAbstractSpinBox::StepDownEnabled;
        QRectF chevron(0, 0, 9, 9);
        chevron.moveCenter(button.center());
        painter.save();
        if (sub == QStyle::SC_SpinBoxUp) {
            painter.translate(chevron.center());
            painter.rotate(180);
            painter.translate(-chevron.center());
        }
        paintChevron(painter, chevron, true, Qt::LeftToRight,
                     color(option.stepEnabled & step ? Token::Muted : Token::Disabled));
        painter.restore();
    }
    return true;
}

} // namespace grove::ui
