#include "statem_loop.h"

#include "server_access.h"

#include <grove/otp/logger.h>
#include <grove/runtime/process.h>

#include <algorithm>
#include <iterator>

namespace grove::otp::detail {

namespace {

StatemEvent eventOf(Message&& message) {
    using statem::EventType;
    StatemEvent event;
    switch (message.kind()) {
    case MessageKind::Call:
        event.type = EventType::Call;
        event.from = message.from();
        event.content = std::move(message).takePayload();
        return event;
    case MessageKind::Cast:
        event.type = EventType::Cast;
        event.content = std::move(message).takePayload();
        return event;
    case MessageKind::Exit:
        event.content = std::move(message).takeExit();
        return event;
    case MessageKind::Down:
        event.content = std::move(message).takeDown();
        return event;
    case MessageKind::Plain:
        event.content = std::move(message).takePayload();
        return event;
    case MessageKind::Reply:
        event.content = Payload(message.term());
        return event;
    }
    GROVE_UNREACHABLE("a message without a kind");
}

/// What raising `error(Reason)` gives.
Caught raised(Term reason) {
    return attempt([&] { grove::error(std::move(reason)); }).error();
}
Caught badDecision(std::string_view tag, Term what) {
    return raised(tuple(atom(tag), std::move(what)));
}

} // namespace

// -- events

bool StatemLoop::takeInHand() {
    if (!m_queue.empty()) {
        m_event = std::move(m_queue.front());
        m_queue.pop_front();
        return true;
    }
    m_event = m_timeouts.takeZero();
    return m_event.has_value();
}

bool StatemLoop::accept(Message&& message) {
    if (message.kind() == MessageKind::Plain) {
        StatemTimeouts::Found found = m_timeouts.take(message.payload());
        if (found.meaning == StatemTimeouts::Meaning::Late)
            return false;
        if (found.meaning == StatemTimeouts::Meaning::Timeout) {
            m_event = std::move(found.event);
            return true;
        }
    }
    m_event = eventOf(std::move(message));
    return true;
}

std::span<const StatemHandler> StatemLoop::handlers() const noexcept {
    using statem::EventType;
    switch (m_event->type) {
    case EventType::Call:
        return m_type.calls;
    case EventType::Cast:
        return m_type.casts;
    case EventType::Info:
        return m_type.infos;
    case EventType::Internal:
        return m_type.internals;
    case EventType::EventTimeout:
    case EventType::NamedTimeout:
    case EventType::StateTimeout:
        return {};
    }
    return {};
}

StatemStep StatemLoop::dispatch() {
    if (Payload* payload = m_event->payload()) {
        const StatemHandler* handler = findHandler(handlers(), *payload);
        if (handler != nullptr && (!payload->isTerm() || handler->read(*payload))) {
            StatemStep step = handler->run(m_machine, *m_event);
            if (step.matched)
                return step;
        }
    }
    StatemStep step = m_type.handleAny(m_machine, *m_event);
    if (!step.matched)
        grove::error(atoms::functionClause);
    return step;
}

Attempt<StatemStep> StatemLoop::run() {
    if (isWatched())
        tell(tuple(atom("in"), currentTerm(), stateOnly()));
    return attempt([&] { return dispatch(); });
}

Attempt<StatemStep> StatemLoop::runEnter() {
    return attempt([&] {
        const bool isSame = m_entersFrom->object() == nullptr;
        return m_type.handleEnter(m_machine,
                                  isSame ? ServerAccess::state(m_machine) : *m_entersFrom);
    });
}

Attempt<Step> StatemLoop::runTerminate() {
    return attempt([&] {
        return m_type.terminate == nullptr ? Step{}
                                           : m_type.terminate(m_machine, m_end->terminateReason);
    });
}

// -- transitions

void StatemLoop::reply(StatemAction& action) {
    Term told;
    if (isWatched())
        told = tuple(atom("out"), action.payload.term(), action.from.term());
    grove::reply(action.from, std::move(action.payload));
    if (!told.isNone())
        tell(told);
}

void StatemLoop::act(std::vector<StatemAction>& actions) {
    using Kind = StatemAction::Kind;
    for (StatemAction& action : actions) {
        switch (action.kind) {
        case Kind::Reply:
            reply(action);
            break;
        case Kind::NextEvent:
            m_inserted.push_back({.type = action.type,
                                  .content = std::move(action.payload),
                                  .from = action.from,
                                  .name = std::move(action.name)});
            break;
        case Kind::StartTimeout:
            if (action.when.isNegative()) {
                fail(badDecision("bad_action_from_state_function", action.term()));
                return;
            }
            m_timeoutActions.push_back(std::move(action));
            break;
        case Kind::Raise:
            fail(raised(action.content));
            return;
        case Kind::CancelTimeout:
        case Kind::UpdateTimeout:
            m_timeoutActions.push_back(std::move(action));
            break;
        }
    }
}

void StatemLoop::stopAndReply(StatemOutcome& decided) {
    for (StatemAction& action : decided.actions) {
        if (action.kind == StatemAction::Kind::Raise) {
            fail(raised(action.content));
            return;
        }
        if (action.kind != StatemAction::Kind::Reply) {
            fail(badDecision("bad_reply_action_from_state_function", action.term()));
            return;
        }
        reply(action);
    }
    stop(std::move(decided.reason));
}

void StatemLoop::beginFirst() {
    StatemOutcome first = ServerAccess::takeFirst(m_machine);
    m_hibernates = first.hibernates;
    act(first.actions);
    if (m_type.handleEnter != nullptr && !isStopping())
        m_entersFrom.emplace();
}

bool StatemLoop::goesOn(Attempt<StatemOutcome>& decided) {
    if (!decided)
        fail(decided.error());
    else if (decided->kind == StatemOutcome::Kind::Stop)
        stopAndReply(*decided);
    else
        return true;
    return false;
}

void StatemLoop::begin(Attempt<StatemOutcome> decided) {
    using Kind = StatemOutcome::Kind;
    if (!goesOn(decided))
        return;
    m_hibernates = decided->hibernates;
    m_postpones = decided->postpones;
    if (decided->kind == Kind::NextState) {
        AnyState& state = ServerAccess::state(m_machine);
        m_changesState = !m_type.isSameState(state, decided->state);
        std::swap(state, decided->state); // which holds the state before from here on
    }
    act(decided->actions);
    if (m_type.handleEnter == nullptr || isStopping())
        return;
    if (m_changesState)
        m_entersFrom = std::move(decided->state);
    else if (decided->kind == Kind::RepeatState)
        m_entersFrom.emplace();
}

void StatemLoop::enter(Attempt<StatemOutcome> decided) {
    using Kind = StatemOutcome::Kind;
    if (!goesOn(decided))
        return;
    m_hibernates = m_hibernates || decided->hibernates;
    m_entersFrom.reset();
    act(decided->actions);
    if (decided->kind == Kind::RepeatState && !isStopping())
        m_entersFrom.emplace();
}

void StatemLoop::finish() {
    if (m_event && isWatched())
        tell(tuple(m_postpones ? atom("postpone") : atom("consume"), currentTerm(), stateOnly()));
    if (m_postpones)
        m_postponed.push_back(std::move(*m_event));
    m_timeouts.cancel(statem::EventType::EventTimeout);
    if (m_changesState) {
        m_queue.insert(m_queue.begin(), std::make_move_iterator(m_postponed.begin()),
                       std::make_move_iterator(m_postponed.end()));
        m_postponed.clear();
        m_timeouts.cancel(statem::EventType::StateTimeout);
    }
    m_queue.insert(m_queue.begin(), std::make_move_iterator(m_inserted.begin()),
                   std::make_move_iterator(m_inserted.end()));
    m_inserted.clear();
    for (StatemAction& action : m_timeoutActions)
        m_timeouts.apply(action);
    m_timeoutActions.clear();
    m_changesState = false;
    m_postpones = false;
    m_event.reset();
}

bool StatemLoop::takeHibernation() {
    if (!std::exchange(m_hibernates, false))
        return false;
    trim();
    return true;
}

void StatemLoop::trim() {
    m_queue.shrink_to_fit();
    m_postponed.shrink_to_fit();
    m_inserted.shrink_to_fit();
    m_timeoutActions.shrink_to_fit();
}

// -- the end

void StatemLoop::fail(const Caught& caught) {
    const Term kind = caught.errorClass == ErrorClass::Exit    ? Term(atoms::exit)
                      : caught.errorClass == ErrorClass::Throw ? Term(atoms::throw_)
                                                               : Term(atoms::error);
    m_end = End{.terminateReason = caught.term,
                .exitReason = caught.exitReason(),
                .report = tuple(kind, caught.term, caught.stack)};
    if (caught.errorClass == ErrorClass::Throw)
        m_end->terminateReason = tuple(atom("nocatch"), caught.term);
    m_entersFrom.reset();
}

void StatemLoop::stop(Term reason) {
    m_end = End{.terminateReason = reason,
                .exitReason = reason,
                .report = tuple(atoms::exit, reason, Term::nil())};
    m_entersFrom.reset();
}

void StatemLoop::stop(const Attempt<Outcome>& decided) {
    if (decided)
        stop(decided->reason);
    else
        fail(decided.error());
}

void StatemLoop::terminated(const Attempt<Outcome>& outcome) {
    if (!outcome)
        fail(outcome.error());
}

// -- Behaviour

Term StatemLoop::startError(const Caught& caught) const {
    return caught.errorClass == ErrorClass::Throw ? caught.exitReason() : caught.term;
}

Attempt<Step> StatemLoop::replaceState(const sys::Request& request) {
    return attempt([&] {
        const Term state = request.replace ? request.replace(stateTerm()) : request.argument;
        Result<Step> replaced = m_type.replaceState(m_machine, state);
        if (!replaced)
            grove::error(Term(replaced.error().message));
        return std::move(*replaced);
    });
}

namespace {

/// `[{Type, Content}]`.
template <class Events> void addShown(std::vector<Term>& shown, const Events& events) {
    for (const StatemEvent& each : events) {
        const statem::AnyEvent event = each.any();
        shown.push_back(tuple(event.typeTerm(), event.content));
    }
}

template <class Events> Term shownList(const Events& events) {
    std::vector<Term> shown;
    addShown(shown, events);
    return listFrom(shown);
}

} // namespace

Term StatemLoop::currentTerm() const {
    const statem::AnyEvent event = m_event->any();
    return tuple(event.typeTerm(), event.content);
}

Term StatemLoop::stateOnly() const {
    return stateTerm().element(0);
}

Attempt<std::expected<Step, Term>> StatemLoop::changeCode(const sys::Request& request) {
    if (request.successor != nullptr)
        return Behaviour::changeCode(request); // an object of another class
    return attempt([&] {
        return m_type.codeChange(m_machine,
                                 CodeChange{request.argument, stateTerm(), request.extra});
    });
}

Term StatemLoop::nameTerm() const {
    const ServerName& name = m_info.options.name;
    return name.isNone() ? Term(self()) : name.term();
}

Term StatemLoop::miscTerm(bool isSuspended) const {
    const Term status = isSuspended ? atoms::suspended : atoms::running;
    const Term details = list({tuple(Term("Status"), status), tuple(Term("Parent"), parent()),
                               tuple(Term("Modules"), list({atom(m_type.name)})),
                               tuple(Term("Time-outs"), m_timeouts.term()),
                               tuple(Term("Logged Events"), loggedEvents()),
                               tuple(Term("Postponed"), shownList(m_postponed))});
    return list({tuple(atom("header"), tuple(Term("Status for state machine"), nameTerm())),
                 tuple(atoms::data, details),
                 tuple(atoms::data, list({tuple(Term("State"), viewTerm())}))});
}

Term StatemLoop::reportTerm() const {
    const statem::CallbackMode mode = m_type.callbackMode(m_machine);
    std::vector<Term> queue;
    if (m_event)
        addShown(queue, std::span(&*m_event, 1));
    addShown(queue, m_queue);
    return map({{atoms::label, tuple(atoms::genStatem, atoms::terminate)},
                {atoms::name, nameTerm()},
                {atom("queue"), listFrom(queue)},
                {atom("postponed"), shownList(m_postponed)},
                {atom("modules"), list({atom(m_type.name)})},
                {atom("callback_mode"), mode.kind == statem::CallbackMode::StateFunctions
                                            ? atom("state_functions")
                                            : atom("handle_event_function")},
                {atom("state_enter"), mode.stateEnter},
                {atoms::state, viewTerm()},
                {atom("timeouts"), m_timeouts.term()},
                {atom("log"), loggedEvents()},
                {atom("reason"), m_end->report}});
}

void StatemLoop::report() const {
    if (!isQuietReason(m_end->exitReason))
        logReport(LogLevel::Error, LogKind::Text, reportTerm());
}

} // namespace grove::otp::detail
