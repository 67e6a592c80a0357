// Processes that start and end.

#include "bench.h"

#include <grove/term/alloc.h>
#include <grove/term/assert.h>

#include <sys/mman.h>

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

Task<> killAllDriver(const std::vector<Pid>* idle, Spent* spent) {
    const Runtime& runtime = Runtime::current();
    const std::uint64_t others = runtime.counters().processes - idle->size();
    Stopwatch watch(spent);
    for (std::uint64_t index = 0; index < idle->size(); ++index) {
        exit((*idle)[index], atoms::kill);
        if (index % kBatch == kBatch - 1)
            co_await yield();
    }
    while (runtime.counters().processes > others)
        co_await yield();
    watch.stop();
}

/// Reads the row of every process, as the observer does.
std::uint64_t listed(const Runtime& runtime) {
    std::vector<ProcessRow> rows(1'000);
    std::uint64_t count = 0;
    const std::uint32_t used = runtime.counters().slotsUsed;
    for (std::uint32_t slot = 0; slot < used;) {
        const auto got = runtime.rows(slot, rows);
        count += got.count;
        slot = got.nextSlot;
    }
    return count;
}

/// How long the system takes to give as much memory as `count` processes fill, in large pages where
/// it has them; it has it back afterwards. Where the machine is a virtual one whose host lends
/// memory as it is touched, the first time takes ten times as long as the next, and is no
/// process's.
Duration bareTouch(const Clock& clock, std::uint64_t count) {
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    constexpr std::size_t kBytesEach = 304;
    const std::size_t bytes = (count * kBytesEach / kHugePage + 2) * kHugePage;
    const Instant start = clock.now();
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    GROVE_ASSERT(memory != MAP_FAILED, "the system has as much memory");
    madvise(memory, bytes, MADV_HUGEPAGE);
    for (std::size_t at = 0; at < bytes; at += 4'096)
        static_cast<volatile char*>(memory)[at] = 1;
    const Duration taken = clock.now() - start;
    munmap(memory, bytes);
    return taken;
}

/// Seconds until the program's memory is 1.2 times what it was, at most ten.
double secondsUntilMemoryIsBack(const Clock& clock, std::size_t before) {
    const Instant start = clock.now();
    const auto passed = [&] { return clock.now() - start; };
    while (residentBytes() > before + before / 5 && passed() < std::chrono::seconds(10))
        pauseThread(std::chrono::milliseconds(50));
    return static_cast<double>(passed().count()) / 1e9;
}

/// Whether the system is made to give the memory once before: see bareTouch().
enum class TouchFirst : bool { No, Yes };

/// Made, counted, listed by the observer's rows, and killed.
Figures spawnIdleOf(Bench& bench, std::uint64_t count, TouchFirst touchFirst) {
    Figures figures{.ops = count};
    std::vector<Pid> idle(count); // touched now: its memory is not the processes'
    idle.clear();
    const Clock& clock = bench.runtime.clock();
    const Duration touched =
        touchFirst == TouchFirst::Yes ? bareTouch(clock, count) : Duration::zero();
    const std::size_t before = residentBytes();
    bench.run(spawnIdleDriver, &idle, count, &figures.spent);
    const std::size_t during = residentBytes();
    const auto each = [&](double amount) { return amount / static_cast<double>(count); };
    if (touchFirst == TouchFirst::Yes)
        figures.more.emplace_back("bare_touch_ns_each", each(static_cast<double>(touched.count())));
    figures.more.emplace_back("rss_bytes_each",
                              each(static_cast<double>(during) - static_cast<double>(before)));
    GROVE_ASSERT(bench.runtime.counters().processes >= count, "all of them are counted");

    Spent list;
    Stopwatch listing(clock, &list);
    GROVE_ASSERT(listed(bench.runtime) >= count, "all of them have a row");
    listing.stop();
    figures.more.emplace_back("list_ns_each", each(static_cast<double>(list.wall.count())));

    Spent kill;
    const std::vector<Pid>* const all = &idle;
    bench.run(killAllDriver, all, &kill);
    figures.more.emplace_back("kill_ns_each", each(static_cast<double>(kill.wall.count())));
    figures.more.emplace_back("rss_back_s", secondsUntilMemoryIsBack(clock, before));
    figures.more.emplace_back("rss_after_ratio",
                              static_cast<double>(residentBytes()) / static_cast<double>(before));
    return figures;
}
Figures spawnIdle(Bench& bench) {
    return spawnIdleOf(bench, bench.scaled(1'000'000), TouchFirst::No); // as the peers
}
Figures spawnIdle10m(Bench& bench) {
    return spawnIdleOf(bench, bench.scaled(10'000'000), TouchFirst::Yes);
}

/// Waves of processes that come and go: what the program holds may not grow with their number.
Figures churn(Bench& bench) {
    const std::uint64_t tenth = bench.scaled(500) * kBatch;
    Figures figures{.ops = 9 * tenth};
    Spent first;
    bench.run(spawnDriver, tenth, &first);
    const std::size_t before = residentBytes();
    bench.run(spawnDriver, figures.ops, &figures.spent);
    figures.more.emplace_back("rss_growth_bytes",
                              static_cast<double>(residentBytes()) - static_cast<double>(before));
    return figures;
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
        {"churn", churn},          {"skynet", skynet},
        {"burn4", burn4},
    };
    return kWorkloads;
}

} // namespace grove::bench
