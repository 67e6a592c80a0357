#pragma once

namespace grove::ui {

class ActionRegistry;

/// Adds what can be done with lists and entries: file.newList, file.import, edit.undo, edit.redo,
/// entry.*, list.*, help.welcome. TodoPage and the window connect them.
void addTodoActions(ActionRegistry& actions);

} // namespace grove::ui
