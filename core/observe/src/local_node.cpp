#include "cpu_meter.h"
#include "local_state.h"
#include "recorder.h"
#include "requests.h"
#include "row_reader.h"
#include "tree_mirror.h"

#include <grove/observe/local_node.h>

#include <algorithm>

namespace grove::observe {

using detail::LocalState;
using detail::Replier;

namespace {

LifecycleKind kindOf(EventKind kind) {
    switch (kind) {
    case EventKind::Spawned:
        return LifecycleKind::Spawned;
    case EventKind::Exited:
        return LifecycleKind::Exited;
    case EventKind::Restarted:
        return LifecycleKind::Restarted;
    case EventKind::Escalated:
        return LifecycleKind::GaveUp;
    case EventKind::HoldBegan:
        return LifecycleKind::HoldBegan;
    case EventKind::HoldEnded:
        return LifecycleKind::HoldEnded;
    case EventKind::Named:
    case EventKind::Unnamed:
    case EventKind::Custom:
    case EventKind::Labelled:
        break;
    }
    return LifecycleKind::Named;
}

} // namespace

LocalNode::LocalNode(Runtime& runtime, LocalNodeOptions options)
    : m_state(std::make_shared<LocalState>(runtime, std::move(options))),
      m_tree(std::make_unique<detail::TreeMirror>(runtime)),
      m_cpu(std::make_unique<detail::CpuMeter>()), m_alive(std::make_shared<const bool>(true)) {}

LocalNode::~LocalNode() = default;

template <class T> Replier<T> LocalNode::replier(Answer<T> answer) {
    return Replier<T>(m_state, m_alive, std::move(answer));
}

otp::ChildSpec LocalNode::recorder() const {
    return detail::recorderSpec(
        m_state, [state = m_state, alive = std::weak_ptr<const bool>(m_alive), this] {
            state->options.post([alive, this] {
                if (!alive.expired() && m_notify)
                    m_notify();
            });
        });
}

NodeSummary LocalNode::summary() {
    const RuntimeCounters counters = m_state->runtime.counters();
    const auto at =
        std::chrono::steady_clock::time_point(m_state->runtime.clock().now().time_since_epoch());
    NodeSummary out;
    // Without those that only answer this observer, as in its tables: they would come and go.
    out.processes = counters.processes -
                    std::min<std::size_t>(counters.processes,
                                          m_state->requests.load(std::memory_order_relaxed));
    out.restarts = m_tree->restarts();
    out.schedulers = counters.schedulers;
    out.cpuOfOneCore = m_cpu->read(at);
    out.observerCost =
        std::chrono::nanoseconds(m_state->busyNs.exchange(0, std::memory_order_relaxed));
    return out;
}

std::vector<ProcessRow> LocalNode::rows(std::span<const Pid> pids) {
    const detail::CostScope cost(*m_state);
    const detail::RowReader reader(m_state->runtime, m_state->names);
    std::vector<ProcessRow> out;
    out.reserve(pids.size());
    for (Pid pid : pids)
        out.push_back(reader.read(pid));
    return out;
}

void LocalNode::order(RowQuery query, Answer<RowOrder> answer) {
    const auto number = m_state->latestOrder.fetch_add(1, std::memory_order_relaxed) + 1;
    m_state->requestPids.spawn(&detail::answerOrder, m_state, std::move(query), number,
                               replier(std::move(answer)));
}

TreeDelta LocalNode::treeSince(std::uint64_t version) {
    const detail::CostScope cost(*m_state);
    return m_tree->since(version);
}

PlaceId LocalNode::placeOf(Pid pid) {
    return m_tree->placeOf(pid);
}

EventPage LocalNode::eventsSince(std::uint64_t sequence, std::size_t count) {
    const detail::CostScope cost(*m_state);
    EventBatch batch = m_state->runtime.eventsSince(sequence, count);
    EventPage page{.events = {}, .next = batch.next, .dropped = batch.missed};
    for (Event& event : batch.events)
        page.events.push_back(
            {.sequence = event.sequence,
             .at = std::chrono::steady_clock::time_point(event.at.time_since_epoch()),
             .kind = kindOf(event.kind),
             .pid = event.pid,
             .other = event.other,
             .place = m_tree->placeOf(event.pid),
             .text = event.kind == EventKind::Named || event.kind == EventKind::Labelled
                         ? std::string(event.name.name())
                         : std::move(event.text)});
    return page;
}

void LocalNode::setNotify(std::function<void()> notify) {
    m_notify = std::move(notify);
}

void LocalNode::info(Pid pid, std::chrono::milliseconds limit, Answer<ProcessInfo> answer) {
    m_state->requestPids.spawn(&detail::answerInfo, m_state, pid, Duration(limit),
                               replier(std::move(answer)));
}

void LocalNode::mailbox(Pid pid, std::uint64_t first, std::size_t count,
                        std::chrono::milliseconds limit, Answer<MailboxPage> answer) {
    m_state->requestPids.spawn(&detail::answerMailbox, m_state, pid, first, count, Duration(limit),
                               replier(std::move(answer)));
}

void LocalNode::state(Pid pid, std::chrono::milliseconds limit, Answer<StateView> answer) {
    m_state->requestPids.spawn(&detail::answerState, m_state, pid, Duration(limit),
                               replier(std::move(answer)));
}

void LocalNode::consequences(Pid pid, Term reason, Answer<Consequences> answer) {
    m_state->requestPids.spawn(&detail::answerConsequences, m_state, pid, std::move(reason),
                               replier(std::move(answer)));
}

void LocalNode::exit(Pid pid, Term reason, Answer<Outcome> progress) {
    m_state->requestPids.spawn(&detail::sendExit, m_state, pid, std::move(reason),
                               replier(std::move(progress)));
}

void LocalNode::send(Pid pid, Term message, Answer<bool> answer) {
    auto reply = replier(std::move(answer));
    if (!m_state->runtime.peekRow(pid))
        return reply(std::unexpected(detail::noSuchProcess(pid)));
    reply(m_state->runtime.send(pid, std::move(message)));
}

void LocalNode::suspend(Pid pid, Answer<bool> answer) {
    auto reply = replier(std::move(answer));
    if (!m_state->runtime.peekRow(pid))
        return reply(std::unexpected(detail::noSuchProcess(pid)));
    m_state->runtime.suspendProcess(pid);
    reply(true);
}

void LocalNode::resume(Pid pid, Answer<bool> answer) {
    auto reply = replier(std::move(answer));
    if (!m_state->runtime.peekRow(pid))
        return reply(std::unexpected(detail::noSuchProcess(pid)));
    m_state->runtime.resumeProcess(pid);
    reply(true);
}

void LocalNode::startApplication(std::string name, Answer<bool> answer) {
    m_state->requestPids.spawn(
        +[](std::string name, Replier<bool> reply) -> grove::Task<> {
            auto started = co_await attempt(otp::Applications::ensureAllStarted(std::move(name)));
            if (!started)
                reply(
                    failure(atoms::noproc, "The application controller is restarting. Try again."));
            else if (!*started)
                reply(std::unexpected(started->error()));
            else
                reply(true);
        },
        std::move(name), replier(std::move(answer)));
}

} // namespace grove::observe
