#include "behaviour.h"

#include "server_access.h"
#include "start_ack.h"

#include <grove/otp/registry.h>
#include <grove/runtime/info.h>

namespace grove::otp::detail {

Behaviour::Behaviour(ServerCore& server, const StartInfo& info) : m_server(server), m_info(info) {
    ServerAccess::setParent(m_server, info.linked ? info.starter : self());
}

Term Behaviour::startError(const Caught& caught) const {
    return caught.exitReason();
}

std::optional<Term> stopReason(const Attempt<Outcome>& decided) {
    if (!decided)
        return decided.error().exitReason();
    if (decided->kind == Outcome::Kind::Stop || decided->kind == Outcome::Kind::ReplyAndStop)
        return decided->reason;
    return std::nullopt;
}

Outcome stopWith(Term reason) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::Stop;
    outcome.reason = std::move(reason);
    return outcome;
}

namespace {

void releaseName(const ServerName& name) {
    if (const Atom* atom = name.asAtom())
        static_cast<void>(unregisterName(*atom));
    else if (const Via* via = name.asVia())
        Registry::unregister(via->registry, via->key);
}

grove::Task<Term> dictionaryTerm() {
    auto answer = co_await processInfo(self());
    std::vector<Term> entries;
    if (const auto* told = std::get_if<ProcessInfo>(&answer))
        for (const auto& [key, value] : told->dictionary)
            entries.push_back(tuple(key, value));
    co_return listFrom(entries);
}

} // namespace

grove::Task<std::optional<Outcome>> open(Behaviour* process, StartInfo info, InitCall init) {
    Attempt<std::optional<Pid>> holder = attempt([&] { return takeName(info.options.name); });
    if (!holder) {
        acknowledge(info, StartResult::error(holder.error().exitReason()));
        grove::exit(holder.error().exitReason());
    }
    if (*holder) {
        if (info.linked)
            unlink(info.starter); // the loser of a race for a name leaves no exit signal behind
        acknowledge(info, StartResult::error(tuple(atoms::alreadyStarted, **holder)));
        co_return std::nullopt;
    }
    Attempt<Outcome> decided = co_await Finish(process->begin(init));
    if (const std::optional<Term> reason = stopReason(decided)) {
        releaseName(info.options.name);
        acknowledge(info,
                    StartResult::error(decided ? *reason : process->startError(decided.error())));
        if (!reason->isAtom(atoms::normal))
            grove::exit(*reason);
        co_return std::nullopt;
    }
    if (decided->kind == Outcome::Kind::Ignore) {
        releaseName(info.options.name);
        acknowledge(info, StartResult::ignore());
        co_return std::nullopt;
    }
    acknowledge(info);
    co_return std::move(*decided);
}

grove::Task<std::optional<Attempt<Outcome>>> serveSystem(Behaviour* process, Message message,
                                                         bool* isSuspended) {
    using What = sys::Request::What;
    const From from = message.from();
    Result<sys::Request> request = std::move(message).takePayload().take<sys::Request>();
    GROVE_ASSERT(request.has_value(), "a system request holds another type than it said");
    Term answer = atoms::ok;
    std::optional<Attempt<Outcome>> decided;
    switch (request->what) {
    case What::GetState:
        answer = tuple(atoms::ok, process->stateTerm());
        break;
    case What::GetView:
        answer = tuple(atoms::ok, process->viewTerm());
        break;
    case What::GetStatus: {
        Term dictionary = co_await dictionaryTerm();
        answer =
            tuple(atoms::status, self(), tuple(atom("module"), process->module()),
                  list({std::move(dictionary), *isSuspended ? atoms::suspended : atoms::running,
                        process->parent(), Term::nil(), process->miscTerm(*isSuspended)}));
        break;
    }
    case What::ReplaceState: {
        Attempt<Step> replaced = process->replaceState(*request);
        if (!replaced) {
            const Caught& caught = replaced.error();
            answer = tuple(atoms::error, tuple(atoms::error, caught.term, caught.stack));
            break;
        }
        Attempt<Outcome> restored = co_await Finish(std::move(replaced));
        if (!restored)
            decided.emplace(std::move(restored)); // its caller hears of the server's end
        answer = tuple(atoms::ok, process->stateTerm());
        break;
    }
    case What::Suspend:
        *isSuspended = true;
        break;
    case What::Resume:
        *isSuspended = false;
        break;
    case What::Terminate:
        decided.emplace(stopWith(request->argument));
        break;
    case What::Stop: // answered by its end
        co_return Attempt<Outcome>(stopWith(request->argument));
    }
    if (!decided || decided->has_value())
        grove::reply(from, Payload(std::move(answer)));
    co_return decided;
}

} // namespace grove::otp::detail
