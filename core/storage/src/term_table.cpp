#include <grove/storage/term_table.h>
#include <grove/term/assert.h>
#include <grove/term/etf.h>
#include <grove/term/parse.h>

namespace grove::storage {

namespace {

/// Whether the term names something that lives only in this run of the program. Does not recurse.
bool namesThisRun(const Term& term) {
    std::vector<Term> open{term};
    while (!open.empty()) {
        const Term next = std::move(open.back());
        open.pop_back();
        if (next.isPid() || next.isRef() || next.isFunction())
            return true;
        if (next.isTuple()) {
            const auto elements = next.elements();
            open.insert(open.end(), elements.begin(), elements.end());
        } else if (next.isCons()) {
            open.push_back(next.head());
            open.push_back(next.tail());
        } else if (next.isMap()) {
            for (const auto& [key, value] : next.mapEntries()) {
                open.push_back(key);
                open.push_back(value);
            }
        }
    }
    return false;
}

} // namespace

std::string storedBytes(const Term& term) {
    auto bytes = termToBinary(term, {.deterministic = true});
    GROVE_ASSERT(bytes, "a stored term has fewer than 2^32 elements");
    return *std::move(bytes);
}

Result<Term> storedTerm(std::string_view bytes) {
    constexpr char kFormatVersion = '\x83'; // begins the external term format, and no text in UTF-8
    if (!bytes.starts_with(kFormatVersion)) {
        auto term = parseTerm(bytes);
        if (!term)
            return failure(atoms::badarg, term.error().describe());
        return *std::move(term);
    }
    auto read = binaryToTerm(bytes);
    if (!read)
        return failure(atoms::badarg, read.error().describe());
    if (read->usedBytes != bytes.size())
        return failure(atoms::badarg, "more bytes than one term");
    return std::move(read->term);
}

SqlResult<void> putTerm(Connection& connection, std::string_view key, const Term& value) {
    if (namesThisRun(value))
        return std::unexpected(
            SqlError{.kind = SqlKind::Misuse,
                     .message = "a term with pids, references or functions cannot be kept",
                     .statement = std::string(key)});
    return connection.run("INSERT INTO terms(key, value) VALUES(?1, ?2) "
                          "ON CONFLICT(key) DO UPDATE SET value = excluded.value",
                          key, Blob{storedBytes(value)});
}

SqlResult<std::optional<Term>> findTerm(Connection& connection, std::string_view key) {
    auto bytes = connection.text("SELECT value FROM terms WHERE key = ?1", key);
    if (!bytes)
        return std::unexpected(std::move(bytes).error());
    if (!*bytes)
        return std::optional<Term>{};
    auto term = storedTerm(**bytes);
    if (!term)
        return std::unexpected(SqlError{.kind = SqlKind::Corrupt,
                                        .message = std::move(term).error().message,
                                        .statement = std::string(key)});
    return std::optional<Term>{*std::move(term)};
}

SqlResult<bool> eraseTerm(Connection& connection, std::string_view key) {
    GROVE_TRY(connection.run("DELETE FROM terms WHERE key = ?1", key));
    return connection.changes() > 0;
}

SqlResult<std::vector<std::string>> termKeys(Connection& connection) {
    std::vector<std::string> keys;
    auto rows = connection.prepare("SELECT key FROM terms ORDER BY key");
    if (!rows)
        return std::unexpected(std::move(rows).error());
    GROVE_TRY(rows->each([&](Statement& row) { keys.push_back(row.text(0)); }));
    return keys;
}

} // namespace grove::storage
