#include "data_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <sstream>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grove::app {
namespace {

constexpr std::size_t kRecordBytesMax = 4096;

std::error_code lastError() {
    return {errno, std::generic_category()};
}

LockFailure failed(std::string what, std::error_code code) {
    return {.code = code, .message = std::move(what) + ": " + code.message() + "."};
}

/// Creates `folder` and those above it. An existing one is left as it is.
std::error_code makeFolder(const std::filesystem::path& folder) {
    std::error_code error;
    if (std::filesystem::is_directory(folder, error))
        return {};
    if (folder.has_parent_path())
        std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), S_IRWXU) == 0 || errno == EEXIST) {
        // An existing file of that name is no folder, and says so when the lock file is opened.
        return {};
    }
    return lastError();
}

std::string record(std::chrono::sys_seconds since, const std::filesystem::path& socket) {
    std::string text = "pid " + std::to_string(::getpid()) + "\nsince " +
                       std::to_string(since.time_since_epoch().count()) + "\n";
    if (!socket.empty())
        text += "socket " + socket.native() + "\n";
    return text;
}

/// Writes the whole record at once, so that a reader sees the old one, the new one or none.
std::error_code writeRecord(int file, const std::string& text) {
    const ssize_t written = ::pwrite(file, text.data(), text.size(), 0);
    if (written != static_cast<ssize_t>(text.size()))
        return written < 0 ? lastError() : std::make_error_code(std::errc::no_space_on_device);
    return ::ftruncate(file, static_cast<off_t>(text.size())) == 0 ? std::error_code{}
                                                                   : lastError();
}

template <class Number> Number number(std::string_view text) {
    Number value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Reads what the holder wrote, as far as it has.
LockHolder readHolder(int file) {
    std::array<char, kRecordBytesMax> buffer;
    const ssize_t length = ::pread(file, buffer.data(), buffer.size(), 0);
    LockHolder holder;
    std::istringstream lines(
        length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : std::string());
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
        const std::string_view view = line;
        if (view.starts_with("pid "))
            holder.pid = number<pid_t>(view.substr(4));
        else if (view.starts_with("since "))
            holder.since = std::chrono::sys_seconds(
                std::chrono::seconds(number<std::chrono::seconds::rep>(view.substr(6))));
        else if (view.starts_with("socket "))
            holder.socket = view.substr(7);
    }
    return holder;
}

std::string localTime(std::chrono::sys_seconds time, const char* format) {
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm parts{};
    std::array<char, 64> text{};
    ::localtime_r(&seconds, &parts);
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

} // namespace

bool LockFailure::readOnly() const {
    return code == std::errc::permission_denied || code == std::errc::read_only_file_system ||
           code == std::errc::operation_not_permitted;
}

std::variant<DataLock, LockHolder, LockFailure>
DataLock::tryTake(const std::filesystem::path& folder, std::chrono::sys_seconds now) {
    if (const auto error = makeFolder(folder))
        return failed("Grove cannot make the folder " + folder.native(), error);
    const std::filesystem::path path = folder / "grove.lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        LockFailure failure = failed("Grove cannot write to " + folder.native(), lastError());
        return failure.readOnly() ? tryTakeForReading(folder, now, std::move(failure))
                                  : std::variant<DataLock, LockHolder, LockFailure>(failure);
    }
    DataLock lock(file, now);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return readHolder(file);
        return failed("Grove cannot lock " + path.native(), lastError());
    }
    if (const auto error = writeRecord(file, record(now, {})))
        return failed("Grove cannot write to " + folder.native(), error);
    return lock;
}

std::variant<DataLock, LockHolder, LockFailure>
DataLock::tryTakeForReading(const std::filesystem::path& folder, std::chrono::sys_seconds now,
                            LockFailure whyNotWriting) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        return whyNotWriting;
    const std::filesystem::path path = folder / "grove.lock";
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno != ENOENT)
        return whyNotWriting;
    DataLock lock(file, now);
    lock.m_isReadOnly = true;
    if (file >= 0 && ::flock(file, LOCK_SH | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return readHolder(file);
        return whyNotWriting;
    }
    return lock;
}

DataLock& DataLock::operator=(DataLock&& other) noexcept {
    std::swap(m_file, other.m_file);
    std::swap(m_since, other.m_since);
    std::swap(m_isReadOnly, other.m_isReadOnly);
    return *this;
}

DataLock::~DataLock() {
    if (m_file >= 0)
        ::close(m_file);
}

std::error_code DataLock::publishSocket(const std::filesystem::path& socket) {
    if (m_isReadOnly)
        return std::make_error_code(std::errc::read_only_file_system);
    return writeRecord(m_file, record(m_since, socket));
}

std::string heldMessage(const LockHolder& holder, std::chrono::sys_seconds now) {
    std::string who;
    if (holder.pid > 0) {
        who = " (process " + std::to_string(holder.pid);
        if (holder.since.time_since_epoch().count() > 0) {
            const bool today = localTime(holder.since, "%F") == localTime(now, "%F");
            who += ", since " + localTime(holder.since, today ? "%H:%M" : "%F %H:%M");
        }
        who += ")";
    }
    return "Grove already has these lists open" + who +
           " and does not answer. Two programs on one database could not both be right, so this "
           "one "
           "stops. Close the other, or start with --data DIR for other lists.";
}

} // namespace grove::app
