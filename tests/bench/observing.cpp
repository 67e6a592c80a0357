// What it costs to look at all processes.

#include "bench.h"
#include "parker.h"

#include <grove/observe/local_node.h>
#include <grove/runtime/figures.h>
#include <grove/term/mutex.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

namespace grove::bench {

namespace {

/// The thread that asks: what a node wants to run on it is run while it waits.
class Asker {
public:
    void post(std::move_only_function<void()> work) {
        {
            const Lock lock(m_mutex);
            m_work.push_back(std::move(work));
        }
        m_parker.unpark();
    }
    /// Runs what is posted until `done` holds.
    template <class Done> void runUntil(Done done) {
        while (!done()) {
            std::vector<std::move_only_function<void()>> work;
            {
                const Lock lock(m_mutex);
                work.swap(m_work);
            }
            for (auto& each : work)
                each();
            if (work.empty())
                static_cast<void>(m_parker.parkFor(std::chrono::seconds(1)));
        }
    }

private:
    Mutex m_mutex;
    std::vector<std::move_only_function<void()>> m_work GROVE_GUARDED_BY(m_mutex);
    runtime::Parker m_parker;
};

Task<> waitForever() {
    co_await receive(any());
}

Task<> spawnWaiting(std::uint64_t count) {
    for (std::uint64_t index = 0; index < count; ++index) {
        spawn(waitForever);
        if (index % 1'000 == 999)
            co_await yield();
    }
}

/// As the window refreshes: the order of all processes by their reductions, and the rows of those
/// that are seen.
template <std::uint64_t count, std::uint64_t refreshes> Figures observer(Bench& bench) {
    constexpr std::size_t kSeen = 50;
    const std::uint64_t processes = bench.scaled(count);
    bench.run(spawnWaiting, processes);
    Asker asker;
    observe::LocalNode node(bench.runtime, {.post = [&asker](std::move_only_function<void()> work) {
                                asker.post(std::move(work));
                            }});
    Figures figures{.ops = refreshes};
    Stopwatch watch(bench.runtime.clock(), &figures.spent);
    for (std::uint64_t refresh = 0; refresh < refreshes; ++refresh) {
        std::optional<observe::RowOrder> order;
        node.order({.order = observe::Column::Reductions, .descending = true},
                   [&order](Result<observe::RowOrder> answer) { order = *std::move(answer); });
        asker.runUntil([&order] { return order.has_value(); });
        GROVE_ASSERT(order->total >= processes, "all processes are in the list");
        const auto seen = std::min(order->pids.size(), kSeen);
        GROVE_ASSERT(node.rows(std::span(order->pids).first(seen)).size() == seen,
                     "what is seen has rows");
    }
    watch.stop();
    return figures;
}

/// The ten processes with the most reductions, in one pass over all.
std::vector<Pid> topTen(const Runtime& runtime) {
    constexpr std::size_t kTop = 10;
    const auto isBusier = [](const ProcessFigure& a, const ProcessFigure& b) {
        return a.value > b.value;
    };
    std::vector<ProcessFigure> top; // a heap: the least busy first
    std::array<ProcessFigure, 1'024> chunk;
    const std::uint32_t used = runtime.counters().slotsUsed;
    for (std::uint32_t slot = 0; slot < used;) {
        const auto got = figures(runtime, Figure::Reductions, slot, chunk);
        slot = got.nextSlot;
        for (const ProcessFigure& each : std::span(chunk).first(got.count)) {
            if (top.size() == kTop && each.value <= top.front().value)
                continue;
            if (top.size() == kTop) {
                std::ranges::pop_heap(top, isBusier);
                top.pop_back();
            }
            top.push_back(each);
            std::ranges::push_heap(top, isBusier);
        }
    }
    std::ranges::sort_heap(top, isBusier);
    std::vector<Pid> pids;
    for (const ProcessFigure& each : top)
        pids.push_back(each.pid);
    return pids;
}

Figures top10(Bench& bench) {
    bench.run(spawnWaiting, bench.scaled(1'000'000));
    Figures figures{.ops = 10};
    Stopwatch watch(bench.runtime.clock(), &figures.spent);
    for (std::uint64_t look = 0; look < figures.ops; ++look)
        GROVE_ASSERT(!topTen(bench.runtime).empty(), "some process is the busiest");
    watch.stop();
    return figures;
}

} // namespace

std::span<const Workload> observerWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"observer10k", observer<10'000, 100>},
        {"observer100k", observer<100'000, 20>},
        {"observer1m", observer<1'000'000, 3>},
        {"top10", top10},
    };
    return kWorkloads;
}

} // namespace grove::bench
