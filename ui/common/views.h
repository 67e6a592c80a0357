#pragma once

#include <QHash>
#include <QHeaderView>
#include <QStringList>
#include <QTableView>
#include <QTreeView>

namespace grove::ui {

class FadeDriver;

/// Flat header, 28 high: right-aligned titles keep their edge (the arrow stands left of them),
/// sections sort on click and on Enter, the context menu chooses columns, and a note ("order held")
/// can stand at its end.
class HeaderView : public QHeaderView {
    Q_OBJECT
public:
    HeaderView(Qt::Orientation orientation, QWidget* parent = nullptr);
    void setNote(const QString& note);
    /// Columns hide in this order when the width is short; the name is not among them.
    void setHideOrder(const QList<int>& logicalIndexes);
    /// The column that takes what the others leave.
    void setStretchColumn(int logicalIndex, int minimumWidth);
    /// Sets widths for the room there is; call from the view's resizeEvent.
    void fit(int width);
    /// A column that the person has hidden or shown in the header's menu; hidden ones stay hidden.
    void setChosen(int logicalIndex, bool shown);
    bool isChosen(int logicalIndex) const;
    /// What the person arranged: one "column:width:shown" a column, in the order they stand in.
    QStringList arrangement() const;
    /// Takes over an arrangement; columns that it does not name stay. Empty: as at keepDefaults().
    void arrange(const QStringList& columns);
    /// What is arranged now is what arrange({}) brings back. After model and columns are set up.
    void keepDefaults();

protected:
    void paintEvent(QPaintEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void noteWidth(int logicalIndex, int width);

    QString m_note;
    QStringList m_defaults;
    QHash<int, int> m_widths; ///< also of columns that are hidden now
    int m_fitWidth = 0;
    bool m_fitting = false;
    QList<int> m_hideOrder;
    QList<int> m_unchosen;
    int m_stretch = 0;
    int m_stretchMin = 160;
};

/// A tree in Grove's look: rows of 28, whole-row selection and washes, chevrons, no cell focus.
class TreeView : public QTreeView {
    Q_OBJECT
public:
    explicit TreeView(QWidget* parent = nullptr);
    /// Washes are painted under rows whose column 0 has WashKeyRole. Must outlive the view.
    void setFadeDriver(FadeDriver* driver);
    HeaderView* headerView() const { return m_header; }
    /// Rows with rounded ground between the pads (entries, sidebar) instead of full width (tables).
    void setRoundedRows(bool rounded) { m_rounded = rounded; }
    bool roundedRows() const { return m_rounded; }
    /// Selections are filled whichever pane is active (the sidebar); the keyboard's row gets an
    /// outline.
    void setAlwaysActive(bool always) { m_alwaysActive = always; }
    /// Distance of right-aligned text from the viewport's trailing edge: the page margin, scroll
    /// bar or not.
    int textInset() const;
    /// The row under the pointer, column 0.
    QModelIndex hoverIndex() const { return m_hover; }
    void setModel(QAbstractItemModel* model) override;

signals:
    /// Invalid when the pointer has left.
    void hoverChanged(const QModelIndex& index);

protected:
    void drawRow(QPainter* painter, const QStyleOptionViewItem& option,
                 const QModelIndex& index) const override;
    void drawBranches(QPainter* painter, const QRect& rect,
                      const QModelIndex& index) const override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QRect chevronRect(const QModelIndex& index) const;
    int groundInset() const;
    void setHover(const QModelIndex& index);

    HeaderView* m_header;
    FadeDriver* m_fade = nullptr;
    QPersistentModelIndex m_hover;
    bool m_rounded = false;
    bool m_alwaysActive = false;
};

/// A table in the same look.
class TableView : public QTableView {
    Q_OBJECT
public:
    explicit TableView(QWidget* parent = nullptr);
    void setFadeDriver(FadeDriver* driver);
    HeaderView* headerView() const { return m_header; }
    /// The row under the pointer, or -1: a live table does not move it.
    int hoverRow() const { return m_hover; }

signals:
    void hoverRowChanged(int row);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void setHover(int row);

    HeaderView* m_header;
    FadeDriver* m_fade = nullptr;
    int m_hover = -1;
};

/// Paints the ground of a row: wash, hover, selection with the accent bar (active pane) or outline
/// (other panes).
struct RowGround {
    QRect rect;
    bool selected = false;
    bool current = false;
    bool hovered = false;
    bool activePane = true;
    bool rounded = false;
    bool focusRing = false; ///< outline also where selected
    bool outlined = false;  ///< would restart with the hovered row
    Qt::LayoutDirection direction = Qt::LeftToRight;
    QColor wash; ///< invalid: none
};
void paintRowGround(QPainter& painter, const RowGround& ground);

/// Returns: the selected rows, else the current one, as lines of cells as they stand in the header,
/// parted by tabs. Empty if there is neither.
QString rowsAsText(const QAbstractItemView& view, const HeaderView& header);

} // namespace grove::ui
