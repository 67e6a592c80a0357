#pragma once

namespace grove::ui {

class ActionRegistry;

/// Adds the window's own actions: file.quit, edit.copy, edit.find*, view.*, help.*. MainWindow
/// connects them.
void addWindowActions(ActionRegistry& actions);

} // namespace grove::ui
