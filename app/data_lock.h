#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <system_error>
#include <utility>
#include <variant>

namespace grove::app {

/// Who has a data folder open, as it wrote into the lock file; fields it had not yet written are
/// zero or empty.
struct LockHolder {
    pid_t pid = 0;
    std::chrono::sys_seconds since{};
    /// Where it answers; empty for one without a window, and while it starts.
    std::filesystem::path socket;
};

/// Why a folder could not be locked, other than by being held.
struct LockFailure {
    std::error_code code;
    /// A sentence for a person.
    std::string message;

    /// Whether the folder may be read but not written.
    [[nodiscard]] bool readOnly() const;
};

/// The right to open the database of a data folder: one program per folder.
///
/// An flock on DIR/grove.lock: the system releases it when the process ends, however that happens,
/// so no stale lock is ever met. The file's text tells others who holds it; it is never deleted.
///
/// Threads: one at a time. Owns: the open file; gives the folder free when destroyed.
class DataLock {
public:
    /// Makes the folder where there is none and takes the lock if nobody has it. Never waits.
    /// A folder that cannot be written is locked for reading, beside other readers: isReadOnly().
    [[nodiscard]] static std::variant<DataLock, LockHolder, LockFailure>
    tryTake(const std::filesystem::path& folder, std::chrono::sys_seconds now);

    DataLock(DataLock&& other) noexcept
        : m_file(std::exchange(other.m_file, -1)), m_since(other.m_since),
          m_isReadOnly(other.m_isReadOnly) {}
    DataLock& operator=(DataLock&& other) noexcept;
    DataLock(const DataLock&) = delete;
    DataLock& operator=(const DataLock&) = delete;
    ~DataLock();

    /// Whether the folder's files can only be read.
    [[nodiscard]] bool isReadOnly() const noexcept { return m_isReadOnly; }

    /// Tells others where this program answers.
    [[nodiscard]] std::error_code publishSocket(const std::filesystem::path& socket);

private:
    DataLock(int file, std::chrono::sys_seconds since) noexcept : m_file(file), m_since(since) {}
    static std::variant<DataLock, LockHolder, LockFailure>
    tryTakeForReading(const std::filesystem::path& folder, std::chrono::sys_seconds now,
                      LockFailure whyNotWriting);

    int m_file; ///< -1: a folder for reading in which nobody ever locked
    std::chrono::sys_seconds m_since;
    bool m_isReadOnly = false;
};

/// What a start says when the holder does not answer, in two sentences of what and one of what to
/// do.
[[nodiscard]] std::string heldMessage(const LockHolder& holder, std::chrono::sys_seconds now);

} // namespace grove::app
