#pragma once

#include <grove/runtime/runtime.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace grove {

/// Which of the processes that could go on goes on next.
class SchedulingPolicy {
public:
    virtual ~SchedulingPolicy() = default;
    /// Returns: a number of [0, readyCount), oldest first. Requires: readyCount > 0.
    [[nodiscard]] virtual std::size_t pick(std::size_t readyCount, Random& random) = 0;
};

/// Each equally likely: the order comes from the seed.
class RandomPolicy final : public SchedulingPolicy {
public:
    std::size_t pick(std::size_t readyCount, Random& random) override;
};
/// In the order in which they became ready.
class FifoPolicy final : public SchedulingPolicy {
public:
    std::size_t pick(std::size_t readyCount, Random& random) override;
};

struct SimulationOptions {
    std::uint64_t seed = 1;
    std::shared_ptr<SchedulingPolicy> policy;            // default: RandomPolicy
    Duration blockingMax = std::chrono::milliseconds(5); // blocking work takes [0, this)
    bool everyProcessOwnThread = false; // spawn all as if with SpawnOptions::ownThread
    std::size_t eventBytesMax = std::size_t{1} << 20;
};

/// A runtime on one thread, in virtual time, with an order drawn from a seed: the same seed gives
/// the same run, always. Processes with their own thread, blocking work and Externals take part.
///
/// Threads: one. Time moves only by advance(), runFor(), runUntil(), hold() and waiting Externals.
class Simulation {
public:
    explicit Simulation(SimulationOptions options = {});
    /// Kills what still lives.
    ~Simulation();

    [[nodiscard]] Runtime& runtime() noexcept { return *m_runtime; }
    operator Runtime&() noexcept { return *m_runtime; }

    /// Runs one process once. Returns: false when none is ready.
    bool step();
    /// Runs until nothing more can happen without time passing. Returns: the steps taken.
    std::size_t runUntilIdle();
    /// Lets `by` pass, running everything that becomes due on the way, in order.
    void advance(Duration by);
    void runFor(Duration span) { advance(span); }
    /// Lets time pass until `done()` holds, at most `limit`. Returns: whether it does.
    bool runUntil(const std::function<bool()>& done, Duration limit);
    /// Inside a process: its callback takes that long, and everybody else goes on meanwhile.
    void hold(Duration span);

    [[nodiscard]] Instant now() const noexcept;
    [[nodiscard]] VirtualClock& clock() noexcept;
    [[nodiscard]] Random& random() noexcept;
    [[nodiscard]] std::uint64_t seed() const noexcept;
    /// A hash of everything that ran so far and when: equal for equal seeds, in any process of the
    /// system.
    [[nodiscard]] std::uint64_t traceHash() const noexcept;
    [[nodiscard]] std::uint64_t steps() const noexcept;
    /// Adds to the trace, for simulated parts outside of the runtime (a disk).
    void trace(std::uint64_t value) noexcept;
    /// Runs `function` on this thread at a virtual time; for simulated parts outside of processes.
    void at(Instant when, std::function<void()> function);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
    std::unique_ptr<Runtime> m_runtime;
};

} // namespace grove
