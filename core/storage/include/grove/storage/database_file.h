#pragma once

#include <grove/storage/connection.h>

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace grove::storage {

/// One step of a schema: the script that brings a file of version `version - 1` to `version`.
struct Migration {
    int version;
    std::string_view script;
};

/// A table that salvage reads row by row: its columns in order, the first `keyColumns` of which are
/// its integer primary key.
struct SalvageTable {
    std::string name;
    std::vector<std::string> columns;
    std::size_t keyColumns = 1;
};

/// What a program keeps in its file. The migrations' versions are 1, 2, 3, …
struct Schema {
    std::int32_t applicationId;
    std::vector<Migration> migrations;
    std::vector<SalvageTable> salvage;
    /// Run on the recovered copy: makes rows whose counterparts were lost consistent again.
    std::string_view afterSalvage = {};

    [[nodiscard]] int version() const noexcept { return static_cast<int>(migrations.size()); }
};

/// The tables storage itself needs, for a schema's first migration: stored operations and the term
/// table.
extern const std::string_view kStorageTables;

/// Why a file cannot be used as it is. What a person is told about each is the caller's.
struct OpenFault {
    enum class Kind {
        ReadOnlyFolder,  ///< the file or its folder cannot be written; it may be read
                         ///< (openForReading)
        DiskFull,        ///< no room to create, migrate or log
        Damaged,         ///< parts cannot be read; see salvage(). The file was not touched
        RecoveryPending, ///< salvage() was done and its result neither adopted nor discarded
        NewerVersion,    ///< written by a later program; not touched
        NotOurs,         ///< something else than this program's database; not touched
        Locked,          ///< another program has it open for itself alone
        Failed,          ///< anything else: `error` says what
    };
    Kind kind = Kind::Failed;
    std::string file;
    int foundVersion = 0;     ///< NewerVersion
    int supportedVersion = 0; ///< NewerVersion
    SqlError error;           ///< SQLite's side of it, for details
};

/// What prepareDatabase found and did.
struct Prepared {
    bool created = false;
    int migratedFrom = 0; ///< equal to the schema's version when nothing was migrated
    std::string backup;   ///< the copy made before a migration; empty when there was none
    std::optional<SqlError>
        pruneFault; ///< old results could not be forgotten; nothing else is amiss
};

struct PrepareOptions {
    Synchronous synchronous = Synchronous::Full;
    std::string vfs;
    /// Results of operations older than this are forgotten. Zero: all are kept.
    std::chrono::sys_seconds forgetBefore{};
};

/// Makes the file ready for connections: creates it, checks it (application id, version, every
/// page), sets the write-ahead log, migrates it inside a transaction after a backup copy
/// "FILE.backup-vN". A fault leaves every row and the version as they were, and no new file; what
/// may remain is the backup copy, and that the file uses the write-ahead log now.
[[nodiscard]] std::expected<Prepared, OpenFault>
prepareDatabase(const std::string& file, const Schema& schema, const PrepareOptions& options = {});

/// Opens a file in a folder that cannot be written, log and all where that is possible.
[[nodiscard]] SqlResult<Connection> openForReading(const std::string& file);
/// Looks whether a file can be read as it is: that it is this program's, of the version it reads,
/// and whole.
[[nodiscard]] std::expected<void, OpenFault> checkForReading(const std::string& file,
                                                             const Schema& schema);

/// Puts a copy of a backup in the place of a file that cannot be used, which is kept (with its log)
/// as "STEM-STAMP.replaced" beside it; a recovered copy in its way is kept as
/// "STEM-STAMP.recovered". A backup of an earlier version is fit: prepareDatabase migrates it.
/// Returns: the kept file; empty where there was none.
/// Errors: of the backup (`file` names it), before anything was touched; or of the folder.
[[nodiscard]] std::expected<std::string, OpenFault> replaceWithBackup(const std::string& file,
                                                                      const std::string& backup,
                                                                      const Schema& schema,
                                                                      const std::string& stamp);

/// What could be read of a damaged file.
struct Salvaged {
    std::string damagedFile;                  ///< the original, under its new name
    std::string recoveredFile;                ///< a sound database with what could be read
    std::map<std::string, std::int64_t> rows; ///< by table
};

/// Copies what can be read of a damaged file into "FILE.recovered", then renames the original (with
/// its log) to "STEM-STAMP.damaged" beside it. `stamp` is like "2026-11-21-1430"; where that name
/// is taken, "-2" or a higher number follows. Nothing is deleted; until adoptSalvaged() or
/// discardSalvaged() the file's name is free and prepareDatabase says RecoveryPending.
[[nodiscard]] std::expected<Salvaged, OpenFault>
salvage(const std::string& file, const Schema& schema, const std::string& stamp);

/// Makes the recovered copy the database. The damaged original stays where it is.
[[nodiscard]] std::expected<void, OpenFault> adoptSalvaged(const std::string& file);
/// Deletes the recovered copy, so that another file (a backup) can take the place.
[[nodiscard]] std::expected<void, OpenFault> discardSalvaged(const std::string& file);

} // namespace grove::storage
