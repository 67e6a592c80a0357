#pragma once

#include <grove/storage/sql_error.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace grove::storage {

struct ConnectionImpl;

/// Bytes to bind as a BLOB.
struct Blob {
    std::string_view bytes;
};

/// A prepared statement, lent by its Connection's cache until this handle is gone.
///
/// Threads: those of its Connection: one at a time.
/// Owns: the right to use the statement; the destructor resets it, forgets the bound values and
/// gives it back. Lifetime: must not outlive its Connection. Texts and blobs read from a row are
/// copies. Parameters are numbered from 1, columns from 0, as in SQLite.
class Statement {
public:
    enum class Step { Row, Done };

    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;
    ~Statement();

    /// Binds one value. Texts are copied. A wrong index is SqlKind::Misuse.
    [[nodiscard]] SqlResult<void> bind(int index, std::int64_t value);
    [[nodiscard]] SqlResult<void> bind(int index, std::string_view text);
    [[nodiscard]] SqlResult<void> bind(int index, Blob blob);
    [[nodiscard]] SqlResult<void> bind(int index, std::nullopt_t);
    template <std::integral T> [[nodiscard]] SqlResult<void> bind(int index, T value) {
        return bind(index, static_cast<std::int64_t>(value));
    }
    template <class T>
    [[nodiscard]] SqlResult<void> bind(int index, const std::optional<T>& value) {
        return value ? bind(index, *value) : bind(index, std::nullopt);
    }

    /// Binds the parameters 1, 2, … in order.
    template <class... Values> [[nodiscard]] SqlResult<void> bindAll(const Values&... values) {
        SqlResult<void> result{};
        int index = 0;
        static_cast<void>((... && (result = bind(++index, values)).has_value()));
        return result;
    }

    /// Runs until the next row, or to the end.
    [[nodiscard]] SqlResult<Step> step();
    /// Runs to the end; rows are passed over.
    [[nodiscard]] SqlResult<void> run();
    /// Binds the parameters 1, 2, … without copying texts and blobs, runs to the end, and forgets
    /// them again.
    template <class... Values> [[nodiscard]] SqlResult<void> runWith(const Values&... values) {
        m_borrows = true;
        SqlResult<void> result = bindAll(values...);
        if (result)
            result = run();
        m_borrows = false;
        forgetValues();
        return result;
    }
    /// Makes the statement ready to be run again; bound values stay.
    void reset() noexcept;

    /// Calls `visit(statement)` for each row.
    template <class Visit> [[nodiscard]] SqlResult<void> each(Visit&& visit) {
        for (;;) {
            auto stepped = step();
            if (!stepped)
                return std::unexpected(std::move(stepped).error());
            if (*stepped == Step::Done)
                return {};
            visit(*this);
        }
    }

    /// The columns of the current row. NULL reads as 0 or "", a BLOB as its bytes.
    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] bool isNull(int column) const noexcept;
    [[nodiscard]] int columnCount() const noexcept;

private:
    friend class Connection;
    Statement(ConnectionImpl& connection, sqlite3_stmt* statement) noexcept;
    void giveBack() noexcept;
    void forgetValues() noexcept;

    ConnectionImpl* m_connection;
    sqlite3_stmt* m_statement;
    bool m_borrows = false; ///< what is bound outlives the use of it: see runWith()
};

} // namespace grove::storage
