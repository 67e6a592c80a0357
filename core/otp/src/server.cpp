// The loop of every server, compiled once.

#include "behaviour.h"
#include "server_access.h"

#include <grove/otp/call.h>
#include <grove/otp/logger.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/take_next.h>

namespace grove::otp {

bool isQuietReason(const Term& reason) noexcept {
    return reason.isAtom(atoms::normal) || reason.isAtom(atoms::shutdown) ||
           reason.isTagged(atoms::shutdown, 2);
}

namespace detail {

namespace {

/// What a turn of the loop leaves to do: wait for the next message, wait for the callback and see
/// what it has decided, answer a request of sys.h, or hibernate.
enum class Left : std::uint8_t { Nothing, Rest, System, Hibernate };

/// One server's loop between two waits. Everything that lives through a wait lies in it or in the
/// frame of serve(), which every server has: both are kept small.
class Loop final : public Behaviour {
public:
    Loop(ServerCore* server, const ServerType* type, const StartInfo* info)
        : Behaviour(*server, *info), m_current(server), m_type(type),
          m_hibernateAfter(info->options.hibernateAfter.value_or(kInfinity)) {}

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

    /// Does with the message that has come, or with the end of the wait for one, what can be done
    /// at once, and with the messages that have come as well. Most go to a plain function that
    /// decides no more than an answer, which is sent: then nothing is left. Not inlined: what it
    /// needs lies on the stack, not in the frame.
    [[gnu::noinline]] Left turn(bool isMessage) {
        if (!isMessage && !hasTimeout()) {
            decided->hibernates = true; // and again after a request of sys.h
            return Left::Hibernate;
        }
        if (!isMessage) {
            begin(timeOut());
            return Left::Rest;
        }
        Left left = Left::Nothing;
        do {
            if (isSystemRequest(message))
                return Left::System;
            if (isParentsExit(message)) {
                decided = stopWith(message.payload().term());
                return Left::Rest;
            }
            left = dispatch();
        } while (left == Left::Nothing && grove::detail::takeNext(message));
        return left;
    }
    /// Runs handleContinue(). Requires: the latest decision wants it. Not inlined, as above.
    [[gnu::noinline]] void goOn() { begin(resume(std::move(decided->continuation))); }
    /// Takes what a callback gave: its decision, or the task that will make it.
    void begin(Attempt<Step> step) {
        if (step && step->pending)
            pending.emplace(std::move(*step->pending));
        else if (step)
            decided = std::move(step->done);
        else
            decided = std::unexpected(std::move(step.error()));
    }
    /// Sends what the latest decision answers. Returns: false when it ends the process.
    [[nodiscard]] bool goesOn() {
        if (!decided)
            return false;
        settle(*decided);
        return decided->kind != Outcome::Kind::Stop;
    }
    [[nodiscard]] bool hasTimeout() const noexcept { return decided->timeout >= Duration::zero(); }
    /// How long it waits for the next message. Past that it handles its timeout, or without one
    /// hibernates.
    [[nodiscard]] Duration limit() const {
        if (isOnHold)
            return kInfinity;
        const Duration idle = decided->hibernates ? Duration::zero() : m_hibernateAfter;
        return grove::detail::checkedLimit(hasTimeout() ? decided->timeout : idle);
    }
    [[nodiscard]] Attempt<Step> replaceState(const sys::Request& request) override;
    [[nodiscard]] Attempt<std::expected<Step, Term>>
    changeCode(const sys::Request& request) override;
    [[nodiscard]] Term miscTerm(bool isSuspended) const override;
    [[nodiscard]] Atom module() const override { return m_type->module; }
    [[nodiscard]] Term stateTerm() const override { return m_type->stateTerm(*m_current); }
    [[nodiscard]] Term viewTerm() const override { return m_type->viewTerm(*m_current); }

    /// The message's callback, with everything left to do. Requires: isWatched().
    Attempt<Step> dispatchWatched(Message&& taken) {
        tell(tuple(atom("in"), taken.term()));
        return attempt([&] { return dispatchTyped(std::move(taken)); });
    }
    /// Sends the answer, and tells what was decided. Nothing is left to send.
    void settleWatched(Outcome& outcome);

    // What the loop waits with, and what it was told last.
    Message message;
    Attempt<Outcome> decided;
    std::optional<grove::Task<Outcome>> pending; // decides
    bool isOnHold = false;                       // by sys.h: takes only what acts then, too

private:
    /// Keeps a step where its callback has put it.
    struct StepThere {
        union {
            Step step;
        };
        StepThere() noexcept {}
        StepThere(const StepThere&) = delete;
        StepThere& operator=(const StepThere&) = delete;
        ~StepThere() {}
    };
    Left dispatch() {
        StepThere there;
        Attempt<void> done =
            attempt([&] { ::new (&there.step) Step(dispatchTyped(std::move(message))); });
        if (!done) [[unlikely]] {
            decided = std::unexpected(std::move(done.error()));
            return Left::Rest;
        }
        Step& step = there.step;
        if (!step.pending && step.done.isPlain()) [[likely]] {
            settle(step.done);
            decided->timeout = Outcome::kNoTimeout; // what it decided
            decided->hibernates = false;
            GROVE_ASSERT(step.done.isEmpty(), "a plain decision holds no more than its answer");
            return Left::Nothing; // nothing of it is left to destroy
        }
        begin(std::move(step));
        step.~Step();
        return Left::Rest;
    }
    Step dispatchTyped(Message&& taken) {
        switch (taken.kind()) {
        case MessageKind::Call: {
            const From from = taken.from();
            return call(std::move(taken).takePayload(), from);
        }
        case MessageKind::Cast:
            return cast(std::move(taken).takePayload());
        case MessageKind::Exit:
            if (m_type->handleExit != nullptr)
                return m_type->handleExit(*m_current, std::move(taken).takeExit());
            break;
        case MessageKind::Down:
            if (m_type->handleDown != nullptr)
                return m_type->handleDown(*m_current, std::move(taken).takeDown());
            break;
        case MessageKind::Plain:
            return info(std::move(taken).takePayload());
        case MessageKind::Reply:
            if (m_type->handleReply != nullptr)
                return m_type->handleReply(*m_current, std::move(taken));
            break;
        }
        return info(Payload(taken.term()));
    }
    Step call(Payload payload, const From& from) {
        m_from = from;
        if (const Handler* handler = findHandler(m_type->calls, payload)) {
            Step step = handler->run(*m_current, payload, &from);
            if (step.matched)
                return step;
        } else if (m_type->handleCallTerm != nullptr) {
            return m_type->handleCallTerm(*m_current, payload, &from);
        }
        grove::error(atoms::functionClause);
    }
    Step cast(Payload payload) {
        if (const Handler* handler = findHandler(m_type->casts, payload)) {
            Step step = handler->run(*m_current, payload, nullptr);
            if (step.matched)
                return step;
        } else if (m_type->handleCastTerm != nullptr) {
            return m_type->handleCastTerm(*m_current, payload);
        }
        grove::error(atoms::functionClause);
    }
    Step info(Payload payload) {
        if (const Handler* handler = findHandler(m_type->infos, payload)) {
            // A term of the right tag that does not convert leaves the payload as it is.
            Step step = handler->run(*m_current, payload, nullptr);
            if (step.matched)
                return step;
        }
        if (m_type->handleInfoTerm != nullptr)
            return m_type->handleInfoTerm(*m_current, payload);
        logReport(LogLevel::Warning, LogKind::Text,
                  tuple(atom("unexpected_message"), Term(m_type->name), payload.term()));
        return {};
    }

public:
    /// Sends the answer that a callback of a call gave; then none is left to send.
    void settle(Outcome& outcome) {
        if (outcome.kind != Outcome::Kind::Reply && outcome.kind != Outcome::Kind::ReplyAndStop)
            return;
        outcome.kind =
            outcome.kind == Outcome::Kind::Reply ? Outcome::Kind::Go : Outcome::Kind::Stop;
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

/// Waits for the next message of a server, or until its timeout.
class NextMessage final : public grove::detail::Waiter {
public:
    explicit NextMessage(Loop& loop)
        : Waiter(grove::detail::WaitKind::Receive), m_loop(loop), m_limit(loop.limit()) {}
    ~NextMessage() = default;

    bool tryMatch(Message& waiting) override {
        if (!Wanted{&m_loop, m_loop.isOnHold}(waiting))
            return false;
        m_loop.message = std::move(waiting);
        isTaken = true;
        return true;
    }
    bool await_ready() { return begin(m_limit); }
    void await_suspend(std::coroutine_handle<> leaf) noexcept { suspend(leaf); }
    Left await_resume() {
        finish();
        return m_loop.turn(isTaken);
    }

private:
    Loop& m_loop;
    Duration m_limit;
};

/// Waits for what a callback left to wait for: nothing at all after a plain function.
class Rest {
public:
    explicit Rest(Loop& loop) noexcept : m_loop(loop) {}
    Rest(const Rest&) = delete;
    Rest& operator=(const Rest&) = delete;

    bool await_ready() {
        if (!m_loop.pending)
            return true;
        m_task.emplace(std::move(*m_loop.pending));
        m_loop.pending.reset();
        return false;
    }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiter) {
        return m_task->await_suspend(awaiter);
    }
    [[gnu::noinline]] void await_resume() {
        if (m_task)
            m_loop.decided = m_task->await_resume();
    }

private:
    Loop& m_loop;
    std::optional<grove::detail::AttemptAwaiter<Outcome>> m_task;
};

// Not inlined: the compiler would put the frames of those it inlines into serve()'s.

/// Registers the name and runs init. Returns: whether there is something to serve.
[[gnu::noinline]] grove::Task<bool> opened(Loop* loop, std::unique_ptr<Opening> opening) {
    std::optional<Outcome> first = co_await open(loop, &opening->info, opening->init);
    if (!first)
        co_return false;
    loop->decided = std::move(*first);
    if (opening->info.options.debug)
        loop->beginWatched(*opening->info.options.debug);
    co_return true;
}

/// Runs terminate(). Returns: why the process ends.
[[gnu::noinline]] grove::Task<Term> close(Loop* loop) {
    Term reason = *stopReason(loop->decided);
    const Attempt<Outcome> terminated = co_await Finish(loop->finish(reason));
    if (!terminated)
        reason = terminated.error().exitReason();
    co_return reason;
}

/// Answers a request of sys.h. It decides nothing, as a rule: then the same wait begins anew, with
/// its whole timeout.
[[gnu::noinline]] grove::Task<> systemTurn(Loop* loop) {
    auto next = co_await serveSystem(loop, std::move(loop->message), &loop->isOnHold);
    if (next)
        loop->decided = std::move(*next);
}

/// The next decision of a server while somebody debugs it, told to them; none when nobody does any
/// more.
[[gnu::noinline]] grove::Task<> watchedTurn(Loop* loop) {
    Attempt<Outcome> next;
    if (loop->decided->continues) {
        loop->tell(tuple(atoms::continue_, loop->decided->continuation));
        next = co_await Finish(loop->resume(std::move(loop->decided->continuation)));
    } else {
        for (;;) {
            auto got =
                co_await grove::receive(on(Wanted{loop, loop->isOnHold}), after(loop->limit()));
            Message* message = std::get_if<Message>(&got);
            if (message == nullptr && !loop->hasTimeout()) {
                loop->decided->hibernates = true; // and again after a request of sys.h
                co_await grove::hibernate();
                continue;
            }
            if (message == nullptr) {
                loop->tell(tuple(atom("in"), atoms::timeout));
                next = co_await Finish(loop->timeOut());
                break;
            }
            if (loop->isParentsExit(*message)) {
                loop->decided = stopWith(message->payload().term());
                co_return;
            }
            if (!loop->isSystemRequest(*message)) {
                next = co_await Finish(loop->dispatchWatched(std::move(*message)));
                break;
            }
            auto served = co_await serveSystem(loop, std::move(*message), &loop->isOnHold);
            if (served)
                loop->decided = std::move(*served);
            if (served || !loop->isWatched())
                co_return;
        }
    }
    if (next)
        loop->settleWatched(*next);
    loop->decided = std::move(next);
}

} // namespace

grove::Task<> serve(ServerCore* server, const ServerType* type, std::unique_ptr<Opening> opening) {
    Loop loop(server, type, &opening->info);
    if (!co_await opened(&loop, std::move(opening)))
        co_return;
    while (loop.goesOn()) {
        if (loop.isWatched()) {
            co_await watchedTurn(&loop);
            continue;
        }
        if (loop.decided->continues) {
            loop.goOn();
        } else {
            // Whether somebody debugs is asked after requests of sys.h only, not for each message.
            Left left = Left::Nothing;
            while (left == Left::Nothing || left == Left::Hibernate) {
                if (left == Left::Hibernate)
                    co_await grove::hibernate();
                left = co_await NextMessage(loop);
            }
            if (left == Left::System) {
                co_await systemTurn(&loop);
                continue;
            }
        }
        co_await Rest(loop);
    }
    Term reason = co_await close(&loop);
    if (!reason.isAtom(atoms::normal))
        co_await EndWith(std::move(reason));
}

} // namespace detail

} // namespace grove::otp
