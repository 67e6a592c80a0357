// Questions and answers of the runtime alone: as a server by hand, and from a thread.

#include "bench.h"
#include "parker.h"

#include <algorithm>
#include <atomic>
#include <thread>

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

/// Asks once after each pause; returns how long the answers took.
void ask(Bench& bench, Pid server, std::uint64_t calls, Duration between,
         std::vector<Duration>& samples) {
    const Clock& clock = bench.runtime.clock();
    for (std::uint64_t call = 0; call < calls; ++call) {
        if (between > Duration::zero())
            pauseThread(between);
        const Instant start = clock.now();
        static_cast<void>(bench.outside.call(server, call));
        samples.push_back(clock.now() - start);
    }
}

Figures figuresOf(std::vector<Duration>& samples) {
    Figures figures{.ops = samples.size()};
    for (const Duration sample : samples)
        figures.spent.wall += sample;
    addPercentiles(figures, samples);
    return figures;
}

Figures callFromThread(Bench& bench) {
    std::vector<Duration> samples;
    ask(bench, spawn(answerer), bench.scaled(200'000), Duration::zero(), samples);
    return figuresOf(samples);
}

/// A thread that sleeps until it is woken and says that it is awake; nothing but the system.
class BareSleeper {
public:
    BareSleeper() = default;
    BareSleeper(const BareSleeper&) = delete;
    BareSleeper& operator=(const BareSleeper&) = delete;
    ~BareSleeper() {
        m_isOver.store(true, std::memory_order_relaxed); // published by unpark()
        m_parker.unpark();
        m_thread.join();
    }
    /// Wakes it and looks out until it says so.
    void wake() noexcept {
        m_isAwake.store(false, std::memory_order_relaxed);
        m_parker.unpark();
        while (!m_isAwake.load(std::memory_order_acquire))
            __builtin_ia32_pause();
    }

private:
    void run() noexcept {
        for (;;) {
            m_parker.park();
            if (m_isOver.load(std::memory_order_relaxed))
                return;
            m_isAwake.store(true, std::memory_order_release);
        }
    }
    runtime::Parker m_parker;
    std::atomic<bool> m_isAwake{false}; // set by the thread, cleared by who wakes it
    std::atomic<bool> m_isOver{false};
    std::thread m_thread{[this] { run(); }};
};

/// In turn with what the system alone takes to wake a thread after such a pause: no answer of
/// another thread can come sooner.
Figures callFromThreadAsleep(Bench& bench) {
    constexpr std::uint64_t kInTurn = 50;
    const Pid server = spawn(answerer);
    const std::uint64_t turns = std::max<std::uint64_t>(bench.scaled(1'000) / kInTurn, 1);
    const Clock& clock = bench.runtime.clock();
    BareSleeper bare;
    std::vector<Duration> samples;
    std::vector<Duration> wakeUps;
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
        ask(bench, server, kInTurn, 1ms, samples);
        for (std::uint64_t count = 0; count < kInTurn; ++count) {
            pauseThread(1ms);
            const Instant start = clock.now();
            bare.wake();
            wakeUps.push_back(clock.now() - start);
        }
    }
    std::ranges::sort(wakeUps);
    Figures figures = figuresOf(samples);
    figures.more.emplace_back("bare_wake_p50_us",
                              static_cast<double>(wakeUps[wakeUps.size() / 2].count()) / 1e3);
    return figures;
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
