#include "connection_impl.h"

#include <grove/storage/statement.h>

#include <utility>

namespace grove::storage {

Statement::Statement(ConnectionImpl& connection, sqlite3_stmt* statement) noexcept
    : m_connection(&connection), m_statement(statement) {}

Statement::Statement(Statement&& other) noexcept
    : m_connection(other.m_connection), m_statement(std::exchange(other.m_statement, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    if (this != &other) {
        giveBack();
        m_connection = other.m_connection;
        m_statement = std::exchange(other.m_statement, nullptr);
    }
    return *this;
}

Statement::~Statement() {
    giveBack();
}

void Statement::giveBack() noexcept {
    if (m_statement)
        m_connection->takeBack(std::exchange(m_statement, nullptr));
}

SqlResult<void> Statement::bind(int index, std::int64_t value) {
    if (int code = sqlite3_bind_int64(m_statement, index, value); code != SQLITE_OK)
        return std::unexpected(m_connection->error(code, sqlite3_sql(m_statement)));
    return {};
}

SqlResult<void> Statement::bind(int index, std::string_view text) {
    // The pointer of an empty view may be null, which SQLite would read as NULL.
    const char* data = text.empty() ? "" : text.data();
    if (int code = sqlite3_bind_text64(m_statement, index, data, text.size(),
                                       m_borrows ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8);
        code != SQLITE_OK)
        return std::unexpected(m_connection->error(code, sqlite3_sql(m_statement)));
    return {};
}

SqlResult<void> Statement::bind(int index, Blob blob) {
    const char* data = blob.bytes.empty() ? "" : blob.bytes.data(); // null would be NULL
    if (int code = sqlite3_bind_blob64(m_statement, index, data, blob.bytes.size(),
                                       m_borrows ? SQLITE_STATIC : SQLITE_TRANSIENT);
        code != SQLITE_OK)
        return std::unexpected(m_connection->error(code, sqlite3_sql(m_statement)));
    return {};
}

SqlResult<void> Statement::bind(int index, std::nullopt_t) {
    if (int code = sqlite3_bind_null(m_statement, index); code != SQLITE_OK)
        return std::unexpected(m_connection->error(code, sqlite3_sql(m_statement)));
    return {};
}

SqlResult<Statement::Step> Statement::step() {
    switch (int code = sqlite3_step(m_statement)) {
    case SQLITE_ROW:
        return Step::Row;
    case SQLITE_DONE:
        return Step::Done;
    default: {
        SqlError error = m_connection->error(code, sqlite3_sql(m_statement));
        sqlite3_reset(m_statement);
        return std::unexpected(std::move(error));
    }
    }
}

SqlResult<void> Statement::run() {
    for (;;) {
        auto stepped = step();
        if (!stepped)
            return std::unexpected(std::move(stepped).error());
        if (*stepped == Step::Done) {
            reset();
            return {};
        }
    }
}

void Statement::reset() noexcept {
    sqlite3_reset(m_statement);
}

void Statement::forgetValues() noexcept {
    sqlite3_clear_bindings(m_statement);
}

std::int64_t Statement::integer(int column) const noexcept {
    return sqlite3_column_int64(m_statement, column);
}

std::string Statement::text(int column) const {
    // The text first: asking for the size may convert, and would free what was read before.
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    const int bytes = sqlite3_column_bytes(m_statement, column);
    return data ? std::string(data, static_cast<std::size_t>(bytes)) : std::string();
}

bool Statement::isNull(int column) const noexcept {
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

int Statement::columnCount() const noexcept {
    return sqlite3_column_count(m_statement);
}

} // namespace grove::storage
