#pragma once

#include <grove/storage/worker.h>
#include <grove/todo/rows.h>

#include <variant>

namespace grove::todo {

/// A change to one list, as it is written.
struct ChangeList {
    ListId list = 0;
    Change change;
    /// Not empty: the list cannot take it, for this reason. Whoever sends it again may have missed
    /// that it was done, and only the database knows that.
    std::string refusal;

    GROVE_FIELDS(ChangeList, list, change, refusal)
};

/// Makes a list with its first entries. Whoever makes it chooses the id (newListId), so that
/// changes to it can follow before this one is answered; refused when the id or the name is taken,
/// or there are more entries than a list can hold.
struct CreateList {
    ListId list = 0;
    std::string name;
    std::vector<NewEntry> entries;

    GROVE_FIELDS(CreateList, list, name, entries)
};

/// Reads a whole list; nothing when there never was one with this id.
struct LoadList {
    using Reply = storage::ReadAnswer<std::optional<ListData>>;
    ListId list = 0;
    GROVE_FIELDS(LoadList, list)
};

/// All lists, deleted ones too, by id.
struct AllLists {
    using Reply = storage::ReadAnswer<std::vector<ListSummary>>;
    GROVE_FIELDS(AllLists)
};

/// Whether an operation was done, as far as it is remembered (storage::pruneOperations()).
struct WasDone {
    using Reply = storage::ReadAnswer<bool>;
    OperationId operation;
    GROVE_FIELDS(WasDone, operation)
};

/// What storage's workers write and read here. See storage::Worker.
struct TodoStore {
    using Change = std::variant<ChangeList, CreateList>;
    using Answer =
        Applied; ///< of a CreateList: version 0, the entries it was made with, DeleteList
    using Queries = otp::Messages<LoadList, AllLists, WasDone>;

    /// The changes of one transaction.
    class Writing {
    public:
        explicit Writing(storage::Connection& connection)
            : m_connection(&connection), m_rows(connection) {}
        storage::WriteResult<Applied> apply(const Change& change, std::chrono::sys_seconds at);
        storage::SqlResult<void> finish() { return m_rows.finish(); }

    private:
        storage::Connection* m_connection;
        RowBatch m_rows;
    };
    static storage::SqlResult<std::optional<ListData>> read(storage::Connection& connection,
                                                            const LoadList& query);
    static storage::SqlResult<std::vector<ListSummary>> read(storage::Connection& connection,
                                                             const AllLists& query);
    static storage::SqlResult<bool> read(storage::Connection& connection, const WasDone& query);
    static std::size_t sizeBytes(const Change& change);
    /// As storedBytes() of its term.
    static std::string bytesOf(const Applied& answer);
};

/// One of the SQLite workers of the to-do system.
class DatabaseWorker final : public storage::Worker<DatabaseWorker, TodoStore> {};

using DatabaseWrite = storage::Write<TodoStore>;
using DatabasePost = storage::PostedWrite<TodoStore>;
using DatabaseCompletions = storage::WriteCompletions<TodoStore>;
using DatabaseAnswer = storage::WriteAnswer<Applied>;

/// Everything that goes to the database: finds the worker that writes, or reads a key, and asks
/// again while a worker is being replaced.
///
/// Threads: a process's. Resend: at once, then after 50, 200, 1,000, 1,000 … ms, under the same
/// operation id; how long to try is the caller's decision (`until`), since "was it saved?" has no
/// other answer than the answer.
class Database {
public:
    /// `workers`: how many there are (storage::WorkerOptions::count).
    explicit Database(int workers) noexcept : m_workers(workers) {}

    [[nodiscard]] static Atom writer() { return storage::writerName(); }
    [[nodiscard]] Atom readerOf(ListId list) const { return storage::readerOf(list, m_workers); }

    /// Resumes: when the write was committed or refused. Answers Failed when it was neither by
    /// `until`.
    [[nodiscard]] Task<DatabaseAnswer> write(DatabaseWrite write, Instant until = kNever) const;
    /// The first answer that a worker gives, whatever it is.
    [[nodiscard]] Task<LoadList::Reply> tryLoad(ListId list) const;
    /// The same; sees what was sent before it.
    [[nodiscard]] Task<WasDone::Reply> tryWasDone(ListId list, OperationId operation) const;
    /// Errors: when nothing could be read by `until`: `down` with the last reason when no worker
    /// answered, `cannot_read` with SQLite's words.
    [[nodiscard]] Task<Result<std::optional<ListData>>> load(ListId list,
                                                             Instant until = kNever) const;
    [[nodiscard]] Task<Result<std::vector<ListSummary>>> lists(Instant until = kNever) const;

private:
    int m_workers;
};

/// How long to wait before the n-th try, from 0: at once, then 50, 200 and 1,000 ms.
[[nodiscard]] Duration retryDelay(unsigned tries) noexcept;

} // namespace grove::todo
