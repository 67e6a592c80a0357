#pragma once

#include <grove/runtime/runtime.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace grove::bench {

/// Time that passed, and the processor time that all threads of the program used meanwhile. Beside
/// other work on the machine only the second means something.
struct Spent {
    Duration wall{};
    Duration cpu{};
};

/// What a workload found.
struct Figures {
    std::uint64_t ops = 0;
    Spent spent{};
    std::vector<std::pair<std::string, double>> more; // further fields of the line
};

/// What a workload has to work with: a runtime of its own and the thread outside.
struct Bench {
    Runtime& runtime;
    External& outside;
    double scale = 1.0; // of the number of operations

    [[nodiscard]] std::uint64_t scaled(std::uint64_t ops) const {
        const auto count = static_cast<std::uint64_t>(static_cast<double>(ops) * scale);
        return count > 0 ? count : 1;
    }

    /// Runs a driver process until it ends, which must be normally.
    template <class F, class... Args> void run(F driver, Args... args) {
        awaitNormalEnd(spawnMonitor(driver, std::move(args)...).monitor);
    }
    void awaitNormalEnd(Ref monitor);
};

struct Workload {
    const char* name;
    Figures (*run)(Bench&);
};

[[nodiscard]] std::span<const Workload> messageWorkloads();
[[nodiscard]] std::span<const Workload> callWorkloads();
[[nodiscard]] std::span<const Workload> serverWorkloads();
[[nodiscard]] std::span<const Workload> processWorkloads();
[[nodiscard]] std::span<const Workload> timeWorkloads();
[[nodiscard]] std::span<const Workload> termWorkloads();
[[nodiscard]] std::span<const Workload> tableWorkloads();
[[nodiscard]] std::span<const Workload> supervisionWorkloads();
[[nodiscard]] std::span<const Workload> nameWorkloads();
[[nodiscard]] std::span<const Workload> observerWorkloads();
[[nodiscard]] std::span<const Workload> waitWorkloads();
[[nodiscard]] std::span<const Workload> curveWorkloads();
[[nodiscard]] std::span<const Workload> machineWorkloads();

/// The program's resident memory.
[[nodiscard]] std::size_t residentBytes();

/// The processor time the program has used so far.
[[nodiscard]] Duration cpuUsed();
/// How often the system has switched between the program's threads and others.
[[nodiscard]] std::int64_t contextSwitches();

/// Blocks the calling thread, which runs no process.
void pauseThread(Duration span);

/// What the program uses in five seconds in which nothing is asked of it: percent of a processor,
/// and switches between its threads and others. Blocks the calling thread, which runs no process.
[[nodiscard]] Figures whileIdle(const Clock& clock);

/// Adds p50, p99 and the maximum in microseconds to the figures. Sorts the samples.
void addPercentiles(Figures& figures, std::vector<Duration>& samples);

/// Measures processes that wait for a message to begin, and send one to the running process, which
/// started them, when they are done.
[[nodiscard]] Task<> letRun(std::vector<Pid> processes, Spent* spent);

/// Measures from its construction until stop(); for drivers, which are told where to write.
class Stopwatch {
public:
    Stopwatch(const Clock& clock, Spent* spent) : m_clock(clock), m_spent(spent) {}
    /// Inside a process.
    explicit Stopwatch(Spent* spent) : Stopwatch(Runtime::current().clock(), spent) {}
    void stop() { *m_spent = {.wall = m_clock.now() - m_start, .cpu = cpuUsed() - m_cpuStart}; }

private:
    const Clock& m_clock;
    Spent* m_spent;
    Duration m_cpuStart = cpuUsed();
    Instant m_start = m_clock.now();
};

} // namespace grove::bench
