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

#include <cstdio>
#include <string_view>

namespace grove::app {

static_assert(std::string_view(GROVE_VERSION) == otp::kGroveVersion);

namespace {

constexpr int kFiguresMs = 1000;
constexpr int kStopMs = 3000;
constexpr int kStopLookMs = 20;

/// The application of the window's own processes. The runtime starts it again at once: only Quit
/// ends the program. It comes after the to-do application, and does without it: it is what says
/// that the to-do application does not run.
otp::Application windowApplication(ui::QtHost& host, ui::TodoSession& session,
                                   const observe::LocalNode& node) {
    otp::Application application{
        .name = "window",
        .description = "The window's own process and what watches for it",
        .version = GROVE_VERSION,
        .modules = {"EventRecorder", "Window"},
        .dependencies = {"kernel", "todo"},
        .optional = {"todo"},
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
    for (const auto& [errand, reply] : m_replies)
        reply->error("The window that was to do this was closed. What is done so far stays.\n");
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
    // After whoever was told before: the witnesses know it then.
    QObject::connect(&m_session, &ui::TodoSession::listReread, &m_processActions,
                     &ui::ProcessActions::retell, Qt::QueuedConnection);
    QObject::connect(&m_session, &ui::TodoSession::changeAnswered, &m_processActions,
                     &ui::ProcessActions::retell, Qt::QueuedConnection);
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
        onceListsAreRead([this, listName] { showListAtStart(listName); });
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

QString WindowProgram::showListNamed(const QString& name) {
    QStringList names;
    for (const ui::ListInfo& list : m_session.lists()) {
        if (list.name == name) {
            m_window.showList(list.id);
            return {};
        }
        names.append(list.name);
    }
    const QString words = QObject::tr("There is no list named %1.").arg(name);
    const QString known = QObject::tr("There are: %1.").arg(names.join(QStringLiteral(", ")));
    m_window.todoPage()->bars()->show(
        ui::BarKind::Warning,
        QStringLiteral("<b>%1</b> %2").arg(words.toHtmlEscaped(), known.toHtmlEscaped()));
    return words + QLatin1Char(' ') + known;
}

void WindowProgram::showListAtStart(const QString& name) {
    if (const QString words = showListNamed(name); !words.isEmpty())
        std::fprintf(stderr, "grove: %s\n", qPrintable(words));
}

void WindowProgram::serve(const Request& request, const std::shared_ptr<RequestReply>& reply) {
    if (request.kind != Request::Kind::Show)
        return carryOut(request, reply);
    m_window.setWindowState((m_window.windowState() & ~Qt::WindowMinimized) | Qt::WindowActive);
    m_window.raise();
    m_window.activateWindow();
    if (request.listName.empty())
        return reply->finish(kSuccess);
    onceListsAreRead([this, reply, name = QString::fromStdString(request.listName)] {
        const QString words = showListNamed(name);
        if (!words.isEmpty())
            reply->error("grove: " + words.toStdString() + "\n");
        reply->finish(words.isEmpty() ? kSuccess : kFailure);
    });
}

/// The verb's process knows the errand by its number only: the reply lives on this thread.
void WindowProgram::carryOut(const Request& request, const std::shared_ptr<RequestReply>& reply) {
    Runtime& runtime = m_program->runtime();
    const bool isImport = request.kind == Request::Kind::Import;
    const auto verb = std::make_shared<Pid>();
    const int errand = m_window.beginErrand(
        {.heading = isImport ? QObject::tr("Importing %1\u2026")
                                   .arg(QString::fromStdString(request.file.filename().string()))
                             : QObject::tr("Printing %1 for a command line\u2026")
                                   .arg(QString::fromStdString(request.listName)),
         .stop =
             [&runtime, verb, isImport] {
                 if (isImport)
                     runtime.send(*verb, todo::CancelImport{});
                 else
                     runtime.exit(*verb, atoms::kill);
             },
         .isImport = isImport});
    m_replies.emplace(errand, reply);
    const VerbOutput output{
        .output =
            [this, errand](std::string text) {
                m_host.post([this, errand, text = std::move(text)] {
                    if (RequestReply* to = replyOf(errand))
                        to->output(text);
                });
            },
        .error =
            [this, errand](std::string text) {
                m_host.post([this, errand, text = std::move(text)] {
                    if (RequestReply* to = replyOf(errand))
                        to->error(text);
                });
            },
        .finish =
            [this, errand](int status) {
                m_host.post([this, errand, status] { carriedOut(errand, status); });
            },
    };
    *verb = isImport
                ? startImport(runtime, request.file.string(), request.listName, kWorkers, output)
                : startPrint(runtime, request.listName, kWorkers, output);
}

RequestReply* WindowProgram::replyOf(int errand) {
    const auto found = m_replies.find(errand);
    return found == m_replies.end() ? nullptr : found->second.get();
}

void WindowProgram::carriedOut(int errand, int status) {
    if (RequestReply* reply = replyOf(errand))
        reply->finish(status);
    m_replies.erase(errand);
    m_session.refreshLists();
    m_window.endErrand(errand);
}

} // namespace grove::app
