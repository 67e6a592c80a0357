#include "joined_log.h"

#include "log_format.h"

#include <grove/term/mutex.h>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <new>
#include <optional>
#include <utility>

namespace grove::storage {

namespace {

/// Slots of the locks on the log's index (sqlite.org/walformat.html, "Locks").
constexpr int kWriteLockSlot = 0;
/// Of who reads the file only; those of who reads the log come behind it.
constexpr int kFileReadLockSlot = 3;

/// What a file calls: the functions of the VFS below, some of them replaced. Each open file that is
/// the database or its log has one.
struct Methods : sqlite3_io_methods {
    explicit Methods(sqlite3_file* file)
        : sqlite3_io_methods(*file->pMethods), below(file->pMethods) {
        file->pMethods = this;
    }

    const sqlite3_io_methods* below;
};

template <class Kind> Kind& of(sqlite3_file* file) {
    return *static_cast<Kind*>(const_cast<sqlite3_io_methods*>(file->pMethods));
}

struct Log;

struct Database : Methods {
    explicit Database(sqlite3_file* file);

    Log* log = nullptr;   ///< while it is open
    int readLockSlot = 0; ///< of its snapshot; 0: it has none
    std::uint64_t syncs = 0;
};

/// Offset in the log, as SQLite counts it.
using Offset = sqlite3_int64;

struct Log : Methods {
    Log(sqlite3_file* logFile, Database& itsDatabase);

    /// The right to write has come. Its writes are joined from here on.
    void begin() noexcept {
        isJoining = true;
        isPageNext = false;
        end.reset();
    }
    /// It goes, or a write has failed.
    void drop() noexcept {
        isJoining = false;
        bytes = 0;
    }
    int write(const char* data, int count, Offset at);
    int keep(const char* data, int count);
    int flush();
    [[nodiscard]] bool isKept(int count, Offset at) const noexcept {
        return bytes > 0 && at < *end && at + count > *end - bytes;
    }

    sqlite3_file* file;
    Database* database;
    bool isJoining = false;
    bool isSyncOff = false;
    bool isPageNext = false; ///< of the header that came last
    bool isCommit = false;   ///< that header's frame ends a transaction
    /// Behind the last frame that was joined since begin(), kept or written by now.
    std::optional<Offset> end;
    int bytes = 0; ///< kept, up to `end`
    std::array<char, JoinedLogVfs::kKeptBytesMax> kept;
};

/// Where it fails, all stays kept: SQLite lets a transaction go on, and commit, after a read has
/// failed for want of room. Only a write that fails ends it.
int Log::flush() {
    if (bytes == 0)
        return SQLITE_OK;
    const int code = below->xWrite(file, kept.data(), bytes, *end - bytes);
    if (code == SQLITE_OK)
        bytes = 0;
    return code;
}

int Log::keep(const char* data, int count) {
    if (bytes + count > std::ssize(kept))
        if (int code = flush(); code != SQLITE_OK)
            return code;
    std::copy_n(data, count, kept.data() + bytes);
    bytes += count;
    *end += count;
    return SQLITE_OK;
}

/// A frame is written header first. Only one that stands where the last one ended is joined: others
/// are written again, as SQLite does within a transaction, or stand behind a taken back savepoint.
int Log::write(const char* data, int count, Offset at) {
    static constexpr std::size_t kPagesInDatabaseAt = 4; // of a frame that commits, else 0
    const bool isAtEnd = !end || at == *end;
    if (isAtEnd && !isPageNext && count == kFrameHeaderBytes) {
        end = at;
        isPageNext = true;
        isCommit = std::any_of(data + kPagesInDatabaseAt, data + kPagesInDatabaseAt + 4,
                               [](char byte) { return byte != 0; });
        return keep(data, count);
    }
    if (isAtEnd && isPageNext) {
        isPageNext = false;
        const int code = keep(data, count);
        return code == SQLITE_OK && isCommit ? flush() : code;
    }
    const int code = flush();
    return code == SQLITE_OK ? below->xWrite(file, data, count, at) : code;
}

// Functions of a log.

int closeLog(sqlite3_file* file) {
    const std::unique_ptr<Log> log(&of<Log>(file));
    if (log->database)
        log->database->log = nullptr;
    file->pMethods = log->below;
    return file->pMethods->xClose(file);
}

int readLog(sqlite3_file* file, void* to, int count, Offset at) {
    Log& log = of<Log>(file);
    const int code = log.isKept(count, at) ? log.flush() : SQLITE_OK;
    return code == SQLITE_OK ? log.below->xRead(file, to, count, at) : code;
}

int writeLog(sqlite3_file* file, const void* data, int count, Offset at) {
    Log& log = of<Log>(file);
    if (!log.isJoining)
        return log.below->xWrite(file, data, count, at);
    const int code = log.write(static_cast<const char*>(data), count, at);
    if (code != SQLITE_OK)
        log.drop(); // the transaction is rolled back
    return code;
}

int truncateLog(sqlite3_file* file, Offset size) {
    Log& log = of<Log>(file);
    const int code = log.flush();
    return code == SQLITE_OK ? log.below->xTruncate(file, size) : code;
}

/// A commit that syncs may write frames in parts: behind a sync nothing is joined.
int syncLog(sqlite3_file* file, int flags) {
    Log& log = of<Log>(file);
    if (int code = log.flush(); code != SQLITE_OK)
        return code;
    log.isJoining = false;
    return log.isSyncOff ? SQLITE_OK : log.below->xSync(file, flags);
}

int sizeOfLog(sqlite3_file* file, Offset* size) {
    Log& log = of<Log>(file);
    const int code = log.flush();
    return code == SQLITE_OK ? log.below->xFileSize(file, size) : code;
}

Log::Log(sqlite3_file* logFile, Database& itsDatabase)
    : Methods(logFile), file(logFile), database(&itsDatabase) {
    database->log = this;
    xClose = closeLog;
    xRead = readLog;
    xWrite = writeLog;
    xTruncate = truncateLog;
    xSync = syncLog;
    xFileSize = sizeOfLog;
}

// Functions of a database.

int closeDatabase(sqlite3_file* file) {
    const std::unique_ptr<Database> database(&of<Database>(file));
    if (database->log)
        database->log->database = nullptr;
    file->pMethods = database->below;
    return file->pMethods->xClose(file);
}

int lockShared(sqlite3_file* file, int from, int count, int flags) {
    Database& database = of<Database>(file);
    Log* log = from == kWriteLockSlot && (flags & SQLITE_SHM_EXCLUSIVE) ? database.log : nullptr;
    if (log && (flags & SQLITE_SHM_UNLOCK))
        log->drop();
    const int code = database.below->xShmLock(file, from, count, flags);
    if (log && (flags & SQLITE_SHM_LOCK) && code == SQLITE_OK)
        log->begin();
    if (from >= kFileReadLockSlot && (flags & SQLITE_SHM_SHARED) && code == SQLITE_OK)
        database.readLockSlot = flags & SQLITE_SHM_LOCK ? from : 0;
    return code;
}

int syncDatabase(sqlite3_file* file, int flags) {
    Database& database = of<Database>(file);
    const int code = database.below->xSync(file, flags);
    database.syncs += code == SQLITE_OK ? 1 : 0;
    return code;
}

Database::Database(sqlite3_file* file) : Methods(file) {
    xClose = closeDatabase;
    xSync = syncDatabase;
    xShmLock = lockShared;
}

} // namespace

struct JoinedLogVfs::Vfs : sqlite3_vfs {
    explicit Vfs(sqlite3_vfs* below);

    sqlite3_vfs* below;
    std::string name;
};

namespace {

sqlite3_vfs* belowOf(sqlite3_vfs* vfs) {
    return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

/// The function of the VFS below.
template <auto Function> struct Below;
template <class Result, class... Values, Result (*sqlite3_vfs::*Function)(sqlite3_vfs*, Values...)>
struct Below<Function> {
    static Result call(sqlite3_vfs* vfs, Values... values) {
        return (belowOf(vfs)->*Function)(belowOf(vfs), values...);
    }
    static void set(sqlite3_vfs& vfs) {
        if (vfs.*Function)
            vfs.*Function = call;
    }
};

int openFile(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* outFlags) {
    const int code = belowOf(vfs)->xOpen(belowOf(vfs), path, file, flags, outFlags);
    if (code != SQLITE_OK)
        return code;
    Methods* made = nullptr;
    if (flags & SQLITE_OPEN_MAIN_DB)
        made = new (std::nothrow) Database(file);
    else if (flags & SQLITE_OPEN_WAL)
        made = new (std::nothrow) Log(file, of<Database>(sqlite3_database_file_object(path)));
    else
        return SQLITE_OK;
    if (made)
        return SQLITE_OK;
    file->pMethods->xClose(file);
    file->pMethods = nullptr;
    return SQLITE_NOMEM;
}

} // namespace

JoinedLogVfs::Vfs::Vfs(sqlite3_vfs* lower) : sqlite3_vfs(*lower), below(lower) {
    // A name is made from a counter: one that ends and one that begins may live at once.
    // relaxed: only uniqueness is needed, nothing is published by it.
    static std::atomic<unsigned> s_made{0};
    name = "grove-joined-log-" + std::to_string(s_made.fetch_add(1, std::memory_order_relaxed));
    zName = name.c_str();
    pNext = nullptr;
    pAppData = below;
    iVersion = std::min(iVersion, 2); // what is above serves tests of the VFS below
    xOpen = openFile;
    Below<&sqlite3_vfs::xDelete>::set(*this);
    Below<&sqlite3_vfs::xAccess>::set(*this);
    Below<&sqlite3_vfs::xFullPathname>::set(*this);
    Below<&sqlite3_vfs::xDlOpen>::set(*this);
    Below<&sqlite3_vfs::xDlError>::set(*this);
    Below<&sqlite3_vfs::xDlSym>::set(*this);
    Below<&sqlite3_vfs::xDlClose>::set(*this);
    Below<&sqlite3_vfs::xRandomness>::set(*this);
    Below<&sqlite3_vfs::xSleep>::set(*this);
    Below<&sqlite3_vfs::xCurrentTime>::set(*this);
    Below<&sqlite3_vfs::xGetLastError>::set(*this);
    if (iVersion == 2)
        Below<&sqlite3_vfs::xCurrentTimeInt64>::set(*this);
}

bool JoinedLogVfs::needsLog(sqlite3_file* database) noexcept {
    return of<Database>(database).readLockSlot > kFileReadLockSlot;
}

std::uint64_t JoinedLogVfs::syncsOf(sqlite3_file* database) noexcept {
    return of<Database>(database).syncs;
}

JoinedLogVfs::WithoutSyncs::WithoutSyncs(sqlite3_file* log) noexcept
    : m_isOff(of<Log>(log).isSyncOff) {
    m_isOff = true;
}

JoinedLogVfs::WithoutSyncs::~WithoutSyncs() {
    m_isOff = false;
}

JoinedLogVfs::JoinedLogVfs(std::unique_ptr<Vfs> vfs) noexcept : m_vfs(std::move(vfs)) {
    sqlite3_vfs_register(m_vfs.get(), 0);
}

JoinedLogVfs::~JoinedLogVfs() {
    sqlite3_vfs_unregister(m_vfs.get());
}

const std::string& JoinedLogVfs::name() const noexcept {
    return m_vfs->name;
}

std::shared_ptr<JoinedLogVfs> JoinedLogVfs::over(const std::string& below) {
    static Mutex s_mutex;
    static std::map<std::string, std::weak_ptr<JoinedLogVfs>> s_known;
    const Lock lock(s_mutex);
    std::erase_if(s_known, [](const auto& each) { return each.second.expired(); });
    std::weak_ptr<JoinedLogVfs>& known = s_known[below];
    std::shared_ptr<JoinedLogVfs> joined = known.lock();
    sqlite3_vfs* found = sqlite3_vfs_find(below.empty() ? nullptr : below.c_str());
    if (!joined && found) {
        joined.reset(new JoinedLogVfs(std::make_unique<Vfs>(found)));
        known = joined;
    }
    return joined;
}

} // namespace grove::storage
