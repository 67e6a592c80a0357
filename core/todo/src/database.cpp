#include <grove/runtime/process.h>
#include <grove/todo/bounds.h>
#include <grove/todo/database.h>

#include <array>

namespace grove::todo {

using storage::Connection;
using storage::SqlResult;
using storage::WriteResult;

WriteResult<Applied> TodoStore::Writing::apply(const Change& change, std::chrono::sys_seconds at) {
    if (const auto* of = std::get_if<ChangeList>(&change)) {
        if (!of->refusal.empty())
            return std::unexpected(storage::WriteFault(storage::Refusal{of->refusal}));
        return m_rows.apply(of->list, of->change, at);
    }
    const auto& create = std::get<CreateList>(change);
    if (auto room =
            makeRoom(List(create.list, create.name), {}, AddEntries{create.entries}, ListBounds{});
        !room)
        return std::unexpected(storage::WriteFault(storage::Refusal{room.error().why}));
    auto made = createList(*m_connection, create.name, at, create.list);
    if (!made)
        return std::unexpected(std::move(made).error());
    if (create.entries.empty())
        return Applied{.version = 0, .touched = {}, .inverse = DeleteList{}};
    auto added = m_rows.apply(made->id, AddEntries{create.entries}, at);
    if (!added)
        return added;
    added->inverse = DeleteList{};
    return added;
}

SqlResult<std::optional<ListData>> TodoStore::read(Connection& connection, const LoadList& query) {
    return loadListData(connection, query.list);
}

SqlResult<std::vector<ListSummary>> TodoStore::read(Connection& connection, const AllLists&) {
    return allLists(connection);
}

SqlResult<bool> TodoStore::read(Connection& connection, const WasDone& query) {
    auto stored = storage::storedResult(connection, query.operation);
    if (!stored)
        return std::unexpected(std::move(stored).error());
    return stored->has_value();
}

std::size_t TodoStore::sizeBytes(const Change& change) {
    if (const auto* of = std::get_if<ChangeList>(&change))
        return todo::sizeBytes(of->change);
    return todo::sizeBytes(AddEntries{std::get<CreateList>(change).entries});
}

Duration retryDelay(unsigned tries) noexcept {
    static constexpr std::array<Duration, 4> kDelays = {
        Duration::zero(), std::chrono::milliseconds(50), std::chrono::milliseconds(200),
        std::chrono::milliseconds(1'000)};
    return kDelays[std::min<std::size_t>(tries, kDelays.size() - 1)];
}

namespace {

/// Waits before another try. Returns false when there is no time for one.
Task<bool> pauseBefore(unsigned tries, Instant until) {
    const Duration delay = retryDelay(tries);
    if (addSaturated(now(), delay) >= until)
        co_return false;
    co_await sleep(delay);
    co_return true;
}

template <class Query>
Task<Result<decltype(Query::Reply::value)>> ask(Atom worker, Query query, Instant until) {
    for (unsigned tries = 0;; ++tries) {
        auto answer = co_await otp::tryCall(worker, query, kInfinity);
        if (answer && !answer->failed)
            co_return std::move(answer->value);
        if (!co_await pauseBefore(tries, until)) {
            if (answer)
                co_return failure(atom("cannot_read"), answer->why);
            co_return failure(std::move(answer));
        }
    }
}

/// The first answer that a worker gives.
template <class Query> Task<typename Query::Reply> askOnce(Atom worker, Query query) {
    for (unsigned tries = 0;; ++tries) {
        auto answer = co_await otp::tryCall(worker, query, kInfinity);
        if (answer)
            co_return *std::move(answer);
        co_await pauseBefore(tries, kNever);
    }
}

} // namespace

Task<DatabaseAnswer> Database::write(DatabaseWrite write, Instant until) const {
    for (unsigned tries = 0;; ++tries) {
        write.epoch = tries;
        auto answer = co_await otp::tryCall(writer(), write, kInfinity);
        if (answer && answer->outcome != storage::WriteOutcome::Failed)
            co_return *std::move(answer);
        if (!co_await pauseBefore(tries, until)) {
            if (answer)
                co_return *std::move(answer);
            co_return DatabaseAnswer{.why = answer.error().message};
        }
    }
}

Task<LoadList::Reply> Database::tryLoad(ListId list) const {
    return askOnce(readerOf(list), LoadList{list});
}

Task<WasDone::Reply> Database::tryWasDone(ListId list, OperationId operation) const {
    return askOnce(readerOf(list), WasDone{std::move(operation)});
}

Task<Result<std::optional<ListData>>> Database::load(ListId list, Instant until) const {
    return ask(readerOf(list), LoadList{list}, until);
}

Task<Result<std::vector<ListSummary>>> Database::lists(Instant until) const {
    return ask(readerOf(kInbox), AllLists{}, until);
}

} // namespace grove::todo
