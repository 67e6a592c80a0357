// Shows: a server by hand that keeps a connection; a pool of 100 of them, among which queries are
// spread; queries without a server, whose results are collected. Elixir: DatabaseServer.
#include "shown.h"

#include <QTest>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace database_server {

struct RunQuery {
    Pid caller;
    std::string query;
    GROVE_FIELDS(RunQuery, caller, query)
};
struct QueryResult {
    std::string text;
    GROVE_FIELDS(QueryResult, text)
};

// -- the server's side

Task<std::string> runQuery(std::uint64_t connection, std::string query) {
    co_await sleep(2s); // that is how long a database takes
    co_return "Connection " + std::to_string(connection) + ": " + query + " result";
}

Task<> loop(std::uint64_t connection) {
    setLabel("database connection " + std::to_string(connection));
    for (;;) {
        RunQuery request = co_await receive(on<RunQuery>());
        send(request.caller, QueryResult{co_await runQuery(connection, std::move(request.query))});
    }
}

// -- the client's side

Pid start(std::uint64_t connection) {
    return spawn(loop, connection);
}
void runAsync(Pid server, std::string query) {
    send(server, RunQuery{self(), std::move(query)});
}
/// Nothing when no result has come for 5 s.
Task<std::optional<std::string>> getResult() {
    auto got = co_await receive(on<QueryResult>(), after(5s));
    if (auto* result = std::get_if<QueryResult>(&got))
        co_return std::move(result->text);
    co_return std::nullopt;
}

/// A process for this one query.
void asyncQuery(std::string query) {
    spawn(
        [](Pid caller, std::string asked) -> Task<> {
            send(caller, QueryResult{co_await runQuery(0, std::move(asked))});
        },
        self(), std::move(query));
}

std::vector<Pid> startPool(std::uint64_t size) {
    std::vector<Pid> pool;
    for (std::uint64_t connection = 1; connection <= size; ++connection)
        pool.push_back(start(connection));
    return pool;
}

} // namespace database_server

namespace {

using namespace database_server;

Task<> answersInOrder() {
    const Pid server = start(7);
    const Instant begin = now();
    for (const char* query : {"query 1", "query 2", "query 3"})
        runAsync(server, query);
    for (const char* query : {"query 1", "query 2", "query 3"})
        checkEqual(Term((co_await getResult()).value()),
                   Term("Connection 7: " + std::string(query) + " result"));
    check(now() - begin >= 6s); // one after the other
    check(!co_await getResult());
}

Task<> spreadsQueries() {
    const std::vector<Pid> pool = startPool(100);
    Random random(std::hash<Pid>()(self()));
    std::vector<bool> isBusy(pool.size());
    const Instant begin = now();
    for (int sent = 0; sent < 5;) {
        const std::uint64_t at = random.below(pool.size());
        if (isBusy[at])
            continue;
        isBusy[at] = true;
        runAsync(pool[at], "query " + std::to_string(++sent));
    }
    for (int i = 0; i < 5; ++i)
        check((co_await getResult()).has_value());
    check(now() - begin < 3s); // all at once
}

Task<> collectsResults() {
    const Instant begin = now();
    for (int i = 1; i <= 5; ++i)
        asyncQuery("query " + std::to_string(i));
    std::set<std::string> results;
    for (int i = 0; i < 5; ++i)
        results.insert((co_await getResult()).value());
    check(results.size() == 5);
    check(results.contains("Connection 0: query 3 result"));
    check(now() - begin < 3s);
}

Task<> isObserved() {
    const Pid server = start(12);
    runAsync(server, "query");
    check((co_await getResult()).has_value());
    checkShown(shown(server), "process database connection 12");
}

} // namespace

class tst_DatabaseServer : public QObject {
    Q_OBJECT
private slots:
    void oneServerAnswersOneQueryAfterTheOther() { GROVE_SIMULATED(answersInOrder); }
    void aPoolAnswersManyAtOnce() { GROVE_SIMULATED(spreadsQueries); }
    void resultsOfManyProcessesAreCollected() { GROVE_SIMULATED(collectsResults); }
    void theObserverShowsItsConnection() { GROVE_SIMULATED(isObserved); }
};

QTEST_GUILESS_MAIN(tst_DatabaseServer)
#include "tst_database_server.moc"
