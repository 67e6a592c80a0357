#include <ui/common/roles.h>
#include <ui/common/theme.h>
#include <ui/observer/format.h>
#include <ui/observer/mailbox_model.h>
#include <ui/observer/term_text.h>

#include <algorithm>

namespace grove::ui {

void MailboxModel::setPage(observe::MailboxPage page) {
    const int before = rowCount();
    const int after = static_cast<int>(page.messages.size());
    if (after < before) {
        beginRemoveRows({}, after, before - 1);
        m_page.messages.resize(static_cast<std::size_t>(after));
        endRemoveRows();
    }
    const int common = std::min(before, after);
    for (int row = 0; row < common; ++row) {
        observe::MailboxMessage& old = m_page.messages[static_cast<std::size_t>(row)];
        observe::MailboxMessage& now = page.messages[static_cast<std::size_t>(row)];
        if (old.index == now.index && old.from == now.from && old.term == now.term)
            continue;
        old = std::move(now);
        emit dataChanged(index(row, 0), index(row, kColumnCount - 1));
    }
    if (after > before) {
        beginInsertRows({}, before, after - 1);
        for (int row = before; row < after; ++row)
            m_page.messages.push_back(std::move(page.messages[static_cast<std::size_t>(row)]));
        endInsertRows();
    }
    m_page.first = page.first;
    m_page.total = page.total;
}

Term MailboxModel::termAt(int row) const {
    return row >= 0 && row < rowCount() ? m_page.messages[static_cast<std::size_t>(row)].term
                                        : Term();
}

int MailboxModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_page.messages.size());
}

int MailboxModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

QVariant MailboxModel::data(const QModelIndex& index, int role) const {
    if (!hasIndex(index.row(), index.column()))
        return {};
    const observe::MailboxMessage& message = m_page.messages[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole && index.column() == NumberColumn)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == MonoRole)
        return index.column() != NumberColumn;
    if (role == ForegroundTokenRole && index.column() != MessageColumn)
        return int(Token::Muted);
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole)
        return {};
    switch (index.column()) {
    case NumberColumn:
        return qlonglong(message.index + 1);
    case MessageColumn:
        return termLine(message.term, kLineBytes);
    case FromColumn:
        return pidText(message.from);
    default:
        return {};
    }
}

QVariant MailboxModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(section == NumberColumn ? Qt::AlignRight : Qt::AlignLeft) |
               int(Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    return section == NumberColumn    ? tr("No.")
           : section == MessageColumn ? tr("Message")
                                      : tr("From");
}

} // namespace grove::ui
