// What EntryModel's rows show.

#include <ui/common/text.h>
#include <ui/todo/dates.h>
#include <ui/todo/entry_groups.h>
#include <ui/todo/entry_model.h>

namespace grove::ui {

namespace {

QDate dayOf(quintptr key) {
    return QDate::fromJulianDay(qint64(key - kFirstDay));
}

} // namespace

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
    const Qt::ItemFlags shown = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
    return m_readOnly ? shown : shown | Qt::ItemIsEditable | Qt::ItemIsUserCheckable;
}

} // namespace grove::ui
