// How entries come, move and go. What the rows show is in entry_model_data.cpp.

#include <ui/todo/dates.h>
#include <ui/todo/entry_groups.h>
#include <ui/todo/entry_model.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace grove::ui {

namespace {
constexpr std::size_t kOneByOneMax = 500;
}

EntryModel::EntryModel(const QDate& today, QObject* parent)
    : QAbstractItemModel(parent), m_today(today) {}

EntryModel::GroupKey EntryModel::keyFor(const Row& row) const {
    if (row.entry.done && !row.lingers)
        return kDone;
    if (!row.entry.date)
        return kNoDate;
    const QDate day = toQDate(row.entry.date);
    if (day < m_today)
        return kOverdue;
    if (day == m_today)
        return kToday;
    if (day == m_today.addDays(1))
        return kTomorrow;
    return kFirstDay + quintptr(day.toJulianDay());
}

bool EntryModel::before(todo::EntryId a, todo::EntryId b) const {
    const todo::Entry& left = m_rows.at(a).entry;
    const todo::Entry& right = m_rows.at(b).entry;
    return std::tie(left.date, left.id) < std::tie(right.date, right.id);
}

int EntryModel::groupRow(GroupKey key) const {
    const auto it = std::ranges::lower_bound(m_groups, key, {}, &Group::key);
    return it != m_groups.end() && it->key == key ? int(it - m_groups.begin()) : -1;
}

QModelIndex EntryModel::groupIndex(GroupKey key) const {
    const int row = groupRow(key);
    return row < 0 ? QModelIndex() : createIndex(row, 0, quintptr(0));
}

EntryModel::Group& EntryModel::group(GroupKey key) {
    const int row = groupRow(key);
    Q_ASSERT(row >= 0);
    return m_groups[std::size_t(row)];
}

int EntryModel::rowIn(const Group& group, todo::EntryId id) const {
    const auto it =
        std::ranges::lower_bound(group.ids, id, [this](auto a, auto b) { return before(a, b); });
    Q_ASSERT(it != group.ids.end());
    Q_ASSERT(*it == id);
    return int(it - group.ids.begin());
}

void EntryModel::apply(const EntriesChange& change) {
    const qint64 countBefore = entryCount();
    const qint64 openBefore = m_open;
    removeAll(change.removed);
    Order fresh;
    if (change.upserted.size() > m_rows.size()) { // a growing table makes room by itself
        fresh.reserve(change.upserted.size());
        m_rows.reserve(m_rows.size() + change.upserted.size());
    }
    for (const todo::Entry& entry : change.upserted) {
        const auto found = m_rows.find(entry.id);
        if (found != m_rows.end()) {
            update(found->second, entry);
            continue;
        }
        Row& row = m_rows[entry.id];
        row.entry = entry;
        row.group = keyFor(row);
        m_open += entry.done ? 0 : 1;
        fresh.push_back(entry.id);
    }
    insertSorted(std::move(fresh));
    if (countBefore != entryCount() || openBefore != m_open || !change.upserted.empty()) {
        touchGroups();
        emit countsChanged();
    }
}

/// By day: a list has few of them. A comparison that looks entries up costs seconds for a full
/// list.
std::map<EntryModel::GroupKey, EntryModel::Order> EntryModel::sortedByGroup(Order fresh) const {
    std::ranges::sort(fresh);
    std::map<std::pair<GroupKey, std::optional<todo::Date>>, Order> days;
    for (const todo::EntryId id : fresh) {
        const Row& row = m_rows.at(id);
        days[{row.group, row.entry.date}].push_back(id);
    }
    std::map<GroupKey, Order> byGroup;
    for (const auto& [day, ids] : days) {
        Order& all = byGroup[day.first];
        all.insert(all.end(), ids.begin(), ids.end());
    }
    return byGroup;
}

void EntryModel::insertSorted(Order fresh) {
    std::map<GroupKey, Order> byGroup = sortedByGroup(std::move(fresh));
    // New groups that stand next to each other come in one insertion, with their entries inside.
    for (auto it = byGroup.begin(); it != byGroup.end();) {
        if (groupRow(it->first) >= 0) {
            insertInto(it->first, std::move(it->second));
            ++it;
            continue;
        }
        const auto at = std::ranges::lower_bound(m_groups, it->first, {}, &Group::key);
        const GroupKey next = at == m_groups.end() ? ~GroupKey(0) : at->key;
        std::vector<Group> run;
        for (; it != byGroup.end() && it->first < next; ++it)
            run.push_back({it->first, std::move(it->second)});
        const int row = int(at - m_groups.begin());
        beginInsertRows({}, row, row + int(run.size()) - 1);
        m_groups.insert(at, std::make_move_iterator(run.begin()),
                        std::make_move_iterator(run.end()));
        endInsertRows();
    }
}

/// Puts them behind the others and then in order: entries that lie anywhere among many cost by the
/// number of both, not by their product.
void EntryModel::insertMany(const QModelIndex& parent, Order& ids, const Order& fresh) {
    const auto old = std::ptrdiff_t(ids.size());
    beginInsertRows(parent, int(old), int(ids.size() + fresh.size()) - 1);
    ids.insert(ids.end(), fresh.begin(), fresh.end());
    endInsertRows();
    emit layoutAboutToBeChanged({QPersistentModelIndex(parent)});
    QModelIndexList from;
    std::vector<todo::EntryId> kept;
    for (const QModelIndex& index : persistentIndexList())
        if (index.internalId() != 0 && index.parent() == parent) {
            from.append(index);
            kept.push_back(ids[std::size_t(index.row())]);
        }
    const auto order = [this](auto a, auto b) { return before(a, b); };
    Order merged(ids.size());
    std::merge(ids.begin(), ids.begin() + old, ids.begin() + old, ids.end(), merged.begin(), order);
    ids = std::move(merged);
    QModelIndexList to;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const auto at = std::ranges::lower_bound(ids, kept[i], order) - ids.begin();
        to.append(
            createIndex(int(at), from[qsizetype(i)].column(), from[qsizetype(i)].internalId()));
    }
    changePersistentIndexList(from, to);
    emit layoutChanged({QPersistentModelIndex(parent)});
}

void EntryModel::insertInto(GroupKey key, Order fresh) {
    Order& ids = group(key).ids;
    const QModelIndex parent = groupIndex(key);
    if (fresh.size() > kOneByOneMax)
        return insertMany(parent, ids, fresh);
    // From the end, so that earlier positions stay true; neighbours go in together.
    std::size_t end = fresh.size();
    while (end > 0) {
        const auto position = [&](std::size_t i) {
            return std::ranges::lower_bound(ids, fresh[i],
                                            [this](auto a, auto b) { return before(a, b); }) -
                   ids.begin();
        };
        const auto at = position(end - 1);
        std::size_t begin = end - 1;
        while (begin > 0 && position(begin - 1) == at)
            --begin;
        beginInsertRows(parent, int(at), int(at) + int(end - begin) - 1);
        ids.insert(ids.begin() + at, fresh.begin() + std::ptrdiff_t(begin),
                   fresh.begin() + std::ptrdiff_t(end));
        endInsertRows();
        end = begin;
    }
}

void EntryModel::removeAll(const std::vector<todo::EntryId>& removed) {
    std::map<GroupKey, std::vector<int>> rows;
    for (const todo::EntryId id : removed)
        if (const auto found = m_rows.find(id); found != m_rows.end())
            rows[found->second.group].push_back(rowIn(group(found->second.group), id));
    for (auto& [key, positions] : rows) {
        Order& ids = group(key).ids;
        std::ranges::sort(positions);
        const auto forget = [this](auto begin, auto end) {
            for (auto it = begin; it != end; ++it) {
                m_open -= m_rows.at(*it).entry.done ? 0 : 1;
                m_rows.erase(*it);
            }
        };
        if (positions.size() == ids.size()) {
            const int row = groupRow(key);
            beginRemoveRows({}, row, row);
            forget(ids.begin(), ids.end());
            m_groups.erase(m_groups.begin() + row);
            endRemoveRows();
            continue;
        }
        for (std::size_t end = positions.size(); end > 0;) {
            std::size_t begin = end - 1;
            while (begin > 0 && positions[begin - 1] == positions[begin] - 1)
                --begin;
            const auto first = ids.begin() + positions[begin];
            const auto last = ids.begin() + positions[end - 1] + 1;
            beginRemoveRows(groupIndex(key), positions[begin], positions[end - 1]);
            forget(first, last);
            ids.erase(first, last);
            endRemoveRows();
            end = begin;
        }
    }
}

void EntryModel::update(Row& row, const todo::Entry& changed) {
    if (row.entry == changed)
        return;
    m_open += (changed.done ? 0 : 1) - (row.entry.done ? 0 : 1);
    if (row.entry.done != changed.done)
        row.lingers = changed.done && row.group != kDone;
    place(row, changed);
    const QModelIndex at = indexOf(changed.id);
    emit dataChanged(at, at);
}

void EntryModel::place(Row& row, const todo::Entry& changed) {
    Row moved = row;
    moved.entry = changed;
    const GroupKey to = keyFor(moved);
    const GroupKey from = row.group;
    const int fromRow = rowIn(group(from), changed.id);
    if (to != from && groupRow(to) < 0) {
        const auto at = std::ranges::lower_bound(m_groups, to, {}, &Group::key);
        const int newRow = int(at - m_groups.begin());
        beginInsertRows({}, newRow, newRow);
        m_groups.insert(at, Group{to, {}});
        endInsertRows();
    }
    // The place among the others, found without the row itself.
    Order& target = group(to).ids;
    const auto comesBefore = [this, &changed](todo::EntryId other, todo::EntryId) {
        const todo::Entry& entry = m_rows.at(other).entry;
        return std::tie(entry.date, entry.id) < std::tie(changed.date, changed.id);
    };
    int toRow = 0;
    if (to == from) {
        Order others = target;
        others.erase(others.begin() + fromRow);
        toRow = int(std::ranges::lower_bound(others, changed.id, comesBefore) - others.begin());
        if (toRow == fromRow) {
            row.entry = changed;
            return;
        }
        beginMoveRows(groupIndex(from), fromRow, fromRow, groupIndex(to),
                      toRow > fromRow ? toRow + 1 : toRow);
        target = std::move(others);
        target.insert(target.begin() + toRow, changed.id);
        row.entry = changed;
        endMoveRows();
        return;
    }
    toRow = int(std::ranges::lower_bound(target, changed.id, comesBefore) - target.begin());
    beginMoveRows(groupIndex(from), fromRow, fromRow, groupIndex(to), toRow);
    Order& source = group(from).ids;
    source.erase(source.begin() + fromRow);
    target.insert(target.begin() + toRow, changed.id);
    row.entry = changed;
    row.group = to;
    endMoveRows();
    if (source.empty()) {
        const int empty = groupRow(from);
        beginRemoveRows({}, empty, empty);
        m_groups.erase(m_groups.begin() + empty);
        endRemoveRows();
    }
}

void EntryModel::updatePending(const std::function<bool(todo::EntryId)>& pending) {
    for (auto& [id, row] : m_rows) {
        const bool now = pending(id);
        if (now == row.pending)
            continue;
        row.pending = now;
        const QModelIndex at = indexOf(id);
        emit dataChanged(at, at, {PendingRole, Qt::ToolTipRole, Qt::AccessibleTextRole});
    }
}

void EntryModel::regroup() {
    std::vector<todo::EntryId> misplaced;
    for (const auto& [id, row] : m_rows)
        if (keyFor(row) != row.group)
            misplaced.push_back(id);
    std::ranges::sort(misplaced);
    for (const todo::EntryId id : misplaced) {
        Row& row = m_rows.at(id);
        place(row, todo::Entry(row.entry));
    }
    touchGroups();
}

void EntryModel::setToday(const QDate& today) {
    if (m_today == today)
        return;
    m_today = today;
    regroup();
    for (const Group& each : m_groups)
        if (!each.ids.empty()) {
            const QModelIndex parent = groupIndex(each.key);
            emit dataChanged(index(0, 0, parent), index(int(each.ids.size()) - 1, 0, parent));
        }
}

void EntryModel::tidy() {
    for (auto& [id, row] : m_rows)
        row.lingers = false;
    regroup();
}

void EntryModel::touchGroups() {
    if (!m_groups.empty())
        emit dataChanged(index(0, 0), index(int(m_groups.size()) - 1, 0));
}

} // namespace grove::ui
