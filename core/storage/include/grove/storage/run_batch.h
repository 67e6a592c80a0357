#pragma once

#include <grove/storage/write_batch.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::storage::detail {

/// The part of a batch that knows no types.
struct BatchResult {
    std::vector<WriteResult<std::string>> results;
    std::optional<SqlError> failed; ///< the whole batch: nothing of it is kept
};
struct BatchWrites {
    std::size_t count = 0;
    /// Called before the writes of each transaction; the one before is committed or taken back.
    std::function<void(Parts)> begin;
    std::function<std::string_view(std::size_t)> operationId;
    std::function<std::int64_t(std::size_t)> key;
    std::function<WriteResult<std::string>(std::size_t, Connection&)> apply;
    /// Does what the writes have left to do before the commit, where they are done Together.
    std::function<SqlResult<void>()> finish;
};
/// Tries to do all without keeping them apart; where that does not do, from the start with a
/// savepoint for each. After a write has failed (SqlError, but not for a rule of the schema), the
/// later ones of its key fail too, with the same error: they must not be done before it. Where the
/// file cannot be written (Io, Full), the writes of half of the keys are tried for themselves, and
/// so on: one list's bad page fails no other list, unless very much fails.
[[nodiscard]] BatchResult runBatch(Connection& connection, const BatchWrites& writes,
                                   std::chrono::sys_seconds at);

} // namespace grove::storage::detail
