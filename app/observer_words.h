#pragma once

#include <ui/observer/hooks.h>

namespace grove::ui {
class MainWindow;
class TodoSession;
} // namespace grove::ui

namespace grove::app {

/// What the observer says about processes of the to-do lists, and the way from a list's process to
/// the list. Session and window must outlive the hooks.
[[nodiscard]] ui::ObserverHooks observerHooks(ui::TodoSession& session, ui::MainWindow& window);

} // namespace grove::app
