// Gathers what predict() needs: the tree as written down, and the links of every process that may
// be touched.
#include "predict.h"
#include "requests.h"
#include "row_reader.h"
#include "tree_mirror.h"

#include <array>
#include <deque>
#include <map>
#include <set>

namespace grove::observe::detail {

namespace {

// Processes that hold their schedulers do not answer. All together may take so long, so that a kill
// does not wait for them; each gets a little even then.
constexpr auto kAskLimit = std::chrono::milliseconds(200);
constexpr Duration kAskLeast = std::chrono::milliseconds(2);
constexpr std::size_t kAskedMax =
    5000; // processes asked for their links; beyond, they count as without

/// Who waits in a call to `pid`, or for its start.
std::vector<Pid> callersOf(const Runtime& runtime, Pid pid) {
    std::vector<Pid> callers;
    std::array<grove::ProcessRow, 64> rows;
    const std::uint32_t used = runtime.counters().slotsUsed;
    for (std::uint32_t slot = 0; slot < used;) {
        const auto range = runtime.rows(slot, rows);
        for (std::size_t i = 0; i < range.count; ++i)
            if (rows[i].waitsFor == pid)
                callers.push_back(rows[i].pid);
        slot = range.nextSlot;
    }
    return callers;
}

/// Links of the target, of everything linked to it, and of all their places' neighbours.
grove::Task<std::map<Pid, ProcessFacts>> gatherFacts(State state, Pid target,
                                                     std::vector<Place> places) {
    const RowReader reader(state->runtime, state->names);
    std::map<Pid, ProcessFacts> facts;
    std::deque<Pid> toAsk{target};
    std::set<Pid> asked{target};
    const auto want = [&](Pid pid) {
        if (pid && asked.size() < kAskedMax && asked.insert(pid).second)
            toAsk.push_back(pid);
    };
    // What the runtime keeps, right below an application, ends with nobody but those it is linked
    // to, who say so.
    std::set<PlaceId> applications;
    for (const Place& place : places) {
        if (place.kind == PlaceKind::Application)
            applications.insert(place.id);
        const bool isKept = place.kind == PlaceKind::Worker && applications.contains(place.parent);
        if (place.state == PlaceState::Alive && !isKept)
            want(place.pid);
    }
    const Instant deadline = addSaturated(now(), kAskLimit);
    while (!toAsk.empty()) {
        const Pid pid = toAsk.front();
        toAsk.pop_front();
        ProcessFacts known{.alive = false, .title = reader.title(pid)};
        const auto got = co_await processInfo(pid, std::max(kAskLeast, deadline - now()));
        if (const auto* info = std::get_if<grove::ProcessInfo>(&got)) {
            known.alive = true;
            known.trapsExit = info->row.trapExit;
            known.links = info->links;
            known.monitoredBy = info->monitoredBy;
            known.queued = info->row.mailboxLength;
            for (Pid link : info->links)
                want(link);
        } else if (const auto* late = std::get_if<Busy>(&got)) {
            known.alive = true; // too busy to say: at least its row is known
            known.trapsExit = late->row.trapExit;
            known.queued = late->row.mailboxLength;
        }
        facts[pid] = std::move(known);
    }
    facts[target].callers = callersOf(state->runtime, target);
    co_return facts;
}

} // namespace

grove::Task<Consequences> foresee(State state, Pid pid, Term reason) {
    PredictInput input;
    std::set<PlaceId> reopened;
    std::set<std::string> restartedByRuntime;
    const RowReader reader(state->runtime, state->names);
    auto written = state->places.changesSince(0);
    for (const otp::Place& place : written.changed) {
        input.places.push_back(observed(place));
        if (place.state == otp::PlaceState::Alive && place.pid)
            input.places.back().name = reader.title(place.pid);
        if (place.reopenedOnUse)
            reopened.insert(place.id);
    }
    for (const otp::ApplicationStatus& application : state->applications.status())
        if (application.restartAtOnce)
            restartedByRuntime.insert(application.name);
    const auto facts = co_await gatherFacts(state, pid, input.places);
    input.facts = [&](Pid asked) {
        const auto found = facts.find(asked);
        return found == facts.end()
                   ? ProcessFacts{.alive = state->runtime.peekRow(asked).has_value(),
                                  .title = reader.title(asked)}
                   : found->second;
    };
    input.reopens = [&](const Place& place) { return reopened.contains(place.id); };
    input.runtimeRestarts = [&](const std::string& name) {
        return restartedByRuntime.contains(name);
    };
    input.now = std::chrono::steady_clock::time_point(now().time_since_epoch());
    co_return predict(input, pid, reason);
}

} // namespace grove::observe::detail
