#include "program.h"

#include "fault_text.h"
#include "logging.h"

#include <grove/otp/application.h>
#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>
#include <grove/todo/rows.h>
#include <grove/todo/system.h>

namespace grove::app {

namespace {

/// How long the applications may take to stop at the end of the program.
constexpr Duration kStopLimit = std::chrono::seconds(10);
/// How long a change may be sent again and still be known. A client is gone long before.
constexpr std::chrono::days kOperationsKept{7};

} // namespace

std::filesystem::path databaseFile(const std::filesystem::path& folder) {
    return folder / "grove.db";
}

std::expected<std::unique_ptr<Program>, storage::OpenFault> Program::start(const Options& options) {
    const std::string file = databaseFile(options.folder).string();
    const auto reading = [&](storage::OpenFault fault) {
        return std::unique_ptr<Program>(
            new Program(options, {}, faultText(fault, options.folder).heading));
    };
    if (options.mustOnlyRead) {
        if (auto readable = storage::checkForReading(file, todo::todoSchema()); !readable)
            return std::unexpected(std::move(readable).error());
        return reading({.kind = storage::OpenFault::Kind::ReadOnlyFolder, .file = file});
    }
    const auto today = std::chrono::floor<std::chrono::seconds>(SystemClock().wallTime());
    auto prepared = storage::prepareDatabase(
        file, todo::todoSchema(), {.vfs = options.vfs, .forgetBefore = today - kOperationsKept});
    if (prepared)
        return std::unique_ptr<Program>(new Program(options, *std::move(prepared), {}));
    if (options.mayOnlyRead && prepared.error().kind == storage::OpenFault::Kind::ReadOnlyFolder &&
        storage::checkForReading(file, todo::todoSchema()))
        return reading(std::move(prepared.error()));
    return std::unexpected(std::move(prepared.error()));
}

Program::Program(const Options& options, storage::Prepared prepared, std::string readOnly)
    : m_prepared(std::move(prepared)), m_readOnly(std::move(readOnly)),
      m_runtime({.schedulers = static_cast<unsigned>(options.schedulers.value_or(0))}) {
    otp::startSystem(m_runtime);
    const auto noFile = startLogging(
        m_runtime, {.folder = options.folder, .toStandardError = options.logToStandardError});
    auto& logger = extension<otp::Logger>(m_runtime);
    if (noFile)
        logger.log(otp::LogLevel::Warning, Pid(), *noFile);
    if (m_prepared.pruneFault)
        logger.log(otp::LogLevel::Warning, Pid(),
                   "Results of old changes could not be forgotten, and stay in the database: " +
                       storage::print(*m_prepared.pruneFault) + ".");
    todo::TodoOptions todo;
    todo.database.file = databaseFile(options.folder).string();
    todo.database.count = kWorkers;
    todo.database.vfs = options.vfs;
    todo.database.readOnly = m_readOnly;
    const auto known = todo::addApplications(extension<otp::Applications>(m_runtime), todo);
    GROVE_ASSERT(known.has_value(), "a new runtime knows no application of these names");
    // A start that fails is shown as a stopped application, with the reason, and can be tried
    // again.
    const auto started = otp::startApplication(m_runtime, "todo");
    if (!started)
        logger.log(otp::LogLevel::Error, Pid(),
                   "The to-do application did not start: " + started.error().message);
}

Program::~Program() {
    stop();
}

void Program::stop() {
    if (std::exchange(m_isStopped, true))
        return;
    // A supervisor that somebody has suspended takes no request: the runtime's end ends it.
    static_cast<void>(otp::stopAllApplications(m_runtime, kStopLimit));
    m_runtime.stop();
}

} // namespace grove::app
