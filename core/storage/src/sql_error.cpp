#include <grove/storage/sql_error.h>

#include <sqlite3.h>

namespace grove::storage {

SqlKind sqlKind(int code) noexcept {
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SqlKind::Busy;
    case SQLITE_FULL:
        return SqlKind::Full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return SqlKind::ReadOnly;
    case SQLITE_CANTOPEN:
        return SqlKind::CannotOpen;
    case SQLITE_CORRUPT:
        return SqlKind::Corrupt;
    case SQLITE_NOTADB:
        return SqlKind::NotADatabase;
    case SQLITE_CONSTRAINT:
        return SqlKind::Constraint;
    case SQLITE_INTERRUPT:
    case SQLITE_ABORT:
        return SqlKind::Interrupted;
    case SQLITE_IOERR:
        return SqlKind::Io;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_ERROR:
        return SqlKind::Misuse;
    default:
        return SqlKind::Other;
    }
}

bool endsTransaction(SqlKind kind) noexcept {
    return kind != SqlKind::Constraint && kind != SqlKind::Misuse && kind != SqlKind::Corrupt;
}

std::string print(const SqlError& error) {
    std::string line = error.message + " (" + std::to_string(error.code) + "/" +
                       std::to_string(error.extendedCode) + ")";
    if (!error.statement.empty())
        line += " in: " + error.statement;
    return line;
}

} // namespace grove::storage
