#pragma once

#include <grove/observe/node.h>
#include <ui/observer/row_diff.h>

#include <QAbstractTableModel>

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>

namespace grove::ui {

class ObserverContext;

/// The processes as a table: a row is a pid and stays that pid.
///
/// The order is worked out by the node on another thread, and the difference to the order before by
/// a pool thread; the rows are then sorted, removed and inserted exactly, never reset. Figures are
/// read for visible rows only. While the order is held nothing moves; processes that end are struck
/// through where they are. Threads: the window's only.
class ProcessModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using Column = observe::Column;
    static constexpr int kColumnCount = int(Column::Parent) + 1;
    /// Differences of so many rows or more are worked out elsewhere.
    static constexpr std::size_t kDiffElsewhere = 2000;
    /// Of processes that ended since the last refresh, so many are shown struck through.
    static constexpr std::size_t kGoneMax = 500;
    enum Roles : int { PidRole = Qt::UserRole + 1, GoneRole };

    /// The context must outlive the model.
    explicit ProcessModel(ObserverContext& context, QObject* parent = nullptr);
    ~ProcessModel() override;

    const observe::RowQuery& query() const { return m_query; }
    /// Asks for the order anew. A new filter drops what is gone.
    void setQuery(const observe::RowQuery& query);
    /// Asks the node for the order now; figures come with readRows().
    void refreshOrder();
    /// Reads the figures of some rows, [first, last].
    void readRows(int first, int last);
    /// Nothing moves while the order is held; figures go on.
    void setHeld(bool held);
    bool isHeld() const { return m_held; }
    /// True if an order is waiting for the hold to end.
    bool hasPending() const { return m_pending.has_value(); }
    std::size_t total() const { return m_total; }
    Pid pidAt(int row) const;
    /// Returns: the row of a process, -1 if it is not shown. Complexity: linear.
    int rowOf(Pid pid) const;
    bool isGone(Pid pid) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    static QString columnTitle(Column column);
    static bool isNumber(Column column);

signals:
    /// A new order has been taken, also one without any difference.
    void ordered();
    /// Rows came, went or moved, after they did.
    void rowsReordered();
    void heldChanged();

private:
    struct Figures;

    void take(observe::RowOrder order);
    void applyDiff(const RowDiff& diff);
    void emitChanges(int row, const Figures& before, const Figures& after);
    void sortInto(const std::vector<Pid>& order);
    QVariant display(const observe::ProcessRow& row, Column column) const;
    QVariant colour(const observe::ProcessRow& row, Column column) const;

    ObserverContext& m_context;
    observe::RowQuery m_query;
    std::vector<Pid> m_rows;
    std::unordered_map<Pid, Figures> m_figures; ///< of rows that were visible lately
    std::unordered_set<Pid> m_gone;             ///< shown struck through
    std::optional<observe::RowOrder> m_pending; ///< came while held
    std::size_t m_total = 0;
    std::uint64_t m_asked = 0; ///< counts queries; an older answer is dropped
    bool m_busy = false;       ///< a difference is being worked out
    bool m_held = false;
    bool m_filterChanged = false;
};

} // namespace grove::ui
