#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace grove::app {

/// Whether a window could be shown: QT_QPA_PLATFORM names how, or WAYLAND_DISPLAY or DISPLAY names
/// a server that takes connections. A name alone says little: terminals keep those of displays that
/// have gone. Displays of other machines are believed.
[[nodiscard]] bool hasDisplay(const std::function<std::string(std::string_view)>& environment);

} // namespace grove::app
