// The same operation among 1,000 to 10,000,000 processes: what memory's latency alone may cost.

#include "bench.h"

#include <algorithm>

namespace grove::bench {

namespace {

constexpr std::uint64_t kBurst = 1'000; // messages between two turns given to others

struct Measured {
    Spent first{}; // a round before, where there is one
    Spent spent{};
};

Task<> waitsOnce() {
    co_await receive(any());
}

Task<> ringMember(Pid driver) {
    const Pid next = (co_await receive(any())).payload().asTerm()->toPid();
    while (true) {
        const std::int64_t left = (co_await receive(any())).payload().asTerm()->toInt();
        send(left == 0 ? driver : next, left - 1);
    }
}

Task<> answers() {
    while (true) {
        const Message question = co_await receive(any());
        send(question.sender(), atoms::ok);
    }
}

/// Once around, in the order in which they were made.
Task<> ringCurve(std::uint64_t size, std::uint64_t hops, Measured* measured) {
    const Pid first = spawn(ringMember, self());
    Pid last = first;
    for (std::uint64_t index = 1; index < size; ++index) {
        const Pid member = spawn(ringMember, self());
        send(last, member);
        last = member;
        if (index % kBurst == 0)
            co_await yield();
    }
    send(last, first);
    send(first, static_cast<std::int64_t>(size)); // everybody waits for the token afterwards
    co_await receive(any());
    Stopwatch watch(&measured->spent);
    send(first, static_cast<std::int64_t>(hops));
    co_await receive(any());
    watch.stop();
}

/// A message to a process drawn at random, and its answer; a burst is under way at once.
Task<> sendCurve(std::uint64_t size, std::uint64_t sends, Measured* measured) {
    std::vector<Pid> all;
    all.reserve(size);
    for (std::uint64_t index = 0; index < size; ++index) {
        all.push_back(spawn(answers));
        if (index % kBurst == 0)
            co_await yield();
    }
    Random random(1);
    Stopwatch watch(&measured->spent);
    for (std::uint64_t sent = 0; sent < sends; sent += kBurst) {
        for (std::uint64_t index = 0; index < kBurst; ++index)
            send(all[random.below(size)], atoms::ok);
        for (std::uint64_t index = 0; index < kBurst; ++index)
            co_await receive(any());
    }
    watch.stop();
}

/// So many are made and wait; then they end, unmeasured, and as many are made again. The first
/// round, in which memory is touched for the first time, counts apart whatever their number.
Task<> spawnCurve(std::uint64_t size, std::uint64_t spawns, Measured* measured) {
    const std::uint64_t others = Runtime::current().counters().processes;
    std::vector<Pid> all;
    all.reserve(size);
    for (std::uint64_t made = 0; made <= spawns; made += size) {
        all.clear();
        Spent once;
        Stopwatch watch(&once);
        for (std::uint64_t index = 0; index < size; ++index) {
            all.push_back(spawn(waitsOnce));
            if (index % kBurst == kBurst - 1)
                co_await yield();
        }
        watch.stop();
        Spent& spent = made == 0 ? measured->first : measured->spent;
        spent.wall += once.wall;
        spent.cpu += once.cpu;
        for (const Pid pid : all)
            send(pid, atoms::ok);
        while (Runtime::current().counters().processes > others)
            co_await yield();
    }
}

using Curve = Task<> (*)(std::uint64_t, std::uint64_t, Measured*);

/// The smallest multiple of `unit` that is not below `least`.
constexpr std::uint64_t multiple(std::uint64_t unit, std::uint64_t least) {
    return (least + unit - 1) / unit * unit;
}

/// Each process has its turn at least once; small numbers of them go on until it can be measured.
template <Curve curve, std::uint64_t size> Figures atSize(Bench& bench) {
    const std::uint64_t processes = std::max(bench.scaled(size), std::uint64_t{10});
    const std::uint64_t least = std::max(processes, bench.scaled(1'000'000));
    const std::uint64_t unit = curve == spawnCurve ? processes : kBurst;
    Figures figures{.ops = multiple(unit, least)};
    Measured measured;
    bench.run(curve, processes, figures.ops, &measured);
    figures.spent = measured.spent;
    if (measured.first.wall > Duration::zero())
        figures.more.emplace_back("first_round_ns_each",
                                  static_cast<double>(measured.first.wall.count()) /
                                      static_cast<double>(processes));
    return figures;
}

} // namespace

std::span<const Workload> curveWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"curve_ring_1000", atSize<ringCurve, 1'000>},
        {"curve_ring_10000", atSize<ringCurve, 10'000>},
        {"curve_ring_100000", atSize<ringCurve, 100'000>},
        {"curve_ring_1000000", atSize<ringCurve, 1'000'000>},
        {"curve_ring_10000000", atSize<ringCurve, 10'000'000>},
        {"curve_send_1000", atSize<sendCurve, 1'000>},
        {"curve_send_10000", atSize<sendCurve, 10'000>},
        {"curve_send_100000", atSize<sendCurve, 100'000>},
        {"curve_send_1000000", atSize<sendCurve, 1'000'000>},
        {"curve_send_10000000", atSize<sendCurve, 10'000'000>},
        {"curve_spawn_1000", atSize<spawnCurve, 1'000>},
        {"curve_spawn_10000", atSize<spawnCurve, 10'000>},
        {"curve_spawn_100000", atSize<spawnCurve, 100'000>},
        {"curve_spawn_1000000", atSize<spawnCurve, 1'000'000>},
        {"curve_spawn_10000000", atSize<spawnCurve, 10'000'000>},
    };
    return kWorkloads;
}

} // namespace grove::bench
