#include "dynamic_supervisor_server.h"

#include <grove/otp/dynamic_supervisor.h>

namespace grove::otp {

DynamicSupervisorServer::Init
DynamicSupervisorServer::init(StartOptions start, MadeFrom<DynamicSupervisorOptions> from) {
    setTrapExit(TrapExit::Yes);
    Planned<DynamicSupervisorOptions> plan = readPlan(from);
    if (!plan)
        return Init::stop(
            startErrorOf(plan.error(), from.callbacks ? from.callbacks->module : Atom()));
    if (!*plan)
        return Init::ignore();
    m_from = std::move(from);
    m_options = std::move(**plan);
    m_place = supervision::openPlace(start, PlaceKind::DynamicSupervisor, Strategy::OneForOne,
                                     m_options.intensity);
    m_restarts = supervision::Restarts(m_place, m_options.intensity);
    m_children.open(m_place, parent());
    return Init::ok(State{this});
}

/// Made from a value, it is what it was.
std::expected<DynamicSupervisorServer::State, Term> DynamicSupervisorServer::codeChange(Term, Term,
                                                                                        Term) {
    if (!m_from.callbacks)
        return State{this};
    Planned<DynamicSupervisorOptions> plan = readPlan(m_from);
    if (!plan)
        return std::unexpected(tuple(atom("supervisor_data"), changeErrorOf(plan.error())));
    if (*plan) {
        m_options = std::move(**plan);
        supervision::places().setSupervisor(m_place, PlaceKind::DynamicSupervisor,
                                            Strategy::OneForOne, m_options.intensity, self());
        m_restarts.setIntensity(m_options.intensity);
    }
    return State{this};
}

grove::Task<DynamicSupervisorServer::Reply<Term>>
DynamicSupervisorServer::handleCall(StartChild request) {
    if (m_children.size() >= m_options.childrenMax)
        co_return tuple(atoms::error, atom("max_children"));
    if (!request.child.spec)
        co_return tuple(atoms::error, tuple(atom("invalid_child_spec"), request.child.unread));
    ChildSpec spec = *request.child.spec;
    if (!m_options.extraArguments.empty() && !spec.prependArguments(m_options.extraArguments))
        co_return tuple(atoms::error, tuple(atoms::badarg, spec.term()));
    const StartResult started = co_await m_children.start(spec);
    if (started.isError() && !started.alreadyStarted())
        supervision::report("start_error", started.reason(), spec, {});
    co_return started.term();
}

grove::Task<DynamicSupervisorServer::Reply<Term>>
DynamicSupervisorServer::handleCall(TerminateChild request) {
    if (!co_await m_children.terminate(request.child))
        co_return tuple(atoms::error, atoms::notFound);
    co_return Term(atoms::ok);
}

grove::Task<DynamicSupervisorServer::Next> DynamicSupervisorServer::handleInfo(Exit signal) {
    const DynamicChildren::Ended ended = co_await m_children.ended(std::move(signal));
    co_return ended.givesUp ? Next::stop(reason::shutdown) : Next{};
}

grove::Task<DynamicSupervisorServer::Next>
DynamicSupervisorServer::handleInfo(RetryRestart message) {
    const DynamicChildren::Ended ended = co_await m_children.retry(message);
    co_return ended.givesUp ? Next::stop(reason::shutdown) : Next{};
}

grove::Task<> DynamicSupervisorServer::terminate(Term) {
    co_await m_children.stopAll();
}

// -- the public side
// -------------------------------------------------------------------------------------

grove::Task<StartResult> DynamicSupervisor::startLink(StartOptions start,
                                                      DynamicSupervisorOptions options) {
    StartOptions told = start;
    return DynamicSupervisorServer::startLink(
        std::move(start), std::move(told), MadeFrom<DynamicSupervisorOptions>{std::move(options)});
}

grove::Task<StartResult> DynamicSupervisor::startChild(ServerRef supervisor, ChildSpec spec) {
    DynamicSupervisorServer::StartChild request{
        SpecHandle{std::make_shared<const ChildSpec>(std::move(spec))}};
    co_return StartResult::fromTerm(
        co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<Result<void>> DynamicSupervisor::terminateChild(ServerRef supervisor, Pid child) {
    DynamicSupervisorServer::TerminateChild request{child};
    const Term answer = co_await otp::call(std::move(supervisor), request, kInfinity);
    if (!answer.isAtom(atoms::ok))
        co_return failure(atoms::notFound, "the supervisor has no such child");
    co_return Result<void>();
}

grove::Task<std::vector<Child>> DynamicSupervisor::whichChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), DynamicSupervisorServer::WhichChildren{},
                                 kInfinity);
}

grove::Task<ChildCounts> DynamicSupervisor::countChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), DynamicSupervisorServer::CountChildren{},
                                 kInfinity);
}

} // namespace grove::otp
