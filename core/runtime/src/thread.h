#pragma once

#include <grove/runtime/clock.h>

#include <ctime>
#include <functional>
#include <optional>
#include <pthread.h>
#include <string>

namespace grove::runtime {

/// A thread's clock of consumed processor time, readable by other threads while the thread runs.
using CpuClock = clockid_t;

/// Returns: the processor time a thread has used, or nothing when it has ended.
[[nodiscard]] std::optional<Duration> cpuTime(CpuClock clock) noexcept;

/// A system thread with a name (cut at 15 bytes) and a stack of 8 MiB, which destroying deep chains
/// of awaits needs.
///
/// Owns: the thread; the destructor joins it.
/// Errors: a thread that cannot be made is fatal at start-up; where going on without it is
/// possible, use tryStart().
class Thread {
public:
    Thread() = default;
    /// Starts `body` at once. `body` must not throw.
    Thread(const std::string& name, std::move_only_function<void()> body);
    Thread(Thread&& other) noexcept;
    Thread& operator=(Thread&& other) noexcept;
    ~Thread();

    /// As the constructor; returns nothing when the system has no thread left.
    [[nodiscard]] static std::optional<Thread> tryStart(const std::string& name,
                                                        std::move_only_function<void()> body);

    /// Waits for the end of the thread. Does nothing on an empty object.
    void join() noexcept;
    [[nodiscard]] bool isJoinable() const noexcept { return m_started; }
    [[nodiscard]] bool isCurrent() const noexcept;
    /// Requires: isJoinable().
    [[nodiscard]] CpuClock cpuClock() const noexcept;

    /// The clock of the thread that asks.
    [[nodiscard]] static CpuClock currentCpuClock() noexcept;
    /// Gives the rest of the time slice to others; for spinning.
    static void yield() noexcept;
    /// Names the calling thread (cut at 15 bytes).
    static void setCurrentName(const std::string& name) noexcept;

private:
    pthread_t m_thread{};
    bool m_started = false;
};

/// Processors this program may run on, at least 1.
[[nodiscard]] unsigned processorCount() noexcept;

} // namespace grove::runtime
