#include "predict.h"

#include <grove/otp/restart_period.h>
#include <grove/term/atoms.h>

#include <algorithm>
#include <deque>

namespace grove::observe {

namespace {

bool isSupervisor(const Place& place) {
    return place.kind == PlaceKind::Supervisor || place.kind == PlaceKind::DynamicSupervisor;
}

/// Plays the signals on a copy of the tree. One use per prediction.
class Play {
public:
    Play(const PredictInput& input) : m_input(input) {
        for (const Place& place : input.places) {
            m_places[place.id] = place;
            m_children[place.parent].push_back(place.id);
            if (place.state == PlaceState::Alive && place.pid)
                m_placeOf[place.pid] = place.id;
            else if (place.kind != PlaceKind::Application)
                m_ended.insert(place.id);
        }
        for (auto& [id, children] : m_children)
            std::ranges::sort(children, {}, [this](PlaceId c) { return m_places[c].order; });
    }

    Consequences run(Pid target, const Term& reason);

private:
    struct Exit {
        PlaceId supervisor;
        PlaceId child;
        ReasonKind reason;
        std::size_t life; // of the supervisor: a later one knows nothing of it
    };
    void tellSupervisor(const Place& child, ReasonKind reason) {
        m_exits.push_back({child.parent, child.id, reason, m_lives[child.parent]});
    }

    const ProcessFacts& facts(Pid pid) {
        auto found = m_facts.find(pid);
        if (found == m_facts.end())
            found = m_facts.emplace(pid, m_input.facts(pid)).first;
        return found->second;
    }
    Place* placeOf(Pid pid) {
        auto found = m_placeOf.find(pid);
        return found == m_placeOf.end() ? nullptr : &m_places[found->second];
    }
    bool supervised(const Place& place) const {
        auto parent = m_places.find(place.parent);
        return parent != m_places.end() && isSupervisor(parent->second);
    }

    void die(Pid pid, ReasonKind reason);
    void endOrphan(const Place& place, ReasonKind reason);
    void tellLinks(Pid pid, ReasonKind reason);
    void terminateSubtree(PlaceId place);
    void handleExits();
    void childExited(const Exit& exit);
    void giveUp(Place& supervisor);
    void restart(PlaceId id, bool isFresh);
    std::size_t restartsUsed(const Place& supervisor) const;
    void describeTarget(Pid target, Consequences& out);
    void collect(Consequences& out);
    void decideVerdict(Pid target, Consequences& out);

    const PredictInput& m_input;
    std::map<PlaceId, Place> m_places;
    std::map<PlaceId, std::vector<PlaceId>> m_children;
    std::map<Pid, PlaceId> m_placeOf;
    std::map<Pid, ProcessFacts> m_facts;
    std::vector<Pid> m_dead; // in order of death
    std::set<Pid> m_isDead;
    std::set<PlaceId> m_ended;     // places without a process now
    std::set<PlaceId> m_restarted; // places that got a new process
    std::map<PlaceId, std::size_t> m_newRestarts;
    std::map<PlaceId, std::size_t> m_lives; // how often a place was filled again
    std::deque<Exit> m_exits;
    std::vector<std::string> m_gaveUp;
    PlaceId m_lastToGiveUp = 0;
    PlaceId m_lastAbove = 0; // of those above the target
    std::set<PlaceId> m_aboveTarget;
};

void Play::die(Pid pid, ReasonKind reason) {
    if (!m_isDead.insert(pid).second)
        return;
    m_dead.push_back(pid);
    const ReasonKind told = reason == ReasonKind::Kill ? ReasonKind::Killed : reason;
    const Place* const place = placeOf(pid);
    if (place) {
        m_ended.insert(place->id);
        m_restarted.erase(place->id);
        // Its supervisor hears of it at once, before those it is linked to have ended.
        if (supervised(*place))
            tellSupervisor(*place, told);
        // Every behaviour ends when its parent does, whether it traps exits or not.
        for (PlaceId child : m_children[place->id])
            if (!m_ended.contains(child))
                endOrphan(m_places[child], told);
    }
    tellLinks(pid, told);
}

/// The parent of `place` has ended. A supervisor stops its children in order before it ends.
void Play::endOrphan(const Place& place, ReasonKind reason) {
    if (isSupervisor(place))
        for (PlaceId child : m_children[place.id])
            terminateSubtree(child);
    die(place.pid, reason);
}

void Play::tellLinks(Pid pid, ReasonKind reason) {
    const Place* place = placeOf(pid);
    for (Pid link : facts(pid).links) {
        if (m_isDead.contains(link))
            continue;
        const Place* other = placeOf(link);
        if (place && other && (other->id == place->parent || other->parent == place->id))
            continue; // parent and children are handled as such
        if (!facts(link).alive)
            continue;
        if (!facts(link).trapsExit && reason != ReasonKind::Normal)
            die(link, reason);
    }
}

void Play::terminateSubtree(PlaceId id) {
    auto& children = m_children[id];
    for (auto child = children.rbegin(); child != children.rend(); ++child)
        if (!m_ended.contains(*child))
            terminateSubtree(*child);
    const Place& place = m_places[id];
    if (place.pid && !m_ended.contains(id)) {
        m_ended.insert(id);
        m_restarted.erase(id);
        if (m_isDead.insert(place.pid).second) {
            m_dead.push_back(place.pid);
            tellLinks(place.pid, ReasonKind::Shutdown);
        }
    }
}

void Play::handleExits() {
    while (!m_exits.empty()) {
        Exit exit = m_exits.front();
        m_exits.pop_front();
        childExited(exit);
    }
}

std::size_t Play::restartsUsed(const Place& supervisor) const {
    auto recent = std::ranges::count_if(supervisor.restartTimes, [&](auto at) {
        return otp::restartCounts(at, m_input.now, supervisor.period);
    });
    auto added = m_newRestarts.find(supervisor.id);
    return static_cast<std::size_t>(recent) + (added == m_newRestarts.end() ? 0 : added->second);
}

void Play::childExited(const Exit& exit) {
    Place& supervisor = m_places[exit.supervisor];
    if (m_ended.contains(exit.supervisor) || m_restarted.contains(exit.child) ||
        exit.life != m_lives[exit.supervisor])
        return; // the supervisor is gone itself, or has taken this child down and up already
    const Place& child = m_places[exit.child];
    const bool normal = exit.reason == ReasonKind::Normal || exit.reason == ReasonKind::Shutdown;
    if (child.restartType == RestartType::Temporary ||
        (child.restartType == RestartType::Transient && normal))
        return;
    if (restartsUsed(supervisor) + 1 > supervisor.intensity) {
        giveUp(supervisor);
        return;
    }
    ++m_newRestarts[supervisor.id];
    auto& children = m_children[supervisor.id];
    auto from = supervisor.strategy == Strategy::OneForAll
                    ? children.begin()
                    : std::ranges::find(children, exit.child);
    auto to = supervisor.strategy == Strategy::OneForOne ? from + 1 : children.end();
    for (auto sibling = to; sibling != from;)
        if (--sibling; !m_ended.contains(*sibling))
            terminateSubtree(*sibling);
    for (auto sibling = from; sibling != to; ++sibling)
        restart(*sibling, false);
}

void Play::giveUp(Place& supervisor) {
    m_gaveUp.push_back(supervisor.name);
    m_lastToGiveUp = supervisor.id;
    if (m_aboveTarget.contains(supervisor.id))
        m_lastAbove = supervisor.id;
    terminateSubtree(supervisor.id);
    if (supervised(supervisor))
        tellSupervisor(supervisor, ReasonKind::Shutdown);
}

/// `isFresh`: under a supervisor that was started anew, with all its specifications.
void Play::restart(PlaceId id, bool isFresh) {
    const Place& place = m_places[id];
    // A child that was terminated by hand or never started, or a temporary one, does not come with
    // a restart of its siblings.
    const bool isLeft = place.state == PlaceState::NotStarted || place.state == PlaceState::Gone ||
                        place.restartType == RestartType::Temporary;
    if (isLeft && !isFresh)
        return;
    m_ended.erase(id);
    m_restarted.insert(id);
    m_newRestarts.erase(id);
    ++m_lives[id];
    m_places[id].restartTimes.clear();
    if (place.kind != PlaceKind::DynamicSupervisor)
        for (PlaceId child : m_children[id])
            restart(child, true);
}

void Play::describeTarget(Pid target, Consequences& out) {
    const ProcessFacts& target_ = facts(target);
    out.pid = target;
    out.queuedMessages = target_.queued;
    const Place* place = placeOf(target);
    out.title = place ? place->name : target_.title;
    for (Pid watcher : target_.links)
        out.told.push_back(facts(watcher).title);
    const auto holds = [](const std::vector<Pid>& pids, Pid pid) {
        return std::ranges::find(pids, pid) != pids.end();
    };
    const auto isLinked = [&](Pid pid) { return holds(target_.links, pid); };
    // A call watches the server that it waits for: such a watcher is a caller, not a monitor.
    for (Pid watcher : target_.monitoredBy)
        if (!isLinked(watcher) && !holds(target_.callers, watcher))
            out.told.push_back(facts(watcher).title);
    for (Pid caller : target_.callers)
        out.callers += isLinked(caller) ? 0 : 1;
    if (!place)
        return;
    for (auto up = m_places.find(place->parent); up != m_places.end();
         up = m_places.find(up->second.parent)) {
        m_aboveTarget.insert(up->first);
        out.path.insert(out.path.begin(), up->second.name);
        if (up->second.kind == PlaceKind::Application)
            out.application = up->second.name;
    }
    if (!supervised(*place))
        return;
    const Place& supervisor = m_places[place->parent];
    out.supervisor = supervisor.name;
    out.strategy = supervisor.strategy;
    out.intensity = supervisor.intensity;
    out.period = supervisor.period;
    out.restartsUsed = static_cast<std::uint32_t>(restartsUsed(supervisor));
    for (auto at : supervisor.restartTimes)
        if (otp::restartCounts(at, m_input.now, supervisor.period)) {
            const auto free = std::chrono::floor<std::chrono::seconds>(at) + supervisor.period +
                              std::chrono::seconds(1);
            out.budgetFreeIn = std::chrono::ceil<std::chrono::milliseconds>(free - m_input.now);
            break;
        }
}

void Play::collect(Consequences& out) {
    for (Pid pid : m_dead) {
        Affected affected{.pid = pid, .title = facts(pid).title};
        affected.fate = Fate::Ends;
        if (const Place* place = placeOf(pid)) {
            affected.place = place->id;
            affected.title = place->name;
            if (!m_ended.contains(place->id))
                affected.fate = Fate::Restarts;
            else if (m_input.reopens && m_input.reopens(*place))
                affected.fate = Fate::Reopens;
        }
        out.affected.push_back(std::move(affected));
    }
}

void Play::decideVerdict(Pid target, Consequences& out) {
    const Place* place = placeOf(target);
    out.givesUp = m_gaveUp;
    if (!place) {
        out.verdict = Verdict::NotSupervised;
        return;
    }
    const PlaceId top = m_lastToGiveUp ? m_lastToGiveUp : place->id;
    if (!supervised(m_places[top])) {
        const bool restarted = m_input.runtimeRestarts && m_input.runtimeRestarts(out.application);
        out.verdict = restarted ? Verdict::RestartsAlone : Verdict::ApplicationStops;
        if (restarted)
            for (Affected& affected : out.affected)
                if (affected.place &&
                    m_places[affected.place].restartType != RestartType::Temporary)
                    affected.fate = Fate::Restarts;
        return;
    }
    if (m_lastAbove) {
        out.verdict = Verdict::SupervisorGivesUp;
        out.escalatesTo = m_places[m_places[m_lastAbove].parent].name;
        return;
    }
    if (m_ended.contains(place->id)) { // by its kind, or its dynamic supervisor was replaced
        out.verdict = Verdict::NotRestarted;
        return;
    }
    const auto& children = m_children[place->parent];
    const auto restarted = [&](PlaceId id) { return id != place->id && m_restarted.contains(id); };
    out.siblings = static_cast<std::uint32_t>(std::ranges::count_if(children, restarted));
    out.verdict = out.siblings == 0                     ? Verdict::RestartsAlone
                  : out.strategy == Strategy::OneForAll ? Verdict::RestartsAll
                                                        : Verdict::RestartsRest;
}

Consequences Play::run(Pid target, const Term& reason) {
    Consequences out;
    const ProcessFacts& target_ = facts(target);
    if (!target_.alive) {
        out.pid = target;
        out.title = target_.title;
        return out;
    }
    describeTarget(target, out);
    const ReasonKind kind = reasonKind(reason);
    if (kind != ReasonKind::Kill && target_.trapsExit) {
        out.verdict = Verdict::MayTrap;
        out.affected.push_back({.pid = target, .title = out.title, .fate = Fate::TrapsExit});
        return out;
    }
    if (kind == ReasonKind::Normal) {
        out.verdict = Verdict::Ignored;
        return out;
    }
    die(target, kind);
    handleExits();
    collect(out);
    decideVerdict(target, out);
    return out;
}

} // namespace

ReasonKind reasonKind(const Term& reason) {
    if (reason.isAtom(atoms::normal))
        return ReasonKind::Normal;
    if (reason.isAtom(atoms::shutdown) || reason.isTagged(atoms::shutdown, 2))
        return ReasonKind::Shutdown;
    if (reason.isAtom(atoms::kill))
        return ReasonKind::Kill;
    if (reason.isAtom(atoms::killed))
        return ReasonKind::Killed;
    return ReasonKind::Abnormal;
}

Consequences predict(const PredictInput& input, Pid target, const Term& reason) {
    return Play(input).run(target, reason);
}

} // namespace grove::observe
