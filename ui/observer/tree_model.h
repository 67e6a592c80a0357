#pragma once

#include <grove/observe/tree.h>
#include <ui/observer/hooks.h>
#include <ui/observer/subject.h>

#include <QAbstractItemModel>

#include <chrono>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace grove::ui {

class FadeDriver;

/// The supervision tree as places. A row is a place, not a process: when a process is replaced its
/// row stays where it is, with selection and expansion, and only its pid changes.
///
/// Changed by deltas, exactly: rows are inserted, removed, moved and changed one by one, and the
/// model is never reset. A place whose process is not coming back stays 10 s as gone and then
/// leaves. Live counters come in by setRows(), for the rows that are shown. Threads: the window's
/// only.
class TreeModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column {
        NameColumn,
        PidColumn,
        StatusColumn,
        MailboxColumn,
        RestartsColumn,
        kColumnCount
    };
    enum Roles : int {
        PlaceRole = Qt::UserRole + 1, ///< quint64: the place's id
        PidRole,                      ///< quint64: the raw pid there now, or the last one
    };
    /// How long a place stays after its process has gone for good.
    static constexpr std::chrono::seconds kLeavingTime{10};
    /// How long "4 s ago" stands behind the count of restarts.
    static constexpr std::chrono::seconds kRecentTime{60};
    /// Of places that are leaving, the oldest go early beyond so many.
    static constexpr std::size_t kLeavingMax = 1000;

    /// `fade` and `hooks` must outlive the model.
    TreeModel(FadeDriver& fade, const ObserverHooks& hooks, Now now, QObject* parent = nullptr);
    ~TreeModel() override;

    /// Takes over what changed. Parents must come before their children, as TreeDelta promises.
    void apply(const observe::TreeDelta& delta);
    std::uint64_t version() const { return m_version; }
    /// Live counters of some processes; those that fill no place are ignored.
    void setRows(std::span<const observe::ProcessRow> rows);
    /// Lets time pass: ages in texts, budgets that drain, places that leave.
    void advance();
    /// The place under the pointer: those that would restart with it get OutlineRole. 0: none.
    void setHovered(observe::PlaceId id);

    const observe::Place* place(observe::PlaceId id) const;
    /// Null until counters of the process there now came in.
    const observe::ProcessRow* live(observe::PlaceId id) const;
    observe::PlaceId placeAt(const QModelIndex& index) const;
    QModelIndex indexOf(observe::PlaceId id, int column = NameColumn) const;
    /// Applications for 0.
    const std::vector<observe::PlaceId>& childrenOf(observe::PlaceId id) const;
    /// An application that runs and has no processes.
    bool isLibrary(observe::PlaceId id) const;
    /// All places, depth first, as an outline shows them.
    std::vector<observe::PlaceId> inOrder() const;
    std::size_t size() const { return m_entries.size(); }
    bool isLeaving(observe::PlaceId id) const;
    /// Restarts of a supervisor that still count against its budget.
    int budgetUsed(observe::PlaceId id) const;
    /// "↻ 1 · 4 s ago", "↻ 1", or empty.
    QString restartMark(observe::PlaceId id) const;
    /// What would restart with a place, itself not included.
    std::vector<observe::PlaceId> restartsWith(observe::PlaceId id) const;
    TimePoint now() const { return m_now(); }

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

signals:
    /// Rows came, went or moved, after they did.
    void shapeChanged();
    /// What a place shows changed, except for its live counters.
    void placeChanged(grove::observe::PlaceId id);

private:
    struct Entry;
    using Siblings = std::vector<observe::PlaceId>;

    Entry* find(observe::PlaceId id);
    const Entry* find(observe::PlaceId id) const;
    Siblings& siblingsIn(observe::PlaceId parent);
    void renumber(observe::PlaceId parent, std::size_t from);
    std::size_t insertRun(std::span<const observe::Place> changed, std::size_t first);
    void change(Entry& entry, const observe::Place& place);
    void move(Entry& entry, const observe::Place& place);
    void noteAge(const Entry& entry);
    void markLeaving(Entry& entry, TimePoint since);
    void remove(observe::PlaceId id);
    void eraseSubtree(observe::PlaceId id);
    void washFor(const Entry& before, const observe::Place& after);
    void emitRow(const Entry& entry, int first = NameColumn, int last = RestartsColumn);
    QVariant display(const Entry& entry, int column) const;
    QVariant colour(const Entry& entry, int column) const;
    QString statusOf(const Entry& entry) const;
    int markFor(const Entry& entry) const;
    QString accessible(const Entry& entry) const;
    QString restartsCell(const Entry& entry) const;

    FadeDriver& m_fade;
    const ObserverHooks& m_hooks;
    Now m_now;
    std::unordered_map<observe::PlaceId, std::unique_ptr<Entry>> m_entries;
    Siblings m_applications;
    std::unordered_map<Pid, observe::PlaceId> m_byPid;
    std::unordered_set<observe::PlaceId> m_aging; ///< whose texts change with time alone
    std::deque<observe::PlaceId> m_leaving;       ///< oldest first
    std::unordered_set<observe::PlaceId> m_outlined;
    observe::PlaceId m_hovered = 0;
    std::uint64_t m_version = 0;
};

} // namespace grove::ui
