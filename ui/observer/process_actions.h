#pragma once

#include <grove/observe/consequences.h>
#include <ui/common/actions.h>
#include <ui/common/inline_bar.h>
#include <ui/observer/kill_question.h>
#include <ui/observer/outcome_text.h>
#include <ui/observer/subject.h>
#include <ui/observer/term_question.h>

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

class QMenu;
class QMenuBar;

namespace grove::ui {

class ObserverContext;

/// What a person can do to a process: kill, exit with a reason, suspend and resume, send a message;
/// asked before, told after. Registers the actions of the Process menu; pages bind their keys.
///
/// An action goes to the subject that was selected when its key was pressed or the menu was opened.
/// Threads: the window's only. Context, registry and window must outlive it.
class ProcessActions : public QObject {
    Q_OBJECT
public:
    /// How long after a kill its place can be killed again without a question.
    static constexpr std::chrono::seconds kKillAgain{5};

    ProcessActions(ObserverContext& context, ActionRegistry& registry, QWidget& window);
    ~ProcessActions() override;

    /// Results are shown in the bars that were added last and are visible, else in the last added.
    void addBars(BarStack* bars);
    /// Makes the keys of the actions work while `view` has the keyboard.
    void bind(QWidget* view);
    /// Shows the menu of the selected process at a global point, bound to it while it is open.
    void openMenu(QPoint global, QWidget* over);
    /// The same for the menus of a bar that have these actions. Requires: the bar is filled.
    void holdMenusOf(const QMenuBar& bar);

    void kill(const Subject& subject);
    void exitWithReason(const Subject& subject);
    void sendMessage(const Subject& subject);
    void suspendOrResume(const Subject& subject);
    /// Kills whatever is at the place of the last kill; nothing if that is too long ago.
    void killAgain();
    void startApplication(const std::string& name);

    /// What a witness knows has changed: the bars that tell of it are brought up to date.
    void retell();

    /// The question that is open, if one is.
    KillQuestion* killQuestion() const { return m_killQuestion; }
    TermQuestion* termQuestion() const { return m_termQuestion; }
    bool asksBeforeKills() const { return m_asks; }
    void setAsksBeforeKills(bool asks) { m_asks = asks; }

signals:
    /// Return on a process: the inspector is wanted.
    void inspectRequested();
    /// Ctrl+Shift+D.
    void drawnToggled();
    /// An exit signal was sent; what follows is told in the bars.
    void performed();

private:
    struct Deed;
    struct Start;

    void registerActions();
    void holdWhileOpen(QMenu* menu);
    void updateActions();
    Subject target() const;
    void askToKill(const Subject& subject, const observe::Consequences& foreseen);
    void perform(const Subject& subject, const Term& reason,
                 std::optional<observe::Consequences> foreseen);
    void tell(const std::shared_ptr<Deed>& deed);
    void tellStart(Start& start);
    OutcomeFacts factsOf(const Deed& deed) const;
    void sayTooLate(Pid pid);
    void rememberForAgain(const Subject& subject);
    BarStack* bars() const;
    InlineBar* say(const BarText& words, const QList<InlineBar::Action>& actions = {});

    ObserverContext& m_context;
    ActionRegistry& m_registry;
    QWidget& m_window;
    QList<QPointer<BarStack>> m_bars;
    QPointer<KillQuestion> m_killQuestion;
    QPointer<TermQuestion> m_termQuestion;
    std::vector<std::weak_ptr<Deed>> m_deeds; ///< whose bars may still change
    std::vector<std::weak_ptr<Start>> m_starts;
    std::optional<Subject> m_held; ///< what an open menu is about
    Subject m_again;
    QTimer m_againTimer;
    bool m_asks = true; ///< until "Do not ask again until Grove is closed"
};

} // namespace grove::ui
