#include <ui/observer/tree_layout.h>

#include <algorithm>

namespace grove::ui {

using observe::PlaceKind;

namespace {

bool isSupervisor(PlaceKind kind) {
    return kind == PlaceKind::Supervisor || kind == PlaceKind::DynamicSupervisor;
}

struct Extents {
    std::vector<qreal> own;      ///< height that a node takes with everything below it
    std::vector<qreal> children; ///< sum over its children
    std::vector<int> depth;
};

Extents measure(const std::vector<LayoutNode>& nodes, const LayoutSizes& sizes) {
    const auto count = nodes.size();
    Extents extents{std::vector<qreal>(count), std::vector<qreal>(count), std::vector<int>(count)};
    for (std::size_t i = 0; i < count; ++i)
        extents.depth[i] =
            nodes[i].parent < 0 ? 0 : extents.depth[static_cast<std::size_t>(nodes[i].parent)] + 1;
    for (std::size_t i = count; i-- > 0;) {
        const qreal pitch =
            nodes[i].kind == PlaceKind::Worker ? sizes.rowPitch : sizes.supervisorPitch;
        extents.own[i] = std::max(pitch, extents.children[i]);
        if (nodes[i].parent >= 0)
            extents.children[static_cast<std::size_t>(nodes[i].parent)] += extents.own[i];
    }
    return extents;
}

QRectF boxOf(const LayoutNode& node, int depth, qreal middle, const LayoutSizes& sizes) {
    const qreal first =
        std::max(sizes.firstColumn, sizes.left + sizes.applicationWidth + sizes.elbow);
    if (node.kind == PlaceKind::Application)
        return {sizes.left, middle - sizes.supervisorHeight / 2, first - sizes.left - 20,
                sizes.supervisorHeight};
    const qreal x = first + std::max(0, depth - 1) * sizes.columnPitch;
    const bool supervisor = isSupervisor(node.kind);
    const qreal height = supervisor ? sizes.supervisorHeight : sizes.workerHeight;
    return {x, middle - height / 2, supervisor ? sizes.supervisorWidth : sizes.workerWidth, height};
}

} // namespace

TreeLayout layOut(std::vector<LayoutNode> nodes, const LayoutSizes& sizes) {
    TreeLayout out;
    const Extents extents = measure(nodes, sizes);
    const auto count = nodes.size();
    out.children.resize(count);
    out.boxes.resize(count);
    std::vector<qreal> next(count); ///< where the next child of a node begins
    std::vector<qreal> middle(count);
    qreal y = sizes.top;
    for (std::size_t i = 0; i < count; ++i) {
        qreal top = 0;
        if (nodes[i].parent < 0) {
            if (i > 0)
                y += sizes.applicationGap;
            top = y;
            y += extents.own[i];
        } else {
            const auto parent = static_cast<std::size_t>(nodes[i].parent);
            top = next[parent];
            next[parent] += extents.own[i];
            out.children[parent].push_back(static_cast<int>(i));
        }
        next[i] = top + (extents.own[i] - extents.children[i]) / 2;
        middle[i] = top + extents.own[i] / 2;
    }
    qreal right = 0;
    for (std::size_t i = count; i-- > 0;) { // children are behind their parents
        if (const auto& below = out.children[i]; !below.empty())
            middle[i] = (middle[static_cast<std::size_t>(below.front())] +
                         middle[static_cast<std::size_t>(below.back())]) /
                        2;
        out.boxes[i] = boxOf(nodes[i], extents.depth[i], middle[i], sizes);
        right = std::max(right, out.boxes[i].right());
    }
    out.size = {right + sizes.decoration, y + sizes.bottom};
    out.bands.resize(static_cast<std::size_t>(out.size.height() / TreeLayout::kBandHeight) + 1);
    for (std::size_t i = 0; i < count; ++i)
        out.bands[static_cast<std::size_t>(middle[i] / TreeLayout::kBandHeight)].push_back(
            static_cast<int>(i));
    out.nodes = std::move(nodes);
    return out;
}

std::vector<int> TreeLayout::nodesBetween(qreal top, qreal bottom) const {
    std::vector<int> found;
    if (bands.empty() || bottom <= top)
        return found;
    // A box reaches at most half its height out of its band.
    const auto bandOf = [this](qreal y) {
        return std::clamp(static_cast<int>(y / kBandHeight), 0, static_cast<int>(bands.size()) - 1);
    };
    constexpr qreal kReach = 32;
    for (int band = bandOf(top - kReach); band <= bandOf(bottom + kReach); ++band)
        for (const int node : bands[static_cast<std::size_t>(band)]) {
            const QRectF& box = boxes[static_cast<std::size_t>(node)];
            if (box.bottom() >= top && box.top() < bottom)
                found.push_back(node);
        }
    return found;
}

std::pair<int, int> TreeLayout::childrenBetween(int node, qreal top, qreal bottom) const {
    const std::vector<int>& below = children[static_cast<std::size_t>(node)];
    const auto boxOfChild = [this](int child) -> const QRectF& {
        return boxes[static_cast<std::size_t>(child)];
    };
    const auto first = std::ranges::lower_bound(below, top, std::ranges::less(),
                                                [&](int c) { return boxOfChild(c).bottom(); });
    const auto last = std::ranges::lower_bound(below, bottom, std::ranges::less(),
                                               [&](int c) { return boxOfChild(c).top(); });
    return {static_cast<int>(first - below.begin()),
            static_cast<int>(std::max(first, last) - below.begin())};
}

int TreeLayout::nodeAt(QPointF point) const {
    for (const int node : nodesBetween(point.y() - 1, point.y() + 1))
        if (boxes[static_cast<std::size_t>(node)].contains(point))
            return node;
    return -1;
}

} // namespace grove::ui
