#include "import_run.h"

#include "todo_session.h"

#include <grove/runtime/blocking.h>
#include <grove/runtime/process.h>
#include <ui/todo/undo_names.h>

#include <QFileInfo>
#include <QPointer>

#include <algorithm>

namespace grove::ui {

namespace {

constexpr std::size_t kPreviewLines = 20;

QString text(std::string_view utf8) {
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

QDate qdate(const std::optional<todo::Date>& date) {
    if (!date)
        return {};
    return {int(date->year()), static_cast<int>(unsigned(date->month())),
            static_cast<int>(unsigned(date->day()))};
}

ImportLine rejectedLine(const todo::CsvReject& reject) {
    return {.line = static_cast<qint64>(reject.line),
            .text = text(reject.text),
            .title = {},
            .date = {},
            .reason = text(reject.reason)};
}

ImportPreview problemPreview(const QString& path, const todo::ImportFault& fault) {
    ImportPreview out;
    out.path = path;
    out.problem = QStringLiteral("<b>%1</b>").arg(text(todo::print(fault)).toHtmlEscaped());
    return out;
}

/// Reads the start of the file. Blocks.
ImportPreview readPreview(const QString& path) {
    auto file = todo::CsvFile::open(path.toStdString());
    if (!file)
        return problemPreview(path, file.error());
    todo::CsvOutput output;
    auto more = file->readChunk(output);
    if (!more)
        return problemPreview(path, more.error());
    ImportPreview out;
    out.path = path;
    const auto lines = std::max<std::uint64_t>(file->parser().lineCount(), 1);
    const auto read = std::max<std::uint64_t>(file->bytesRead(), 1);
    out.linesAbout = static_cast<qint64>(lines * std::max(file->sizeBytes(), read) / read);
    for (const todo::CsvRow& row : output.rows)
        out.lines.push_back({.line = static_cast<qint64>(row.line),
                             .text = {},
                             .title = text(row.entry.title),
                             .date = qdate(row.entry.date),
                             .reason = {}});
    for (const todo::CsvReject& reject : output.rejects)
        out.lines.push_back(rejectedLine(reject));
    std::ranges::sort(out.lines, {}, &ImportLine::line);
    if (out.lines.size() > kPreviewLines)
        out.lines.resize(kPreviewLines);
    return out;
}

Task<> previewProcess(QString path, QtHost* host, QPointer<TodoSession> session) {
    ImportPreview preview =
        co_await blocking([path = std::move(path)] { return readPreview(path); });
    host->post([session, preview = std::move(preview)] {
        if (session)
            emit session->importPreviewed(preview);
    });
}

} // namespace

void ImportRun::preview(const QString& path) {
    m_session.m_runtime.spawnOpt({.label = atom("import preview")}, &previewProcess, path,
                                 &m_session.m_host, QPointer<TodoSession>(&m_session));
}

void ImportRun::start(const ImportRequest& request) {
    m_job = {};
    m_job.path = request.path.toStdString();
    m_job.list = request.list;
    m_job.id = m_session.m_client.newOperation();
    m_job.workers = m_session.m_workers;
    m_job.skipEqual = request.skipEqual;
    m_step.clear();
    m_importedBefore = 0;
    m_linesAbout = 0;
    if (request.list == 0) {
        auto made = m_session.createList(request.newListName, {},
                                         QObject::tr("import '%1'").arg(request.newListName));
        if (!made) {
            emit m_session.importFinished({.problem = text(made.error().why)});
            return;
        }
        m_job.list = *made;
    }
    m_listName = m_session.listInfo(m_job.list).name;
    if (request.list != 0)
        m_step = m_job.id;
    begin();
}

QString ImportRun::fileName() const {
    return QFileInfo(text(m_job.path)).fileName();
}

void ImportRun::resume() {
    if (m_isRunning || m_job.path.empty())
        return;
    if (!m_step.empty())
        m_step = m_session.m_client.newOperation();
    begin();
}

void ImportRun::begin() {
    m_isRunning = true;
    m_isCancelled = false;
    m_imported = 0;
    if (!m_step.empty())
        m_session.m_history.began(m_step, m_job.list, QObject::tr("import").toStdString());
    m_session.inProcess([this] { ensureStarted(); });
}

void ImportRun::cancel() {
    if (!m_isRunning)
        return;
    m_isCancelled = true;
    m_session.inProcess([this] {
        if (m_pid)
            send(m_pid, todo::CancelImport{});
    });
}

void ImportRun::ensureStarted() {
    if (!m_isRunning || m_pid)
        return;
    m_job.owner = self();
    const Spawned started = spawnOpt(
        {.monitor = true, .observed = true, .label = atom("CSV import")}, &todo::importCsv, m_job);
    m_pid = started.pid;
    m_monitor = started.monitor;
    if (m_isCancelled)
        send(m_pid, todo::CancelImport{});
}

void ImportRun::began() {
    if (m_pid)
        exit(m_pid, atoms::kill); // it reports to a process that is no more
    m_pid = {};
    m_monitor = {};
    m_importedBefore += std::exchange(m_imported, 0);
    ensureStarted();
}

bool ImportRun::handle(Message& message) {
    if (const auto* progress = message.get<todo::ImportProgress>()) {
        if (progress->id == m_job.id && message.sender() == m_pid)
            progressed(*progress);
        return true;
    }
    if (const auto* result = message.get<todo::ImportDone>()) {
        if (result->id == m_job.id && message.sender() == m_pid)
            done(*result);
        return true;
    }
    if (const auto* late = message.get<todo::ImportSettled>()) {
        if (late->id == m_job.id)
            settled(*late);
        return true;
    }
    if (message.kind() == MessageKind::Down && message.ref() == m_monitor) {
        m_pid = {};
        m_monitor = {};
        m_importedBefore += std::exchange(m_imported, 0);
        ensureStarted(); // it was killed: the next one goes on behind the last line that is done
                         // with
        return true;
    }
    return false;
}

void ImportRun::addPart(const std::vector<todo::IdRange>& added) {
    if (!m_step.empty() && !added.empty())
        m_session.m_history.addPart(m_step, added);
}

void ImportRun::progressed(const todo::ImportProgress& progress) {
    m_job.afterLine = progress.line;
    m_imported = progress.imported;
    addPart(progress.added);
    const auto read = std::max<std::uint64_t>(progress.bytesRead, 1);
    m_linesAbout = static_cast<qint64>(progress.line * std::max(progress.bytesTotal, read) / read);
    emit m_session.importProgressed(
        {.line = static_cast<qint64>(progress.line),
         .linesAbout = m_linesAbout,
         .imported = static_cast<qint64>(m_importedBefore + m_imported)});
}

void ImportRun::finishStep(std::uint64_t imported) {
    if (m_step.empty())
        return;
    m_session.m_history.finishedParts(
        m_step, undoNameOfImport(static_cast<qint64>(imported)).toStdString());
    emit m_session.undoChanged();
}

void ImportRun::done(const todo::ImportDone& result) {
    addPart(result.added);
    m_isRunning = false;
    m_job.afterLine = result.line;
    m_imported = result.imported;
    const std::uint64_t imported = m_importedBefore + result.imported;
    if (result.unsettled == 0) {
        finishStep(imported);
        m_importedBefore = imported;
        m_imported = 0;
    }
    ImportReport report;
    report.list = m_job.list;
    report.listName = m_listName;
    report.imported = static_cast<qint64>(imported);
    report.rejectedCount = static_cast<qint64>(result.rejectedCount);
    report.skippedEqual = static_cast<qint64>(result.skippedEqual);
    for (const todo::CsvReject& reject : result.rejected)
        report.rejected.push_back(rejectedLine(reject));
    report.cancelled = result.cancelled;
    report.stoppedAtLine = static_cast<qint64>(result.line);
    report.linesAbout = static_cast<qint64>(result.linesAbout);
    report.problem = text(result.problem);
    report.stopped = text(result.refused);
    m_session.refreshListsSoon();
    emit m_session.importFinished(report);
}

void ImportRun::settled(const todo::ImportSettled& late) {
    addPart(late.added);
    m_job.afterLine = late.line;
    finishStep(m_importedBefore + late.imported);
    m_importedBefore += late.imported;
    m_imported = 0;
    m_session.refreshListsSoon();
}

} // namespace grove::ui
