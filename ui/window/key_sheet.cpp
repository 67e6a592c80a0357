#include <ui/common/actions.h>
#include <ui/common/metrics.h>
#include <ui/common/roles.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>
#include <ui/window/key_sheet.h>

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace grove::ui {

namespace {

QList<QStandardItem*> row(const QString& what, const QString& keys, const QString& help) {
    auto* first = new QStandardItem(what);
    auto* second = new QStandardItem(keys);
    auto* third = new QStandardItem(help);
    third->setData(int(Token::Muted), ForegroundTokenRole);
    for (QStandardItem* item : {first, second, third})
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    return {first, second, third};
}

QList<QStandardItem*> heading(const QString& title) {
    QList<QStandardItem*> items = row(title, {}, {});
    items.first()->setData(true, EmphasisRole);
    return items;
}

QString keysOf(const QAction* action) {
    QStringList keys;
    for (const QKeySequence& key : action->shortcuts())
        if (key != QKeySequence(Qt::Key_Enter)) // the same word as Return to a person
            keys.append(key.toString(QKeySequence::NativeText));
    return keys.join(KeySheet::tr(", "));
}

} // namespace

KeySheet::KeySheet(const ActionRegistry& actions, QWidget* parent) : QDialog(parent) {
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Keys"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 16, 0, 16);
    auto* title = new QLabel(tr("Keys"), this);
    title->setFont(ui::font(TypeRole::Title));
    title->setContentsMargins(metrics().margin, 0, metrics().margin, 4);
    layout->addWidget(title);
    auto* model = new QStandardItemModel(0, 3, this);
    model->setHorizontalHeaderLabels({tr("What"), tr("Keys"), tr("Help")});
    for (int id = 0; id < kMenuCount; ++id) {
        const QList<QStandardItem*> group =
            heading(QString(ActionRegistry::menuTitle(MenuId(id))).remove(QLatin1Char('&')));
        for (const QAction* action : actions.actionsOf(MenuId(id)))
            if (!action->shortcuts().isEmpty())
                group.first()->appendRow(row(QString(action->text()).remove(QLatin1Char('&')),
                                             keysOf(action), ActionRegistry::helpOf(action)));
        if (group.first()->rowCount() > 0)
            model->appendRow(group);
        else
            qDeleteAll(group);
    }
    const QList<QStandardItem*> more = heading(tr("Everywhere"));
    more.first()->appendRow(
        row(tr("Nth list"), QStringLiteral("Ctrl+1\u20269"), tr("Show a list by its place")));
    more.first()->appendRow(row(tr("One step back"), tr("Esc"), tr("Close, clear, leave")));
    more.first()->appendRow(
        row(tr("Within a pane"), tr("Tab, Shift+Tab"), tr("From control to control")));
    more.first()->appendRow(
        row(tr("Menu of the row"), tr("Shift+F10"), tr("What can be done with it")));
    more.first()->appendRow(row(tr("Select several"), tr("Shift+arrows, Ctrl+Space, Ctrl+A"),
                                tr("In a list of entries")));
    model->appendRow(more);
    auto* view = new TreeView(this);
    view->setModel(model);
    view->setAccessibleName(tr("Keys by menu"));
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->expandAll();
    view->headerView()->setSectionsClickable(false);
    view->headerView()->resizeSection(0, 260);
    view->headerView()->resizeSection(1, 210);
    view->headerView()->setStretchColumn(2, 220);
    layout->addWidget(view, 1);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(metrics().margin, 4, metrics().margin, 0);
    buttons->addStretch(1);
    auto* close = new QPushButton(tr("Close"), this);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    buttons->addWidget(close);
    layout->addLayout(buttons);
    resize(820, 560);
}

} // namespace grove::ui
