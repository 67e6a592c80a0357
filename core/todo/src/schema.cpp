#include <grove/todo/rows.h>

namespace grove::todo {

namespace {

/// Dates are texts ('2023-12-19') and times are Unix seconds, so that `sqlite3` on the command line
/// can read them.
constexpr std::string_view kFirstVersion = R"sql(
CREATE TABLE lists(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK(length(name) BETWEEN 1 AND 200),
    created INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0 CHECK(deleted IN (0, 1)),
    version INTEGER NOT NULL DEFAULT 0,
    nextEntryId INTEGER NOT NULL DEFAULT 1,
    entries INTEGER NOT NULL DEFAULT 0,
    openEntries INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX lists_name ON lists(name) WHERE deleted = 0;
CREATE TABLE entries(
    list INTEGER NOT NULL REFERENCES lists(id),
    id INTEGER NOT NULL,
    title TEXT NOT NULL CHECK(length(title) BETWEEN 1 AND 500),
    date TEXT CHECK(date IS NULL OR length(date) = 10),
    done INTEGER NOT NULL DEFAULT 0 CHECK(done IN (0, 1)),
    deleted INTEGER NOT NULL DEFAULT 0 CHECK(deleted IN (0, 1)),
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY(list, id)
) WITHOUT ROWID;
INSERT INTO lists(id, name, created) VALUES(1, 'Inbox', unixepoch());
)sql";

/// Entries whose list was lost get one; counts and ids follow what is there.
constexpr std::string_view kAfterSalvage = R"sql(
INSERT INTO lists(id, name, created)
    SELECT DISTINCT list, 'Recovered list ' || list, unixepoch() FROM entries
    WHERE list NOT IN (SELECT id FROM lists);
UPDATE lists SET
    entries = (SELECT count(*) FROM entries WHERE list = lists.id AND deleted = 0),
    openEntries = (SELECT count(*) FROM entries WHERE list = lists.id AND deleted = 0 AND done = 0),
    nextEntryId = max(nextEntryId, (SELECT 1 + ifnull(max(id), 0) FROM entries WHERE list = lists.id));
)sql";

} // namespace

const storage::Schema& todoSchema() {
    static const std::string s_first =
        std::string(storage::kStorageTables) + std::string(kFirstVersion);
    static const storage::Schema s_schema{
        .applicationId = 0x47525645, // "GRVE"
        .migrations = {{1, s_first}},
        .salvage = {{.name = "lists",
                     .columns = {"id", "name", "created", "deleted", "version", "nextEntryId",
                                 "entries", "openEntries"},
                     .keyColumns = 1},
                    {.name = "entries",
                     .columns = {"list", "id", "title", "date", "done", "deleted", "created",
                                 "changed"},
                     .keyColumns = 2}},
        .afterSalvage = kAfterSalvage};
    return s_schema;
}

} // namespace grove::todo
