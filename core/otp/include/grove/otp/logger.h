#pragma once
// What a program says about itself: lines and reports, kept in a bounded queue, written by a
// process.

#include <grove/runtime/clock.h>
#include <grove/runtime/mutex.h>
#include <grove/term/pid.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace grove {
class Runtime;
}

namespace grove::otp {

enum class LogLevel : std::uint8_t {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency
};

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
    /// A map with atoms as keys, or none: `mfa`, `file` and `line` of who wrote a line, what its
    /// process has set (setProcessMetadata()) and what came with it; later ones replace earlier
    /// ones.
    Term metadata;
};

/// One line for people: time, level, pid, `key=value` for each of these keys that the metadata has,
/// what.
[[nodiscard]] std::string formatLine(const LogEvent& event,
                                     std::span<const std::string> metadataKeys = {});

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
    /// Both run in the logger's process and must not wait for other processes. One that raises is
    /// removed, which is logged (as in OTP).
    using Handler = std::function<void(const LogEvent&)>;
    /// Returns: whether the event goes on. May change it.
    using Filter = std::function<bool(LogEvent&)>;

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

    /// Metadata: as in LogEvent. Threads: any.
    void log(LogLevel level, Pid pid, std::string text, Term metadata = {});
    void report(LogLevel level, LogKind kind, Pid pid, Term report, Term metadata = {});

    /// A handler gets the events from `level` on that the primary filters and its own let through.
    /// Errors: already_exist.
    Result<void> addHandler(std::string name, LogLevel level, Handler handler, Filter filter = {});
    /// Errors: not_found.
    Result<void> setHandlerLevel(std::string_view name, LogLevel level);
    Result<void> removeHandler(std::string_view name);
    /// Primary filters see every event first, in the order in which they were added. Errors:
    /// already_exist.
    Result<void> addFilter(std::string name, Filter filter);
    /// Errors: not_found.
    Result<void> removeFilter(std::string_view name);

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
    struct NamedHandler;
    void push(LogEvent event);
    /// Whether a filter lets the event through; a handler's own, or a primary one (no handler).
    bool passes(const Filter& filter, LogEvent& event, std::string_view name,
                const NamedHandler* handler);
    void give(const LogEvent& event, const NamedHandler& handler);
    void remember(const std::deque<LogEvent>& events);

    Runtime& m_runtime;
    // Written by whoever configures, read by reporters; a single value, nothing else hangs on it:
    // relaxed.
    std::atomic<LogLevel> m_level{LogLevel::Info};
    // A statistic: relaxed.
    std::atomic<std::uint64_t> m_dropped{0};
    mutable Mutex m_mutex;
    std::unique_ptr<State> m_state GROVE_PT_GUARDED_BY(m_mutex);
};

/// Lines to the standard error stream, with the metadata of these keys.
[[nodiscard]] Logger::Handler stderrHandler(std::vector<std::string> metadataKeys = {});
/// Lines to a file, appended, flushed at each line. Errors: the system's words in `failure` when it
/// cannot be opened; the handler then does nothing.
[[nodiscard]] Logger::Handler fileHandler(const std::string& path, std::string* failure = nullptr,
                                          std::vector<std::string> metadataKeys = {});

/// What a line says: a text, or a function that makes it and is called only when the level is
/// taken.
class LogText {
public:
    LogText(std::string text) : m_text(std::move(text)) {}
    LogText(const char* text) : m_text(text) {}
    template <std::invocable F>
        requires std::convertible_to<std::invoke_result_t<F>, std::string>
    LogText(F make) : m_make(std::move(make)) {}

    [[nodiscard]] std::string take() { return m_make ? m_make() : std::move(m_text); }

private:
    std::string m_text;
    std::function<std::string()> m_make;
};

// In a process. `metadata` is a map, or none. Raise badarg for anything else.

/// For this process's lines from now on (logger:set_process_metadata/1). They lie in its dictionary
/// under `$logger_metadata$`.
void setProcessMetadata(Term metadata);
/// Adds to what is set, and replaces what has the same key.
void updateProcessMetadata(const Term& metadata);
/// Returns: none when nothing is set.
[[nodiscard]] Term processMetadata();
void unsetProcessMetadata();

using SourceLocation = std::source_location;
void logLine(LogLevel level, LogText text, const Term& metadata = {},
             SourceLocation where = SourceLocation::current());
void logDebug(LogText text, const Term& metadata = {},
              SourceLocation where = SourceLocation::current());
void logInfo(LogText text, const Term& metadata = {},
             SourceLocation where = SourceLocation::current());
void logNotice(LogText text, const Term& metadata = {},
               SourceLocation where = SourceLocation::current());
void logWarning(LogText text, const Term& metadata = {},
                SourceLocation where = SourceLocation::current());
void logError(LogText text, const Term& metadata = {},
              SourceLocation where = SourceLocation::current());
void logCritical(LogText text, const Term& metadata = {},
                 SourceLocation where = SourceLocation::current());
void logAlert(LogText text, const Term& metadata = {},
              SourceLocation where = SourceLocation::current());
void logEmergency(LogText text, const Term& metadata = {},
                  SourceLocation where = SourceLocation::current());
void logReport(LogLevel level, LogKind kind, Term report, const Term& metadata = {});

} // namespace grove::otp
