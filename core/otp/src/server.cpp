// The loop of every server, compiled once.

#include "server_loop.h"

namespace grove::otp {

bool isQuietReason(const Term& reason) noexcept {
    return reason.isAtom(atoms::normal) || reason.isAtom(atoms::shutdown) ||
           reason.isTagged(atoms::shutdown, 2);
}

namespace detail {

namespace {

/// Waits for the next message of a server, or until its timeout.
class NextMessage final : public grove::detail::Waiter {
public:
    explicit NextMessage(ServerLoop& loop)
        : Waiter(grove::detail::WaitKind::Receive), m_loop(loop) {}
    ~NextMessage() = default;

    bool tryMatch(Message& waiting) override {
        if (!Wanted{&m_loop, m_loop.isOnHold}(waiting))
            return false;
        taken = &waiting;
        isTaken = hasEnvelope = true;
        return true;
    }
    bool await_ready() { return begin(m_loop.limit()); }
    void await_suspend(std::coroutine_handle<> leaf) noexcept { suspend(leaf); }
    Left await_resume() {
        finish();
        const Opened opened(*this);
        return m_loop.turn(isTaken ? taken : nullptr);
    }

private:
    ServerLoop& m_loop;
};

// Not inlined: the compiler would put the frames of those it inlines into serve()'s.

enum class Opened : std::uint8_t { No, Yes, Waits };

/// Registers the name and runs init; acknowledges, unless init waits.
[[gnu::noinline]] Opened openAtOnce(ServerLoop& loop, const Opening& opening) {
    if (!takeNameFor(opening.info))
        return Opened::No;
    Attempt<Step> step = loop.begin(opening.init);
    if (step && step->pending) {
        loop.beginTurn({}, std::move(step));
        return Opened::Waits;
    }
    Attempt<Outcome> decided;
    if (step)
        decided = std::move(step->done);
    else
        decided = std::unexpected(std::move(step.error()));
    return loop.opened(opening.info, std::move(decided)) ? Opened::Yes : Opened::No;
}

/// The rest where init waits. Returns: whether there is something to serve.
[[gnu::noinline]] grove::Task<bool> openLater(ServerLoop* loop, const Opening* opening) {
    const std::unique_ptr<Turn> turn = loop->takeTurn();
    Attempt<Outcome> decided = co_await attempt(std::move(*turn->pending));
    co_return loop->opened(opening->info, std::move(decided));
}

/// Finishes a turn: waits for its callback, sends the answer, goes on with what it has decided, or
/// runs terminate(). Returns: why the process ends, if it does.
[[gnu::noinline]] grove::Task<std::optional<Term>> finishTurn(ServerLoop* loop) {
    const std::unique_ptr<Turn> turn = loop->takeTurn();
    for (;;) {
        if (turn->pending) {
            turn->decided = co_await attempt(std::move(*turn->pending));
            turn->pending.reset();
        }
        if (!loop->goesOn(*turn))
            break;
        if (!turn->decided->continues)
            co_return std::nullopt;
        Term what = std::move(turn->decided->continuation);
        if (loop->isWatched()) {
            loop->tell(tuple(atoms::continue_, what));
            turn->decided = co_await Finish(loop->resume(std::move(what)));
            if (turn->decided)
                loop->settleWatched(*turn->decided, turn->from);
        } else {
            ServerLoop::take(*turn, loop->resume(std::move(what)));
        }
    }
    Term reason = *stopReason(turn->decided);
    const Attempt<Outcome> terminated = co_await Finish(loop->finish(reason));
    co_return terminated ? reason : terminated.error().exitReason();
}

/// Answers a request of sys.h. It decides nothing, as a rule: then the same wait begins anew, with
/// its whole timeout.
[[gnu::noinline]] grove::Task<> systemTurn(ServerLoop* loop) {
    const std::unique_ptr<Turn> turn = loop->takeTurn();
    auto next = co_await serveSystem(loop, std::move(turn->request), &loop->isOnHold);
    if (next)
        loop->newTurn().decided = std::move(*next);
}

/// The next turn of a server while somebody debugs it, told to them; none when nobody does any
/// more.
[[gnu::noinline]] grove::Task<> watchedTurn(ServerLoop* loop) {
    Attempt<Outcome> next;
    From from;
    for (;;) {
        auto got = co_await grove::receive(on(Wanted{loop, loop->isOnHold}), after(loop->limit()));
        Message* message = std::get_if<Message>(&got);
        if (message == nullptr && !loop->hasTimeout()) {
            loop->hibernateNext(); // and again after a request of sys.h
            co_await grove::hibernate();
            continue;
        }
        if (message == nullptr) {
            loop->tell(tuple(atom("in"), atoms::timeout));
            next = co_await Finish(loop->timeOut());
            break;
        }
        if (loop->isParentsExit(*message)) {
            loop->newTurn().decided = stopWith(message->payload().term());
            co_return;
        }
        if (!loop->isSystemRequest(*message)) {
            if (message->kind() == MessageKind::Call)
                from = message->from();
            next = co_await Finish(loop->dispatchWatched(*message, from));
            break;
        }
        auto served = co_await serveSystem(loop, std::move(*message), &loop->isOnHold);
        if (served)
            loop->newTurn().decided = std::move(*served);
        if (served || !loop->isWatched())
            co_return;
    }
    if (next)
        loop->settleWatched(*next, from);
    Turn& turn = loop->newTurn();
    turn.from = from;
    turn.decided = std::move(next);
}

} // namespace

grove::Task<> serve(std::unique_ptr<Opening> opening) {
    ServerLoop loop(*opening);
    Opened opened = openAtOnce(loop, *opening);
    if (opened == Opened::Waits)
        opened = co_await openLater(&loop, opening.get()) ? Opened::Yes : Opened::No;
    opening.reset();
    if (opened == Opened::No)
        co_return;
    for (;;) {
        if (loop.hasTurn()) {
            if (std::optional<Term> end = co_await finishTurn(&loop)) {
                if (!end->isAtom(atoms::normal))
                    co_await EndWith(std::move(*end));
                co_return;
            }
        }
        if (loop.isWatched()) {
            co_await watchedTurn(&loop);
            continue;
        }
        // Whether somebody debugs is asked after requests of sys.h only, not for each message.
        Left left = Left::Nothing;
        while (left == Left::Nothing || left == Left::Hibernate) {
            if (left == Left::Hibernate)
                co_await grove::hibernate();
            left = co_await NextMessage(loop);
        }
        if (left == Left::System)
            co_await systemTurn(&loop);
    }
}

} // namespace detail

} // namespace grove::otp
