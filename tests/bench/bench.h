#pragma once

#include <grove/runtime/runtime.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace grove::bench {

/// What a workload found.
struct Figures {
    std::uint64_t ops = 0;
    Duration span{};
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
[[nodiscard]] std::span<const Workload> processWorkloads();
[[nodiscard]] std::span<const Workload> timeWorkloads();

/// The program's resident memory.
[[nodiscard]] std::size_t residentBytes();

/// What the system has charged the program with so far.
struct Charged {
    Duration cpu{};
    std::int64_t contextSwitches = 0;
};
[[nodiscard]] Charged charged();

/// Blocks the calling thread, which runs no process.
void pauseThread(Duration span);

/// Adds p50, p99 and the maximum in microseconds to the figures. Sorts the samples.
void addPercentiles(Figures& figures, std::vector<Duration>& samples);

/// Measures from its construction until stop(); for drivers, which are told where to write.
class Stopwatch {
public:
    explicit Stopwatch(Duration* span) : m_span(span), m_start(now()) {}
    void stop() { *m_span = now() - m_start; }

private:
    Duration* m_span;
    Instant m_start;
};

} // namespace grove::bench
