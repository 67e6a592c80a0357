#include "event_manager.h"

#include "behaviour.h"

#include <grove/otp/logger.h>
#include <grove/otp/registry.h>
#include <grove/runtime/process.h>

#include <algorithm>

namespace grove::otp::detail {

namespace {

/// Runs a callback to its end. What it raises is a value; `function` is run at once.
template <class O, class F> FinishOf<O> finished(F&& function) {
    return FinishOf<O>(attempt(std::forward<F>(function)));
}

} // namespace

EventManager::State EventManager::init() {
    setTrapExit(TrapExit::Yes);
    return {};
}

std::optional<std::size_t> EventManager::find(const HandlerName& name) {
    const auto& handlers = state().handlers;
    const auto at = std::ranges::find(handlers, name, &Installed::name);
    if (at == handlers.end())
        return std::nullopt;
    return static_cast<std::size_t>(at - handlers.begin());
}

// -- coming and going

grove::Task<std::optional<Term>>
EventManager::install(Installed handler, std::optional<Term> handover, std::size_t at) {
    Attempt<HandlerStart> started =
        co_await finished<HandlerStart>([&] { return handler.object->init(std::move(handover)); });
    if (!started)
        co_return started.error().catchValue();
    if (started->failure)
        co_return std::move(*started->failure);
    auto& handlers = state().handlers;
    handlers.insert(handlers.begin() + static_cast<std::ptrdiff_t>(at), std::move(handler));
    co_return std::nullopt;
}

grove::Task<Term> EventManager::remove(std::size_t at, Term why, Term told) {
    auto& handlers = state().handlers;
    Installed handler = std::move(handlers[at]);
    handlers.erase(handlers.begin() + static_cast<std::ptrdiff_t>(at));
    Attempt<Term> ended =
        co_await finished<Term>([&] { return handler.object->terminate(std::move(why)); });
    if (handler.supervisor)
        grove::send(handler.supervisor,
                    tuple(atom("gen_event_EXIT"), handler.name.term(), std::move(told)));
    co_return ended ? std::move(*ended) : ended.error().catchValue();
}

grove::Task<> EventManager::fail(std::size_t at, Term what, Term during) {
    const Installed& handler = state().handlers[at];
    logReport(LogLevel::Error, LogKind::Text,
              map({{atoms::label, tuple(atoms::genEvent, atoms::terminate)},
                   {atom("handler"), handler.name.term()},
                   {atoms::name, self()},
                   {atom("last_message"), std::move(during)},
                   {atoms::state, handler.object->stateTerm()},
                   {atom("reason"), what}}));
    co_await remove(at, tuple(atoms::error, what), what);
}

grove::Task<bool> EventManager::follow(std::size_t at, Attempt<HandlerOutcome> outcome,
                                       Term during) {
    using Kind = HandlerOutcome::Kind;
    if (!outcome) {
        co_await fail(at, outcome.error().catchValue(), std::move(during));
        co_return false;
    }
    m_hibernates = m_hibernates || outcome->hibernates;
    switch (outcome->kind) {
    case Kind::Ok:
        co_return true;
    case Kind::Remove:
        co_await remove(at, atom("remove_handler"), atoms::normal);
        co_return false;
    case Kind::Bad:
        co_await fail(at, std::move(outcome->term), std::move(during));
        co_return false;
    case Kind::Swap:
        break;
    }
    const Pid supervisor = state().handlers[at].supervisor;
    const Term by = supervisor ? Term(supervisor) : Term(atoms::undefined);
    Term handover = co_await remove(at, std::move(outcome->term),
                                    tuple(atom("swapped"), outcome->successor.term(), by));
    const std::optional<Term> failure = co_await install({.name = std::move(outcome->successor),
                                                          .object = outcome->make(),
                                                          .supervisor = supervisor},
                                                         std::move(handover), at);
    co_return !failure;
}

grove::Task<Reply<Term>> EventManager::handleCall(InstallHandler wanted, From from) {
    Pid supervisor;
    if (wanted.isSupervised) {
        supervisor = from.caller;
        link(supervisor);
    }
    std::optional<Term> handover;
    if (wanted.old) {
        handover = atoms::error;
        if (const std::optional<std::size_t> at = find(*wanted.old)) {
            if (!wanted.isSupervised)
                supervisor = state().handlers[*at].supervisor;
            const Term by = supervisor ? Term(supervisor) : Term(atoms::undefined);
            handover = co_await remove(*at, std::move(wanted.argument),
                                       tuple(atom("swapped"), wanted.name.term(), by));
        }
    }
    const bool isSwap = wanted.old.has_value();
    std::optional<Term> failure = co_await install(
        {.name = std::move(wanted.name), .object = wanted.make(), .supervisor = supervisor},
        std::move(handover), 0);
    if (!failure)
        co_return Term(atoms::ok);
    co_return isSwap ? tuple(atoms::error, std::move(*failure)) : std::move(*failure);
}

grove::Task<Reply<Term>> EventManager::handleCall(DeleteHandler wanted) {
    const std::optional<std::size_t> at = find(wanted.name);
    if (!at)
        co_return tuple(atoms::error, atom("module_not_found"));
    co_return co_await remove(*at, std::move(wanted.argument), atoms::normal);
}

Reply<Term> EventManager::handleCall(WhichHandlers) {
    std::vector<Term> names;
    for (const Installed& each : state().handlers)
        names.push_back(each.name.term());
    return listFrom(names);
}

// -- events

grove::Task<> EventManager::tellAll(As as, Payload message) {
    for (std::size_t at = 0; at < state().handlers.size();) {
        HandlerCore* handler = state().handlers[at].object.get();
        Payload own = message.shared(); // a handler makes its own type of a term
        bool isKnown = true;
        Attempt<HandlerOutcome> outcome = co_await finished<HandlerOutcome>([&] {
            HandlerStep step =
                as == As::Event ? handler->handleEvent(own) : handler->handleInfo(own);
            isKnown = step.matched;
            return step;
        });
        if (!isKnown)
            logReport(LogLevel::Warning, LogKind::Text,
                      tuple(atom("unexpected_message"), state().handlers[at].name.term(),
                            message.term()));
        at += co_await follow(at, std::move(outcome), message.term()) ? 1 : 0;
    }
}

grove::Task<> EventManager::tellAll(Signal signal, Term shown) {
    Payload asTerm(shown);
    for (std::size_t at = 0; at < state().handlers.size();) {
        HandlerCore* handler = state().handlers[at].object.get();
        Payload own = asTerm.shared();
        Attempt<HandlerOutcome> outcome = co_await finished<HandlerOutcome>([&] {
            HandlerStep step =
                std::visit([&](const auto& each) { return handler->handleInfo(each); }, signal);
            return step.matched ? std::move(step) : handler->handleInfo(own);
        });
        at += co_await follow(at, std::move(outcome), shown) ? 1 : 0;
    }
}

EventManager::Next EventManager::rest() {
    return std::exchange(m_hibernates, false) ? Next().hibernate() : Next();
}

template <class R> EventManager::Reply<R> EventManager::restAfter(Reply<R> reply) {
    return std::exchange(m_hibernates, false) ? std::move(reply).hibernate() : std::move(reply);
}

grove::Task<Reply<Term>> EventManager::handleCall(ManagerEvent event) {
    co_await tellAll(As::Event, event.event.payload());
    co_return restAfter<Term>(atoms::ok);
}

grove::Task<EventManager::Next> EventManager::handleCast(ManagerEvent event) {
    co_await tellAll(As::Event, event.event.payload());
    co_return rest();
}

// What is no request of GenEvent is a message as any other, as OTP shows it.
grove::Task<Reply<Term>> EventManager::handleCall(Term request, From from) {
    co_await tellAll(As::Info, tuple(atom("$gen_call"), from.term(), std::move(request)));
    co_return restAfter(Reply<Term>::noReply());
}

grove::Task<EventManager::Next> EventManager::handleCast(Term message) {
    co_await tellAll(As::Info, tuple(atom("$gen_cast"), std::move(message)));
    co_return rest();
}

grove::Task<EventManager::Next> EventManager::handleInfo(Term message) {
    if (message.isTagged(atom("notify"), 2)) // as OTP sends it
        co_await tellAll(As::Event, message.element(1));
    else
        co_await tellAll(As::Info, std::move(message));
    co_return rest();
}

grove::Task<EventManager::Next> EventManager::handleInfo(Exit signal) {
    for (std::size_t at = 0; at < state().handlers.size();) {
        if (state().handlers[at].supervisor == signal.from) {
            state().handlers[at].supervisor = Pid(); // there is nobody to be told
            co_await remove(at, tuple(atoms::stop, signal.reason), atoms::shutdown);
        } else {
            ++at;
        }
    }
    Term shown = tuple(atoms::EXIT, signal.from, signal.reason);
    co_await tellAll(std::move(signal), std::move(shown));
    co_return rest();
}

grove::Task<EventManager::Next> EventManager::handleInfo(Down signal) {
    Term shown = tuple(atoms::DOWN, signal.ref, atoms::process, signal.pid, signal.reason);
    co_await tellAll(std::move(signal), std::move(shown));
    co_return rest();
}

grove::Task<Reply<HandlerAnswer>> EventManager::handleCall(CallHandler wanted) {
    const std::optional<std::size_t> at = find(wanted.name);
    if (!at)
        co_return HandlerAnswer{.answer = {}, .error = tuple(atoms::error, atom("bad_module"))};
    HandlerCore* handler = state().handlers[*at].object.get();
    Payload request = wanted.request.payload();
    Attempt<HandlerOutcome> outcome =
        co_await finished<HandlerOutcome>([&] { return handler->handleCall(request); });
    HandlerAnswer answer;
    if (!outcome)
        answer.error = tuple(atoms::error, outcome.error().catchValue());
    else if (outcome->kind == HandlerOutcome::Kind::Bad)
        answer.error = tuple(atoms::error, outcome->term);
    else
        answer.answer = SharedPayload(std::move(outcome->reply));
    co_await follow(*at, std::move(outcome), wanted.request.term());
    co_return restAfter<HandlerAnswer>(std::move(answer));
}

// -- the end, and sys.h

grove::Task<> EventManager::terminate(Term) {
    while (!state().handlers.empty())
        co_await remove(0, atoms::stop, atoms::shutdown);
}

void EventManager::changeState(const std::function<Term(Term)>& change) {
    for (Installed& each : state().handlers) {
        const Term before =
            tuple(each.name.module, each.name.id.value_or(Term(false)), each.object->stateTerm());
        const Attempt<Term> after = attempt([&] { return change(before); });
        const bool isItself = after && after->isTuple(3) &&
                              equalsExact(after->element(0), before.element(0)) &&
                              equalsExact(after->element(1), before.element(1));
        if (isItself)
            static_cast<void>(each.object->replaceState(after->element(2)));
    }
}

} // namespace grove::otp::detail

namespace grove {

using namespace otp::detail;

Term TermConversion<ManagerEvent>::toTerm(const ManagerEvent& value) {
    return tuple(atom("notify"), value.event.term());
}

Term TermConversion<InstallHandler>::toTerm(const InstallHandler& value) {
    if (value.old)
        return tuple(value.isSupervised ? atom("swap_sup_handler") : atom("swap_handler"),
                     value.old->term(), value.argument, value.name.term());
    return tuple(value.isSupervised ? atom("add_sup_handler") : atom("add_handler"),
                 value.name.term());
}

Term TermConversion<DeleteHandler>::toTerm(const DeleteHandler& value) {
    return tuple(atom("delete_handler"), value.name.term(), value.argument);
}

Term TermConversion<CallHandler>::toTerm(const CallHandler& value) {
    return tuple(atoms::call, value.name.term(), value.request.term());
}

Term TermConversion<WhichHandlers>::toTerm(const WhichHandlers&) {
    return atom("which_handlers");
}

Term TermConversion<HandlerAnswer>::toTerm(const HandlerAnswer& value) {
    return value.error ? *value.error : value.answer.term();
}

Term TermConversion<ManagerState>::toTerm(const ManagerState& value) {
    std::vector<Term> shown;
    for (const Installed& each : value.handlers)
        shown.push_back(
            tuple(each.name.module, each.name.id.value_or(Term(false)), each.object->stateTerm()));
    return listFrom(shown);
}

} // namespace grove
