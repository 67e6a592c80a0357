#include <grove/otp/debug.h>
#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>
#include <grove/term/inspect.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <utility>

namespace grove::otp {

namespace {

constexpr std::array<std::string_view, 6> kLevelNames{"debug",   "info",  "notice",
                                                      "warning", "error", "critical"};

/// The value under an atom in a report, printed; empty when it is not there.
std::string printed(const Term& report, std::string_view key) {
    const Term* value = report.mapFind(atom(key));
    return value == nullptr ? std::string() : toErlang(*value);
}

std::string crashText(const Term& report) {
    return "Process " + printed(report, "pid") + " (" + printed(report, "name") + ", " +
           printed(report, "initial_call") + ") ended: " + printed(report, "reason");
}

std::string supervisorText(const Term& report) {
    const Term* offender = report.mapFind(atom("offender"));
    const std::string child = offender == nullptr ? std::string() : printed(*offender, "id");
    return "Supervisor " + printed(report, "supervisor") + ", " + printed(report, "context") +
           ": child " + child + ", reason " + printed(report, "reason");
}

std::string progressText(const Term& report) {
    const Term* started = report.mapFind(atom("started"));
    const std::string child = started == nullptr ? std::string() : printed(*started, "id");
    const std::string pid = started == nullptr ? std::string() : printed(*started, "pid");
    return "Supervisor " + printed(report, "supervisor") + " started " + child + " as " + pid;
}

std::string textOf(const LogEvent& event) {
    switch (event.kind) {
    case LogKind::CrashReport:
        return crashText(event.report);
    case LogKind::SupervisorReport:
        return supervisorText(event.report);
    case LogKind::Progress:
        return progressText(event.report);
    case LogKind::DebugEvent:
        return sys::formatEvent(event.report.element(0), event.report.element(1));
    case LogKind::Text:
    case LogKind::Application:
        break;
    }
    return event.report.isNone() ? event.text : toErlang(event.report);
}

} // namespace

std::string formatLine(const LogEvent& event) {
    using namespace std::chrono;
    const auto atMs = floor<milliseconds>(event.at);
    const auto day = floor<days>(atMs);
    const year_month_day date(day);
    const hh_mm_ss time(atMs - day);
    std::array<char, 32> stamp{};
    std::snprintf(stamp.data(), stamp.size(), "%04d-%02u-%02u %02d:%02d:%02d.%03d",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    std::string line(stamp.data());
    line += " [";
    line += kLevelNames[static_cast<std::size_t>(event.level)];
    line += "] ";
    if (event.pid)
        line += toErlang(event.pid) + " ";
    return line + textOf(event);
}

struct Logger::State {
    struct Named {
        std::string name;
        LogLevel level;
        std::shared_ptr<const Handler> handler;
    };
    std::deque<LogEvent> queue;
    std::deque<LogEvent> recent;
    std::vector<Named> handlers;
    std::uint64_t lastSequence = 0;
    std::uint64_t droppedTold = 0;
    bool isWoken = false; // the logger's process has been sent a message that it has not looked at
};

Logger::Logger(Runtime& runtime) : m_runtime(runtime), m_state(std::make_unique<State>()) {}
Logger::~Logger() = default;

void Logger::push(LogEvent event) {
    event.at = m_runtime.clock().wallTime();
    bool wakes = false;
    {
        const Lock lock(m_mutex);
        if (m_state->queue.size() >= kQueueMax) {
            m_dropped.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        event.sequence = ++m_state->lastSequence;
        m_state->queue.push_back(std::move(event));
        wakes = !std::exchange(m_state->isWoken, true);
    }
    if (wakes && !m_runtime.send(atom("logger"), Payload(Term(atom("drain"))))) {
        const Lock lock(m_mutex); // it looks at the queue when it starts
        m_state->isWoken = false;
    }
}

void Logger::log(LogLevel level, Pid pid, std::string text) {
    if (takes(level))
        push(LogEvent{.level = level, .kind = LogKind::Text, .pid = pid, .text = std::move(text)});
}

void Logger::report(LogLevel level, LogKind kind, Pid pid, Term report) {
    if (takes(level))
        push(LogEvent{
            .level = level, .kind = kind, .pid = pid, .text = {}, .report = std::move(report)});
}

void Logger::addHandler(std::string name, LogLevel level, Handler handler) {
    const Lock lock(m_mutex);
    m_state->handlers.push_back(
        {std::move(name), level, std::make_shared<const Handler>(std::move(handler))});
}

void Logger::removeHandler(const std::string& name) {
    const Lock lock(m_mutex);
    std::erase_if(m_state->handlers, [&](const State::Named& each) { return each.name == name; });
}

std::vector<LogEvent> Logger::recentSince(std::uint64_t sequence) const {
    const Lock lock(m_mutex);
    std::vector<LogEvent> events;
    for (const LogEvent& event : m_state->recent)
        if (event.sequence >= sequence)
            events.push_back(event);
    return events;
}

std::size_t Logger::drain() {
    std::deque<LogEvent> events;
    std::vector<State::Named> handlers;
    {
        const Lock lock(m_mutex);
        m_state->isWoken = false;
        events.swap(m_state->queue);
        handlers = m_state->handlers;
        const std::uint64_t dropped = m_dropped.load(std::memory_order_relaxed);
        if (const std::uint64_t news = dropped - std::exchange(m_state->droppedTold, dropped);
            news > 0)
            events.push_back(LogEvent{.sequence = ++m_state->lastSequence,
                                      .level = LogLevel::Warning,
                                      .at = m_runtime.clock().wallTime(),
                                      .text = std::to_string(news) + " log events were dropped"});
        for (const LogEvent& event : events)
            m_state->recent.push_back(event);
        while (m_state->recent.size() > kRecentMax)
            m_state->recent.pop_front();
    }
    for (const LogEvent& event : events)
        for (const State::Named& each : handlers)
            if (event.level >= each.level)
                (*each.handler)(event);
    return events.size();
}

Logger::Handler stderrHandler() {
    return [](const LogEvent& event) {
        const std::string line = formatLine(event) + "\n";
        std::fwrite(line.data(), 1, line.size(), stderr);
    };
}

Logger::Handler fileHandler(const std::string& path, std::string* failure) {
    const std::shared_ptr<std::FILE> file(std::fopen(path.c_str(), "ae"), [](std::FILE* opened) {
        if (opened != nullptr)
            std::fclose(opened);
    });
    if (!file) {
        if (failure != nullptr)
            *failure = path + ": " + std::strerror(errno);
        return [](const LogEvent&) {};
    }
    return [file](const LogEvent& event) {
        const std::string line = formatLine(event) + "\n";
        std::fwrite(line.data(), 1, line.size(), file.get());
        std::fflush(file.get());
    };
}

namespace {

void logLine(LogLevel level, std::string text) {
    extension<Logger>(Runtime::current()).log(level, self(), std::move(text));
}

} // namespace

void logDebug(std::string text) {
    logLine(LogLevel::Debug, std::move(text));
}
void logInfo(std::string text) {
    logLine(LogLevel::Info, std::move(text));
}
void logWarning(std::string text) {
    logLine(LogLevel::Warning, std::move(text));
}
void logError(std::string text) {
    logLine(LogLevel::Error, std::move(text));
}

void logReport(LogLevel level, LogKind kind, Term report) {
    extension<Logger>(Runtime::current()).report(level, kind, self(), std::move(report));
}

} // namespace grove::otp
