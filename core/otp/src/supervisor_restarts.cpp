// What a supervisor does when a child ends.

#include "supervisor_server.h"

#include <algorithm>

namespace grove::otp {

grove::Task<SupervisorServer::Next> SupervisorServer::handleInfo(Exit signal) {
    if (m_pattern)
        co_return after(co_await m_dynamic.ended(std::move(signal)));
    const auto at = std::ranges::find(m_children, signal.from, &Entry::pid);
    if (at == m_children.end() || !signal.from)
        co_return Next{}; // a stranger's, or of a child that failed to start
    co_return co_await childEnded(static_cast<Index>(at - m_children.begin()),
                                  std::move(signal.reason));
}

grove::Task<SupervisorServer::Next> SupervisorServer::childEnded(Index index, Term reason) {
    Entry& child = m_children[index];
    const bool isRestarted = supervision::isRestarted(child.spec.restart(), reason);
    if (isRestarted || (child.spec.restart() == Restart::Temporary && !isQuietReason(reason)))
        supervision::report("child_terminated", reason, child.spec, child.pid);
    m_places.setEnded(child.place, reason,
                      isRestarted ? PlaceState::Restarting : PlaceState::NotStarted, now());
    child.pid = Pid();
    if (isRestarted)
        co_return co_await restart(index);
    const bool isLast = endsWith(child);
    if (child.spec.restart() == Restart::Temporary)
        drop(index);
    co_return isLast ? Next::stop(reason::shutdown) : Next{};
}

/// Whether a child's own end ends the supervisor.
bool SupervisorServer::endsWith(const Entry& ended) const {
    // A change of code may have left significant children to a supervisor that takes no notice.
    if (!ended.spec.isSignificant() || m_options.autoShutdown == AutoShutdown::Never)
        return false;
    if (m_options.autoShutdown == AutoShutdown::AnySignificant)
        return true;
    return std::ranges::none_of(m_children, [&](const Entry& other) {
        return &other != &ended && other.spec.isSignificant() && (other.pid || other.isRestarting);
    });
}

grove::Task<SupervisorServer::Next> SupervisorServer::restart(Index index) {
    Entry& child = m_children[index];
    if (!m_restarts.add(child.spec, parent())) {
        child.isRestarting = false;
        m_places.setEnded(child.place, Term(atoms::undefined), PlaceState::NotStarted, now());
        co_return Next::stop(reason::shutdown);
    }
    switch (m_options.strategy) {
    case Strategy::OneForOne:
        co_await startGroup(index, index + 1);
        break;
    case Strategy::RestForOne:
        co_await stopFrom(index + 1, std::nullopt);
        co_await startGroup(index, m_children.size());
        break;
    case Strategy::OneForAll:
        co_await stopFrom(0, index);
        co_await startGroup(0, m_children.size());
        break;
    }
    co_return Next{};
}

/// Starts [first, last). The first that fails is tried again later; the rest waits for it.
grove::Task<> SupervisorServer::startGroup(Index first, Index last) {
    for (Index i = first; i < last;) {
        ++m_children[i].restarts;
        const StartResult started = noteStarted(i, co_await starting(i));
        Entry& child = m_children[i];
        m_places.setRestarts(child.place, child.restarts);
        if (started.isError()) {
            supervision::report("start_error", started.reason(), child.spec, {});
            child.isRestarting = true;
            m_places.setEnded(child.place, started.reason(), PlaceState::Restarting, now());
            grove::send(self(), Payload(TryAgain{child.spec.id()}));
            co_return;
        }
        if (started.isOk())
            supervision::reportRestart(child.pid, child.restarts);
        if (started.isIgnore() && child.spec.restart() == Restart::Temporary) {
            drop(i);
            --last;
        } else {
            if (started.isIgnore())
                m_places.setEnded(child.place, Term(atoms::ignore), PlaceState::NotStarted, now());
            ++i;
        }
    }
}

grove::Task<SupervisorServer::Next> SupervisorServer::handleInfo(TryAgain message) {
    const std::optional<Index> index = find(message.id);
    if (!index || !m_children[*index].isRestarting)
        co_return Next{}; // stopped or started meanwhile
    co_return co_await restart(*index);
}

// -- the same where there is a pattern

grove::Task<SupervisorServer::Next> SupervisorServer::handleInfo(RetryRestart message) {
    co_return after(co_await m_dynamic.retry(message));
}

SupervisorServer::Next SupervisorServer::after(const DynamicChildren::Ended& ended) const {
    const bool isLast =
        ended.forgotten && ended.forgotten->isSignificant() &&
        m_options.autoShutdown != AutoShutdown::Never &&
        (m_options.autoShutdown == AutoShutdown::AnySignificant || m_dynamic.size() == 0);
    return ended.givesUp || isLast ? Next::stop(reason::shutdown) : Next{};
}

} // namespace grove::otp
