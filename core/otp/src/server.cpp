// The loop of every server, compiled once.

#include "behaviour.h"
#include "server_access.h"

#include <grove/otp/call.h>
#include <grove/otp/logger.h>
#include <grove/runtime/receive.h>

namespace grove::otp {

bool isQuietReason(const Term& reason) noexcept {
    return reason.isAtom(atoms::normal) || reason.isAtom(atoms::shutdown) ||
           reason.isTagged(atoms::shutdown, 2);
}

namespace detail {

namespace {

/// One server's loop between two waits.
class Loop final : public Behaviour {
public:
    Loop(ServerCore* server, const ServerType* type, const StartInfo* info)
        : Behaviour(*server, *info), m_current(server), m_type(type),
          m_hibernateAfter(info->options.hibernateAfter.value_or(kInfinity)) {}

    [[nodiscard]] Duration hibernateAfter() const noexcept { return m_hibernateAfter; }

    Attempt<Step> resume(Term what) {
        return attempt([&] {
            if (m_type->handleContinue == nullptr)
                grove::error(atoms::undef);
            return m_type->handleContinue(*m_current, std::move(what));
        });
    }
    Attempt<Step> timeOut() {
        return attempt([&] {
            if (m_type->handleTimeout != nullptr)
                return m_type->handleTimeout(*m_current);
            return info(Payload(Term(atoms::timeout)));
        });
    }
    Attempt<Step> finish(Term why) {
        return attempt([&] {
            return m_type->terminate == nullptr ? Step{}
                                                : m_type->terminate(*m_current, std::move(why));
        });
    }

    /// Gives the message to its callback. Returns: what is left to do: nothing when a plain
    /// function decided no more than an answer, as most do, which is sent.
    std::optional<Attempt<Step>> dispatch(Message&& message) {
        std::optional<Attempt<Step>> left;
        Attempt<Step> step = attempt([&] { return dispatchTyped(std::move(message)); });
        if (step && !step->pending && step->done.isPlain()) [[likely]]
            settle(step->done);
        else
            left.emplace(std::move(step));
        return left;
    }
    [[nodiscard]] Attempt<Step> replaceState(const sys::Request& request) override;
    [[nodiscard]] Attempt<std::expected<Step, Term>>
    changeCode(const sys::Request& request) override;
    [[nodiscard]] Term miscTerm(bool isSuspended) const override;
    [[nodiscard]] Atom module() const override { return m_type->module; }
    [[nodiscard]] Term stateTerm() const override { return m_type->stateTerm(*m_current); }
    [[nodiscard]] Term viewTerm() const override { return m_type->viewTerm(*m_current); }

    /// As dispatch(), but everything is left to do. Requires: isWatched().
    Attempt<Step> dispatchWatched(Message&& message) {
        tell(tuple(atom("in"), message.term()));
        return attempt([&] { return dispatchTyped(std::move(message)); });
    }
    /// Sends the answer, and tells what was decided. Nothing is left to send.
    void settleWatched(Outcome& outcome);

private:
    Step dispatchTyped(Message&& message) {
        switch (message.kind()) {
        case MessageKind::Call: {
            const From from = message.from();
            return call(std::move(message).takePayload(), from);
        }
        case MessageKind::Cast:
            return cast(std::move(message).takePayload());
        case MessageKind::Exit:
            if (m_type->handleExit != nullptr)
                return m_type->handleExit(*m_current, std::move(message).takeExit());
            break;
        case MessageKind::Down:
            if (m_type->handleDown != nullptr)
                return m_type->handleDown(*m_current, std::move(message).takeDown());
            break;
        case MessageKind::Plain:
            return info(std::move(message).takePayload());
        case MessageKind::Reply:
            break;
        }
        return info(Payload(message.term()));
    }
    Step call(Payload payload, const From& from) {
        m_from = from;
        if (const Handler* handler = findHandler(m_type->calls, payload)) {
            Step step = handler->run(*m_current, std::move(payload), &from);
            if (step.matched)
                return step;
        } else if (m_type->handleCallTerm != nullptr) {
            return m_type->handleCallTerm(*m_current, std::move(payload), &from);
        }
        grove::error(atoms::functionClause);
    }
    Step cast(Payload payload) {
        if (const Handler* handler = findHandler(m_type->casts, payload)) {
            Step step = handler->run(*m_current, std::move(payload), nullptr);
            if (step.matched)
                return step;
        } else if (m_type->handleCastTerm != nullptr) {
            return m_type->handleCastTerm(*m_current, std::move(payload));
        }
        grove::error(atoms::functionClause);
    }
    Step info(Payload payload) {
        if (const Handler* handler = findHandler(m_type->infos, payload)) {
            // A term of the right tag that does not convert leaves the payload as it is.
            Term asTerm = payload.isTerm() ? *payload.asTerm() : Term();
            Step step = handler->run(*m_current, std::move(payload), nullptr);
            if (step.matched)
                return step;
            payload = Payload(std::move(asTerm));
        }
        if (m_type->handleInfoTerm != nullptr)
            return m_type->handleInfoTerm(*m_current, std::move(payload));
        logReport(LogLevel::Warning, LogKind::Text,
                  tuple(atom("unexpected_message"), Term(m_type->name), payload.term()));
        return {};
    }

public:
    /// Sends the answer that a callback of a call gave.
    void settle(Outcome& outcome) {
        if (outcome.kind == Outcome::Kind::Reply || outcome.kind == Outcome::Kind::ReplyAndStop)
            grove::reply(m_from, std::move(outcome.reply));
    }

private:
    ServerCore* m_current; // another one after a change of code
    const ServerType* m_type;
    const Duration m_hibernateAfter;
    From m_from;                             // of the call that is being handled
    std::shared_ptr<ServerCore> m_successor; // after a change of code: owns *m_current
};

Attempt<Step> Loop::replaceState(const sys::Request& request) {
    return attempt([&] {
        if (request.replace && m_type->changeState != nullptr)
            return std::move(*m_type->changeState(*m_current, request.replace));
        Term state =
            request.replace ? request.replace(m_type->stateTerm(*m_current)) : request.argument;
        Result<Step> replaced = m_type->replaceState(*m_current, state);
        if (!replaced)
            grove::error(Term(replaced.error().message));
        return std::move(*replaced);
    });
}

void Loop::settleWatched(Outcome& outcome) {
    const bool isReply =
        outcome.kind == Outcome::Kind::Reply || outcome.kind == Outcome::Kind::ReplyAndStop;
    Term event;
    if (isReply)
        event = tuple(atom("out"), outcome.reply.term(), m_from.term(), stateTerm());
    else if (outcome.kind == Outcome::Kind::Go)
        event = tuple(atoms::noreply, stateTerm());
    settle(outcome);
    if (isReply)
        outcome.kind =
            outcome.kind == Outcome::Kind::Reply ? Outcome::Kind::Go : Outcome::Kind::Stop;
    if (isWatched() && !event.isNone())
        tell(event);
}

Attempt<std::expected<Step, Term>> Loop::changeCode(const sys::Request& request) {
    return attempt([&]() -> std::expected<Step, Term> {
        const ServerType* type = request.successor ? request.successor() : m_type;
        std::shared_ptr<ServerCore> successor = request.successor ? type->make() : nullptr;
        ServerCore& server = successor ? *successor : *m_current;
        ServerAccess::setParent(server, parent());
        CodeChange change{request.argument, m_type->stateTerm(*m_current), request.extra};
        std::expected<Step, Term> changed = type->codeChange(server, std::move(change));
        if (!changed || !successor)
            return changed;
        m_current = successor.get();
        m_type = type;
        m_successor = std::move(successor);
        setInitialCall(type->initialCall);
        setBehaviour(type->behaviour);
        return changed;
    });
}

Term Loop::miscTerm(bool isSuspended) const {
    const Term running = isSuspended ? atoms::suspended : atoms::running;
    return list(
        {tuple(atom("header"), Term(m_type->name)),
         tuple(atoms::data, list({tuple(Term("Status"), running), tuple(Term("Parent"), parent()),
                                  tuple(Term("Logged events"), loggedEvents())})),
         tuple(atoms::data, list({tuple(Term("State"), viewTerm())}))});
}

/// Runs terminate() and ends the process.
grove::Task<> close(Loop* loop, Term reason) {
    const Attempt<Outcome> terminated = co_await Finish(loop->finish(reason));
    if (!terminated)
        reason = terminated.error().exitReason();
    if (!reason.isAtom(atoms::normal))
        grove::exit(std::move(reason));
}

/// How long a server waits for its next message. Past that it handles its timeout, or without one
/// hibernates.
Duration limitOf(const Outcome& decided, bool isSuspended, Duration hibernateAfter) noexcept {
    if (isSuspended)
        return kInfinity;
    if (decided.timeout >= Duration::zero())
        return decided.timeout;
    return decided.hibernates ? Duration::zero() : hibernateAfter;
}
bool hasTimeout(const Outcome& decided) noexcept {
    return decided.timeout >= Duration::zero();
}

/// The next decision of a server while somebody debugs it, told to them. Returns: nothing when
/// nobody does any more.
grove::Task<std::optional<Attempt<Outcome>>> watchedTurn(Loop* loop, Outcome* waits,
                                                         bool* isSuspended) {
    Attempt<Outcome> decided;
    if (waits->continues) {
        loop->tell(tuple(atoms::continue_, waits->continuation));
        decided = co_await Finish(loop->resume(std::move(waits->continuation)));
    } else {
        for (;;) {
            const Duration limit = limitOf(*waits, *isSuspended, loop->hibernateAfter());
            auto got = co_await grove::receive(on(Wanted{loop, *isSuspended}), after(limit));
            Message* message = std::get_if<Message>(&got);
            if (message == nullptr && !hasTimeout(*waits)) {
                waits->hibernates = true; // and again after a request of sys.h
                co_await grove::hibernate();
                continue;
            }
            if (message == nullptr) {
                loop->tell(tuple(atom("in"), atoms::timeout));
                decided = co_await Finish(loop->timeOut());
                break;
            }
            if (loop->isParentsExit(*message))
                co_return Attempt<Outcome>(stopWith(message->payload().term()));
            if (!loop->isSystemRequest(*message)) {
                decided = co_await Finish(loop->dispatchWatched(std::move(*message)));
                break;
            }
            auto next = co_await serveSystem(loop, std::move(*message), isSuspended);
            if (next || !loop->isWatched())
                co_return next;
        }
    }
    if (decided)
        loop->settleWatched(*decided);
    co_return decided;
}

} // namespace

grove::Task<> serve(ServerCore* server, const ServerType* type, StartInfo info, InitCall init) {
    Loop loop(server, type, &info);
    std::optional<Outcome> opened = co_await open(&loop, info, init);
    if (!opened)
        co_return;
    if (info.options.debug)
        loop.beginWatched(*info.options.debug);
    Attempt<Outcome> decided = std::move(*opened);
    bool isSuspended = false;
    for (;;) {
        if (decided)
            loop.settle(*decided);
        if (const std::optional<Term> reason = stopReason(decided)) {
            co_await close(&loop, *reason);
            co_return;
        }
        std::optional<Attempt<Outcome>> next;
        if (loop.isWatched())
            next = co_await watchedTurn(&loop, &*decided, &isSuspended);
        else if (decided->continues)
            next = co_await Finish(loop.resume(std::move(decided->continuation)));
        // Requests of sys.h decide nothing: after each the same wait begins anew, with its whole
        // timeout. Whether somebody debugs is asked after those only, not for each message.
        while (!next) {
            const Duration limit = limitOf(*decided, isSuspended, loop.hibernateAfter());
            auto got = co_await grove::receive(on(Wanted{&loop, isSuspended}), after(limit));
            Message* message = std::get_if<Message>(&got);
            if (message == nullptr && !hasTimeout(*decided)) {
                decided->hibernates = true;
                co_await grove::hibernate();
            } else if (message == nullptr)
                next = co_await Finish(loop.timeOut());
            else if (loop.isSystemRequest(*message)) {
                next = co_await serveSystem(&loop, std::move(*message), &isSuspended);
                if (!next && loop.isWatched())
                    next = co_await watchedTurn(&loop, &*decided, &isSuspended);
            } else if (loop.isParentsExit(*message))
                next = stopWith(message->payload().term());
            else if (auto left = loop.dispatch(std::move(*message)))
                next = co_await Finish(std::move(*left));
            else {
                decided->timeout = Outcome::kNoTimeout; // what it decided
                decided->hibernates = false;
            }
        }
        decided = std::move(*next);
    }
}

} // namespace detail

} // namespace grove::otp
