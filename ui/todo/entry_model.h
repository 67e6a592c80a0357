#pragma once

#include <ui/todo/session.h>

#include <QAbstractItemModel>
#include <QDate>

#include <functional>
#include <map>
#include <unordered_map>

namespace grove::ui {

/// One list's entries under Overdue, Today, Tomorrow, one group a day, No date, Done.
///
/// Rows are inserted, moved, changed and removed exactly; there is no reset. An entry ticked off
/// while the list is shown stays where it is, struck through, until tidy(): it does not run away
/// from under the pointer.
///
/// Invariants:
///  (1) Groups are ascending by key; a group that is there holds at least one entry (but between
///  the two steps of a move). (2) Within a group entries are ascending by date, then id.
class EntryModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Roles : int {
        IsGroupRole = Qt::UserRole + 1,
        EntryIdRole,   ///< qint64
        DateRole,      ///< QDate, null: none
        DoneRole,      ///< bool
        PendingRole,   ///< bool: not on disk yet
        DateTextRole,  ///< what stands at the end of the row ("2 days late")
        OverdueRole,   ///< bool
        GroupTextRole, ///< muted text after a heading's title ("Fri 21 November", "1")
        FoldedRole,    ///< bool: the group is Done, which begins folded
    };

    explicit EntryModel(const QDate& today, QObject* parent = nullptr);

    /// Adds, changes and removes entries, all together one step.
    void apply(const EntriesChange& change);
    /// Entries for which `pending` answers true are marked.
    void updatePending(const std::function<bool(todo::EntryId)>& pending);
    /// Moves entries to where they belong on that day.
    void setToday(const QDate& today);
    QDate today() const { return m_today; }
    /// Nothing can be edited or ticked off.
    void setReadOnly(bool readOnly) { m_readOnly = readOnly; }
    /// Moves entries that were ticked off while shown to Done.
    void tidy();

    QModelIndex indexOf(todo::EntryId entry) const;
    /// Null where it is not here.
    const todo::Entry* entry(todo::EntryId entry) const;
    const todo::Entry* entryAt(const QModelIndex& index) const;
    bool isGroup(const QModelIndex& index) const {
        return index.isValid() && index.internalId() == 0;
    }
    qint64 entryCount() const { return qint64(m_rows.size()); }
    qint64 openCount() const { return m_open; }

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

signals:
    /// By the editor or the check box; the model itself changes when the session says so.
    void titleEdited(grove::todo::EntryId entry, const QString& title);
    void tickRequested(grove::todo::EntryId entry, bool done);
    /// entryCount() or openCount() changed.
    void countsChanged();

private:
    using GroupKey = quintptr;
    struct Row {
        todo::Entry entry;
        GroupKey group = 0;
        bool pending = false;
        bool lingers = false; ///< done, but ticked off while shown
    };
    struct Group {
        GroupKey key;
        std::vector<todo::EntryId> ids;
    };
    using Order = std::vector<todo::EntryId>;

    GroupKey keyFor(const Row& row) const;
    bool before(todo::EntryId a, todo::EntryId b) const;
    int groupRow(GroupKey key) const;
    QModelIndex groupIndex(GroupKey key) const;
    Group& group(GroupKey key);
    int rowIn(const Group& group, todo::EntryId id) const;
    std::map<GroupKey, Order> sortedByGroup(Order fresh) const;
    void insertSorted(Order fresh);
    void insertInto(GroupKey key, Order ids);
    void insertMany(const QModelIndex& parent, Order& ids, const Order& fresh);
    void removeAll(const std::vector<todo::EntryId>& removed);
    void update(Row& row, const todo::Entry& changed);
    void place(Row& row, const todo::Entry& changed);
    void regroup();
    void touchGroups();
    QVariant groupData(const Group& group, int role) const;
    QVariant entryData(const Row& row, int role) const;
    QString groupTitle(GroupKey key) const;

    QDate m_today;
    bool m_readOnly = false;
    std::unordered_map<todo::EntryId, Row> m_rows;
    std::vector<Group> m_groups;
    qint64 m_open = 0;
};

} // namespace grove::ui
