// The same questions and answers through otp::GenServer.

#include "bench.h"

#include <grove/otp/gen_server.h>

namespace grove::bench {

namespace {

/// Answers with what it is asked.
class Echo final : public otp::GenServer<Echo> {
public:
    struct State {};

    Reply<Term> handleCall(Term question, From) { return question; }
};

Task<> clientOf(Pid server, std::uint64_t calls, Pid driver) {
    co_await receive(any()); // the start
    for (std::uint64_t call = 0; call < calls; ++call)
        static_cast<void>(co_await otp::call(server, Term(call)));
    send(driver, atoms::ok);
}

Task<> genCallDriver(std::uint64_t clients, std::uint64_t each, Spent* spent) {
    const otp::StartResult started = co_await Echo::startLink();
    std::vector<Pid> callers;
    for (std::uint64_t index = 0; index < clients; ++index)
        callers.push_back(spawn(clientOf, started.pid(), each, self()));
    co_await letRun(std::move(callers), spent);
    co_await otp::stop(started.pid());
}

Figures genCallOf(Bench& bench, std::uint64_t clients) {
    const std::uint64_t each = bench.scaled(2'000'000) / clients;
    Figures figures{.ops = each * clients};
    bench.run(genCallDriver, clients, each, &figures.spent);
    return figures;
}
Figures genCall(Bench& bench) {
    return genCallOf(bench, 1);
}
Figures genCall8(Bench& bench) {
    return genCallOf(bench, 8);
}

/// Servers that have answered once and wait.
Task<> idleServersDriver(std::vector<Pid>* servers, std::uint64_t count, Spent* spent) {
    Stopwatch watch(spent);
    for (std::uint64_t index = 0; index < count; ++index) {
        const otp::StartResult started = co_await Echo::start();
        static_cast<void>(co_await otp::call(started.pid(), Term(index)));
        servers->push_back(started.pid());
    }
    watch.stop();
}

Task<> stopServersDriver(const std::vector<Pid>* servers) {
    for (const Pid server : *servers)
        co_await otp::stop(server);
}

Figures idleGenServer(Bench& bench) {
    const std::uint64_t count = bench.scaled(100'000);
    Figures figures{.ops = count};
    std::vector<Pid> servers(count); // touched now: its memory is not the servers'
    servers.clear();
    const std::size_t before = residentBytes();
    bench.run(idleServersDriver, &servers, count, &figures.spent);
    const std::size_t during = residentBytes();
    const std::vector<Pid>* const all = &servers;
    bench.run(stopServersDriver, all);
    figures.more.emplace_back("rss_bytes_each",
                              (static_cast<double>(during) - static_cast<double>(before)) /
                                  static_cast<double>(count));
    return figures;
}

} // namespace

std::span<const Workload> serverWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"gen_call", genCall},
        {"gen_call8", genCall8},
        {"idle_genserver", idleGenServer},
    };
    return kWorkloads;
}

} // namespace grove::bench
