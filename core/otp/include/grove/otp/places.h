#pragma once
// The supervision tree as places that outlive the processes which fill them.

#include <grove/otp/child_spec.h>
#include <grove/runtime/change_watch.h>
#include <grove/runtime/clock.h>
#include <grove/runtime/mutex.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grove::otp {

/// Stable as long as the runtime; 0 is no place. A parent's is lower than its children's.
using PlaceId = std::uint64_t;

enum class PlaceKind : std::uint8_t { Application, Supervisor, DynamicSupervisor, Worker };

enum class PlaceState : std::uint8_t {
    NotStarted, ///< never started, stopped by its supervisor, or ended for good
    Alive,
    Restarting, ///< ended; its supervisor starts another
    Stopped,    ///< an application that is not running
};

/// One place: a child of a supervisor, an application, or the root of a tree.
struct Place {
    PlaceId id = 0;
    PlaceId parent = 0;
    std::uint32_t order = 0; ///< among its siblings: start order
    PlaceKind kind = PlaceKind::Worker;
    PlaceState state = PlaceState::NotStarted;
    Pid pid; ///< the process there now, or the last one
    Instant lastChange{};
    Term childId;                 ///< as its supervisor knows it
    std::string title;            ///< label, else name, else id
    std::string_view behaviour{}; ///< "GenServer", "Supervisor", …; lives as long as the program
    bool ownThread = false;
    bool isSignificant = false;
    bool reopenedOnUse = false;
    Restart restart = Restart::Permanent;
    Shutdown shutdown = Shutdown::infinity();
    // Of a supervisor:
    Strategy strategy = Strategy::OneForOne;
    Intensity intensity{0, {}};
    std::vector<Instant> restartTimes; ///< those that still count, oldest first, at most 256
    // History:
    std::uint32_t restarts = 0;
    Term lastReason;         ///< of the process before; none if there was none
    Instant lastEnd{};       ///< when it ended
    Duration lastRecovery{}; ///< from its end until the next one was started
};

/// Where supervisors write down what they have started, so that an observer reads it without asking
/// any process.
///
/// Threads: every member from any thread; each takes a lock for as long as a few copies need; one
/// that answers with many places, and the first placeOf(), for as long as there are places. One
/// per runtime: `extension<Places>(runtime)`. Bounds: places live as long as their specification;
/// the last 4,096 removals are remembered, fewer when their reasons take more than 1 MiB. Of a
/// reason over 32 KiB a removal keeps the first element, of that again the first until it is small
/// enough; `too_large` where there is none.
class Places {
public:
    Places();
    ~Places();
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;

    /// What changed since a version (0: everything there is).
    struct Delta {
        std::uint64_t version = 0;
        bool isWhole = false;       ///< `changed` is all there is; forget the rest
        std::vector<Place> changed; ///< parents before their children
        std::vector<Place> removed; ///< as they were when they went, without restartTimes
    };
    [[nodiscard]] Delta changesSince(std::uint64_t version) const;
    [[nodiscard]] std::uint64_t version() const;
    /// Runs `tell` once, at the next change, on the thread that makes it. Look at version()
    /// afterwards: what changed before this call is not told.
    void onNextChange(ChangeWatch::Tell tell);
    [[nodiscard]] std::optional<Place> find(PlaceId id) const;
    /// The place that this process fills now or filled last; 0 if none.
    [[nodiscard]] PlaceId placeOf(Pid pid) const;
    /// In start order.
    [[nodiscard]] std::vector<Place> childrenOf(PlaceId parent) const;

    // -- for supervisors and the application controller
    // -----------------------------------------------

    /// The place of a child with this id under `parent`; kept when it is there. Takes what the
    /// specification says.
    PlaceId ensure(PlaceId parent, std::uint32_t order, PlaceKind kind, const ChildSpec& spec);
    /// The same for all children that a supervisor begins with, from the first on. Returns: their
    /// places. Requires: ids that differ.
    [[nodiscard]] std::vector<PlaceId> ensureAll(PlaceId parent, std::span<const ChildSpec> specs);
    /// A new place beside its siblings, whatever their ids: for children that come and go.
    PlaceId add(PlaceId parent, PlaceKind kind, const ChildSpec& spec);
    /// `keeper`, a supervisor, has taken the place over: from now on only it writes about itself
    /// and its children.
    void setSupervisor(PlaceId id, PlaceKind kind, Strategy strategy, Intensity intensity,
                       Pid keeper);

    // Below, `by` is who writes. A supervisor that was killed goes on stopping its children while
    // its successor starts new ones at the same places: what it writes then is passed over. None:
    // not checked.
    /// What the specification says from now on.
    void setSpec(PlaceId id, const ChildSpec& spec, Pid by = {});
    void setOrder(PlaceId id, std::uint32_t order, Pid by = {});
    void setStarted(PlaceId id, Pid pid, Instant at, Pid by = {});
    /// The process has ended; so has everything below it. `state`: Restarting, NotStarted or
    /// Stopped.
    void setEnded(PlaceId id, const Term& reason, PlaceState state, Instant at, Pid by = {});
    /// Of a child: how often it has been started again.
    void setRestarts(PlaceId id, std::uint32_t restarts, Pid by = {});
    /// Of a supervisor: the restarts that still count.
    void setRestartTimes(PlaceId id, std::vector<Instant> times, Pid by = {});
    /// The same after one more; those that do not count any more by this intensity are forgotten.
    void addRestartTime(PlaceId id, Instant at, Intensity intensity, Pid by = {});
    /// With everything below it.
    void remove(PlaceId id, Pid by = {});

private:
    struct Board;
    ChangeWatch m_watch;
    mutable Mutex m_mutex;
    std::unique_ptr<Board> m_board GROVE_PT_GUARDED_BY(m_mutex);
};

} // namespace grove::otp
