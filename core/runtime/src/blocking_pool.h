#pragma once

#include "parker.h"
#include "thread.h"

#include <grove/runtime/clock.h>
#include <grove/runtime/mutex.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace grove::runtime {

/// Threads that run what blocks, on behalf of processes that wait.
///
/// Grows by a thread whenever a job finds none idle, up to threadsMax; beyond that jobs wait in
/// order. A thread idle for idleLimit ends. Threads: submit() and the observers from any thread;
/// shutdown() from one that is not of the pool. Owns: the jobs until they have run, and its
/// threads. Order: jobs start in the order submitted; they run side by side. Bounds: the queue has
/// none of its own: each job belongs to a process that waits for it.
class BlockingPool {
public:
    struct Options {
        std::string name = "blocking"; // threads are called name-1, name-2, …
        unsigned threadsMax = 32;
        Duration idleLimit = std::chrono::seconds(10);
    };
    /// Work first, then its completion, both on the same thread of the pool. Neither may throw;
    /// what `work` throws is to be caught inside it and handed on by `done`.
    struct Job {
        std::move_only_function<void()> work;
        std::move_only_function<void()> done;
    };
    struct Counts {
        std::size_t threads = 0;
        std::size_t idleThreads = 0;
        std::size_t queuedJobs = 0;
    };
    enum class Submitted : std::uint8_t { Accepted, Closed };

    explicit BlockingPool(Options options);
    BlockingPool() : BlockingPool(Options{}) {}
    /// As shutdown().
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    /// Returns: Closed after shutdown() began; the job has then been destroyed without being run.
    [[nodiscard]] Submitted submit(Job job);
    /// Takes no more jobs, runs those queued, and waits until all threads have ended.
    void shutdown();
    [[nodiscard]] Counts counts() const;

private:
    struct Worker;

    void run(Worker& self);
    /// Returns: false when the worker should end.
    [[nodiscard]] bool takeJob(Worker& self, Job& job);
    void startWorker() GROVE_REQUIRES(m_mutex);
    void joinEnded();

    const Options m_options;
    mutable Mutex m_mutex;
    std::deque<Job> m_queue GROVE_GUARDED_BY(m_mutex);
    std::vector<std::unique_ptr<Worker>> m_workers GROVE_GUARDED_BY(m_mutex);
    std::vector<Worker*> m_idle GROVE_GUARDED_BY(m_mutex); // the last to become idle is woken first
    std::vector<std::unique_ptr<Worker>> m_ended GROVE_GUARDED_BY(m_mutex); // to be joined
    unsigned m_started GROVE_GUARDED_BY(m_mutex) = 0;                       // ever, for names
    bool m_isClosed GROVE_GUARDED_BY(m_mutex) = false;
};

} // namespace grove::runtime
