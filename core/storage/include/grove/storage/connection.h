#pragma once

#include <grove/storage/statement.h>

#include <memory>

namespace grove::storage {

enum class Access { Create, ReadWrite, ReadOnly };

/// How much is waited for at a commit, as SQLite's `synchronous`.
enum class Synchronous {
    Off,    ///< nothing: a commit survives only the end of the program; for tests that show that
    Normal, ///< nothing, but the order is kept: it survives a power failure after syncLog()
    Full,   ///< it survives a power failure
};

/// How much of the log is in the file.
struct LogCopy {
    std::size_t pages = 0; ///< in the log
    std::size_t copied = 0;
    bool isSynced = false; ///< SQLite itself has synced the file behind it
    [[nodiscard]] bool isWhole() const noexcept { return copied == pages; }
};

/// Who copies what lies in the log into the file.
enum class Checkpoints {
    AtCommits, ///< this connection, at a commit that finds the log long, as SQLite does
    Elsewhere, ///< somebody else (see Checkpointer); this one only where the log is very long
};

/// Where the pages are that a transaction has changed, beyond the room of the cache.
enum class Changes {
    InMemory, ///< until it commits
    /// Written before it commits, for long ones. Not with savepoints, nor with statements of many
    /// rows that may fail while the transaction goes on: SQLite (3.40.1 as tested, 3.44.0 and
    /// 3.50.1 by the report, sqlite.org/forum/forumpost/b490f726db) commits frames without
    /// checksums where a page that was written early is changed and written again and then taken
    /// back to a savepoint; with them goes all that is committed behind them when the log is read
    /// after a power failure.
    WrittenEarly,
};

struct ConnectionOptions {
    Access access = Access::Create;
    Synchronous synchronous = Synchronous::Full;
    std::string vfs; ///< SQLite VFS by name; empty: the system's files
    Checkpoints checkpoints = Checkpoints::AtCommits;
    Changes changes = Changes::InMemory;
    bool immutable = false; ///< with ReadOnly: the file cannot change and has no log beside it
};

/// One connection to a SQLite file, with its prepared statements.
///
/// Threads: any one thread at a time (opened without SQLite's own mutexes); interrupt() from any
/// thread. Owns: the connection and every statement it prepared; at most kStatementsMax are kept,
/// the least recently used goes first. Waiting: never waits for a lock (busy time limit 0); who
/// must wait does so outside (see the write turn). Errors: values; a statement that failed leaves
/// the connection usable.
class Connection {
public:
    static constexpr std::size_t kStatementsMax = 64;
    /// At so many pages of the log a commit copies them itself whatever was chosen (160 MB).
    static constexpr std::size_t kLogPagesMax = 40'000;
    /// Pages that the log is made longer at a time (256 KB with pages of 4 KB). Longer transactions
    /// than half of it pay for their own growth.
    static constexpr std::size_t kLogRoomPages = 64;

    [[nodiscard]] static SqlResult<Connection> open(const std::string& file,
                                                    const ConnectionOptions& options = {});
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    ~Connection();

    /// Runs a script of any number of statements without parameters; stops at the first that fails.
    [[nodiscard]] SqlResult<void> execute(std::string_view script);

    /// Lends the statement with this text. The same text while it is lent gives a second statement.
    [[nodiscard]] SqlResult<Statement> prepare(std::string_view sql);

    /// Prepares, binds and runs to the end.
    template <class... Values>
    [[nodiscard]] SqlResult<void> run(std::string_view sql, const Values&... values) {
        auto statement = prepare(sql);
        if (!statement)
            return std::unexpected(std::move(statement).error());
        return statement->runWith(values...);
    }

    /// Returns the first column of the first row, or nothing where there is no row.
    template <class... Values>
    [[nodiscard]] SqlResult<std::optional<std::int64_t>> integer(std::string_view sql,
                                                                 const Values&... values) {
        return first<std::int64_t>(sql, [](Statement& row) { return row.integer(0); }, values...);
    }
    template <class... Values>
    [[nodiscard]] SqlResult<std::optional<std::string>> text(std::string_view sql,
                                                             const Values&... values) {
        return first<std::string>(sql, [](Statement& row) { return row.text(0); }, values...);
    }

    /// Returns how many rows the last INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::int64_t changes() const noexcept;
    /// Returns how many rows were changed since it was opened, also those that were taken back.
    [[nodiscard]] std::int64_t totalChanges() const noexcept;
    [[nodiscard]] bool inTransaction() const noexcept;
    /// Returns whether the file could only be opened for reading, whatever was asked for.
    [[nodiscard]] bool isReadOnly() const noexcept;
    [[nodiscard]] std::size_t statementsKept() const noexcept;
    /// Returns whether it was opened with Changes::InMemory.
    [[nodiscard]] bool keepsChangesInMemory() const noexcept;

    /// Returns the pages of the log after this connection's last commit, once: 0 when nothing was
    /// committed since it was last asked. Requires: Checkpoints::Elsewhere.
    [[nodiscard]] std::size_t takeLogPages() noexcept;
    /// Writes zeros behind the log's end where short transactions come near it, so that their syncs
    /// find the file as long as before: a file that has grown takes the file system a transaction
    /// of its own with each sync. Where the disk has no room for it, nothing is changed. Requires:
    /// a write transaction that has changed nothing yet. Does nothing but with
    /// Checkpoints::Elsewhere.
    void keepLogRoom() noexcept;
    /// Where a sync of the file has failed when part of the log was copied: writes that part into
    /// it again from the log, and syncs it. What reads the file meanwhile may find older pages than
    /// were committed, so who writes does this first. Requires: a sound log, no transaction.
    [[nodiscard]] SqlResult<void> makeFileSound();
    /// Copies what lies in the log into the file as far as no reader is in the way, waiting for no
    /// one. Requires: nobody writes (see Checkpointer). Returns: what is copied now. With
    /// Checkpoints::Elsewhere, after a sync of the file has failed when part of the log was copied:
    /// writes what was copied again first, and fails where that does not succeed either. The log
    /// keeps what the file may lack until then.
    [[nodiscard]] SqlResult<LogCopy> checkpoint();
    /// The same beside who writes, but of the syncs leaves out that of the file where SQLite does
    /// not ask for it, behind a part (see syncFile()), and that of the log where a syncLog() after
    /// number `syncsBegun` has succeeded. Requires: a reader had a snapshot by then that
    /// needsLog(), and keeps it until the file is synced (see LogCopier). Returns: nothing,
    /// and copies nothing, where it takes checkpoint().
    [[nodiscard]] SqlResult<std::optional<LogCopy>> checkpointBeside(std::uint64_t syncsBegun);
    /// Waits until the disk has what checkpointBeside() has copied. Where that fails, the file is
    /// suspect.
    [[nodiscard]] SqlResult<void> syncFile();
    /// Whether it reads a snapshot that may need the log: until it ends nobody begins the log anew,
    /// and nobody copies what came later. Requires: Checkpoints::Elsewhere.
    [[nodiscard]] bool needsLog() const noexcept;
    /// Whether the file may lack what SQLite counts as copied: only checkpoint() copies then.
    [[nodiscard]] bool isFileSuspect() const noexcept;
    /// Waits until the disk has what this and other connections had committed to the log before;
    /// with Synchronous::Off for nothing. Fails as well where an earlier sync has failed and
    /// makeLogSound() was not done since. Threads: its own, beside another connection's writer.
    /// Requires: Checkpoints::Elsewhere.
    [[nodiscard]] SqlResult<void> syncLog();
    /// The number of the last syncLog() of this program's connections that has begun by now.
    [[nodiscard]] std::uint64_t logSyncsBegun() const noexcept;
    /// Whether a sync of the log is worth something. A sync that fails says so once, and the next
    /// one succeeds though the pages are not on disk: the system has marked them as written. What
    /// connections of this program with Checkpoints::Elsewhere have found counts; as long as none
    /// is open nobody knows.
    [[nodiscard]] bool isLogSound() const noexcept;
    /// Where it is not: writes the whole log again, and syncs it. Requires: no transaction.
    [[nodiscard]] SqlResult<void> makeLogSound();

    /// Makes what runs end with SqlKind::Interrupted. Threads: any, while the connection lives.
    void interrupt() noexcept;

    /// Copies the whole database into a new file, synced. An existing `file` is replaced.
    [[nodiscard]] SqlResult<void> backupTo(const std::string& file, const std::string& vfs = {});

private:
    explicit Connection(std::unique_ptr<ConnectionImpl> impl) noexcept;

    [[nodiscard]] SqlResult<void> openLog();

    template <class T, class Read, class... Values>
    [[nodiscard]] SqlResult<std::optional<T>> first(std::string_view sql, Read read,
                                                    const Values&... values) {
        auto statement = prepare(sql);
        if (!statement)
            return std::unexpected(std::move(statement).error());
        if (auto bound = statement->bindAll(values...); !bound)
            return std::unexpected(std::move(bound).error());
        auto stepped = statement->step();
        if (!stepped)
            return std::unexpected(std::move(stepped).error());
        if (*stepped == Statement::Step::Done)
            return std::optional<T>{};
        return std::optional<T>{read(*statement)};
    }

    std::unique_ptr<ConnectionImpl> m_impl;
};

} // namespace grove::storage
