// Changes done to rows, exactly as List::apply does them to the value (a test compares the two).
#include <grove/todo/rows.h>

#include <algorithm>
#include <utility>

namespace grove::todo {

using storage::Connection;
using storage::Refusal;
using storage::SqlError;
using storage::SqlResult;
using storage::Statement;
using storage::WriteFault;
using storage::WriteResult;

namespace {

std::unexpected<WriteFault> refuse(Refused refused) {
    return std::unexpected(WriteFault(Refusal{std::move(refused.why)}));
}

/// As GROVE_TRY, for SqlResults inside functions that return a WriteResult.
#define GROVE_TRY_SQL(expression)                                                                  \
    if (auto grove_try_ = (expression); !grove_try_)                                               \
    return std::unexpected(WriteFault(std::move(grove_try_).error()))

std::optional<std::string> textOf(const std::optional<Date>& date) {
    return date ? std::optional(isoDate(*date)) : std::nullopt;
}

/// One change to one list, within a write transaction.
class RowChange {
public:
    RowChange(Connection& connection, ListId list, RowBatch::ListRow& row,
              std::chrono::sys_seconds at)
        : m_connection(connection), m_list(list), m_row(row), m_at(at.time_since_epoch().count()) {}

    WriteResult<Applied> apply(const Change& change) {
        if (m_row.deleted && !std::holds_alternative<RestoreList>(change))
            return refuse(listDeleted());
        return std::visit([&](const auto& c) { return (*this)(c); }, change);
    }

private:
    WriteResult<Applied> operator()(const AddEntries& change) {
        auto insert =
            m_connection.prepare("INSERT INTO entries(list, id, title, date, done, created, "
                                 "changed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6)");
        if (!insert)
            return std::unexpected(WriteFault(std::move(insert).error()));
        const EntryId first = m_row.nextId;
        EntryId next = first;
        std::int64_t open = 0;
        for (const NewEntry& entry : change.entries) {
            GROVE_TRY_SQL(insert->runWith(m_list, next++, std::string_view(entry.title),
                                          textOf(entry.date), entry.done, m_at));
            open += entry.done ? 0 : 1;
        }
        std::vector<IdRange> ids{{first, next - 1}};
        DeleteEntries inverse{ids};
        m_row.nextId = next;
        return finish(std::move(ids), std::move(inverse), next - first, open);
    }

    WriteResult<Applied> operator()(const SetTitles& change) {
        return setEach<SetTitles>(
            change, "SELECT title, done FROM entries WHERE list = ?1 AND id = ?2 AND deleted = 0",
            "UPDATE entries SET title = ?3, changed = ?4 WHERE list = ?1 AND id = ?2",
            [](const TitleOf& item, Statement& row) { return TitleOf{item.id, row.text(0)}; },
            [](const TitleOf& item) { return std::string_view(item.title); });
    }

    WriteResult<Applied> operator()(const SetDates& change) {
        return setEach<SetDates>(
            change, "SELECT date, done FROM entries WHERE list = ?1 AND id = ?2 AND deleted = 0",
            "UPDATE entries SET date = ?3, changed = ?4 WHERE list = ?1 AND id = ?2",
            [](const DateOf& item, Statement& row) {
                auto date = parseDate(row.text(0)); // NULL reads as "", which is no date
                return DateOf{item.id, date ? std::optional(*date) : std::nullopt};
            },
            [](const DateOf& item) { return textOf(item.date); });
    }

    WriteResult<Applied> operator()(const SetDone& change) {
        return setEach<SetDone>(
            change, "SELECT done, done FROM entries WHERE list = ?1 AND id = ?2 AND deleted = 0",
            "UPDATE entries SET done = ?3, changed = ?4 WHERE list = ?1 AND id = ?2",
            [](const DoneOf& item, Statement& row) { return DoneOf{item.id, row.integer(0) != 0}; },
            [](const DoneOf& item) { return item.done; });
    }

    WriteResult<Applied> operator()(const DeleteEntries& change) {
        return setDeleted<RestoreEntries>(change.ids, true, entriesGone());
    }
    WriteResult<Applied> operator()(const RestoreEntries& change) {
        return setDeleted<DeleteEntries>(change.ids, false, nothingDeleted());
    }

    WriteResult<Applied> operator()(const ForgetEntries& change) {
        auto read = m_connection.prepare("SELECT id FROM entries WHERE list = ?1 AND id BETWEEN ?2 "
                                         "AND ?3 AND deleted = 1 ORDER BY id");
        if (!read)
            return std::unexpected(WriteFault(std::move(read).error()));
        std::vector<IdRange> touched;
        for (const IdRange& range : change.ids) {
            GROVE_TRY_SQL(read->bindAll(m_list, range.first, range.last));
            GROVE_TRY_SQL(read->each([&](Statement& row) { appendId(touched, row.integer(0)); }));
            read->reset();
            GROVE_TRY_SQL(m_connection.run("DELETE FROM entries WHERE list = ?1 AND id BETWEEN ?2 "
                                           "AND ?3 AND deleted = 1",
                                           m_list, range.first, range.last));
        }
        if (touched.empty())
            return refuse(nothingDeleted());
        return finish(touched, RestoreEntries{touched}, 0, 0);
    }

    WriteResult<Applied> operator()(const RenameList& change) {
        if (m_list == kInbox)
            return refuse(inboxStays());
        if (auto free = nameIsFree(change.name); !free)
            return std::unexpected(std::move(free).error());
        GROVE_TRY_SQL(m_connection.run("UPDATE lists SET name = ?2 WHERE id = ?1", m_list,
                                       std::string_view(change.name)));
        return finish({}, RenameList{std::exchange(m_row.name, change.name)}, 0, 0);
    }

    WriteResult<Applied> operator()(const DeleteList&) {
        if (m_list == kInbox)
            return refuse(inboxStays());
        GROVE_TRY_SQL(m_connection.run("UPDATE lists SET deleted = 1 WHERE id = ?1", m_list));
        m_row.deleted = true;
        return finish({}, RestoreList{}, 0, 0);
    }

    WriteResult<Applied> operator()(const RestoreList&) {
        if (!m_row.deleted)
            return refuse(listNotDeleted());
        if (auto free = nameIsFree(m_row.name); !free)
            return std::unexpected(std::move(free).error());
        GROVE_TRY_SQL(m_connection.run("UPDATE lists SET deleted = 0 WHERE id = ?1", m_list));
        m_row.deleted = false;
        return finish({}, DeleteList{}, 0, 0);
    }

    /// Sets one column of each named entry. `before(item, row)` reads what it was, `value(item)`
    /// what it becomes.
    template <class Set, class Before, class Value>
    WriteResult<Applied> setEach(const Set& change, std::string_view select,
                                 std::string_view update, Before before, Value value) {
        auto read = m_connection.prepare(select);
        if (!read)
            return std::unexpected(WriteFault(std::move(read).error()));
        auto write = m_connection.prepare(update);
        if (!write)
            return std::unexpected(WriteFault(std::move(write).error()));
        Set inverse;
        std::vector<IdRange> touched;
        std::int64_t open = 0;
        for (const auto& item : change.entries) {
            GROVE_TRY_SQL(read->bindAll(m_list, item.id));
            auto found = read->step();
            if (!found)
                return std::unexpected(WriteFault(std::move(found).error()));
            if (*found == Statement::Step::Done)
                return refuse(entryGone(item.id));
            inverse.entries.push_back(before(item, *read));
            const bool wasOpen = read->integer(1) == 0;
            read->reset();
            GROVE_TRY_SQL(write->runWith(m_list, item.id, value(item), m_at));
            appendId(touched, item.id);
            if constexpr (std::is_same_v<Set, SetDone>)
                open += (item.done ? 0 : 1) - (wasOpen ? 1 : 0);
        }
        std::ranges::reverse(inverse.entries); // an entry named twice gets its first value back
        return finish(std::move(touched), std::move(inverse), 0, open);
    }

    template <class Inverse>
    WriteResult<Applied> setDeleted(const std::vector<IdRange>& ids, bool deleted, Refused none) {
        auto read =
            m_connection.prepare("SELECT id, done FROM entries WHERE list = ?1 AND id BETWEEN ?2 "
                                 "AND ?3 AND deleted = ?4 ORDER BY id");
        if (!read)
            return std::unexpected(WriteFault(std::move(read).error()));
        auto write =
            m_connection.prepare("UPDATE entries SET deleted = ?5, changed = ?6 WHERE list = ?1 "
                                 "AND id BETWEEN ?2 AND ?3 AND deleted = ?4");
        if (!write)
            return std::unexpected(WriteFault(std::move(write).error()));
        std::vector<IdRange> touched;
        std::int64_t count = 0, open = 0;
        for (const IdRange& range : ids) {
            GROVE_TRY_SQL(read->bindAll(m_list, range.first, range.last, !deleted));
            GROVE_TRY_SQL(read->each([&](Statement& row) {
                appendId(touched, row.integer(0));
                ++count;
                open += row.integer(1) ? 0 : 1;
            }));
            read->reset();
            GROVE_TRY_SQL(write->runWith(m_list, range.first, range.last, !deleted, deleted, m_at));
        }
        if (touched.empty())
            return refuse(std::move(none));
        const std::int64_t sign = deleted ? -1 : 1;
        return finish(touched, Inverse{touched}, sign * count, sign * open);
    }

    WriteResult<void> nameIsFree(const std::string& name) {
        auto other = m_connection.integer(
            "SELECT id FROM lists WHERE name = ?1 AND deleted = 0 AND id <> ?2",
            std::string_view(name), m_list);
        if (!other)
            return std::unexpected(WriteFault(std::move(other).error()));
        if (*other)
            return refuse(nameTaken(name));
        return {};
    }

    Applied finish(std::vector<IdRange> touched, Change inverse, std::int64_t entries,
                   std::int64_t openEntries) {
        m_row.entriesMore += entries;
        m_row.openMore += openEntries;
        m_row.isChanged = true;
        return Applied{.version = ++m_row.version,
                       .touched = std::move(touched),
                       .inverse = std::move(inverse)};
    }

    Connection& m_connection;
    ListId m_list;
    RowBatch::ListRow& m_row;
    std::int64_t m_at;
};

} // namespace

WriteResult<RowBatch::ListRow*> RowBatch::row(ListId list) {
    if (auto known = m_rows.find(list); known != m_rows.end())
        return &known->second;
    auto read = m_connection->prepare(
        "SELECT name, deleted, version, nextEntryId FROM lists WHERE id = ?1");
    if (!read)
        return std::unexpected(WriteFault(std::move(read).error()));
    GROVE_TRY_SQL(read->bind(1, list));
    auto found = read->step();
    if (!found)
        return std::unexpected(WriteFault(std::move(found).error()));
    if (*found == Statement::Step::Done)
        return refuse({"There is no such list."});
    ListRow row{.name = read->text(0),
                .deleted = read->integer(1) != 0,
                .version = read->integer(2),
                .nextId = read->integer(3)};
    return &m_rows.emplace(list, std::move(row)).first->second;
}

WriteResult<Applied> RowBatch::apply(ListId list, const Change& change,
                                     std::chrono::sys_seconds at) {
    auto found = row(list);
    if (!found)
        return std::unexpected(std::move(found).error());
    return RowChange(*m_connection, list, **found, at).apply(change);
}

SqlResult<void> RowBatch::finish() {
    for (auto& [list, row] : m_rows) {
        if (!std::exchange(row.isChanged, false))
            continue;
        GROVE_TRY(m_connection->run(
            "UPDATE lists SET version = ?2, nextEntryId = ?3, entries = entries + ?4, "
            "openEntries = openEntries + ?5 WHERE id = ?1",
            list, row.version, row.nextId, std::exchange(row.entriesMore, 0),
            std::exchange(row.openMore, 0)));
    }
    return {};
}

WriteResult<Applied> applyChange(Connection& connection, ListId list, const Change& change,
                                 std::chrono::sys_seconds at) {
    RowBatch alone(connection);
    auto applied = alone.apply(list, change, at);
    if (applied)
        GROVE_TRY_SQL(alone.finish());
    return applied;
}

WriteResult<ListSummary> createList(Connection& connection, const std::string& name,
                                    std::chrono::sys_seconds at, std::optional<ListId> id) {
    auto taken = connection.integer("SELECT id FROM lists WHERE name = ?1 AND deleted = 0",
                                    std::string_view(name));
    if (!taken)
        return std::unexpected(WriteFault(std::move(taken).error()));
    if (*taken)
        return refuse(nameTaken(name));
    if (id) {
        auto used = connection.integer("SELECT id FROM lists WHERE id = ?1", *id);
        if (!used)
            return std::unexpected(WriteFault(std::move(used).error()));
        if (*used)
            return refuse({"Another list was made at the same time. Try again."});
    }
    auto made =
        connection.integer("INSERT INTO lists(id, name, created) VALUES(?1, ?2, ?3) RETURNING id",
                           id, std::string_view(name), at.time_since_epoch().count());
    if (!made)
        return std::unexpected(WriteFault(std::move(made).error()));
    return ListSummary{.id = made->value_or(0), .name = name};
}

} // namespace grove::todo
