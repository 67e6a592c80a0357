#include <ui/common/actions.h>
#include <ui/common/icons.h>

#include <QAction>
#include <QCoreApplication>
#include <QMenu>
#include <QMenuBar>
#include <QPointer>

#include <map>

namespace grove::ui {

namespace {
constexpr const char* kHelp = "groveHelp";
constexpr const char* kReason = "groveReason";
constexpr const char* kMenu = "groveMenu";
constexpr const char* kSection = "groveSection";
} // namespace

ActionRegistry::ActionRegistry(QObject* parent) : QObject(parent) {}

QAction* ActionRegistry::add(const ActionSpec& spec) {
    const QString id = QString::fromLatin1(spec.id);
    Q_ASSERT_X(!m_byId.contains(id), "ActionRegistry::add", spec.id);
    auto* action = new QAction(spec.text, this);
    action->setObjectName(id);
    if (spec.icon)
        action->setIcon(icon(spec.icon));
    action->setIconVisibleInMenu(false);
    action->setShortcuts(spec.keys);
    action->setShortcutContext(spec.scope == KeyScope::Window ? Qt::WindowShortcut
                                                              : Qt::WidgetShortcut);
    action->setCheckable(spec.checkable);
    action->setMenuRole(QAction::NoRole);
    action->setProperty(kHelp, spec.help);
    action->setProperty(kMenu, int(spec.menu));
    action->setProperty(kSection, spec.section);
    action->setToolTip(toolTipOf(action));
    connect(action, &QAction::hovered, this, [this, action] {
        const QString reason = reasonOf(action);
        emit hinted(reason.isEmpty() ? helpOf(action) : reason);
    });
    m_actions.append(action);
    m_byId.insert(id, action);
    return action;
}

QAction* ActionRegistry::action(const char* id) const {
    QAction* found = find(QString::fromLatin1(id));
    Q_ASSERT_X(found, "ActionRegistry::action", id);
    return found;
}

QAction* ActionRegistry::find(const QString& id) const {
    return m_byId.value(id);
}

void ActionRegistry::setEnabled(const char* id, bool enabled, const QString& reason) {
    QAction* found = action(id);
    found->setProperty(kReason, enabled ? QString() : reason);
    found->setEnabled(enabled);
}

void ActionRegistry::bind(QWidget* widget, const QList<const char*>& ids) {
    for (const char* id : ids)
        widget->addAction(action(id));
}

QList<QAction*> ActionRegistry::actionsOf(MenuId menu) const {
    std::map<int, QList<QAction*>> sections;
    for (QAction* action : m_actions)
        if (menuOf(action) == menu)
            sections[action->property(kSection).toInt()].append(action);
    QList<QAction*> result;
    for (const auto& [section, actions] : sections)
        result += actions;
    return result;
}

QList<QAction*> ActionRegistry::all() const {
    QList<QAction*> result;
    for (int menu = 0; menu < kMenuCount; ++menu)
        result += actionsOf(MenuId(menu));
    return result;
}

void ActionRegistry::fillMenuBar(QMenuBar* bar) {
    bar->clear();
    for (int id = 0; id < kMenuCount; ++id) {
        QMenu* menu = bar->addMenu(menuTitle(MenuId(id)));
        int section = 0;
        for (QAction* action : actionsOf(MenuId(id))) {
            const int own = action->property(kSection).toInt();
            if (own != section && !menu->isEmpty())
                menu->addSeparator();
            section = own;
            menu->addAction(action);
        }
        connect(menu, &QMenu::aboutToHide, this, [this] { emit hinted({}); });
    }
}

QString ActionRegistry::menuTitle(MenuId menu) {
    switch (menu) {
    case MenuId::File:
        return tr("&File");
    case MenuId::Edit:
        return tr("&Edit");
    case MenuId::Entry:
        return tr("E&ntry");
    case MenuId::Process:
        return tr("&Process");
    case MenuId::View:
        return tr("&View");
    case MenuId::Help:
        break;
    }
    return tr("&Help");
}

QString ActionRegistry::idOf(const QAction* action) {
    return action->objectName();
}

QString ActionRegistry::helpOf(const QAction* action) {
    return action->property(kHelp).toString();
}

QString ActionRegistry::reasonOf(const QAction* action) {
    return action->property(kReason).toString();
}

MenuId ActionRegistry::menuOf(const QAction* action) {
    return MenuId(action->property(kMenu).toInt());
}

QString ActionRegistry::toolTipOf(const QAction* action) {
    QString text = action->text();
    text.remove(QLatin1Char('&'));
    if (action->shortcut().isEmpty())
        return text;
    return tr("%1 (%2)").arg(text, action->shortcut().toString(QKeySequence::NativeText));
}

} // namespace grove::ui
