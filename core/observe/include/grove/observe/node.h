#pragma once
// What an observer may ask of a system of processes, wherever it runs.

#include <grove/observe/consequences.h>
#include <grove/observe/rows.h>
#include <grove/observe/tree.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace grove::observe {

enum class LifecycleKind : std::uint8_t {
    Spawned,
    Named,
    Exited,
    Restarted,
    GaveUp,
    ApplicationStarted,
    ApplicationStopped,
    HoldBegan,
    HoldEnded
};

/// One line of the history of a node.
struct LifecycleEvent {
    std::uint64_t sequence = 0;
    std::chrono::steady_clock::time_point at{};
    LifecycleKind kind = LifecycleKind::Spawned;
    Pid pid;
    Pid other; ///< parent, supervisor or successor, by kind
    PlaceId place = 0;
    std::string text; ///< name or printed reason
};

struct EventPage {
    std::vector<LifecycleEvent> events;
    std::uint64_t next = 0;    ///< ask from here next
    std::uint64_t dropped = 0; ///< events lost between `since` and the first one here
};

struct NodeSummary {
    std::size_t processes = 0;
    std::uint64_t restarts = 0;
    std::size_t schedulers = 0;
    double cpuOfOneCore = 0;                 ///< of the whole program, 0 to cores, over 5 s
    std::chrono::nanoseconds observerCost{}; ///< time this node spent observing in the last second
};

/// A node that can be watched. The process in which the window runs is one; a saved snapshot is
/// another.
///
/// Threads: every member from one thread (the window's). Answers to asynchronous requests, and the
/// notification of `setNotify`, are run through the executor given at construction, that is on that
/// thread, and never after the node is destroyed. Cost: members without a callback read counters
/// only: no message is sent, no lock is taken that user code can hold. Errors: in a callback
/// `Error` has code "noproc" (already gone), "busy" (did not answer within the limit; message says
/// what it is doing), or "badarg".
class Node {
public:
    template <class T> using Answer = std::move_only_function<void(Result<T>)>;

    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node() = default;

    // -- what there is ----------------------------------------------------------------------------
    virtual NodeSummary summary() = 0;
    /// Returns: the row of each pid, in the order asked; status Gone for those that are no more.
    virtual std::vector<ProcessRow> rows(std::span<const Pid> pids) = 0;
    /// Works out an order on another thread. A newer query replaces one still running, whose answer
    /// is dropped.
    virtual void order(RowQuery query, Answer<RowOrder> answer) = 0;
    /// Returns: every place (version 0), or what changed since a version.
    virtual TreeDelta treeSince(std::uint64_t version) = 0;
    /// Returns: the place a process fills now or filled last, 0 if none.
    virtual PlaceId placeOf(Pid pid) = 0;
    virtual EventPage eventsSince(std::uint64_t sequence, std::size_t count) = 0;
    /// `notify` runs (coalesced, within 50 ms) after lifecycle events or tree changes.
    virtual void setNotify(std::function<void()> notify) = 0;

    // -- one process ------------------------------------------------------------------------------
    virtual void info(Pid pid, std::chrono::milliseconds limit, Answer<ProcessInfo> answer) = 0;
    virtual void mailbox(Pid pid, std::uint64_t first, std::size_t count,
                         std::chrono::milliseconds limit, Answer<MailboxPage> answer) = 0;
    /// Sends a message to the process: only when a person asks for it.
    virtual void state(Pid pid, std::chrono::milliseconds limit, Answer<StateView> answer) = 0;

    // -- actions; they go straight to the runtime -------------------------------------------------
    /// What would happen if `pid` got an exit signal with `reason`.
    virtual void consequences(Pid pid, Term reason, Answer<Consequences> answer) = 0;
    /// Sends the exit signal. `progress` runs at each change of the outcome, last with `settled`;
    /// with error "noproc" if the process had already ended.
    virtual void exit(Pid pid, Term reason, Answer<Outcome> progress) = 0;
    virtual void send(Pid pid, Term message, Answer<bool> answer) = 0;
    virtual void suspend(Pid pid, Answer<bool> answer) = 0;
    virtual void resume(Pid pid, Answer<bool> answer) = 0;
    virtual void startApplication(std::string name, Answer<bool> answer) = 0;
};

} // namespace grove::observe
