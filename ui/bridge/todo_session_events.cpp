// What comes back to the session: from the disk through the client, and from the window's process.
#include "import_run.h"
#include "todo_session.h"

#include <grove/otp/places.h>
#include <grove/runtime/blocking.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/timers.h>
#include <grove/storage/log_sync.h>
#include <grove/storage/write_turn.h>
#include <grove/todo/database.h>

#include <malloc.h>

namespace grove::ui {

namespace {

QString text(std::string_view utf8) {
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

/// From how many entries on the copies that a list passes through are worth giving back.
constexpr std::size_t kLargeList = 20'000;
constexpr auto kGiveBackAfter = std::chrono::seconds(1);

/// The system gets back what a list took on its way from the disk to the screen: glibc's allocator
/// keeps it, and nothing of that size may follow for hours. (The program's gives back by itself.)
Task<> giveMemoryBack() {
    co_await sleep(kGiveBackAfter); // the rows are made by then
    co_await blocking([] { return malloc_trim(0); });
}

} // namespace

// -- the window's process
// ---------------------------------------------------------------------------------------

void TodoSession::began() {
    m_process = self();
    m_client.attach();
    m_import->began();
    savingMayHaveChanged();
}

void TodoSession::handle(Message message) {
    if (message.payload().kind() == Payload::Kind::Callable)
        return message.payload().callable().run();
    // What is nobody's is a message that a person sent to the window's process.
    if (!m_import->handle(message))
        static_cast<void>(m_client.handle(message));
}

void TodoSession::ended() noexcept {
    m_process = {};
    m_client.detach();
}

void TodoSession::inProcess(std::function<void()> work) {
    if (m_process)
        m_runtime.send(m_process,
                       Payload(Callable{std::move(work), std::source_location::current()}));
}

// -- the client
// -------------------------------------------------------------------------------------------------

void TodoSession::answered(const todo::OperationId& operation, todo::ListId list,
                           const todo::ChangeAnswer& answer) {
    m_unanswered.erase(operation);
    const auto listChange = m_listChanges.find(operation);
    if (listChange != m_listChanges.end()) {
        const auto known = m_known.find(list);
        if (known != m_known.end())
            --known->second.unanswered;
        m_listChanges.erase(listChange);
        refreshListsSoon();
    }
    if (answer.done && answer.applied) {
        m_history.finished(operation, answer.applied->inverse);
    } else {
        m_history.refused(operation);
    }
    const auto shown = m_shown.find(list);
    if (shown != m_shown.end()) {
        tell(list, shown->second.list.answered(operation, answer));
        emit pendingChanged(list);
        if (shown->second.openCount == 0 && !shown->second.list.hasPending())
            m_shown.erase(shown);
    } else {
        refreshListsSoon();
    }
    if (!answer.done) {
        refreshListsSoon();
        emit refused(list, text(answer.why));
    }
    emit changeAnswered(operation, answer.done);
    if (m_client.pendingCount(list) == 0)
        setTrouble({.list = list}); // whoever would say that it is over may have ended
    emit undoChanged();
    savingMayHaveChanged();
    stepWanted();
}

void TodoSession::listLoaded(todo::ListId list, todo::ListData data) {
    const auto found = m_shown.find(list);
    if (found == m_shown.end())
        return;
    std::optional<Reread> reread;
    if (found->second.list.isLoaded()) {
        reread = found->second.list.compare(data);
        reread->server = serverOf(list);
    }
    if (data.entries.size() >= kLargeList)
        m_runtime.spawnOpt({.label = atom("memory")}, &giveMemoryBack);
    const EntriesChange change = found->second.list.load(std::move(data));
    found->second.state = ListState::Ready;
    emit stateChanged(list);
    emit entriesChanged(list, change);
    emit listsChanged();
    if (reread)
        emit listReread(list, *reread);
}

void TodoSession::listMissing(todo::ListId list) {
    const auto found = m_shown.find(list);
    if (found == m_shown.end())
        return;
    found->second.list.forget();
    refreshListsSoon();
}

void TodoSession::listChanged(const todo::ListChanged& changed) {
    const auto found = m_shown.find(changed.list);
    if (found == m_shown.end())
        return;
    tell(changed.list, found->second.list.landed(changed));
    if (!m_listChanges.contains(changed.operation) && found->second.list.isLoaded() &&
        m_known.contains(changed.list) &&
        text(found->second.list.shown().name()) != m_known[changed.list].name)
        refreshListsSoon();
}

void TodoSession::listAway(todo::ListId list) {
    const auto found = m_shown.find(list);
    if (found == m_shown.end() || !found->second.list.isLoaded())
        return;
    found->second.state = ListState::Away;
    emit stateChanged(list);
}

void TodoSession::listsRead(std::vector<todo::ListSummary> lists) {
    for (todo::ListSummary& summary : lists) {
        Known& known = m_known[summary.id];
        if (known.unanswered == 0) {
            known.name = text(summary.name);
            known.isDeleted = summary.deleted;
        }
        known.summary = std::move(summary);
    }
    // A list that was made here and then refused is nowhere on disk.
    std::erase_if(m_known, [&](const auto& entry) {
        const auto& [id, known] = entry;
        return known.unanswered == 0 && known.summary.version == 0 &&
               std::ranges::none_of(lists,
                                    [id](const todo::ListSummary& on) { return on.id == id; });
    });
    m_listsAreRead = true;
    emit listsChanged();
    emit listsWereRead();
}

void TodoSession::storageTrouble(const todo::StorageTrouble& trouble) {
    setTrouble(trouble);
}

void TodoSession::setTrouble(const todo::StorageTrouble& trouble) {
    const DiskState before = disk();
    if (trouble.why.empty())
        m_troubles.erase(trouble.list);
    else
        m_troubles.insert_or_assign(trouble.list, trouble);
    if (disk() == before)
        return;
    emit diskChanged();
    savingMayHaveChanged();
}

DiskState TodoSession::disk() const {
    using Kind = DiskState::Kind;
    if (!m_readOnly.isEmpty())
        return {.kind = Kind::ReadOnly, .what = m_readOnly};
    DiskState state;
    for (const auto& [list, trouble] : m_troubles)
        if (state.kind == Kind::Fine || trouble.kind == storage::SqlKind::Full)
            state = trouble.kind == storage::SqlKind::Full
                        ? DiskState{.kind = Kind::Full, .what = {}}
                        : DiskState{.kind = Kind::Failing, .what = text(trouble.why)};
    return state;
}

void TodoSession::tryDiskAgain() {
    if (!m_readOnly.isEmpty()) {
        emit reopenWanted(false);
        return;
    }
    for (const auto& [list, trouble] : m_troubles)
        if (const Pid server = serverOf(list))
            m_runtime.send(server, todo::ListServer::Resend{});
}

void TodoSession::chooseOtherFolder() {
    emit reopenWanted(true);
}

// -- the truth about saving
// -------------------------------------------------------------------------------------

bool TodoSession::isApplicationRunning() const {
    const auto status = extension<otp::Applications>(m_runtime).status("todo");
    return status && status->state == otp::ApplicationState::Running;
}

QString TodoSession::waitingFor() const {
    const DiskState state = disk();
    if (state.kind == DiskState::Kind::Full)
        return tr("the disk is full");
    if (state.kind == DiskState::Kind::Failing)
        return tr("the disk takes no changes");
    const auto& places = extension<otp::Places>(m_runtime);
    for (const otp::Place& place : places.changesSince(0).changed)
        if (place.state == otp::PlaceState::Restarting)
            return tr("%1 is restarting").arg(text(place.title));
    for (const Pid pid : wayToTheDisk()) {
        const auto row = m_runtime.peekRow(pid);
        if (!row || row->status != ProcessStatus::Suspended)
            continue;
        if (const auto place = places.find(places.placeOf(pid)))
            return tr("%1 is suspended").arg(text(place->title));
    }
    return {};
}

std::vector<Pid> TodoSession::wayToTheDisk() const {
    const auto named = [this](Atom name) { return m_runtime.whereis(name).value_or(Pid()); };
    std::vector<Pid> way{named(todo::Database::writer()), named(atom(storage::kLogSyncName)),
                         named(atom(storage::WriteTurn::kName))};
    for (const todo::ListId list : m_client.pendingLists()) {
        const Pid server = serverOf(list);
        way.push_back(server ? server : named(atom(todo::Cache::kName))); // which starts it
    }
    return way;
}

Saving TodoSession::saving() const {
    Saving out;
    out.changes = static_cast<int>(m_client.pendingCount());
    if (out.changes == 0)
        return out;
    if (const auto oldest = m_client.oldestPending())
        out.oldestMs = std::chrono::duration_cast<std::chrono::milliseconds>(*oldest).count();
    out.stopped = !isApplicationRunning();
    out.waitingFor = waitingFor();
    return out;
}

void TodoSession::savingMayHaveChanged() {
    const bool isPendingNow = m_client.pendingCount() > 0;
    if (isPendingNow != m_savingTimer.isActive())
        isPendingNow ? m_savingTimer.start() : m_savingTimer.stop();
    emit savingChanged();
}

// -- import
// -----------------------------------------------------------------------------------------------------

void TodoSession::previewImport(const QString& path) {
    m_import->preview(path);
}
void TodoSession::startImport(const ImportRequest& request) {
    m_import->start(request);
}
void TodoSession::cancelImport() {
    m_import->cancel();
}
void TodoSession::continueImport() {
    m_import->resume();
}
bool TodoSession::importRunning() const {
    return m_import->isRunning();
}
QString TodoSession::importName() const {
    return m_import->fileName();
}

} // namespace grove::ui
