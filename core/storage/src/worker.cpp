#include <grove/storage/worker.h>
#include <grove/term/phash2.h>

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
    for (std::size_t i = 0; i < count && !batch->failed(); ++i)
        done.results.push_back(
            batch->perform(operationId(i), key(i), at, [&](Connection& c) { return apply(i, c); }));
    if (auto committed = batch->commit(); !committed)
        done.failed = std::move(committed).error();
    return done;
}

std::chrono::sys_seconds wallSeconds() {
    return std::chrono::floor<std::chrono::seconds>(wallTime());
}

void failRead(const SqlError& error) {
    grove::error(tuple(atom("cannot_read"), Term(print(error))));
}

} // namespace detail

} // namespace grove::storage
