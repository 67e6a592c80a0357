#include <ui/common/actions.h>
#include <ui/todo/todo_actions.h>

#include <QAction>
#include <QCoreApplication>

namespace grove::ui {

namespace {
QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::TodoActions", text);
}

void addLists(ActionRegistry& actions) {
    actions.add({.id = "file.newList",
                 .menu = MenuId::File,
                 .section = 0,
                 .text = tr("&New list"),
                 .help = tr("Make a new list"),
                 .icon = "plus",
                 .keys = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N)}});
    actions.add({.id = "list.rename",
                 .menu = MenuId::File,
                 .section = 0,
                 .text = tr("&Rename list"),
                 .help = tr("Give the list another name"),
                 .icon = "edit",
                 .keys = {QKeySequence(Qt::Key_F2)},
                 .scope = KeyScope::Bound});
    actions.add({.id = "list.delete",
                 .menu = MenuId::File,
                 .section = 0,
                 .text = tr("&Delete list"),
                 .help = tr("Delete the list; undo brings it back"),
                 .icon = "trash",
                 .keys = {QKeySequence(Qt::Key_Delete)},
                 .scope = KeyScope::Bound});
    actions.add({.id = "file.import",
                 .menu = MenuId::File,
                 .section = 1,
                 .text = tr("&Import CSV\u2026"),
                 .help = tr("Add the lines of a file (2023-12-19,Dentist) to a list"),
                 .icon = "import",
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_O)}});

    actions.add({.id = "edit.undo",
                 .menu = MenuId::Edit,
                 .section = 0,
                 .text = tr("&Undo"),
                 .help = tr("Take back the last change to a list"),
                 .icon = "undo",
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_Z)}});
    actions.add({.id = "edit.redo",
                 .menu = MenuId::Edit,
                 .section = 0,
                 .text = tr("&Redo"),
                 .help = tr("Do again what was taken back"),
                 .icon = "redo",
                 .keys = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z),
                          QKeySequence(Qt::CTRL | Qt::Key_Y)}});
}

void addEntries(ActionRegistry& actions) {
    actions.add({.id = "entry.add",
                 .menu = MenuId::Entry,
                 .section = 0,
                 .text = tr("&Add an entry"),
                 .help = tr("To the line where entries are added (N in the list)"),
                 .icon = "plus",
                 .keys = {QKeySequence(Qt::CTRL | Qt::Key_N)}});
    actions.add({.id = "entry.tick",
                 .menu = MenuId::Entry,
                 .section = 1,
                 .text = tr("&Tick off"),
                 .help = tr("Mark the selected entries as done, or not done"),
                 .icon = "check",
                 .keys = {QKeySequence(Qt::Key_Space)},
                 .scope = KeyScope::Bound});
    actions.add({.id = "entry.edit",
                 .menu = MenuId::Entry,
                 .section = 1,
                 .text = tr("&Edit title"),
                 .help = tr("Change the entry's title"),
                 .icon = "edit",
                 .keys = {QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter),
                          QKeySequence(Qt::Key_F2)},
                 .scope = KeyScope::Bound});
    actions.add({.id = "entry.date",
                 .menu = MenuId::Entry,
                 .section = 1,
                 .text = tr("&Date\u2026"),
                 .help = tr("Move the selected entries to another day, or take their date away"),
                 .icon = "calendar",
                 .keys = {QKeySequence(Qt::Key_D)},
                 .scope = KeyScope::Bound});
    actions.add({.id = "entry.delete",
                 .menu = MenuId::Entry,
                 .section = 1,
                 .text = tr("De&lete"),
                 .help = tr("Delete the selected entries; undo brings them back"),
                 .icon = "trash",
                 .keys = {QKeySequence(Qt::Key_Delete)},
                 .scope = KeyScope::Bound});
    actions.add({.id = "list.process",
                 .menu = MenuId::Entry,
                 .section = 2,
                 .text = tr("&Process of this list"),
                 .help = tr("Show the process that holds this list"),
                 .icon = "tree",
                 .keys = {QKeySequence(Qt::Key_F4)},
                 .scope = KeyScope::Bound});

    actions.add({.id = "help.welcome",
                 .menu = MenuId::Help,
                 .section = 1,
                 .text = tr("&Welcome list"),
                 .help = tr("Make the list of first steps again"),
                 .icon = "list"});
}

} // namespace

void addTodoActions(ActionRegistry& actions) {
    addLists(actions);
    addEntries(actions);
}

} // namespace grove::ui
