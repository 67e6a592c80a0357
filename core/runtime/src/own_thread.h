#pragma once

#include "run_queue.h"
#include "worker.h"

#include <grove/runtime/hosted.h>

#include <atomic>

namespace grove::runtime {

/// The thread of one process: a scheduler with exactly one process.
///
/// Threads: enqueue() from any thread, as owner of the process; run() is the thread. Owned by the
/// Core, which joins it after its process has ended.
class OwnThread final : public Host {
public:
    explicit OwnThread(Core& core);
    ~OwnThread();

    /// A thread that waits for the process it will run. Errors: raises error(system_limit) when the
    /// system has no thread left.
    [[nodiscard]] static OwnThread& start(Core& core);
    [[nodiscard]] bool hasEnded() const noexcept { return m_ended.load(std::memory_order_acquire); }

private:
    void take(Slot& process) noexcept override;
    void run();

    Worker m_worker;
    RunStack m_arrived;
    Parker m_parker;
    std::atomic<bool> m_ended{false}; // release by the thread at its end; acquire by the Core
    Thread m_thread;
};

[[nodiscard]] Host& hostOf(HostedScheduler& hosted) noexcept;

} // namespace grove::runtime
