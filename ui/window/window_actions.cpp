#include <ui/common/actions.h>
#include <ui/window/window_actions.h>

#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>

namespace grove::ui {

namespace {
QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::WindowActions", text);
}

void addFileAndEdit(ActionRegistry& actions) {
    actions.add({.id = "file.quit",
                 .menu = MenuId::File,
                 .section = 9,
                 .text = tr("&Quit"),
                 .help = tr("End the program; what is not saved yet is saved first"),
                 .icon = "exit",
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_Q)}});

    actions.add({.id = "edit.copy",
                 .menu = MenuId::Edit,
                 .section = 1,
                 .text = tr("&Copy"),
                 .help = tr("Copy the selected rows as text"),
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_C)}});
    actions.add({.id = "edit.find",
                 .menu = MenuId::Edit,
                 .section = 2,
                 .text = tr("&Find"),
                 .help = tr("Find in the active pane"),
                 .icon = "search",
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_F)}});
    actions.add({.id = "edit.findNext",
                 .menu = MenuId::Edit,
                 .section = 2,
                 .text = tr("Find &next"),
                 .help = tr("To the next place that was found"),
                 .keys = {QKeySequence(Qt::Key_F3)}});
    actions.add({.id = "edit.findPrevious",
                 .menu = MenuId::Edit,
                 .section = 2,
                 .text = tr("Find &previous"),
                 .help = tr("To the place found before"),
                 .keys = {QKeySequence(Qt::SHIFT | Qt::Key_F3)}});
}

void addPanes(ActionRegistry& actions) {
    actions.add({.id = "view.sidebar",
                 .menu = MenuId::View,
                 .section = 1,
                 .text = tr("&Sidebar"),
                 .help = tr("Show or hide lists and pages"),
                 .icon = "sidebar",
                 .keys = {QKeySequence(Qt::Key_F9)},
                 .checkable = true});
    actions.add({.id = "view.split",
                 .menu = MenuId::View,
                 .section = 1,
                 .text = tr("S&plit"),
                 .help = tr("Lists above, processes below"),
                 .icon = "split",
                 .keys = {QKeySequence(Qt::Key_F8), QKeySequence(Qt::CTRL | Qt::Key_Backslash)},
                 .checkable = true});
    actions.add({.id = "view.inspector",
                 .menu = MenuId::View,
                 .section = 1,
                 .text = tr("&Inspector"),
                 .help = tr("Show what is known of the selected process"),
                 .icon = "inspector",
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_I)},
                 .checkable = true});
    actions.add({.id = "view.nextPane",
                 .menu = MenuId::View,
                 .section = 2,
                 .text = tr("&Next pane"),
                 .help = tr("Move the keyboard to the next part of the window"),
                 .keys = {QKeySequence(Qt::Key_F6)}});
    actions.add({.id = "view.previousPane",
                 .menu = MenuId::View,
                 .section = 2,
                 .text = tr("Pre&vious pane"),
                 .help = tr("Move the keyboard to the part of the window before"),
                 .keys = {QKeySequence(Qt::SHIFT | Qt::Key_F6)}});
    actions.add({.id = "view.refresh",
                 .menu = MenuId::View,
                 .section = 3,
                 .text = tr("&Refresh now"),
                 .help = tr("Read again and sort now"),
                 .icon = "refresh",
                 .keys = {QKeySequence(Qt::Key_F5)}});
}

void addLook(ActionRegistry& actions) {
    actions.add({.id = "view.restoreLayout",
                 .menu = MenuId::View,
                 .section = 4,
                 .text = tr("Restore &layout"),
                 .help = tr("Sizes and panes as at the first start")});
    auto* group = new QActionGroup(&actions);
    group->addAction(actions.add({.id = "view.themeDesktop",
                                  .menu = MenuId::View,
                                  .section = 5,
                                  .text = tr("Colours of the &desktop"),
                                  .help = tr("Light or dark as the desktop is"),
                                  .checkable = true}));
    group->addAction(actions.add({.id = "view.themeLight",
                                  .menu = MenuId::View,
                                  .section = 5,
                                  .text = tr("Light colours"),
                                  .help = tr("Always light"),
                                  .checkable = true}));
    group->addAction(actions.add({.id = "view.themeDark",
                                  .menu = MenuId::View,
                                  .section = 5,
                                  .text = tr("Dark colours"),
                                  .help = tr("Always dark"),
                                  .checkable = true}));
}

void addHelp(ActionRegistry& actions) {
    actions.add({.id = "help.keys",
                 .menu = MenuId::Help,
                 .section = 0,
                 .text = tr("&Keys"),
                 .help = tr("All keys by menu"),
                 .icon = "keys",
                 .keys = {QKeySequence(Qt::Key_F1)}});
    actions.add({.id = "help.palette",
                 .menu = MenuId::Help,
                 .section = 0,
                 .text = tr("&Commands\u2026"),
                 .help = tr("Find any command by name"),
                 .icon = "command",
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_K)}});
    actions.add({.id = "help.about",
                 .menu = MenuId::Help,
                 .section = 2,
                 .text = tr("&About Grove"),
                 .help = tr("Version and licence"),
                 .icon = "info"});
}

} // namespace

void addWindowActions(ActionRegistry& actions) {
    addFileAndEdit(actions);
    addPanes(actions);
    addLook(actions);
    addHelp(actions);
}

} // namespace grove::ui
