#include "support/fake_node.h"

#include <grove/term/atom.h>
#include <grove/term/inspect.h>

#include <QMetaObject>

#include <algorithm>
#include <set>

namespace grove::test {

using namespace std::chrono_literals;
using namespace observe;

struct FakeNode::Recovery {
    Outcome outcome;
    std::vector<PlaceId> places;
    Time began{};
    Answer<Outcome> progress;
};

FakeNode::FakeNode() = default;
FakeNode::~FakeNode() = default;

void FakeNode::later(std::function<void()> run) {
    QMetaObject::invokeMethod(&m_context, std::move(run), Qt::QueuedConnection);
}

/// Several changes make one notification.
void FakeNode::notifyLater() {
    if (std::exchange(m_notifying, true))
        return;
    later([this] {
        m_notifying = false;
        if (m_notify)
            m_notify();
    });
}

void FakeNode::touch(PlaceId id) {
    m_places.at(id).changedAt = ++m_version;
    notifyLater();
}

void FakeNode::note(LifecycleKind kind, Pid pid, PlaceId place, std::string text) {
    m_events.push_back({.sequence = m_events.size() + 1,
                        .at = m_now,
                        .kind = kind,
                        .pid = pid,
                        .place = place,
                        .text = std::move(text)});
}

Pid FakeNode::newPid() {
    return Pid::make(m_nextIndex++, 0);
}

void FakeNode::newProcess(PlaceId id, Pid pid) {
    const Place& place = at(id);
    ProcessInfo info;
    info.row.pid = pid;
    info.row.name = place.kind == PlaceKind::Worker ? "" : place.name;
    info.row.label = place.name;
    info.row.behaviour = place.kind == PlaceKind::Worker ? "GenServer" : "Supervisor";
    info.row.initialCall = "Server::init";
    info.row.waitsAt = {"list_server.cpp", 88, "ListServer::loop"};
    info.row.status = Status::Waiting;
    info.row.ownThread = place.ownThread;
    info.row.memoryBytes = 1904;
    info.row.reductions = 4112;
    info.row.uptime = 4min;
    info.row.restarts = place.restarts;
    for (const Place* up = &at(id); up;) {
        info.row.application = up->name;
        if (up->parent == 0)
            break;
        up = &at(up->parent);
        if (up->pid)
            info.ancestors.push_back({up->pid, up->name});
    }
    if (!info.ancestors.empty()) {
        info.row.parent = info.ancestors.front().pid;
        info.links.push_back(info.ancestors.front());
    }
    info.awaits = {info.row.waitsAt, {"gen_server.cpp", 40, "GenServer::run"}};
    m_processes[pid] = info;
}

PlaceId FakeNode::add(const Spec& spec) {
    const PlaceId id = m_nextPlace++;
    std::uint32_t order = 0;
    for (const auto& [other, slot] : m_places)
        if (slot.place.parent == spec.parent)
            order = std::max(order, slot.place.order + 1);
    Place place;
    place.id = id;
    place.parent = spec.parent;
    place.order = order;
    place.kind = spec.kind;
    place.state = PlaceState::Alive;
    place.name = spec.name;
    place.ownThread = spec.ownThread;
    place.restartType = spec.restartType;
    place.strategy = spec.strategy;
    if (spec.kind == PlaceKind::Supervisor || spec.kind == PlaceKind::DynamicSupervisor) {
        place.intensity = 3;
        place.period = 5s;
    }
    place.lastChange = m_now - 4min;
    if (spec.kind != PlaceKind::Application)
        place.pid = spec.index ? Pid::make(spec.index, 0) : newPid();
    m_places[id].place = place;
    if (place.pid) {
        newProcess(id, place.pid);
        m_processes[place.pid].row.mailbox = spec.mailbox;
        note(LifecycleKind::Spawned, place.pid, id, spec.name);
    }
    touch(id);
    return id;
}

void FakeNode::fillLikeThePictures(FakeNode& node) {
    using enum PlaceKind;
    const auto temporary = RestartType::Temporary;
    const PlaceId todo = node.add({.name = "todo", .kind = Application});
    const PlaceId top =
        node.add({.name = "TopSupervisor", .parent = todo, .kind = Supervisor, .index = 41});
    node.add({.name = "Registry", .parent = top, .index = 42});
    const PlaceId database =
        node.add({.name = "DatabaseSupervisor", .parent = top, .kind = Supervisor, .index = 43});
    node.add({.name = "SQLite worker 1", .parent = database, .ownThread = true, .index = 44});
    node.add({.name = "SQLite worker 2", .parent = database, .ownThread = true, .index = 45});
    node.add({.name = "SQLite worker 3",
              .parent = database,
              .ownThread = true,
              .mailbox = 2,
              .index = 46});
    const PlaceId cache =
        node.add({.name = "ListCache", .parent = top, .kind = DynamicSupervisor, .index = 47});
    node.add({.name = "Inbox", .parent = cache, .restartType = temporary, .index = 91});
    const PlaceId welcome = node.add({.name = "Welcome to Grove",
                                      .parent = cache,
                                      .restartType = temporary,
                                      .mailbox = 1,
                                      .index = 93});
    node.add({.name = "Bob's list",
              .parent = cache,
              .restartType = temporary,
              .mailbox = 6,
              .index = 94});
    node.add({.name = "MetricsTask", .parent = top, .index = 48});
    const PlaceId window = node.add({.name = "window", .kind = Application});
    const PlaceId above =
        node.add({.name = "WindowSupervisor", .parent = window, .kind = Supervisor, .index = 31});
    const PlaceId own =
        node.add({.name = "Window", .parent = above, .ownThread = true, .index = 32});
    node.add({.name = "EventRecorder", .parent = above, .index = 33});
    node.setStatus(node.at(welcome).pid, Status::Running);
    ProcessInfo& list = node.infoOf(node.at(welcome).pid);
    list.monitoredBy.push_back({node.at(own).pid, "Window"});
    list.dictionary.emplace_back(atom("started"), Term(4));
    node.infoOf(node.at(own).pid).monitors.push_back({node.at(welcome).pid, "Welcome to Grove"});
}

void FakeNode::addStrays(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const Pid pid = newPid();
        ProcessInfo info;
        info.row.pid = pid;
        info.row.label = "stray " + std::to_string(i + 1);
        info.row.behaviour = i % 2 == 0 ? "Task" : "GenServer";
        info.row.status = Status::Waiting;
        info.row.memoryBytes = 600 + i % 1000;
        info.row.reductions = i;
        m_processes[pid] = info;
    }
}

void FakeNode::setStatus(Pid pid, Status status) {
    m_processes.at(pid).row.status = status;
}

void FakeNode::work(Pid pid, std::uint64_t reductions) {
    m_processes.at(pid).row.reductions += reductions;
}

void FakeNode::change(PlaceId id, const std::function<void(Place&)>& how) {
    how(at(id));
    touch(id);
}

PlaceId FakeNode::placeNamed(const std::string& name) const {
    for (const auto& [id, slot] : m_places)
        if (slot.place.name == name && !slot.removed)
            return id;
    return 0;
}

Pid FakeNode::pidOf(const std::string& name) const {
    const PlaceId id = placeNamed(name);
    return id ? m_places.at(id).place.pid : Pid();
}

std::vector<PlaceId> FakeNode::below(PlaceId id) const {
    std::vector<PlaceId> found;
    for (const auto& [child, slot] : m_places)
        if (slot.place.parent == id && !slot.removed) {
            found.push_back(child);
            const std::vector<PlaceId> deeper = below(child);
            found.insert(found.end(), deeper.begin(), deeper.end());
        }
    return found;
}

std::uint32_t FakeNode::used(const Place& supervisor) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        supervisor.restartTimes, [&](Time at) { return m_now - at < supervisor.period; }));
}

std::vector<PlaceId> FakeNode::restartingWith(PlaceId id) const {
    const Place& place = m_places.at(id).place;
    const Place& supervisor = m_places.at(place.parent).place;
    std::vector<PlaceId> all{id};
    for (const PlaceId deeper : below(id))
        all.push_back(deeper);
    for (const auto& [other, slot] : m_places) {
        if (slot.place.parent != place.parent || other == id || slot.removed)
            continue;
        if (supervisor.strategy == Strategy::OneForAll ||
            (supervisor.strategy == Strategy::RestForOne && slot.place.order > place.order))
            all.push_back(other);
    }
    return all;
}

void FakeNode::end(PlaceId id, const std::string& reason, PlaceState then) {
    Place& place = at(id);
    if (place.pid) {
        m_processes.erase(place.pid);
        note(LifecycleKind::Exited, place.pid, id, reason);
    }
    place.state = then;
    place.lastReason = reason;
    place.lastChange = m_now;
    touch(id);
}

void FakeNode::start(PlaceId id) {
    Place& place = at(id);
    place.pid = newPid();
    place.state = PlaceState::Alive;
    place.lastChange = m_now;
    newProcess(id, place.pid);
    note(LifecycleKind::Spawned, place.pid, id, place.name);
    touch(id);
}

void FakeNode::restart(const std::shared_ptr<Recovery>& recovery) {
    Outcome& outcome = recovery->outcome;
    for (const PlaceId id : recovery->places) {
        ++at(id).restarts;
        at(id).lastRecovery = 1400us;
        start(id);
        outcome.events.push_back({1400us, at(id).name + " started", at(id).pid});
    }
    outcome.successor = recovery->places.empty() ? Pid() : at(recovery->places.front()).pid;
    outcome.recovery = 1400us + (m_now - recovery->began);
    outcome.settled = true;
    later([recovery] { recovery->progress(recovery->outcome); });
}

void FakeNode::crash(PlaceId id, const std::string& reason) {
    exit(at(id).pid, atom(reason), [](Result<Outcome>) {});
}

void FakeNode::forget(PlaceId id) {
    m_places.at(id).removed = true;
    touch(id);
}

void FakeNode::holdRestarts(bool hold) {
    m_hold = hold;
    if (hold)
        return;
    for (const auto& recovery : std::exchange(m_waiting, {}))
        restart(recovery);
}

void FakeNode::exit(Pid pid, Term reason, Answer<Outcome> progress) {
    exits.emplace_back(pid, reason);
    if (!m_processes.contains(pid))
        return answerLater<Outcome>(std::move(progress), failure(atoms::noproc, "no such process"));
    const Consequences c = foresee(pid, reason);
    auto recovery = std::make_shared<Recovery>();
    recovery->began = m_now;
    recovery->progress = std::move(progress);
    Outcome& outcome = recovery->outcome;
    outcome.pid = pid;
    outcome.title = c.title;
    outcome.reason = reason.isAtom(atoms::kill) ? "killed" : inspect(reason);
    if (reason.isAtom() && !reason.isAtom(atoms::kill))
        outcome.reason = std::string(reason.toAtom().name());
    outcome.verdict = c.verdict;
    outcome.affected = c.affected;
    outcome.gaveUp = c.givesUp;
    outcome.events = {{0ns, c.title + " got the exit signal", pid},
                      {90us, c.title + " ended: " + outcome.reason, pid}};
    const PlaceId id = placeOf(pid);
    switch (c.verdict) {
    case Verdict::RestartsAlone:
    case Verdict::RestartsAll:
    case Verdict::RestartsRest:
        at(at(id).parent).restartTimes.push_back(m_now);
        touch(at(id).parent);
        [[fallthrough]];
    case Verdict::SupervisorGivesUp:
        for (const Affected& affected : c.affected) {
            end(affected.place, outcome.reason, PlaceState::Restarting);
            recovery->places.push_back(affected.place);
        }
        for (const std::string& giver : c.givesUp) {
            note(LifecycleKind::GaveUp, pidOf(giver), placeNamed(giver), giver);
            at(placeNamed(giver)).restartTimes.clear();
        }
        if (m_hold) {
            m_waiting.push_back(recovery);
            later([recovery] { recovery->progress(recovery->outcome); });
        } else {
            restart(recovery);
        }
        return;
    case Verdict::NotRestarted:
        end(id, outcome.reason, PlaceState::Gone);
        break;
    case Verdict::ApplicationStops: {
        const PlaceId application = placeNamed(c.application);
        for (const PlaceId each : below(application))
            end(each, outcome.reason, PlaceState::NotStarted);
        end(application, outcome.reason, PlaceState::Stopped);
        note(LifecycleKind::ApplicationStopped, pid, application, c.application);
        break;
    }
    case Verdict::NotSupervised:
        m_processes.erase(pid);
        note(LifecycleKind::Exited, pid, 0, outcome.reason);
        notifyLater();
        break;
    case Verdict::MayTrap:
    case Verdict::Ignored:
    case Verdict::AlreadyGone:
        break;
    }
    outcome.settled = true;
    later([recovery] { recovery->progress(recovery->outcome); });
}

} // namespace grove::test
