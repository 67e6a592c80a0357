#pragma once

#include <ui/observer/node_painter.h>
#include <ui/observer/tree_layout.h>
#include <ui/observer/tree_model.h>

#include <QAbstractScrollArea>
#include <QHash>
#include <QTimer>

#include <unordered_map>
#include <unordered_set>

class QItemSelectionModel;

namespace grove::ui {

class FadeDriver;
class ZoomControl;

/// Returns: the places as the drawing shows them, depth first: what is below a folded one is only
/// counted.
std::vector<LayoutNode> unfoldedNodes(const TreeModel& tree,
                                      const std::unordered_set<observe::PlaceId>& folded);

/// A link or monitor of the selected place, drawn beside the tree's own lines.
struct Relation {
    observe::PlaceId other = 0;
    bool monitor = false; ///< dashed; a link is solid
    QString label;        ///< "Window monitors this process"
    bool operator==(const Relation&) const = default;
};

/// The supervision tree as a drawing: left to right, zoomed, panned, one selection with the
/// outline.
///
/// Paints only what is visible. Large trees are laid out on another thread; until that is done the
/// drawing before stays. Threads: the window's only.
class DrawnTree : public QAbstractScrollArea {
    Q_OBJECT
public:
    static constexpr double kZoomMin = 0.2, kZoomMax = 2.0;
    /// Automatic fitting makes text no smaller than 12 px.
    static constexpr double kAutoZoomMin = 0.86;
    /// Trees of so many places or more are laid out elsewhere.
    static constexpr std::size_t kLayOutElsewhere = 800;

    /// Model, fades and selection must outlive the view. The selection must be over the model.
    DrawnTree(TreeModel& tree, FadeDriver& fades, QItemSelectionModel& selection,
              QWidget* parent = nullptr);
    ~DrawnTree() override;

    double zoom() const { return m_zoom; }
    /// Zooms around a point of the viewport.
    void setZoom(double zoom, QPointF around);
    /// Makes the whole tree visible, and keeps it so until the person zooms.
    void fit();
    /// A folded place stands alone and says how many places it hides.
    void setFolded(observe::PlaceId id, bool folded);
    bool isFolded(observe::PlaceId id) const { return m_folded.contains(id); }
    void unfoldBelow(observe::PlaceId id);
    /// Returns: the place whose handle for folding is at a point of the viewport, 0 if none.
    observe::PlaceId handleAt(QPoint point) const;
    void setRelations(const QList<Relation>& relations);
    const QList<Relation>& relations() const { return m_relations; }
    observe::PlaceId currentPlace() const;
    void setCurrentPlace(observe::PlaceId id);
    /// Scrolls as little as is needed.
    void ensureVisible(observe::PlaceId id);
    /// Returns: where a place's box is in the viewport; empty if it is not laid out.
    QRect boxInViewport(observe::PlaceId id) const;
    /// Returns: the place at a point of the viewport, 0 if none.
    observe::PlaceId placeAt(QPoint point) const;
    /// Returns: the places whose boxes can be seen, top to bottom.
    std::vector<observe::PlaceId> visiblePlaces() const;
    const TreeLayout& layoutResult() const { return m_layout; }
    TreeModel& tree() const { return m_tree; }

signals:
    /// Another part of the tree can be seen: its live counters are wanted.
    void visibleChanged();
    void zoomChanged(double zoom);
    /// The context menu of the current place is wanted, at a global point.
    void menuRequested(QPoint global);
    /// Double click on a place.
    void activated();
    /// A new layout is shown.
    void laidOut();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    void layOutNow();
    void take(TreeLayout layout);
    void updateScrollBars();
    void autoFit();
    double wholeZoom() const;
    QSizeF sizeAt(double zoom) const;
    void makeRoomFor(observe::PlaceId id, const QRectF& box);
    bool canFold(observe::PlaceId id) const;
    void unfoldAbove(observe::PlaceId id);
    QRectF handleOf(int node) const;
    void paintHandle(QPainter& painter, int node) const;
    void updatePlace(observe::PlaceId id);
    int nodeOf(observe::PlaceId id) const;
    QPointF toScene(QPointF viewportPoint) const;
    QRectF toViewport(const QRectF& scene) const;
    QRectF visibleScene() const;
    void setHover(observe::PlaceId id);
    void paintConnectors(QPainter& painter, const QRectF& visible, const std::vector<int>& nodes);
    void paintRelations(QPainter& painter);
    NodeLook dressed(NodeLook look, observe::PlaceId id) const;
    observe::PlaceId neighbour(int key) const;
    observe::PlaceId typedTo(const QString& letters) const;

    TreeModel& m_tree;
    FadeDriver& m_fades;
    QItemSelectionModel& m_selection;
    ZoomControl* m_zoomControl;
    TreeLayout m_layout;
    std::unordered_map<observe::PlaceId, int> m_nodes;
    QList<Relation> m_relations;
    QTimer m_layoutTimer;
    std::uint64_t m_layoutWanted = 0; ///< counts layouts; only the newest is taken
    double m_zoom = 1;
    bool m_autoFit = true; ///< until the person zooms
    bool m_queued = false; ///< a mailbox at the right edge has something in it
    bool m_fitted = false; ///< all of it is visible, whatever the window's size
    std::unordered_set<observe::PlaceId> m_folded;
    observe::PlaceId m_hover = 0;
    bool m_panning = false;
    QPoint m_panFrom;
    QString m_typed;
    QTimer m_typedTimer;
};

} // namespace grove::ui
