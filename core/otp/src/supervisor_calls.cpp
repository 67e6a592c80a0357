// What can be asked of a supervisor.

#include "supervisor_server.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/info.h>

#include <utility>

namespace grove::otp {

namespace {

Term failureTerm(Term why) {
    return tuple(atoms::error, std::move(why));
}
/// Of an ignored start: `{ok, undefined}`.
Term answerOf(const StartResult& started) {
    return started.isIgnore() ? tuple(atoms::ok, atoms::undefined) : started.term();
}
/// What asks for a child by its id where children have none.
Term simpleFailure() {
    return failureTerm(atom("simple_one_for_one"));
}
bool isThere(Pid pid) {
    const std::optional<ProcessRow> row = peekRow(pid);
    return row && row->status != ProcessStatus::Exiting;
}

} // namespace

// -- starting
// ----------------------------------------------------------------------------------

grove::Task<SupervisorServer::Reply<Term>> SupervisorServer::handleCall(StartChild request) {
    if (m_pattern)
        co_return co_await startOneMore(toTerm(request.child));
    if (request.child.spec)
        co_return co_await startSpecified(*request.child.spec);
    std::expected<ChildSpec, Term> spec =
        readChildSpec(request.child.unread, m_options.autoShutdown);
    if (!spec)
        co_return failureTerm(std::move(spec.error()));
    co_return co_await startSpecified(std::move(*spec));
}

grove::Task<Term> SupervisorServer::startOneMore(Term arguments) {
    std::optional<ChildSpec> spec = withMoreArguments(*m_pattern, arguments);
    if (!spec) {
        const auto raised = attempt([] { grove::error(atoms::badarg); });
        co_return failureTerm(raised.error().catchValue());
    }
    co_return answerOf(co_await m_dynamic.start(std::move(*spec)));
}

grove::Task<Term> SupervisorServer::startSpecified(ChildSpec spec) {
    if (const std::optional<Index> index = find(std::as_const(spec).id())) {
        const Pid pid = m_children[*index].pid;
        co_return failureTerm(pid ? tuple(atoms::alreadyStarted, pid)
                                  : Term(atoms::alreadyPresent));
    }
    if (const std::optional<Term> bad = findBadSignificance(spec, m_options.autoShutdown))
        co_return failureTerm(*bad);
    const Index index = m_children.size();
    const PlaceId place = placeFor(spec, index);
    m_children.push_back(Entry{.spec = spec, .place = place, .pid = {}});
    const StartResult started = noteStarted(index, co_await starting(index));
    if (started.isError()) {
        Term why = tuple(started.reason(), spec.term());
        supervision::report("start_error", started.reason(), spec, {});
        drop(index);
        co_return failureTerm(std::move(why));
    }
    if (started.isIgnore() && std::as_const(spec).restart() == Restart::Temporary)
        drop(index);
    co_return answerOf(started);
}

grove::Task<SupervisorServer::Reply<Term>> SupervisorServer::handleCall(RestartChild request) {
    if (m_pattern)
        co_return simpleFailure();
    const std::optional<Index> index = find(request.id);
    if (!index)
        co_return failureTerm(atoms::notFound);
    if (m_children[*index].pid || m_children[*index].isRestarting)
        co_return failureTerm(m_children[*index].pid ? atoms::running : atoms::restarting);
    const StartResult started = noteStarted(*index, co_await starting(*index));
    if (started.isError())
        supervision::report("start_error", started.reason(), m_children[*index].spec, {});
    co_return answerOf(started);
}

// -- stopping and forgetting
// -------------------------------------------------------------------------

grove::Task<SupervisorServer::Reply<Term>> SupervisorServer::handleCall(TerminateChild request) {
    if (m_pattern)
        co_return co_await terminateOne(std::move(request.id));
    const std::optional<Index> index = find(request.id);
    if (!index)
        co_return failureTerm(atoms::notFound);
    if (beginStop(*index)) {
        const Entry& child = m_children[*index];
        noteStopped(*index, co_await supervision::stopProcess(child.pid, child.spec.shutdown()));
    }
    if (m_children[*index].spec.restart() == Restart::Temporary)
        drop(*index);
    co_return Term(atoms::ok);
}

/// One that has ended is as good as stopped.
grove::Task<Term> SupervisorServer::terminateOne(Term which) {
    const std::optional<Pid> pid = which.asPid();
    if (!pid)
        co_return simpleFailure();
    if (!co_await m_dynamic.terminate(*pid) && isThere(*pid))
        co_return failureTerm(atoms::notFound);
    co_return Term(atoms::ok);
}

SupervisorServer::Reply<Term> SupervisorServer::handleCall(DeleteChild request) {
    if (m_pattern)
        return simpleFailure();
    const std::optional<Index> index = find(request.id);
    if (!index)
        return failureTerm(atoms::notFound);
    if (m_children[*index].pid || m_children[*index].isRestarting)
        return failureTerm(m_children[*index].pid ? atoms::running : atoms::restarting);
    drop(*index);
    return Term(atoms::ok);
}

// -- telling
// -----------------------------------------------------------------------------------

SupervisorServer::Reply<ChildCounts> SupervisorServer::handleCall(CountChildren) {
    ChildCounts counts;
    if (m_pattern) {
        counts = m_dynamic.counts();
        counts.specs = 1;
    }
    for (const Entry& child : m_children)
        supervision::count(counts, child.spec, static_cast<bool>(child.pid));
    return counts;
}

SupervisorServer::Reply<SpecHandle> SupervisorServer::handleCall(GetChildspec request) {
    if (m_pattern) {
        const std::optional<Pid> pid = request.id.asPid();
        const bool isKnown = pid ? m_dynamic.contains(*pid) || !isThere(*pid)
                                 : equalsExact(request.id, std::as_const(*m_pattern).id());
        return isKnown ? SpecHandle{std::make_shared<const ChildSpec>(*m_pattern)} : SpecHandle{};
    }
    const std::optional<Index> index = find(request.id);
    return index ? SpecHandle{std::make_shared<const ChildSpec>(m_children[*index].spec)}
                 : SpecHandle{};
}

std::vector<Child> SupervisorServer::children() const {
    if (m_pattern)
        return m_dynamic.children();
    std::vector<Child> children;
    for (auto at = m_children.rbegin(); at != m_children.rend(); ++at)
        children.push_back(Child{.id = at->spec.id(),
                                 .state = at->pid            ? Child::State::Running
                                          : at->isRestarting ? Child::State::Restarting
                                                             : Child::State::Stopped,
                                 .pid = at->pid,
                                 .type = at->spec.type(),
                                 .behaviour = std::string(at->spec.behaviour()),
                                 .modules = at->spec.modules()});
    return children;
}

} // namespace grove::otp
