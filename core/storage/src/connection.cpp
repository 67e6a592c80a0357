#include "connection_impl.h"

#include <grove/storage/connection.h>

#include <algorithm>
#include <utility>

namespace grove::storage {

ConnectionImpl::~ConnectionImpl() {
    if (mustKeepLog(*this)) // also the last close
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    for (Prepared& entry : prepared)
        sqlite3_finalize(entry.statement);
    sqlite3_close_v2(db);
}

SqlError ConnectionImpl::error(int code, std::string_view statement) const {
    const int extended = db ? sqlite3_extended_errcode(db) : code;
    const bool same = (extended & 0xff) == (code & 0xff);
    return {.kind = sqlKind(code),
            .code = code & 0xff,
            .extendedCode = same ? extended : code,
            .message = db && same ? sqlite3_errmsg(db) : sqlite3_errstr(code),
            .statement = std::string(statement)};
}

void ConnectionImpl::takeBack(sqlite3_stmt* statement) noexcept {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    auto it = std::ranges::find(prepared, statement, &Prepared::statement);
    it->lent = false;
}

void ConnectionImpl::dropLeastRecentlyUsed() {
    auto oldest = prepared.end();
    for (auto it = prepared.begin(); it != prepared.end(); ++it)
        if (!it->lent && (oldest == prepared.end() || it->usedAt < oldest->usedAt))
            oldest = it;
    if (oldest != prepared.end()) {
        sqlite3_finalize(oldest->statement);
        prepared.erase(oldest);
    }
}

namespace {

/// A path as a URI, so that `immutable` can be asked for: '?', '#' and '%' are escaped.
std::string uriOf(const std::string& file, bool immutable) {
    std::string uri = "file:";
    for (char c : file) {
        if (c == '%' || c == '?' || c == '#') {
            constexpr char kHex[] = "0123456789ABCDEF";
            uri += {'%', kHex[(c >> 4) & 0xf], kHex[c & 0xf]};
        } else {
            uri += c;
        }
    }
    return immutable ? uri + "?immutable=1" : uri;
}

const char* pragmaOf(Synchronous synchronous) {
    switch (synchronous) {
    case Synchronous::Off:
        return "PRAGMA synchronous=OFF";
    case Synchronous::Normal:
        return "PRAGMA synchronous=NORMAL";
    case Synchronous::Full:
        break;
    }
    return "PRAGMA synchronous=FULL";
}

int openFlags(Access access) {
    const int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
    switch (access) {
    case Access::Create:
        return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Access::ReadWrite:
        return common | SQLITE_OPEN_READWRITE;
    case Access::ReadOnly:
        return common | SQLITE_OPEN_READONLY;
    }
    return common;
}

} // namespace

namespace {

/// After a commit, in place of SQLite's own checkpoint.
int committed(void* connection, sqlite3*, const char*, int logPages) {
    auto& impl = *static_cast<ConnectionImpl*>(connection);
    impl.logPages = static_cast<std::size_t>(logPages);
    const bool isAnew = impl.logPages < impl.logEnd;
    impl.committedPages = isAnew ? impl.logPages : impl.logPages - impl.logEnd;
    impl.logEnd = impl.logPages;
    if (impl.logPages >= Connection::kLogPagesMax)
        copyLongLog(impl);
    return SQLITE_OK;
}

} // namespace

Connection::Connection(std::unique_ptr<ConnectionImpl> impl) noexcept : m_impl(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

SqlResult<Connection> Connection::open(const std::string& file, const ConnectionOptions& options) {
    auto impl = std::make_unique<ConnectionImpl>();
    const std::string uri = uriOf(file, options.immutable);
    if (options.checkpoints == Checkpoints::Elsewhere)
        impl->joinedLog = JoinedLogVfs::over(options.vfs);
    const std::string& vfs = impl->joinedLog ? impl->joinedLog->name() : options.vfs;
    const int code = sqlite3_open_v2(uri.c_str(), &impl->db, openFlags(options.access),
                                     vfs.empty() ? nullptr : vfs.c_str());
    if (code != SQLITE_OK)
        return std::unexpected(impl->error(code, "open " + file));
    sqlite3_busy_timeout(impl->db, 0);
    impl->areChangesInMemory = options.changes == Changes::InMemory;
    if (options.checkpoints == Checkpoints::Elsewhere) {
        impl->isSyncOff = options.synchronous == Synchronous::Off;
        impl->logHealth = LogHealth::of(options.vfs, file);
        sqlite3_wal_hook(impl->db, committed, impl.get());
    }
    Connection connection(std::move(impl));
    GROVE_TRY(connection.execute(pragmaOf(options.synchronous)));
    if (connection.keepsChangesInMemory())
        GROVE_TRY(connection.execute("PRAGMA cache_spill=OFF"));
    return connection;
}

SqlResult<void> Connection::execute(std::string_view script) {
    const char* at = script.data();
    const char* end = at + script.size();
    while (at < end) {
        sqlite3_stmt* statement = nullptr;
        const char* rest = nullptr;
        int code =
            sqlite3_prepare_v2(m_impl->db, at, static_cast<int>(end - at), &statement, &rest);
        if (code != SQLITE_OK)
            return std::unexpected(m_impl->error(code, std::string_view(at, end)));
        if (statement) {
            do
                code = sqlite3_step(statement);
            while (code == SQLITE_ROW);
            if (code != SQLITE_DONE) {
                SqlError error = m_impl->error(code, std::string_view(at, rest));
                sqlite3_finalize(statement);
                return std::unexpected(std::move(error));
            }
            sqlite3_finalize(statement);
        }
        at = rest;
    }
    return {};
}

SqlResult<Statement> Connection::prepare(std::string_view sql) {
    ConnectionImpl& impl = *m_impl;
    ++impl.uses;
    for (ConnectionImpl::Prepared& entry : impl.prepared) {
        if (!entry.lent && entry.sql == sql) {
            entry.lent = true;
            entry.usedAt = impl.uses;
            return Statement(impl, entry.statement);
        }
    }
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(impl.db, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK)
        return std::unexpected(impl.error(code, sql));
    if (!statement)
        return std::unexpected(SqlError{.kind = SqlKind::Misuse,
                                        .code = SQLITE_MISUSE,
                                        .extendedCode = SQLITE_MISUSE,
                                        .message = "no statement in this text",
                                        .statement = std::string(sql)});
    if (impl.prepared.size() >= kStatementsMax)
        impl.dropLeastRecentlyUsed();
    impl.prepared.push_back(
        {.statement = statement, .sql = std::string(sql), .usedAt = impl.uses, .lent = true});
    return Statement(impl, statement);
}

std::int64_t Connection::changes() const noexcept {
    return sqlite3_changes64(m_impl->db);
}

std::int64_t Connection::totalChanges() const noexcept {
    return sqlite3_total_changes64(m_impl->db);
}

bool Connection::inTransaction() const noexcept {
    return sqlite3_get_autocommit(m_impl->db) == 0;
}

bool Connection::isReadOnly() const noexcept {
    return sqlite3_db_readonly(m_impl->db, "main") == 1;
}

std::size_t Connection::statementsKept() const noexcept {
    return m_impl->prepared.size();
}

bool Connection::keepsChangesInMemory() const noexcept {
    return m_impl->areChangesInMemory;
}

std::size_t Connection::takeLogPages() noexcept {
    return std::exchange(m_impl->logPages, 0);
}

void Connection::interrupt() noexcept {
    sqlite3_interrupt(m_impl->db);
}

SqlResult<void> Connection::backupTo(const std::string& file, const std::string& vfs) {
    auto target = Connection::open(file, {.vfs = vfs, .changes = Changes::WrittenEarly});
    if (!target)
        return std::unexpected(std::move(target).error());
    sqlite3* to = target->m_impl->db;
    sqlite3_backup* backup = sqlite3_backup_init(to, "main", m_impl->db, "main");
    if (!backup)
        return std::unexpected(target->m_impl->error(sqlite3_errcode(to), "backup to " + file));
    const int stepped = sqlite3_backup_step(backup, -1);
    const int code = sqlite3_backup_finish(backup);
    if (code != SQLITE_OK || stepped != SQLITE_DONE)
        return std::unexpected(
            target->m_impl->error(code != SQLITE_OK ? code : stepped, "backup to " + file));
    return {};
}

} // namespace grove::storage
