#pragma once
// What a program says about itself: lines and reports, kept in a bounded queue, written by a
// process.

#include <grove/runtime/clock.h>
#include <grove/runtime/mutex.h>
#include <grove/term/pid.h>
#include <grove/term/term.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace grove {
class Runtime;
}

namespace grove::otp {

enum class LogLevel : std::uint8_t { Debug, Info, Notice, Warning, Error, Critical };

enum class LogKind : std::uint8_t {
    Text,             ///< somebody wrote a line
    CrashReport,      ///< a process ended with a reason that somebody should know
    SupervisorReport, ///< `{Supervisor, Context, Reason, Child}`: start_error, child_terminated,
                      ///< shutdown, shutdown_error
    Progress,         ///< a supervisor has started a child
    Application,      ///< an application was started or has stopped
    DebugEvent,       ///< `{Name, Event}` of a server that is traced, see sys::trace()
};

/// One thing that was said. Text is made from `report` by whoever shows it, never by who reports.
struct LogEvent {
    std::uint64_t sequence = 0; ///< 1, 2, …
    LogLevel level = LogLevel::Info;
    LogKind kind = LogKind::Text;
    WallTime at{};
    Pid pid; ///< whose event it is
    std::string text;
    Term report; ///< none for lines
};

/// One line for people: time, level, pid, what.
[[nodiscard]] std::string formatLine(const LogEvent& event);

/// The program's log. Reporting never waits: what does not fit into the queue is dropped and
/// counted, and the next line says how many. A process named `logger` hands the events to the
/// handlers; when it is killed it is started again, and nothing that was queued is lost.
///
/// Threads: every member from any thread. One per runtime: `extension<Logger>(runtime)`, or
/// logInfo() and so on in a process. Bounds: 8,192 events waiting, 1,024 recent ones kept for
/// reading.
class Logger {
public:
    static constexpr std::size_t kQueueMax = 8'192;
    static constexpr std::size_t kRecentMax = 1'024;
    /// Runs in the logger's process; must not wait for other processes.
    using Handler = std::function<void(const LogEvent&)>;

    explicit Logger(Runtime& runtime);
    ~Logger();
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    /// Events below it are not taken. Default: Info.
    void setLevel(LogLevel level) noexcept { m_level.store(level, std::memory_order_relaxed); }
    [[nodiscard]] LogLevel level() const noexcept {
        return m_level.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool takes(LogLevel level) const noexcept { return level >= this->level(); }

    void log(LogLevel level, Pid pid, std::string text);
    void report(LogLevel level, LogKind kind, Pid pid, Term report);

    void addHandler(std::string name, LogLevel level, Handler handler);
    void removeHandler(const std::string& name);

    /// The last events that handlers have been given, oldest first, from `sequence` on.
    [[nodiscard]] std::vector<LogEvent> recentSince(std::uint64_t sequence) const;
    [[nodiscard]] std::uint64_t droppedCount() const noexcept {
        return m_dropped.load(std::memory_order_relaxed);
    }

    /// For the logger's process: gives what waits to the handlers. Returns: how many events.
    /// One at a time.
    std::size_t drain();

private:
    struct State;
    void push(LogEvent event);

    Runtime& m_runtime;
    // Written by whoever configures, read by reporters; a single value, nothing else hangs on it:
    // relaxed.
    std::atomic<LogLevel> m_level{LogLevel::Info};
    // A statistic: relaxed.
    std::atomic<std::uint64_t> m_dropped{0};
    mutable Mutex m_mutex;
    std::unique_ptr<State> m_state GROVE_PT_GUARDED_BY(m_mutex);
};

/// Lines to the standard error stream.
[[nodiscard]] Logger::Handler stderrHandler();
/// Lines to a file, appended, flushed at each line. Errors: the system's words in `failure` when it
/// cannot be opened; the handler then does nothing.
[[nodiscard]] Logger::Handler fileHandler(const std::string& path, std::string* failure = nullptr);

// In a process:
void logDebug(std::string text);
void logInfo(std::string text);
void logWarning(std::string text);
void logError(std::string text);
void logReport(LogLevel level, LogKind kind, Term report);

} // namespace grove::otp
