// Questions and answers of the runtime alone: as a server by hand, and from a thread.

#include "bench.h"

namespace grove::bench {

namespace {

using namespace std::chrono_literals;

/// A server as one would write it by hand on the runtime alone.
Task<> answerer() {
    while (true) {
        Message message = co_await receive(any());
        if (message.kind() == MessageKind::Call)
            reply(message.from(), std::move(message).takePayload());
    }
}

Task<> caller(Pid server, std::uint64_t calls, Pid driver) {
    co_await receive(any()); // the start
    for (std::uint64_t call = 0; call < calls; ++call)
        co_await request(server, call);
    send(driver, atoms::ok);
}

Task<> callDriver(std::uint64_t clients, std::uint64_t each, Spent* spent) {
    const Pid server = spawn(answerer);
    std::vector<Pid> callers;
    for (std::uint64_t index = 0; index < clients; ++index)
        callers.push_back(spawn(caller, server, each, self()));
    co_await letRun(std::move(callers), spent);
}

Figures callsOf(Bench& bench, std::uint64_t clients) {
    const std::uint64_t each = bench.scaled(2'000'000) / clients;
    Figures figures{.ops = each * clients};
    bench.run(callDriver, clients, each, &figures.spent);
    return figures;
}
Figures genCallRaw(Bench& bench) {
    return callsOf(bench, 1);
}
Figures genCall8Raw(Bench& bench) {
    return callsOf(bench, 8);
}

// -- from a thread that runs no process -----------------------------------------------------------

Figures callsFromThread(Bench& bench, std::uint64_t calls, Duration between) {
    const Pid server = spawn(answerer);
    std::vector<Duration> samples;
    samples.reserve(calls);
    Figures figures{.ops = calls};
    const Clock& clock = bench.runtime.clock();
    for (std::uint64_t call = 0; call < calls; ++call) {
        if (between > Duration::zero())
            pauseThread(between);
        const Instant start = clock.now();
        static_cast<void>(bench.outside.call(server, call));
        samples.push_back(clock.now() - start);
        figures.spent.wall += samples.back();
    }
    addPercentiles(figures, samples);
    return figures;
}
Figures callFromThread(Bench& bench) {
    return callsFromThread(bench, bench.scaled(200'000), Duration::zero());
}
Figures callFromThreadAsleep(Bench& bench) {
    return callsFromThread(bench, bench.scaled(1'000), 1ms);
}

} // namespace

std::span<const Workload> callWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"gen_call_raw", genCallRaw},
        {"gen_call8_raw", genCall8Raw},
        {"call_from_thread", callFromThread},
        {"call_from_thread_asleep", callFromThreadAsleep},
    };
    return kWorkloads;
}

} // namespace grove::bench
