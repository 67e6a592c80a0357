// The actions themselves and who they are about; what they do and say is in process_deeds.cpp.

#include "process_deed.h"

#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/kill_question.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/term_question.h>

#include <QAction>
#include <QMenu>
#include <QMenuBar>
#include <QWidget>

#include <array>

namespace grove::ui {

namespace {

constexpr const char* kKill = "process.kill";
constexpr const char* kExit = "process.exit";
constexpr const char* kAgain = "process.killAgain";
constexpr const char* kSuspend = "process.suspend";
constexpr const char* kSend = "process.send";
constexpr const char* kInspect = "process.inspect";
constexpr const char* kHome = "process.home";
constexpr const char* kDrawn = "process.drawn";
constexpr const char* kPause = "process.pause";

constexpr std::array kBound{kKill, kExit, kSuspend, kSend, kInspect, kHome, kDrawn};

} // namespace

ProcessActions::ProcessActions(ObserverContext& context, ActionRegistry& registry, QWidget& window)
    : QObject(&window), m_context(context), m_registry(registry), m_window(window) {
    m_againTimer.setSingleShot(true);
    registerActions();
    connect(&m_againTimer, &QTimer::timeout, this, [this] {
        m_again = {};
        updateActions();
    });
    connect(&context, &ObserverContext::subjectChanged, this, &ProcessActions::updateActions);
    connect(&context, &ObserverContext::pulled, this, &ProcessActions::updateActions);
    connect(&context.refresh(), &RefreshClock::ticked, this, &ProcessActions::updateActions);
    updateActions();
}

ProcessActions::~ProcessActions() = default;

void ProcessActions::registerActions() {
    const auto add = [this](const ActionSpec& spec, auto run) {
        connect(m_registry.add(spec), &QAction::triggered, this, run);
    };
    using Keys = QList<QKeySequence>;
    const auto bound = KeyScope::Bound;
    const auto menu = MenuId::Process;
    add({kInspect, menu, 0, tr("&Inspect"), tr("Go to the inspector of the selected process"),
         "inspector", Keys{Qt::Key_Return}, bound},
        [this] { emit inspectRequested(); });
    add({kHome, menu, 0, tr("Show Its &List"), tr("Go to the list that this process holds"), "list",
         Keys{Qt::Key_F4}, bound},
        [this] {
            if (m_context.hooks().goHome)
                m_context.hooks().goHome(target().pid);
        });
    add({kKill, menu, 1, tr("&Kill…"), tr("End the selected process; what follows is said before"),
         "kill", Keys{Qt::Key_Delete}, bound},
        [this] { kill(target()); });
    add({kExit, menu, 1, tr("&Exit with Reason…"), tr("Send an exit signal with a reason of yours"),
         "exit", Keys{Qt::SHIFT | Qt::Key_Delete}, bound},
        [this] { exitWithReason(target()); });
    add({kAgain, menu, 1, tr("Kill &Again"),
         tr("Within 5 s after a kill: kill what is at the same place now"), nullptr,
         Keys{Qt::CTRL | Qt::SHIFT | Qt::Key_K}},
        [this] { killAgain(); });
    add({kSuspend, menu, 2, tr("&Suspend"),
         tr("Let it run no code until it is resumed, or resume it"), "pause",
         Keys{Qt::CTRL | Qt::SHIFT | Qt::Key_S}, bound},
        [this] { suspendOrResume(target()); });
    add({kSend, menu, 2, tr("Send &Message…"), tr("Send a term to the selected process"), "send",
         Keys{Qt::CTRL | Qt::Key_Return}, bound},
        [this] { sendMessage(target()); });
    add({kDrawn, menu, 3, tr("Outline or &Drawn Tree"), tr("Show the tree in its other form"),
         "tree", Keys{Qt::CTRL | Qt::SHIFT | Qt::Key_D}, bound},
        [this] { emit drawnToggled(); });
    add({kPause, MenuId::View, 3, tr("&Pause Figures"), tr("Stop reading live figures, or go on"),
         "pause", Keys{Qt::Key_F7}, KeyScope::Window, true},
        [this] { m_context.refresh().setPaused(!m_context.refresh().isPaused()); });
    connect(&m_context.refresh(), &RefreshClock::changed, this,
            [this] { m_registry.action(kPause)->setChecked(m_context.refresh().isPaused()); });
}

void ProcessActions::bind(QWidget* view) {
    for (const char* id : kBound)
        m_registry.bind(view, {id});
}

Subject ProcessActions::target() const {
    return m_held ? *m_held : m_context.subject();
}

void ProcessActions::updateActions() {
    const Subject subject = target();
    const std::vector<observe::ProcessRow> rows =
        subject.pid ? m_context.node().rows(std::array{subject.pid})
                    : std::vector<observe::ProcessRow>{};
    const bool alive = !rows.empty() && rows.front().status != observe::Status::Gone;
    const QString reason = !subject.pid ? tr("Select a process first")
                           : alive      ? QString()
                                        : tr("%1 has ended").arg(pidText(subject.pid));
    // Too late is for the deed to say: the keys stay as they are while the row is still there.
    for (const char* id : {kKill, kExit})
        m_registry.setEnabled(id, bool(subject.pid), reason);
    for (const char* id : {kSuspend, kSend})
        m_registry.setEnabled(id, alive, reason);
    m_registry.setEnabled(kInspect, bool(subject), reason);
    const ObserverHooks& hooks = m_context.hooks();
    const bool home = subject.pid && hooks.hasHome && hooks.hasHome(subject.pid);
    m_registry.setEnabled(kHome, home, tr("This process holds no list"));
    m_registry.setEnabled(kAgain, bool(m_again), tr("Only within 5 s after a kill"));
    const bool suspended = alive && rows.front().status == observe::Status::Suspended;
    m_registry.action(kSuspend)->setText(suspended ? tr("Re&sume") : tr("&Suspend"));
}

void ProcessActions::holdWhileOpen(QMenu* menu) {
    connect(menu, &QMenu::aboutToShow, this, [this] {
        m_held = m_context.subject();
        updateActions();
    });
    // The chosen action is triggered after the menu has hidden itself.
    connect(menu, &QMenu::aboutToHide, this, [this] { m_held.reset(); }, Qt::QueuedConnection);
}

void ProcessActions::holdMenusOf(const QMenuBar& bar) {
    for (const QAction* top : bar.actions())
        if (QMenu* menu = top->menu(); menu && menu->actions().contains(m_registry.action(kKill)))
            holdWhileOpen(menu);
}

void ProcessActions::openMenu(QPoint global, QWidget* over) {
    auto* menu = new QMenu(over);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const char* id : {kInspect, kHome})
        menu->addAction(m_registry.action(id));
    menu->addSeparator();
    for (const char* id : {kKill, kExit, kAgain})
        menu->addAction(m_registry.action(id));
    menu->addSeparator();
    for (const char* id : {kSuspend, kSend})
        menu->addAction(m_registry.action(id));
    holdWhileOpen(menu);
    menu->popup(global);
}

void ProcessActions::addBars(BarStack* bars) {
    m_bars.append(bars);
}

BarStack* ProcessActions::bars() const {
    BarStack* last = nullptr;
    for (const QPointer<BarStack>& bars : m_bars)
        if (bars && (!last || bars->parentWidget()->isVisible()))
            last = bars;
    return last;
}

InlineBar* ProcessActions::say(const BarText& words, const QList<InlineBar::Action>& actions) {
    BarStack* stack = bars();
    return stack ? stack->show(words.kind, words.text, actions) : nullptr;
}

} // namespace grove::ui
