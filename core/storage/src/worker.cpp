#include <grove/storage/worker.h>
#include <grove/term/phash2.h>

#include <array>
#include <map>

namespace grove::storage {

Atom workerName(int number) {
    return atom("sqlite_worker_" + std::to_string(number));
}

Atom workerOf(std::int64_t key, int count) {
    return workerName(1 + static_cast<int>(phash2(Term(key), static_cast<std::uint64_t>(count))));
}

namespace detail {

BatchResult
runBatch(Connection& connection, std::size_t count, std::chrono::sys_seconds at,
         const std::function<std::string_view(std::size_t)>& operationId,
         const std::function<std::int64_t(std::size_t)>& key,
         const std::function<WriteResult<std::string>(std::size_t, Connection&)>& apply) {
    BatchResult done;
    auto batch = WriteBatch::begin(connection);
    if (!batch) {
        done.failed = std::move(batch).error();
        return done;
    }
    std::map<std::int64_t, SqlError> failedKeys;
    for (std::size_t i = 0; i < count && !batch->failed(); ++i) {
        if (auto earlier = failedKeys.find(key(i)); earlier != failedKeys.end()) {
            done.results.push_back(std::unexpected(WriteFault(earlier->second)));
            continue;
        }
        done.results.push_back(
            batch->perform(operationId(i), key(i), at, [&](Connection& c) { return apply(i, c); }));
        if (done.results.back())
            continue;
        if (const auto* error = std::get_if<SqlError>(&done.results.back().error());
            error && error->kind != SqlKind::Constraint)
            failedKeys.emplace(key(i), *error);
    }
    if (auto committed = batch->commit(); !committed)
        done.failed = std::move(committed).error();
    return done;
}

std::chrono::sys_seconds wallSeconds() {
    return std::chrono::floor<std::chrono::seconds>(wallTime());
}

std::optional<Duration> busyDelay(unsigned tries) noexcept {
    static constexpr std::array<int, 6> kDelaysMs = {5, 10, 25, 50, 150, 300};
    if (tries >= kDelaysMs.size())
        return std::nullopt;
    return std::chrono::milliseconds(kDelaysMs[tries]);
}

} // namespace detail

} // namespace grove::storage
