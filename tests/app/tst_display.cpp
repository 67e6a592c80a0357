#include <QTemporaryDir>
#include <QTest>

#include <app/display.h>
#include <cstring>
#include <map>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace grove::app;

namespace {

/// A server of a display: listens at a path, or, where it begins with a NUL, an abstract name.
class Server {
public:
    explicit Server(const std::string& path) : m_socket(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        const auto length = offsetof(sockaddr_un, sun_path) + path.size() + (path[0] != 0 ? 1 : 0);
        m_listens = ::bind(m_socket, reinterpret_cast<const sockaddr*>(&address),
                           static_cast<socklen_t>(length)) == 0 &&
                    ::listen(m_socket, 1) == 0;
    }
    ~Server() { ::close(m_socket); }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    bool listens() const { return m_listens; }

private:
    int m_socket;
    bool m_listens = false;
};

bool hasDisplayWith(std::map<std::string, std::string> environment) {
    return hasDisplay([&](std::string_view name) { return environment[std::string(name)]; });
}

} // namespace

class tst_Display : public QObject {
    Q_OBJECT

private slots:
    void noneIsNamed() { QVERIFY(!hasDisplayWith({})); }

    void aPlatformThatIsNamedIsBelieved() {
        QVERIFY(hasDisplayWith({{"QT_QPA_PLATFORM", "offscreen"}}));
    }

    void aDisplayOfAnotherMachineIsBelieved() {
        QVERIFY(hasDisplayWith({{"DISPLAY", "desk.example:0"}}));
    }

    void aNameWhoseServerHasGoneIsNoDisplay() {
        QTemporaryDir folder;
        for (const char* display : {":47110", ":47110.0", "unix:47110", "nonsense", ":"})
            QVERIFY2(!hasDisplayWith({{"DISPLAY", display}}), display);
        QVERIFY(!hasDisplayWith(
            {{"WAYLAND_DISPLAY", "wayland-0"}, {"XDG_RUNTIME_DIR", folder.path().toStdString()}}));
        QVERIFY(!hasDisplayWith({{"WAYLAND_DISPLAY", "wayland-0"}}));
    }

    void aServedWaylandDisplayIsOne() {
        QTemporaryDir folder;
        const std::string run = folder.path().toStdString();
        const Server server(run + "/wayland-0");
        QVERIFY(server.listens());
        QVERIFY(hasDisplayWith({{"WAYLAND_DISPLAY", "wayland-0"}, {"XDG_RUNTIME_DIR", run}}));
        QVERIFY(hasDisplayWith({{"WAYLAND_DISPLAY", run + "/wayland-0"}}));
    }

    void aServedXDisplayIsOne() {
        const Server server(std::string(1, 0) + "/tmp/.X11-unix/X47111");
        QVERIFY(server.listens());
        QVERIFY(hasDisplayWith({{"DISPLAY", ":47111"}}));
        QVERIFY(hasDisplayWith({{"DISPLAY", ":47111.0"}}));
    }
};

QTEST_APPLESS_MAIN(tst_Display)
#include "tst_display.moc"
