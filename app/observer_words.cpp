#include "observer_words.h"

#include <ui/bridge/todo_session.h>
#include <ui/todo/todo_page.h>
#include <ui/window/main_window.h>

#include <QCoreApplication>
#include <QLocale>

#include <map>
#include <set>

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

QString countOf(std::size_t count) {
    return QLocale().toString(static_cast<qulonglong>(count));
}

/// "7 of 7 entries there."
QString foundText(const ui::Reread& read) {
    QString words = tr("%1 of %2 entries there.").arg(countOf(read.found), countOf(read.known));
    if (read.isOlder)
        words += QLatin1Char(' ') + tr("Changes that were saved are missing.");
    return words;
}

/// What becomes of lists that are shown and of changes that wait.
class ListWitness final : public QObject, public ui::Witness {
public:
    explicit ListWitness(ui::TodoSession& session)
        : m_session(session), m_waiting(session.unanswered()), m_waited(m_waiting.size()) {
        connect(&session, &ui::TodoSession::listReread, this,
                [this](todo::ListId list, const ui::Reread& read) {
                    m_rereads.try_emplace(list, read); // what comes later has another cause
                });
        connect(&session, &ui::TodoSession::changeAnswered, this,
                [this](const std::string& operation, bool isDone) {
                    if (m_waiting.erase(operation) > 0 && !isDone)
                        ++m_refused;
                });
    }

    ui::BarText whatHappened(const Outcome& outcome) const override {
        const todo::ListId list = reopened(outcome);
        if (list == 0)
            return {};
        const QString words =
            tr("<b>%1's process was killed.</b> The window reopened it in %2 ms")
                .arg(m_session.listInfo(list).name.toHtmlEscaped(), recoveryText(outcome.recovery));
        const auto read = m_rereads.find(list);
        if (read == m_rereads.end())
            return {ui::BarKind::Info, words + QLatin1Char('.')};
        return {read->second.isWhole() ? ui::BarKind::Success : ui::BarKind::Danger,
                words + QStringLiteral(": ") + foundText(read->second)};
    }

    QString kept(const Outcome& outcome) const override {
        QStringList parts;
        const todo::ListId own = reopened(outcome);
        for (const auto& [list, read] : m_rereads)
            if (list != own)
                parts.append(
                    QStringLiteral("%1: %2").arg(m_session.listInfo(list).name, foundText(read)));
        if (m_waited > 0)
            parts.append(m_waited == 1
                             ? tr("1 write waited; %1").arg(waitedText())
                             : tr("%1 writes waited; %2").arg(countOf(m_waited), waitedText()));
        return parts.join(QLatin1Char(' '));
    }

    QString keptAfterStart() const override {
        if (m_waited == 0 || !m_waiting.empty() || m_refused > 0)
            return {};
        return m_waited == 1 ? tr("1 change was saved.")
                             : tr("%1 changes were saved.").arg(countOf(m_waited));
    }

private:
    /// The list whose server was ended and is there again; 0: none.
    [[nodiscard]] todo::ListId reopened(const Outcome& outcome) const {
        if (outcome.verdict != observe::Verdict::NotRestarted || !outcome.successor)
            return 0;
        for (const auto& [list, read] : m_rereads)
            if (read.server == outcome.successor)
                return list;
        return listOf(m_session, outcome.successor);
    }

    [[nodiscard]] QString waitedText() const {
        if (!m_waiting.empty())
            return tr("%1 not saved yet.").arg(countOf(m_waiting.size()));
        if (m_refused > 0)
            return tr("%1 refused.").arg(countOf(m_refused));
        return m_waited == 1   ? tr("it is saved.")
               : m_waited == 2 ? tr("both are saved.")
                               : tr("all are saved.");
    }

    const ui::TodoSession& m_session;
    std::set<todo::OperationId> m_waiting; ///< of those that waited when it began: not answered
    const std::size_t m_waited;
    std::size_t m_refused = 0;
    std::map<todo::ListId, ui::Reread> m_rereads; ///< the first of each list since it began
};

} // namespace

ui::ObserverHooks observerHooks(ui::TodoSession& session, ui::MainWindow& window) {
    ui::ObserverHooks hooks;
    hooks.whatWillHappen = [&session](const Consequences& what) {
        return whatWillHappen(session, what);
    };
    hooks.kept = [&session](const Consequences& what) { return kept(session, what); };
    hooks.watch = [&session] { return std::make_shared<ListWitness>(session); };
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
        if (place.kind != observe::PlaceKind::DynamicSupervisor || place.name != "Cache")
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
