#include "event_manager.h"

#include <grove/otp/gen_event.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/process.h>
#include <grove/term/inspect.h>

namespace grove::otp {

Term HandlerName::term() const {
    return id ? tuple(module, *id) : Term(module);
}

namespace {

/// Asks a manager; whatever goes wrong is the caller's exit, with the bare reason.
template <class M> grove::Task<Payload> askManager(ServerRef manager, M message) {
    const std::optional<Pid> pid = whereis(manager);
    if (!pid)
        grove::exit(atoms::noproc);
    if (*pid == self())
        grove::exit(atoms::callingSelf);
    CallResult got = co_await grove::request(*pid, Payload(std::move(message)), kInfinity);
    if (!got.isReply())
        grove::exit(got.reason());
    co_return std::move(got).takeReply();
}

} // namespace

grove::Task<StartResult> GenEvent::startLink(StartOptions options) {
    return detail::EventManager::startLink(std::move(options));
}

grove::Task<StartResult> GenEvent::start(StartOptions options) {
    return detail::EventManager::start(std::move(options));
}

grove::Task<GenEvent::Added> GenEvent::install(ServerRef manager, HandlerName name,
                                               detail::HandlerMaker make, std::optional<Old> old,
                                               Supervised supervised) {
    detail::InstallHandler wanted{.name = std::move(name),
                                  .make = std::move(make),
                                  .isSupervised = supervised == Supervised::Yes};
    if (old) {
        wanted.old = std::move(old->name);
        wanted.argument = std::move(old->argument);
    }
    const Payload got = co_await askManager(std::move(manager), std::move(wanted));
    Term answer = got.term();
    if (answer.isAtom(atoms::ok))
        co_return Added();
    co_return std::unexpected(std::move(answer));
}

grove::Task<Term> GenEvent::deleteHandler(ServerRef manager, HandlerName name, Term argument) {
    const Payload got = co_await askManager(
        std::move(manager), detail::DeleteHandler{std::move(name), std::move(argument)});
    co_return got.term();
}

grove::Task<std::vector<HandlerName>> GenEvent::whichHandlers(ServerRef manager) {
    const Payload got = co_await askManager(std::move(manager), detail::WhichHandlers{});
    std::vector<HandlerName> names;
    const Term shown = got.term();
    for (const Term& each : shown.listElements())
        names.push_back(each.isTuple(2) ? HandlerName{each.element(0).toAtom(), each.element(1)}
                                        : HandlerName{each.toAtom(), std::nullopt});
    co_return names;
}

void GenEvent::notify(const ServerRef& manager, Payload event) {
    const std::optional<Pid> pid = whereis(manager);
    if (!pid)
        grove::error(atoms::badarg);
    grove::sendCast(*pid, Payload(detail::ManagerEvent{detail::SharedPayload(std::move(event))}));
}

grove::Task<> GenEvent::syncNotify(ServerRef manager, Payload event) {
    co_await askManager(std::move(manager),
                        detail::ManagerEvent{detail::SharedPayload(std::move(event))});
}

grove::Task<std::expected<Payload, Term>> GenEvent::ask(ServerRef manager, HandlerName name,
                                                        Payload request, Duration limit) {
    const std::optional<Pid> pid = whereis(manager);
    detail::SharedPayload shared(std::move(request));
    CallResult got = CallResult::down(pid ? atoms::callingSelf : atoms::noproc);
    if (pid && *pid != self())
        got = co_await grove::request(*pid, Payload(detail::CallHandler{name, shared}), limit);
    if (!got.isReply()) {
        const Term arguments =
            limit == kCallLimit
                ? list({manager.term(), name.term(), shared.term()})
                : list({manager.term(), name.term(), shared.term(), detail::limitTerm(limit)});
        grove::exit(tuple(got.isTimeout() ? Term(atoms::timeout) : got.reason(),
                          tuple(atoms::genEvent, atoms::call, arguments)));
    }
    Result<detail::HandlerAnswer> answer =
        std::move(got).takeReply().template take<detail::HandlerAnswer>();
    if (!answer) // no event manager
        grove::error(tuple(atom("bad_reply"), Term(answer.error().message)));
    if (answer->error)
        co_return std::unexpected(std::move(*answer->error));
    co_return std::move(answer->answer).takePayload();
}

Error GenEvent::failed(const Term& error) {
    if (error.isTagged(atoms::error, 2) && error.element(1).isAtom(atom("bad_module")))
        return {.code = atom("bad_module"), .message = "there is no such handler"};
    return {.code = atom("handler_failed"), .message = "the handler failed: " + inspect(error)};
}

grove::Task<Term> GenEvent::call(ServerRef manager, HandlerName name, Term request,
                                 Duration limit) {
    std::expected<Payload, Term> answer =
        co_await ask(std::move(manager), std::move(name), Payload(std::move(request)), limit);
    co_return answer ? answer->term() : std::move(answer.error());
}

grove::Task<> GenEvent::stop(ServerRef manager, Term why, Duration limit) {
    return otp::stop(std::move(manager), std::move(why), limit);
}

} // namespace grove::otp
