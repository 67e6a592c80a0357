#include "support/fake_node.h"

#include <algorithm>

namespace grove::test {

using namespace observe;

namespace {

bool matches(const ProcessRow& row, const std::string& filter) {
    const QString whole = QString::fromStdString("#PID" + row.pid.toString() + ' ' + row.name +
                                                 ' ' + row.label + ' ' + row.behaviour + ' ' +
                                                 row.application + ' ' + row.waitsAt.file);
    for (const QString& word : QString::fromStdString(filter).split(u' ', Qt::SkipEmptyParts))
        if (!whole.contains(word, Qt::CaseInsensitive))
            return false;
    return true;
}

bool before(const ProcessRow& a, const ProcessRow& b, Column column) {
    switch (column) {
    case Column::Name:
        return a.title() < b.title();
    case Column::Mailbox:
        return a.mailbox < b.mailbox;
    case Column::Reductions:
    case Column::ReductionsDelta:
        return a.reductions < b.reductions;
    case Column::Memory:
        return a.memoryBytes < b.memoryBytes;
    case Column::Behaviour:
        return a.behaviour < b.behaviour;
    default:
        return a.pid < b.pid;
    }
}

} // namespace

NodeSummary FakeNode::summary() {
    return {.processes = m_processes.size(), .restarts = 1, .schedulers = 2};
}

std::vector<ProcessRow> FakeNode::rows(std::span<const Pid> pids) {
    std::vector<ProcessRow> found;
    for (const Pid pid : pids) {
        const auto process = m_processes.find(pid);
        found.push_back(process == m_processes.end() ? ProcessRow{.pid = pid}
                                                     : process->second.row);
    }
    return found;
}

void FakeNode::order(RowQuery query, Answer<RowOrder> answer) {
    RowOrder order{.total = m_processes.size()};
    std::vector<const ProcessRow*> found;
    for (const auto& [pid, info] : m_processes)
        if (matches(info.row, query.filter))
            found.push_back(&info.row);
    std::ranges::sort(found, [&](const ProcessRow* a, const ProcessRow* b) {
        if (before(*a, *b, query.order) != before(*b, *a, query.order))
            return before(*a, *b, query.order) != query.descending;
        return a->pid < b->pid;
    });
    for (const ProcessRow* row : found)
        order.pids.push_back(row->pid);
    answerLater<RowOrder>(std::move(answer), std::move(order));
}

TreeDelta FakeNode::treeSince(std::uint64_t version) {
    TreeDelta delta{.version = m_version};
    for (const auto& [id, slot] : m_places) { // ids grow, so parents come first
        if (slot.changedAt <= version)
            continue;
        if (slot.removed)
            delta.removed.push_back(id);
        else
            delta.changed.push_back(slot.place);
    }
    return delta;
}

PlaceId FakeNode::placeOf(Pid pid) {
    for (const auto& [id, slot] : m_places)
        if (slot.place.pid == pid && pid)
            return id;
    for (const LifecycleEvent& event : m_events)
        if (event.pid == pid)
            return event.place;
    return 0;
}

EventPage FakeNode::eventsSince(std::uint64_t sequence, std::size_t count) {
    EventPage page{.next = sequence};
    for (std::size_t i = sequence; i < m_events.size() && page.events.size() < count; ++i) {
        page.events.push_back(m_events[i]);
        page.next = i + 1;
    }
    return page;
}

void FakeNode::info(Pid pid, std::chrono::milliseconds, Answer<ProcessInfo> answer) {
    const auto process = m_processes.find(pid);
    if (process == m_processes.end())
        return answerLater<ProcessInfo>(std::move(answer),
                                        failure(atoms::noproc, "no such process"));
    answerLater<ProcessInfo>(std::move(answer), process->second);
}

void FakeNode::mailbox(Pid pid, std::uint64_t first, std::size_t count, std::chrono::milliseconds,
                       Answer<MailboxPage> answer) {
    if (!m_processes.contains(pid))
        return answerLater<MailboxPage>(std::move(answer),
                                        failure(atoms::noproc, "no such process"));
    const std::vector<Term>& queued = m_mailboxes[pid];
    MailboxPage page{.first = first, .total = queued.size()};
    for (std::uint64_t i = first; i < queued.size() && page.messages.size() < count; ++i)
        page.messages.push_back({i, queued[i], "message", Pid::make(32, 0)});
    answerLater<MailboxPage>(std::move(answer), std::move(page));
}

void FakeNode::state(Pid pid, std::chrono::milliseconds, Answer<StateView> answer) {
    statesAsked.push_back(pid);
    if (!m_processes.contains(pid))
        return answerLater<StateView>(std::move(answer), failure(atoms::noproc, "no such process"));
    if (const auto busy = m_busy.find(pid); busy != m_busy.end())
        return answerLater<StateView>(std::move(answer), failure(atom("busy"), busy->second));
    answerLater<StateView>(std::move(answer), StateView{m_states[pid], "GenServer"});
}

void FakeNode::consequences(Pid pid, Term reason, Answer<Consequences> answer) {
    answerLater<Consequences>(std::move(answer), foresee(pid, reason));
}

Consequences FakeNode::foresee(Pid pid, const Term& reason) const {
    Consequences c;
    c.pid = pid;
    PlaceId id = 0;
    for (const auto& [other, slot] : m_places)
        if (slot.place.pid == pid && !slot.removed)
            id = other;
    const auto process = m_processes.find(pid);
    if (process == m_processes.end())
        return c;
    c.title = id ? m_places.at(id).place.name : process->second.row.title();
    c.queuedMessages = process->second.row.mailbox;
    for (const ProcessLink& link : process->second.links)
        c.told.push_back(link.title);
    for (const ProcessLink& monitor : process->second.monitoredBy)
        c.told.push_back(monitor.title);
    c.affected.push_back({pid, id, c.title, Fate::Ends});
    if (reason.isAtom(atoms::normal)) {
        c.verdict = Verdict::Ignored;
        return c;
    }
    if (process->second.trapExit && !reason.isAtom(atoms::kill)) {
        c.verdict = Verdict::MayTrap;
        return c;
    }
    if (!id) {
        c.verdict = Verdict::NotSupervised;
        return c;
    }
    foreseeSupervised(c, id);
    return c;
}

/// What the supervisor of a place will do.
void FakeNode::foreseeSupervised(Consequences& c, PlaceId id) const {
    const Place& place = m_places.at(id).place;
    for (PlaceId up = place.parent; up; up = m_places.at(up).place.parent)
        c.path.insert(c.path.begin(), m_places.at(up).place.name);
    const Place& supervisor = m_places.at(place.parent).place;
    if (supervisor.kind == PlaceKind::Application) {
        c.verdict = Verdict::ApplicationStops;
        c.application = supervisor.name;
        return;
    }
    c.supervisor = supervisor.name;
    c.strategy = supervisor.strategy;
    c.intensity = supervisor.intensity;
    c.period = supervisor.period;
    c.restartsUsed = used(supervisor);
    for (const Time at : supervisor.restartTimes)
        if (m_now - at < supervisor.period) {
            c.budgetFreeIn = std::chrono::duration_cast<std::chrono::milliseconds>(
                supervisor.period - (m_now - at));
            break;
        }
    if (place.restartType == RestartType::Temporary) {
        c.verdict = Verdict::NotRestarted;
        return;
    }
    if (c.restartsUsed >= c.intensity) {
        const Place& above = m_places.at(supervisor.parent).place;
        c.givesUp = {supervisor.name};
        for (const PlaceId each : below(supervisor.id))
            if (each != id)
                c.affected.push_back({m_places.at(each).place.pid, each,
                                      m_places.at(each).place.name, Fate::Restarts});
        c.affected.push_back({supervisor.pid, supervisor.id, supervisor.name, Fate::Restarts});
        c.verdict = above.kind == PlaceKind::Application ? Verdict::ApplicationStops
                                                         : Verdict::SupervisorGivesUp;
        if (above.kind == PlaceKind::Application)
            c.application = above.name;
        else
            c.escalatesTo = above.name;
        return;
    }
    const std::vector<PlaceId> with = restartingWith(id);
    c.affected.clear();
    for (const PlaceId each : with)
        c.affected.push_back(
            {m_places.at(each).place.pid, each, m_places.at(each).place.name, Fate::Restarts});
    c.siblings = static_cast<std::uint32_t>(with.size() - 1 - below(id).size());
    c.verdict = supervisor.strategy == Strategy::OneForAll    ? Verdict::RestartsAll
                : supervisor.strategy == Strategy::RestForOne ? Verdict::RestartsRest
                                                              : Verdict::RestartsAlone;
}

void FakeNode::send(Pid pid, Term message, Answer<bool> answer) {
    if (!m_processes.contains(pid))
        return answerLater<bool>(std::move(answer), failure(atoms::noproc, "no such process"));
    sent.emplace_back(pid, std::move(message));
    answerLater<bool>(std::move(answer), true);
}

void FakeNode::suspend(Pid pid, Answer<bool> answer) {
    if (!m_processes.contains(pid))
        return answerLater<bool>(std::move(answer), failure(atoms::noproc, "no such process"));
    setStatus(pid, Status::Suspended);
    answerLater<bool>(std::move(answer), true);
}

void FakeNode::resume(Pid pid, Answer<bool> answer) {
    if (!m_processes.contains(pid))
        return answerLater<bool>(std::move(answer), failure(atoms::noproc, "no such process"));
    setStatus(pid, Status::Waiting);
    answerLater<bool>(std::move(answer), true);
}

void FakeNode::startApplication(std::string name, Answer<bool> answer) {
    const PlaceId application = placeNamed(name);
    at(application).state = PlaceState::Alive;
    touch(application);
    for (const PlaceId id : below(application))
        start(id);
    answerLater<bool>(std::move(answer), true);
}

} // namespace grove::test
