// Questions and answers.

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

/// A caller with many messages waiting, none of which the answer's receive should look at.
Task<> reftrickDriver(std::uint64_t queued, std::uint64_t calls, Spent* spent) {
    const Pid server = spawn(answerer);
    for (std::uint64_t number = 0; number < queued; ++number)
        send(self(), number);
    co_await request(server, 0);
    Stopwatch watch(spent);
    for (std::uint64_t call = 0; call < calls; ++call)
        co_await request(server, call);
    watch.stop();
}

Figures reftrick(Bench& bench) {
    Figures figures{.ops = bench.scaled(1'000'000)};
    bench.run(reftrickDriver, std::uint64_t{100'000}, figures.ops, &figures.spent);
    return figures;
}

struct Rename {
    std::string from;
    std::string to;
    GROVE_FIELDS(Rename, from, to)
};

Task<> typedAnswerer() {
    while (true) {
        Message message = co_await receive(any());
        const From from = message.from();
        const Result<Rename> question = std::move(message).takePayload().take<Rename>();
        reply(from, static_cast<std::uint64_t>(question->from.size() + question->to.size()));
    }
}

Task<> typedCallDriver(std::uint64_t calls, Spent* spent) {
    const Pid server = spawn(typedAnswerer);
    Stopwatch watch(spent);
    for (std::uint64_t call = 0; call < calls; ++call)
        co_await request(server, Rename{"groceries", "weekly shop"});
    watch.stop();
}

Figures callTyped(Bench& bench) {
    Figures figures{.ops = bench.scaled(1'000'000)};
    bench.run(typedCallDriver, figures.ops, &figures.spent);
    return figures;
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

// -- fairness -------------------------------------------------------------------------------------

/// Works without waiting for anything, giving up its turn as such a loop must.
Task<> hog() {
    std::uint64_t number = 1;
    while (true) {
        for (int step = 0; step < 3'000; ++step) {
            number = number * 6'364'136'223'846'793'005U + 1;
            asm volatile("" : "+r"(number));
        }
        co_await yield();
    }
}

Task<> fairDriver(std::uint64_t calls, std::vector<Duration>* samples) {
    const Pid server = spawn(answerer);
    for (int index = 0; index < 4; ++index)
        spawn(hog);
    for (std::uint64_t call = 0; call < calls; ++call) {
        co_await sleep(1ms);
        const Instant start = now();
        co_await request(server, call);
        samples->push_back(now() - start);
    }
}

Figures fair(Bench& bench) {
    std::vector<Duration> samples;
    Figures figures{.ops = bench.scaled(1'000)};
    bench.run(fairDriver, figures.ops, &samples);
    for (const Duration sample : samples)
        figures.spent.wall += sample;
    addPercentiles(figures, samples);
    return figures;
}

} // namespace

std::span<const Workload> callWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"gen_call_raw", genCallRaw},
        {"gen_call8_raw", genCall8Raw},
        {"reftrick", reftrick},
        {"call_typed", callTyped},
        {"call_from_thread", callFromThread},
        {"call_from_thread_asleep", callFromThreadAsleep},
        {"fair", fair},
    };
    return kWorkloads;
}

} // namespace grove::bench
