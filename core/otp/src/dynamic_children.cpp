#include "dynamic_children.h"

#include <grove/runtime/end.h>
#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>

#include <algorithm>
#include <set>
#include <utility>

namespace grove::otp {

DynamicChildren::Entries::iterator DynamicChildren::find(Pid pid) {
    const auto at = m_byPid.find(pid.raw());
    return at == m_byPid.end() ? m_children.end() : m_children.find(at->second);
}

ChildSpec DynamicChildren::forget(Entries::iterator at) {
    ChildSpec spec = std::move(at->second.spec);
    supervision::OwnPlaces().remove(at->first);
    m_byPid.erase(at->second.pid.raw());
    m_children.erase(at);
    return spec;
}

std::vector<Child> DynamicChildren::children() const {
    std::vector<Child> children;
    for (const auto& [place, child] : m_children)
        children.push_back(
            Child{.id = atoms::undefined,
                  .state = child.isRestarting ? Child::State::Restarting : Child::State::Running,
                  .pid = child.isRestarting ? Pid() : child.pid,
                  .type = child.spec.type(),
                  .behaviour = std::string(child.spec.behaviour()),
                  .modules = child.spec.modules()});
    return children;
}

void DynamicChildren::change(
    const std::function<std::optional<ChildSpec>(const ChildSpec&)>& become) {
    for (auto& [place, child] : m_children)
        if (std::optional<ChildSpec> spec = become(child.spec)) {
            child.spec = std::move(*spec);
            supervision::OwnPlaces().setSpec(place, child.spec);
        }
}

ChildCounts DynamicChildren::counts() const {
    ChildCounts counts;
    for (const auto& [place, child] : m_children)
        supervision::count(counts, child.spec, !child.isRestarting);
    return counts;
}

// -- starting and stopping
// -------------------------------------------------------------------------------

grove::Task<StartResult> DynamicChildren::start(ChildSpec spec) {
    const PlaceKind kind =
        spec.type() == ChildType::Supervisor ? PlaceKind::Supervisor : PlaceKind::Worker;
    const PlaceId place = supervision::OwnPlaces().add(m_place, kind, spec);
    StartResult started = co_await supervision::startProcess(&spec, place, 0, m_raisedAs);
    if (!started.isOk()) {
        supervision::OwnPlaces().remove(place);
        co_return started;
    }
    supervision::reportProgress(spec, started.pid());
    m_children.emplace(place, Entry{.spec = std::move(spec), .pid = started.pid()});
    m_byPid.emplace(started.pid().raw(), place);
    supervision::OwnPlaces().setStarted(place, started.pid(), now());
    co_return started;
}

grove::Task<bool> DynamicChildren::terminate(Pid pid) {
    const auto at = find(pid);
    if (at == m_children.end())
        co_return false;
    const ChildSpec spec = at->second.spec;
    if (!at->second.isRestarting) {
        const Term reason = co_await supervision::stopProcess(pid, spec.shutdown());
        if (!supervision::isExpectedEnd(spec, reason))
            supervision::report("shutdown_error", reason, spec, pid);
    }
    forget(find(pid));
    co_return true;
}

grove::Task<> DynamicChildren::stopAll() {
    struct Ending {
        ChildSpec spec;
        Pid pid;
        Instant deadline;
    };
    std::map<Ref, Ending> endings;
    std::set<std::pair<Instant, Ref>> limits; // of those that may still be killed
    for (auto& [place, child] : m_children) {
        if (child.isRestarting)
            continue;
        if (child.pid == self())
            co_await supervision::killItself();
        const Shutdown shutdown = child.spec.shutdown();
        const Ref watch = grove::detail::stopLinked(
            child.pid, shutdown.isBrutalKill() ? Term(atoms::kill) : Term(atoms::shutdown));
        const Instant deadline =
            shutdown.isBrutalKill() ? kNever : addSaturated(now(), shutdown.limit());
        endings.emplace(watch, Ending{std::move(child.spec), child.pid, deadline});
        if (deadline != kNever)
            limits.emplace(deadline, watch);
    }
    // Those that had ended before they were asked: an exit signal lies before the Down that finds
    // nobody. All are taken out as they come, so that none is looked at twice; a stranger's means
    // nothing to who is ending.
    std::map<Pid, Term> reasons;
    while (!endings.empty()) {
        // First: what others send without pause holds up no limit.
        for (const Instant present = now(); !limits.empty() && limits.begin()->first <= present;) {
            const auto late = limits.extract(limits.begin());
            grove::exit(endings.at(late.value().second).pid, atoms::kill);
        }
        const Duration left = limits.empty() ? kInfinity : limits.begin()->first - now();
        auto got = co_await grove::receive(on<Down>(), on<Exit>(),
                                           after(std::max(left, Duration::zero())));
        if (Exit* const signal = std::get_if<Exit>(&got)) {
            if (contains(signal->from))
                reasons.emplace(signal->from, std::move(signal->reason)); // the first one holds
            continue;
        }
        Down* const down = std::get_if<Down>(&got);
        if (down == nullptr)
            continue; // a limit is over
        const auto node = endings.extract(down->ref);
        if (node.empty())
            continue; // of no child
        const Ending& ended = node.mapped();
        limits.erase({ended.deadline, down->ref});
        Term reason = std::move(down->reason);
        if (reason.isAtom(atoms::noproc)) {
            if (const auto exited = reasons.find(ended.pid); exited != reasons.end())
                reason = std::move(exited->second);
        }
        if (!supervision::isExpectedEnd(ended.spec, reason))
            supervision::report("shutdown_error", reason, ended.spec, ended.pid);
    }
}

// -- when a child ends
// ---------------------------------------------------------------------------------

grove::Task<DynamicChildren::Ended> DynamicChildren::ended(Exit signal) {
    const auto at = find(signal.from);
    if (at == m_children.end() || at->second.isRestarting)
        co_return Ended{}; // a stranger's, or of a child that failed to start
    const Entry& child = at->second;
    const bool isRestarted = supervision::isRestarted(child.spec.restart(), signal.reason);
    if (isRestarted || !isQuietReason(signal.reason))
        supervision::report("child_terminated", signal.reason, child.spec, child.pid);
    supervision::OwnPlaces().setEnded(at->first, signal.reason,
                                      isRestarted ? PlaceState::Restarting : PlaceState::NotStarted,
                                      now());
    if (isRestarted)
        co_return co_await restart(at->first);
    co_return Ended{.forgotten = forget(at)};
}

grove::Task<DynamicChildren::Ended> DynamicChildren::retry(RetryRestart message) {
    const auto at = m_children.find(message.place);
    if (at == m_children.end() || !at->second.isRestarting)
        co_return Ended{}; // terminated meanwhile
    co_return co_await restart(message.place);
}

grove::Task<DynamicChildren::Ended> DynamicChildren::restart(PlaceId place) {
    Entry& child = m_children.find(place)->second;
    if (!m_restarts.add(child.spec, m_parent)) {
        forget(m_children.find(place));
        co_return Ended{.givesUp = true};
    }
    child.isRestarting = true;
    ++child.restarts;
    const StartResult started =
        co_await supervision::startProcess(&child.spec, place, child.restarts, m_raisedAs);
    supervision::OwnPlaces().setRestarts(place, child.restarts);
    if (started.isIgnore()) {
        forget(m_children.find(place));
    } else if (started.isError()) {
        supervision::report("start_error", started.reason(), child.spec, {});
        supervision::OwnPlaces().setEnded(place, started.reason(), PlaceState::Restarting, now());
        grove::send(self(), Payload(RetryRestart{place}));
    } else {
        m_byPid.erase(child.pid.raw());
        child.pid = started.pid();
        child.isRestarting = false;
        m_byPid.emplace(child.pid.raw(), place);
        supervision::OwnPlaces().setStarted(place, child.pid, now());
        supervision::reportRestart(child.pid, child.restarts);
    }
    co_return Ended{};
}

} // namespace grove::otp
