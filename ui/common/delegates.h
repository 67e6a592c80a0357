#pragma once

#include <QStyledItemDelegate>

namespace grove::ui {

/// Text cell: height metrics().row, 8 px padding, colours and fonts by the roles of roles.h.
/// Grounds are the view's.
class RowDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    /// The colour of a cell's text: ForegroundTokenRole, else `fallback`; disabled rows are muted.
    static QColor textColor(const QModelIndex& index, const QStyleOptionViewItem& option);
    static QRect content(const QStyleOptionViewItem& option);
};

/// Name cell: glyph or mark, text, muted suffix, badge at the end.
class NameDelegate : public RowDelegate {
    Q_OBJECT
public:
    using RowDelegate::RowDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

/// Number cell: right-aligned, tabular figures, thousands separated, a muted delta after it, or a
/// gauge.
class NumberDelegate : public RowDelegate {
    Q_OBJECT
public:
    using RowDelegate::RowDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QString displayText(const QVariant& value, const QLocale& locale) const override;
};

} // namespace grove::ui
