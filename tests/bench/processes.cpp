// Processes that start and end.

#include "bench.h"

#include <grove/term/alloc.h>

namespace grove::bench {

namespace {

constexpr std::uint64_t kBatch = 1'000; // processes that live at once

Task<> sayDone(Pid to) {
    send(to, atoms::ok);
    co_return;
}

Task<> spawnDriver(std::uint64_t count, Spent* spent) {
    Stopwatch watch(spent);
    for (std::uint64_t started = 0; started < count; started += kBatch) {
        for (std::uint64_t index = 0; index < kBatch; ++index)
            spawn(sayDone, self());
        for (std::uint64_t index = 0; index < kBatch; ++index)
            co_await receive(any());
    }
    watch.stop();
}

Figures spawnAndEnd(Bench& bench) {
    Figures figures{.ops = bench.scaled(2'000) * kBatch};
    bench.run(spawnDriver, figures.ops, &figures.spent);
    return figures;
}

Task<> endAtOnce() {
    co_return;
}

Task<> spawnMonitorDriver(std::uint64_t count, Spent* spent) {
    Stopwatch watch(spent);
    for (std::uint64_t started = 0; started < count; started += kBatch) {
        for (std::uint64_t index = 0; index < kBatch; ++index)
            static_cast<void>(spawnMonitor(endAtOnce));
        for (std::uint64_t index = 0; index < kBatch; ++index)
            co_await receive(on<Down>());
    }
    watch.stop();
}

Figures spawnWithMonitor(Bench& bench) {
    Figures figures{.ops = bench.scaled(2'000) * kBatch};
    bench.run(spawnMonitorDriver, figures.ops, &figures.spent);
    return figures;
}

Task<> waitForever() {
    co_await receive(any());
}

Task<> spawnIdleDriver(std::vector<Pid>* idle, std::uint64_t count, Spent* spent) {
    Stopwatch watch(spent);
    for (std::uint64_t index = 0; index < count; ++index) {
        idle->push_back(spawn(waitForever));
        if (index % kBatch == kBatch - 1)
            co_await yield(); // they run, and wait
    }
    // The last of them to run has run when it answers.
    static_cast<void>(co_await isAlive(idle->back()));
    watch.stop();
}

Task<> endAllDriver(const std::vector<Pid>* idle, Spent* spent) {
    Stopwatch watch(spent);
    for (std::uint64_t index = 0; index < idle->size(); ++index) {
        send((*idle)[index], atoms::ok);
        if (index % kBatch == kBatch - 1)
            co_await yield();
    }
    static_cast<void>(co_await isAlive(idle->back()));
    watch.stop();
}

Figures spawnIdleOf(Bench& bench, std::uint64_t count) {
    Figures figures{.ops = count};
    std::vector<Pid> idle(count); // touched now: its memory is not the processes'
    idle.clear();
    const std::size_t before = residentBytes();
    bench.run(spawnIdleDriver, &idle, count, &figures.spent);
    const std::size_t during = residentBytes();
    Spent end;
    const std::vector<Pid>* const all = &idle;
    bench.run(endAllDriver, all, &end);
    const auto each = [&](std::size_t bytes) {
        return (static_cast<double>(bytes) - static_cast<double>(before)) /
               static_cast<double>(count);
    };
    figures.more.emplace_back("rss_bytes_each", each(during));
    figures.more.emplace_back("end_ns_each",
                              static_cast<double>(end.wall.count()) / static_cast<double>(count));
    pauseThread(std::chrono::seconds(5));
    figures.more.emplace_back("rss_bytes_each_5s_after_the_end", each(residentBytes()));
    return figures;
}
Figures spawnIdle(Bench& bench) {
    return spawnIdleOf(bench, bench.scaled(1'000'000));
}
Figures spawnIdle10m(Bench& bench) {
    return spawnIdleOf(bench, bench.scaled(10'000'000));
}

/// Savina's: a tree of ten children each; the leaves answer with their number, the others with the
/// sum.
Task<> skynetNode(Pid parent, std::uint64_t number, std::uint64_t leaves) {
    if (leaves == 1) {
        send(parent, number);
        co_return;
    }
    const std::uint64_t each = leaves / 10;
    for (std::uint64_t child = 0; child < 10; ++child)
        spawn(skynetNode, self(), number + child * each, each);
    std::int64_t sum = 0;
    for (int child = 0; child < 10; ++child)
        sum += (co_await receive(any())).payload().asTerm()->toInt();
    send(parent, sum);
}

Task<> skynetDriver(std::uint64_t leaves, std::int64_t* sum, Spent* spent) {
    Stopwatch watch(spent);
    spawn(skynetNode, self(), std::uint64_t{0}, leaves);
    *sum = (co_await receive(any())).payload().asTerm()->toInt();
    watch.stop();
}

Figures skynet(Bench& bench) {
    constexpr std::uint64_t kLeaves = 1'000'000;
    Figures figures{.ops = kLeaves};
    std::int64_t sum = 0;
    bench.run(skynetDriver, kLeaves, &sum, &figures.spent);
    GROVE_ASSERT(sum == 499'999'500'000, "the leaves' numbers add up");
    return figures;
}

/// A fixed amount of work in four processes: how much a second scheduler helps.
Task<> burner(std::uint64_t turns, Pid driver) {
    std::uint64_t number = 1;
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
        for (int step = 0; step < 1'000; ++step) {
            number = number * 6'364'136'223'846'793'005U + 1;
            asm volatile("" : "+r"(number));
        }
        co_await yield();
    }
    send(driver, atoms::ok);
}

Task<> burnDriver(std::uint64_t turns, Spent* spent) {
    Stopwatch watch(spent);
    for (int index = 0; index < 4; ++index)
        spawn(burner, turns, self());
    for (int index = 0; index < 4; ++index)
        co_await receive(any());
    watch.stop();
}

Figures burn4(Bench& bench) {
    const std::uint64_t turns = bench.scaled(200'000);
    Figures figures{.ops = 4 * turns};
    bench.run(burnDriver, turns, &figures.spent);
    return figures;
}

} // namespace

std::span<const Workload> processWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"spawn", spawnAndEnd},    {"spawn_monitor", spawnWithMonitor},
        {"spawn_idle", spawnIdle}, {"spawn_idle10m", spawnIdle10m},
        {"skynet", skynet},        {"burn4", burn4},
    };
    return kWorkloads;
}

} // namespace grove::bench
