#pragma once

#include <grove/storage/database_file.h>
#include <grove/storage/write_batch.h>
#include <grove/todo/list.h>

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

/// Does a checked change to the rows of a list exactly as List::apply does it to the value.
/// Requires: a write transaction. A refusal has changed nothing.
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
