#pragma once

#include <grove/storage/connection.h>

#include <optional>
#include <string>

namespace grove::storage {

/// Copies SQLite's log into the database file, most of it in parts beside who writes.
///
/// Each part is synced before the next, so that SQLite, which counts a part as copied without
/// syncing it, never lets go of a log that the file may lack; one that was copied by who was killed
/// then, with the next one, and where that fails it is written again. The log is to be on disk
/// before it is copied: where others have synced it since beginPart() (Connection::syncLog()),
/// copyPart() does not. Beside a writer a second connection reads from beginPart() to endPart(), a
/// snapshot that needs the log: nobody begins it anew, which SQLite before 3.51.3 does not bear
/// while somebody begins to copy it (sqlite.org/wal.html, "The WAL-Reset Bug"), and nobody copies
/// beyond it.
///
/// Threads: any one at a time; interrupt() from any. To have: one for a file.
class LogCopier {
public:
    /// `options`: with Checkpoints::Elsewhere.
    [[nodiscard]] static SqlResult<LogCopier> open(const std::string& file,
                                                   const ConnectionOptions& options);

    /// A part is what is committed by now and not copied. Returns: whether there is anything, or
    /// what keeps it from being copied (copyPart() says so).
    [[nodiscard]] SqlResult<bool> beginPart();
    /// Copies it, as far as no reader is in the way, waiting for no one but the disk. Returns: what
    /// is copied now, 0 pages where it cannot be at this moment; nothing where it takes
    /// copyAlone(): the log is not sound (see Connection::isLogSound()), a writer has copied it, or
    /// a sync of the file has failed.
    [[nodiscard]] SqlResult<std::optional<LogCopy>> copyPart();
    /// Whether the file is to be synced by endPart(): something was copied, and SQLite has not.
    [[nodiscard]] bool isSyncOwed() const noexcept { return m_isSyncOwed; }
    /// Syncs what was copied of it, where that is owed. Of a part whose sync has failed what was
    /// read for it is read on until copyAlone() has mended it, so that other programs keep the log,
    /// too.
    [[nodiscard]] SqlResult<void> endPart();
    /// As Connection::checkpoint(). Requires: nobody writes.
    [[nodiscard]] SqlResult<LogCopy> copyAlone();

    /// Makes what runs end with SqlKind::Interrupted. Threads: any, while this lives.
    void interrupt() noexcept;

private:
    LogCopier(Connection copier, Connection reader);

    [[nodiscard]] SqlResult<std::int64_t> version();

    Connection m_copier;
    Connection m_reader; ///< has a snapshot from beginPart() on
    /// Of what m_reader saw last: no later commit is copied. None where that is not known.
    std::optional<std::int64_t> m_seen;
    std::uint64_t m_syncsBegun = 0; ///< of the log, behind that snapshot
    bool m_isSyncOwed = false;      ///< for what was copied
};

} // namespace grove::storage
