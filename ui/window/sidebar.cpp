#include <ui/common/actions.h>
#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/common/views.h>
#include <ui/window/sidebar.h>
#include <ui/window/sidebar_model.h>

#include <QAction>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QShortcut>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace grove::ui {

namespace {

using Kind = SidebarModel::Kind;
constexpr int kGroupGap = 12; // above a group that is not the first
constexpr int kNameAt = 40;   // text edge, from the sidebar's edge
constexpr int kTextFlags = Qt::TextSingleLine | Qt::AlignVCenter;

Kind kindOf(const QModelIndex& index) {
    return Kind(index.data(SidebarModel::KindRole).toInt());
}

class SidebarDelegate final : public QStyledItemDelegate {
public:
    SidebarDelegate(const Sidebar& sidebar, QObject* parent)
        : QStyledItemDelegate(parent), m_sidebar(sidebar) {}

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const override {
        const bool spaced = kindOf(index) == Kind::Group && index.row() > 0;
        return {metrics().sidebarIcons, metrics().row + (spaced ? kGroupGap : 0)};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        painter->save();
        painter->setLayoutDirection(option.direction);
        if (kindOf(index) == Kind::Group)
            paintGroup(*painter, option, index);
        else
            paintRow(*painter, option, index);
        painter->restore();
    }

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem&,
                          const QModelIndex& index) const override {
        auto* editor = new QLineEdit(parent);
        const bool fresh = kindOf(index) == Kind::NewList;
        editor->setPlaceholderText(fresh ? Sidebar::tr("Name of the list") : QString());
        editor->setAccessibleName(fresh ? Sidebar::tr("Name of the new list")
                                        : Sidebar::tr("New name of the list"));
        return editor;
    }

    void setEditorData(QWidget* editor, const QModelIndex& index) const override {
        auto* field = static_cast<QLineEdit*>(editor);
        // A count that changes must not wipe the name that is being typed.
        if (!field->isModified())
            field->setText(index.data(Qt::EditRole).toString());
    }

    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                              const QModelIndex&) const override {
        const QRect line = option.rect.adjusted(kNameAt - metrics().pad, 0, -metrics().pad, 0);
        editor->setGeometry(QStyle::visualRect(option.direction, option.rect, line));
    }

private:
    void paintGroup(QPainter& painter, const QStyleOptionViewItem& option,
                    const QModelIndex& index) const {
        QRect line = option.rect.adjusted(metrics().margin, 0, -metrics().margin, 0);
        line.setTop(line.bottom() + 1 - metrics().row);
        if (m_sidebar.iconsOnly()) {
            if (index.row() > 0)
                drawHairline(painter, Qt::Horizontal, line.center().y(), line.left(),
                             line.right() + 1, color(Token::Border));
            return;
        }
        painter.setFont(font(TypeRole::Heading));
        painter.setPen(color(Token::Muted));
        painter.drawText(line,
                         kTextFlags | int(QStyle::visualAlignment(option.direction, Qt::AlignLeft)),
                         index.data().toString());
    }

    void paintRow(QPainter& painter, const QStyleOptionViewItem& option,
                  const QModelIndex& index) const {
        const int side = metrics().icon;
        const bool selected = option.state & QStyle::State_Selected;
        const bool fresh = kindOf(index) == Kind::NewList;
        const QByteArray name = index.data(SidebarModel::IconNameRole).toByteArray();
        QRect box(metrics().margin, option.rect.center().y() + 1 - side / 2, side, side);
        if (m_sidebar.iconsOnly())
            box.moveLeft((option.rect.width() - side) / 2);
        const QRect whole(0, option.rect.top(), option.rect.right() + 1, option.rect.height());
        paintIcon(painter, QStyle::visualRect(option.direction, whole, box), name.constData(),
                  color(selected ? Token::Accent : Token::Muted));
        if (m_sidebar.iconsOnly())
            return;
        QRect line = whole.adjusted(kNameAt, 0, -metrics().margin, 0);
        const QString count = index.data(SidebarModel::CountRole).toString();
        int used = 0;
        if (!count.isEmpty()) {
            const QFont face = font(TypeRole::Secondary);
            painter.setFont(face);
            painter.setPen(color(Token::Muted));
            painter.drawText(
                QStyle::visualRect(option.direction, whole, line),
                kTextFlags | int(QStyle::visualAlignment(option.direction, Qt::AlignRight)), count);
            used = QFontMetrics(face).horizontalAdvance(count) + 10;
        }
        line.setRight(line.right() - used);
        const QFont face = font(TypeRole::Body);
        painter.setFont(face);
        painter.setPen(color(fresh ? Token::Muted : Token::Text));
        painter.drawText(
            QStyle::visualRect(option.direction, whole, line),
            kTextFlags | int(QStyle::visualAlignment(option.direction, Qt::AlignLeft)),
            QFontMetrics(face).elidedText(index.data().toString(), Qt::ElideRight, line.width()));
    }

    const Sidebar& m_sidebar;
};

} // namespace

Sidebar::Sidebar(Session& session, ActionRegistry& actions, QWidget* parent)
    : QWidget(parent), m_actions(actions), m_model(new SidebarModel(session, this)),
      m_view(new TreeView(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, metrics().pad, 0, metrics().pad);
    layout->addWidget(m_view);
    m_view->setBackgroundRole(QPalette::Window);
    m_view->viewport()->setBackgroundRole(QPalette::Window);
    m_view->viewport()->setAutoFillBackground(false);
    m_view->setAccessibleName(tr("Lists and pages"));
    m_view->setHeaderHidden(true);
    m_view->setRootIsDecorated(false);
    m_view->setItemsExpandable(false);
    m_view->setIndentation(0);
    m_view->setUniformRowHeights(false);
    m_view->setRoundedRows(true);
    m_view->setAlwaysActive(true);
    m_view->setTabKeyNavigation(false);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setItemDelegate(new SidebarDelegate(*this, m_view));
    m_view->setModel(m_model);
    m_view->expandAll();
    setFocusProxy(m_view);
    m_actions.bind(m_view, {"list.rename", "list.delete"});
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        emit currentChanged();
        chooseCurrent();
    });
    // By way of the actions: a sidebar of icons has no room for an editor, the window asks then.
    connect(m_view, &QTreeView::clicked, this, [this](const QModelIndex& index) {
        if (kindOf(index) == Kind::NewList)
            m_actions.action("file.newList")->trigger();
        else
            chooseCurrent();
    });
    connect(m_view, &QTreeView::activated, this, [this](const QModelIndex& index) {
        if (kindOf(index) == Kind::NewList)
            m_actions.action("file.newList")->trigger();
        else if (index.flags() & Qt::ItemIsEditable)
            m_actions.action("list.rename")->trigger();
    });
    connect(m_view, &QWidget::customContextMenuRequested, this, &Sidebar::showMenu);
}

void Sidebar::chooseCurrent() {
    const QModelIndex current = m_view->currentIndex();
    if (m_marking || !current.isValid())
        return;
    if (kindOf(current) == Kind::List)
        emit listChosen(current.data(SidebarModel::ListIdRole).toLongLong());
    else if (kindOf(current) == Kind::Page)
        emit pageChosen(current.data(SidebarModel::PageIdRole).toString());
}

void Sidebar::markList(todo::ListId list) {
    m_marking = true;
    m_view->selectionModel()->setCurrentIndex(m_model->indexOfList(list),
                                              QItemSelectionModel::ClearAndSelect);
    m_marking = false;
}

void Sidebar::markPage(const QString& id) {
    m_marking = true;
    m_view->selectionModel()->setCurrentIndex(m_model->indexOfPage(id),
                                              QItemSelectionModel::ClearAndSelect);
    m_marking = false;
}

void Sidebar::setIconsOnly(bool iconsOnly) {
    if (m_iconsOnly == iconsOnly)
        return;
    m_iconsOnly = iconsOnly;
    m_view->viewport()->update();
}

todo::ListId Sidebar::currentList() const {
    const QModelIndex current = m_view->currentIndex();
    return kindOf(current) == Kind::List && current.isValid()
               ? current.data(SidebarModel::ListIdRole).toLongLong()
               : 0;
}

void Sidebar::editNewList() {
    const QModelIndex row = m_model->newListIndex();
    m_view->scrollTo(row);
    m_view->edit(row);
}

void Sidebar::editCurrentList() {
    const QModelIndex current = m_view->currentIndex();
    if (current.flags() & Qt::ItemIsEditable)
        m_view->edit(current);
}

QLineEdit* Sidebar::editor() const {
    for (auto* editor :
         m_view->viewport()->findChildren<QLineEdit*>(QString(), Qt::FindDirectChildrenOnly))
        if (!editor->isHidden()) // else closed already, and gone with the next turn
            return editor;
    return nullptr;
}

QString Sidebar::editedName() const {
    const QLineEdit* open = editor();
    return open ? open->text() : QString();
}

void Sidebar::commitEdit() {
    QLineEdit* open = editor();
    if (!open)
        return;
    m_edited = m_view->indexAt(open->geometry().center());
    QAbstractItemDelegate* delegate = m_view->itemDelegate();
    emit delegate->commitData(open);
    emit delegate->closeEditor(open);
}

void Sidebar::editAgain(const QString& name) {
    m_view->scrollTo(m_edited);
    m_view->edit(m_edited);
    if (QLineEdit* open = editor()) {
        open->setText(name);
        open->setModified(true); // as typed: what the row says does not replace it
    }
}

void Sidebar::showMenu(QPoint point) {
    const QModelIndex at = m_view->indexAt(point);
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    if (kindOf(at) == Kind::List && at.isValid())
        for (const char* id : {"list.rename", "list.delete"})
            menu->addAction(m_actions.action(id));
    menu->addAction(m_actions.action("file.newList"));
    menu->popup(m_view->viewport()->mapToGlobal(point));
}

void Sidebar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Background));
}

} // namespace grove::ui
