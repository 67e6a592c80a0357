#pragma once

#include "instance_server.h"
#include "logging.h"
#include "program.h"

#include <grove/observe/local_node.h>
#include <ui/bridge/qt_host.h>
#include <ui/bridge/todo_session.h>
#include <ui/common/actions.h>
#include <ui/observer/context.h>
#include <ui/observer/process_actions.h>
#include <ui/window/main_window.h>

#include <QTimer>

#include <map>

class QSettings;

namespace grove::ui {
class Inspector;
class ProcessesPage;
class StoppedBars;
class TreePage;
} // namespace grove::ui

namespace grove::app {

/// The window on one data folder, with everything behind it. Made and destroyed on Qt's thread.
class WindowProgram {
public:
    WindowProgram(std::unique_ptr<Program> program, QSettings& settings);
    ~WindowProgram();

    ui::MainWindow& window() { return m_window; }
    ui::TodoSession& session() { return m_session; }
    Runtime& runtime() { return m_program->runtime(); }
    observe::Node& node() { return m_node; }
    ui::ObserverContext& context() { return m_context; }
    ui::ProcessActions& processActions() { return m_processActions; }
    ui::ActionRegistry& actions() { return m_actions; }
    ui::TreePage& tree() { return *m_tree; }
    ui::ProcessesPage& processes() { return *m_processes; }
    /// Opens the window; on the first start with the welcome list, else with `listName` where it is
    /// given.
    void show(const QString& listName);
    void serve(const Request& request, const std::shared_ptr<RequestReply>& reply);

private:
    void addPages();
    void connectPages();
    void showProcessOf(todo::ListId list, bool takeKeyboard);
    void updateFigures();
    void onceListsAreRead(std::function<void()> work);
    /// Returns: what to say where there is no such list; empty where it is shown.
    QString showListNamed(const QString& name);
    void showListAtStart(const QString& name);
    void carryOut(const Request& request, const std::shared_ptr<RequestReply>& reply);
    void carriedOut(int errand, int status);
    RequestReply* replyOf(int errand);

    std::unique_ptr<Program> m_program;
    QtMessagesToLog m_qtMessages;
    ui::QtHost m_host;
    observe::LocalNode m_node;
    ui::TodoSession m_session;
    ui::ActionRegistry m_actions;
    ui::MainWindow m_window;
    ui::ObserverContext m_context;
    ui::ProcessActions m_processActions;
    ui::TreePage* m_tree;
    ui::ProcessesPage* m_processes;
    ui::Inspector* m_inspector;
    std::unique_ptr<ui::StoppedBars> m_stoppedBars;
    QTimer m_figures;
    std::map<int, std::shared_ptr<RequestReply>> m_replies; ///< by the window's errand
};

} // namespace grove::app
