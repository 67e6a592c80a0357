#pragma once

#include <grove/runtime/clock.h>
#include <grove/runtime/runtime.h>

#include <cstddef>
#include <memory>

namespace grove {

/// Somebody else's thread with a loop of its own, such as Qt's.
class ThreadHost {
public:
    virtual ~ThreadHost() = default;
    /// Makes the host's thread call HostedScheduler::drain() soon. Threads: any; called at most
    /// once until the next drain() begins.
    virtual void wake() noexcept = 0;
};

/// Runs processes on the host's thread, a slice at a time: `SpawnOptions{.host = &hosted}`.
///
/// Threads: everything on the host's thread. Owns: nothing of the host; ends its processes with
/// `kill` when destroyed, and must be destroyed before the runtime.
class HostedScheduler {
public:
    HostedScheduler(Runtime& runtime, ThreadHost& host);
    ~HostedScheduler();
    HostedScheduler(const HostedScheduler&) = delete;
    HostedScheduler& operator=(const HostedScheduler&) = delete;

    enum class Drained { Idle, More, AlreadyDraining };
    /// Serves at most `signalsMax` signals or `timeMax`; asks for another wake() when More is left.
    /// Never nested: inside a drain() it does nothing and says AlreadyDraining.
    Drained drain(std::size_t signalsMax = 200, Duration timeMax = std::chrono::milliseconds(4));

    /// For the runtime.
    struct Impl;
    [[nodiscard]] Impl& impl() noexcept { return *m_impl; }

private:
    std::unique_ptr<Impl> m_impl;
};

} // namespace grove
