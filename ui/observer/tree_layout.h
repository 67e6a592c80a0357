#pragma once

#include <grove/observe/tree.h>

#include <QRectF>
#include <QSizeF>

#include <vector>

namespace grove::ui {

/// A place to be laid out.
struct LayoutNode {
    observe::PlaceId id = 0;
    int parent = -1; ///< number of its parent in the same vector, -1 for an application
    observe::PlaceKind kind = observe::PlaceKind::Worker;
    int folded = 0; ///< places below it that are not laid out
};

/// The sizes of the drawn tree, in units at 100 %.
struct LayoutSizes {
    qreal left = 24, top = 17, bottom = 40;
    qreal applicationWidth = 92; ///< room for its text
    qreal supervisorWidth = 208, supervisorHeight = 48;
    qreal workerWidth = 196, workerHeight = 34;
    qreal rowPitch = 46;        ///< of workers
    qreal supervisorPitch = 60; ///< of a supervisor with fewer rows than it is high
    qreal columnPitch = 252;
    qreal firstColumn = 136; ///< where the boxes under an application begin, at least
    qreal elbow = 18;        ///< from a parent's edge to the vertical line of its children
    qreal decoration = 260;  ///< room right of a worker for pid, mailbox and links
    qreal applicationGap = 26;
};

/// Where everything of the drawn tree stands. Immutable once made.
struct TreeLayout {
    std::vector<LayoutNode> nodes;          ///< depth first
    std::vector<QRectF> boxes;              ///< of the same number
    std::vector<std::vector<int>> children; ///< top to bottom
    QSizeF size;
    /// Nodes by horizontal bands: a node stands in the band of its middle, top to bottom.
    std::vector<std::vector<int>> bands;
    static constexpr qreal kBandHeight = 512;

    /// Returns: the nodes whose boxes touch [top, bottom).
    std::vector<int> nodesBetween(qreal top, qreal bottom) const;
    /// Returns: the numbers [first, last) in children[node] whose boxes touch [top, bottom).
    std::pair<int, int> childrenBetween(int node, qreal top, qreal bottom) const;
    /// Returns: the node whose box holds the point, -1 if none does.
    int nodeAt(QPointF point) const;
};

/// Lays a forest out from left to right: parents in the middle of their children, applications
/// below each other. Requires: `nodes` depth first. Threads: any; pure. Complexity: linear.
TreeLayout layOut(std::vector<LayoutNode> nodes, const LayoutSizes& sizes);

} // namespace grove::ui
