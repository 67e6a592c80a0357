#include "window_program.h"

#include "command_line.h"
#include "observer_words.h"
#include "verbs.h"

#include <grove/otp/application.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/extension.h>
#include <ui/observer/inspector.h>
#include <ui/observer/processes_page.h>
#include <ui/observer/stopped_bars.h>
#include <ui/observer/tree_page.h>
#include <ui/todo/todo_page.h>
#include <ui/window/status_line.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QLocale>
#include <QMenuBar>
#include <QSettings>

namespace grove::app {

namespace {

constexpr int kFiguresMs = 1000;
constexpr int kStopMs = 3000;
constexpr int kStopLookMs = 20;

/// The application of the window's own processes. The runtime starts it again at once: only Quit
/// ends the program.
otp::Application windowApplication(ui::QtHost& host, ui::TodoSession& session,
                                   const observe::LocalNode& node) {
    otp::Application application{
        .name = "window",
        .description = "The window's own process and what watches for it",
        .version = GROVE_VERSION,
        .dependencies = {},
        .top = otp::supervisor("window",
                               {.strategy = otp::Strategy::OneForOne,
                                .intensity = {.restarts = 10, .period = std::chrono::seconds(5)},
                                .children = {ui::windowProcess(host, session), node.recorder()}})
                   .label("WindowSupervisor"),
    };
    application.restartAtOnce = true;
    return application;
}

} // namespace

WindowProgram::WindowProgram(std::unique_ptr<Program> program, QSettings& settings)
    : m_program(std::move(program)), m_qtMessages(m_program->runtime()),
      m_host(m_program->runtime()),
      m_node(m_program->runtime(),
             {.post = [host = &m_host](
                          std::move_only_function<void()> work) { host->post(std::move(work)); }}),
      m_session(m_program->runtime(), m_host, kWorkers,
                QString::fromStdString(m_program->readOnly())),
      m_window(m_session, m_actions, settings),
      m_context(m_node, observerHooks(m_session, m_window)),
      m_processActions(m_context, m_actions, m_window) {
    addPages();
    connectPages();
    auto& applications = extension<otp::Applications>(m_program->runtime());
    const auto known = applications.add(windowApplication(m_host, m_session, m_node));
    GROVE_ASSERT(known.has_value(), "a new runtime knows no application of this name");
    applications.requestStart("window");
}

WindowProgram::~WindowProgram() {
    m_figures.stop();
    // The window's process ends on this thread, so its turns must go on while its application
    // stops.
    auto& applications = extension<otp::Applications>(m_program->runtime());
    applications.requestStop("window");
    QElapsedTimer waiting;
    waiting.start();
    while (applications.status("window")->state != otp::ApplicationState::Stopped &&
           waiting.elapsed() < kStopMs)
        QCoreApplication::processEvents(QEventLoop::ExcludeUserInputEvents, kStopLookMs);
    m_host.stop();
    m_program->stop(); // nobody posts to the host after this
}

void WindowProgram::addPages() {
    m_tree = new ui::TreePage(m_context, m_processActions, m_actions);
    m_processes = new ui::ProcessesPage(m_context, m_processActions, m_actions);
    m_inspector = new ui::Inspector(m_context, m_processActions);
    m_window.addPage({.id = QStringLiteral("tree"),
                      .title = QObject::tr("Tree"),
                      .icon = "tree",
                      .key = QKeySequence(Qt::ALT | Qt::Key_1)},
                     m_tree);
    m_window.addPage({.id = QStringLiteral("processes"),
                      .title = QObject::tr("Processes"),
                      .icon = "processes",
                      .key = QKeySequence(Qt::ALT | Qt::Key_2)},
                     m_processes);
    m_window.setInspector(m_inspector);
}

void WindowProgram::connectPages() {
    QObject::connect(
        &m_window, &ui::MainWindow::listProcessWanted, &m_window,
        [this](todo::ListId list, bool takeKeyboard) { showProcessOf(list, takeKeyboard); });
    QObject::connect(&m_processActions, &ui::ProcessActions::inspectRequested, &m_window, [this] {
        m_window.setInspectorShown(true);
        if (QWidget* target = m_inspector->focusTarget())
            target->setFocus(Qt::ShortcutFocusReason);
    });
    QObject::connect(&m_window, &ui::MainWindow::treeHintWanted, m_tree, &ui::TreePage::showHint);
    m_stoppedBars = std::make_unique<ui::StoppedBars>(m_context, m_processActions,
                                                      *m_window.todoPage()->bars());
    m_figures.setInterval(kFiguresMs);
    QObject::connect(&m_figures, &QTimer::timeout, &m_window, [this] { updateFigures(); });
}

void WindowProgram::showProcessOf(todo::ListId list, bool takeKeyboard) {
    const Pid server = m_session.serverOf(list);
    if (!server)
        return;
    m_context.pull();
    const ui::Subject subject = m_context.subjectOf(server);
    m_context.select(subject);
    m_tree->reveal(subject);
    if (takeKeyboard && m_tree->focusTarget() != nullptr)
        m_tree->focusTarget()->setFocus(Qt::ShortcutFocusReason);
}

void WindowProgram::updateFigures() {
    const observe::NodeSummary summary = m_node.summary();
    m_window.statusLine()->setFigures(static_cast<qint64>(summary.processes),
                                      static_cast<qint64>(summary.restarts),
                                      summary.cpuOfOneCore * 100);
    m_window.setPageCount(QStringLiteral("processes"),
                          QLocale().toString(static_cast<qint64>(summary.processes)));
}

void WindowProgram::show(const QString& listName) {
    m_window.finish();
    m_processActions.holdMenusOf(*m_window.menuBar());
    if (m_program->isFirstStart()) {
        m_window.awaitFirstTime();
        onceListsAreRead([this] { m_window.startFirstTime(); });
    }
    if (!listName.isEmpty())
        onceListsAreRead([this, listName] { showListNamed(listName); });
    m_window.show();
    m_figures.start();
    updateFigures();
}

void WindowProgram::onceListsAreRead(std::function<void()> work) {
    if (m_session.listsAreRead())
        return work();
    QObject::connect(
        &m_session, &ui::TodoSession::listsWereRead, &m_window, std::move(work),
        static_cast<Qt::ConnectionType>(Qt::QueuedConnection | Qt::SingleShotConnection));
}

void WindowProgram::showListNamed(const QString& name) {
    for (const ui::ListInfo& list : m_session.lists())
        if (list.name == name)
            m_window.showList(list.id);
}

void WindowProgram::serve(const Request& request, const std::shared_ptr<RequestReply>& reply) {
    if (request.kind != Request::Kind::Show)
        return carryOut(request, reply);
    m_window.setWindowState((m_window.windowState() & ~Qt::WindowMinimized) | Qt::WindowActive);
    m_window.raise();
    m_window.activateWindow();
    if (!request.listName.empty())
        showListNamed(QString::fromStdString(request.listName));
    reply->finish(kSuccess);
}

void WindowProgram::carryOut(const Request& request, const std::shared_ptr<RequestReply>& reply) {
    const VerbOutput output{
        .output =
            [this, reply](std::string text) {
                m_host.post([reply, text = std::move(text)] { reply->output(text); });
            },
        .error =
            [this, reply](std::string text) {
                m_host.post([reply, text = std::move(text)] { reply->error(text); });
            },
        .finish =
            [this, reply](int status) {
                m_host.post([this, reply, status] {
                    reply->finish(status);
                    m_session.refreshLists();
                });
            },
    };
    Runtime& runtime = m_program->runtime();
    if (request.kind == Request::Kind::Import)
        runtime.spawnOpt({.observed = true, .label = atom("import for a command line")},
                         &importVerb, request.file.string(), request.listName, kWorkers, output);
    else
        runtime.spawnOpt({.observed = true, .label = atom("print for a command line")}, &printVerb,
                         request.listName, kWorkers, output);
}

} // namespace grove::app
