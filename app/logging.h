#pragma once

#include <QtGlobal>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace grove {
class Runtime;
}

namespace grove::app {

/// Where what the program says about itself goes.
struct LogOptions {
    /// grove.log lies here; the one before it is grove.log.1.
    std::filesystem::path folder;
    /// Warnings and worse are said on the terminal, too. Not for verbs, whose words there mean
    /// something.
    bool toStandardError = false;
};

/// A log longer than this is put aside at a start.
inline constexpr std::uintmax_t kLogBytesMax = std::uintmax_t{4} << 20;

/// Adds the log's handlers. Requires: otp::startSystem() has run.
/// Returns: why there is no file, as a sentence; the program runs on without.
[[nodiscard]] std::optional<std::string> startLogging(Runtime& runtime, const LogOptions& options);

/// Puts `file` aside as `file`.1, replacing the one before, when it is longer than `bytesMax`.
void putLogAside(const std::filesystem::path& file, std::uintmax_t bytesMax);

/// Qt's own messages go to the log of a runtime while this lives.
///
/// Threads: made and destroyed on one thread, before and after windows. One at a time.
class QtMessagesToLog {
public:
    explicit QtMessagesToLog(Runtime& runtime);
    QtMessagesToLog(const QtMessagesToLog&) = delete;
    QtMessagesToLog& operator=(const QtMessagesToLog&) = delete;
    ~QtMessagesToLog();

private:
    QtMessageHandler m_previous;
};

} // namespace grove::app
