#include <ui/common/text.h>
#include <ui/window/sidebar_model.h>

#include <algorithm>

namespace grove::ui {

namespace {
constexpr int kLists = 0;
constexpr int kPages = 1;
constexpr int kGroups = 2;
} // namespace

SidebarModel::SidebarModel(Session& session, QObject* parent)
    : QAbstractItemModel(parent), m_session(session), m_lists(session.lists()) {
    connect(&m_session, &Session::listsChanged, this, &SidebarModel::updateLists);
}

void SidebarModel::addPage(const QString& id, const QString& title, const char* icon) {
    const int row = int(m_pages.size());
    beginInsertRows(index(kPages, 0), row, row);
    m_pages.push_back({id, title, icon, {}});
    endInsertRows();
}

void SidebarModel::setPageCount(const QString& id, const QString& count) {
    const QModelIndex at = indexOfPage(id);
    if (!at.isValid() || m_pages[std::size_t(at.row())].count == count)
        return;
    m_pages[std::size_t(at.row())].count = count;
    emit dataChanged(at, at, {CountRole});
}

void SidebarModel::updateLists() {
    const std::vector<ListInfo> now = m_session.lists();
    const QModelIndex group = index(kLists, 0);
    const auto isIn = [](const std::vector<ListInfo>& lists, todo::ListId id) {
        return std::ranges::find(lists, id, &ListInfo::id) != lists.end();
    };
    for (int row = int(m_lists.size()) - 1; row >= 0; --row)
        if (!isIn(now, m_lists[std::size_t(row)].id)) {
            beginRemoveRows(group, row, row);
            m_lists.erase(m_lists.begin() + row);
            endRemoveRows();
        }
    for (int row = 0; row < int(now.size()); ++row) {
        const ListInfo& wanted = now[std::size_t(row)];
        const auto found = std::ranges::find(m_lists, wanted.id, &ListInfo::id);
        const int from = int(found - m_lists.begin());
        if (found == m_lists.end()) {
            beginInsertRows(group, row, row);
            m_lists.insert(m_lists.begin() + row, wanted);
            endInsertRows();
        } else if (from != row) {
            beginMoveRows(group, from, from, group,
                          row); // it stands further down: earlier rows are right
            std::rotate(m_lists.begin() + row, m_lists.begin() + from, m_lists.begin() + from + 1);
            endMoveRows();
        }
        if (m_lists[std::size_t(row)] != wanted) {
            m_lists[std::size_t(row)] = wanted;
            const QModelIndex at = index(row, 0, group);
            emit dataChanged(at, at);
        }
    }
}

QModelIndex SidebarModel::indexOfList(todo::ListId list) const {
    const auto found = std::ranges::find(m_lists, list, &ListInfo::id);
    return found == m_lists.end() ? QModelIndex()
                                  : index(int(found - m_lists.begin()), 0, index(kLists, 0));
}

QModelIndex SidebarModel::indexOfPage(const QString& id) const {
    const auto found = std::ranges::find(m_pages, id, &PageRow::id);
    return found == m_pages.end() ? QModelIndex()
                                  : index(int(found - m_pages.begin()), 0, index(kPages, 0));
}

QModelIndex SidebarModel::newListIndex() const {
    return index(int(m_lists.size()), 0, index(kLists, 0));
}

todo::ListId SidebarModel::listAt(int position) const {
    return position >= 0 && position < int(m_lists.size()) ? m_lists[std::size_t(position)].id : 0;
}

QModelIndex SidebarModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? quintptr(parent.row() + 1) : quintptr(0));
}

QModelIndex SidebarModel::parent(const QModelIndex& child) const {
    return child.isValid() && child.internalId() != 0
               ? createIndex(int(child.internalId()) - 1, 0, quintptr(0))
               : QModelIndex();
}

int SidebarModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid())
        return kGroups;
    if (parent.internalId() != 0 || parent.column() > 0)
        return 0;
    return parent.row() == kLists ? int(m_lists.size()) + 1 : int(m_pages.size());
}

int SidebarModel::columnCount(const QModelIndex&) const {
    return 1;
}

QVariant SidebarModel::listData(const ListInfo& list, int role) const {
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        return list.name;
    case Qt::ToolTipRole:
        return list.name;
    case Qt::AccessibleTextRole:
        return tr("%1, %2").arg(
            list.name, counted(list.openCount, tr("%1 open entry"), tr("%1 open entries")));
    case KindRole:
        return int(Kind::List);
    case ListIdRole:
        return qint64(list.id);
    case IconNameRole:
        return QByteArray(list.isInbox() ? "inbox" : "list");
    case CountRole:
        return list.openCount > 0 ? number(list.openCount) : QString();
    default:
        return {};
    }
}

QVariant SidebarModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    if (index.internalId() == 0) {
        if (role == KindRole)
            return int(Kind::Group);
        if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole)
            return index.row() == kLists ? tr("Lists") : tr("Observer");
        return {};
    }
    if (int(index.internalId()) - 1 == kLists) {
        if (index.row() < int(m_lists.size()))
            return listData(m_lists[std::size_t(index.row())], role);
        switch (role) {
        case Qt::DisplayRole:
        case Qt::ToolTipRole:
        case Qt::AccessibleTextRole:
            return tr("New list");
        case Qt::EditRole:
            return QString();
        case KindRole:
            return int(Kind::NewList);
        case IconNameRole:
            return QByteArray("plus");
        default:
            return {};
        }
    }
    const PageRow& page = m_pages[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return page.title;
    case Qt::AccessibleTextRole:
        return page.count.isEmpty() ? page.title : tr("%1, %2").arg(page.title, page.count);
    case KindRole:
        return int(Kind::Page);
    case PageIdRole:
        return page.id;
    case IconNameRole:
        return QByteArray(page.icon);
    case CountRole:
        return page.count;
    default:
        return {};
    }
}

bool SidebarModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::EditRole)
        return false;
    const QString name = value.toString();
    if (Kind(index.data(KindRole).toInt()) == Kind::NewList) {
        if (!name.trimmed().isEmpty()) // an editor left empty makes nothing
            emit createRequested(name);
        return true;
    }
    if (name != index.data(Qt::EditRole).toString())
        emit renameRequested(index.data(ListIdRole).toLongLong(), name);
    return true;
}

Qt::ItemFlags SidebarModel::flags(const QModelIndex& index) const {
    switch (Kind(index.data(KindRole).toInt())) {
    case Kind::Group:
        return Qt::NoItemFlags;
    case Kind::List:
        return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren |
               (index.data(ListIdRole).toLongLong() == todo::kInbox ? Qt::NoItemFlags
                                                                    : Qt::ItemIsEditable);
    case Kind::NewList:
        return Qt::ItemIsEnabled | Qt::ItemIsEditable | Qt::ItemNeverHasChildren;
    case Kind::Page:
        break;
    }
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
}

} // namespace grove::ui
