#include "display.h"

#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace grove::app {

namespace {

/// Whether somebody listens at a local socket. A path that begins with a NUL is an abstract name.
bool isServed(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        return false;
    const auto length = offsetof(sockaddr_un, sun_path) + path.size() + (path[0] != 0 ? 1 : 0);
    const bool isConnected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address),
                                       static_cast<socklen_t>(length)) == 0;
    ::close(socket);
    return isConnected;
}

bool isWaylandServed(const std::string& name, const std::string& runtimeFolder) {
    return isServed(name[0] == '/' ? name : runtimeFolder + "/" + name);
}

/// DISPLAY is `[HOST]:NUMBER[.SCREEN]`; without HOST, or with `unix`, it is one of this machine.
bool isXServed(const std::string& display) {
    const auto colon = display.rfind(':');
    if (colon == std::string::npos)
        return false;
    const std::string host = display.substr(0, colon);
    if (!host.empty() && host != "unix")
        return true;
    const std::string number = display.substr(colon + 1, display.find('.', colon) - colon - 1);
    const std::string path = "/tmp/.X11-unix/X" + number;
    return isServed(path) || isServed(std::string(1, 0) + path);
}

} // namespace

bool hasDisplay(const std::function<std::string(std::string_view)>& environment) {
    if (!environment("QT_QPA_PLATFORM").empty())
        return true;
    const std::string wayland = environment("WAYLAND_DISPLAY");
    if (!wayland.empty() && isWaylandServed(wayland, environment("XDG_RUNTIME_DIR")))
        return true;
    const std::string display = environment("DISPLAY");
    return !display.empty() && isXServed(display);
}

} // namespace grove::app
