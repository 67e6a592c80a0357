#pragma once

#include "storage_support.h"

#include <grove/storage/log_copier.h>
#include <grove/storage/sync_loss_vfs.h>

#include <cstdint>
#include <string>

namespace grove::storage {

/// As the program opens its database.
inline ConnectionOptions optionsOn(const SyncLossVfs& disk) {
    return {.access = Access::ReadWrite,
            .synchronous = Synchronous::Normal,
            .vfs = disk.name(),
            .checkpoints = Checkpoints::Elsewhere};
}
/// As any program uses SQLite.
inline Connection openPlain(const SyncLossVfs& disk) {
    return valueOf(Connection::open("n.db", {.access = Access::ReadWrite, .vfs = disk.name()}));
}

/// A disk with a database on it, for tests of its log.
class LogDisk : public SyncLossVfs {
public:
    explicit LogDisk(std::uint64_t seed) : SyncLossVfs(seed) {
        if (!prepareDatabase("n.db", numbersSchema(), {.vfs = name()}))
            qFatal("there is no database");
    }
    [[nodiscard]] Connection open() { return valueOf(Connection::open("n.db", optionsOn(*this))); }
    [[nodiscard]] LogCopier openCopier() {
        return valueOf(LogCopier::open("n.db", optionsOn(*this)));
    }
};

/// A row of more than half a page.
inline void writeRow(Connection& connection, int number) {
    valueOf(connection.makeLogSound());
    valueOf(connection.run("INSERT INTO numbers VALUES(?1, ?2)", number, std::string(3'000, 'x')));
}

} // namespace grove::storage
