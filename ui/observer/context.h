#pragma once

#include <ui/common/fade.h>
#include <ui/observer/exit_log.h>
#include <ui/observer/hooks.h>
#include <ui/observer/refresh_clock.h>
#include <ui/observer/subject.h>
#include <ui/observer/tree_model.h>

#include <QObject>

namespace grove::ui {

/// What all pages of the observer share: the node, the tree of places, the words of the program
/// around it, what is selected, and how processes ended. Listens to the node's notifications and
/// brings the tree up to date with them.
///
/// Threads: the window's only. Must outlive every page made with it; the node must outlive it.
class ObserverContext : public QObject {
    Q_OBJECT
public:
    /// `now` must tell the time that the node stamps places with; empty: this machine's.
    explicit ObserverContext(observe::Node& node, ObserverHooks hooks = {}, Now now = {},
                             QObject* parent = nullptr);
    ~ObserverContext() override;

    observe::Node& node() { return m_node; }
    TreeModel& tree() { return m_tree; }
    FadeDriver& fades() { return m_fades; }
    ExitLog& exits() { return m_exits; }
    RefreshClock& refresh() { return m_refresh; }
    const ObserverHooks& hooks() const { return m_hooks; }
    TimePoint now() const { return m_now(); }

    Subject subject() const { return m_subject; }
    /// Selects in the tree and the inspector. The pid may be one that is gone.
    void select(const Subject& subject);
    /// Returns: the process with the place it fills or filled last.
    Subject subjectOf(Pid pid);
    /// Returns: the place with the process there now.
    Subject subjectAt(observe::PlaceId id) const;
    /// Returns: what to call a process: the name of its place, else its name or label, else its
    /// pid.
    QString titleOf(Pid pid);
    /// Reads what changed since the last time.
    void pull();

signals:
    void subjectChanged();
    /// After there were new events or changes of the tree, and the tree took them over.
    void pulled();
    /// A link was followed: bring this process into view.
    void revealed(const grove::ui::Subject& subject);

private:
    observe::Node& m_node;
    ObserverHooks m_hooks;
    Now m_now;
    FadeDriver m_fades;
    TreeModel m_tree;
    ExitLog m_exits;
    RefreshClock m_refresh;
    QTimer m_ageing;
    Subject m_subject;
    std::uint64_t m_eventsNext = 0;
};

} // namespace grove::ui
