#pragma once

#include <ui/common/views.h>
#include <ui/observer/tree_model.h>

#include <vector>

namespace grove::ui {

/// The supervision tree as an outline: name, pid, status, mailbox, restarts.
///
/// Supervisors start unfolded, except those with more than kUnfoldMax children. Threads: the
/// window's only.
class OutlineView : public TreeView {
    Q_OBJECT
public:
    static constexpr int kUnfoldMax = 200;

    /// Model and fades must outlive the view.
    OutlineView(TreeModel& tree, FadeDriver& fades, QWidget* parent = nullptr);

    /// Returns: the places of the rows that can be seen.
    std::vector<observe::PlaceId> visiblePlaces() const;
    /// Unfolds everything above a place and scrolls to it.
    void reveal(observe::PlaceId id);

signals:
    void menuRequested(QPoint global);
    void visibleChanged();

protected:
    void rowsInserted(const QModelIndex& parent, int start, int end) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void unfold(const QModelIndex& parent, int start, int end);

    TreeModel& m_tree;
};

} // namespace grove::ui
