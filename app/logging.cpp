#include "logging.h"

#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

#include <QString>

#include <atomic>
#include <cstdio>

namespace grove::app {
namespace {

// Null, or the log that Qt's messages go to. Written by QtMessagesToLog (release), read by whatever
// thread Qt speaks on (acquire: the log was made before).
std::atomic<otp::Logger*> s_qtLog = nullptr;

otp::LogLevel levelOf(QtMsgType type) {
    switch (type) {
    case QtDebugMsg:
        return otp::LogLevel::Debug;
    case QtInfoMsg:
        return otp::LogLevel::Info;
    case QtWarningMsg:
        return otp::LogLevel::Warning;
    case QtCriticalMsg:
        return otp::LogLevel::Error;
    case QtFatalMsg:
        return otp::LogLevel::Critical;
    }
    return otp::LogLevel::Error;
}

void toLog(QtMsgType type, const QMessageLogContext& context, const QString& text) {
    // The program ends with it, before any process can write the log.
    if (type == QtFatalMsg)
        std::fprintf(stderr, "grove: %s\n", qPrintable(text));
    if (otp::Logger* log = s_qtLog.load(std::memory_order_acquire))
        log->log(levelOf(type), Pid(),
                 std::string("Qt, ") + (context.category == nullptr ? "" : context.category) +
                     ": " + text.toStdString());
}

} // namespace

void putLogAside(const std::filesystem::path& file, std::uintmax_t bytesMax) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(file, error);
    if (!error && bytes > bytesMax)
        std::filesystem::rename(file, file.native() + ".1", error);
}

std::optional<std::string> startLogging(Runtime& runtime, const LogOptions& options) {
    auto& log = extension<otp::Logger>(runtime);
    bool isNew = true;
    if (options.toStandardError)
        isNew =
            log.addHandler("terminal", otp::LogLevel::Warning, otp::stderrHandler()).has_value();
    const std::filesystem::path file = options.folder / "grove.log";
    putLogAside(file, kLogBytesMax);
    std::string failure;
    auto handler = otp::fileHandler(file.native(), &failure);
    if (!failure.empty())
        return "There is no log in " + file.native() + ": " + failure + ".";
    isNew = log.addHandler("file", otp::LogLevel::Info, std::move(handler)).has_value() && isNew;
    GROVE_ASSERT(isNew, "a runtime's log is started once");
    return std::nullopt;
}

QtMessagesToLog::QtMessagesToLog(Runtime& runtime) {
    s_qtLog.store(&extension<otp::Logger>(runtime), std::memory_order_release);
    m_previous = qInstallMessageHandler(toLog);
}

QtMessagesToLog::~QtMessagesToLog() {
    qInstallMessageHandler(m_previous);
    s_qtLog.store(nullptr, std::memory_order_release);
}

} // namespace grove::app
