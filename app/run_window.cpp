#include "run_window.h"

#include "instance_server.h"
#include "start_report.h"
#include "startup_faults.h"
#include "window_program.h"

#include <ui/common/theme.h>

#include <QApplication>
#include <QIcon>
#include <QSettings>
#include <QSocketNotifier>

#include <csignal>
#include <resources/resources.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace grove::app {

namespace {

/// SIGTERM, SIGINT and SIGHUP close the window as a person would. Threads: the main one, before
/// others are started, so that all inherit the blocked mask.
class CloseSignals {
public:
    CloseSignals() {
        sigset_t wanted;
        sigemptyset(&wanted);
        for (int number : {SIGTERM, SIGINT, SIGHUP})
            sigaddset(&wanted, number);
        pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
        m_file = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    }
    ~CloseSignals() {
        if (m_file >= 0)
            close(m_file);
    }
    CloseSignals(const CloseSignals&) = delete;
    CloseSignals& operator=(const CloseSignals&) = delete;

    void closeWindow(ui::MainWindow& window) {
        if (m_file < 0)
            return;
        auto* notifier = new QSocketNotifier(m_file, QSocketNotifier::Read, &window);
        QObject::connect(notifier, &QSocketNotifier::activated, &window, [this, &window] {
            signalfd_siginfo info;
            while (read(m_file, &info, sizeof info) == sizeof info)
                window.close();
        });
    }

private:
    int m_file = -1;
};

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
    closeSignals.closeWindow(program.window());
    program.show(QString::fromStdString(commandLine.listName));
    reportStart(program.window());
    return QApplication::exec();
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

    std::filesystem::path folder = commandLine.dataFolder;
    for (;;) {
        auto opened = openWithQuestions(folder, std::move(lock), commandLine.schedulers);
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
