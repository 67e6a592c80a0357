#pragma once

#include "joined_log.h"
#include "log_health.h"

#include <grove/storage/sql_error.h>

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grove::storage {

/// What a Connection owns; its address is stable, so statements may point to it.
struct ConnectionImpl {
    struct Prepared {
        sqlite3_stmt* statement = nullptr;
        std::string sql;
        std::uint64_t usedAt = 0;
        bool lent = false;
    };

    sqlite3* db = nullptr;
    std::vector<Prepared> prepared;
    std::uint64_t uses = 0;
    std::size_t logPages = 0;                ///< see takeLogPages()
    std::size_t logEnd = 0;                  ///< pages of the log after the last commit
    std::size_t committedPages = 0;          ///< of them by that commit
    std::size_t pageBytes = 0;               ///< 0: not asked for yet
    bool isLogRoomDenied = false;            ///< the disk had none
    std::shared_ptr<JoinedLogVfs> joinedLog; ///< with Checkpoints::Elsewhere; goes after `db`
    std::shared_ptr<LogHealth> logHealth;    ///< the same
    bool isSyncOff = false;
    bool areChangesInMemory = true; ///< see Changes

    ConnectionImpl() = default;
    ConnectionImpl(const ConnectionImpl&) = delete;
    ConnectionImpl& operator=(const ConnectionImpl&) = delete;
    ~ConnectionImpl();

    [[nodiscard]] SqlError error(int code, std::string_view statement) const;
    void takeBack(sqlite3_stmt* statement) noexcept;
    void dropLeastRecentlyUsed();
};

/// Whether closing must not copy the log into the file and delete it: the file may lack what counts
/// as copied, or the disk some of the log. A deletion is not synced: after a power failure the log
/// may be there again, and where it has a hole SQLite reads only what lies before it, into a file
/// that is newer.
[[nodiscard]] bool mustKeepLog(const ConnectionImpl& impl) noexcept;
/// After a commit that finds the log very long: copies it, unless a sync of it has failed.
void copyLongLog(ConnectionImpl& impl) noexcept;

} // namespace grove::storage
