#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct sqlite3_file;

namespace grove::storage {

/// A VFS (sqlite.org/vfs.html) over another one, in which what a transaction writes into SQLite's
/// log (WAL) reaches the file below in few large writes.
///
/// SQLite writes each frame's header and page with a call of the system each. Of a connection of
/// this VFS, frames that follow each other are kept until the one that commits, kKeptBytesMax at
/// most, and then written; it is told of a failure when it writes that one. They are also written
/// before the log is synced or anything of them is read. Whatever is kept when the right to write
/// the log goes belonged to a transaction that was rolled back, and is dropped: the place may be
/// somebody else's next. It also tells how a connection reads, and leaves out a sync of the log
/// that is known to be of no use. All other functions of all files are those of the VFS below.
///
/// When not to use it: with PRAGMA locking_mode=EXCLUSIVE nothing is joined.
class JoinedLogVfs {
public:
    /// Of each connection's log. More at once SQLite's VFS for Unix refuses as on a full disk.
    static constexpr int kKeptBytesMax = (1 << 17) - 1;

    /// Over the VFS of this name ("": SQLite's default). Returns: null where there is none.
    /// Ownership: the files of this VFS are to be closed before it goes, and it before the one
    /// below. Threads: any.
    [[nodiscard]] static std::shared_ptr<JoinedLogVfs> over(const std::string& below);

    JoinedLogVfs(const JoinedLogVfs&) = delete;
    JoinedLogVfs& operator=(const JoinedLogVfs&) = delete;
    ~JoinedLogVfs();

    [[nodiscard]] const std::string& name() const noexcept;

    /// Whether the connection that has opened this database reads a snapshot that may need the log,
    /// so that nobody begins it anew. Not, where all of it was in the file when it was taken.
    [[nodiscard]] static bool needsLog(sqlite3_file* database) noexcept;
    /// How often this connection has synced the database so far, as it was asked to by SQLite or
    /// whoever else.
    [[nodiscard]] static std::uint64_t syncsOf(sqlite3_file* database) noexcept;
    /// While this lives, the connection that has opened this log does not sync it: it only copies
    /// what is on disk.
    class WithoutSyncs {
    public:
        explicit WithoutSyncs(sqlite3_file* log) noexcept;
        ~WithoutSyncs();
        WithoutSyncs(const WithoutSyncs&) = delete;
        WithoutSyncs& operator=(const WithoutSyncs&) = delete;

    private:
        bool& m_isOff;
    };

private:
    struct Vfs;
    explicit JoinedLogVfs(std::unique_ptr<Vfs> vfs) noexcept;

    std::unique_ptr<Vfs> m_vfs;
};

} // namespace grove::storage
