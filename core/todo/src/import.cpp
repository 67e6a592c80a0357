#include <grove/runtime/blocking.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/timers.h>
#include <grove/todo/import.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <ranges>
#include <unordered_set>

namespace grove::todo {

namespace {

constexpr Duration kCancelGrace = std::chrono::milliseconds(150);

std::string keyOf(std::string_view title, const std::optional<Date>& date) {
    return (date ? isoDate(*date) : std::string("-")) + " " + std::string(title);
}

/// What an import knows; lives in the frame of its process.
class Import final : public ClientEvents {
public:
    Import(ImportJob job, CsvFile file)
        : m_job(std::move(job)), m_file(std::move(file)),
          m_client(Runtime::current(), *this, {.workers = m_job.workers, .name = m_job.id}) {
        m_done.id = m_job.id;
        m_done.line = m_job.afterLine;
    }

    // The batches' answers come in order.
    void answered(const OperationId&, ListId, const ChangeAnswer& answer) override {
        const Batch batch = std::move(m_underWay.front());
        m_underWay.pop_front();
        if (!answer.done) {
            if (m_done.refused.empty())
                m_done.refused = answer.why;
            return;
        }
        // What was sent before a refusal was known may still be done: it counts, but what is done
        // with ends before the refused lines.
        if (m_done.refused.empty())
            m_done.line = batch.lastLine;
        m_done.imported += batch.entries;
        if (answer.applied)
            for (const IdRange& range : answer.applied->touched)
                appendRange(m_done.added, range);
    }

    void storageTrouble(const StorageTrouble& trouble) override {
        trySend(m_job.owner, trouble); // whoever waits for the import wants to know why
    }

    /// Adds what a chunk gave.
    void take(CsvOutput output) {
        for (CsvReject& reject : output.rejects) {
            if (reject.line <= m_job.afterLine)
                continue;
            if (m_done.rejected.size() < ImportDone::kRejectsMax)
                m_done.rejected.push_back(std::move(reject));
            ++m_done.rejectedCount;
        }
        for (CsvRow& row : output.rows) {
            if (row.line <= m_job.afterLine)
                continue;
            m_rows.push_back(std::move(row));
        }
        // Nothing but lines that are no entries: they are done with.
        if (m_rows.empty() && m_underWay.empty() && m_done.refused.empty())
            m_done.line = std::max(m_done.line, m_file.parser().lineCount());
    }

    [[nodiscard]] bool hasFullBatch() const { return m_rows.size() >= kImportBatch; }
    [[nodiscard]] bool hasRows() const { return !m_rows.empty(); }

    /// The next rows as one change. Which rows form a batch does not depend on what is in the
    /// list, so that the same batch sent again is the same batch.
    /// Requires: hasRows(), not isFull().
    void submitBatch() {
        GROVE_ASSERT(!isFull(), "a batch waits until there is room for it");
        const auto end =
            m_rows.begin() + static_cast<std::ptrdiff_t>(std::min(m_rows.size(), kImportBatch));
        const OperationId operation = m_job.id + ":" + std::to_string(m_rows.front().line);
        const std::uint64_t lastLine = std::prev(end)->line;
        AddEntries add;
        for (CsvRow& row : std::ranges::subrange(m_rows.begin(), end)) {
            if (m_job.skipEqual && !m_known.insert(keyOf(row.entry.title, row.entry.date)).second)
                ++m_done.skippedEqual;
            else
                add.entries.push_back(std::move(row.entry));
        }
        m_rows.erase(m_rows.begin(), end);
        m_sawEntries = true;
        if (add.entries.empty()) {
            if (m_underWay.empty())
                m_done.line = lastLine;
            else
                m_underWay.back().lastLine = lastLine;
            return;
        }
        m_underWay.push_back({lastLine, add.entries.size()});
        m_client.submit(operation, m_job.list, std::move(add));
    }

    void know(const ListData& list) {
        for (const Entry& entry : list.entries)
            m_known.insert(keyOf(entry.title, entry.date));
    }

    void tellProgress() {
        if (m_toldLine == m_done.line && m_toldRejects == m_done.rejectedCount)
            return;
        m_toldLine = m_done.line;
        m_toldRejects = m_done.rejectedCount;
        trySend(m_job.owner, ImportProgress{.id = m_job.id,
                                            .line = m_done.line,
                                            .bytesRead = m_file.bytesRead(),
                                            .bytesTotal = m_file.sizeBytes(),
                                            .imported = m_done.imported,
                                            .rejected = m_done.rejectedCount,
                                            .added = std::exchange(m_done.added, {})});
    }

    void tellDone() {
        const double share = static_cast<double>(std::max<std::uint64_t>(m_file.bytesRead(), 1)) /
                             static_cast<double>(m_file.sizeBytes());
        m_done.linesAbout = static_cast<std::uint64_t>(
            static_cast<double>(m_file.parser().lineCount()) / share + 0.5);
        m_done.unsettled = m_underWay.size();
        if (m_isWhole && !m_sawEntries && m_job.afterLine == 0)
            m_done.problem =
                print(ImportFault{.kind = ImportFault::Kind::NoEntries, .file = m_file.name()});
        if (m_isWhole && m_underWay.empty() && m_done.refused.empty())
            m_done.line = m_file.parser().lineCount();
        ImportDone told = m_done;
        m_done.added.clear();
        trySend(m_job.owner, std::move(told));
    }

    void tellSettled() {
        trySend(m_job.owner, ImportSettled{.id = m_job.id,
                                           .line = m_done.line,
                                           .imported = m_done.imported,
                                           .added = std::exchange(m_done.added, {})});
    }

    [[nodiscard]] bool isFull() const { return m_underWay.size() >= kImportBatchesUnderWay; }
    [[nodiscard]] bool isSettled() const { return m_underWay.empty(); }
    [[nodiscard]] bool mustStop() const { return m_done.cancelled || !m_done.refused.empty(); }

    void handle(Message& message) {
        if (message.get<CancelImport>())
            m_done.cancelled = true;
        else
            static_cast<void>(m_client.handle(message));
    }

    Client& client() { return m_client; }
    CsvFile& file() { return m_file; }
    const ImportJob& job() const { return m_job; }
    void setWhole() { m_isWhole = true; }
    void setProblem(const ImportFault& fault) {
        // What was read before the fault stays; then it is an early end, not a refusal to begin.
        (m_sawEntries ? m_done.refused : m_done.problem) = print(fault);
    }

private:
    struct Batch {
        std::uint64_t lastLine;
        std::size_t entries;
    };

    ImportJob m_job;
    CsvFile m_file;
    Client m_client;
    ImportDone m_done;
    std::deque<CsvRow> m_rows; ///< read and not sent: less than a chunk and a batch
    std::deque<Batch> m_underWay;
    std::unordered_set<std::string> m_known;
    bool m_sawEntries = false;
    bool m_isWhole = false;
    std::uint64_t m_toldLine = 0;
    std::uint64_t m_toldRejects = 0;
};

/// Handles one message, or gives up after `limit`. Returns false then.
Task<bool> handleNext(Import* import, Duration limit) {
    auto got = co_await receive(any(), after(limit));
    auto* message = std::get_if<Message>(&got);
    if (!message)
        co_return false;
    import->handle(*message);
    co_return true;
}

/// The list that entries are compared with, from the process that reads it.
struct KnownList {
    std::optional<ListData> list;
    GROVE_FIELDS(KnownList, list)
};

Task<> loadKnown(ListId list, int workers, Pid import) {
    auto loaded = co_await Database(workers).load(list);
    send(import, KnownList{loaded ? *std::move(loaded) : std::nullopt});
}

/// Reads the list that entries are compared with: in a process of its own, so that a cancel is
/// heard meanwhile.
Task<> readKnown(Import* import) {
    const Pid reader = spawnLink(loadKnown, import->job().list, import->job().workers, self());
    while (!import->mustStop()) {
        Message message = co_await receive(any());
        if (const auto* known = message.get<KnownList>()) {
            if (known->list)
                import->know(*known->list);
            co_return;
        }
        import->handle(message);
    }
    unlink(reader);
    exit(reader, atoms::kill);
}

/// Sends what was read, waiting for room; a last batch that is not full only at the end. Resumes
/// early where the import must stop.
Task<> sendBatches(Import* import, bool isLast) {
    while (!import->mustStop() && (isLast ? import->hasRows() : import->hasFullBatch())) {
        if (!import->isFull()) {
            import->submitBatch();
        } else {
            static_cast<void>(co_await handleNext(import, kInfinity));
            import->tellProgress();
        }
    }
}

Task<> readFile(Import* import) {
    while (!import->mustStop()) {
        while (co_await handleNext(import, import->isFull() ? kInfinity : Duration::zero()))
            if (import->mustStop())
                co_return;
        CsvOutput output;
        CsvFile& file = import->file();
        auto more = co_await blocking([&] { return file.readChunk(output); });
        import->take(std::move(output));
        import->tellProgress();
        co_await sendBatches(import, more && !*more);
        if (import->mustStop())
            co_return;
        if (!more) {
            import->setProblem(more.error());
            co_return;
        }
        if (!*more) {
            import->setWhole();
            co_return;
        }
    }
}

} // namespace

Task<> importCsv(ImportJob job) {
    setLabel("import");
    setBehaviour("Import");
    auto file = co_await blocking([&] { return CsvFile::open(job.path); });
    if (!file) {
        trySend(job.owner, ImportDone{.id = job.id, .problem = print(file.error())});
        co_return;
    }
    Import import(std::move(job), *std::move(file));
    import.client().attach();
    if (import.job().skipEqual)
        co_await readKnown(&import);
    co_await readFile(&import);
    // What was sent is waited for; after a cancel only as long as a person does not notice.
    const Instant cancelEnd = addSaturated(now(), kCancelGrace);
    while (!import.isSettled()) {
        const Duration limit =
            import.mustStop() ? std::max(cancelEnd - now(), Duration::zero()) : kInfinity;
        if (!co_await handleNext(&import, limit))
            break;
        import.tellProgress();
    }
    import.tellDone();
    const bool settledLater = !import.isSettled();
    while (!import.isSettled())
        static_cast<void>(co_await handleNext(&import, kInfinity));
    if (settledLater)
        import.tellSettled();
}

} // namespace grove::todo
