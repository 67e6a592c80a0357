#pragma once
// The children of a supervisor that come and go.

#include "supervision.h"

#include <grove/otp/server.h>

#include <functional>
#include <map>
#include <optional>

namespace grove::otp {

/// The children of a dynamic supervisor, or of a supervisor that is simple_one_for_one: started one
/// by one, found by their pids, forgotten when they have ended for good, stopped all together.
///
/// Threads: the supervisor's process.
class DynamicChildren {
public:
    /// A restart failed and is to be tried again; the supervisor hands it to retry().
    struct RetryRestart {
        std::uint64_t place;
        GROVE_FIELDS(RetryRestart, place)
    };
    /// What the end of a child, or another try to restart it, came to.
    struct Ended {
        bool givesUp = false;                 ///< too many restarts: the supervisor ends
        std::optional<ChildSpec> forgotten{}; ///< of a child that is not started again
    };

    /// `restarts` are the supervisor's, and outlive this.
    DynamicChildren(supervision::Restarts& restarts, supervision::RaisedAs raisedAs)
        : m_restarts(restarts), m_raisedAs(raisedAs) {}
    /// Before anything else: where its supervisor stands.
    void open(PlaceId place, Pid parent) {
        m_place = place;
        m_parent = parent;
    }

    [[nodiscard]] std::size_t size() const noexcept { return m_children.size(); }
    /// What each of them is from now on; nobody is started or stopped. `become` is asked once a
    /// child; nothing: it stays what it was.
    void change(const std::function<std::optional<ChildSpec>(const ChildSpec&)>& become);
    [[nodiscard]] bool contains(Pid pid) const { return m_byPid.contains(pid.raw()); }
    [[nodiscard]] std::vector<Child> children() const;
    [[nodiscard]] ChildCounts counts() const;

    /// Keeps the child when it has started.
    [[nodiscard]] grove::Task<StartResult> start(ChildSpec spec);
    /// Stops and forgets the child with this pid, which is its last one while it is restarted.
    /// Returns: whether there was one.
    [[nodiscard]] grove::Task<bool> terminate(Pid pid);
    [[nodiscard]] grove::Task<Ended> ended(Exit signal);
    [[nodiscard]] grove::Task<Ended> retry(RetryRestart message);
    /// All together: each is asked at once, and killed when its own limit is over.
    [[nodiscard]] grove::Task<> stopAll();

private:
    struct Entry {
        ChildSpec spec;
        Pid pid; // of the last process, while it is being restarted
        bool isRestarting = false;
        std::uint32_t restarts = 0;
    };
    using Entries = std::map<PlaceId, Entry>; // in start order

    [[nodiscard]] Entries::iterator find(Pid pid);
    ChildSpec forget(Entries::iterator at);
    [[nodiscard]] grove::Task<Ended> restart(PlaceId place);

    supervision::Restarts& m_restarts;
    supervision::RaisedAs m_raisedAs;
    PlaceId m_place = 0;
    Pid m_parent;
    Entries m_children;
    std::map<std::uint64_t, PlaceId> m_byPid;
};

} // namespace grove::otp
