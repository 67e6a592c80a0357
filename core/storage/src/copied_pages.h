#pragma once

#include <sqlite3.h>

namespace grove::storage {

/// Writes the pages that SQLite counts as copied into the database file once more, and syncs it.
///
/// They are taken from the log, whose checksums say that they are what was committed: what the
/// system keeps of a file after a sync of it has failed may be what the disk has, or not. How far
/// the log is copied stands in its index, and who copies has a lock there (both:
/// sqlite.org/walformat.html). Each page is written as it is in the last of the frames that count
/// as copied, which is what those expect who read it from the file: nobody has a snapshot from
/// before them, and who has a later one finds later frames in the log. What is not copied yet is
/// left to SQLite.
///
/// Requires: a write transaction of that connection, so that the log neither begins anew nor grows.
/// Returns: SQLite's code; SQLITE_BUSY where another program copies, SQLITE_CORRUPT where the log
/// is not what its index says. After a failure all is as it was, and may be tried again.
[[nodiscard]] int writeCopiedPagesAgain(sqlite3_file* file, sqlite3_file* log);

} // namespace grove::storage
