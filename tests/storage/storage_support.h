#pragma once

#include <grove/storage/connection.h>
#include <grove/storage/database_file.h>
#include <grove/storage/write_batch.h>

#include <QTest>

#include <string>

namespace grove::storage {

/// The value of a result that must be there; ends the program with SQLite's words otherwise.
template <class T> T valueOf(SqlResult<T> result) {
    if (!result)
        qFatal("%s", print(result.error()).c_str());
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

inline const char kNumbers[] = "CREATE TABLE numbers(n INTEGER PRIMARY KEY, word TEXT NOT NULL)";

inline Schema numbersSchema() {
    static const std::string s_first = std::string(kStorageTables) + kNumbers;
    return {.applicationId = 0x4e554d42,
            .migrations = {{1, s_first}},
            .salvage = {{.name = "numbers", .columns = {"n", "word"}}}};
}

/// Gives a database that nobody has open pages of another size.
inline void setPageBytes(const std::string& file, const std::string& vfs, int bytes) {
    Connection connection =
        valueOf(Connection::open(file, {.access = Access::ReadWrite, .vfs = vfs}));
    valueOf(connection.execute("PRAGMA journal_mode=MEMORY; PRAGMA page_size=" +
                               std::to_string(bytes) + "; VACUUM; PRAGMA journal_mode=WAL"));
    if (valueOf(connection.integer("PRAGMA page_size")) != bytes)
        qFatal("the pages are of another size");
}

} // namespace grove::storage
