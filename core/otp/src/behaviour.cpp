#include "behaviour.h"

#include "server_access.h"
#include "start_ack.h"

#include <grove/runtime/info.h>

namespace grove::otp::detail {

namespace {

Term shownName(const ServerName& name) {
    const Via* const via = name.asVia();
    return via != nullptr ? via->key : name.term();
}

} // namespace

Behaviour::Behaviour(ServerCore& server, const StartInfo& info) : m_server(&server) {
    ServerAccess::setParent(server, info.linked ? info.starter : self());
    if (!info.options.name.isNone())
        ensureRare().shownName = shownName(info.options.name);
}

Behaviour::Rare& Behaviour::ensureRare() {
    if (!m_rare)
        m_rare = std::make_unique<Rare>();
    return *m_rare;
}

Term Behaviour::startError(const Caught& caught) const {
    return caught.exitReason();
}

Attempt<std::expected<Step, Term>> Behaviour::changeCode(const sys::Request&) {
    return std::expected<Step, Term>(std::unexpect, atoms::undef);
}

// -- while somebody debugs it

void Behaviour::forgetDebugging() noexcept {
    if (m_rare->debugging->isOver())
        m_rare->debugging.reset();
}

void Behaviour::ensureDebugging() {
    Rare& rare = ensureRare();
    if (!rare.debugging)
        rare.debugging =
            std::make_unique<Debugging>(rare.shownName.isNone() ? Term(self()) : rare.shownName);
}

void Behaviour::beginWatched(const sys::DebugOptions& options) {
    ensureDebugging();
    m_rare->debugging->begin(options);
    forgetDebugging();
}

Term Behaviour::debug(const sys::Request& request) {
    ensureDebugging();
    Term answer = m_rare->debugging->serve(request);
    forgetDebugging();
    return answer;
}

void Behaviour::tell(const Term& event) {
    m_rare->debugging->tell(event);
    forgetDebugging(); // its functions may have been done
}

Term Behaviour::debugTerm() const {
    return isWatched() ? m_rare->debugging->term() : Term::nil();
}

Term Behaviour::loggedEvents() const {
    return isWatched() ? m_rare->debugging->loggedEvents() : Term::nil();
}

// -- starting and stopping

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

grove::Task<Term> dictionaryTerm() {
    auto answer = co_await processInfo(self());
    std::vector<Term> entries;
    if (const auto* told = std::get_if<ProcessInfo>(&answer))
        for (const auto& [key, value] : told->dictionary)
            entries.push_back(tuple(key, value));
    co_return listFrom(entries);
}

} // namespace

bool takeNameFor(const StartInfo& info) {
    if (info.options.name.isNone())
        return true;
    Attempt<std::optional<Pid>> holder = attempt([&] { return takeName(info.options.name); });
    if (!holder) {
        acknowledge(info, StartResult::error(holder.error().exitReason()));
        grove::exit(holder.error().exitReason());
    }
    if (!*holder)
        return true;
    if (info.linked)
        unlink(info.starter); // the loser of a race for a name leaves no exit signal behind
    acknowledge(info, StartResult::error(tuple(atoms::alreadyStarted, **holder)));
    return false;
}

std::optional<Outcome> acknowledgeInit(Behaviour& process, const StartInfo& info,
                                       Attempt<Outcome> decided) {
    if (const std::optional<Term> reason = stopReason(decided)) {
        releaseName(info.options.name);
        acknowledge(info,
                    StartResult::error(decided ? *reason : process.startError(decided.error())));
        if (!reason->isAtom(atoms::normal))
            grove::exit(*reason);
        return std::nullopt;
    }
    if (decided->kind == Outcome::Kind::Ignore) {
        releaseName(info.options.name);
        acknowledge(info, StartResult::ignore());
        return std::nullopt;
    }
    acknowledge(info);
    return std::move(*decided);
}

grove::Task<std::optional<Outcome>> open(Behaviour* process, const StartInfo* start,
                                         InitCall init) {
    if (!takeNameFor(*start))
        co_return std::nullopt;
    co_return acknowledgeInit(*process, *start, co_await Finish(process->begin(init)));
}

namespace {

/// What serving a request gave: the answer, unless there is a decision that did not work out.
struct Served {
    Term answer = atoms::ok;
    std::optional<Attempt<Outcome>> decided;
};

Term failed(Term why) {
    return tuple(atoms::error, std::move(why));
}

/// A callback that failed ends the process; its caller hears of that end.
grove::Task<Served> finishServing(Attempt<Step> step, Served served) {
    Attempt<Outcome> finished = co_await Finish(std::move(step));
    if (!finished)
        served.decided.emplace(std::move(finished));
    co_return served;
}

grove::Task<Served> replaceState(Behaviour* process, sys::Request request) {
    Attempt<Step> replaced = process->replaceState(request);
    if (!replaced) {
        const Caught& caught = replaced.error();
        co_return Served{.answer = failed(tuple(atoms::error, caught.term, caught.stack)),
                         .decided = {}};
    }
    Served served = co_await finishServing(std::move(replaced), {});
    served.answer = tuple(atoms::ok, process->stateTerm());
    co_return served;
}

grove::Task<Served> changeCode(Behaviour* process, sys::Request request, bool isSuspended) {
    Served served;
    if (!isSuspended) {
        served.answer = failed(tuple(atom("unknown_system_msg"), toTerm(request).element(1)));
        co_return served;
    }
    Attempt<std::expected<Step, Term>> changed = process->changeCode(request);
    if (!changed) {
        served.answer = failed(changed.error().catchValue());
        co_return served;
    }
    if (!*changed) {
        served.answer = failed(failed(std::move(changed->error())));
        co_return served;
    }
    co_return co_await finishServing(std::move(**changed), std::move(served));
}

grove::Task<Term> statusTerm(Behaviour* process, bool isSuspended) {
    Term dictionary = co_await dictionaryTerm();
    const Term running = isSuspended ? atoms::suspended : atoms::running;
    co_return tuple(atoms::status, self(), tuple(atom("module"), process->module()),
                    list({std::move(dictionary), running, process->parent(), process->debugTerm(),
                          process->miscTerm(isSuspended)}));
}

} // namespace

grove::Task<std::optional<Attempt<Outcome>>> serveSystem(Behaviour* process, Message message,
                                                         bool* isSuspended) {
    using What = sys::Request::What;
    const From from = message.from();
    Result<sys::Request> request = std::move(message).takePayload().take<sys::Request>();
    GROVE_ASSERT(request.has_value(), "a system request holds another type than it said");
    Served served;
    switch (request->what) {
    case What::GetState:
        served.answer = tuple(atoms::ok, process->stateTerm());
        break;
    case What::GetView:
        served.answer = tuple(atoms::ok, process->viewTerm());
        break;
    case What::GetStatus:
        served.answer = co_await statusTerm(process, *isSuspended);
        break;
    case What::ReplaceState:
        served = co_await replaceState(process, std::move(*request));
        break;
    case What::ChangeCode:
        served = co_await changeCode(process, std::move(*request), *isSuspended);
        break;
    case What::Suspend:
        *isSuspended = true;
        break;
    case What::Resume:
        *isSuspended = false;
        break;
    case What::Debug:
        served.answer = process->debug(*request);
        break;
    case What::Unknown:
        served.answer = failed(tuple(atom("unknown_system_msg"), request->argument));
        break;
    case What::Terminate:
        served.decided.emplace(stopWith(request->argument));
        break;
    case What::Stop: // answered by its end
        co_return Attempt<Outcome>(stopWith(request->argument));
    }
    if (!served.decided || served.decided->has_value())
        grove::reply(from, Payload(std::move(served.answer)));
    co_return std::move(served.decided);
}

} // namespace grove::otp::detail
