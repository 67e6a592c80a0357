#pragma once

#include <grove/observe/rows.h>

#include <QAbstractTableModel>

namespace grove::ui {

/// One page of a mailbox: number, message on one line, who sent it.
///
/// A message keeps its row while it keeps its number; the model is changed exactly, never reset.
class MailboxModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { NumberColumn, MessageColumn, FromColumn, kColumnCount };
    static constexpr std::size_t kPage = 100;
    static constexpr std::size_t kLineBytes = 400;

    using QAbstractTableModel::QAbstractTableModel;

    void setPage(observe::MailboxPage page);
    const observe::MailboxPage& page() const { return m_page; }
    /// Returns: the whole term of a row, none if there is no such row.
    Term termAt(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    observe::MailboxPage m_page;
};

} // namespace grove::ui
