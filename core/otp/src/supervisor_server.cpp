// What a supervisor is made of, and how its children start and stop.

#include "supervisor_server.h"

#include <grove/runtime/runtime.h>

#include <algorithm>

namespace grove::otp {

// -- what it is made of
// ----------------------------------------------------------------------------------

PlaceId SupervisorServer::placeFor(const ChildSpec& spec, Index index) {
    const PlaceKind kind =
        spec.type() == ChildType::Supervisor ? PlaceKind::Supervisor : PlaceKind::Worker;
    return m_places.ensure(m_place, static_cast<std::uint32_t>(index), kind, spec);
}

grove::Task<SupervisorServer::Init> SupervisorServer::init(StartOptions start,
                                                           MadeFrom<SupervisorOptions> from) {
    setTrapExit(TrapExit::Yes);
    Planned<SupervisorPlan> plan = readPlan(from);
    if (!plan)
        co_return Init::stop(
            startErrorOf(plan.error(), from.callbacks ? from.callbacks->module : Atom()));
    if (!*plan)
        co_return Init::ignore();
    from.options.children.clear();
    m_from = std::move(from);
    openWith(start, std::move(**plan));

    for (Index i = 0; i < m_children.size();) {
        const StartResult started = noteStarted(i, co_await starting(i));
        if (started.isError()) {
            const Term id = m_children[i].spec.id();
            supervision::report("start_error", started.reason(), m_children[i].spec, {});
            co_await stopFrom(0, std::nullopt);
            co_return Init::stop(
                tuple(atoms::shutdown, tuple(atom("failed_to_start_child"), id, started.reason())));
        }
        if (started.isIgnore() && m_children[i].spec.restart() == Restart::Temporary)
            drop(i);
        else
            ++i;
    }
    co_return Init::ok(State{this});
}

void SupervisorServer::openWith(const StartOptions& start, SupervisorPlan plan) {
    m_options = std::move(plan.options);
    m_pattern = std::move(plan.pattern);
    m_place = supervision::openPlace(
        start, m_pattern ? PlaceKind::DynamicSupervisor : PlaceKind::Supervisor, m_options.strategy,
        m_options.intensity);
    m_restarts = supervision::Restarts(m_place, m_options.intensity);
    m_dynamic.open(m_place, parent());
    const std::vector<PlaceId> children = m_places.ensureAll(m_place, m_options.children);
    m_children.reserve(children.size());
    for (const PlaceId place : children) {
        ChildSpec& spec = m_options.children[m_children.size()];
        m_children.push_back(Entry{.spec = std::move(spec), .place = place, .pid = {}});
    }
    m_options.children.clear();
}

/// Made from a value, it is what it was.
std::expected<SupervisorServer::State, Term> SupervisorServer::codeChange(Term, Term, Term) {
    if (!m_from.callbacks)
        return State{this};
    Planned<SupervisorPlan> plan = readPlan(m_from);
    if (!plan)
        return std::unexpected(changeErrorOf(plan.error()));
    if (*plan && (*plan)->pattern.has_value() != m_pattern.has_value())
        return std::unexpected(tuple(atom("invalid_strategy"),
                                     atom(m_pattern ? "one_for_one" : "simple_one_for_one")));
    if (*plan)
        change(std::move(**plan));
    return State{this};
}

/// New children stand before those that are no longer specified, which stay; nobody is started or
/// stopped. Where there is a pattern, running children are of the new one, with their arguments.
void SupervisorServer::change(SupervisorPlan plan) {
    std::vector<ChildSpec> wanted = std::exchange(plan.options.children, {});
    m_options = std::move(plan.options);
    m_pattern = std::move(plan.pattern);
    supervision::places().setSupervisor(
        m_place, m_pattern ? PlaceKind::DynamicSupervisor : PlaceKind::Supervisor,
        m_options.strategy, m_options.intensity, self());
    m_restarts.setIntensity(m_options.intensity);
    if (m_pattern)
        m_dynamic.change(
            [this](const ChildSpec& child) { return withArgumentsOf(*m_pattern, child); });
    std::vector<Entry> children;
    for (ChildSpec& spec : wanted) {
        Entry entry{.spec = spec, .pid = {}};
        if (const std::optional<Index> index = find(spec.id())) {
            entry = std::move(m_children[*index]);
            entry.spec = std::move(spec);
            m_children.erase(m_children.begin() + static_cast<std::ptrdiff_t>(*index));
        }
        children.push_back(std::move(entry));
    }
    std::ranges::move(m_children, std::back_inserter(children));
    m_children = std::move(children);
    for (Index i = 0; i < m_children.size(); ++i)
        m_children[i].place = placeFor(m_children[i].spec, i);
}

std::optional<SupervisorServer::Index> SupervisorServer::find(const Term& id) const {
    const auto at = std::ranges::find_if(
        m_children, [&](const Entry& child) { return equalsExact(child.spec.id(), id); });
    return at == m_children.end() ? std::nullopt
                                  : std::optional(static_cast<Index>(at - m_children.begin()));
}

// -- starting and stopping
// -------------------------------------------------------------------------------

// Not coroutines, as their callers are: a frame each would cost every child.

/// Runs a child's start function; then noteStarted().
grove::Task<StartResult> SupervisorServer::starting(Index index) {
    const Entry& child = m_children[index];
    return supervision::startProcess(&child.spec, child.place, child.restarts);
}

const StartResult& SupervisorServer::noteStarted(Index index, const StartResult& started) {
    Entry& child = m_children[index];
    child.isRestarting = false;
    if (started.isOk()) {
        child.pid = started.pid();
        m_places.setStarted(child.place, child.pid, now());
        supervision::reportProgress(child.spec, child.pid);
    }
    return started;
}

/// Returns: whether it runs; then stopProcess() and noteStopped().
bool SupervisorServer::beginStop(Index index) {
    Entry& child = m_children[index];
    child.isRestarting = false;
    if (!child.pid)
        m_places.setEnded(child.place, Term(atoms::undefined), PlaceState::NotStarted, now());
    return !child.pid.isNone();
}

void SupervisorServer::noteStopped(Index index, const Term& reason) {
    Entry& child = m_children[index];
    if (!supervision::isExpectedEnd(child.spec, reason))
        supervision::report("shutdown_error", reason, child.spec, child.pid);
    m_places.setEnded(child.place, reason, PlaceState::NotStarted, now());
    child.pid = Pid();
}

/// Stops those from `first` on, last first. Temporary ones are forgotten.
grove::Task<> SupervisorServer::stopFrom(Index first, std::optional<Index> except) {
    for (Index i = m_children.size(); i-- > first;) {
        if (i == except)
            continue;
        if (beginStop(i)) {
            const Entry& child = m_children[i];
            noteStopped(i, co_await supervision::stopProcess(child.pid, child.spec.shutdown()));
        }
        if (m_children[i].spec.restart() == Restart::Temporary)
            drop(i);
    }
}

void SupervisorServer::drop(Index index) {
    m_places.remove(m_children[index].place);
    m_children.erase(m_children.begin() + static_cast<std::ptrdiff_t>(index));
    for (Index i = index; i < m_children.size(); ++i)
        m_places.setOrder(m_children[i].place, static_cast<std::uint32_t>(i));
}

grove::Task<> SupervisorServer::terminate(Term) {
    if (m_pattern)
        co_await m_dynamic.stopAll();
    else
        co_await stopFrom(0, std::nullopt);
}

} // namespace grove::otp
