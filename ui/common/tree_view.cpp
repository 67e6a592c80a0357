#include <ui/common/delegates.h>
#include <ui/common/fade.h>
#include <ui/common/metrics.h>
#include <ui/common/pane.h>
#include <ui/common/roles.h>
#include <ui/common/style.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>

#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

namespace grove::ui {

TreeView::TreeView(QWidget* parent)
    : QTreeView(parent), m_header(new HeaderView(Qt::Horizontal, this)) {
    setHeader(m_header);
    m_header->setSectionsClickable(true);
    setFrameShape(QFrame::NoFrame);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(false);
    setRootIsDecorated(true);
    setIndentation(metrics().indent);
    setAnimated(false);
    setItemDelegate(new RowDelegate(this));
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setExpandsOnDoubleClick(false);
    setProperty("groveRows", true); // the style leaves grounds to this view
}

void TreeView::setFadeDriver(FadeDriver* driver) {
    m_fade = driver;
    connect(driver, &FadeDriver::stepped, this, [this](const QList<quint64>& keys) {
        // Only the rows in sight, and of these only the fading ones.
        for (QModelIndex row = indexAt(QPoint(0, 0)); row.isValid(); row = indexBelow(row)) {
            const QRect rect = visualRect(row);
            if (rect.top() > viewport()->height())
                break;
            const QVariant key = row.siblingAtColumn(0).data(WashKeyRole);
            if (key.isValid() && keys.contains(key.toULongLong()))
                viewport()->update(0, rect.top(), viewport()->width(), rect.height());
        }
    });
}

int TreeView::groundInset() const {
    if (!m_rounded)
        return 0;
    return verticalScrollBar()->isVisible() ? 0 : metrics().pad;
}

int TreeView::textInset() const {
    return verticalScrollBar()->isVisible() ? metrics().margin - verticalScrollBar()->width()
                                            : metrics().margin;
}

void TreeView::drawRow(QPainter* painter, const QStyleOptionViewItem& option,
                       const QModelIndex& index) const {
    RowGround ground;
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    ground.rect = QRect(0, option.rect.top(), viewport()->width(), option.rect.height());
    if (m_rounded)
        ground.rect.adjust(rtl ? groundInset() : metrics().pad, 0,
                           rtl ? -metrics().pad : -groundInset(), 0);
    const QModelIndex first = index.siblingAtColumn(0);
    ground.selected = selectionModel() && selectionModel()->isSelected(first);
    ground.current = hasFocus() && currentIndex().siblingAtColumn(0) == first;
    ground.hovered = QModelIndex(m_hover) == first && (index.flags() & Qt::ItemIsSelectable);
    ground.activePane = m_alwaysActive || inActivePane(this);
    ground.focusRing = m_alwaysActive;
    ground.rounded = m_rounded;
    ground.outlined = first.data(OutlineRole).toBool();
    ground.direction = layoutDirection();
    if (m_fade) {
        const QVariant key = first.data(WashKeyRole);
        if (key.isValid())
            ground.wash = m_fade->colorOf(key.toULongLong()).value_or(QColor());
    }
    paintRowGround(*painter, ground);
    QTreeView::drawRow(painter, option, index);
}

QRect TreeView::chevronRect(const QModelIndex& index) const {
    if (!rootIsDecorated() || !model() || !model()->hasChildren(index))
        return {};
    const QRect cell = visualRect(index);
    const int hit = metrics().chevronHit;
    // Centre 22 for a top row, whose cell begins at 18: the chevron stands under the header's text
    // edge.
    const int middle = layoutDirection() == Qt::RightToLeft ? cell.right() - 4 : cell.left() + 4;
    return {middle - hit / 2, cell.top(), hit, cell.height()};
}

void TreeView::drawBranches(QPainter* painter, const QRect&, const QModelIndex& index) const {
    const QRect box = chevronRect(index);
    if (box.isNull())
        return;
    const qreal side = metrics().chevron;
    paintChevron(
        *painter,
        QRectF(box.center().x() + 0.5 - side / 2, box.center().y() + 0.5 - side / 2, side, side),
        isExpanded(index), layoutDirection(), color(Token::Muted));
}

void TreeView::resizeEvent(QResizeEvent* event) {
    QTreeView::resizeEvent(event);
    if (!isHeaderHidden())
        m_header->fit(viewport()->width() - (verticalScrollBar()->isVisible() ? 0 : metrics().pad));
    else if (m_header->count() > 0)
        m_header->resizeSection(0, viewport()->width());
}

void TreeView::mousePressEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->position().toPoint()).siblingAtColumn(0);
    if (event->button() == Qt::LeftButton && index.isValid() &&
        chevronRect(index).contains(event->position().toPoint())) {
        setExpanded(index, !isExpanded(index));
        return;
    }
    QTreeView::mousePressEvent(event);
}

void TreeView::setHover(const QModelIndex& index) {
    if (index == m_hover)
        return;
    for (const QModelIndex& row : {QModelIndex(m_hover), index})
        if (row.isValid())
            viewport()->update(0, visualRect(row).top(), viewport()->width(),
                               visualRect(row).height());
    m_hover = index;
    emit hoverChanged(index);
}

void TreeView::mouseMoveEvent(QMouseEvent* event) {
    setHover(indexAt(event->position().toPoint()).siblingAtColumn(0));
    QTreeView::mouseMoveEvent(event);
}

void TreeView::leaveEvent(QEvent* event) {
    setHover({});
    QTreeView::leaveEvent(event);
}

void TreeView::setModel(QAbstractItemModel* model) {
    m_hover = QPersistentModelIndex();
    QTreeView::setModel(model);
    if (isHeaderHidden() && m_header->count() > 0)
        m_header->resizeSection(0, viewport()->width());
}

} // namespace grove::ui
