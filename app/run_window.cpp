#include "run_window.h"

#include "close_signals.h"
#include "instance_server.h"
#include "start_report.h"
#include "startup_faults.h"
#include "window_program.h"

#include <ui/common/theme.h>

#include <QApplication>
#include <QIcon>
#include <QSettings>

#include <resources/resources.h>

namespace grove::app {

namespace {

constexpr int kOpenAgain = 1'001;
constexpr int kOpenOther = 1'002;

/// Shows one window on what was opened, until it is closed or the lists are wanted anew. Returns:
/// the exit status, kOpenAgain or kOpenOther.
int showUntilClosed(const CommandLine& commandLine, Opened& opened, CloseSignals& closeSignals) {
    QSettings settings(QString::fromStdString((opened.folder / "window.ini").string()),
                       QSettings::IniFormat);
    WindowProgram program(std::move(opened.program), settings);

    InstanceServer server;
    if (const auto sockets = runtimeFolder(&systemEnvironment)) {
        const auto path = socketPath(*sockets, opened.folder);
        if (server.listen(path))
            static_cast<void>(
                opened.lock.publishSocket(path)); // without it others wait, and say so
    }
    QObject::connect(
        &server, &InstanceServer::requested, &program.window(),
        [&program](const Request& request, const std::shared_ptr<RequestReply>& reply) {
            program.serve(request, reply);
        });
    QObject::connect(&program.window(), &ui::MainWindow::closed, qApp, &QApplication::quit);
    QObject::connect(&program.session(), &ui::TodoSession::reopenWanted, &program.window(),
                     [](bool other) { QApplication::exit(other ? kOpenOther : kOpenAgain); });
    closeSignals.setClose([&program] { program.window().close(); });
    program.show(QString::fromStdString(commandLine.listName));
    reportStart(program.window());
    const int status = QApplication::exec();
    closeSignals.setClose({});
    return status;
}

} // namespace

int runWindow(const CommandLine& commandLine, DataLock lock, int argc, char** argv) {
    CloseSignals closeSignals;
    QApplication::setApplicationName(QStringLiteral("grove"));
    QApplication::setApplicationDisplayName(QStringLiteral("Grove"));
    QApplication::setApplicationVersion(QStringLiteral(GROVE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("org.grove.Grove"));
    QApplication::setQuitOnLastWindowClosed(false);
    QApplication application(argc, argv);
    initResources();
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/grove.svg")));
    ui::Theme::install(application);
    closeSignals.listen();

    std::filesystem::path folder = commandLine.dataFolder;
    for (;;) {
        auto opened = openWithQuestions(folder, std::move(lock), commandLine.schedulers,
                                        [&closeSignals] { return closeSignals.haveEnded(); });
        if (!opened)
            return kFailure;
        const int status = showUntilClosed(commandLine, *opened, closeSignals);
        if (status != kOpenAgain && status != kOpenOther)
            return status;
        folder = opened->folder;
        opened.reset(); // its lock
        auto locked = lockAgain(folder, status == kOpenOther);
        if (!locked)
            return kFailure;
        folder = std::move(locked->first);
        lock = std::move(locked->second);
    }
}

} // namespace grove::app
