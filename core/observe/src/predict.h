#pragma once
// What an exit signal would do, worked out on a copy of the tree: links, strategies, restart types,
// intensity left.

#include <grove/observe/consequences.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace grove::observe {

/// What the prediction needs to know of a process beside its place.
struct ProcessFacts {
    bool alive = true;
    bool trapsExit = false;
    std::vector<Pid> links;
    std::vector<Pid> monitoredBy;
    std::vector<Pid> callers; ///< who waits for its answer; of the target only
    std::string title;
    std::uint64_t queued = 0;
};

/// How an exit reason counts for links and restart types.
enum class ReasonKind : std::uint8_t { Normal, Shutdown, Kill, Killed, Abnormal };
ReasonKind reasonKind(const Term& reason);

struct PredictInput {
    std::vector<Place> places; ///< the whole tree
    /// Facts of a process; alive == false where there is none.
    std::function<ProcessFacts(Pid)> facts;
    /// Whether somebody opens a temporary child again on its next use.
    std::function<bool(const Place&)> reopens;
    /// Whether the runtime itself starts a stopped application again.
    std::function<bool(const std::string& application)> runtimeRestarts;
    std::chrono::steady_clock::time_point now{};
};

/// Returns: what happens to every process if `target` gets an exit signal from a stranger.
Consequences predict(const PredictInput& input, Pid target, const Term& reason);

} // namespace grove::observe
