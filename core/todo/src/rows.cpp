// Lists read from rows. What changes rows is in row_changes.cpp.
#include <grove/todo/rows.h>

namespace grove::todo {

using storage::Connection;
using storage::SqlResult;
using storage::Statement;

namespace {

/// A stored date that cannot be read, which the schema does not allow, reads as none.
std::optional<Date> dateOf(const Statement& row, int column) {
    if (row.isNull(column))
        return std::nullopt;
    auto date = parseDate(row.text(column));
    return date ? std::optional(*date) : std::nullopt;
}

} // namespace

SqlResult<std::optional<ListData>> loadListData(Connection& connection, ListId list) {
    ListData data{.id = list};
    auto header =
        connection.prepare("SELECT name, version, nextEntryId, deleted FROM lists WHERE id = ?1");
    if (!header)
        return std::unexpected(std::move(header).error());
    GROVE_TRY(header->bind(1, list));
    auto found = header->step();
    if (!found)
        return std::unexpected(std::move(found).error());
    if (*found == Statement::Step::Done)
        return std::optional<ListData>{};
    data.name = header->text(0);
    data.version = header->integer(1);
    data.nextId = header->integer(2);
    data.deleted = header->integer(3) != 0;
    header->reset();

    auto rows = connection.prepare(
        "SELECT id, title, date, done, deleted FROM entries WHERE list = ?1 ORDER BY id");
    if (!rows)
        return std::unexpected(std::move(rows).error());
    GROVE_TRY(rows->bind(1, list));
    GROVE_TRY(rows->each([&](Statement& row) {
        auto& entries = row.integer(4) ? data.deletedEntries : data.entries;
        entries.push_back({.id = row.integer(0),
                           .title = row.text(1),
                           .date = dateOf(row, 2),
                           .done = row.integer(3) != 0});
    }));
    return std::optional(std::move(data));
}

SqlResult<std::optional<List>> loadList(Connection& connection, ListId list) {
    auto data = loadListData(connection, list);
    if (!data)
        return std::unexpected(std::move(data).error());
    return *data ? std::optional<List>{std::in_place, **std::move(data)} : std::nullopt;
}

SqlResult<std::vector<ListSummary>> allLists(Connection& connection) {
    std::vector<ListSummary> lists;
    auto rows = connection.prepare(
        "SELECT id, name, version, openEntries, entries, deleted FROM lists ORDER BY id");
    if (!rows)
        return std::unexpected(std::move(rows).error());
    GROVE_TRY(rows->each([&](Statement& row) {
        lists.push_back({.id = row.integer(0),
                         .name = row.text(1),
                         .version = row.integer(2),
                         .openEntries = row.integer(3),
                         .entries = row.integer(4),
                         .deleted = row.integer(5) != 0});
    }));
    return lists;
}

SqlResult<std::vector<std::string>> findInconsistencies(Connection& connection) {
    static constexpr std::string_view kChecks[] = {
        "SELECT 'list ' || id || ' counts ' || entries || ' entries' FROM lists "
        "WHERE entries <> (SELECT count(*) FROM entries e WHERE e.list = lists.id AND e.deleted = "
        "0)",
        "SELECT 'list ' || id || ' counts ' || openEntries || ' open entries' FROM lists WHERE "
        "openEntries <> (SELECT count(*) FROM entries e WHERE e.list = lists.id AND e.deleted = 0 "
        "AND e.done = 0)",
        "SELECT 'list ' || id || ' would give id ' || nextEntryId || ' again' FROM lists WHERE "
        "nextEntryId <= (SELECT ifnull(max(e.id), 0) FROM entries e WHERE e.list = lists.id)",
        "SELECT 'entry ' || id || ' belongs to list ' || list || ', which is not there' FROM "
        "entries "
        "WHERE list NOT IN (SELECT id FROM lists)",
    };
    std::vector<std::string> found;
    for (std::string_view check : kChecks) {
        auto rows = connection.prepare(check);
        if (!rows)
            return std::unexpected(std::move(rows).error());
        GROVE_TRY(rows->each([&](Statement& row) { found.push_back(row.text(0)); }));
    }
    return found;
}

} // namespace grove::todo
