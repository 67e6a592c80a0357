#include "file_names.h"

#include <grove/storage/database_file.h>
#include <grove/storage/transaction.h>
#include <grove/storage/write_batch.h>

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace grove::storage {

const std::string_view kStorageTables = R"sql(
CREATE TABLE operations(
    id TEXT PRIMARY KEY NOT NULL,
    key INTEGER NOT NULL,
    result BLOB NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX operations_at ON operations(at);
CREATE TABLE terms(
    key TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) WITHOUT ROWID;
)sql";

namespace {

namespace fs = std::filesystem;
using Kind = OpenFault::Kind;

Kind faultOf(SqlKind kind) {
    switch (kind) {
    case SqlKind::Busy:
        return Kind::Locked;
    case SqlKind::Full:
        return Kind::DiskFull;
    case SqlKind::ReadOnly:
        return Kind::ReadOnlyFolder;
    case SqlKind::Corrupt:
        return Kind::Damaged;
    case SqlKind::NotADatabase:
        return Kind::NotOurs;
    default:
        return Kind::Failed;
    }
}

OpenFault fault(const std::string& file, SqlError error) {
    Kind kind = faultOf(error.kind);
    if (error.kind == SqlKind::CannotOpen) {
        // SQLite says only "unable to open"; the system knows why.
        std::error_code ignored;
        fs::path folder = fs::path(file).parent_path();
        if (fs::is_directory(file, ignored))
            kind = Kind::NotOurs;
        else if (::faccessat(AT_FDCWD, folder.empty() ? "." : folder.c_str(), W_OK, AT_EACCESS) !=
                 0)
            kind = Kind::ReadOnlyFolder;
    }
    return {.kind = kind, .file = file, .error = std::move(error)};
}

/// The checks and changes of prepareDatabase, one after the other, on one connection.
class Preparation {
public:
    Preparation(std::string file, const Schema& schema, const PrepareOptions& options)
        : m_file(std::move(file)), m_schema(schema), m_options(options) {}

    std::expected<Prepared, OpenFault> run(Connection& connection) {
        if (connection.isReadOnly())
            return std::unexpected(OpenFault{.kind = Kind::ReadOnlyFolder, .file = m_file});
        if (auto step = identify(connection); !step)
            return std::unexpected(std::move(step).error());
        if (auto step = check(connection); !step)
            return std::unexpected(std::move(step).error());
        if (auto step = useLog(connection); !step)
            return std::unexpected(std::move(step).error());
        if (auto step = migrate(connection); !step)
            return std::unexpected(std::move(step).error());
        if (m_options.forgetBefore.time_since_epoch().count() != 0)
            if (auto pruned = pruneOperations(connection, m_options.forgetBefore); !pruned)
                m_prepared.pruneFault = std::move(pruned).error();
        return m_prepared;
    }

    /// The part of run() that writes nothing. A file of an earlier version is found, not refused.
    std::expected<Prepared, OpenFault> look(Connection& connection) {
        if (auto step = identify(connection); !step)
            return std::unexpected(std::move(step).error());
        if (m_prepared.created) // an empty file is none of ours
            return std::unexpected(OpenFault{.kind = Kind::NotOurs, .file = m_file});
        if (auto step = check(connection); !step)
            return std::unexpected(std::move(step).error());
        return m_prepared;
    }

private:
    using Step = std::expected<void, OpenFault>;

    std::expected<std::int64_t, OpenFault> number(Connection& connection, std::string_view sql) {
        auto value = connection.integer(sql);
        if (!value)
            return std::unexpected(fault(m_file, std::move(value).error()));
        return value->value_or(0);
    }

    Step identify(Connection& connection) {
        auto id = number(connection, "PRAGMA application_id");
        if (!id)
            return std::unexpected(std::move(id).error());
        auto version = number(connection, "PRAGMA user_version");
        if (!version)
            return std::unexpected(std::move(version).error());
        auto objects = number(connection, "SELECT count(*) FROM sqlite_schema");
        if (!objects)
            return std::unexpected(std::move(objects).error());
        m_prepared.created = *id == 0 && *version == 0 && *objects == 0;
        m_prepared.migratedFrom = static_cast<int>(*version);
        if (!m_prepared.created && *id != m_schema.applicationId)
            return std::unexpected(OpenFault{.kind = Kind::NotOurs, .file = m_file});
        if (*version > m_schema.version())
            return std::unexpected(OpenFault{.kind = Kind::NewerVersion,
                                             .file = m_file,
                                             .foundVersion = static_cast<int>(*version),
                                             .supportedVersion = m_schema.version()});
        return {};
    }

    Step check(Connection& connection) {
        auto verdict = connection.text("PRAGMA quick_check(1)");
        if (!verdict)
            return std::unexpected(fault(m_file, std::move(verdict).error()));
        if (verdict->value_or("") != "ok")
            return std::unexpected(OpenFault{
                .kind = Kind::Damaged,
                .file = m_file,
                .error = {.kind = SqlKind::Corrupt, .message = verdict->value_or("no answer")}});
        return {};
    }

    Step useLog(Connection& connection) {
        auto mode = connection.text("PRAGMA journal_mode=WAL");
        if (!mode)
            return std::unexpected(fault(m_file, std::move(mode).error()));
        if (mode->value_or("") != "wal")
            return std::unexpected(
                OpenFault{.kind = Kind::Failed,
                          .file = m_file,
                          .error = {.message = "no write-ahead log here: journal mode is " +
                                               mode->value_or("unknown")}});
        return {};
    }

    Step migrate(Connection& connection) {
        const int from = m_prepared.migratedFrom;
        if (from == m_schema.version())
            return {};
        if (from > 0) {
            m_prepared.backup = m_file + ".backup-v" + std::to_string(from);
            if (auto copied = connection.backupTo(m_prepared.backup, m_options.vfs); !copied)
                return std::unexpected(fault(m_file, std::move(copied).error()));
        }
        if (auto done = runMigrations(connection, from); !done)
            return std::unexpected(fault(m_file, std::move(done).error()));
        return {};
    }

    SqlResult<void> runMigrations(Connection& connection, int from) {
        auto transaction = Transaction::begin(connection, TransactionKind::Write);
        if (!transaction)
            return std::unexpected(std::move(transaction).error());
        for (const Migration& migration : m_schema.migrations)
            if (migration.version > from)
                GROVE_TRY(connection.execute(migration.script));
        GROVE_TRY(connection.execute("PRAGMA user_version=" + std::to_string(m_schema.version())));
        GROVE_TRY(
            connection.execute("PRAGMA application_id=" + std::to_string(m_schema.applicationId)));
        return transaction->commit();
    }

    std::string m_file;
    const Schema& m_schema;
    const PrepareOptions& m_options;
    Prepared m_prepared;
};

std::expected<Prepared, OpenFault> openAndPrepare(const std::string& file, const Schema& schema,
                                                  const PrepareOptions& options) {
    auto connection = Connection::open(file, {.synchronous = options.synchronous,
                                              .vfs = options.vfs,
                                              .checkpoints = Checkpoints::Elsewhere,
                                              .changes = Changes::WrittenEarly});
    if (!connection)
        return std::unexpected(fault(file, std::move(connection).error()));
    // Until the log is in use, a rollback journal whose deletion was not synced would come back
    // after a power failure and undo what was committed since; EXTRA syncs that deletion.
    if (options.synchronous == Synchronous::Full)
        if (auto extra = connection->execute("PRAGMA synchronous=EXTRA"); !extra)
            return std::unexpected(fault(file, std::move(extra).error()));
    auto prepared = Preparation(file, schema, options).run(*connection);
    // How the last sync of a log that was found here went nobody knows, and closing deletes it.
    // Where this fails the log is kept, and a writer does it.
    if (prepared)
        static_cast<void>(connection->makeLogSound());
    return prepared;
}

} // namespace

std::expected<Prepared, OpenFault> prepareDatabase(const std::string& file, const Schema& schema,
                                                   const PrepareOptions& options) {
    std::error_code ignored;
    const bool isNew = options.vfs.empty() && !fs::exists(file, ignored);
    if (isNew && fs::exists(file + ".recovered", ignored))
        return std::unexpected(OpenFault{.kind = Kind::RecoveryPending, .file = file});
    std::vector<std::string> made; // by a first start
    if (isNew)
        for (const char* suffix : {"-wal", "-shm", "-journal", ""})
            if (!fs::exists(file + suffix, ignored))
                made.push_back(file + suffix);
    auto prepared = openAndPrepare(file, schema, options);
    // What a failed one has begun would be taken for an empty database.
    if (!prepared)
        for (const std::string& begun : made)
            fs::remove(begun, ignored);
    return prepared;
}

std::expected<void, OpenFault> checkForReading(const std::string& file, const Schema& schema) {
    auto connection = openForReading(file);
    if (!connection)
        return std::unexpected(fault(file, std::move(connection).error()));
    const PrepareOptions options;
    const auto found = Preparation(file, schema, options).look(*connection);
    if (!found)
        return std::unexpected(found.error());
    if (found->migratedFrom < schema.version())
        return std::unexpected(OpenFault{
            .kind = Kind::ReadOnlyFolder,
            .file = file,
            .error = {.message = "the file is of an earlier version and cannot be changed"}});
    return {};
}

namespace {

/// A rename that keeps what was there. Nothing to do where there is no such file.
std::expected<void, OpenFault> keepAs(const std::string& from, const std::string& to) {
    std::error_code error;
    if (!fs::exists(from, error))
        return {};
    fs::rename(from, to, error);
    if (error)
        return std::unexpected(OpenFault{
            .file = from, .error = {.message = "rename to " + to + ": " + error.message()}});
    return {};
}

} // namespace

std::expected<std::string, OpenFault> replaceWithBackup(const std::string& file,
                                                        const std::string& backup,
                                                        const Schema& schema,
                                                        const std::string& stamp) {
    // Without a log beside it nobody writes it, and reading it leaves nothing behind.
    std::error_code ignored;
    auto source = Connection::open(
        backup, {.access = Access::ReadOnly, .immutable = !fs::exists(backup + "-wal", ignored)});
    if (!source)
        return std::unexpected(fault(backup, std::move(source).error()));
    const PrepareOptions options;
    if (auto found = Preparation(backup, schema, options).look(*source); !found)
        return std::unexpected(std::move(found).error());
    const std::string copy = file + ".restored-part";
    if (auto copied = source->backupTo(copy); !copied) {
        fs::remove(copy, ignored);
        return std::unexpected(fault(file, std::move(copied).error()));
    }
    const std::string kept = unusedName(file, stamp);
    const bool wasThere = fs::exists(file, ignored);
    // The log first: without its file it is nothing, with another file it would be a wrong one.
    for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{
             {file + "-wal", kept + ".replaced-wal"},
             {file + "-shm", kept + ".replaced-shm"},
             {file + ".recovered", kept + ".recovered"},
             {file, kept + ".replaced"},
             {copy, file}})
        if (auto step = keepAs(from, to); !step)
            return std::unexpected(std::move(step).error());
    syncFolderOf(file);
    return wasThere ? kept + ".replaced" : std::string();
}

SqlResult<Connection> openForReading(const std::string& file) {
    auto connection = Connection::open(file, {.access = Access::ReadOnly});
    // Without a log beside it, a file of a read-only folder can be read only as one that never
    // changes.
    if (connection && connection->integer("SELECT count(*) FROM sqlite_schema"))
        return connection;
    return Connection::open(file, {.access = Access::ReadOnly, .immutable = true});
}

} // namespace grove::storage
