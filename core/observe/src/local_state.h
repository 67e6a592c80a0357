#pragma once
// What a LocalNode and the processes that work for it share.

#include "order.h"
#include "request_pids.h"
#include "tree_names.h"

#include <grove/observe/local_node.h>

#include <atomic>
#include <memory>

namespace grove::observe::detail {

struct LocalState {
    LocalState(Runtime& runtime, LocalNodeOptions options)
        : runtime(runtime), options(std::move(options)), names(runtime),
          places(extension<otp::Places>(runtime)),
          applications(extension<otp::Applications>(runtime)),
          requestPids(extension<RequestPids>(runtime)) {}

    Runtime& runtime;
    const LocalNodeOptions options;
    const TreeNames names;
    otp::Places& places;
    otp::Applications& applications;
    RequestPids& requestPids;
    /// Number of the newest order asked for. Only compared, guards nothing: relaxed.
    std::atomic<std::uint64_t> latestOrder{0};
    /// Requests that are being worked on, each by a process of its own. A count: relaxed.
    std::atomic<std::size_t> requests{0};
    /// Time spent observing, in all. A sum: relaxed.
    std::atomic<std::int64_t> busyNs{0};
    Mutex beforeMutex; ///< held by one order at a time
    ReductionsBefore before GROVE_GUARDED_BY(beforeMutex);
};

/// An answer that is given exactly once, on the asker's thread, unless the node is gone by then. If
/// the process that works on it is killed, it answers with error `killed`.
///
/// What the answer has captured belongs to the asker's thread, too (windows are among it): it is
/// destroyed there, with the posted work of the last answer, or of those before it if that comes
/// later.
template <class T> class Replier {
public:
    Replier(std::shared_ptr<LocalState> state, std::weak_ptr<const bool> alive,
            Node::Answer<T> answer)
        : m_state(std::move(state)), m_alive(std::move(alive)),
          m_answer(std::make_shared<Node::Answer<T>>(std::move(answer))) {
        m_state->requests.fetch_add(1, std::memory_order_relaxed);
    }
    Replier(Replier&&) noexcept = default;
    Replier& operator=(Replier&&) = delete;
    ~Replier() {
        if (!m_state)
            return; // moved
        m_state->requests.fetch_sub(1, std::memory_order_relaxed);
        if (m_answer)
            give(std::move(m_answer), failure(atoms::killed, "The process that asked was killed."));
    }

    /// The last answer.
    void operator()(Result<T> value) { give(std::move(m_answer), std::move(value)); }
    /// One of several answers; others will come. Requires: the last has not been given.
    void progress(Result<T> value) { give(m_answer, std::move(value)); }

private:
    using Shared = std::shared_ptr<Node::Answer<T>>;

    void give(Shared answer, Result<T> value) {
        GROVE_ASSERT(answer != nullptr, "the last answer has been given already");
        m_state->options.post(
            [alive = m_alive, answer = std::move(answer), value = std::move(value)]() mutable {
                if (!alive.expired())
                    (*answer)(std::move(value));
            });
    }

    std::shared_ptr<LocalState> m_state;
    std::weak_ptr<const bool> m_alive;
    Shared m_answer; ///< null after the last answer and after a move
};

/// Counts the time of a scope as cost of observing.
class CostScope {
public:
    explicit CostScope(LocalState& state) : m_state(state), m_begin(state.runtime.clock().now()) {}
    ~CostScope() {
        m_state.busyNs.fetch_add((m_state.runtime.clock().now() - m_begin).count(),
                                 std::memory_order_relaxed);
    }
    CostScope(const CostScope&) = delete;
    CostScope& operator=(const CostScope&) = delete;

private:
    LocalState& m_state;
    Instant m_begin;
};

[[nodiscard]] inline Error noSuchProcess(Pid pid) {
    return {atoms::noproc, "#PID" + pid.toString() + " has already ended."};
}

} // namespace grove::observe::detail
