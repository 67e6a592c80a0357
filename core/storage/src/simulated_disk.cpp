// The functions SQLite calls: a sqlite3_vfs and its sqlite3_io_methods over a simulated disk.
#include "simulated_disk.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace grove::storage {

namespace {

using Disk = SyncLossVfs::Disk;
using Io = SyncLossVfs::Io;

/// An open file. SQLite gives the memory; the destructor is run by xClose.
struct OpenFile : sqlite3_file {
    Disk* disk;
    Disk::FilePtr file;
    std::shared_ptr<FilePresence> presence;
    std::uint64_t epoch;
    std::string path;
    bool deleteOnClose;
    bool isMapped = false;
    int level = SQLITE_LOCK_NONE;
    std::uint32_t slotsShared = 0;
    std::uint32_t slotsExclusive = 0;
    std::uint64_t failedSyncsSeen = file->failedSyncs;

    [[nodiscard]] bool isDead() const GROVE_REQUIRES(disk->mutex) { return epoch != disk->epoch; }
};

OpenFile& of(sqlite3_file* file) {
    return *static_cast<OpenFile*>(file);
}
Disk& of(sqlite3_vfs* vfs) {
    return *static_cast<Disk*>(vfs->pAppData);
}

/// Spends the operation's time, before the lock is taken.
void spend(Disk& disk, Io io) {
    std::function<void(Io)> hook;
    {
        Lock lock(disk.mutex);
        hook = disk.latency;
    }
    if (hook)
        hook(io);
}

int readFile(sqlite3_file* handle, void* to, int bytes, sqlite3_int64 at) {
    OpenFile& open = of(handle);
    spend(*open.disk, Io::Read);
    Lock lock(open.disk->mutex);
    if (int code = open.disk->account(Io::Read); code != SQLITE_OK)
        return code;
    if (open.isDead())
        return SQLITE_IOERR_READ;
    const std::string& seen = open.file->seen;
    const auto from = std::min(static_cast<std::size_t>(at), seen.size());
    const auto got = std::min(static_cast<std::size_t>(bytes), seen.size() - from);
    std::copy_n(seen.data() + from, got, static_cast<char*>(to));
    if (got == static_cast<std::size_t>(bytes))
        return SQLITE_OK;
    std::memset(static_cast<char*>(to) + got, 0, static_cast<std::size_t>(bytes) - got);
    return SQLITE_IOERR_SHORT_READ;
}

int writeFile(sqlite3_file* handle, const void* from, int bytes, sqlite3_int64 at) {
    OpenFile& open = of(handle);
    spend(*open.disk, Io::Write);
    Lock lock(open.disk->mutex);
    if (int code = open.disk->account(Io::Write); code != SQLITE_OK)
        return code;
    if (open.isDead())
        return SQLITE_IOERR_WRITE;
    const auto end = static_cast<std::size_t>(at) + static_cast<std::size_t>(bytes);
    const std::size_t grown = end > open.file->seen.size() ? end - open.file->seen.size() : 0;
    if (grown && open.disk->capacity && open.disk->usedBytes() + grown > *open.disk->capacity)
        return SQLITE_FULL;
    open.file->write(static_cast<std::size_t>(at), static_cast<const char*>(from),
                     static_cast<std::size_t>(bytes));
    return SQLITE_OK;
}

int truncateFile(sqlite3_file* handle, sqlite3_int64 bytes) {
    OpenFile& open = of(handle);
    spend(*open.disk, Io::Truncate);
    Lock lock(open.disk->mutex);
    if (int code = open.disk->account(Io::Truncate); code != SQLITE_OK)
        return code;
    if (open.isDead())
        return SQLITE_IOERR_TRUNCATE;
    open.file->truncate(static_cast<std::size_t>(bytes));
    return SQLITE_OK;
}

int syncFile(sqlite3_file* handle, int) {
    OpenFile& open = of(handle);
    spend(*open.disk, Io::Sync);
    Lock lock(open.disk->mutex);
    if (int code = open.disk->account(Io::Sync); code != SQLITE_OK) {
        open.file->unsynced.clear();
        open.failedSyncsSeen = ++open.file->failedSyncs;
        return code;
    }
    if (open.isDead() ||
        std::exchange(open.failedSyncsSeen, open.file->failedSyncs) != open.file->failedSyncs)
        return SQLITE_IOERR_FSYNC;
    open.file->sync();
    return SQLITE_OK;
}

int sizeOfFile(sqlite3_file* handle, sqlite3_int64* bytes) {
    OpenFile& open = of(handle);
    Lock lock(open.disk->mutex);
    if (open.isDead())
        return SQLITE_IOERR_FSTAT;
    *bytes = static_cast<sqlite3_int64>(open.file->seen.size());
    return SQLITE_OK;
}

/// Requires: the disk's lock.
void unlockTo(OpenFile& open, int level) {
    FilePresence& presence = *open.presence;
    if (level >= open.level)
        return;
    for (const void** holder : {&presence.reserved, &presence.pending, &presence.exclusive})
        if (*holder == &open)
            *holder = nullptr;
    if (level == SQLITE_LOCK_NONE && open.level >= SQLITE_LOCK_SHARED)
        --presence.shared;
    open.level = level;
}

int lockFile(sqlite3_file* handle, int level) {
    OpenFile& open = of(handle);
    Lock lock(open.disk->mutex);
    FilePresence& presence = *open.presence;
    auto heldByOther = [&](const void* holder) { return holder && holder != &open; };
    if (open.isDead())
        return SQLITE_IOERR_LOCK;
    if (open.level >= level)
        return SQLITE_OK;
    if (open.level == SQLITE_LOCK_NONE) {
        if (heldByOther(presence.pending) || heldByOther(presence.exclusive))
            return SQLITE_BUSY;
        ++presence.shared;
        open.level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED)
        return SQLITE_OK;
    if (heldByOther(presence.reserved) || heldByOther(presence.pending))
        return SQLITE_BUSY;
    if (level == SQLITE_LOCK_RESERVED) {
        presence.reserved = &open;
        open.level = SQLITE_LOCK_RESERVED;
        return SQLITE_OK;
    }
    presence.pending = &open; // no new readers from here on
    open.level = SQLITE_LOCK_PENDING;
    if (presence.shared > 1)
        return SQLITE_BUSY;
    presence.exclusive = &open;
    open.level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

int unlockFile(sqlite3_file* handle, int level) {
    OpenFile& open = of(handle);
    Lock lock(open.disk->mutex);
    unlockTo(open, level);
    return SQLITE_OK;
}

int checkReserved(sqlite3_file* handle, int* result) {
    OpenFile& open = of(handle);
    Lock lock(open.disk->mutex);
    *result = open.presence->reserved || open.presence->pending || open.presence->exclusive;
    return SQLITE_OK;
}

int controlFile(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}
int sectorBytes(sqlite3_file*) {
    return 4096;
}
int characteristics(sqlite3_file*) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int mapShared(sqlite3_file* handle, int region, int bytes, int extend, void volatile** mapped) {
    OpenFile& open = of(handle);
    Lock lock(open.disk->mutex);
    *mapped = nullptr;
    if (open.isDead())
        return SQLITE_IOERR_SHMMAP;
    if (!std::exchange(open.isMapped, true))
        ++open.presence->mappers;
    auto& regions = open.presence->regions;
    const auto index = static_cast<std::size_t>(region);
    if (regions.size() <= index && !extend)
        return SQLITE_OK;
    while (regions.size() <= index)
        regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(bytes)));
    *mapped = regions[index].get();
    return SQLITE_OK;
}

/// Requires: the disk's lock.
void unlockSlots(OpenFile& open, std::uint32_t mask) {
    for (int slot = 0; slot < FilePresence::kSlots; ++slot) {
        const std::uint32_t bit = 1u << slot;
        const auto index = static_cast<std::size_t>(slot);
        if (!(mask & bit))
            continue;
        if (open.slotsShared & bit)
            --open.presence->slotShared[index];
        if (open.slotsExclusive & bit)
            open.presence->slotExclusive[index] = nullptr;
    }
    open.slotsShared &= ~mask;
    open.slotsExclusive &= ~mask;
}

int lockShared(sqlite3_file* handle, int offset, int count, int flags) {
    OpenFile& open = of(handle);
    Lock lock(open.disk->mutex);
    const std::uint32_t mask = ((1u << count) - 1u) << offset;
    FilePresence& presence = *open.presence;
    if (flags & SQLITE_SHM_UNLOCK) {
        unlockSlots(open, mask);
        return SQLITE_OK;
    }
    if (open.isDead())
        return SQLITE_IOERR_SHMLOCK;
    const bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    for (int slot = offset; slot < offset + count; ++slot) {
        const auto index = static_cast<std::size_t>(slot);
        const void* holder = presence.slotExclusive[index];
        const int readers = presence.slotShared[index] - ((open.slotsShared >> slot) & 1u ? 1 : 0);
        if ((holder && holder != &open) || (exclusive && readers > 0))
            return SQLITE_BUSY;
    }
    for (int slot = offset; slot < offset + count; ++slot) {
        const auto index = static_cast<std::size_t>(slot);
        const std::uint32_t bit = 1u << slot;
        if (exclusive) {
            presence.slotExclusive[index] = &open;
            open.slotsExclusive |= bit;
        } else if (!(open.slotsShared & bit)) {
            ++presence.slotShared[index];
            open.slotsShared |= bit;
        }
    }
    return SQLITE_OK;
}

/// A lock taken and left orders memory like the barrier SQLite asks for, and thread sanitizers see
/// it.
void barrier(sqlite3_file* handle) {
    Lock lock(of(handle).disk->mutex);
}

int unmapShared(sqlite3_file* handle, int remove) {
    OpenFile& open = of(handle);
    Lock lock(open.disk->mutex);
    unlockSlots(open, ~0u);
    if (std::exchange(open.isMapped, false))
        --open.presence->mappers;
    if (remove || open.presence->mappers == 0)
        open.presence->regions.clear();
    return SQLITE_OK;
}

int closeFile(sqlite3_file* handle) {
    OpenFile& open = of(handle);
    {
        Lock lock(open.disk->mutex);
        unlockSlots(open, ~0u);
        unlockTo(open, SQLITE_LOCK_NONE);
        if (open.deleteOnClose && !open.isDead())
            open.disk->files.erase(open.path);
    }
    open.~OpenFile();
    return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = closeFile,
    .xRead = readFile,
    .xWrite = writeFile,
    .xTruncate = truncateFile,
    .xSync = syncFile,
    .xFileSize = sizeOfFile,
    .xLock = lockFile,
    .xUnlock = unlockFile,
    .xCheckReservedLock = checkReserved,
    .xFileControl = controlFile,
    .xSectorSize = sectorBytes,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = mapShared,
    .xShmLock = lockShared,
    .xShmBarrier = barrier,
    .xShmUnmap = unmapShared,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int openFile(sqlite3_vfs* vfs, const char* path, sqlite3_file* handle, int flags, int* outFlags) {
    Disk& disk = of(vfs);
    handle->pMethods = nullptr;
    spend(disk, Io::Open);
    Lock lock(disk.mutex);
    if (int code = disk.account(Io::Open); code != SQLITE_OK)
        return code;
    const std::string name = path ? path : "temporary-" + std::to_string(disk.temporaryFiles++);
    Disk::FilePtr& entry = disk.files[name];
    if (!entry || !entry->exists) {
        if (!(flags & SQLITE_OPEN_CREATE)) {
            if (!entry)
                disk.files.erase(name);
            return SQLITE_CANTOPEN;
        }
        if (!entry)
            entry = std::make_shared<SimulatedFile>();
        entry->seen.clear();
        entry->unsynced.clear();
        entry->exists = true;
        entry->presence = std::make_shared<FilePresence>();
    }
    auto* open = new (handle) OpenFile{{},
                                       &disk,
                                       entry,
                                       entry->presence,
                                       disk.epoch,
                                       name,
                                       (flags & SQLITE_OPEN_DELETEONCLOSE) != 0};
    open->pMethods = &kMethods;
    if (outFlags)
        *outFlags = flags;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs* vfs, const char* path, int syncFolder) {
    Disk& disk = of(vfs);
    spend(disk, Io::Delete);
    Lock lock(disk.mutex);
    if (int code = disk.account(Io::Delete); code != SQLITE_OK)
        return code;
    auto file = disk.find(path);
    if (!file)
        return SQLITE_IOERR_DELETE_NOENT;
    file->exists = false;
    if (syncFolder || !file->existsDurably)
        disk.files.erase(path);
    return SQLITE_OK;
}

int accessFile(sqlite3_vfs* vfs, const char* path, int, int* result) {
    Disk& disk = of(vfs);
    Lock lock(disk.mutex);
    *result = disk.find(path) != nullptr;
    return SQLITE_OK;
}

int fullPath(sqlite3_vfs*, const char* path, int bytes, char* to) {
    sqlite3_snprintf(bytes, to, "%s", path);
    return SQLITE_OK;
}

int randomBytes(sqlite3_vfs* vfs, int bytes, char* to) {
    Disk& disk = of(vfs);
    Lock lock(disk.mutex);
    for (int i = 0; i < bytes; ++i)
        to[i] = static_cast<char>(disk.random() & 0xff);
    return bytes;
}

int sleepFor(sqlite3_vfs*, int microseconds) {
    return microseconds;
}

constexpr sqlite3_int64 kFixedJulianMs = 212'900'000'000'000; ///< nothing stored depends on it

int currentTime(sqlite3_vfs*, double* days) {
    *days = static_cast<double>(kFixedJulianMs) / 86'400'000.0;
    return SQLITE_OK;
}

int currentTimeMs(sqlite3_vfs*, sqlite3_int64* milliseconds) {
    *milliseconds = kFixedJulianMs;
    return SQLITE_OK;
}

int lastError(sqlite3_vfs*, int, char*) {
    return 0;
}

} // namespace

void installVfs(SyncLossVfs::Disk& disk) {
    sqlite3_vfs& vfs = disk.vfs;
    vfs.iVersion = 2;
    vfs.szOsFile = sizeof(OpenFile);
    vfs.mxPathname = 512;
    vfs.zName = disk.name.c_str();
    vfs.pAppData = &disk;
    vfs.xOpen = openFile;
    vfs.xDelete = deleteFile;
    vfs.xAccess = accessFile;
    vfs.xFullPathname = fullPath;
    vfs.xRandomness = randomBytes;
    vfs.xSleep = sleepFor;
    vfs.xCurrentTime = currentTime;
    vfs.xGetLastError = lastError;
    vfs.xCurrentTimeInt64 = currentTimeMs;
}

} // namespace grove::storage
