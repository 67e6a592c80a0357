#include <grove/storage/log_copier.h>

#include <utility>

namespace grove::storage {

LogCopier::LogCopier(Connection copier, Connection reader)
    : m_copier(std::move(copier)), m_reader(std::move(reader)) {}

SqlResult<LogCopier> LogCopier::open(const std::string& file, const ConnectionOptions& options) {
    auto copier = Connection::open(file, options);
    if (!copier)
        return std::unexpected(std::move(copier).error());
    auto reader = Connection::open(file, options);
    if (!reader)
        return std::unexpected(std::move(reader).error());
    LogCopier opened(*std::move(copier), *std::move(reader));
    auto seen = opened.version();
    if (!seen)
        return std::unexpected(std::move(seen).error());
    opened.m_seen = *seen;
    return opened;
}

/// Changes with each commit of another connection.
SqlResult<std::int64_t> LogCopier::version() {
    auto version = m_reader.integer("PRAGMA data_version");
    if (!version)
        return std::unexpected(std::move(version).error());
    return version->value();
}

SqlResult<bool> LogCopier::beginPart() {
    if (!m_seen || m_copier.isFileSuspect())
        return true;
    if (!m_reader.inTransaction())
        GROVE_TRY(m_reader.execute("BEGIN"));
    auto now = version(); // from here on it holds a snapshot
    m_syncsBegun = m_copier.logSyncsBegun();
    // Of a log that has begun anew and holds nothing yet the version changes, too.
    if (now && std::exchange(m_seen, *now) != *now && m_reader.needsLog())
        return true;
    GROVE_TRY(m_reader.execute("ROLLBACK"));
    if (!now)
        return std::unexpected(std::move(now).error());
    return false;
}

SqlResult<std::optional<LogCopy>> LogCopier::copyPart() {
    if (!m_reader.needsLog() || m_copier.isFileSuspect())
        return std::optional<LogCopy>();
    auto copied = m_copier.checkpointBeside(m_syncsBegun);
    m_isSyncOwed = copied && *copied && !(*copied)->isSynced;
    return copied;
}

SqlResult<void> LogCopier::endPart() {
    SqlResult<void> synced;
    if (std::exchange(m_isSyncOwed, false))
        synced = m_copier.syncFile();
    if (m_reader.inTransaction() && !m_copier.isFileSuspect())
        GROVE_TRY(m_reader.execute("ROLLBACK"));
    return synced;
}

SqlResult<LogCopy> LogCopier::copyAlone() {
    auto copied = m_copier.checkpoint();
    if (copied && m_reader.inTransaction()) { // the file lacks nothing any more
        GROVE_TRY(m_reader.execute("ROLLBACK"));
        copied = m_copier.checkpoint();
    }
    auto now = version();
    m_seen = now ? std::optional(*now) : std::nullopt;
    return copied;
}

void LogCopier::interrupt() noexcept {
    m_copier.interrupt();
    m_reader.interrupt();
}

} // namespace grove::storage
