#include "todo_session.h"

#include "import_run.h"

#include <grove/otp/registry.h>

#include <algorithm>

namespace grove::ui {

namespace {

constexpr int kSavingLookMs = 100;
constexpr int kRefreshMs = 50;

QString text(std::string_view utf8) {
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

todo::Refused readOnlyRefusal(const QString& why) {
    return {(why + QLatin1Char(' ') + TodoSession::tr("Changes are not possible.")).toStdString()};
}

/// Changes that the sidebar shows.
bool concernsList(const todo::Change& change) {
    return std::holds_alternative<todo::RenameList>(change) ||
           std::holds_alternative<todo::DeleteList>(change) ||
           std::holds_alternative<todo::RestoreList>(change);
}

} // namespace

TodoSession::TodoSession(Runtime& runtime, QtHost& host, int workers, QString readOnly)
    : m_runtime(runtime), m_host(host), m_workers(workers), m_readOnly(std::move(readOnly)),
      m_client(
          runtime, *this,
          {.workers = workers, .server = {.workers = workers}, .name = todo::drawClientName()}),
      m_import(std::make_unique<ImportRun>(*this)) {
    m_savingTimer.setInterval(kSavingLookMs);
    connect(&m_savingTimer, &QTimer::timeout, this, &TodoSession::savingMayHaveChanged);
    m_refreshTimer.setSingleShot(true);
    m_refreshTimer.setInterval(kRefreshMs);
    connect(&m_refreshTimer, &QTimer::timeout, this, &TodoSession::refreshLists);
    m_client.readLists();
}

TodoSession::~TodoSession() = default;

// -- what there is
// ----------------------------------------------------------------------------------------------

std::vector<ListInfo> TodoSession::lists() const {
    std::vector<ListInfo> out;
    for (const auto& [id, known] : m_known) {
        if (known.isDeleted)
            continue;
        ListInfo info{.id = id, .name = known.name, .openCount = 0, .doneCount = 0};
        const auto shown = m_shown.find(id);
        if (shown != m_shown.end() && shown->second.list.isLoaded()) {
            const todo::List& list = shown->second.list.shown();
            info.openCount = static_cast<qint64>(list.openCount());
            info.doneCount = static_cast<qint64>(list.size() - list.openCount());
        } else {
            info.openCount = known.summary.openEntries;
            info.doneCount = known.summary.entries - known.summary.openEntries;
        }
        out.push_back(std::move(info));
    }
    return out;
}

void TodoSession::refreshLists() {
    m_client.readLists();
}

void TodoSession::refreshListsSoon() {
    if (!m_refreshTimer.isActive())
        m_refreshTimer.start();
}

void TodoSession::open(todo::ListId list) {
    Shown& shown = m_shown[list];
    if (shown.openCount++ > 0)
        return;
    m_client.open(list);
}

void TodoSession::close(todo::ListId list) {
    const auto found = m_shown.find(list);
    if (found == m_shown.end() || --found->second.openCount > 0)
        return;
    m_client.close(list);
    if (!found->second.list.hasPending())
        m_shown.erase(found);
    refreshListsSoon();
}

ListState TodoSession::stateOf(todo::ListId list) const {
    const auto found = m_shown.find(list);
    return found == m_shown.end() || found->second.openCount == 0 ? ListState::Closed
                                                                  : found->second.state;
}

std::vector<todo::Entry> TodoSession::entries(todo::ListId list) const {
    const auto found = m_shown.find(list);
    if (found == m_shown.end() || !found->second.list.isLoaded())
        return {};
    const auto all = found->second.list.shown().entries();
    return {all.begin(), all.end()};
}

bool TodoSession::isPending(todo::ListId list, todo::EntryId entry) const {
    const auto found = m_shown.find(list);
    return found != m_shown.end() && found->second.list.isPending(entry);
}

Pid TodoSession::serverOf(todo::ListId list) const {
    static const Atom registry = atom(todo::Cache::kRegistry);
    return otp::Registry::whereis(m_runtime, registry, todo::Cache::keyOf(list)).value_or(Pid());
}

// -- changes
// ----------------------------------------------------------------------------------------------------

todo::Checked<void> TodoSession::checkListChange(todo::ListId list,
                                                 const todo::Change& change) const {
    if (const auto* rename = std::get_if<todo::RenameList>(&change))
        for (const auto& [id, known] : m_known)
            if (id != list && !known.isDeleted && known.name == text(rename->name))
                return std::unexpected(todo::nameTaken(rename->name));
    if (std::holds_alternative<todo::DeleteList>(change) && list == todo::kInbox)
        return std::unexpected(todo::inboxStays());
    return {};
}

void TodoSession::showListChange(todo::ListId list, const todo::Change& change, int unanswered) {
    const auto found = m_known.find(list);
    if (found == m_known.end())
        return;
    Known& known = found->second;
    known.unanswered += unanswered;
    if (const auto* rename = std::get_if<todo::RenameList>(&change))
        known.name = text(rename->name);
    else
        known.isDeleted = std::holds_alternative<todo::DeleteList>(change);
    emit listsChanged();
}

void TodoSession::tell(todo::ListId list, const EntriesChange& change) {
    if (change.upserted.empty() && change.removed.empty())
        return;
    emit entriesChanged(list, change);
    emit listsChanged();
}

todo::Checked<void> TodoSession::begin(const todo::OperationId& operation, todo::ListId list,
                                       const todo::Change& change) {
    if (concernsList(change)) {
        if (auto checked = checkListChange(list, change); !checked)
            return checked;
        m_listChanges.emplace(operation, change);
        showListChange(list, change, +1);
    }
    const auto found = m_shown.find(list);
    if (found != m_shown.end()) {
        auto shown = found->second.list.begin(operation, change);
        if (!shown)
            return std::unexpected(std::move(shown.error()));
        m_client.submit(operation, list, change);
        emit pendingChanged(list);
        tell(list, *shown);
    } else {
        m_client.submit(operation, list, change);
    }
    m_unanswered.insert(operation);
    savingMayHaveChanged();
    return {};
}

todo::Checked<void> TodoSession::submit(todo::ListId list, todo::Change change,
                                        const QString& undoName) {
    if (!m_readOnly.isEmpty())
        return std::unexpected(readOnlyRefusal(m_readOnly));
    auto checked = todo::checkChange(std::move(change));
    if (!checked)
        return std::unexpected(std::move(checked.error()));
    const todo::OperationId operation = m_client.newOperation();
    if (auto begun = begin(operation, list, *checked); !begun)
        return begun;
    m_history.began(operation, list, undoName.toStdString());
    emit undoChanged();
    return {};
}

todo::Checked<todo::ListId> TodoSession::createList(const QString& name,
                                                    std::vector<todo::NewEntry> entries,
                                                    const QString& undoName) {
    if (!m_readOnly.isEmpty())
        return std::unexpected(readOnlyRefusal(m_readOnly));
    auto checked = todo::checkListName(name.toStdString());
    if (!checked)
        return std::unexpected(std::move(checked.error()));
    if (!entries.empty()) {
        auto kept = todo::checkChange(todo::AddEntries{std::move(entries)});
        if (!kept)
            return std::unexpected(std::move(kept.error()));
        entries = std::get<todo::AddEntries>(*std::move(kept)).entries;
    }
    const QString kept = text(*checked);
    for (const auto& [id, known] : m_known)
        if (!known.isDeleted && known.name == kept)
            return std::unexpected(todo::nameTaken(*checked));
    const todo::ListId id = m_client.newListId();
    const todo::OperationId operation = m_client.newOperation();
    Known& known = m_known[id];
    known.summary = {.id = id, .name = *checked};
    known.summary.entries = known.summary.openEntries = static_cast<std::int64_t>(entries.size());
    known.name = kept;
    known.unanswered = 1;
    m_listChanges.emplace(operation, todo::RestoreList{});
    m_unanswered.insert(operation);
    m_client.createList(operation, id, *checked, std::move(entries));
    m_history.began(operation, id, undoName.toStdString());
    emit listsChanged();
    emit undoChanged();
    savingMayHaveChanged();
    return id;
}

QString TodoSession::undoName() const {
    return text(m_history.undoName());
}

QString TodoSession::redoName() const {
    return text(m_history.redoName());
}

void TodoSession::step(std::optional<todo::UndoHistory::Step> step,
                       const todo::OperationId& operation) {
    if (!step)
        return;
    if (auto begun = begin(operation, step->list, step->change); !begun) {
        m_history.refused(operation);
        emit refused(step->list, text(begun.error().why));
    }
    emit undoChanged();
}

void TodoSession::stepWanted() {
    while (m_history.hasNext()) {
        const todo::OperationId operation = m_client.newOperation();
        step(m_history.next(operation), operation);
    }
}

void TodoSession::undo() {
    m_history.wantUndo(); // how to take it back is known when it is on disk
    stepWanted();
}

void TodoSession::redo() {
    m_history.wantRedo();
    stepWanted();
}

} // namespace grove::ui
