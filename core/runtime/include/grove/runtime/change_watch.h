#pragma once

#include <grove/runtime/mutex.h>

#include <atomic>
#include <functional>
#include <utility>
#include <vector>

namespace grove {

/// Those who want to hear of the next change of something, each once, instead of looking again and
/// again.
///
/// Threads: any. Cost of a change nobody waits for: one load.
class ChangeWatch {
public:
    using Tell = std::move_only_function<void()>;

    /// `tell` runs once, on the thread that makes the next change: it must be quick, and neither
    /// wait nor throw. A change that was made before may go untold: look again after this call.
    void add(Tell tell) {
        const Lock lock(m_mutex);
        m_waiting.push_back(std::move(tell));
        m_any.store(true, std::memory_order_seq_cst);
    }

    /// For who made a change: after it can be seen, with no lock held.
    void changed() {
        if (m_any.load(std::memory_order_seq_cst))
            tellAll();
    }

    /// Tells of a change at the end of its scope. Made before the lock that the change needs.
    class Notice {
    public:
        explicit Notice(ChangeWatch& watch) : m_watch(watch) {}
        ~Notice() { m_watch.changed(); }
        Notice(const Notice&) = delete;
        Notice& operator=(const Notice&) = delete;

    private:
        ChangeWatch& m_watch;
    };

private:
    void tellAll() {
        std::vector<Tell> told;
        {
            const Lock lock(m_mutex);
            told.swap(m_waiting);
            m_any.store(false, std::memory_order_seq_cst);
        }
        for (Tell& tell : told)
            tell();
    }

    Mutex m_mutex;
    std::vector<Tell> m_waiting GROVE_GUARDED_BY(m_mutex);
    /// true: somebody waits. Set by add(), cleared by tellAll(). seq_cst: who waits writes this and
    /// then looks whether there was a change; who changes something publishes that and then reads
    /// this, so that one sees the other: where both the publishing and the look are seq_cst, or
    /// under one mutex.
    std::atomic<bool> m_any{false};
};

} // namespace grove
