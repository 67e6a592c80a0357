#include <ui/common/delegates.h>
#include <ui/common/metrics.h>
#include <ui/observer/outline_view.h>

#include <QContextMenuEvent>
#include <QKeyEvent>

namespace grove::ui {

using observe::PlaceId;

OutlineView::OutlineView(TreeModel& tree, FadeDriver& fades, QWidget* parent)
    : TreeView(parent), m_tree(tree) {
    setAccessibleName(tr("Supervision tree"));
    setFadeDriver(&fades);
    setModel(&tree);
    setItemDelegate(new RowDelegate(this));
    setItemDelegateForColumn(TreeModel::NameColumn, new NameDelegate(this));
    setItemDelegateForColumn(TreeModel::MailboxColumn, new NumberDelegate(this));
    setContextMenuPolicy(Qt::DefaultContextMenu);
    setMouseTracking(true);
    setExpandsOnDoubleClick(false); // a double click goes to the inspector; chevrons and keys fold
    HeaderView* header = headerView();
    header->setSectionsMovable(false);
    header->setStretchColumn(TreeModel::NameColumn, 200);
    header->setHideOrder({TreeModel::StatusColumn, TreeModel::PidColumn});
    header->resizeSection(TreeModel::PidColumn, metrics().colPid);
    header->resizeSection(TreeModel::StatusColumn, metrics().colStatus);
    header->resizeSection(TreeModel::MailboxColumn, metrics().colMailbox + 2 * metrics().pad);
    header->resizeSection(TreeModel::RestartsColumn, metrics().colRestarts + metrics().pad);
    header->keepDefaults();
    unfold({}, 0, tree.rowCount() - 1);
    connect(this, &QTreeView::expanded, this, &OutlineView::visibleChanged);
}

/// Unfolds what is new, children first, so that each level is laid out once.
void OutlineView::unfold(const QModelIndex& parent, int start, int end) {
    for (int row = start; row <= end; ++row) {
        const QModelIndex index = m_tree.index(row, 0, parent);
        const observe::Place* place = m_tree.place(m_tree.placeAt(index));
        if (!place || place->kind == observe::PlaceKind::Worker)
            continue;
        const int children = m_tree.rowCount(index);
        unfold(index, 0, children - 1);
        if (children <= kUnfoldMax)
            setExpanded(index, true);
    }
}

void OutlineView::rowsInserted(const QModelIndex& parent, int start, int end) {
    TreeView::rowsInserted(parent, start, end);
    if (end - start >= kUnfoldMax)
        setExpanded(parent, false);
    unfold(parent, start, end);
    emit visibleChanged();
}

std::vector<PlaceId> OutlineView::visiblePlaces() const {
    std::vector<PlaceId> places;
    for (QModelIndex index = indexAt({1, 0}); index.isValid(); index = indexBelow(index)) {
        if (visualRect(index).top() > viewport()->height())
            break;
        places.push_back(m_tree.placeAt(index));
    }
    return places;
}

void OutlineView::reveal(PlaceId id) {
    const QModelIndex index = m_tree.indexOf(id);
    for (QModelIndex up = index.parent(); up.isValid(); up = up.parent())
        setExpanded(up, true);
    scrollTo(index);
}

void OutlineView::mouseMoveEvent(QMouseEvent* event) {
    TreeView::mouseMoveEvent(event);
    m_tree.setHovered(m_tree.placeAt(indexAt(event->position().toPoint())));
}

void OutlineView::leaveEvent(QEvent* event) {
    TreeView::leaveEvent(event);
    m_tree.setHovered(0);
}

void OutlineView::contextMenuEvent(QContextMenuEvent* event) {
    if (event->reason() == QContextMenuEvent::Mouse) {
        if (indexAt(event->pos()).isValid())
            emit menuRequested(event->globalPos());
        return;
    }
    if (const QModelIndex current = currentIndex(); current.isValid())
        emit menuRequested(viewport()->mapToGlobal(visualRect(current).center()));
}

void OutlineView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Asterisk && currentIndex().isValid()) {
        expandRecursively(currentIndex());
        return;
    }
    TreeView::keyPressEvent(event);
}

void OutlineView::focusInEvent(QFocusEvent* event) {
    TreeView::focusInEvent(event);
    if (!currentIndex().isValid() && m_tree.rowCount() > 0)
        setCurrentIndex(m_tree.index(0, 0));
}

void OutlineView::scrollContentsBy(int dx, int dy) {
    TreeView::scrollContentsBy(dx, dy);
    emit visibleChanged();
}

void OutlineView::resizeEvent(QResizeEvent* event) {
    // A bar above takes room: the row one looks at stays in sight.
    const QModelIndex current = currentIndex();
    const QRect row = visualRect(current);
    const bool seen = row.isValid() && row.top() >= 0 && row.bottom() <= event->oldSize().height();
    TreeView::resizeEvent(event);
    if (seen)
        scrollTo(current);
    emit visibleChanged();
}

} // namespace grove::ui
