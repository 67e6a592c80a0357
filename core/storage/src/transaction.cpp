#include <grove/storage/transaction.h>
#include <grove/term/assert.h>

#include <utility>

namespace grove::storage {

SqlResult<Transaction> Transaction::begin(Connection& connection, TransactionKind kind) {
    GROVE_TRY(connection.run(kind == TransactionKind::Write ? "BEGIN IMMEDIATE" : "BEGIN"));
    return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : m_connection(std::exchange(other.m_connection, nullptr)) {}

Transaction::~Transaction() {
    // After some errors SQLite has already rolled back by itself.
    if (m_connection && m_connection->inTransaction())
        (void)m_connection->run("ROLLBACK");
}

SqlResult<void> Transaction::commit() {
    Connection* connection = std::exchange(m_connection, nullptr);
    auto committed = connection->run("COMMIT");
    if (!committed && connection->inTransaction())
        (void)connection->run("ROLLBACK");
    return committed;
}

SqlResult<Savepoint> Savepoint::begin(Connection& connection) {
    GROVE_ASSERT(connection.keepsChangesInMemory(), "of Changes::InMemory");
    GROVE_TRY(connection.run("SAVEPOINT part"));
    return Savepoint(connection);
}

Savepoint::Savepoint(Savepoint&& other) noexcept
    : m_connection(std::exchange(other.m_connection, nullptr)) {}

Savepoint::~Savepoint() {
    if (m_connection && m_connection->inTransaction()) {
        (void)m_connection->run("ROLLBACK TO part");
        (void)m_connection->run("RELEASE part");
    }
}

SqlResult<void> Savepoint::keep() {
    return std::exchange(m_connection, nullptr)->run("RELEASE part");
}

} // namespace grove::storage
