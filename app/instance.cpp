#include "instance.h"

#include "command_line.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace grove::app {
namespace {

constexpr std::string_view kProtocol = "grove 1";
constexpr std::size_t kHeaderBytes = 5;
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;
/// flock has no wait with a limit, and a holder that starts has no socket yet: so both are looked
/// at again.
constexpr int kLookAgainMs = 50;

class FileDescriptor {
public:
    explicit FileDescriptor(int file) noexcept : m_file(file) {}
    FileDescriptor(FileDescriptor&& other) noexcept : m_file(std::exchange(other.m_file, -1)) {}
    FileDescriptor& operator=(FileDescriptor&&) = delete;
    ~FileDescriptor() {
        if (m_file >= 0)
            ::close(m_file);
    }
    [[nodiscard]] int get() const { return m_file; }

private:
    int m_file;
};

bool knownKind(char kind) {
    return std::string_view("rga.oes").find(kind) != std::string_view::npos;
}

/// Connects to a socket of this user; nothing where there is none.
std::optional<FileDescriptor> connectTo(const std::filesystem::path& path) {
    if (path.empty() || path.native().size() > kSocketPathMax)
        return std::nullopt;
    FileDescriptor file(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    if (file.get() < 0 ||
        ::connect(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return std::nullopt;
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(file.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 ||
        peer.uid != ::getuid())
        return std::nullopt;
    return file;
}

int pollMs(Instant now, Instant deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

/// One request on one connection.
class Conversation {
public:
    enum class End { NotTaken, Silent, Stuck, Broken, Answered };

    Conversation(FileDescriptor file, const Relay& relay, const Clock& clock, Duration silenceMax)
        : m_file(std::move(file)), m_relay(relay), m_clock(clock), m_silenceMax(silenceMax) {}

    End run(const Request& request, Instant deadline) {
        m_deadline = deadline;
        if (!send(encode(requestFrame(request))))
            return End::NotTaken;
        while (!m_status) {
            if (!await(POLLIN))
                return m_accepted ? End::Stuck : End::Silent;
            std::array<char, 65536> buffer;
            const ssize_t length = ::recv(m_file.get(), buffer.data(), buffer.size(), 0);
            if (length < 0 && (errno == EINTR || errno == EAGAIN))
                continue;
            if (length <= 0)
                return m_accepted ? End::Broken : End::NotTaken;
            m_reader.append({buffer.data(), static_cast<std::size_t>(length)});
            while (auto frame = m_reader.next())
                take(*frame);
            if (m_reader.broken() || m_broken)
                return End::Broken;
        }
        return End::Answered;
    }

    [[nodiscard]] int status() const { return m_status.value_or(1); }

private:
    bool await(short events) {
        for (;;) {
            pollfd waiting{.fd = m_file.get(), .events = events, .revents = 0};
            const int ready = ::poll(&waiting, 1, pollMs(m_clock.now(), m_deadline));
            if (ready > 0)
                return true;
            if (m_clock.now() >= m_deadline)
                return false;
        }
    }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            if (!await(POLLOUT))
                return false;
            const ssize_t sent = ::send(m_file.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno != EINTR && errno != EAGAIN)
                return false;
            bytes.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
        }
        return true;
    }

    void take(const Frame& frame) {
        m_accepted = true;
        m_deadline = addSaturated(m_clock.now(), m_silenceMax);
        if (frame.kind == Frame::Kind::Accepted)
            m_broken = !send(encode({.kind = Frame::Kind::Go, .payload = {}}));
        else if (frame.kind == Frame::Kind::Output)
            m_relay.output(frame.payload);
        else if (frame.kind == Frame::Kind::Error)
            m_relay.error(frame.payload);
        else if (frame.kind == Frame::Kind::Status)
            m_status = statusOf(frame.payload);
    }

    static int statusOf(const std::string& text) {
        int status = 1;
        std::from_chars(text.data(), text.data() + text.size(), status);
        return status;
    }

    FileDescriptor m_file;
    const Relay& m_relay;
    const Clock& m_clock;
    Duration m_silenceMax;
    Instant m_deadline{};
    FrameReader m_reader;
    bool m_accepted = false;
    bool m_broken = false;
    std::optional<int> m_status;
};

} // namespace

std::string encode(const Frame& frame) {
    GROVE_ASSERT(frame.payload.size() <= kFrameBytesMax, "long output goes in several frames");
    const auto length = static_cast<std::uint32_t>(frame.payload.size());
    std::string bytes;
    bytes.reserve(kHeaderBytes + frame.payload.size());
    bytes.push_back(static_cast<char>(frame.kind));
    for (unsigned shift = 0; shift < 32; shift += 8)
        bytes.push_back(static_cast<char>(length >> shift & 0xffU));
    return bytes + frame.payload;
}

void FrameReader::append(std::string_view bytes) {
    m_bytes += bytes;
}

std::optional<Frame> FrameReader::next() {
    if (m_broken || m_bytes.empty())
        return std::nullopt;
    m_broken = !knownKind(m_bytes[0]);
    if (m_broken || m_bytes.size() < kHeaderBytes)
        return std::nullopt;
    std::uint32_t length = 0;
    for (unsigned byte = 0; byte < 4; ++byte)
        length |= std::uint32_t{static_cast<unsigned char>(m_bytes[1 + byte])} << (8 * byte);
    m_broken = length > kFrameBytesMax;
    if (m_broken || m_bytes.size() < kHeaderBytes + length)
        return std::nullopt;
    Frame frame{.kind = static_cast<Frame::Kind>(m_bytes[0]),
                .payload = m_bytes.substr(kHeaderBytes, length)};
    m_bytes.erase(0, kHeaderBytes + length);
    return frame;
}

Frame requestFrame(const Request& request) {
    const char* kind = request.kind == Request::Kind::Import  ? "import"
                       : request.kind == Request::Kind::Print ? "print"
                                                              : "show";
    // Arguments and paths hold no zero byte, so it separates them.
    std::string payload(kProtocol);
    for (const std::string_view field : {std::string_view(kind), std::string_view(request.listName),
                                         std::string_view(request.file.native())}) {
        payload.push_back('\0');
        payload += field;
    }
    return {.kind = Frame::Kind::Request, .payload = std::move(payload)};
}

std::expected<Request, std::string> requestOf(const Frame& frame) {
    std::array<std::string_view, 4> fields;
    std::string_view rest = frame.payload;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto end = rest.find('\0');
        if ((end == std::string_view::npos) != (i + 1 == fields.size()))
            return std::unexpected("a request has four fields");
        fields[i] = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    if (frame.kind != Frame::Kind::Request || fields[0] != kProtocol)
        return std::unexpected("another version of Grove is speaking");
    Request request{.listName = std::string(fields[2]), .file = fields[3]};
    if (fields[1] == "import")
        request.kind = Request::Kind::Import;
    else if (fields[1] == "print")
        request.kind = Request::Kind::Print;
    else if (fields[1] != "show")
        return std::unexpected("there is no request " + std::string(fields[1]));
    if (request.kind == Request::Kind::Import && !request.file.is_absolute())
        return std::unexpected("the file to import has no absolute path");
    return request;
}

std::expected<std::filesystem::path, std::string>
runtimeFolder(std::string (*environment)(std::string_view name)) {
    std::filesystem::path folder = environment("XDG_RUNTIME_DIR");
    std::error_code error;
    // Long paths do not fit into a socket's address: 25 bytes are the name in it.
    if (folder.is_absolute() && folder.native().size() + 32 < kSocketPathMax &&
        std::filesystem::is_directory(folder, error))
        folder /= "grove";
    else
        folder = "/tmp/grove-" + std::to_string(::getuid());
    if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
        return std::unexpected("Grove cannot make " + folder.native() + ": " +
                               std::generic_category().message(errno) + ".");
    struct stat status{};
    if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid != ::getuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return std::unexpected(folder.native() + " is not a folder that only this user may enter.");
    return folder;
}

std::filesystem::path socketPath(const std::filesystem::path& runtimeFolder,
                                 const std::filesystem::path& dataFolder) {
    std::error_code error;
    const auto canonical = std::filesystem::weakly_canonical(dataFolder, error);
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a, 64 bits
    for (const char byte : error ? dataFolder.native() : canonical.native())
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    std::array<char, 16> digits;
    digits.fill('0');
    std::array<char, 16> raw;
    const auto end = std::to_chars(raw.data(), raw.data() + raw.size(), hash, 16).ptr;
    std::copy_backward(raw.data(), end, digits.data() + digits.size());
    return runtimeFolder / (std::string(digits.data(), digits.size()) + ".socket");
}

std::variant<DataLock, Answered, LockHolder, LockFailure>
lockOrAsk(const std::filesystem::path& folder, const Request& request, const Relay& relay,
          const Clock& clock, Duration silenceMax) {
    const Instant deadline = addSaturated(clock.now(), silenceMax);
    for (;;) {
        auto attempt =
            DataLock::tryTake(folder, std::chrono::floor<std::chrono::seconds>(clock.wallTime()));
        if (auto* lock = std::get_if<DataLock>(&attempt))
            return std::move(*lock);
        if (auto* failure = std::get_if<LockFailure>(&attempt))
            return std::move(*failure);
        auto& holder = std::get<LockHolder>(attempt);
        if (auto file = connectTo(holder.socket)) {
            Conversation conversation(std::move(*file), relay, clock, silenceMax);
            switch (conversation.run(request, deadline)) {
            case Conversation::End::Answered:
                return Answered{conversation.status()};
            case Conversation::End::Broken:
                relay.error("The Grove that was carrying this out ended before it said that it was "
                            "done.\n");
                return Answered{1};
            case Conversation::End::Stuck:
                relay.error("The Grove that has these lists open has stopped answering. What was "
                            "asked may still be done there.\n");
                return Answered{kHeld};
            case Conversation::End::Silent:
                return std::move(holder);
            case Conversation::End::NotTaken:
                break;
            }
        }
        if (clock.now() >= deadline)
            return std::move(holder);
        ::poll(nullptr, 0, std::min(kLookAgainMs, pollMs(clock.now(), deadline)));
    }
}

} // namespace grove::app
