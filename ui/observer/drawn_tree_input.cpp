// The keyboard and the pointer of the drawn tree.

#include <ui/observer/drawn_tree.h>

#include <QApplication>
#include <QContextMenuEvent>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QScrollBar>

#include <cmath>

namespace grove::ui {

using observe::PlaceId;

PlaceId DrawnTree::currentPlace() const {
    return m_tree.placeAt(m_selection.currentIndex());
}

void DrawnTree::setCurrentPlace(PlaceId id) {
    if (const QModelIndex index = m_tree.indexOf(id); index.isValid())
        m_selection.setCurrentIndex(index, QItemSelectionModel::ClearAndSelect |
                                               QItemSelectionModel::Rows);
}

void DrawnTree::ensureVisible(PlaceId id) {
    const QRect box = boxInViewport(id);
    if (box.isNull())
        return;
    const auto bring = [](QScrollBar* bar, int from, int to, int room, int margin) {
        if (from < margin)
            bar->setValue(bar->value() + from - margin);
        else if (to > room - margin)
            bar->setValue(bar->value() + std::min(from - margin, to - room + margin));
    };
    bring(horizontalScrollBar(), box.left(), box.right(), viewport()->width(), 16);
    bring(verticalScrollBar(), box.top(), box.bottom(), viewport()->height(), 16);
}

/// The place that an arrow key leads to, 0 if there is none in that direction.
PlaceId DrawnTree::neighbour(int key) const {
    const int node = nodeOf(currentPlace());
    if (node < 0)
        return m_layout.nodes.empty() ? 0 : m_layout.nodes.front().id;
    const auto idOf = [this](int number) { return m_layout.nodes[std::size_t(number)].id; };
    const int parent = m_layout.nodes[std::size_t(node)].parent;
    const auto& below = m_layout.children[std::size_t(node)];
    switch (key) {
    case Qt::Key_Left:
        return parent < 0 ? 0 : idOf(parent);
    case Qt::Key_Right:
        return below.empty() ? 0 : idOf(below[below.size() / 2]);
    default:
        break;
    }
    // Siblings first; past the last one the nearest place of the same column.
    const QRectF& box = m_layout.boxes[std::size_t(node)];
    const bool down = key == Qt::Key_Down;
    int best = -1;
    qreal bestDistance = 0;
    for (std::size_t i = 0; i < m_layout.boxes.size(); ++i) {
        const QRectF& other = m_layout.boxes[i];
        const qreal distance = (other.center().y() - box.center().y()) * (down ? 1 : -1);
        if (std::abs(other.left() - box.left()) > 1 || distance <= 0.5)
            continue;
        if (best < 0 || distance < bestDistance) {
            best = static_cast<int>(i);
            bestDistance = distance;
        }
    }
    return best < 0 ? 0 : idOf(best);
}

PlaceId DrawnTree::typedTo(const QString& letters) const {
    const std::vector<PlaceId> places = m_tree.inOrder();
    const auto current = std::ranges::find(places, currentPlace());
    const std::size_t from =
        current == places.end() ? 0 : static_cast<std::size_t>(current - places.begin());
    const std::size_t skip = letters.size() == 1 && current != places.end() ? 1 : 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const PlaceId id = places[(from + skip + i) % places.size()];
        if (QString::fromStdString(m_tree.place(id)->name).startsWith(letters, Qt::CaseInsensitive))
            return id;
    }
    return 0;
}

void DrawnTree::keyPressEvent(QKeyEvent* event) {
    const QPointF middle = viewport()->rect().center();
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
        if (event->modifiers() & ~Qt::KeypadModifier)
            return QAbstractScrollArea::keyPressEvent(event);
        if (const PlaceId next = neighbour(event->key()))
            setCurrentPlace(next);
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return setZoom(m_zoom * 1.2, middle);
    case Qt::Key_Minus:
        return setZoom(m_zoom / 1.2, middle);
    case Qt::Key_0:
        return setZoom(1, middle);
    case Qt::Key_Home:
        return fit();
    case Qt::Key_Space:
        return setFolded(currentPlace(), !isFolded(currentPlace()));
    case Qt::Key_Asterisk:
        return unfoldBelow(currentPlace());
    default:
        break;
    }
    const QString letter = event->text();
    if (!letter.isEmpty() && letter.front().isPrint() && !letter.front().isSpace() &&
        !(event->modifiers() & (Qt::ControlModifier | Qt::AltModifier))) {
        m_typed += letter;
        m_typedTimer.start(QApplication::keyboardInputInterval() * 2);
        if (const PlaceId found = typedTo(m_typed))
            setCurrentPlace(found);
        return;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

void DrawnTree::mousePressEvent(QMouseEvent* event) {
    const QPoint point = event->position().toPoint();
    if (const PlaceId handle = handleAt(point); handle && event->button() == Qt::LeftButton)
        return setFolded(handle, !isFolded(handle));
    const PlaceId at = placeAt(point);
    if (at && event->button() != Qt::MiddleButton) {
        setCurrentPlace(at);
        return;
    }
    if (event->button() == Qt::LeftButton || event->button() == Qt::MiddleButton) {
        m_panning = true;
        m_panFrom = event->position().toPoint();
        viewport()->setCursor(Qt::ClosedHandCursor);
    }
}

void DrawnTree::mouseMoveEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    if (!m_panning) {
        const PlaceId handle = handleAt(at);
        return setHover(handle ? handle : placeAt(at));
    }
    const QPoint moved = at - m_panFrom;
    m_panFrom = at;
    horizontalScrollBar()->setValue(horizontalScrollBar()->value() - moved.x());
    verticalScrollBar()->setValue(verticalScrollBar()->value() - moved.y());
}

void DrawnTree::mouseReleaseEvent(QMouseEvent*) {
    m_panning = false;
    viewport()->unsetCursor();
}

void DrawnTree::mouseDoubleClickEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    if (const PlaceId handle = handleAt(at))
        setFolded(handle, !isFolded(handle)); // two clicks, for who clicks quickly
    else if (placeAt(at))
        emit activated();
}

void DrawnTree::wheelEvent(QWheelEvent* event) {
    if (!(event->modifiers() & Qt::ControlModifier))
        return QAbstractScrollArea::wheelEvent(event);
    setZoom(m_zoom * std::pow(1.0015, event->angleDelta().y()), event->position());
    event->accept();
}

void DrawnTree::contextMenuEvent(QContextMenuEvent* event) {
    if (event->reason() == QContextMenuEvent::Mouse) {
        if (const PlaceId at = placeAt(event->pos()))
            setCurrentPlace(at);
        else
            return;
        emit menuRequested(event->globalPos());
        return;
    }
    const QRect box = boxInViewport(currentPlace());
    if (!box.isNull())
        emit menuRequested(viewport()->mapToGlobal(box.center()));
}

void DrawnTree::focusInEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusInEvent(event);
    if (!currentPlace() && !m_layout.nodes.empty())
        setCurrentPlace(m_layout.nodes.front().id);
    updatePlace(currentPlace());
}

void DrawnTree::focusOutEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusOutEvent(event);
    updatePlace(currentPlace());
}

bool DrawnTree::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave)
        setHover(0);
    return QAbstractScrollArea::viewportEvent(event);
}

void DrawnTree::setHover(PlaceId id) {
    if (id == m_hover)
        return;
    updatePlace(m_hover);
    m_hover = id;
    updatePlace(m_hover);
    m_tree.setHovered(id);
    // The places that would restart with it repaint through placeChanged.
}

} // namespace grove::ui
