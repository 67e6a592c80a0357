#include <grove/storage/write_batch.h>
#include <grove/term/assert.h>

#include <utility>

namespace grove::storage {

WriteBatch::WriteBatch(Connection& connection, Transaction transaction, Parts parts) noexcept
    : m_connection(&connection), m_transaction(std::move(transaction)), m_parts(parts) {}

SqlResult<WriteBatch> WriteBatch::begin(Connection& connection, Parts parts) {
    auto transaction = Transaction::begin(connection, TransactionKind::Write);
    if (!transaction)
        return std::unexpected(std::move(transaction).error());
    connection.keepLogRoom();
    return WriteBatch(connection, *std::move(transaction), parts);
}

WriteFault WriteBatch::fail(SqlError error) {
    if (endsTransaction(error.kind) || !m_connection->inTransaction())
        m_failed = error;
    return error;
}

WriteResult<std::string> WriteBatch::perform(std::string_view operationId, std::int64_t key,
                                             std::chrono::sys_seconds at, const Apply& apply) {
    if (m_failed)
        return std::unexpected(*m_failed);
    return m_parts == Parts::Apart ? performApart(operationId, key, at, apply)
                                   : performTogether(operationId, key, at, apply);
}

WriteResult<std::string> WriteBatch::performApart(std::string_view operationId, std::int64_t key,
                                                  std::chrono::sys_seconds at, const Apply& apply) {
    auto stored = storedResult(*m_connection, operationId);
    if (!stored)
        return std::unexpected(fail(std::move(stored).error()));
    if (*stored)
        return **std::move(stored);

    auto savepoint = Savepoint::begin(*m_connection);
    if (!savepoint)
        return std::unexpected(fail(std::move(savepoint).error()));
    WriteResult<std::string> result = apply(*m_connection);
    if (!result) {
        if (auto* error = std::get_if<SqlError>(&result.error()))
            return std::unexpected(fail(std::move(*error)));
        return result;
    }
    auto written = store(operationId, key, at, *result);
    if (written)
        written = savepoint->keep();
    if (!written)
        return std::unexpected(fail(std::move(written).error()));
    return result;
}

WriteResult<std::string> WriteBatch::performTogether(std::string_view operationId, std::int64_t key,
                                                     std::chrono::sys_seconds at,
                                                     const Apply& apply) {
    const std::int64_t before = m_connection->totalChanges();
    WriteResult<std::string> result = apply(*m_connection);
    if (!result) {
        if (auto* error = std::get_if<SqlError>(&result.error())) {
            m_spoiled = true;
            return std::unexpected(fail(std::move(*error)));
        }
        // Refused; but what was done before is not refused when it is sent again.
        m_spoiled = m_spoiled || m_connection->totalChanges() != before;
        auto stored = storedResult(*m_connection, operationId);
        if (!stored) {
            m_spoiled = true;
            return std::unexpected(fail(std::move(stored).error()));
        }
        if (*stored)
            return **std::move(stored);
        return result;
    }
    if (auto written = store(operationId, key, at, *result); !written) {
        m_spoiled = true; // its id is there: it was done before
        return std::unexpected(fail(std::move(written).error()));
    }
    return result;
}

SqlResult<void> WriteBatch::store(std::string_view operationId, std::int64_t key,
                                  std::chrono::sys_seconds at, std::string_view result) {
    return m_connection->run("INSERT INTO operations(id, key, result, at) VALUES(?1, ?2, ?3, ?4)",
                             operationId, key, Blob{result}, at.time_since_epoch().count());
}

SqlResult<void> WriteBatch::commit() {
    GROVE_ASSERT(!m_spoiled, "nothing of a spoiled batch may be kept");
    if (m_failed)
        return std::unexpected(*m_failed);
    auto committed = m_transaction.commit();
    if (!committed)
        m_failed = committed.error();
    return committed;
}

SqlResult<std::optional<std::string>> storedResult(Connection& connection,
                                                   std::string_view operationId) {
    return connection.text("SELECT result FROM operations WHERE id = ?1", operationId);
}

SqlResult<std::int64_t> pruneOperations(Connection& connection, std::chrono::sys_seconds before) {
    GROVE_TRY(
        connection.run("DELETE FROM operations WHERE at < ?1", before.time_since_epoch().count()));
    return connection.changes();
}

} // namespace grove::storage
