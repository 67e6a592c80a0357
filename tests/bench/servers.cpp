// Questions, answers and casts through otp::GenServer.

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

constexpr std::uint64_t kBurst = 1'000; // casts of a producer before it gives others a turn

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

/// A caller with many messages waiting, none of which the answer's receive should look at.
Task<> reftrickDriver(std::uint64_t queued, std::uint64_t calls, Spent* spent) {
    const otp::StartResult started = co_await Echo::startLink();
    for (std::uint64_t number = 0; number < queued; ++number)
        grove::send(self(), number);
    static_cast<void>(co_await otp::call(started.pid(), Term(0)));
    Stopwatch watch(spent);
    for (std::uint64_t call = 0; call < calls; ++call)
        static_cast<void>(co_await otp::call(started.pid(), Term(call)));
    watch.stop();
}

Figures reftrick(Bench& bench) {
    Figures figures{.ops = bench.scaled(1'000'000)};
    bench.run(reftrickDriver, std::uint64_t{100'000}, figures.ops, &figures.spent);
    return figures;
}

// -- a question with two texts --------------------------------------------------------------------

class Names final : public otp::GenServer<Names> {
public:
    struct Rename {
        using Reply = std::uint64_t;
        std::string from;
        std::string to;
        GROVE_FIELDS(Rename, from, to)
    };
    using Calls = Messages<Rename>;
    struct State {};

    std::uint64_t handleCall(Rename question) { return question.from.size() + question.to.size(); }
};

Task<> typedCallDriver(std::uint64_t calls, Spent* spent) {
    const otp::StartResult started = co_await Names::startLink();
    Stopwatch watch(spent);
    for (std::uint64_t call = 0; call < calls; ++call)
        static_cast<void>(
            co_await otp::call(started.pid(), Names::Rename{"groceries", "weekly shop"}));
    watch.stop();
}

Figures callTyped(Bench& bench) {
    Figures figures{.ops = bench.scaled(1'000'000)};
    bench.run(typedCallDriver, figures.ops, &figures.spent);
    return figures;
}

// -- casts: over when every producer's last one has been handled ----------------------------------

class Sink final : public otp::GenServer<Sink> {
public:
    struct State {
        std::uint64_t left = 0; // producers that are not done
        Pid driver{};
    };
    /// Behind the last cast of a producer.
    struct Last {
        GROVE_FIELDS(Last)
    };
    using Casts = Messages<Last>;

    Init init(std::uint64_t producers, Pid driver) { return Init::ok(State{producers, driver}); }
    void handleCast(Last) {
        if (--state().left == 0)
            grove::send(state().driver, atoms::ok);
    }
    void handleCast(const Term&) {}
};

Task<> caster(Pid to, std::uint64_t count) {
    co_await receive(any()); // the start
    for (std::uint64_t number = 0; number + 1 < count; ++number) {
        otp::cast(to, Term(number));
        if (number % kBurst == kBurst - 1)
            co_await yield();
    }
    otp::cast(to, Sink::Last{});
}

Task<> floodDriver(std::uint64_t producerCount, std::uint64_t each, Spent* spent) {
    const otp::StartResult sink = co_await Sink::startLink(producerCount, self());
    std::vector<Pid> producers;
    for (std::uint64_t index = 0; index < producerCount; ++index)
        producers.push_back(spawn(caster, sink.pid(), each));
    co_await yield();
    Stopwatch watch(spent);
    for (const Pid pid : producers)
        grove::send(pid, atoms::ok);
    co_await receive(any());
    watch.stop();
}

Figures floodOf(Bench& bench, std::uint64_t producers) {
    const std::uint64_t each = bench.scaled(4'000'000) / producers;
    Figures figures{.ops = each * producers};
    bench.run(floodDriver, producers, each, &figures.spent);
    return figures;
}
Figures flood(Bench& bench) {
    return floodOf(bench, 1);
}
Figures flood8(Bench& bench) {
    return floodOf(bench, 8);
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
        {"reftrick", reftrick},
        {"call_typed", callTyped},
        {"flood", flood},
        {"flood8", flood8},
        {"idle_genserver", idleGenServer},
    };
    return kWorkloads;
}

} // namespace grove::bench
