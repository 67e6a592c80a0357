#include "ui/memory_session.h"

#include <grove/todo/csv.h>
#include <ui/todo/dates.h>

#include <QFile>
#include <QFileInfo>

namespace grove::test {

using namespace todo;
using namespace ui;

struct MemorySession::Import {
    ImportRequest request;
    CsvOutput read;
    std::size_t next = 0;
    qint64 lines = 0;
    ImportReport report;
    std::vector<IdRange> added;
};

MemorySession::MemorySession(QObject* parent) : Session(parent) {
    put(QStringLiteral("Inbox"), {});
    m_importTimer.setInterval(0);
    connect(&m_importTimer, &QTimer::timeout, this, &MemorySession::importSome);
}

MemorySession::~MemorySession() = default;

ListId MemorySession::put(const QString& name, std::vector<NewEntry> entries) {
    const ListId id = m_nextList++;
    List list(id, name.toStdString());
    for (NewEntry& entry : entries)
        list.add(std::move(entry));
    m_lists.emplace(id, std::move(list));
    emit listsChanged();
    return id;
}

void MemorySession::hold() {
    m_held = true;
}

void MemorySession::release() {
    m_held = false;
    m_heldChanges = 0;
    for (const auto& [list, entries] : std::exchange(m_pending, {}))
        emit pendingChanged(list);
    emit savingChanged();
}

void MemorySession::setWaitingFor(const QString& reason, bool stopped) {
    m_waitingFor = reason;
    m_stopped = stopped;
    emit savingChanged();
}

void MemorySession::arrive(ListId list) {
    m_loading.erase(list);
    emit stateChanged(list);
    emit entriesChanged(list, {entries(list), {}});
}

void MemorySession::setUnread(bool unread) {
    m_unread = unread;
    emit listsChanged();
}

void MemorySession::setDisk(const DiskState& disk) {
    m_disk = disk;
    emit diskChanged();
}

int MemorySession::openCount(ListId list) const {
    const auto found = m_open.find(list);
    return found == m_open.end() ? 0 : found->second;
}

std::vector<ListInfo> MemorySession::lists() const {
    std::vector<ListInfo> infos;
    for (const auto& [id, list] : m_lists)
        if (!list.isDeleted() && !m_unread)
            infos.push_back({id, QString::fromStdString(list.name()), qint64(list.openCount()),
                             qint64(list.size() - list.openCount())});
    return infos;
}

void MemorySession::open(ListId list) {
    ++m_open[list];
    if (m_slow)
        m_loading.insert(list);
}

void MemorySession::close(ListId list) {
    --m_open[list];
}

ListState MemorySession::stateOf(ListId list) const {
    if (openCount(list) == 0)
        return ListState::Closed;
    return m_loading.contains(list) ? ListState::Loading : ListState::Ready;
}

std::vector<Entry> MemorySession::entries(ListId list) const {
    if (stateOf(list) != ListState::Ready)
        return {};
    return m_lists.at(list).entriesByDate();
}

bool MemorySession::isPending(ListId list, EntryId entry) const {
    const auto found = m_pending.find(list);
    return found != m_pending.end() && found->second.contains(entry);
}

bool MemorySession::nameIsTaken(const QString& name, ListId besides) const {
    for (const ListInfo& info : lists())
        if (info.id != besides && info.name.compare(name, Qt::CaseInsensitive) == 0)
            return true;
    return false;
}

Checked<Applied> MemorySession::apply(ListId list, const Change& change) {
    const auto checked = checkChange(change);
    if (!checked)
        return std::unexpected(checked.error());
    if (const auto* rename = std::get_if<RenameList>(&*checked))
        if (nameIsTaken(QString::fromStdString(rename->name), list))
            return std::unexpected(nameTaken(rename->name));
    auto applied = m_lists.at(list).apply(*checked);
    if (applied)
        report(list, *applied);
    return applied;
}

void MemorySession::report(ListId list, const Applied& applied) {
    EntriesChange changed;
    for (const IdRange& range : applied.touched)
        for (EntryId id = range.first; id <= range.last; ++id) {
            if (const Entry* entry = m_lists.at(list).find(id))
                changed.upserted.push_back(*entry);
            else
                changed.removed.push_back(id);
            if (m_held)
                m_pending[list].insert(id);
        }
    if (m_held && m_heldChanges++ == 0)
        m_heldSince.start();
    emit entriesChanged(list, changed);
    emit listsChanged();
    if (m_held)
        emit pendingChanged(list);
    emit savingChanged();
}

Checked<void> MemorySession::submit(ListId list, Change change, const QString& name) {
    const auto applied = apply(list, change);
    if (!applied)
        return std::unexpected(applied.error());
    m_undo.push_back({list, applied->inverse, name});
    m_redo.clear();
    emit undoChanged();
    return {};
}

Checked<ListId> MemorySession::createList(const QString& name, std::vector<NewEntry> entries,
                                          const QString& undo) {
    const auto checked = checkListName(name.toStdString());
    if (!checked)
        return std::unexpected(checked.error());
    if (nameIsTaken(QString::fromStdString(*checked), 0))
        return std::unexpected(nameTaken(*checked));
    const ListId id = put(QString::fromStdString(*checked), std::move(entries));
    m_undo.push_back({id, DeleteList{}, undo});
    m_redo.clear();
    emit undoChanged();
    return id;
}

QString MemorySession::undoName() const {
    return m_undo.empty() ? QString() : m_undo.back().name;
}

QString MemorySession::redoName() const {
    return m_redo.empty() ? QString() : m_redo.back().name;
}

void MemorySession::stepBack(std::vector<Step>& from, std::vector<Step>& to) {
    if (from.empty())
        return;
    const Step step = from.back();
    from.pop_back();
    if (const auto applied = apply(step.list, step.change))
        to.push_back({step.list, applied->inverse, step.name});
    else
        emit refused(step.list, QString::fromStdString(applied.error().why));
    emit undoChanged();
}

void MemorySession::undo() {
    stepBack(m_undo, m_redo);
}

void MemorySession::redo() {
    stepBack(m_redo, m_undo);
}

Saving MemorySession::saving() const {
    return {m_heldChanges, m_heldChanges > 0 ? m_heldSince.elapsed() : 0, m_waitingFor, m_stopped};
}

void MemorySession::previewImport(const QString& path) {
    ImportPreview preview;
    preview.path = path;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || file.size() == 0) {
        preview.problem =
            tr("<b>Nothing to import: %1 is empty.</b>").arg(QFileInfo(path).fileName());
    } else {
        CsvParser parser;
        CsvOutput read;
        parser.feed(file.readAll().toStdString(), read);
        parser.finish(read);
        preview.linesAbout = qint64(parser.lineCount());
        for (const CsvRow& row : read.rows)
            preview.lines.push_back({qint64(row.line),
                                     {},
                                     QString::fromStdString(row.entry.title),
                                     toQDate(row.entry.date),
                                     {}});
        for (const CsvReject& reject : read.rejects)
            preview.lines.push_back({qint64(reject.line),
                                     QString::fromStdString(reject.text),
                                     {},
                                     {},
                                     QString::fromStdString(reject.reason)});
        std::ranges::sort(preview.lines, {}, &ImportLine::line);
        if (preview.lines.size() > 20)
            preview.lines.resize(20);
    }
    QTimer::singleShot(0, this, [this, preview] { emit importPreviewed(preview); });
}

void MemorySession::startImport(const ImportRequest& request) {
    m_import = std::make_unique<Import>();
    m_import->request = request;
    QFile file(request.path);
    if (file.open(QIODevice::ReadOnly)) {
        CsvParser parser;
        parser.feed(file.readAll().toStdString(), m_import->read);
        parser.finish(m_import->read);
        m_import->lines = qint64(parser.lineCount());
    }
    ImportReport& report = m_import->report;
    report.list = request.list != 0 ? request.list : put(request.newListName, {});
    report.listName = listInfo(report.list).name;
    report.linesAbout = m_import->lines;
    report.rejectedCount = qint64(m_import->read.rejects.size());
    for (const CsvReject& reject : m_import->read.rejects)
        report.rejected.push_back({qint64(reject.line),
                                   QString::fromStdString(reject.text),
                                   {},
                                   {},
                                   QString::fromStdString(reject.reason)});
    m_importRunning = true;
    m_importTimer.start();
}

void MemorySession::importSome() {
    Import& import = *m_import;
    AddEntries add;
    while (import.next < import.read.rows.size() && int(add.entries.size()) < m_importStep)
        add.entries.push_back(import.read.rows[import.next++].entry);
    if (add.entries.empty()) {
        endImport(false);
        return;
    }
    const auto applied = apply(import.report.list, add);
    for (const IdRange& range : applied->touched)
        appendRange(import.added, range);
    import.report.imported += qint64(add.entries.size());
    import.report.stoppedAtLine = qint64(import.read.rows[import.next - 1].line);
    emit importProgressed({import.report.stoppedAtLine, import.lines, import.report.imported});
}

void MemorySession::endImport(bool cancelled) {
    m_importTimer.stop();
    m_importRunning = false;
    ImportReport& report = m_import->report;
    report.cancelled = cancelled;
    if (!m_import->added.empty()) {
        m_undo.push_back({report.list, DeleteEntries{std::exchange(m_import->added, {})},
                          tr("import %1 entries").arg(report.imported)});
        emit undoChanged();
    }
    emit importFinished(report);
}

void MemorySession::cancelImport() {
    QTimer::singleShot(0, this, [this] {
        if (importRunning())
            endImport(true);
    });
}

QString MemorySession::importName() const {
    return m_import ? QFileInfo(m_import->request.path).fileName() : QString();
}

void MemorySession::continueImport() {
    m_importRunning = true;
    m_importTimer.start();
}

} // namespace grove::test
