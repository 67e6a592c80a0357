// SQLite's log (WAL): synced beside who writes it, copied into the file, and what a failed sync of
// either means.
#include "connection_impl.h"
#include "copied_pages.h"
#include "log_format.h"

#include <grove/storage/connection.h>
#include <grove/term/assert.h>
#include <grove/term/mutex.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

namespace grove::storage {

std::shared_ptr<LogHealth> LogHealth::of(const std::string& vfs, const std::string& file) {
    static Mutex s_mutex;
    static std::map<std::pair<std::string, std::string>, std::weak_ptr<LogHealth>> s_known;
    const Lock lock(s_mutex);
    std::erase_if(s_known, [](const auto& each) { return each.second.expired(); });
    std::weak_ptr<LogHealth>& known = s_known[{vfs, file}];
    std::shared_ptr<LogHealth> health = known.lock();
    if (!health) {
        health = std::make_shared<LogHealth>();
        known = health;
    }
    return health;
}

namespace {

/// Null where it is not open.
sqlite3_file* fileOf(sqlite3* db, int which) {
    sqlite3_file* file = nullptr;
    const int found = sqlite3_file_control(db, "main", which, &file);
    return found == SQLITE_OK && file && file->pMethods ? file : nullptr;
}

int syncOf(sqlite3_file* file) {
    return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

/// SQLite has failed to copy. That may have been a sync, of the file behind the whole log or of the
/// log before it, and who copied before may have been killed before its own: what is not known to
/// be on disk is written again.
void copyHasFailed(LogHealth& health) {
    health.failedSyncs.fetch_add(1);
    health.failedFileSyncs.fetch_add(1);
}

int copyPassively(ConnectionImpl& impl, LogCopy& copy) {
    int pages = 0, copied = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(impl.db, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
    copy = {.pages = static_cast<std::size_t>(std::max(pages, 0)),
            .copied = static_cast<std::size_t>(std::max(copied, 0))};
    return code;
}

/// SQLite syncs the file only where the whole log was copied, but counts the pages of a part as
/// copied all the same. Whether it was a part the numbers do not say where somebody writes
/// meanwhile; so its syncs are counted.
int copyCountingSyncs(ConnectionImpl& impl, LogCopy& copy) {
    sqlite3_file* file = fileOf(impl.db, SQLITE_FCNTL_FILE_POINTER);
    if (!file)
        return SQLITE_MISUSE;
    const std::uint64_t syncs = JoinedLogVfs::syncsOf(file);
    const int code = copyPassively(impl, copy);
    copy.isSynced = JoinedLogVfs::syncsOf(file) != syncs;
    if ((code & 0xff) == SQLITE_IOERR)
        copyHasFailed(*impl.logHealth);
    return code;
}

int syncFileOf(ConnectionImpl& impl) {
    sqlite3_file* file = fileOf(impl.db, SQLITE_FCNTL_FILE_POINTER);
    const int synced = file ? syncOf(file) : SQLITE_MISUSE;
    if (synced != SQLITE_OK)
        impl.logHealth->failedFileSyncs.fetch_add(1);
    return synced;
}

int copyAndSync(ConnectionImpl& impl, LogCopy& copy) {
    if (impl.logHealth->isFileSuspect())
        return SQLITE_IOERR_FSYNC;
    const int code = copyCountingSyncs(impl, copy);
    if (code != SQLITE_OK || copy.isSynced || impl.isSyncOff)
        return code;
    return syncFileOf(impl);
}

/// Everything that was written is written again, so that the next sync means it.
int writeAgain(sqlite3_file* log) {
    static_cast<void>(syncOf(log)); // says again what has failed
    sqlite3_int64 size = 0;
    int code = log->pMethods->xFileSize(log, &size);
    std::vector<char> part(1 << 16);
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size;) {
        const int bytes = static_cast<int>(std::min<sqlite3_int64>(std::ssize(part), size - at));
        code = log->pMethods->xRead(log, part.data(), bytes, at);
        if (code == SQLITE_OK)
            code = log->pMethods->xWrite(log, part.data(), bytes, at);
        at += bytes;
    }
    return code == SQLITE_OK ? syncOf(log) : code;
}

int writeZeros(sqlite3_file* file, sqlite3_int64 from, std::size_t bytes) {
    static constexpr std::array<char, 1 << 16> kZeros{};
    int code = SQLITE_OK;
    for (std::size_t done = 0; code == SQLITE_OK && done < bytes;) {
        const std::size_t part = std::min(kZeros.size(), bytes - done);
        code = file->pMethods->xWrite(file, kZeros.data(), static_cast<int>(part),
                                      from + static_cast<sqlite3_int64>(done));
        done += part;
    }
    return code;
}

} // namespace

void Connection::keepLogRoom() noexcept {
    ConnectionImpl& impl = *m_impl;
    const std::size_t pages = std::max(impl.committedPages, kLogRoomPages / 8);
    if (!impl.logHealth || impl.isSyncOff || impl.isLogRoomDenied || pages > kLogRoomPages / 2)
        return;
    if (impl.pageBytes == 0) {
        const auto bytes = integer("PRAGMA page_size");
        if (!bytes || !*bytes)
            return;
        impl.pageBytes = static_cast<std::size_t>(**bytes);
    }
    sqlite3_file* log = fileOf(impl.db, SQLITE_FCNTL_JOURNAL_POINTER);
    sqlite3_int64 size = 0;
    if (!log || log->pMethods->xFileSize(log, &size) != SQLITE_OK)
        return;
    const std::size_t frame = kFrameHeaderBytes + impl.pageBytes;
    if (kLogHeaderBytes + (impl.logEnd + pages) * frame <= static_cast<std::size_t>(size))
        return;
    if (writeZeros(log, size, kLogRoomPages * frame) != SQLITE_OK) {
        impl.isLogRoomDenied = true;
        static_cast<void>(log->pMethods->xTruncate(log, size)); // what it may have taken
    }
}

bool mustKeepLog(const ConnectionImpl& impl) noexcept {
    if (!impl.logHealth)
        return false;
    if (impl.logHealth->isFileSuspect())
        return true;
    if (impl.isSyncOff || impl.logHealth->isSound())
        return false;
    sqlite3_file* log = fileOf(impl.db, SQLITE_FCNTL_JOURNAL_POINTER);
    sqlite3_int64 size = 0;
    return log && (log->pMethods->xFileSize(log, &size) != SQLITE_OK || size > 0);
}

void copyLongLog(ConnectionImpl& impl) noexcept {
    LogCopy copy;
    if (!impl.isSyncOff && !impl.logHealth->isSound())
        return;
    impl.logHealth->isCopiedAtCommit.store(true);
    static_cast<void>(copyAndSync(impl, copy)); // the next commit tries again
}

bool Connection::isLogSound() const noexcept {
    return !m_impl->logHealth || m_impl->isSyncOff || m_impl->logHealth->isSound();
}

SqlResult<void> Connection::makeLogSound() {
    if (isLogSound())
        return {};
    LogHealth& health = *m_impl->logHealth;
    const std::uint64_t failed = health.failedSyncs.load();
    GROVE_TRY(execute("BEGIN IMMEDIATE")); // nobody else writes the log meanwhile
    sqlite3_file* log = fileOf(m_impl->db, SQLITE_FCNTL_JOURNAL_POINTER);
    const int code = log ? writeAgain(log) : SQLITE_MISUSE;
    auto ended = execute("ROLLBACK");
    if (code != SQLITE_OK)
        return std::unexpected(m_impl->error(code, "the log is written again"));
    GROVE_TRY(std::move(ended));
    health.madeGood.store(failed);
    return {};
}

bool Connection::isFileSuspect() const noexcept {
    return m_impl->logHealth && m_impl->logHealth->isFileSuspect();
}

SqlResult<void> Connection::makeFileSound() {
    if (!isFileSuspect())
        return {};
    const std::uint64_t failed = m_impl->logHealth->failedFileSyncs.load();
    GROVE_TRY(execute("BEGIN IMMEDIATE")); // the log neither grows nor begins anew meanwhile
    sqlite3_file* file = fileOf(m_impl->db, SQLITE_FCNTL_FILE_POINTER);
    sqlite3_file* log = fileOf(m_impl->db, SQLITE_FCNTL_JOURNAL_POINTER);
    const int code = file && log ? writeCopiedPagesAgain(file, log) : SQLITE_MISUSE;
    auto ended = execute("ROLLBACK");
    if (code != SQLITE_OK)
        return std::unexpected(m_impl->error(code, "what was copied is written again"));
    GROVE_TRY(std::move(ended));
    m_impl->logHealth->fileMadeGood.store(failed);
    return {};
}

SqlResult<LogCopy> Connection::checkpoint() {
    GROVE_TRY(makeLogSound());
    GROVE_TRY(makeFileSound());
    LogCopy copy;
    if (m_impl->logHealth)
        m_impl->logHealth->isCopiedAtCommit.store(false);
    const int code = m_impl->logHealth ? copyAndSync(*m_impl, copy) : copyPassively(*m_impl, copy);
    if (code != SQLITE_OK)
        return std::unexpected(m_impl->error(code, "checkpoint"));
    return copy;
}

SqlResult<std::optional<LogCopy>> Connection::checkpointBeside(std::uint64_t syncsBegun) {
    GROVE_ASSERT(m_impl->logHealth, "of Checkpoints::Elsewhere");
    GROVE_TRY(openLog());
    if (!isLogSound() || isFileSuspect() || m_impl->logHealth->isCopiedAtCommit.load())
        return std::nullopt;
    if (m_impl->logHealth->syncedLast.load() <= syncsBegun)
        GROVE_TRY(syncLog());
    LogCopy copy;
    sqlite3_file* log = fileOf(m_impl->db, SQLITE_FCNTL_JOURNAL_POINTER);
    if (!log)
        return std::unexpected(m_impl->error(SQLITE_MISUSE, "checkpoint"));
    const JoinedLogVfs::WithoutSyncs without(log);
    const int code = copyCountingSyncs(*m_impl, copy);
    // A commit writes the log's index at this moment, or another program copies: the next time.
    if (code == SQLITE_BUSY)
        return LogCopy{};
    if (code != SQLITE_OK)
        return std::unexpected(m_impl->error(code, "checkpoint"));
    return copy;
}

SqlResult<void> Connection::syncFile() {
    GROVE_ASSERT(m_impl->logHealth, "of Checkpoints::Elsewhere");
    if (m_impl->isSyncOff)
        return {};
    if (const int code = syncFileOf(*m_impl); code != SQLITE_OK)
        return std::unexpected(m_impl->error(code, "sync of the file"));
    return {};
}

bool Connection::needsLog() const noexcept {
    GROVE_ASSERT(m_impl->logHealth, "of Checkpoints::Elsewhere");
    sqlite3_file* file = fileOf(m_impl->db, SQLITE_FCNTL_FILE_POINTER);
    return inTransaction() && file && JoinedLogVfs::needsLog(file);
}

/// A sync that fails is told to those who have opened what it was for.
SqlResult<void> Connection::openLog() {
    if (fileOf(m_impl->db, SQLITE_FCNTL_JOURNAL_POINTER))
        return {};
    return execute("SELECT 1 FROM sqlite_schema LIMIT 1");
}

SqlResult<void> Connection::syncLog() {
    GROVE_ASSERT(m_impl->logHealth, "of Checkpoints::Elsewhere");
    if (m_impl->isSyncOff)
        return {};
    GROVE_TRY(openLog());
    LogHealth& health = *m_impl->logHealth;
    const std::uint64_t failed = health.failedSyncs.load();
    const std::uint64_t number = health.syncsBegun.fetch_add(1) + 1;
    if (health.madeGood.load() == failed) {
        sqlite3_file* log = fileOf(m_impl->db, SQLITE_FCNTL_JOURNAL_POINTER);
        const int code = log ? syncOf(log) : SQLITE_MISUSE;
        if (code != SQLITE_OK) {
            health.failedSyncs.fetch_add(1);
            return std::unexpected(m_impl->error(code, "sync of the log"));
        }
        if (health.failedSyncs.load() == failed) {
            std::uint64_t last = health.syncedLast.load();
            while (last < number && !health.syncedLast.compare_exchange_weak(last, number)) {
            }
            return {};
        }
    }
    return std::unexpected(SqlError{.kind = SqlKind::Io,
                                    .code = SQLITE_IOERR,
                                    .extendedCode = SQLITE_IOERR_FSYNC,
                                    .message = "an earlier sync has failed",
                                    .statement = "sync of the log"});
}

std::uint64_t Connection::logSyncsBegun() const noexcept {
    return m_impl->logHealth->syncsBegun.load();
}

} // namespace grove::storage
