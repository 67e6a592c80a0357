#include <grove/storage/worker.h>
#include <grove/term/phash2.h>

#include <array>
#include <map>

namespace grove::storage {

ConnectionOptions connectionOptions(const WorkerOptions& options) {
    return {.access = Access::ReadWrite,
            .synchronous = options.synchronous,
            .vfs = options.vfs,
            .checkpoints = Checkpoints::Elsewhere};
}

Atom workerName(int number) {
    return atom("sqlite_worker_" + std::to_string(number));
}

Atom writerName() {
    return workerName(1);
}

Atom readerOf(std::int64_t key, int count) {
    if (count == 1)
        return writerName();
    return workerName(2 +
                      static_cast<int>(phash2(Term(key), static_cast<std::uint64_t>(count - 1))));
}

namespace detail {

namespace {

/// All or, with Parts::Together, nothing where the writes have to be kept apart.
std::optional<BatchResult> tryBatch(Connection& connection, const BatchWrites& writes,
                                    std::chrono::sys_seconds at, Parts parts) {
    BatchResult done;
    auto batch = WriteBatch::begin(connection, parts);
    if (!batch) {
        done.failed = std::move(batch).error();
        return done;
    }
    writes.begin(parts);
    std::map<std::int64_t, SqlError> failedKeys;
    for (std::size_t i = 0; i < writes.count && !batch->failed() && !batch->isSpoiled(); ++i) {
        if (auto earlier = failedKeys.find(writes.key(i)); earlier != failedKeys.end()) {
            done.results.push_back(std::unexpected(WriteFault(earlier->second)));
            continue;
        }
        done.results.push_back(batch->perform(writes.operationId(i), writes.key(i), at,
                                              [&](Connection& c) { return writes.apply(i, c); }));
        if (done.results.back())
            continue;
        if (const auto* error = std::get_if<SqlError>(&done.results.back().error());
            error && error->kind != SqlKind::Constraint)
            failedKeys.emplace(writes.key(i), *error);
    }
    if (batch->failed()) {
        done.failed = batch->failed();
        return done;
    }
    if (batch->isSpoiled())
        return std::nullopt;
    if (parts == Parts::Together) {
        if (auto finished = writes.finish(); !finished) {
            if (!endsTransaction(finished.error().kind))
                return std::nullopt; // whose fault it is shows when each is done for itself
            done.failed = std::move(finished).error();
            return done;
        }
    }
    if (auto committed = batch->commit(); !committed)
        done.failed = std::move(committed).error();
    return done;
}

} // namespace

BatchResult runBatch(Connection& connection, const BatchWrites& writes,
                     std::chrono::sys_seconds at) {
    if (auto done = tryBatch(connection, writes, at, Parts::Together))
        return *std::move(done);
    return *tryBatch(connection, writes, at, Parts::Apart);
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
