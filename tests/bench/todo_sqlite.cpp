// What SQLite alone does on this disk, on one connection: the ceiling for everything above it.

#include "todo.h"

#include <grove/storage/connection.h>
#include <grove/storage/database_file.h>
#include <grove/storage/transaction.h>
#include <grove/todo/rows.h>

#include <map>

using namespace grove::todo;

namespace grove::bench {

namespace {

/// Ends the program where SQLite does not do what it is told.
template <class T> T done(storage::SqlResult<T> result) {
    if (!result)
        fail("SQLite does not take a row");
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

/// What entries that are added to lists write, as Grove does: each entry and what was answered, and
/// once in a transaction the lists' versions.
class Rows {
public:
    explicit Rows(storage::Connection& connection)
        : m_entry(done(connection.prepare(
              "INSERT INTO entries(list, id, title, date, created, changed) VALUES(?1, ?2, ?3, "
              "?4, 1767225600, 1767225600)"))),
          m_list(done(connection.prepare(
              "UPDATE lists SET version = version + ?3, nextEntryId = ?2, entries = entries + ?3, "
              "openEntries = openEntries + ?3 WHERE id = ?1"))),
          m_operation(done(connection.prepare(
              "INSERT INTO operations(id, key, result, at) VALUES(?1, ?2, ?3, 1767225600)"))) {}

    void add(ListId list, EntryId id, std::size_t number) {
        done(m_entry.runWith(list, id, "entry " + std::to_string(number), "2026-01-01"));
        done(m_operation.runWith("a client's name of thirty-two by-" + std::to_string(number), list,
                                 storage::Blob{kResult}));
        Added& added = m_added[list];
        added.last = id;
        ++added.entries;
    }
    void finish() {
        for (const auto& [list, added] : m_added)
            done(m_list.runWith(list, added.last + 1, added.entries));
        m_added.clear();
    }

private:
    struct Added {
        EntryId last = 0;
        std::int64_t entries = 0;
    };
    static constexpr std::string_view kResult = "as many bytes as the answer to an added entry "
                                                "has when it is kept beside it: one hundred and "
                                                "ten, all told.";
    std::map<ListId, Added> m_added;
    storage::Statement m_entry;
    storage::Statement m_list;
    storage::Statement m_operation;
};

} // namespace

double sqliteEditsPerSecond(const std::string& file, ListId lists, std::size_t batch,
                            std::size_t edits) {
    if (!storage::prepareDatabase(file, todoSchema()))
        fail("the database cannot be made");
    storage::Connection connection =
        done(storage::Connection::open(file, {.access = storage::Access::ReadWrite}));
    done(
        connection.execute("PRAGMA wal_autocheckpoint=8000")); // eight times as seldom as by itself
    for (ListId list = 2; list <= lists; ++list)
        done(connection.run("INSERT INTO lists(id, name, created) VALUES(?1, ?2, 1767225600)", list,
                            "list " + std::to_string(list)));
    const SystemClock clock;
    Rows rows(connection);
    std::map<ListId, EntryId> ids;
    Spent spent;
    Stopwatch watch(clock, &spent);
    for (std::size_t number = 0; number < edits;) {
        auto transaction =
            done(storage::Transaction::begin(connection, storage::TransactionKind::Write));
        // What one list has in a batch lies together in it, as a list's server sends it.
        const std::size_t end = std::min(edits, number + batch);
        for (ListId list = 1; list <= lists; ++list) {
            const std::size_t share = (end - number) / static_cast<std::size_t>(lists - list + 1);
            for (const std::size_t last = number + share; number < last; ++number)
                rows.add(list, ++ids[list], number);
        }
        rows.finish();
        done(transaction.commit());
    }
    watch.stop();
    return static_cast<double>(edits) * 1e9 / static_cast<double>(spent.wall.count());
}

Figures sqliteCommits(const std::string& file) {
    auto connection = done(storage::Connection::open(file));
    done(connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                            "CREATE TABLE entries(id INTEGER PRIMARY KEY, title TEXT NOT NULL)"));
    constexpr int kRows = 1'000;
    Figures found{.ops = kRows};
    std::vector<Duration> waits;
    const SystemClock clock;
    Stopwatch watch(clock, &found.spent);
    for (int row = 0; row < kRows; ++row) {
        const Instant start = clock.now();
        done(connection.run("INSERT INTO entries(title) VALUES(?1)",
                            "entry " + std::to_string(row)));
        waits.push_back(clock.now() - start);
    }
    watch.stop();
    addPercentiles(found, waits);
    return found;
}

} // namespace grove::bench
