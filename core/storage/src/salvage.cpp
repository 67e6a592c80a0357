#include "file_names.h"

#include <grove/storage/database_file.h>
#include <grove/storage/transaction.h>

#include <filesystem>
#include <limits>

namespace grove::storage {

namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& names, std::size_t count,
                   const char* eachAs = nullptr) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += (i ? ", " : "") + (eachAs ? std::string(eachAs) : names[i]);
    return text;
}

/// Copies one table, row by row in key order. Where a page cannot be read, it goes on behind it by
/// trying keys further and further away; keys are dense, so little is passed over.
class TableSalvage {
public:
    TableSalvage(Connection& from, Connection& to, const SalvageTable& table)
        : m_from(from), m_to(to), m_table(table),
          m_key(table.keyColumns, std::numeric_limits<std::int64_t>::min()) {
        const std::string keys = joined(table.columns, table.keyColumns);
        m_select = "SELECT " + joined(table.columns, table.columns.size()) + " FROM " + table.name +
                   " WHERE (" + keys + ") > (" + joined({}, table.keyColumns, "?") + ") ORDER BY " +
                   keys;
        m_insert = "INSERT OR REPLACE INTO " + table.name + "(" +
                   joined(table.columns, table.columns.size()) + ") VALUES(" +
                   joined({}, table.columns.size(), "?") + ")";
    }

    /// Returns how many rows were copied; an error only when the copy cannot be written.
    SqlResult<std::int64_t> run() {
        // 2^kTriesMax keys are looked at behind the last row that could be read.
        constexpr int kTriesMax = 40;
        int tries = 0;
        while (tries < kTriesMax) {
            const std::int64_t before = m_rows;
            auto ended = copyFromKey();
            if (!ended)
                return std::unexpected(std::move(ended).error());
            if (*ended)
                break;
            tries = m_rows > before ? 1 : tries + 1;
            skip(tries);
        }
        return m_rows;
    }

private:
    /// Returns true at the table's end, false where reading stopped at a fault.
    SqlResult<bool> copyFromKey() {
        auto row = m_from.prepare(m_select);
        if (!row)
            return false;
        for (std::size_t i = 0; i < m_key.size(); ++i)
            GROVE_TRY(row->bind(static_cast<int>(i) + 1, m_key[i]));
        for (;;) {
            auto stepped = row->step();
            if (!stepped)
                return false;
            if (*stepped == Statement::Step::Done)
                return true;
            GROVE_TRY(copy(*row));
            for (std::size_t i = 0; i < m_key.size(); ++i)
                m_key[i] = row->integer(static_cast<int>(i));
        }
    }

    SqlResult<void> copy(Statement& row) {
        auto insert = m_to.prepare(m_insert);
        if (!insert)
            return std::unexpected(std::move(insert).error());
        for (int column = 0; column < row.columnCount(); ++column) {
            const bool isKey = column < static_cast<int>(m_table.keyColumns);
            SqlResult<void> bound;
            if (row.isNull(column))
                bound = insert->bind(column + 1, std::nullopt);
            else if (isKey)
                bound = insert->bind(column + 1, row.integer(column));
            else // the column's affinity turns a number's text back into a number
                bound = insert->bind(column + 1, std::string_view(row.text(column)));
            GROVE_TRY(std::move(bound));
        }
        auto inserted = insert->run();
        // A damaged row may break a rule of the schema: it is passed over, like one that cannot be
        // read.
        if (!inserted && inserted.error().kind != SqlKind::Constraint)
            return inserted;
        if (inserted)
            m_rows += m_to.changes();
        return {};
    }

    void skip(int tries) {
        std::int64_t& last = m_key.back();
        const std::int64_t step = std::int64_t{1} << tries;
        if (last == std::numeric_limits<std::int64_t>::min())
            last = 0;
        else if (m_key.size() > 1 && tries > 20) { // nothing more of this list: the next one
            m_key.front() = std::max<std::int64_t>(m_key.front(), 0) + 1;
            last = 0;
        } else {
            last += step;
        }
    }

    Connection& m_from;
    Connection& m_to;
    const SalvageTable& m_table;
    std::vector<std::int64_t> m_key; ///< of the last row read, or where to go on
    std::string m_select;
    std::string m_insert;
    std::int64_t m_rows = 0;
};

OpenFault failed(const std::string& file, SqlError error) {
    const bool full = error.kind == SqlKind::Full;
    return {.kind = full ? OpenFault::Kind::DiskFull : OpenFault::Kind::Failed,
            .file = file,
            .error = std::move(error)};
}

std::expected<void, OpenFault> renamed(const std::string& from, const std::string& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error)
        return std::unexpected(OpenFault{
            .file = from, .error = {.message = "rename to " + to + ": " + error.message()}});
    return {};
}

SqlResult<void> copyTables(const std::string& file, Connection& copy, const Schema& schema,
                           std::map<std::string, std::int64_t>& rows) {
    auto transaction = Transaction::begin(copy, TransactionKind::Write);
    if (!transaction)
        return std::unexpected(std::move(transaction).error());
    // A file whose first page is gone cannot be opened at all; then there is nothing to copy.
    auto damaged = Connection::open(file, {.access = Access::ReadWrite});
    for (const SalvageTable& table : schema.salvage) {
        rows[table.name] = 0;
        if (!damaged)
            continue;
        auto copied = TableSalvage(*damaged, copy, table).run();
        if (!copied)
            return std::unexpected(std::move(copied).error());
        rows[table.name] = *copied;
    }
    GROVE_TRY(copy.execute(schema.afterSalvage));
    return transaction->commit();
}

} // namespace

std::expected<Salvaged, OpenFault> salvage(const std::string& file, const Schema& schema,
                                           const std::string& stamp) {
    Salvaged salvaged{.damagedFile = unusedName(file, stamp) + ".damaged",
                      .recoveredFile = file + ".recovered",
                      .rows = {}};
    const std::string work = salvaged.recoveredFile + "-part";
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"})
        fs::remove(work + suffix, ignored);
    if (auto prepared = prepareDatabase(work, schema); !prepared)
        return std::unexpected(std::move(prepared).error());
    {
        auto copy = Connection::open(work, {.changes = Changes::WrittenEarly});
        if (!copy)
            return std::unexpected(failed(work, std::move(copy).error()));
        if (auto done = copyTables(file, *copy, schema, salvaged.rows); !done)
            return std::unexpected(failed(work, std::move(done).error()));
        if (auto whole = copy->run("PRAGMA wal_checkpoint(TRUNCATE)"); !whole)
            return std::unexpected(failed(work, std::move(whole).error()));
    }
    if (auto step = renamed(work, salvaged.recoveredFile); !step)
        return std::unexpected(std::move(step).error());
    // The file itself first: from then on its name is free and prepareDatabase asks for a decision,
    // whatever happens before its log has followed.
    if (auto step = renamed(file, salvaged.damagedFile); !step)
        return std::unexpected(std::move(step).error());
    for (const char* suffix : {"-wal", "-shm"})
        if (fs::exists(file + suffix, ignored))
            if (auto step = renamed(file + suffix, salvaged.damagedFile + suffix); !step)
                return std::unexpected(std::move(step).error());
    syncFolderOf(file);
    return salvaged;
}

std::expected<void, OpenFault> adoptSalvaged(const std::string& file) {
    // A log left behind by an interrupted salvage() belongs to the damaged file, not to the one
    // that comes.
    std::error_code ignored;
    for (const char* suffix : {"-wal", "-shm"})
        if (fs::exists(file + suffix, ignored))
            if (auto step = renamed(file + suffix, file + suffix + ".damaged"); !step)
                return step;
    auto done = renamed(file + ".recovered", file);
    syncFolderOf(file);
    return done;
}

std::expected<void, OpenFault> discardSalvaged(const std::string& file) {
    std::error_code error;
    fs::remove(file + ".recovered", error);
    if (error)
        return std::unexpected(OpenFault{.file = file, .error = {.message = error.message()}});
    return {};
}

} // namespace grove::storage
