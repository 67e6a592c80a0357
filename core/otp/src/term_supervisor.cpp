#include "dynamic_supervisor_server.h"
#include "supervisor_server.h"

#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/term_supervisor.h>
#include <grove/runtime/errors.h>

namespace grove::otp {

void StartFunctions::add(Atom module, Atom function, TermStart start) {
    const Lock lock(m_mutex);
    m_functions.insert_or_assign({module, function}, std::move(start));
}

TermStart StartFunctions::find(Atom module, Atom function) const {
    const Lock lock(m_mutex);
    const auto at = m_functions.find({module, function});
    return at == m_functions.end() ? TermStart() : at->second;
}

// -- starting a supervisor

grove::Task<StartResult> TermSupervisor::startLink(StartOptions start, Callbacks callbacks,
                                                   Term arguments) {
    StartOptions told = start;
    return SupervisorServer::startLink(
        std::move(start), std::move(told),
        MadeFrom<SupervisorOptions>{{}, std::move(callbacks), std::move(arguments)});
}

Term TermSupervisor::init(Term children, const Term& options) {
    const auto optionOf = [&](std::string_view name) -> const Term* {
        for (const Term& option : options.listElements())
            if (option.isTagged(atom(name), 2))
                return &option.element(1);
        return nullptr;
    };
    const Term* strategy = optionOf("strategy");
    if (strategy == nullptr || strategy->isAtom(atoms::nil))
        grove::error(tuple(atoms::badarg, Term("expected :strategy option to be given")));
    const auto valueOr = [&](std::string_view name, Term byDefault) {
        const Term* given = optionOf(name);
        return given == nullptr ? byDefault : *given;
    };
    const Term flags = map({{atom("strategy"), *strategy},
                            {atom("intensity"), valueOr("max_restarts", 3)},
                            {atom("period"), valueOr("max_seconds", 5)},
                            {atom("auto_shutdown"), valueOr("auto_shutdown", atom("never"))}});
    return tuple(atoms::ok, tuple(flags, std::move(children)));
}

grove::Task<StartResult> TermSupervisor::startLink(StartOptions start, Term children,
                                                   Term options) {
    const auto callbacks = std::make_shared<const TermSupervisorCallbacks>(TermSupervisorCallbacks{
        atom("Elixir.Supervisor.Default"), [](const Term& arguments) { return arguments; }});
    return startLink(std::move(start), callbacks, init(std::move(children), options));
}

grove::Task<StartResult> TermDynamicSupervisor::startLink(StartOptions start, Callbacks callbacks,
                                                          Term arguments) {
    StartOptions told = start;
    return DynamicSupervisorServer::startLink(
        std::move(start), std::move(told),
        MadeFrom<DynamicSupervisorOptions>{{}, std::move(callbacks), std::move(arguments)});
}

// -- asking one

grove::Task<Term> TermSupervisor::startChild(ServerRef supervisor, Term what) {
    SupervisorServer::StartChild request{SpecHandle{nullptr, std::move(what)}};
    co_return co_await otp::call(std::move(supervisor), std::move(request), kInfinity);
}

grove::Task<Term> TermSupervisor::terminateChild(ServerRef supervisor, Term which) {
    SupervisorServer::TerminateChild request{std::move(which)};
    co_return co_await otp::call(std::move(supervisor), std::move(request), kInfinity);
}

grove::Task<Term> TermSupervisor::restartChild(ServerRef supervisor, Term id) {
    SupervisorServer::RestartChild request{std::move(id)};
    co_return co_await otp::call(std::move(supervisor), std::move(request), kInfinity);
}

grove::Task<Term> TermSupervisor::deleteChild(ServerRef supervisor, Term id) {
    SupervisorServer::DeleteChild request{std::move(id)};
    co_return co_await otp::call(std::move(supervisor), std::move(request), kInfinity);
}

grove::Task<Term> TermSupervisor::getChildspec(ServerRef supervisor, Term id) {
    SupervisorServer::GetChildspec request{std::move(id)};
    const SpecHandle got = co_await otp::call(std::move(supervisor), std::move(request), kInfinity);
    co_return got.spec ? tuple(atoms::ok, got.spec->term()) : tuple(atoms::error, atoms::notFound);
}

grove::Task<Term> TermSupervisor::whichChildren(ServerRef supervisor) {
    co_return toTerm(co_await Supervisor::whichChildren(std::move(supervisor)));
}

grove::Task<Term> TermSupervisor::countChildren(ServerRef supervisor) {
    const ChildCounts counts = co_await Supervisor::countChildren(std::move(supervisor));
    co_return list({tuple(atom("specs"), counts.specs), tuple(atom("active"), counts.active),
                    tuple(atom("supervisors"), counts.supervisors),
                    tuple(atom("workers"), counts.workers)});
}

Term TermSupervisor::checkChildspecs(const Term& specifications, const Term& autoShutdown) {
    const auto failed = [](Term why) { return tuple(atoms::error, std::move(why)); };
    if (!specifications.isList())
        return failed(tuple(atoms::badarg, specifications));
    const std::optional<AutoShutdown> known = readAutoShutdown(autoShutdown);
    if (!known && !autoShutdown.isAtom(atoms::undefined))
        return failed(tuple(atoms::badarg, autoShutdown));
    const auto read = readChildSpecs(specifications, known);
    return read ? Term(atoms::ok) : failed(read.error());
}

grove::Task<Term> TermDynamicSupervisor::startChild(ServerRef supervisor, Term specification) {
    std::expected<ChildSpec, Term> spec = readChildSpec(specification, std::nullopt);
    if (!spec) {
        const bool isPart = spec.error().isAtom(); // Elixir knows no missing_id or missing_start
        co_return tuple(atoms::error, isPart ? tuple(atom("invalid_child_spec"), specification)
                                             : std::move(spec.error()));
    }
    co_return (co_await DynamicSupervisor::startChild(std::move(supervisor), std::move(*spec)))
        .term();
}

} // namespace grove::otp
