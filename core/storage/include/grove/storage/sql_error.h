#pragma once

#include <expected>
#include <string>

namespace grove::storage {

/// What a failure of SQLite means to a caller. Several of SQLite's codes fall into one kind.
enum class SqlKind {
    Busy,         ///< another connection holds the lock; nothing was done
    Full,         ///< no room on the device; nothing of the transaction is kept
    ReadOnly,     ///< the file or its folder cannot be written
    CannotOpen,   ///< the file is missing, is a folder, or may not be opened
    Corrupt,      ///< the file is a database, and part of it is damaged
    NotADatabase, ///< the file is something else
    Constraint,   ///< a row breaks a rule of the schema; only this statement failed
    Interrupted,  ///< interrupt() was called
    Io,           ///< the device failed
    Misuse,       ///< wrong SQL text or number of values, a table that is not there: an error in
                  ///< the program, or a file that somebody else has changed
    Other,
};

/// A failure of SQLite as a value: what, SQLite's own codes, and the statement it happened in.
struct SqlError {
    SqlKind kind = SqlKind::Other;
    int code = 0;         ///< SQLite's primary result code
    int extendedCode = 0; ///< SQLite's extended result code
    std::string message;  ///< SQLite's words
    std::string statement;

    bool operator==(const SqlError&) const = default;
};

template <class T> using SqlResult = std::expected<T, SqlError>;

/// Returns the kind of a primary or extended result code of SQLite.
[[nodiscard]] SqlKind sqlKind(int code) noexcept;

/// Returns whether after such an error the whole transaction is lost, not one statement of it. A
/// damaged page (Corrupt) is met by one statement; what others write to sound pages stands.
[[nodiscard]] bool endsTransaction(SqlKind kind) noexcept;

/// Returns one line for logs and details: "disk I/O error (10/778) in: INSERT …".
[[nodiscard]] std::string print(const SqlError& error);

} // namespace grove::storage

/// Returns the error of a std::expected from the enclosing function, if it is one.
#define GROVE_TRY(expression)                                                                      \
    if (auto grove_try_ = (expression); !grove_try_)                                               \
    return std::unexpected(std::move(grove_try_).error())
