#include "supervisor_server.h"

#include <grove/otp/supervisor.h>

namespace grove::otp {

namespace {

/// `ok` or `{error, Code}`.
Result<void> resultOf(const Term& answer) {
    if (answer.isAtom(atoms::ok))
        return {};
    const Atom code = answer.element(1).asAtom().value_or(atoms::error);
    return failure(code, "the supervisor refused: " + std::string(code.name()));
}

/// `{ok, undefined}` is a start that was ignored.
StartResult startedOf(const Term& answer) {
    return answer.isTagged(atoms::ok, 2) && answer.element(1).isAtom(atoms::undefined)
               ? StartResult::ignore()
               : StartResult::fromTerm(answer);
}

} // namespace

grove::Task<StartResult> Supervisor::startLink(StartOptions start, SupervisorOptions options) {
    StartOptions told = start;
    return SupervisorServer::startLink(std::move(start), std::move(told),
                                       MadeFrom<SupervisorOptions>{std::move(options)});
}

grove::Task<StartResult> Supervisor::startChild(ServerRef supervisor, ChildSpec spec) {
    SupervisorServer::StartChild request{
        SpecHandle{std::make_shared<const ChildSpec>(std::move(spec))}};
    co_return startedOf(co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<Result<void>> Supervisor::terminateChild(ServerRef supervisor, Term id) {
    SupervisorServer::TerminateChild request{std::move(id)};
    co_return resultOf(co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<StartResult> Supervisor::restartChild(ServerRef supervisor, Term id) {
    SupervisorServer::RestartChild request{std::move(id)};
    co_return startedOf(co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<Result<void>> Supervisor::deleteChild(ServerRef supervisor, Term id) {
    SupervisorServer::DeleteChild request{std::move(id)};
    co_return resultOf(co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<std::vector<Child>> Supervisor::whichChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), SupervisorServer::WhichChildren{},
                                 kInfinity);
}

grove::Task<ChildCounts> Supervisor::countChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), SupervisorServer::CountChildren{},
                                 kInfinity);
}

grove::Task<Result<ChildSpec>> Supervisor::childSpec(ServerRef supervisor, Term id) {
    SupervisorServer::GetChildspec request{std::move(id)};
    const SpecHandle got = co_await otp::call(std::move(supervisor), std::move(request), kInfinity);
    if (!got.spec)
        co_return failure(atoms::notFound, "the supervisor has no such child");
    co_return *got.spec;
}

grove::Task<StartResult> startLink(ChildSpec spec) {
    co_return co_await std::as_const(spec).start()(spec.options());
}

} // namespace grove::otp

namespace grove {

Term TermConversion<otp::Child>::toTerm(const otp::Child& child) {
    using State = otp::Child::State;
    const Term process = child.state == State::Running      ? Term(child.pid)
                         : child.state == State::Restarting ? Term(atoms::restarting)
                                                            : Term(atoms::undefined);
    return tuple(child.id, process,
                 child.type == otp::ChildType::Worker ? atoms::worker : atoms::supervisor,
                 child.modules.isNone() ? list({Term(atom(child.behaviour))}) : child.modules);
}

bool TermConversion<otp::Child>::fromTerm(const Term& term, otp::Child& child,
                                          Conversion& conversion) {
    if (!term.isTuple(4))
        return conversion.failExpected("{Id, Process, Type, Modules}", term);
    const Term& process = term.element(1);
    child.id = term.element(0);
    child.pid = process.asPid().value_or(Pid());
    child.state = process.isPid()                     ? otp::Child::State::Running
                  : process.isAtom(atoms::restarting) ? otp::Child::State::Restarting
                                                      : otp::Child::State::Stopped;
    child.type = term.element(2).isAtom(atoms::supervisor) ? otp::ChildType::Supervisor
                                                           : otp::ChildType::Worker;
    child.modules = term.element(3);
    if (child.modules.isCons() && child.modules.head().isAtom())
        child.behaviour = child.modules.head().toAtom().name();
    return true;
}

} // namespace grove
