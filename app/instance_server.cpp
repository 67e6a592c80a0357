#include "instance_server.h"

#include <QFile>
#include <QThread>

namespace grove::app {

RequestReply::RequestReply(QLocalSocket* socket) : m_socket(socket) {
    send(Frame::Kind::Accepted, {});
    QObject::connect(&m_alive, &QTimer::timeout, &m_alive,
                     [this] { send(Frame::Kind::Alive, {}); });
    m_alive.start(std::chrono::duration_cast<std::chrono::milliseconds>(kAliveEvery));
}

RequestReply::~RequestReply() {
    if (!m_finished)
        finish(1);
}

void RequestReply::finish(int status) {
    send(Frame::Kind::Status, std::to_string(status));
    m_finished = true;
    m_alive.stop();
    if (m_socket)
        m_socket->disconnectFromServer(); // after what is still to be written
}

bool RequestReply::abandoned() const {
    return !m_socket || m_socket->state() != QLocalSocket::ConnectedState;
}

void RequestReply::send(Frame::Kind kind, std::string_view text) {
    if (m_finished || abandoned())
        return;
    do {
        const std::string_view part = text.substr(0, kFrameBytesMax);
        const std::string bytes = encode({.kind = kind, .payload = std::string(part)});
        m_socket->write(bytes.data(), static_cast<qint64>(bytes.size()));
        text.remove_prefix(part.size());
    } while (!text.empty());
    m_socket->flush();
}

InstanceServer::InstanceServer(QObject* parent) : QObject(parent) {
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &InstanceServer::welcome);
}

std::expected<void, std::string> InstanceServer::listen(const std::filesystem::path& path) {
    Q_ASSERT(thread() == QThread::currentThread());
    const QString name = QFile::decodeName(path.c_str());
    QLocalServer::removeServer(name);
    if (m_server.listen(name)) {
        // Qt leaves it executable for this user.
        QFile::setPermissions(name, QFile::ReadOwner | QFile::WriteOwner);
        return {};
    }
    return std::unexpected(
        "Later starts cannot be answered: " + m_server.errorString().toStdString() + ".");
}

void InstanceServer::welcome() {
    while (QLocalSocket* socket = m_server.nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        auto caller = std::make_shared<Caller>();
        connect(socket, &QLocalSocket::readyRead, this,
                [this, socket, caller] { read(socket, caller); });
        read(socket, caller);
    }
}

void InstanceServer::read(QLocalSocket* socket, std::shared_ptr<Caller> caller) {
    const QByteArray bytes = socket->readAll();
    caller->reader.append({bytes.constData(), static_cast<std::size_t>(bytes.size())});
    while (!caller->isHeard) {
        const auto frame = caller->reader.next();
        if (!frame)
            break;
        take(socket, *caller, *frame);
    }
    if (caller->reader.broken())
        socket->abort();
}

/// A window that was busy for long finds requests whose senders have given up and said so: those
/// say no Go, and are not carried out.
void InstanceServer::take(QLocalSocket* socket, Caller& caller, const Frame& frame) {
    if (caller.request) {
        caller.isHeard = true; // one request a connection
        socket->disconnect(this);
        const std::shared_ptr<RequestReply> reply = std::move(caller.reply);
        if (frame.kind == Frame::Kind::Go)
            emit requested(*std::exchange(caller.request, std::nullopt), reply);
        return;
    }
    caller.reply = std::make_shared<RequestReply>(socket);
    auto request = requestOf(frame);
    if (request) {
        caller.request = *std::move(request);
        return;
    }
    caller.isHeard = true;
    caller.reply->error(
        "The Grove that has these lists open does not understand: " + request.error() + ".\n");
    caller.reply->finish(1);
    socket->disconnect(this);
}

} // namespace grove::app
