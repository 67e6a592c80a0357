#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/common/style.h>
#include <ui/common/views.h>
#include <ui/todo/entry_delegate.h>
#include <ui/todo/entry_model.h>

#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>

namespace grove::ui {

namespace {

constexpr int kCheckHit = 28; // at least 24, around the box of 18
constexpr int kTitleGap = 12; // between box and title
constexpr int kTextFlags = Qt::TextSingleLine | Qt::AlignVCenter;
constexpr int kPendingSide = 12;

/// Everything between the page margins, whichever side the scroll bar takes away.
QRect lineOf(const QStyleOptionViewItem& option) {
    const auto* view = qobject_cast<const TreeView*>(option.widget);
    const int trailing = view ? view->textInset() : metrics().margin;
    const int leading = metrics().margin;
    return option.direction == Qt::RightToLeft ? option.rect.adjusted(trailing, 0, -leading, 0)
                                               : option.rect.adjusted(leading, 0, -trailing, 0);
}

QRect checkBox(const QStyleOptionViewItem& option) {
    const QRect line = lineOf(option);
    const int side = metrics().entryCheck;
    const int left = option.direction == Qt::RightToLeft ? line.right() - side + 1 : line.left();
    return {left, line.center().y() - side / 2 + 1, side, side};
}

QRect titleBox(const QStyleOptionViewItem& option) {
    const QRect line = lineOf(option);
    const int used = metrics().entryCheck + kTitleGap;
    return option.direction == Qt::RightToLeft ? line.adjusted(0, 0, -used, 0)
                                               : line.adjusted(used, 0, 0, 0);
}

void takeTrailing(QRect& box, int width, Qt::LayoutDirection direction) {
    if (direction == Qt::RightToLeft)
        box.setLeft(box.left() + width);
    else
        box.setRight(box.right() - width);
}

} // namespace

QSize EntryDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
    return {200, metrics().entryRow};
}

void EntryDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
    painter->save();
    painter->setLayoutDirection(option.direction);
    if (index.data(EntryModel::IsGroupRole).toBool())
        paintGroup(*painter, option, index);
    else
        paintEntry(*painter, option, index);
    painter->restore();
}

void EntryDelegate::paintGroup(QPainter& painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const {
    QRect line = lineOf(option);
    line.setTop(line.bottom() + 1 - metrics().groupText - 2);
    line.setBottom(line.bottom() - 2);
    const int align = kTextFlags | int(QStyle::visualAlignment(option.direction, Qt::AlignLeft));
    const QString title = index.data(Qt::DisplayRole).toString();
    const QFont heading = font(TypeRole::Heading);
    painter.setFont(heading);
    painter.setPen(
        color(index.data(EntryModel::OverdueRole).toBool() ? Token::Danger : Token::Text));
    painter.drawText(line, align, title);
    int used = QFontMetrics(heading).horizontalAdvance(title) + 9;
    const QString text = index.data(EntryModel::GroupTextRole).toString();
    const auto rest = [&] {
        return option.direction == Qt::RightToLeft ? line.adjusted(0, 0, -used, 0)
                                                   : line.adjusted(used, 0, 0, 0);
    };
    painter.setFont(font(TypeRole::Secondary));
    painter.setPen(color(Token::Muted));
    painter.drawText(rest(), align, text);
    if (index.data(EntryModel::FoldedRole).toBool()) {
        used += QFontMetrics(font(TypeRole::Secondary)).horizontalAdvance(text) + 6;
        const QRect box = rest();
        const auto* view = qobject_cast<const QTreeView*>(option.widget);
        const int side = metrics().chevron;
        paintChevron(painter,
                     QRectF(option.direction == Qt::RightToLeft ? box.right() - side : box.left(),
                            box.center().y() + 1 - side / 2.0, side, side),
                     view && view->isExpanded(index), option.direction, color(Token::Muted));
    }
}

void EntryDelegate::paintEntry(QPainter& painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const {
    const bool done = index.data(EntryModel::DoneRole).toBool();
    const QRect check = checkBox(option);
    bool overBox = false;
    if (option.widget && (option.state & QStyle::State_MouseOver))
        overBox =
            check.adjusted(-5, -5, 5, 5).contains(option.widget->mapFromGlobal(QCursor::pos()));
    paintCheck(painter, check, metrics().entryCheck, done ? CheckState::On : CheckState::Off, true,
               overBox);

    QRect box = titleBox(option);
    const QString date = index.data(EntryModel::DateTextRole).toString();
    if (!date.isEmpty()) {
        const QFont face = font(TypeRole::Secondary);
        painter.setFont(face);
        painter.setPen(
            color(index.data(EntryModel::OverdueRole).toBool() ? Token::Danger : Token::Muted));
        painter.drawText(
            box, kTextFlags | int(QStyle::visualAlignment(option.direction, Qt::AlignRight)), date);
        takeTrailing(box, QFontMetrics(face).horizontalAdvance(date) + kTitleGap, option.direction);
    }
    if (index.data(EntryModel::PendingRole).toBool()) {
        const bool rtl = option.direction == Qt::RightToLeft;
        paintIcon(painter,
                  QRectF(rtl ? box.left() : box.right() - kPendingSide + 1,
                         box.center().y() + 1 - kPendingSide / 2.0, kPendingSide, kPendingSide),
                  "unsaved", color(Token::Muted));
        takeTrailing(box, kPendingSide + kTitleGap, option.direction);
    }
    QFont face = font(TypeRole::Body);
    face.setStrikeOut(done);
    const QString shown = QFontMetrics(face).elidedText(index.data(Qt::DisplayRole).toString(),
                                                        Qt::ElideRight, box.width());
    if (!m_find.isEmpty())
        paintMatches(painter, box, shown, face);
    painter.setFont(face);
    painter.setPen(color(done ? Token::Muted : Token::Text));
    painter.drawText(
        box, kTextFlags | int(QStyle::visualAlignment(option.direction, Qt::AlignLeft)), shown);
}

void EntryDelegate::paintMatches(QPainter& painter, const QRect& box, const QString& shown,
                                 const QFont& face) const {
    if (painter.layoutDirection() == Qt::RightToLeft || shown.isRightToLeft())
        return; // the row is found; where in it needs a text layout
    const QFontMetricsF measured(face);
    painter.setPen(Qt::NoPen);
    for (qsizetype at = shown.indexOf(m_find, 0, Qt::CaseInsensitive); at >= 0;
         at = shown.indexOf(m_find, at + m_find.size(), Qt::CaseInsensitive)) {
        const qreal left = box.left() + measured.horizontalAdvance(shown.left(at));
        const qreal width = measured.horizontalAdvance(shown.mid(at, m_find.size()));
        painter.setBrush(color(Token::WarningWash));
        painter.drawRoundedRect(QRectF(left - 1, box.center().y() - measured.height() / 2 + 1,
                                       width + 2, measured.height()),
                                3, 3);
    }
}

QWidget* EntryDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&,
                                     const QModelIndex& index) const {
    auto* editor = new QLineEdit(parent);
    editor->setAccessibleName(tr("Title of %1").arg(index.data(Qt::DisplayRole).toString()));
    return editor;
}

void EntryDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
    auto* field = static_cast<QLineEdit*>(editor);
    // A change from elsewhere must not wipe what is being typed.
    if (!field->isModified())
        field->setText(index.data(Qt::EditRole).toString());
}

void EntryDelegate::setModelData(QWidget* editor, QAbstractItemModel* model,
                                 const QModelIndex& index) const {
    model->setData(index, static_cast<QLineEdit*>(editor)->text(), Qt::EditRole);
}

void EntryDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                         const QModelIndex&) const {
    // The text of the editor stands where the title stood.
    editor->setGeometry(titleBox(option).adjusted(-metrics().pad, 1, metrics().pad, -1));
}

bool EntryDelegate::editorEvent(QEvent* event, QAbstractItemModel* model,
                                const QStyleOptionViewItem& option, const QModelIndex& index) {
    if (event->type() != QEvent::MouseButtonRelease && event->type() != QEvent::MouseButtonPress &&
        event->type() != QEvent::MouseButtonDblClick)
        return false;
    const auto* mouse = static_cast<QMouseEvent*>(event);
    if (mouse->button() != Qt::LeftButton || !(index.flags() & Qt::ItemIsUserCheckable))
        return false;
    QRect hit(0, 0, kCheckHit, qMin(kCheckHit, option.rect.height()));
    hit.moveCenter(checkBox(option).center());
    if (!hit.contains(mouse->position().toPoint()))
        return false;
    if (event->type() != QEvent::MouseButtonRelease)
        return true; // a press on the box selects nothing and opens no editor
    const bool done = index.data(EntryModel::DoneRole).toBool();
    return model->setData(index, done ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

} // namespace grove::ui
