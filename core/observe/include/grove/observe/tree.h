#pragma once
// The supervision tree as places: a place is (supervisor, child id) and outlives the processes that
// fill it.

#include <grove/observe/rows.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace grove::observe {

/// Stable for the life of the node; 0 is no place.
using PlaceId = std::uint64_t;

enum class PlaceKind : std::uint8_t { Application, Supervisor, DynamicSupervisor, Worker };
enum class PlaceState : std::uint8_t {
    Alive,
    Restarting, ///< its process died, its supervisor will start another
    NotStarted, ///< terminated by its supervisor, or never started
    Gone,       ///< nobody starts it again (temporary child); leaves the tree after 10 s
    Stopped,    ///< of an application: not running, see lastReason
};
enum class Strategy : std::uint8_t { OneForOne, OneForAll, RestForOne };
enum class RestartType : std::uint8_t { Permanent, Transient, Temporary };

struct Place {
    PlaceId id = 0;
    PlaceId parent = 0;      ///< 0 for an application
    std::uint32_t order = 0; ///< position among its siblings: start order
    PlaceKind kind = PlaceKind::Worker;
    PlaceState state = PlaceState::NotStarted;
    std::string name; ///< what a person calls it: "SQLite worker 2"
    std::string behaviour;
    Pid pid; ///< the process there now, or the last one
    bool ownThread = false;
    RestartType restartType = RestartType::Permanent;
    bool reopens = false; ///< temporary, and started again by who uses it next
    // Of a supervisor:
    Strategy strategy = Strategy::OneForOne;
    std::uint32_t intensity = 0; ///< restarts allowed in `period`
    std::chrono::milliseconds period{};
    std::vector<std::chrono::steady_clock::time_point>
        restartTimes; ///< those within `period`, oldest first
    // History of the place:
    std::uint32_t restarts = 0;
    std::string lastReason; ///< printed exit reason of the process before, cut at 256 bytes
    std::chrono::nanoseconds lastRecovery{}; ///< from death to the new process being started
    std::chrono::steady_clock::time_point lastChange{}; ///< last start, restart or death
    bool operator==(const Place&) const = default;
};

/// What changed in the tree since a version. Parents come before their children.
struct TreeDelta {
    std::uint64_t version = 0;
    std::vector<Place> changed; ///< new and changed places, whole
    std::vector<PlaceId> removed;
};

} // namespace grove::observe
