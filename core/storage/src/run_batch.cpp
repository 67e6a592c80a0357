#include <grove/storage/run_batch.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <utility>

namespace grove::storage::detail {

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
    done.results.reserve(writes.count);
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

BatchResult runWhole(Connection& connection, const BatchWrites& writes,
                     std::chrono::sys_seconds at) {
    if (auto done = tryBatch(connection, writes, at, Parts::Together))
        return *std::move(done);
    return *tryBatch(connection, writes, at, Parts::Apart);
}

/// Some writes of a batch, by number: sorted by key, those of a key in their order.
using Part = std::span<const std::size_t>;

BatchWrites only(Part part, const BatchWrites& writes) {
    return {
        .count = part.size(),
        .begin = writes.begin,
        .operationId = [&writes, part](std::size_t i) { return writes.operationId(part[i]); },
        .key = [&writes, part](std::size_t i) { return writes.key(part[i]); },
        .apply = [&writes, part](std::size_t i, Connection& c) { return writes.apply(part[i], c); },
        .finish = writes.finish};
}

bool hasOneKey(Part part, const BatchWrites& writes) {
    return writes.key(part.front()) == writes.key(part.back());
}

/// About half each; the writes of a key stay together. Requires: more than one key.
std::pair<Part, Part> halves(Part part, const BatchWrites& writes) {
    const std::int64_t middle = writes.key(part[part.size() / 2]);
    auto [first, last] = std::ranges::equal_range(part, middle, {}, writes.key);
    const auto cut =
        static_cast<std::size_t>((first == part.begin() ? last : first) - part.begin());
    return {part.first(cut), part.subspan(cut)};
}

/// The list whose page is bad, or that needs more room than there is, may be one of many.
bool mayBeOfOneKey(SqlKind kind) {
    return kind == SqlKind::Io || kind == SqlKind::Full;
}

/// After that many transactions have failed, what is not written yet fails as well: one or two bad
/// keys are found among thousands, but a disk where nothing can be written is not tried for each.
constexpr unsigned kFailuresMax = 32;

/// The whole batch has failed: does what can be done without the others.
BatchResult runInParts(Connection& connection, const BatchWrites& writes,
                       std::chrono::sys_seconds at, SqlError error) {
    std::vector<std::size_t> order(writes.count);
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(writes.key(i), i); });
    BatchResult whole;
    whole.results.assign(writes.count, std::unexpected(WriteFault(error)));
    bool isAnyDone = false;
    const auto [left, right] = halves(order, writes);
    std::vector<Part> parts = {right, left};
    for (unsigned failures = 1; !parts.empty() && failures < kFailuresMax;) {
        const Part part = parts.back();
        parts.pop_back();
        BatchResult done = runWhole(connection, only(part, writes), at);
        if (!done.failed) {
            isAnyDone = true;
            for (std::size_t i = 0; i < part.size(); ++i)
                whole.results[part[i]] = std::move(done.results[i]);
            continue;
        }
        ++failures;
        error = *std::move(done.failed);
        for (const std::size_t i : part)
            whole.results[i] = std::unexpected(WriteFault(error));
        if (!mayBeOfOneKey(error.kind))
            break;
        if (hasOneKey(part, writes))
            continue;
        const auto [first, second] = halves(part, writes);
        parts.push_back(second);
        parts.push_back(first);
    }
    if (!isAnyDone)
        whole.failed = std::move(error);
    return whole;
}

} // namespace

BatchResult runBatch(Connection& connection, const BatchWrites& writes,
                     std::chrono::sys_seconds at) {
    BatchResult done = runWhole(connection, writes, at);
    if (!done.failed || !mayBeOfOneKey(done.failed->kind))
        return done;
    for (std::size_t i = 1; i < writes.count; ++i)
        if (writes.key(i) != writes.key(0))
            return runInParts(connection, writes, at, *std::move(done.failed));
    return done;
}

} // namespace grove::storage::detail
