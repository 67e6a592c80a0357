// What a server does seldom: its state is asked for or replaced, its code changes, it is debugged.

#include "server_loop.h"

#include "server_access.h"

namespace grove::otp::detail {

Attempt<Step> ServerLoop::replaceState(const sys::Request& request) {
    return attempt([&] {
        if (request.replace && m_type->changeState != nullptr)
            return std::move(*m_type->changeState(*m_server, request.replace));
        Term state =
            request.replace ? request.replace(m_type->stateTerm(*m_server)) : request.argument;
        Result<Step> replaced = m_type->replaceState(*m_server, state);
        if (!replaced)
            grove::error(Term(replaced.error().message));
        return std::move(*replaced);
    });
}

void ServerLoop::settleWatched(Outcome& outcome, const From& from) {
    const bool isReply =
        outcome.kind == Outcome::Kind::Reply || outcome.kind == Outcome::Kind::ReplyAndStop;
    Term event;
    if (isReply)
        event = tuple(atom("out"), outcome.reply.term(), from.term(), stateTerm());
    else if (outcome.kind == Outcome::Kind::Go)
        event = tuple(atoms::noreply, stateTerm());
    settle(outcome, from);
    if (isWatched() && !event.isNone())
        tell(event);
}

Attempt<std::expected<Step, Term>> ServerLoop::changeCode(const sys::Request& request) {
    return attempt([&]() -> std::expected<Step, Term> {
        const ServerType* type = request.successor ? request.successor() : m_type;
        std::shared_ptr<ServerCore> successor = request.successor ? type->make() : nullptr;
        ServerCore& server = successor ? *successor : *m_server;
        ServerAccess::setParent(server, parent());
        CodeChange change{request.argument, m_type->stateTerm(*m_server), request.extra};
        std::expected<Step, Term> changed = type->codeChange(server, std::move(change));
        if (!changed || !successor)
            return changed;
        Rare& rare = ensureRare();
        if (rare.first == nullptr) {
            rare.first = m_server;
            rare.firstType = m_type;
        }
        m_server = successor.get();
        m_type = type;
        rare.successor = std::move(successor);
        setInitialCall(type->initialCall);
        setBehaviour(type->behaviour);
        return changed;
    });
}

Term ServerLoop::miscTerm(bool isSuspended) const {
    const Term running = isSuspended ? atoms::suspended : atoms::running;
    return list(
        {tuple(atom("header"), Term(m_type->name)),
         tuple(atoms::data, list({tuple(Term("Status"), running), tuple(Term("Parent"), parent()),
                                  tuple(Term("Logged events"), loggedEvents())})),
         tuple(atoms::data, list({tuple(Term("State"), viewTerm())}))});
}

} // namespace grove::otp::detail
