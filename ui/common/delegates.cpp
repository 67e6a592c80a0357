#include <ui/common/delegates.h>
#include <ui/common/marks.h>
#include <ui/common/metrics.h>
#include <ui/common/roles.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>

#include <QLocale>
#include <QPainter>

namespace grove::ui {

namespace {

constexpr int kBadgePadding = 7;

QFont fontOf(const QModelIndex& index) {
    if (index.data(MonoRole).toBool())
        return font(TypeRole::Mono);
    QFont result = font(index.data(EmphasisRole).toBool() ? TypeRole::PaneTitle : TypeRole::Body);
    if (index.data(StrikeRole).toBool())
        result.setStrikeOut(true);
    return result;
}

/// Draws text from the leading end of `box` and returns the advance used.
int drawLeading(QPainter& painter, const QRect& box, const QString& text, const QFont& face,
                const QColor& ink) {
    const QFontMetrics measured(face);
    const QString shown = measured.elidedText(text, Qt::ElideRight, box.width());
    painter.setFont(face);
    painter.setPen(ink);
    drawWords(painter, box, Qt::AlignLeft, shown, painter.layoutDirection());
    return measured.horizontalAdvance(shown);
}

/// Takes `width` away from the leading side.
void advance(QRect& box, int width, Qt::LayoutDirection direction) {
    if (direction == Qt::RightToLeft)
        box.setRight(box.right() - width);
    else
        box.setLeft(box.left() + width);
}

/// Draws the badge pill at the trailing end and takes its room away.
void drawBadge(QPainter& painter, QRect& box, const QString& badge, Qt::LayoutDirection direction) {
    if (badge.isEmpty())
        return;
    const QFont face = font(TypeRole::Badge);
    const int width = QFontMetrics(face).horizontalAdvance(badge) + 2 * kBadgePadding;
    QRect pill(0, 0, width, QFontMetrics(face).height() + 2);
    pill.moveCenter(
        QPoint(direction == Qt::RightToLeft ? box.left() + width / 2 : box.right() - width / 2,
               box.center().y()));
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color(Token::Raised));
    painter.drawRoundedRect(pill, pill.height() / 2.0, pill.height() / 2.0);
    painter.setPen(color(Token::Muted));
    painter.setFont(face);
    painter.drawText(pill, Qt::AlignCenter, badge);
    painter.restore();
    if (direction == Qt::RightToLeft)
        box.setLeft(pill.right() + metrics().gap);
    else
        box.setRight(pill.left() - metrics().gap);
}

} // namespace

QRect RowDelegate::content(const QStyleOptionViewItem& option) {
    const int pad = metrics().pad;
    // The first column begins at the page margin, the others 8 after their edge.
    const bool first =
        option.viewItemPosition == QStyleOptionViewItem::Beginning ||
        option.viewItemPosition == QStyleOptionViewItem::OnlyOne ||
        (option.viewItemPosition == QStyleOptionViewItem::Invalid && option.index.column() == 0);
    const int lead = first ? metrics().margin : pad;
    return option.direction == Qt::RightToLeft ? option.rect.adjusted(pad, 0, -lead, 0)
                                               : option.rect.adjusted(lead, 0, -pad, 0);
}

QColor RowDelegate::textColor(const QModelIndex& index, const QStyleOptionViewItem& option) {
    if (!(option.state & QStyle::State_Enabled))
        return color(Token::Disabled);
    const QVariant token = index.data(ForegroundTokenRole);
    if (token.isValid())
        return color(Token(token.toInt()));
    return color(index.data(StrikeRole).toBool() ? Token::Muted : Token::Text);
}

void RowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
    painter->save();
    const QString text = displayText(index.data(Qt::DisplayRole), option.locale);
    const QFont face = fontOf(index);
    const QRect box = content(option);
    painter->setLayoutDirection(option.direction);
    const auto alignment = Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt());
    if (alignment.testFlag(Qt::AlignRight) || alignment.testFlag(Qt::AlignTrailing)) {
        painter->setFont(face);
        painter->setPen(textColor(index, option));
        drawWords(*painter, box, Qt::AlignRight,
                  QFontMetrics(face).elidedText(text, Qt::ElideRight, box.width()),
                  option.direction);
    } else {
        drawLeading(*painter, box, text, face, textColor(index, option));
    }
    painter->restore();
}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
    return {80, metrics().row};
}

void NameDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
    painter->save();
    painter->setLayoutDirection(option.direction);
    // In a tree the mark stands under the chevron column's end, 16 after the branch; in a table at
    // the margin.
    QRect box = content(option);
    const bool rtl = option.direction == Qt::RightToLeft;
    const auto glyph = StrategyGlyph(index.data(GlyphRole).toInt());
    const auto mark = StatusMark(index.data(MarkRole).toInt());
    if (glyph != StrategyGlyph::None) {
        const qreal end = rtl ? box.right() - kGlyphWidth : box.left() + kGlyphWidth;
        paintGlyph(*painter, QPointF(rtl ? box.right() : end, box.center().y() + 0.5), glyph,
                   color(Token::Muted));
        advance(box, int(kGlyphWidth) + metrics().gap, option.direction);
    } else if (mark != StatusMark::None) {
        const int side = metrics().mark;
        paintMark(*painter,
                  QRectF(rtl ? box.right() - side : box.left(), box.center().y() + 0.5 - side / 2.0,
                         side, side),
                  mark, markColor(mark));
        advance(box, side + metrics().gap, option.direction);
    }
    drawBadge(*painter, box, index.data(BadgeRole).toString(), option.direction);
    const int used = drawLeading(*painter, box, index.data(Qt::DisplayRole).toString(),
                                 fontOf(index), textColor(index, option));
    const QString suffix = index.data(SuffixRole).toString();
    if (!suffix.isEmpty()) {
        advance(box, used + 5, option.direction);
        if (box.width() > 24)
            drawLeading(*painter, box, suffix, font(TypeRole::Body), color(Token::Muted));
    }
    painter->restore();
}

void NumberDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const {
    painter->save();
    painter->setLayoutDirection(option.direction);
    QRect box = content(option);
    const QVariant budget = index.data(BudgetRole);
    if (budget.canConvert<RestartBudget>())
        paintGauge(*painter, QPointF(box.right() + 1, box.center().y() + 0.5),
                   budget.value<RestartBudget>());
    const QFont face = font(TypeRole::Number);
    const QString delta = index.data(DeltaRole).toString();
    if (!delta.isEmpty()) {
        const int width = QFontMetrics(face).horizontalAdvance(delta);
        painter->setFont(face);
        painter->setPen(color(Token::Muted));
        drawWords(*painter, box, Qt::AlignRight, delta, option.direction);
        if (option.direction == Qt::RightToLeft)
            box.setLeft(box.left() + width + metrics().gap);
        else
            box.setRight(box.right() - width - metrics().gap);
    }
    const QString text = displayText(index.data(Qt::DisplayRole), option.locale);
    painter->setFont(face);
    painter->setPen(textColor(index, option));
    drawWords(*painter, box, Qt::AlignRight,
              QFontMetrics(face).elidedText(text, Qt::ElideLeft, box.width()), option.direction);
    painter->restore();
}

QString NumberDelegate::displayText(const QVariant& value, const QLocale& locale) const {
    switch (value.metaType().id()) {
    case QMetaType::Int:
    case QMetaType::LongLong:
        return locale.toString(value.toLongLong());
    case QMetaType::UInt:
    case QMetaType::ULongLong:
        return locale.toString(value.toULongLong());
    default:
        return value.toString();
    }
}

} // namespace grove::ui
