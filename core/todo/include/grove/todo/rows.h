#pragma once

#include <grove/storage/database_file.h>
#include <grove/storage/write_batch.h>
#include <grove/todo/list.h>

#include <map>

/// The to-do lists as rows. Every function here is for the process (or thread) that owns the
/// connection.
namespace grove::todo {

/// The file's schema: lists, entries, and storage's own tables. Inbox is made with it.
[[nodiscard]] const storage::Schema& todoSchema();

/// A list as the sidebar shows it.
struct ListSummary {
    ListId id = 0;
    std::string name;
    std::int64_t version = 0;
    std::int64_t openEntries = 0; ///< not done
    std::int64_t entries = 0;     ///< not deleted
    bool deleted = false;

    bool operator==(const ListSummary&) const = default;
    GROVE_MAP_FIELDS(ListSummary, id, name, version, openEntries, entries, deleted)
};

/// The changes of one write transaction. A list's own row is read once and written once, however
/// many changes the list has: finish() writes it, and until then it is behind the entries.
///
/// Lifetime: within its Connection's transaction. Nobody else changes lists in that.
class RowBatch {
public:
    explicit RowBatch(storage::Connection& connection) : m_connection(&connection) {}

    /// Does a checked change to the rows of a list exactly as List::apply does it to the value.
    /// One that is refused or fails changes nothing here, but may be half done in the rows: those
    /// are to be taken back.
    [[nodiscard]] storage::WriteResult<Applied> apply(ListId list, const Change& change,
                                                      std::chrono::sys_seconds at);
    [[nodiscard]] storage::SqlResult<void> finish();

    /// A list's own row: as it is in the file but for what is counted since.
    struct ListRow {
        std::string name;
        bool deleted = false;
        std::int64_t version = 0;
        EntryId nextId = 1;
        std::int64_t entriesMore = 0;
        std::int64_t openMore = 0;
        bool isChanged = false; ///< version, nextId or the counts
    };

private:
    storage::WriteResult<ListRow*> row(ListId list);

    storage::Connection* m_connection;
    std::map<ListId, ListRow> m_rows;
};

/// The same for one change alone. Requires: a write transaction.
[[nodiscard]] storage::WriteResult<Applied> applyChange(storage::Connection& connection,
                                                        ListId list, const Change& change,
                                                        std::chrono::sys_seconds at);

/// Makes a list, with this id where one is given; refused when the id is taken, or a list that is
/// not deleted has the name. Requires: the name passes checkListName(), a write transaction.
[[nodiscard]] storage::WriteResult<ListSummary> createList(storage::Connection& connection,
                                                           const std::string& name,
                                                           std::chrono::sys_seconds at,
                                                           std::optional<ListId> id = {});

/// Returns a whole list, deleted entries too; nothing when there never was one with this id.
[[nodiscard]] storage::SqlResult<std::optional<ListData>>
loadListData(storage::Connection& connection, ListId list);
[[nodiscard]] storage::SqlResult<std::optional<List>> loadList(storage::Connection& connection,
                                                               ListId list);

/// All lists by id, deleted ones too.
[[nodiscard]] storage::SqlResult<std::vector<ListSummary>>
allLists(storage::Connection& connection);

/// Checks that counts, versions and ids of all lists agree with their rows; returns what does not,
/// for tests and the check after a recovery.
[[nodiscard]] storage::SqlResult<std::vector<std::string>>
findInconsistencies(storage::Connection& connection);

} // namespace grove::todo
