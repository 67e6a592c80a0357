#pragma once

namespace grove::ui {
class MainWindow;
}

namespace grove::app {

/// Where GROVE_START_TIMES is set: prints once, on standard error, how long after the start of the
/// program the window was painted first, and when with the entries of its list. The window must
/// outlive the event loop.
void reportStart(ui::MainWindow& window);

} // namespace grove::app
