#pragma once

#include "instance.h"

#include <QLocalServer>
#include <QLocalSocket>
#include <QPointer>
#include <QTimer>

#include <memory>

namespace grove::app {

/// Where the outcome of a request goes: to the start that sent it.
///
/// Threads: the window's. Lives as long as somebody holds it; the connection ends with finish(), or
/// with status 1 when the last holder lets go without. Words to a requester that has gone are
/// dropped.
class RequestReply {
public:
    explicit RequestReply(QLocalSocket* socket);
    RequestReply(const RequestReply&) = delete;
    RequestReply& operator=(const RequestReply&) = delete;
    ~RequestReply();

    void output(std::string_view text) { send(Frame::Kind::Output, text); }
    void error(std::string_view text) { send(Frame::Kind::Error, text); }
    /// The exit status of the start that asked. The last word.
    void finish(int status);
    /// Whether nobody waits any more (the other start was interrupted).
    [[nodiscard]] bool abandoned() const;

private:
    void send(Frame::Kind kind, std::string_view text);

    QPointer<QLocalSocket> m_socket;
    QTimer m_alive;
    bool m_finished = false;
};

/// Answers later starts on the same data folder, on a unix socket that only this user may open.
///
/// Threads: the window's.
class InstanceServer : public QObject {
    Q_OBJECT
public:
    explicit InstanceServer(QObject* parent = nullptr);

    /// Listens on `path`. Requires: the data folder's lock is held, so a socket that is there
    /// already is a dead one's. Errors: a sentence for the log; the window works without.
    [[nodiscard]] std::expected<void, std::string> listen(const std::filesystem::path& path);

signals:
    /// A start asks for something. Emitted on the window's thread from its event loop.
    void requested(const grove::app::Request& request,
                   const std::shared_ptr<grove::app::RequestReply>& reply);

private:
    /// A start that has connected.
    struct Caller {
        FrameReader reader;
        std::optional<Request> request; // not carried out before it says Go
        std::shared_ptr<RequestReply> reply;
        bool isHeard = false; // whatever follows is not read
    };
    void welcome();
    void read(QLocalSocket* socket, std::shared_ptr<Caller> caller);
    void take(QLocalSocket* socket, Caller& caller, const Frame& frame);

    QLocalServer m_server;
};

} // namespace grove::app
