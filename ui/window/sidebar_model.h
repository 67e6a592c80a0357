#pragma once

#include <ui/todo/session.h>

#include <QAbstractItemModel>

namespace grove::ui {

/// The sidebar's rows: Lists (the lists, New list) and Observer (its pages).
class SidebarModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum class Kind { Group, List, NewList, Page };
    enum Roles : int {
        KindRole = Qt::UserRole + 1, ///< int(Kind)
        ListIdRole,                  ///< qint64
        PageIdRole,                  ///< QString
        IconNameRole,                ///< QByteArray
        CountRole,                   ///< QString at the end of the row
    };

    explicit SidebarModel(Session& session, QObject* parent = nullptr);

    void addPage(const QString& id, const QString& title, const char* icon);
    void setPageCount(const QString& id, const QString& count);
    QModelIndex indexOfList(todo::ListId list) const;
    QModelIndex indexOfPage(const QString& id) const;
    QModelIndex newListIndex() const;
    /// 0 where there is no such list (from 0).
    todo::ListId listAt(int position) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

signals:
    /// From the editors; the rows change when the session says so.
    void renameRequested(grove::todo::ListId list, const QString& name);
    void createRequested(const QString& name);

private:
    struct PageRow {
        QString id;
        QString title;
        const char* icon;
        QString count;
    };

    void updateLists();
    QVariant listData(const ListInfo& list, int role) const;

    Session& m_session;
    std::vector<ListInfo> m_lists;
    std::vector<PageRow> m_pages;
};

} // namespace grove::ui
