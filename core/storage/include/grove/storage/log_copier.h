#pragma once

#include <grove/storage/connection.h>

#include <optional>
#include <string>

namespace grove::storage {

/// Copies SQLite's log into the database file, most of it beside who writes.
///
/// Each part is synced before the next, so that SQLite, which counts a part as copied without
/// syncing it, never lets go of a log that the file may lack. Beside a writer a second connection
/// reads meanwhile: as long as it has a snapshot that is not wholly in the file, nobody begins the
/// log anew, which SQLite before 3.51.3 does not bear while somebody begins to copy it
/// (sqlite.org/wal.html, "The WAL-Reset Bug"), and no other program copies beyond it. That it has
/// one is known where something was committed since the last copy, as nobody else copies: of this
/// program (see copyBeside()); that another program has copied everything between the last commit
/// and the begin of a part is not found out.
///
/// Threads: any one at a time; interrupt() from any. To have: one for a file.
class LogCopier {
public:
    /// `options`: with Checkpoints::Elsewhere.
    [[nodiscard]] static SqlResult<LogCopier> open(const std::string& file,
                                                   const ConnectionOptions& options);

    /// Copies and syncs what is committed by now, as far as no reader is in the way, waiting for no
    /// one. Returns: what is copied now, 0 pages where nothing is new; nothing where it takes
    /// copyAlone(): the log is not sound (see Connection::isLogSound()), a writer has copied it, or
    /// a sync of the file has failed. Of that last what was read for it is read on until
    /// copyAlone() has mended it, so that other programs keep the log, too.
    [[nodiscard]] SqlResult<std::optional<LogCopy>> copyBeside();
    /// As Connection::checkpoint(). Requires: nobody writes.
    [[nodiscard]] SqlResult<LogCopy> copyAlone();

    /// Makes what runs end with SqlKind::Interrupted. Threads: any, while this lives.
    void interrupt() noexcept;

private:
    LogCopier(Connection copier, Connection reader);

    [[nodiscard]] SqlResult<std::int64_t> version();

    Connection m_copier;
    Connection m_reader;
    /// Of what m_reader saw last: no later commit is copied. None where that is not known.
    std::optional<std::int64_t> m_seen;
};

} // namespace grove::storage
