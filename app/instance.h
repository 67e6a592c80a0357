#pragma once

#include "data_lock.h"

#include <grove/runtime/clock.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// How two starts of the program on one data folder meet: the first holds the folder's lock and
/// answers on a unix socket; the second sends it what it was asked to do and prints what comes
/// back.
namespace grove::app {

/// What a start asks of the one that holds the lists.
struct Request {
    /// Show brings the window to the front, on a list if one is named.
    enum class Kind { Show, Import, Print };
    Kind kind = Kind::Show;
    std::string listName;
    /// Import: an absolute path.
    std::filesystem::path file;

    [[nodiscard]] friend bool operator==(const Request&, const Request&) = default;
};

/// What travels on the socket: a kind, a length, that many bytes.
struct Frame {
    /// Request and Go go to the holder, all others come from it. Accepted is the first answer; Go
    /// says that somebody still waits for it, and only then is the request carried out. Alive says
    /// every two seconds that the work goes on, Status (a number in decimal) is the last.
    enum class Kind : char {
        Request = 'r',
        Go = 'g',
        Accepted = 'a',
        Alive = '.',
        Output = 'o',
        Error = 'e',
        Status = 's',
    };
    Kind kind = Kind::Alive;
    std::string payload;

    [[nodiscard]] friend bool operator==(const Frame&, const Frame&) = default;
};

/// No payload is longer; longer output goes in several frames.
inline constexpr std::size_t kFrameBytesMax = std::size_t{1} << 20;
/// How often Alive is sent while a request is carried out.
inline constexpr Duration kAliveEvery = std::chrono::seconds(2);
/// How long a start waits for the holder to say anything.
inline constexpr Duration kSilenceMax = std::chrono::seconds(10);

/// Requires: at most kFrameBytesMax of payload.
[[nodiscard]] std::string encode(const Frame& frame);
[[nodiscard]] Frame requestFrame(const Request& request);
/// Errors: what is wrong with the payload.
[[nodiscard]] std::expected<Request, std::string> requestOf(const Frame& frame);

/// Cuts a stream of bytes into frames.
class FrameReader {
public:
    void append(std::string_view bytes);
    /// Returns: the next whole frame, or nothing yet.
    [[nodiscard]] std::optional<Frame> next();
    /// Whether the bytes cannot be frames: unknown kind or too long. Nothing comes any more.
    [[nodiscard]] bool broken() const { return m_broken; }

private:
    std::string m_bytes;
    bool m_broken = false;
};

/// Where sockets lie: grove in $XDG_RUNTIME_DIR, or grove-UID in /tmp; made where missing, with
/// mode 0700.
///
/// Errors: a sentence, where the folder belongs to somebody else or others may enter it.
[[nodiscard]] std::expected<std::filesystem::path, std::string>
    runtimeFolder(std::string (*environment)(std::string_view name));

/// The socket of the program that holds `dataFolder`: the same for every name of one folder.
[[nodiscard]] std::filesystem::path socketPath(const std::filesystem::path& runtimeFolder,
                                               const std::filesystem::path& dataFolder);

/// Where the holder's words go.
struct Relay {
    std::function<void(std::string_view)> output;
    std::function<void(std::string_view)> error;
};

/// The holder carried the request out; its exit status.
struct Answered {
    int status = 0;
};

/// Takes the folder, or has its holder carry out `request`, whichever is possible first.
///
/// Waits for a holder that is starting, ending or busy, at most `silenceMax` from its last word. A
/// holder that ends while it carries the request out is not asked again, since part may be done:
/// that is status 1 and a sentence; nor one that falls silent then: status 3 and a sentence. What a
/// holder never accepted it does not do later. Returns: the lock (do it yourself), the holder's
/// answer, the holder that did not answer, or why the folder cannot be locked. Threads: blocks the
/// caller.
[[nodiscard]] std::variant<DataLock, Answered, LockHolder, LockFailure>
lockOrAsk(const std::filesystem::path& folder, const Request& request, const Relay& relay,
          const Clock& clock, Duration silenceMax = kSilenceMax);

} // namespace grove::app
