#include <ui/common/delegates.h>
#include <ui/common/fade.h>
#include <ui/common/metrics.h>
#include <ui/common/pane.h>
#include <ui/common/roles.h>
#include <ui/common/views.h>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

namespace grove::ui {

TableView::TableView(QWidget* parent)
    : QTableView(parent), m_header(new HeaderView(Qt::Horizontal, this)) {
    setHorizontalHeader(m_header);
    m_header->setSectionsClickable(true);
    m_header->setSectionsMovable(true);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setMinimumSectionSize(metrics().row);
    verticalHeader()->setDefaultSectionSize(metrics().row);
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setWordWrap(false);
    setCornerButtonEnabled(false);
    setSelectionBehavior(SelectRows);
    setTabKeyNavigation(false);
    setItemDelegate(new RowDelegate(this));
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    setProperty("groveRows", true); // the style leaves grounds to this view
}

void TableView::setFadeDriver(FadeDriver* driver) {
    m_fade = driver;
    connect(driver, &FadeDriver::stepped, this, [this](const QList<quint64>& keys) {
        const int first = qMax(0, rowAt(0));
        for (int row = first; row < (model() ? model()->rowCount() : 0); ++row) {
            const int top = rowViewportPosition(row);
            if (top > viewport()->height())
                break;
            const QVariant key = model()->index(row, 0).data(WashKeyRole);
            if (key.isValid() && keys.contains(key.toULongLong()))
                viewport()->update(0, top, viewport()->width(), rowHeight(row));
        }
    });
}

void TableView::paintEvent(QPaintEvent* event) {
    if (model() && model()->rowCount() > 0) {
        QPainter painter(viewport());
        const bool active = inActivePane(this);
        int row = rowAt(event->rect().top());
        const int rows = model()->rowCount();
        for (; row >= 0 && row < rows; ++row) {
            const int top = rowViewportPosition(row);
            if (top > event->rect().bottom())
                break;
            const QModelIndex first = model()->index(row, 0);
            RowGround ground;
            ground.rect = QRect(0, top, viewport()->width(), rowHeight(row));
            ground.selected = selectionModel() && selectionModel()->isRowSelected(row);
            ground.current = hasFocus() && currentIndex().row() == row;
            ground.hovered = m_hover == row;
            ground.activePane = active;
            ground.outlined = first.data(OutlineRole).toBool();
            ground.direction = layoutDirection();
            if (m_fade) {
                const QVariant key = first.data(WashKeyRole);
                if (key.isValid())
                    ground.wash = m_fade->colorOf(key.toULongLong()).value_or(QColor());
            }
            paintRowGround(painter, ground);
        }
    }
    QTableView::paintEvent(event);
}

void TableView::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    m_header->fit(viewport()->width() - (verticalScrollBar()->isVisible() ? 0 : metrics().pad));
}

void TableView::setHover(int row) {
    if (row == m_hover)
        return;
    m_hover = row;
    viewport()->update();
    emit hoverRowChanged(row);
}

void TableView::mouseMoveEvent(QMouseEvent* event) {
    setHover(rowAt(event->position().toPoint().y()));
    QTableView::mouseMoveEvent(event);
}

void TableView::leaveEvent(QEvent* event) {
    setHover(-1);
    QTableView::leaveEvent(event);
}

void TableView::keyPressEvent(QKeyEvent* event) {
    // Rows, not cells: left and right scroll, Home and End go to the first and last row.
    if (event->key() == Qt::Key_Home || event->key() == Qt::Key_End) {
        QKeyEvent rowMove(QEvent::KeyPress, event->key(), event->modifiers() | Qt::ControlModifier);
        QTableView::keyPressEvent(&rowMove);
        return;
    }
    if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right) {
        QScrollBar* bar = horizontalScrollBar();
        bar->triggerAction((event->key() == Qt::Key_Left) == (layoutDirection() == Qt::LeftToRight)
                               ? QAbstractSlider::SliderSingleStepSub
                               : QAbstractSlider::SliderSingleStepAdd);
        return;
    }
    QTableView::keyPressEvent(event);
}

} // namespace grove::ui
