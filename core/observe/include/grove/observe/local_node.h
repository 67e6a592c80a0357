#pragma once

#include <grove/observe/node.h>
#include <grove/otp/child_spec.h>
#include <grove/runtime/runtime.h>

namespace grove::observe {

struct LocalNodeOptions {
    /// Runs work on the asker's thread, later and in order. Threads: called from any.
    std::function<void(std::move_only_function<void()>)> post;
};

namespace detail {
struct LocalState;
class TreeMirror;
class CpuMeter;
template <class T> class Replier;
} // namespace detail

/// The runtime of this program as a Node.
///
/// A process, the event recorder, watches for lifecycle events and tells the asker; the owner
/// places it in a supervisor (recorder()). While it is down nothing is lost: places and events are
/// kept by the runtime, and the next recorder tells at once. Threads: the Node members on the
/// asker's thread; recorder() on any. Owns: nothing of the runtime, which must outlive the
/// processes that it starts.
class LocalNode final : public Node {
public:
    LocalNode(Runtime& runtime, LocalNodeOptions options);
    ~LocalNode() override;

    /// The event recorder as a child for a supervisor.
    [[nodiscard]] otp::ChildSpec recorder() const;

    NodeSummary summary() override;
    std::vector<ProcessRow> rows(std::span<const Pid> pids) override;
    void order(RowQuery query, Answer<RowOrder> answer) override;
    TreeDelta treeSince(std::uint64_t version) override;
    PlaceId placeOf(Pid pid) override;
    EventPage eventsSince(std::uint64_t sequence, std::size_t count) override;
    void setNotify(std::function<void()> notify) override;
    void info(Pid pid, std::chrono::milliseconds limit, Answer<ProcessInfo> answer) override;
    void mailbox(Pid pid, std::uint64_t first, std::size_t count, std::chrono::milliseconds limit,
                 Answer<MailboxPage> answer) override;
    void state(Pid pid, std::chrono::milliseconds limit, Answer<StateView> answer) override;
    void consequences(Pid pid, Term reason, Answer<Consequences> answer) override;
    void exit(Pid pid, Term reason, Answer<Outcome> progress) override;
    void send(Pid pid, Term message, Answer<bool> answer) override;
    void suspend(Pid pid, Answer<bool> answer) override;
    void resume(Pid pid, Answer<bool> answer) override;
    void startApplication(std::string name, Answer<bool> answer) override;

private:
    template <class T> detail::Replier<T> replier(Answer<T> answer);

    std::shared_ptr<detail::LocalState> m_state;
    std::unique_ptr<detail::TreeMirror> m_tree;
    std::unique_ptr<detail::CpuMeter> m_cpu;
    std::function<void()> m_notify;
    std::shared_ptr<const bool>
        m_alive; ///< answers look here, on the asker's thread, before they run
};

} // namespace grove::observe
