#include "simulated_disk.h"

#include <algorithm>
#include <atomic>

namespace grove::storage {

void SimulatedFile::sync() {
    durable.resize(seen.size());
    for (const Range& range : unsynced) {
        if (range.at >= seen.size())
            continue; // cut off since
        const std::size_t bytes = std::min(range.bytes, seen.size() - range.at);
        std::copy_n(seen.data() + range.at, bytes, durable.data() + range.at);
    }
    unsynced.clear();
    existsDurably = exists;
}

void SimulatedFile::write(std::size_t at, const char* data, std::size_t bytes) {
    if (seen.size() < at + bytes)
        seen.resize(at + bytes);
    std::copy_n(data, bytes, seen.data() + at);
    unsynced.push_back({at, bytes});
}

void SimulatedFile::truncate(std::size_t bytes) {
    const std::size_t before = seen.size();
    seen.resize(bytes);
    if (bytes > before)
        unsynced.push_back({before, bytes - before});
}

SyncLossVfs::Disk::Disk(std::uint64_t seed) : randomState(seed) {
    // Names are made from a counter, not drawn: two disks of one seed may live at once.
    // relaxed: only uniqueness is needed, nothing is published by it.
    static std::atomic<std::uint64_t> s_made{0};
    name = "grove-sync-loss-" + std::to_string(s_made.fetch_add(1, std::memory_order_relaxed));
}

int SyncLossVfs::Disk::account(Io io) {
    ++ios;
    if (io == Io::Sync)
        ++syncs;
    if (!fault)
        return SQLITE_OK;
    const std::uint64_t sinceSet = ios - faultSetAt;
    if (sinceSet != fault->atIo && !(fault->fromThenOn && sinceSet > fault->atIo))
        return SQLITE_OK;
    if (fault->failure == Failure::Full && (io == Io::Write || io == Io::Truncate))
        return SQLITE_FULL;
    switch (io) {
    case Io::Open:
        return SQLITE_CANTOPEN;
    case Io::Read:
        return SQLITE_IOERR_READ;
    case Io::Write:
        return SQLITE_IOERR_WRITE;
    case Io::Truncate:
        return SQLITE_IOERR_TRUNCATE;
    case Io::Sync:
        return SQLITE_IOERR_FSYNC;
    case Io::Delete:
        return SQLITE_IOERR_DELETE;
    }
    return SQLITE_IOERR;
}

std::uint64_t SyncLossVfs::Disk::random() { // splitmix64
    std::uint64_t z = (randomState += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

std::size_t SyncLossVfs::Disk::usedBytes() const {
    std::size_t bytes = 0;
    for (const auto& [path, file] : files)
        bytes += file->exists ? file->seen.size() : 0;
    return bytes;
}

SyncLossVfs::Disk::FilePtr SyncLossVfs::Disk::find(const std::string& path) const {
    auto it = files.find(path);
    return it != files.end() && it->second->exists ? it->second : nullptr;
}

SyncLossVfs::SyncLossVfs(std::uint64_t seed) : m_disk(std::make_unique<Disk>(seed)) {
    installVfs(*m_disk);
    sqlite3_vfs_register(&m_disk->vfs, 0);
}

SyncLossVfs::~SyncLossVfs() {
    sqlite3_vfs_unregister(&m_disk->vfs);
}

const std::string& SyncLossVfs::name() const noexcept {
    return m_disk->name;
}

void SyncLossVfs::powerFailure(Unsynced unsynced) {
    constexpr std::size_t kSectorBytes = 512;
    Lock lock(m_disk->mutex);
    ++m_disk->epoch;
    std::map<std::string, Disk::FilePtr> survivors;
    for (auto& [path, file] : m_disk->files) {
        if (!file->existsDurably)
            continue;
        auto survivor = std::make_shared<SimulatedFile>();
        survivor->durable = file->durable;
        if (unsynced == Unsynced::PartlyKept) {
            for (const SimulatedFile::Range& range : file->unsynced) {
                for (std::size_t at = range.at; at < range.at + range.bytes; at += kSectorBytes) {
                    const std::size_t end = std::min(at + kSectorBytes, range.at + range.bytes);
                    if (end > file->seen.size() || m_disk->random() % 2 == 0)
                        continue;
                    if (survivor->durable.size() < end)
                        survivor->durable.resize(end);
                    std::copy(file->seen.begin() + static_cast<std::ptrdiff_t>(at),
                              file->seen.begin() + static_cast<std::ptrdiff_t>(end),
                              survivor->durable.begin() + static_cast<std::ptrdiff_t>(at));
                }
            }
        }
        survivor->seen = survivor->durable;
        survivor->existsDurably = true;
        survivors.emplace(path, std::move(survivor));
    }
    m_disk->files = std::move(survivors);
}

void SyncLossVfs::setFault(std::optional<Fault> fault) {
    Lock lock(m_disk->mutex);
    m_disk->fault = fault;
    m_disk->faultSetAt = m_disk->ios;
}

void SyncLossVfs::setCapacity(std::optional<std::size_t> bytes) {
    Lock lock(m_disk->mutex);
    m_disk->capacity = bytes;
}

void SyncLossVfs::setLatency(std::function<void(Io)> hook) {
    Lock lock(m_disk->mutex);
    m_disk->latency = std::move(hook);
}

std::uint64_t SyncLossVfs::ioCount() const {
    Lock lock(m_disk->mutex);
    return m_disk->ios;
}

std::uint64_t SyncLossVfs::syncCount() const {
    Lock lock(m_disk->mutex);
    return m_disk->syncs;
}

bool SyncLossVfs::exists(const std::string& file) const {
    Lock lock(m_disk->mutex);
    return m_disk->find(file) != nullptr;
}

std::vector<std::string> SyncLossVfs::files() const {
    Lock lock(m_disk->mutex);
    std::vector<std::string> paths;
    for (const auto& [path, file] : m_disk->files)
        if (file->exists)
            paths.push_back(path);
    return paths;
}

std::string SyncLossVfs::contents(const std::string& file) const {
    Lock lock(m_disk->mutex);
    auto found = m_disk->find(file);
    return found ? found->seen : std::string();
}

std::string SyncLossVfs::durableContents(const std::string& file) const {
    Lock lock(m_disk->mutex);
    auto it = m_disk->files.find(file);
    return it != m_disk->files.end() && it->second->existsDurably ? it->second->durable
                                                                  : std::string();
}

std::size_t SyncLossVfs::memoryBytes() const {
    const Lock lock(m_disk->mutex);
    std::size_t bytes = 0;
    for (const auto& [path, file] : m_disk->files)
        bytes += file->seen.capacity() + file->durable.capacity() +
                 file->unsynced.capacity() * sizeof(SimulatedFile::Range);
    return bytes;
}

void SyncLossVfs::dropUnsynced(const std::string& file) {
    Lock lock(m_disk->mutex);
    if (auto found = m_disk->find(file)) {
        found->seen = found->durable;
        found->unsynced.clear();
    }
}

void SyncLossVfs::damage(const std::string& file, std::size_t at) {
    Lock lock(m_disk->mutex);
    if (auto found = m_disk->find(file))
        for (std::string* bytes : {&found->seen, &found->durable})
            if (at < bytes->size())
                (*bytes)[at] = static_cast<char>(~(*bytes)[at]);
}

void SyncLossVfs::setContents(const std::string& file, std::string bytes) {
    Lock lock(m_disk->mutex);
    auto fresh = std::make_shared<SimulatedFile>();
    fresh->seen = fresh->durable = std::move(bytes);
    fresh->existsDurably = true;
    m_disk->files[file] = std::move(fresh);
}

} // namespace grove::storage
