#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace grove::storage {

/// A disk in memory that remembers what was synced, for connections opened with its name().
///
/// A power failure takes back everything that was written and not synced (or keeps a random part of
/// it, as real disks do), and every file opened before it is dead. So what an acknowledgement is
/// worth can be tested, which killing a process cannot show: the system keeps what a killed program
/// wrote. A sync that fails says so once to each who has the file open: as on Linux, what it was
/// for counts as written from then on, and comes to the disk only when it is written again.
///
/// Simulation: with one thread and one seed the same calls give the same results; no clock, no
/// thread, no system randomness is used. Threads: any; one lock inside, not held while the latency
/// hook runs. Lifetime: registers itself with SQLite; must outlive every connection opened on it.
class SyncLossVfs {
public:
    enum class Io { Open, Read, Write, Truncate, Sync, Delete };
    enum class Unsynced { Lost, PartlyKept };
    enum class Failure { Io, Full };

    struct Fault {
        std::uint64_t atIo = 1; ///< counted from when the fault is set; the first is 1
        Failure failure = Failure::Io;
        bool fromThenOn = false; ///< that one alone, or it and every later one
    };

    explicit SyncLossVfs(std::uint64_t seed);
    SyncLossVfs(const SyncLossVfs&) = delete;
    SyncLossVfs& operator=(const SyncLossVfs&) = delete;
    ~SyncLossVfs();

    /// The name to open connections with.
    [[nodiscard]] const std::string& name() const noexcept;

    void powerFailure(Unsynced unsynced = Unsynced::Lost);
    /// The system lets go of what it keeps of a file in memory: programs see what is on the disk.
    /// It may after a failed sync, as what was written counts as being there.
    void dropUnsynced(const std::string& file);
    /// One byte there becomes another, in what programs see and on the disk.
    void damage(const std::string& file, std::size_t at);

    void setFault(std::optional<Fault> fault);
    /// Writes that would make all files together larger fail as on a full disk.
    void setCapacity(std::optional<std::size_t> bytes);
    /// Called before each operation; may spend time, real or virtual.
    void setLatency(std::function<void(Io)> hook);

    [[nodiscard]] std::uint64_t ioCount() const;
    [[nodiscard]] std::uint64_t syncCount() const;
    [[nodiscard]] bool exists(const std::string& file) const;
    [[nodiscard]] std::vector<std::string> files() const;
    /// What programs see now, and what would be there after a power failure.
    [[nodiscard]] std::string contents(const std::string& file) const;
    [[nodiscard]] std::string durableContents(const std::string& file) const;
    /// What the disk itself takes of the program's memory, for who measures the rest.
    [[nodiscard]] std::size_t memoryBytes() const;
    /// Puts a file there, synced.
    void setContents(const std::string& file, std::string bytes);

    struct Disk;

private:
    std::unique_ptr<Disk> m_disk;
};

} // namespace grove::storage
