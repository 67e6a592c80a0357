#include <ui/common/text.h>
#include <ui/todo/dates.h>
#include <ui/todo/entry_model.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace grove::ui {

namespace {

// A group's key is its place and its identity: children carry it as internalId, so it is never 0.
constexpr quintptr kOverdue = 1;
constexpr quintptr kToday = 2;
constexpr quintptr kTomorrow = 3;
constexpr quintptr kFirstDay = 10; // + Julian day
constexpr quintptr kNoDate = quintptr(1) << 40;
constexpr quintptr kDone = kNoDate + 1;

QDate dayOf(quintptr key) {
    return QDate::fromJulianDay(qint64(key - kFirstDay));
}

} // namespace

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

void EntryModel::insertSorted(Order fresh) {
    std::ranges::sort(fresh, [this](auto a, auto b) { return before(a, b); });
    std::map<GroupKey, Order> byGroup;
    for (const todo::EntryId id : fresh)
        byGroup[m_rows.at(id).group].push_back(id);
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

void EntryModel::insertInto(GroupKey key, Order fresh) {
    Order& ids = group(key).ids;
    const QModelIndex parent = groupIndex(key);
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

QModelIndex EntryModel::indexOf(todo::EntryId id) const {
    const auto found = m_rows.find(id);
    if (found == m_rows.end())
        return {};
    const GroupKey key = found->second.group;
    const int at = groupRow(key);
    if (at < 0)
        return {};
    return createIndex(rowIn(m_groups[std::size_t(at)], id), 0, key);
}

const todo::Entry* EntryModel::entry(todo::EntryId id) const {
    const auto found = m_rows.find(id);
    return found == m_rows.end() ? nullptr : &found->second.entry;
}

const todo::Entry* EntryModel::entryAt(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == 0)
        return nullptr;
    const Group& in = m_groups[std::size_t(groupRow(index.internalId()))];
    return &m_rows.at(in.ids[std::size_t(index.row())]).entry;
}

QModelIndex EntryModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column,
                       parent.isValid() ? m_groups[std::size_t(parent.row())].key : GroupKey(0));
}

QModelIndex EntryModel::parent(const QModelIndex& child) const {
    return child.isValid() && child.internalId() != 0 ? groupIndex(child.internalId())
                                                      : QModelIndex();
}

int EntryModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid())
        return int(m_groups.size());
    if (parent.internalId() != 0 || parent.column() > 0)
        return 0;
    return int(m_groups[std::size_t(parent.row())].ids.size());
}

int EntryModel::columnCount(const QModelIndex&) const {
    return 1;
}

QVariant EntryModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    if (index.internalId() == 0)
        return groupData(m_groups[std::size_t(index.row())], role);
    const Group& in = m_groups[std::size_t(groupRow(index.internalId()))];
    return entryData(m_rows.at(in.ids[std::size_t(index.row())]), role);
}

QString EntryModel::groupTitle(GroupKey key) const {
    switch (key) {
    case kOverdue:
        return tr("Overdue");
    case kToday:
        return tr("Today");
    case kTomorrow:
        return tr("Tomorrow");
    case kNoDate:
        return tr("No date");
    case kDone:
        return tr("Done");
    default:
        return longDay(dayOf(key), m_today);
    }
}

QVariant EntryModel::groupData(const Group& group, int role) const {
    switch (role) {
    case Qt::DisplayRole:
        return groupTitle(group.key);
    case IsGroupRole:
        return true;
    case OverdueRole:
        return group.key == kOverdue;
    case FoldedRole:
        return group.key == kDone;
    case GroupTextRole:
        if (group.key == kToday || group.key == kTomorrow)
            return longDay(group.key == kToday ? m_today : m_today.addDays(1), m_today);
        return number(qint64(group.ids.size()));
    case Qt::AccessibleTextRole:
        return tr("%1, %2").arg(groupTitle(group.key), counted(qint64(group.ids.size()),
                                                               tr("%1 entry"), tr("%1 entries")));
    default:
        return {};
    }
}

QVariant EntryModel::entryData(const Row& row, int role) const {
    const QDate date = toQDate(row.entry.date);
    const bool overdue = date.isValid() && date < m_today && !row.entry.done;
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        return QString::fromStdString(row.entry.title);
    case Qt::CheckStateRole:
        return row.entry.done ? Qt::Checked : Qt::Unchecked;
    case IsGroupRole:
        return false;
    case EntryIdRole:
        return qint64(row.entry.id);
    case DateRole:
        return date;
    case DoneRole:
        return row.entry.done;
    case PendingRole:
        return row.pending;
    case OverdueRole:
        return overdue;
    case DateTextRole:
        if (overdue)
            return counted(date.daysTo(m_today), tr("%1 day late"), tr("%1 days late"));
        return row.group == kDone && date.isValid() ? dayWord(row.entry.date, m_today) : QString();
    case Qt::ToolTipRole:
        return row.pending ? tr("Not on disk yet") : QString();
    case Qt::AccessibleTextRole: {
        QStringList parts{QString::fromStdString(row.entry.title)};
        parts.append(overdue ? counted(date.daysTo(m_today), tr("%1 day late"), tr("%1 days late"))
                             : dayWord(row.entry.date, m_today).toLower());
        parts.append(row.entry.done ? tr("done") : tr("not done"));
        if (row.pending)
            parts.append(tr("not on disk yet"));
        return parts.join(QStringLiteral(", "));
    }
    default:
        return {};
    }
}

bool EntryModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    const todo::Entry* at = entryAt(index);
    if (!at)
        return false;
    if (role == Qt::CheckStateRole) {
        emit tickRequested(at->id, value.toInt() == Qt::Checked);
        return true;
    }
    if (role == Qt::EditRole) {
        if (value.toString() != QString::fromStdString(at->title))
            emit titleEdited(at->id, value.toString());
        return true;
    }
    return false;
}

Qt::ItemFlags EntryModel::flags(const QModelIndex& index) const {
    if (!index.isValid())
        return Qt::NoItemFlags;
    // Headings are passed over by the keyboard, but for the one that folds.
    if (index.internalId() == 0)
        return m_groups[std::size_t(index.row())].key == kDone ? Qt::ItemIsEnabled
                                                               : Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable | Qt::ItemIsUserCheckable |
           Qt::ItemNeverHasChildren;
}

} // namespace grove::ui
