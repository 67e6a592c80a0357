// How long others wait: beside processes that compute, beside callbacks that never come back, and
// while something big ends.

#include "bench.h"

#include <grove/otp/gen_server.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <unistd.h>

namespace grove::bench {

namespace {

using namespace std::chrono_literals;

/// Answers with what it is asked.
class Echo final : public otp::GenServer<Echo> {
public:
    struct State {};
    Reply<Term> handleCall(Term question, From) { return question; }
};

void computeFor(int steps) {
    std::uint64_t number = 1;
    for (int step = 0; step < steps; ++step) {
        number = number * 6'364'136'223'846'793'005U + 1;
        asm volatile("" : "+r"(number));
    }
}

// -- fairness -------------------------------------------------------------------------------------

/// Works without waiting for anything, giving up its turn as such a loop must.
Task<> hog() {
    while (true) {
        computeFor(3'000);
        co_await yield();
    }
}

/// What the driver and the callbacks that do not come back have in common. Relaxed: the flag and
/// the count say nothing but themselves.
struct Hold {
    std::atomic<bool> isOver = false;
    std::atomic<unsigned> begun = 0;
};

/// Does not come back until the measurement is over.
Task<> holder(Hold* hold) {
    hold->begun.fetch_add(1, std::memory_order_relaxed);
    while (!hold->isOver.load(std::memory_order_relaxed))
        computeFor(3'000);
    co_return;
}

Task<Duration> timedCall(Pid server, std::uint64_t number) {
    const Instant start = now();
    static_cast<void>(co_await otp::call(server, Term(number)));
    co_return now() - start;
}

Task<> fairDriver(std::uint64_t calls, std::vector<Duration>* samples) {
    const auto server = co_await Echo::startLink();
    for (int index = 0; index < 4; ++index)
        spawn(hog);
    for (std::uint64_t number = 0; number < calls; ++number) {
        co_await sleep(1ms);
        samples->push_back(co_await timedCall(server.pid(), number));
    }
}

/// Returns: from when every scheduler was being held until the first answer.
Task<Duration> firstAnswer(Pid server, unsigned holders, Hold* hold) {
    for (unsigned index = 0; index < holders; ++index)
        static_cast<void>(spawnMonitor(holder, hold));
    Instant before = now();
    while (hold->begun.load(std::memory_order_relaxed) < holders) {
        before = now(); // the last holder begins during the turn that others get here
        co_await yield();
    }
    static_cast<void>(co_await otp::call(server, Term(0)));
    co_return now() - before;
}

/// Holds all schedulers again and again; the calls are made during the last time. Between two all
/// come to rest, for longer each time, so that the watchdog is met at another moment of its own.
Task<> heldDriver(unsigned holders, std::uint64_t holds, std::uint64_t calls,
                  std::vector<Duration>* firsts, std::vector<Duration>* samples) {
    const auto server = co_await Echo::startLink();
    for (std::uint64_t count = 1; count <= holds; ++count) {
        Hold hold;
        firsts->push_back(co_await firstAnswer(server.pid(), holders, &hold));
        for (std::uint64_t number = 0; count == holds && number < calls; ++number) {
            co_await sleep(1ms);
            samples->push_back(co_await timedCall(server.pid(), number));
        }
        hold.isOver.store(true, std::memory_order_relaxed);
        for (unsigned index = 0; index < holders; ++index)
            co_await receive(on<Down>());
        co_await sleep(10ms + count * 700us);
    }
}

Figures waitsOf(std::vector<Duration>& samples) {
    Figures figures{.ops = samples.size()};
    for (const Duration sample : samples)
        figures.spent.wall += sample;
    addPercentiles(figures, samples);
    return figures;
}

Figures fair(Bench& bench) {
    std::vector<Duration> samples;
    bench.run(fairDriver, bench.scaled(500), &samples);
    return waitsOf(samples);
}

/// Every scheduler is held by a callback.
Figures fairHeld(Bench& bench) {
    std::vector<Duration> firsts;
    std::vector<Duration> samples;
    bench.run(heldDriver, bench.runtime.counters().schedulers, bench.scaled(20), bench.scaled(500),
              &firsts, &samples);
    Figures figures = waitsOf(samples);
    std::ranges::sort(firsts);
    const auto us = [](Duration wait) { return static_cast<double>(wait.count()) / 1e3; };
    figures.more.emplace_back("first_us", us(firsts.back())); // the slowest of them
    figures.more.emplace_back("first_median_us", us(firsts[firsts.size() / 2]));
    return figures;
}

// -- while something big ends ---------------------------------------------------------------------

/// The processor time of the thread that runs the caller.
class ThreadTime {
public:
    /// What it has used since this was made, or `wall` if another thread runs the caller now.
    [[nodiscard]] Duration since(Duration wall) const noexcept {
        return gettid() == m_thread ? std::min(used() - m_start, wall) : wall;
    }

private:
    [[nodiscard]] static Duration used() noexcept {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
    }
    pid_t m_thread = gettid();
    Duration m_start = used();
};

/// The longest wait for an answer; and the most processor time that a scheduler has used during
/// one: what is more than that is the system's, which ran something else.
struct Longest {
    std::int64_t waitNs = 0;
    std::int64_t heldNs = 0;
    GROVE_FIELDS(Longest, waitNs, heldNs)

    void add(const Longest& other) {
        waitNs = std::max(waitNs, other.waitNs);
        heldNs = std::max(heldNs, other.heldNs);
    }
};

/// Asks without a pause until it is told to stop; its longest wait goes to the driver.
Task<> prober(Pid driver) {
    const auto server = co_await Echo::startLink();
    send(driver, atoms::ok);
    Longest longest;
    for (std::uint64_t number = 0;; ++number) {
        const auto told = co_await receive(any(), after(Duration::zero()));
        if (told.index() == 0)
            break;
        const ThreadTime ran;
        const Duration waited = co_await timedCall(server.pid(), number);
        longest.add({.waitNs = waited.count(), .heldNs = ran.since(waited).count()});
        co_await yield();
    }
    send(driver, longest);
}

/// Probes on every scheduler; what they have waited at most while `spent` was measured.
class Probes {
public:
    explicit Probes(unsigned count) {
        for (unsigned index = 0; index < count; ++index)
            m_probers.push_back(spawn(prober, self()));
    }
    Task<> started() {
        for (std::size_t index = 0; index < m_probers.size(); ++index)
            co_await receive(any());
    }
    Task<Longest> longestWait() {
        Longest longest;
        for (const Pid pid : m_probers)
            send(pid, atoms::ok);
        for (std::size_t index = 0; index < m_probers.size(); ++index)
            longest.add(co_await receive(on<Longest>()));
        co_return longest;
    }

private:
    std::vector<Pid> m_probers;
};

Task<> neverReceives() {
    co_await receive(on([](const Message&) { return false; }));
}

Task<> deathDriver(std::uint64_t messages, unsigned probers, Longest* longest, Spent* spent) {
    const Spawned victim = spawnMonitor(neverReceives);
    for (std::uint64_t number = 0; number < messages; ++number) {
        send(victim.pid, number);
        if (number % 1'000 == 999)
            co_await yield();
    }
    Probes probes(probers);
    co_await probes.started();
    Stopwatch watch(spent);
    exit(victim.pid, atoms::kill);
    co_await receive(on<Down>(victim.monitor));
    watch.stop();
    co_await sleep(1s); // what it has left behind goes meanwhile
    *longest = co_await probes.longestWait();
}

Task<> linked(Pid victim, Pid driver) {
    setTrapExit(TrapExit::Yes);
    link(victim);
    send(driver, atoms::ok);
    co_await receive(on<Exit>());
    send(driver, atoms::ok);
}

Task<> linksDriver(std::uint64_t links, unsigned probers, Longest* longest, Spent* spent) {
    const Pid victim = spawn(neverReceives);
    for (std::uint64_t index = 0; index < links; ++index)
        spawn(linked, victim, self());
    for (std::uint64_t index = 0; index < links; ++index)
        co_await receive(any());
    Probes probes(probers);
    co_await probes.started();
    Stopwatch watch(spent);
    exit(victim, atoms::kill);
    for (std::uint64_t index = 0; index < links; ++index)
        co_await receive(any());
    watch.stop();
    *longest = co_await probes.longestWait();
}

using EndDriver = Task<> (*)(std::uint64_t, unsigned, Longest*, Spent*);

Figures endOf(Bench& bench, EndDriver driver, std::uint64_t size) {
    Figures figures{.ops = bench.scaled(size)};
    Longest longest;
    bench.run(driver, figures.ops, bench.runtime.counters().schedulers, &longest, &figures.spent);
    figures.more.emplace_back("longest_wait_us", static_cast<double>(longest.waitNs) / 1e3);
    figures.more.emplace_back("longest_held_us", static_cast<double>(longest.heldNs) / 1e3);
    return figures;
}
Figures death10m(Bench& bench) {
    return endOf(bench, deathDriver, 10'000'000);
}
Figures links100k(Bench& bench) {
    return endOf(bench, linksDriver, 100'000);
}

} // namespace

std::span<const Workload> waitWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"fair", fair},
        {"fair_held", fairHeld},
        {"death_10m", death10m},
        {"links_100k", links100k},
    };
    return kWorkloads;
}

} // namespace grove::bench
