#pragma once

#include <grove/storage/run_batch.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grove::storage::detail {

/// One change in a transaction with others that it must not depend on.
template <class Store>
WriteResult<typename Store::Answer> applyAlone(Connection& connection,
                                               const typename Store::Change& change,
                                               std::chrono::sys_seconds at) {
    typename Store::Writing alone(connection);
    auto answer = alone.apply(change, at);
    if (answer)
        if (auto finished = alone.finish(); !finished)
            return std::unexpected(WriteFault(std::move(finished).error()));
    return answer;
}

/// runBatch() of what a worker's Store writes. `Pending` has a `write` (see storage::Write).
/// `answers` gets, for each, what it gave; nothing where it was refused, has failed or was done
/// before.
template <class Store, class Pending>
[[nodiscard]] BatchResult runStoreBatch(Connection& connection, const std::vector<Pending>& batch,
                                        std::vector<std::optional<typename Store::Answer>>& answers,
                                        std::chrono::sys_seconds at) {
    std::optional<typename Store::Writing> together;
    const BatchWrites writes{
        .count = batch.size(),
        .begin =
            [&](Parts parts) {
                answers.assign(batch.size(), std::nullopt);
                together.reset();
                if (parts == Parts::Together)
                    together.emplace(connection);
            },
        .operationId = [&](std::size_t i) { return std::string_view(batch[i].write.id); },
        .key = [&](std::size_t i) { return batch[i].write.key; },
        .apply = [&](std::size_t i, Connection& to) -> WriteResult<std::string> {
            const auto& change = batch[i].write.change;
            auto answer =
                together ? together->apply(change, at) : applyAlone<Store>(to, change, at);
            if (!answer)
                return std::unexpected(std::move(answer).error());
            std::string stored = Store::bytesOf(*answer);
            answers[i] = *std::move(answer);
            return stored;
        },
        .finish = [&] { return together->finish(); }};
    return runBatch(connection, writes, at);
}

/// Room for as many writes is kept from batch to batch: the largest batch there ever was is not
/// what the next ones need.
inline constexpr std::size_t kRoomKept = 1'000;
template <class T> void clearKeepingRoom(std::vector<T>& values) {
    if (values.capacity() > kRoomKept)
        values = std::vector<T>();
    else
        values.clear();
}

} // namespace grove::storage::detail
