#include "blocking_pool.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <utility>

namespace grove::runtime {

struct BlockingPool::Worker {
    Parker parker;
    Thread thread; // written before the worker is reachable by others, joined by whoever takes it
                   // out of m_ended
};

BlockingPool::BlockingPool(Options options) : m_options(std::move(options)) {
    GROVE_ASSERT(m_options.threadsMax > 0, "a pool without threads runs nothing");
}

BlockingPool::~BlockingPool() {
    shutdown();
}

BlockingPool::Submitted BlockingPool::submit(Job job) {
    const Lock lock(m_mutex);
    if (m_isClosed)
        return Submitted::Closed;
    m_queue.push_back(std::move(job));
    if (!m_idle.empty()) {
        Worker* const worker = m_idle.back();
        m_idle.pop_back();
        worker->parker.unpark(); // under the lock: afterwards the worker may end at any moment
    } else if (m_workers.size() < m_options.threadsMax) {
        startWorker();
    }
    return Submitted::Accepted;
}

void BlockingPool::startWorker() {
    auto worker = std::make_unique<Worker>();
    Worker& started = *worker;
    ++m_started;
    auto thread = Thread::tryStart(m_options.name + "-" + std::to_string(m_started),
                                   [this, &started] { run(started); });
    if (!thread) {
        GROVE_ASSERT(!m_workers.empty(), "the system has no thread left for blocking work");
        return; // the job waits for one of the others
    }
    started.thread = std::move(*thread);
    m_workers.push_back(std::move(worker));
}

void BlockingPool::run(Worker& self) {
    Job job;
    while (takeJob(self, job)) {
        job.work();
        if (job.done)
            job.done();
        job = Job{}; // what the job holds goes before the thread waits again
    }
}

bool BlockingPool::takeJob(Worker& self, Job& job) {
    bool timeIsUp = false;
    while (true) {
        if (timeIsUp)
            joinEnded();
        {
            const Lock lock(m_mutex);
            const auto idle = std::find(m_idle.begin(), m_idle.end(), &self);
            if (!m_queue.empty()) {
                if (idle != m_idle.end())
                    m_idle.erase(idle);
                job = std::move(m_queue.front());
                m_queue.pop_front();
                return true;
            }
            if (m_isClosed)
                return false; // shutdown() has taken the workers over
            if (timeIsUp && idle != m_idle.end()) {
                m_idle.erase(idle);
                const auto own =
                    std::find_if(m_workers.begin(), m_workers.end(),
                                 [&](const auto& worker) { return worker.get() == &self; });
                m_ended.push_back(std::move(*own));
                m_workers.erase(own);
                return false;
            }
            if (idle == m_idle.end())
                m_idle.push_back(&self);
        }
        timeIsUp = self.parker.parkFor(m_options.idleLimit) == Unparked::ByTimeout;
    }
}

void BlockingPool::joinEnded() {
    std::vector<std::unique_ptr<Worker>> ended;
    {
        const Lock lock(m_mutex);
        ended.swap(m_ended);
    }
    for (const auto& worker : ended)
        worker->thread.join();
}

void BlockingPool::shutdown() {
    std::vector<std::unique_ptr<Worker>> workers;
    {
        const Lock lock(m_mutex);
        m_isClosed = true;
        workers.swap(m_workers);
        for (Worker* worker : m_idle)
            worker->parker.unpark();
        m_idle.clear();
    }
    for (const auto& worker : workers)
        worker->thread.join();
    joinEnded();
}

BlockingPool::Counts BlockingPool::counts() const {
    const Lock lock(m_mutex);
    return {
        .threads = m_workers.size(), .idleThreads = m_idle.size(), .queuedJobs = m_queue.size()};
}

} // namespace grove::runtime
