// What the machine's processors do together: on that depends what needs several threads.

#include "bench.h"
#include "thread.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>

namespace grove::bench {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 20ms;

/// Work that has always several things to do at once, so that two threads of one core take it from
/// each other. Returns: how much of it was done in kLook.
std::uint64_t work(const Clock& clock) {
    constexpr int kRound = 10'000;
    std::array<std::uint64_t, 6> values;
    std::iota(values.begin(), values.end(), 1);
    std::uint64_t rounds = 0;
    for (const Instant start = clock.now(); clock.now() - start < kLook; ++rounds)
        for (int step = 0; step < kRound; ++step)
            for (std::uint64_t& value : values) {
                value ^= value << 13;
                value ^= value >> 7;
                value ^= value << 17;
            }
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0}) == 0 ? 0 : rounds;
}

/// `processors`: how many times as much all of them do as one alone, before or after.
Figures processors(Bench& bench) {
    const Clock& clock = bench.runtime.clock();
    Figures figures;
    Stopwatch watch(clock, &figures.spent);
    const std::uint64_t before = work(clock);
    std::atomic<std::uint64_t> together = 0; // relaxed: read when the threads have ended
    {
        std::vector<runtime::Thread> threads;
        for (unsigned number = 0; number < runtime::processorCount(); ++number)
            threads.emplace_back(
                "busy", [&] { together.fetch_add(work(clock), std::memory_order_relaxed); });
    }
    const std::uint64_t alone = std::max({before, work(clock), std::uint64_t{1}});
    watch.stop();
    figures.ops = together.load(std::memory_order_relaxed);
    figures.more.emplace_back("processors",
                              static_cast<double>(figures.ops) / static_cast<double>(alone));
    return figures;
}

constexpr Workload kWorkloads[] = {{"processors", processors}};

} // namespace

std::span<const Workload> machineWorkloads() {
    return kWorkloads;
}

} // namespace grove::bench
