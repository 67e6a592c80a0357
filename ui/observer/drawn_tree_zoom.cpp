// How large the drawn tree is shown, and what its scroll bars reach.

#include <ui/observer/drawn_tree.h>
#include <ui/observer/zoom_control.h>

#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace grove::ui {

using observe::PlaceId;

/// What the scroll bars reach. Of the room for decorations only what is used: few workers have a
/// full mailbox.
QSizeF DrawnTree::sizeAt(double zoom) const {
    return QSizeF(m_layout.size.width() - (m_queued ? 60 : 140), m_layout.size.height()) * zoom;
}

/// The first mailbox at the right edge that is not empty makes room for its words.
void DrawnTree::makeRoomFor(PlaceId id, const QRectF& box) {
    const observe::ProcessRow* live = m_tree.live(id);
    if (m_queued || !live || live->mailbox == 0 ||
        box.right() + LayoutSizes().decoration < m_layout.size.width() - 1)
        return;
    m_queued = true;
    autoFit();
    updateScrollBars();
    viewport()->update();
}

/// The scale at which no scroll bar is needed, as far as that can be read.
double DrawnTree::wholeZoom() const {
    const QSizeF room = maximumViewportSize(); // as it is without scroll bars
    const QSizeF whole = sizeAt(1);
    const double fits =
        std::min((room.width() - 1) / whole.width(), (room.height() - 1) / whole.height());
    return std::clamp(fits, kZoomMin, 1.0);
}

void DrawnTree::autoFit() {
    if (m_layout.size.isEmpty() || (!m_autoFit && !m_fitted))
        return;
    m_zoom = m_fitted ? wholeZoom()
                      : std::clamp(viewport()->width() / sizeAt(1).width(), kAutoZoomMin, 1.0);
}

void DrawnTree::fit() {
    if (m_layout.size.isEmpty())
        return;
    m_autoFit = false;
    m_fitted = true;
    autoFit();
    updateScrollBars();
    horizontalScrollBar()->setValue(0);
    verticalScrollBar()->setValue(0);
    viewport()->update();
    emit zoomChanged(m_zoom);
    emit visibleChanged();
}

void DrawnTree::setZoom(double zoom, QPointF around) {
    zoom = std::clamp(zoom, kZoomMin, kZoomMax);
    if (std::abs(zoom - 1) < 0.04)
        zoom = 1;
    m_autoFit = false;
    m_fitted = false;
    const QPointF fixed = toScene(around);
    m_zoom = zoom;
    updateScrollBars();
    horizontalScrollBar()->setValue(static_cast<int>(std::lround(fixed.x() * zoom - around.x())));
    verticalScrollBar()->setValue(static_cast<int>(std::lround(fixed.y() * zoom - around.y())));
    viewport()->update();
    emit zoomChanged(zoom);
    emit visibleChanged();
}

void DrawnTree::updateScrollBars() {
    const QSizeF whole = sizeAt(m_zoom);
    const auto set = [](QScrollBar* bar, qreal size, int page) {
        bar->setPageStep(page);
        bar->setSingleStep(46);
        bar->setRange(0, std::max(0, static_cast<int>(std::ceil(size)) - page));
    };
    set(horizontalScrollBar(), whole.width(), viewport()->width());
    set(verticalScrollBar(), whole.height(), viewport()->height());
    m_zoomControl->setZoom(m_zoom, horizontalScrollBar()->maximum() == 0 &&
                                       verticalScrollBar()->maximum() == 0);
}

} // namespace grove::ui
