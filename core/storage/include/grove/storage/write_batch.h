#pragma once

#include <grove/storage/transaction.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace grove::storage {

/// Why one write of a batch was not done: what it asked for is not possible (in words for a
/// person).
struct Refusal {
    std::string why;
    bool operator==(const Refusal&) const = default;
};

/// A write fails alone (Refusal, or an SqlError that leaves the transaction standing) or with its
/// whole batch.
using WriteFault = std::variant<Refusal, SqlError>;
template <class T> using WriteResult = std::expected<T, WriteFault>;

/// How the writes of a batch are kept apart from each other.
enum class Parts {
    Apart,    ///< each has a savepoint: one that fails takes nothing of the others with it
    Together, ///< none has: one that fails half done spoils the batch
};

/// Many writes, one transaction, each done at most once.
///
/// Every write carries an operation id made by whoever wants it. The id is stored with the write's
/// result in the same transaction; a write whose id is already stored is not done again and gives
/// the stored result.
///
/// Savepoints and looking for stored results cost as much as small writes themselves and are
/// needed seldom. Parts::Together does without: where it turns out that a write was half done, or
/// had been done before, isSpoiled() holds, nothing of the batch may be kept, and all of it is to
/// be done again in a batch of its own with Parts::Apart (see detail::runBatch()).
///
/// Nothing is durable, and nothing may be acknowledged, before commit() has returned success. After
/// an error that ends the transaction (failed() holds) every further call gives that error and
/// nothing of the batch is kept.
///
/// Threads and lifetime: those of its Connection. One batch at a time on a connection.
class WriteBatch {
public:
    /// Takes SQLite's write lock; SqlKind::Busy when another connection has it.
    [[nodiscard]] static SqlResult<WriteBatch> begin(Connection& connection,
                                                     Parts parts = Parts::Apart);

    /// What a write does: changes rows and returns the result to store (stable bytes).
    using Apply = std::function<WriteResult<std::string>(Connection&)>;

    /// Does the write, or finds that it was done. A refusal is not stored: the same id may be tried
    /// again. `at` is the wall time kept beside the result, for pruneOperations().
    [[nodiscard]] WriteResult<std::string> perform(std::string_view operationId, std::int64_t key,
                                                   std::chrono::sys_seconds at, const Apply& apply);

    /// Requires: not spoiled.
    [[nodiscard]] SqlResult<void> commit();
    [[nodiscard]] bool isSpoiled() const noexcept { return m_spoiled; }
    [[nodiscard]] const std::optional<SqlError>& failed() const noexcept { return m_failed; }

private:
    WriteBatch(Connection& connection, Transaction transaction, Parts parts) noexcept;
    WriteResult<std::string> performApart(std::string_view operationId, std::int64_t key,
                                          std::chrono::sys_seconds at, const Apply& apply);
    WriteResult<std::string> performTogether(std::string_view operationId, std::int64_t key,
                                             std::chrono::sys_seconds at, const Apply& apply);
    SqlResult<void> store(std::string_view operationId, std::int64_t key,
                          std::chrono::sys_seconds at, std::string_view result);
    WriteFault fail(SqlError error);

    Connection* m_connection;
    Transaction m_transaction;
    Parts m_parts;
    bool m_spoiled = false;
    std::optional<SqlError> m_failed;
};

/// Returns the stored result of an operation, or nothing where it was never done.
[[nodiscard]] SqlResult<std::optional<std::string>> storedResult(Connection& connection,
                                                                 std::string_view operationId);

/// Forgets the results stored before `before`; a resend of such an operation would be done again,
/// so this is far longer than anything that resends (a week).
[[nodiscard]] SqlResult<std::int64_t> pruneOperations(Connection& connection,
                                                      std::chrono::sys_seconds before);

} // namespace grove::storage
