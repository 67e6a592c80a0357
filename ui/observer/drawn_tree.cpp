// Layout and painting of the drawn tree; zoom, folding, the keyboard and the pointer are in
// drawn_tree_zoom.cpp, drawn_tree_fold.cpp and drawn_tree_input.cpp.

#include <ui/common/fade.h>
#include <ui/common/metrics.h>
#include <ui/common/pane.h>
#include <ui/common/roles.h>
#include <ui/common/theme.h>
#include <ui/observer/drawn_tree.h>
#include <ui/observer/drawn_tree_accessible.h>
#include <ui/observer/elsewhere.h>
#include <ui/observer/zoom_control.h>

#include <QAccessible>
#include <QFontMetricsF>
#include <QItemSelectionModel>
#include <QPaintEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace grove::ui {

using observe::PlaceId;
using observe::PlaceKind;

namespace {

constexpr double kTextZoomMin = 0.4;      ///< below, nodes are plain shapes
constexpr std::size_t kMeasuredMax = 500; ///< names that are measured for the width of boxes

/// Rows of boxes follow the font, as all rows do.
LayoutSizes layoutSizes(const TreeModel& tree) {
    LayoutSizes sizes;
    const int more = metrics().row - 28;
    sizes.workerHeight += more;
    sizes.supervisorHeight += 2 * more;
    sizes.rowPitch += more;
    sizes.supervisorPitch += 2 * more;
    QFont name = font(TypeRole::PaneTitle);
    const QFontMetricsF supervisorName(name);
    name.setPointSizeF(font(TypeRole::Body).pointSizeF() * 15 / 14);
    const QFontMetricsF applicationName(name);
    const auto widest = [](qreal& width, const QFontMetricsF& font, const observe::Place& place,
                           qreal beside, qreal widthMax) {
        const qreal wanted = font.horizontalAdvance(QString::fromStdString(place.name)) + beside;
        width = std::max(width, std::min(widthMax, wanted));
    };
    std::size_t measured = 0;
    for (const PlaceId id : tree.inOrder()) {
        const observe::Place& place = *tree.place(id);
        if (place.kind == PlaceKind::Application)
            widest(sizes.applicationWidth, applicationName, place, 0, 240);
        else if (place.kind != PlaceKind::Worker && ++measured <= kMeasuredMax)
            widest(sizes.supervisorWidth, supervisorName, place, 12 + kGlyphWidth + 12 + 12, 280);
    }
    sizes.columnPitch = sizes.supervisorWidth + 36;
    return sizes;
}

} // namespace

DrawnTree::DrawnTree(TreeModel& tree, FadeDriver& fades, QItemSelectionModel& selection,
                     QWidget* parent)
    : QAbstractScrollArea(parent), m_tree(tree), m_fades(fades), m_selection(selection),
      m_zoomControl(new ZoomControl(this)) {
    makeDrawnTreesAccessible();
    setFrameShape(QFrame::NoFrame);
    setLayoutDirection(Qt::LeftToRight); // as a plot does, whichever way words are read
    setAccessibleName(tr("Supervision tree"));
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Window);
    viewport()->setAutoFillBackground(true);
    auto* corner = new QWidget(this); // else what is between the scroll bars stays unpainted
    corner->setBackgroundRole(QPalette::Window);
    corner->setAutoFillBackground(true);
    setCornerWidget(corner);
    m_layoutTimer.setSingleShot(true);
    m_layoutTimer.setInterval(0);
    m_typedTimer.setSingleShot(true);
    connect(&m_layoutTimer, &QTimer::timeout, this, &DrawnTree::layOutNow);
    connect(&m_typedTimer, &QTimer::timeout, this, [this] { m_typed.clear(); });
    connect(&m_tree, &TreeModel::shapeChanged, &m_layoutTimer, qOverload<>(&QTimer::start));
    connect(&m_tree, &TreeModel::placeChanged, this, &DrawnTree::updatePlace);
    connect(&m_tree, &TreeModel::dataChanged, this,
            [this](const QModelIndex& first) { updatePlace(m_tree.placeAt(first)); });
    connect(&m_fades, &FadeDriver::stepped, this, [this](const QList<quint64>& keys) {
        for (const quint64 key : keys)
            updatePlace(key);
    });
    connect(&m_selection, &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& now, const QModelIndex& before) {
                updatePlace(m_tree.placeAt(before));
                unfoldAbove(m_tree.placeAt(now));
                updatePlace(m_tree.placeAt(now));
                if (isVisible())
                    ensureVisible(m_tree.placeAt(now));
                if (hasFocus() && QAccessible::isActive()) {
                    const std::vector<PlaceId> seen = visiblePlaces();
                    const auto at = std::ranges::find(seen, m_tree.placeAt(now));
                    QAccessibleEvent event(this, QAccessible::Focus);
                    event.setChild(at == seen.end() ? -1 : static_cast<int>(at - seen.begin()));
                    QAccessible::updateAccessibility(&event);
                }
            });
    connect(m_zoomControl, &ZoomControl::fitted, this, &DrawnTree::fit);
    connect(m_zoomControl, &ZoomControl::zoomedIn, this,
            [this] { setZoom(m_zoom * 1.2, viewport()->rect().center()); });
    connect(m_zoomControl, &ZoomControl::zoomedOut, this,
            [this] { setZoom(m_zoom / 1.2, viewport()->rect().center()); });
    layOutNow();
}

DrawnTree::~DrawnTree() = default;

void DrawnTree::layOutNow() {
    std::erase_if(m_folded, [this](PlaceId id) { return !m_tree.place(id); });
    std::vector<LayoutNode> nodes = unfoldedNodes(m_tree, m_folded);
    const LayoutSizes sizes = layoutSizes(m_tree);
    const std::uint64_t wanted = ++m_layoutWanted;
    if (nodes.size() < kLayOutElsewhere)
        return take(layOut(std::move(nodes), sizes));
    runElsewhere(
        this,
        [nodes = std::move(nodes), sizes]() mutable { return layOut(std::move(nodes), sizes); },
        [this, wanted](const TreeLayout& layout) {
            if (wanted == m_layoutWanted)
                take(layout);
        });
}

void DrawnTree::take(TreeLayout layout) {
    m_layout = std::move(layout);
    m_queued = false;
    m_nodes.clear();
    m_nodes.reserve(m_layout.nodes.size());
    for (std::size_t i = 0; i < m_layout.nodes.size(); ++i)
        m_nodes.emplace(m_layout.nodes[i].id, static_cast<int>(i));
    autoFit();
    updateScrollBars();
    viewport()->update();
    emit laidOut();
    emit visibleChanged();
}

void DrawnTree::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    autoFit();
    updateScrollBars();
    const QRect around = viewport()->geometry();
    m_zoomControl->move(around.right() - m_zoomControl->width() - metrics().margin + 1,
                        around.bottom() - m_zoomControl->height() - 25);
    emit visibleChanged();
}

void DrawnTree::showEvent(QShowEvent* event) {
    QAbstractScrollArea::showEvent(event);
    ensureVisible(currentPlace());
    emit visibleChanged();
}

void DrawnTree::scrollContentsBy(int, int) {
    viewport()->update();
    emit visibleChanged();
}

QPointF DrawnTree::toScene(QPointF point) const {
    return (point + QPointF(horizontalScrollBar()->value(), verticalScrollBar()->value())) / m_zoom;
}

QRectF DrawnTree::toViewport(const QRectF& scene) const {
    return {scene.topLeft() * m_zoom -
                QPointF(horizontalScrollBar()->value(), verticalScrollBar()->value()),
            scene.size() * m_zoom};
}

QRectF DrawnTree::visibleScene() const {
    return {toScene({0, 0}), QSizeF(viewport()->size()) / m_zoom};
}

int DrawnTree::nodeOf(PlaceId id) const {
    const auto found = m_nodes.find(id);
    return found == m_nodes.end() ? -1 : found->second;
}

QRect DrawnTree::boxInViewport(PlaceId id) const {
    const int node = nodeOf(id);
    return node < 0 ? QRect() : toViewport(m_layout.boxes[std::size_t(node)]).toAlignedRect();
}

PlaceId DrawnTree::placeAt(QPoint point) const {
    const int node = m_layout.nodeAt(toScene(point));
    return node < 0 ? 0 : m_layout.nodes[std::size_t(node)].id;
}

std::vector<PlaceId> DrawnTree::visiblePlaces() const {
    const QRectF visible = visibleScene();
    std::vector<PlaceId> places;
    for (const int node : m_layout.nodesBetween(visible.top(), visible.bottom()))
        places.push_back(m_layout.nodes[std::size_t(node)].id);
    return places;
}

void DrawnTree::updatePlace(PlaceId id) {
    const int node = nodeOf(id);
    if (node < 0)
        return;
    makeRoomFor(id, m_layout.boxes[std::size_t(node)]);
    const QRectF painted =
        paintedRect(m_layout.boxes[std::size_t(node)], m_layout.nodes[std::size_t(node)].kind)
            .united(handleOf(node));
    viewport()->update(toViewport(painted).toAlignedRect().adjusted(-1, -1, 1, 1));
}

void DrawnTree::setRelations(const QList<Relation>& relations) {
    if (relations == m_relations)
        return;
    m_relations = relations;
    viewport()->update();
}

NodeLook DrawnTree::dressed(NodeLook look, PlaceId id) const {
    look.selected = id == currentPlace();
    look.hovered = id == m_hover;
    look.activePane = hasFocus() && inActivePane(this);
    look.outlined = m_tree.data(m_tree.indexOf(id), OutlineRole).toBool();
    look.wash = m_fades.colorOf(id);
    return look;
}

void DrawnTree::paintConnectors(QPainter& painter, const QRectF& visible,
                                const std::vector<int>& nodes) {
    std::unordered_set<int> parents;
    for (int node : nodes)
        for (int at = node; at >= 0 && parents.insert(at).second;)
            at = m_layout.nodes[std::size_t(at)].parent;
    painter.setPen(QPen(color(Token::Edge), 1.5));
    painter.setBrush(Qt::NoBrush);
    constexpr qreal kCorner = 6;
    for (const int parent : parents) {
        const auto& below = m_layout.children[std::size_t(parent)];
        if (below.empty())
            continue; // also of a folded one
        const QRectF& box = m_layout.boxes[std::size_t(parent)];
        const QPointF from(box.right(), box.center().y());
        const qreal x = m_layout.nodes[std::size_t(parent)].kind == PlaceKind::Application
                            ? box.right() + 10
                            : box.right() + 18;
        painter.drawLine(from, {x, from.y()});
        const auto [first, last] =
            m_layout.childrenBetween(parent, visible.top() - 60, visible.bottom() + 60);
        for (int i = first; i < last; ++i) {
            const QRectF& child = m_layout.boxes[std::size_t(below[std::size_t(i)])];
            const qreal y = child.center().y();
            const qreal step = y - from.y();
            if (std::abs(step) < 2 * kCorner) {
                painter.drawLine(QPointF(x, from.y()), QPointF(child.left(), y));
                continue;
            }
            const qreal corner = step > 0 ? kCorner : -kCorner;
            QPainterPath path({x, std::clamp(from.y(), visible.top() - 60, visible.bottom() + 60)});
            path.lineTo(x, y - corner);
            path.quadTo(x, y, x + kCorner, y);
            path.lineTo(child.left(), y);
            painter.drawPath(path);
        }
        if (first == last && !below.empty()) { // all children are beyond; the line passes through
            const qreal top = m_layout.boxes[std::size_t(below.front())].center().y();
            const qreal bottom = m_layout.boxes[std::size_t(below.back())].center().y();
            painter.drawLine(QPointF(x, std::max(top, visible.top())),
                             QPointF(x, std::min(bottom, visible.bottom())));
        }
    }
}

void DrawnTree::paintRelations(QPainter& painter) {
    const int self = nodeOf(currentPlace());
    if (self < 0)
        return;
    const auto endOf = [this](int node) {
        const QRectF& box = m_layout.boxes[std::size_t(node)];
        const auto look = lookOf(m_tree, m_layout.nodes[std::size_t(node)].id);
        return QPointF(look ? decorationEnd(box, *look) + 6 : box.right(), box.center().y());
    };
    const QPointF from = endOf(self);
    QList<QRectF> taken;
    for (const Relation& relation : m_relations) {
        const int other = nodeOf(relation.other);
        if (other < 0 || other == self)
            continue;
        const QPointF to = endOf(other);
        // Around what stands between: such a curve reaches three quarters of the way to its
        // handles.
        const qreal ends = std::max(from.x(), to.x());
        qreal beyond = ends + 22;
        for (const int between :
             m_layout.nodesBetween(std::min(from.y(), to.y()), std::max(from.y(), to.y())))
            beyond = std::max(beyond, endOf(between).x() + 8);
        const auto handle = [beyond](qreal x) { return x + (beyond - x) * 4 / 3; };
        QPainterPath path(from);
        path.cubicTo({handle(from.x()), from.y()}, {handle(to.x()), to.y()}, to);
        QPen pen(color(Token::Info), 1.25);
        if (relation.monitor)
            pen.setDashPattern({4 / 1.25, 3 / 1.25});
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        painter.drawPath(path);
        painter.setFont(ui::font(TypeRole::Secondary));
        const QFontMetricsF sizes(painter.font());
        QRectF label(QPointF(to.x() + 14, to.y() + 6),
                     QSizeF(sizes.horizontalAdvance(relation.label) + 2, sizes.height()));
        while (std::ranges::any_of(taken, [&](const QRectF& r) { return r.intersects(label); }))
            label.translate(0, label.height());
        taken.append(label);
        painter.fillRect(label, color(Token::Background));
        painter.drawText(label, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                         relation.label);
    }
}

void DrawnTree::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setLayoutDirection(Qt::LeftToRight); // a painter begins with the application's
    painter.translate(-horizontalScrollBar()->value(), -verticalScrollBar()->value());
    painter.scale(m_zoom, m_zoom);
    const QRectF visible(toScene(event->rect().topLeft()), QSizeF(event->rect().size()) / m_zoom);
    const std::vector<int> nodes = m_layout.nodesBetween(visible.top() - 4, visible.bottom() + 4);
    paintConnectors(painter, visible, nodes);
    for (const int node : nodes) {
        const PlaceId id = m_layout.nodes[std::size_t(node)].id;
        const QRectF& box = m_layout.boxes[std::size_t(node)];
        if (!paintedRect(box, m_layout.nodes[std::size_t(node)].kind).intersects(visible))
            continue;
        const std::optional<NodeLook> look = lookOf(m_tree, id);
        if (!look)
            continue; // gone since this layout was made; the next one is on its way
        const NodeLook worn = dressed(*look, id);
        if (m_zoom < kTextZoomMin)
            paintNodeShape(painter, box, worn);
        else
            paintNode(painter, box, worn);
        paintHandle(painter, node);
    }
    if (m_zoom >= kTextZoomMin)
        paintRelations(painter);
}

} // namespace grove::ui
