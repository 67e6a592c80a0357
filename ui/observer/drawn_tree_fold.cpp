// Which subtrees of the drawn tree are folded, and the handles that fold them.

#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/observer/drawn_tree.h>
#include <ui/observer/format.h>

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>

namespace grove::ui {

using observe::PlaceId;

namespace {

constexpr qreal kHandleSide = 18;
constexpr qreal kHandleGap = 4;   ///< from the box
constexpr qreal kHandleReach = 3; ///< around the handle, also takes the pointer

QString foldedText(int places) {
    return u'+' + number(places);
}

} // namespace

std::vector<LayoutNode> unfoldedNodes(const TreeModel& tree,
                                      const std::unordered_set<PlaceId>& folded) {
    std::vector<LayoutNode> nodes;
    std::unordered_map<PlaceId, int> numbers; ///< of a place, or of the folded one above it
    for (const PlaceId id : tree.inOrder()) {
        const PlaceId parent = tree.placeAt(tree.indexOf(id).parent());
        const auto found = numbers.find(parent);
        const int above = found == numbers.end() ? -1 : found->second;
        const bool hidden = above >= 0 && folded.contains(nodes[std::size_t(above)].id);
        if (hidden) {
            ++nodes[std::size_t(above)].folded;
            numbers.emplace(id, above);
            continue;
        }
        numbers.emplace(id, static_cast<int>(nodes.size()));
        nodes.push_back({id, above, tree.place(id)->kind});
    }
    return nodes;
}

bool DrawnTree::canFold(PlaceId id) const {
    return !m_tree.childrenOf(id).empty();
}

void DrawnTree::setFolded(PlaceId id, bool folded) {
    if (!canFold(id) || isFolded(id) == folded)
        return;
    if (folded) {
        // The selection does not stay where nobody sees it.
        for (PlaceId up = currentPlace(); up; up = m_tree.placeAt(m_tree.indexOf(up).parent()))
            if (up == id)
                setCurrentPlace(id);
        m_folded.insert(id);
    } else {
        m_folded.erase(id);
    }
    layOutNow();
}

void DrawnTree::unfoldBelow(PlaceId id) {
    std::vector<PlaceId> open{id};
    bool any = false;
    while (!open.empty()) {
        const PlaceId at = open.back();
        open.pop_back();
        any = m_folded.erase(at) > 0 || any;
        const auto& below = m_tree.childrenOf(at);
        open.insert(open.end(), below.begin(), below.end());
    }
    if (any)
        layOutNow();
}

void DrawnTree::unfoldAbove(PlaceId id) {
    bool any = false;
    for (PlaceId up = m_tree.placeAt(m_tree.indexOf(id).parent()); up;
         up = m_tree.placeAt(m_tree.indexOf(up).parent()))
        any = m_folded.erase(up) > 0 || any;
    if (any)
        layOutNow();
}

QRectF DrawnTree::handleOf(int node) const {
    const LayoutNode& place = m_layout.nodes[std::size_t(node)];
    if (place.kind == observe::PlaceKind::Application || !canFold(place.id))
        return {};
    const QRectF& box = m_layout.boxes[std::size_t(node)];
    qreal width = kHandleSide;
    if (place.folded > 0)
        width = std::max(
            width,
            QFontMetricsF(ui::font(TypeRole::Badge)).horizontalAdvance(foldedText(place.folded)) +
                12);
    const qreal left = place.folded > 0 ? box.right() + kHandleGap : box.right() - kHandleSide / 2;
    return {left, box.center().y() - kHandleSide / 2, width, kHandleSide};
}

PlaceId DrawnTree::handleAt(QPoint point) const {
    const QPointF scene = toScene(point);
    const auto grown = [this](int node) {
        const QRectF handle = handleOf(node);
        return handle.isNull()
                   ? handle
                   : handle.adjusted(-kHandleReach, -kHandleReach, kHandleReach, kHandleReach);
    };
    for (const int node : m_layout.nodesBetween(scene.y() - 1, scene.y() + 1)) {
        const LayoutNode& place = m_layout.nodes[std::size_t(node)];
        if ((place.folded > 0 || place.id == m_hover) && grown(node).contains(scene))
            return place.id;
    }
    return 0;
}

/// A folded place says how many it hides; another shows its handle while the pointer is on it.
void DrawnTree::paintHandle(QPainter& painter, int node) const {
    const LayoutNode& place = m_layout.nodes[std::size_t(node)];
    const QRectF handle = handleOf(node);
    if (handle.isNull() || (place.folded == 0 && place.id != m_hover))
        return;
    painter.setPen(QPen(color(Token::Control), 1));
    painter.setBrush(color(Token::Surface));
    const qreal radius = handle.height() / 2;
    painter.drawRoundedRect(handle.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
    if (place.folded > 0) {
        painter.setPen(color(Token::Text));
        painter.setFont(ui::font(TypeRole::Badge));
        painter.drawText(handle, Qt::AlignCenter | Qt::TextSingleLine, foldedText(place.folded));
        return;
    }
    painter.setPen(QPen(color(Token::Muted), 1.5));
    painter.drawLine(handle.center() - QPointF(4, 0), handle.center() + QPointF(4, 0));
}

} // namespace grove::ui
