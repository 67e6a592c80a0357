// How an event reads, and the handlers that write lines.
#include <grove/otp/debug.h>
#include <grove/otp/logger.h>
#include <grove/term/inspect.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

namespace grove::otp {

namespace {

constexpr std::array<std::string_view, 8> kLevelNames{"debug", "info",     "notice", "warning",
                                                      "error", "critical", "alert",  "emergency"};

/// The value under an atom in a report, printed; empty when it is not there.
std::string printed(const Term& report, std::string_view key) {
    const Term* value = report.mapFind(atom(key));
    return value == nullptr ? std::string() : toErlang(*value);
}

/// A text as it is, anything else as Erlang prints it.
std::string plain(const Term& value) {
    const auto text = value.asBinary();
    return text ? std::string(*text) : toErlang(value);
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

std::string formatLine(const LogEvent& event, std::span<const std::string> metadataKeys) {
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
    for (const std::string& key : metadataKeys)
        if (const Term* const value = event.metadata.mapFind(atom(key)))
            line += key + '=' + plain(*value) + ' ';
    return line + textOf(event);
}

Logger::Handler stderrHandler(std::vector<std::string> metadataKeys) {
    return [keys = std::move(metadataKeys)](const LogEvent& event) {
        const std::string line = formatLine(event, keys) + "\n";
        std::fwrite(line.data(), 1, line.size(), stderr);
    };
}

Logger::Handler fileHandler(const std::string& path, std::string* failure,
                            std::vector<std::string> metadataKeys) {
    const std::shared_ptr<std::FILE> file(std::fopen(path.c_str(), "ae"), [](std::FILE* opened) {
        if (opened != nullptr)
            std::fclose(opened);
    });
    if (!file) {
        if (failure != nullptr)
            *failure = path + ": " + std::strerror(errno);
        return [](const LogEvent&) {};
    }
    return [file, keys = std::move(metadataKeys)](const LogEvent& event) {
        const std::string line = formatLine(event, keys) + "\n";
        std::fwrite(line.data(), 1, line.size(), file.get());
        std::fflush(file.get());
    };
}

} // namespace grove::otp
