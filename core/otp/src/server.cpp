// The loop of every server, compiled once.

#include "server_access.h"
#include "start_ack.h"

#include <grove/otp/call.h>
#include <grove/otp/logger.h>
#include <grove/otp/registry.h>
#include <grove/otp/server.h>
#include <grove/otp/spawn_server.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>
#include <grove/runtime/receive.h>

#include <algorithm>

namespace grove::otp {

bool isQuietReason(const Term& reason) noexcept {
    return reason.isAtom(atoms::normal) || reason.isAtom(atoms::shutdown) ||
           reason.isTagged(atoms::shutdown, 2);
}

namespace detail {

namespace {

/// Waits for what a callback gave: nothing at all for a plain function. What it throws is a value
/// from here on; this and attemptStep() are the only places that invoke callbacks.
class Finish {
public:
    explicit Finish(Attempt<Step> step) : m_step(std::move(step)) {}
    Finish(const Finish&) = delete;
    Finish& operator=(const Finish&) = delete;

    bool await_ready() {
        if (!m_step || !m_step->pending)
            return true;
        m_task.emplace(std::move(*m_step->pending));
        return false;
    }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiter) {
        return m_task->await_suspend(awaiter);
    }
    Attempt<Outcome> await_resume() {
        if (m_task)
            return m_task->await_resume();
        if (!m_step)
            return std::unexpected(std::move(m_step.error()));
        return std::move(m_step->done);
    }

private:
    Attempt<Step> m_step;
    std::optional<grove::detail::AttemptAwaiter<Outcome>> m_task;
};

const Handler* findHandler(std::span<const Handler> handlers, const Payload& payload) noexcept {
    if (payload.kind() == Payload::Kind::Box) {
        const Description* description = &payload.box().description();
        const auto at = std::ranges::find(handlers, description, &Handler::description);
        return at == handlers.end() ? nullptr : &*at;
    }
    const Term* term = payload.asTerm();
    if (term == nullptr)
        return nullptr;
    const std::optional<Atom> tag =
        term->tupleSize() > 0 ? term->element(0).asAtom() : term->asAtom();
    if (!tag)
        return nullptr;
    const auto at = std::ranges::find_if(handlers, [&](const Handler& handler) {
        const Description& described = *handler.description;
        const bool fits = described.fields.empty() ? term->isAtom() : term->tupleSize() > 1;
        return fits && described.form == Form::Tuple && described.tag() == *tag;
    });
    return at == handlers.end() ? nullptr : &*at;
}

/// One server's loop between two waits.
class Loop {
public:
    Loop(ServerCore* server, const ServerType* type, const StartInfo* info)
        : m_server(*server), m_type(*type), m_info(*info) {
        ServerAccess::setParent(m_server, m_info.linked ? m_info.starter : self());
    }

    std::optional<Pid> takeName() { return detail::takeName(m_info.options.name); }
    void releaseName() {
        const ServerName& name = m_info.options.name;
        if (const Atom* atom = name.asAtom())
            static_cast<void>(unregisterName(*atom));
        else if (const Via* via = name.asVia())
            Registry::unregister(via->registry, via->key);
    }

    Attempt<Step> begin(const InitCall& init) {
        return attempt([&] { return init.run(m_server, init.arguments); });
    }
    Attempt<Step> resume(Term what) {
        return attempt([&] {
            if (m_type.handleContinue == nullptr)
                grove::error(atoms::undef);
            return m_type.handleContinue(m_server, std::move(what));
        });
    }
    Attempt<Step> timeOut() {
        return attempt([&] {
            if (m_type.handleTimeout != nullptr)
                return m_type.handleTimeout(m_server);
            return info(Payload(Term(atoms::timeout)));
        });
    }
    Attempt<Step> finish(Term why) {
        return attempt([&] {
            return m_type.terminate == nullptr ? Step{}
                                               : m_type.terminate(m_server, std::move(why));
        });
    }

    [[nodiscard]] bool isSystemRequest(const Message& message) const noexcept {
        return message.kind() == MessageKind::Call && message.get<sys::Request>() != nullptr;
    }
    [[nodiscard]] bool isParentsExit(const Message& message) const noexcept {
        return message.kind() == MessageKind::Exit && message.sender() == m_server.parent();
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
    [[nodiscard]] Attempt<Step> replaceState(const sys::Request& request);
    [[nodiscard]] Term status(Term dictionary, bool isSuspended) const;

    [[nodiscard]] Term stateTerm() const { return m_type.stateTerm(m_server); }
    [[nodiscard]] Term viewTerm() const { return m_type.viewTerm(m_server); }

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
            if (m_type.handleExit != nullptr)
                return m_type.handleExit(m_server, std::move(message).takeExit());
            break;
        case MessageKind::Down:
            if (m_type.handleDown != nullptr)
                return m_type.handleDown(m_server, std::move(message).takeDown());
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
        if (const Handler* handler = findHandler(m_type.calls, payload)) {
            Step step = handler->run(m_server, std::move(payload), &from);
            if (step.matched)
                return step;
        } else if (m_type.handleCallTerm != nullptr) {
            return m_type.handleCallTerm(m_server, std::move(payload), &from);
        }
        grove::error(atoms::functionClause);
    }
    Step cast(Payload payload) {
        if (const Handler* handler = findHandler(m_type.casts, payload)) {
            Step step = handler->run(m_server, std::move(payload), nullptr);
            if (step.matched)
                return step;
        } else if (m_type.handleCastTerm != nullptr) {
            return m_type.handleCastTerm(m_server, std::move(payload));
        }
        grove::error(atoms::functionClause);
    }
    Step info(Payload payload) {
        if (const Handler* handler = findHandler(m_type.infos, payload)) {
            // A term of the right tag that does not convert leaves the payload as it is.
            Term asTerm = payload.isTerm() ? *payload.asTerm() : Term();
            Step step = handler->run(m_server, std::move(payload), nullptr);
            if (step.matched)
                return step;
            payload = Payload(std::move(asTerm));
        }
        if (m_type.handleInfoTerm != nullptr)
            return m_type.handleInfoTerm(m_server, std::move(payload));
        logReport(LogLevel::Warning, LogKind::Text,
                  tuple(atom("unexpected_message"), Term(m_type.name), payload.term()));
        return {};
    }

public:
    /// Sends the answer that a callback of a call gave.
    void settle(Outcome& outcome) {
        if (outcome.kind == Outcome::Kind::Reply || outcome.kind == Outcome::Kind::ReplyAndStop)
            grove::reply(m_from, std::move(outcome.reply));
    }

private:
    ServerCore& m_server;
    const ServerType& m_type;
    const StartInfo& m_info;
    From m_from; // of the call that is being handled
};

Attempt<Step> Loop::replaceState(const sys::Request& request) {
    return attempt([&] {
        Term state =
            request.replace ? request.replace(m_type.stateTerm(m_server)) : request.argument;
        Result<Step> replaced = m_type.replaceState(m_server, state);
        if (!replaced)
            grove::error(Term(replaced.error().message));
        return std::move(*replaced);
    });
}

Term Loop::status(Term dictionary, bool isSuspended) const {
    const Term misc =
        list({tuple(atom("header"), Term(m_type.name)),
              tuple(atoms::data, list({tuple(Term("State"), m_type.viewTerm(m_server))}))});
    return tuple(atoms::status, self(), tuple(atom("module"), atoms::genServer),
                 list({std::move(dictionary), isSuspended ? atoms::suspended : atoms::running,
                       m_server.parent(), Term::nil(), misc}));
}

/// What a decision says about stopping; nothing to go on.
std::optional<Term> stopReason(const Attempt<Outcome>& decided) {
    if (!decided)
        return decided.error().exitReason();
    if (decided->kind == Outcome::Kind::Stop || decided->kind == Outcome::Kind::ReplyAndStop)
        return decided->reason;
    return std::nullopt;
}

grove::Task<Term> dictionaryTerm() {
    auto answer = co_await processInfo(self());
    std::vector<Term> entries;
    if (const auto* told = std::get_if<ProcessInfo>(&answer))
        for (const auto& [key, value] : told->dictionary)
            entries.push_back(tuple(key, value));
    co_return listFrom(entries);
}

/// Registers, runs init and acknowledges. Returns: the first decision; nothing when there is
/// nothing to serve.
grove::Task<std::optional<Outcome>> open(Loop* loop, StartInfo info, InitCall init) {
    Attempt<std::optional<Pid>> holder = attempt([&] { return loop->takeName(); });
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
    Attempt<Outcome> decided = co_await Finish(loop->begin(init));
    if (const std::optional<Term> reason = stopReason(decided)) {
        loop->releaseName();
        acknowledge(info, StartResult::error(*reason));
        if (!reason->isAtom(atoms::normal))
            grove::exit(*reason);
        co_return std::nullopt;
    }
    if (decided->kind == Outcome::Kind::Ignore) {
        loop->releaseName();
        acknowledge(info, StartResult::ignore());
        co_return std::nullopt;
    }
    acknowledge(info);
    co_return std::move(*decided);
}

/// Runs terminate() and ends the process.
grove::Task<> close(Loop* loop, Term reason) {
    const Attempt<Outcome> terminated = co_await Finish(loop->finish(reason));
    if (!terminated)
        reason = terminated.error().exitReason();
    if (!reason.isAtom(atoms::normal))
        grove::exit(std::move(reason));
}

Outcome stopWith(Term reason) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::Stop;
    outcome.reason = std::move(reason);
    return outcome;
}

/// Serves a request of sys.h. Returns: a decision where it ends the server or a callback of it
/// failed.
grove::Task<std::optional<Attempt<Outcome>>> serveSystem(Loop* loop, Message message,
                                                         bool* isSuspended) {
    using What = sys::Request::What;
    const From from = message.from();
    Result<sys::Request> request = std::move(message).takePayload().take<sys::Request>();
    GROVE_ASSERT(request.has_value(), "a system request holds another type than it said");
    Term answer = atoms::ok;
    std::optional<Attempt<Outcome>> decided;
    switch (request->what) {
    case What::GetState:
        answer = tuple(atoms::ok, loop->stateTerm());
        break;
    case What::GetView:
        answer = tuple(atoms::ok, loop->viewTerm());
        break;
    case What::GetStatus: {
        Term dictionary = co_await dictionaryTerm();
        answer = loop->status(std::move(dictionary), *isSuspended);
        break;
    }
    case What::ReplaceState: {
        Attempt<Step> replaced = loop->replaceState(*request);
        if (!replaced) {
            const Caught& caught = replaced.error();
            answer = tuple(atoms::error, tuple(atoms::error, caught.term, caught.stack));
            break;
        }
        Attempt<Outcome> restored = co_await Finish(std::move(replaced));
        if (!restored)
            decided.emplace(std::move(restored)); // its caller hears of the server's end
        answer = tuple(atoms::ok, loop->stateTerm());
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

/// What a server takes next: everything, or while it is suspended only what acts then, too.
struct Wanted {
    const Loop* loop;
    bool isSuspended;
    bool operator()(const Message& waiting) const noexcept {
        return !isSuspended || loop->isSystemRequest(waiting) || loop->isParentsExit(waiting);
    }
};

} // namespace

grove::Task<> serve(ServerCore* server, const ServerType* type, StartInfo info, InitCall init) {
    Loop loop(server, type, &info);
    std::optional<Outcome> opened = co_await open(&loop, info, init);
    if (!opened)
        co_return;
    Attempt<Outcome> decided = std::move(*opened);
    bool isSuspended = false;
    for (;;) {
        if (decided)
            loop.settle(*decided);
        if (const std::optional<Term> reason = stopReason(decided)) {
            co_await close(&loop, *reason);
            co_return;
        }
        if (decided->continues) {
            decided = co_await Finish(loop.resume(std::move(decided->continuation)));
            continue;
        }
        // Requests of sys.h decide nothing: after each the same wait begins anew, with its whole
        // timeout.
        std::optional<Attempt<Outcome>> next;
        while (!next) {
            const bool waitsForever = decided->timeout < Duration::zero() || isSuspended;
            auto got = co_await grove::receive(on(Wanted{&loop, isSuspended}),
                                               after(waitsForever ? kInfinity : decided->timeout));
            if (Message* message = std::get_if<Message>(&got); message == nullptr)
                next = co_await Finish(loop.timeOut());
            else if (loop.isSystemRequest(*message))
                next = co_await serveSystem(&loop, std::move(*message), &isSuspended);
            else if (loop.isParentsExit(*message))
                next = stopWith(message->payload().term());
            else if (auto left = loop.dispatch(std::move(*message)))
                next = co_await Finish(std::move(*left));
            else
                decided->timeout = Outcome::kNoTimeout; // what it decided
        }
        decided = std::move(*next);
    }
}

} // namespace detail

} // namespace grove::otp
