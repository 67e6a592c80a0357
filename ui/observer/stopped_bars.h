#pragma once

#include <grove/observe/tree.h>

#include <QHash>
#include <QObject>
#include <QPointer>

namespace grove::ui {

class BarStack;
class InlineBar;
class ObserverContext;
class ProcessActions;

/// A bar with Start and Why? for every application that has stopped, in one stack of bars, as long
/// as it is stopped. All must outlive it.
class StoppedBars : public QObject {
    Q_OBJECT
public:
    StoppedBars(ObserverContext& context, ProcessActions& actions, BarStack& bars);
    /// While it is said beside this page (in a split), it is not said here again.
    void setQuiet(bool quiet);

private:
    void update();
    void showWhy(observe::PlaceId id);
    QString textOf(const observe::Place& application) const;

    ObserverContext& m_context;
    ProcessActions& m_actions;
    BarStack& m_bars;
    QHash<observe::PlaceId, QPointer<InlineBar>> m_shown;
    bool m_quiet = false;
};

} // namespace grove::ui
