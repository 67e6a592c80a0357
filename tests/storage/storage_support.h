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

} // namespace grove::storage
