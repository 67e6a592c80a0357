#include "observer_words.h"

#include <ui/bridge/todo_session.h>
#include <ui/todo/todo_page.h>
#include <ui/window/main_window.h>

#include <QCoreApplication>
#include <QLocale>

namespace grove::app {

namespace {

using observe::Consequences;
using observe::Outcome;

QString tr(const char* text) {
    return QCoreApplication::translate("ObserverWords", text);
}

/// The list whose server this process is; 0 if it is none.
todo::ListId listOf(const ui::TodoSession& session, Pid pid) {
    for (const ui::ListInfo& list : session.lists())
        if (session.serverOf(list.id) == pid)
            return list.id;
    return 0;
}

QString changesWait(const ui::TodoSession& session) {
    const int waiting = session.saving().changes;
    if (waiting == 0)
        return {};
    return waiting == 1 ? tr("1 change waits here.")
                        : tr("%1 changes wait here.").arg(QLocale().toString(waiting));
}

bool isListServer(const Consequences& what) {
    return !what.affected.empty() && what.affected.front().fate == observe::Fate::Reopens;
}

QString whatWillHappen(const ui::TodoSession& session, const Consequences& what) {
    if (what.verdict != observe::Verdict::NotRestarted || !isListServer(what))
        return {};
    const todo::ListId list = listOf(session, what.pid);
    if (list != 0 && session.stateOf(list) != ui::ListState::Closed)
        return tr("Its supervisor does not restart it (temporary). The window has this list open "
                  "and asks for it "
                  "again.");
    return tr("Nothing restarts it (temporary). It is opened again when the list is next used.");
}

QString kept(const ui::TodoSession& session, const Consequences& what) {
    if (what.application != "todo")
        return {};
    const int waiting = session.saving().changes;
    if (waiting == 0)
        return tr("every saved entry");
    return waiting == 1 ? tr("every saved entry; 1 queued write is sent again")
                        : tr("every saved entry; %1 queued writes are sent again")
                              .arg(QLocale().toString(waiting));
}

QString recoveryText(std::chrono::nanoseconds recovery) {
    const double ms = std::chrono::duration<double, std::milli>(recovery).count();
    return QLocale().toString(ms, 'f', ms < 100 ? 1 : 0);
}

QString whatHappened(const ui::TodoSession& session, const Outcome& outcome) {
    if (outcome.verdict != observe::Verdict::NotRestarted || !outcome.successor)
        return {};
    const todo::ListId list = listOf(session, outcome.successor);
    if (list == 0)
        return {};
    const ui::ListInfo info = session.listInfo(list);
    const qint64 entries = info.openCount + info.doneCount;
    return tr("<b>%1's process was killed.</b> The window reopened it in %2 ms: %3 entries there.")
        .arg(info.name.toHtmlEscaped(), recoveryText(outcome.recovery),
             QLocale().toString(entries));
}

} // namespace

ui::ObserverHooks observerHooks(ui::TodoSession& session, ui::MainWindow& window) {
    ui::ObserverHooks hooks;
    hooks.whatWillHappen = [&session](const Consequences& what) {
        return whatWillHappen(session, what);
    };
    hooks.kept = [&session](const Consequences& what) { return kept(session, what); };
    hooks.whatHappened = [&session](const Outcome& outcome) {
        return whatHappened(session, outcome);
    };
    hooks.applicationTitle = [](const QString& name) {
        return name == "todo" ? tr("to-do") : name;
    };
    hooks.keptWhileStopped = [&session](const QString& name) {
        if (name != "todo")
            return QString();
        const QString waiting = changesWait(session);
        return waiting.isEmpty() ? tr("Saved entries are on disk.")
                                 : tr("Saved entries are on disk; ") + waiting;
    };
    hooks.note = [&session](const observe::Place& place) {
        if (place.kind != observe::PlaceKind::DynamicSupervisor || place.name != "cache")
            return QString();
        qsizetype lists = 0;
        qsizetype open = 0;
        for (const ui::ListInfo& list : session.lists()) {
            ++lists;
            open += session.serverOf(list.id).isNone() ? 0 : 1;
        }
        return tr("%1 of %2 lists open").arg(QLocale().toString(open), QLocale().toString(lists));
    };
    hooks.kind = [](const observe::Place& place) {
        return place.reopens ? tr("list server") : QString(); // nothing else is opened on use
    };
    hooks.isWindow = [&session](Pid pid) { return !pid.isNone() && pid == session.process(); };
    hooks.hasHome = [&session](Pid pid) { return listOf(session, pid) != 0; };
    hooks.goHome = [&session, &window](Pid pid) {
        const todo::ListId list = listOf(session, pid);
        if (list == 0)
            return;
        window.showList(list);
        window.todoPage()->focusTarget()->setFocus(Qt::ShortcutFocusReason);
    };
    return hooks;
}

} // namespace grove::app
