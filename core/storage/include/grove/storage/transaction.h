#pragma once

#include <grove/storage/connection.h>

namespace grove::storage {

enum class TransactionKind {
    Read,  ///< takes no lock before the first read
    Write, ///< takes the write lock at once, or fails with SqlKind::Busy
};

/// A transaction. Whoever lets it go without commit() takes everything back.
/// Threads and lifetime: those of its Connection.
class Transaction {
public:
    [[nodiscard]] static SqlResult<Transaction> begin(Connection& connection, TransactionKind kind);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// Makes it durable (as far as the connection's Synchronous goes). After an error nothing of it
    /// is kept.
    [[nodiscard]] SqlResult<void> commit();

private:
    explicit Transaction(Connection& connection) noexcept : m_connection(&connection) {}
    Connection* m_connection; ///< null once committed or moved from
};

/// A part of a transaction that can be taken back alone. Whoever lets it go without keep() takes it
/// back. Requires: a connection with Changes::InMemory.
class Savepoint {
public:
    [[nodiscard]] static SqlResult<Savepoint> begin(Connection& connection);
    Savepoint(Savepoint&& other) noexcept;
    Savepoint& operator=(Savepoint&&) = delete;
    ~Savepoint();

    [[nodiscard]] SqlResult<void> keep();

private:
    explicit Savepoint(Connection& connection) noexcept : m_connection(&connection) {}
    Connection* m_connection;
};

} // namespace grove::storage
