#pragma once

#include <grove/storage/sync_loss_vfs.h>
#include <grove/term/mutex.h>

#include <sqlite3.h>

#include <array>
#include <map>

namespace grove::storage {

/// The locks and the shared memory of one file, among the connections of one time between power
/// failures.
struct FilePresence {
    static constexpr int kSlots = SQLITE_SHM_NLOCK;

    const void* reserved = nullptr;
    const void* pending = nullptr;
    const void* exclusive = nullptr;
    int shared = 0;
    int mappers = 0; ///< who has the index open: the last one to close it lets it go
    std::vector<std::unique_ptr<char[]>> regions; ///< the log's index; addresses are stable
    std::array<int, kSlots> slotShared{};
    std::array<const void*, kSlots> slotExclusive{};
};

/// One file: what programs see, what is durable, and which ranges differ.
struct SimulatedFile {
    struct Range {
        std::size_t at, bytes;
    };
    std::string seen;
    std::string durable;
    bool exists = true;
    bool existsDurably = false;
    std::vector<Range> unsynced; ///< in the order written
    std::uint64_t failedSyncs = 0;
    std::shared_ptr<FilePresence> presence = std::make_shared<FilePresence>();

    void sync();
    void write(std::size_t at, const char* data, std::size_t bytes);
    void truncate(std::size_t bytes);
};

/// What the VFS's functions work on; SQLite calls them from any thread.
struct SyncLossVfs::Disk {
    using FilePtr = std::shared_ptr<SimulatedFile>;

    explicit Disk(std::uint64_t seed);

    /// Counts one operation and returns SQLITE_OK or the code of the fault that is due.
    [[nodiscard]] int account(Io io) GROVE_REQUIRES(mutex);
    [[nodiscard]] std::uint64_t random() GROVE_REQUIRES(mutex);
    [[nodiscard]] std::size_t usedBytes() const GROVE_REQUIRES(mutex);
    [[nodiscard]] FilePtr find(const std::string& path) const GROVE_REQUIRES(mutex);

    sqlite3_vfs vfs{};
    std::string name;

    mutable Mutex mutex;
    std::map<std::string, FilePtr> files GROVE_GUARDED_BY(mutex);
    std::uint64_t randomState GROVE_GUARDED_BY(mutex);
    std::uint64_t epoch GROVE_GUARDED_BY(mutex) =
        0; ///< power failures so far; a handle of an earlier one is dead
    std::uint64_t ios GROVE_GUARDED_BY(mutex) = 0;
    std::uint64_t syncs GROVE_GUARDED_BY(mutex) = 0;
    std::uint64_t temporaryFiles GROVE_GUARDED_BY(mutex) = 0;
    std::optional<Fault> fault GROVE_GUARDED_BY(mutex);
    std::uint64_t faultSetAt GROVE_GUARDED_BY(mutex) = 0;
    std::optional<std::size_t> capacity GROVE_GUARDED_BY(mutex);
    std::function<void(Io)> latency GROVE_GUARDED_BY(mutex);
};

/// Fills in the functions of a disk's VFS.
void installVfs(SyncLossVfs::Disk& disk);

} // namespace grove::storage
