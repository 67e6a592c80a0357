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

/// Registers the name and runs init; acknowledges, unless init waits. Returns: what is left to do;
/// nothing at all when there is nothing to serve.
[[gnu::noinline]] std::optional<Left> openAtOnce(ServerLoop& loop, const Opening& opening) {
    if (!takeNameFor(opening.info))
        return std::nullopt;
    Attempt<Step> step = loop.begin(opening.init);
    if (step && step->pending) {
        loop.beginTurn({}, std::move(step));
        return Left::Init;
    }
    Attempt<Outcome> decided =
        step ? Attempt<Outcome>(std::move(step->done)) : std::unexpected(std::move(step.error()));
    return loop.opened(opening.info, std::move(decided)) ? std::optional(Left::Nothing)
                                                         : std::nullopt;
}

// Why the process ends, if it does.
using End = std::optional<Term>;

/// The rest where init waits.
[[gnu::noinline]] grove::Task<End> openLater(ServerLoop* loop, std::unique_ptr<Opening> opening) {
    const std::unique_ptr<Turn> turn = loop->takeTurn();
    Attempt<Outcome> decided = co_await attempt(std::move(*turn->pending));
    co_return loop->opened(opening->info, std::move(decided)) ? std::nullopt : End(atoms::normal);
}

/// Finishes a turn: waits for its callback, sends the answer, goes on with what it has decided, or
/// runs terminate().
[[gnu::noinline]] grove::Task<End> finishTurn(ServerLoop* loop) {
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
[[gnu::noinline]] grove::Task<End> systemTurn(ServerLoop* loop) {
    const std::unique_ptr<Turn> turn = loop->takeTurn();
    auto next = co_await serveSystem(loop, std::move(turn->request), &loop->isOnHold);
    if (next)
        loop->newTurn().decided = std::move(*next);
    co_return std::nullopt;
}

[[gnu::noinline]] grove::Task<End> hibernateTurn() {
    co_await grove::hibernate();
    co_return std::nullopt;
}

/// The next turn of a server while somebody debugs it, told to them; none when nobody does any
/// more.
[[gnu::noinline]] grove::Task<End> watchedTurn(ServerLoop* loop) {
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
            co_return std::nullopt;
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
            co_return std::nullopt;
    }
    if (next)
        loop->settleWatched(*next, from);
    Turn& turn = loop->newTurn();
    turn.from = from;
    turn.decided = std::move(next);
    co_return std::nullopt;
}

/// What is to be done before the next wait.
[[gnu::noinline]] grove::Task<End> workBeside(ServerLoop& loop, Left left,
                                              std::unique_ptr<Opening>& opening) {
    if (left == Left::Init)
        return openLater(&loop, std::move(opening));
    if (left == Left::System)
        return systemTurn(&loop);
    if (left == Left::Hibernate)
        return hibernateTurn();
    return loop.hasTurn() ? finishTurn(&loop) : watchedTurn(&loop);
}

} // namespace

grove::Task<> serve(std::unique_ptr<Opening> opening) {
    ServerLoop loop(*opening);
    std::optional<Left> left = openAtOnce(loop, *opening);
    if (left != Left::Init)
        opening.reset();
    if (!left)
        co_return;
    for (;;) {
        // Awaited in one place: the frame, which the server has for all its life, has room for one.
        if (left != Left::Nothing || loop.hasTurn() || loop.isWatched()) {
            if (End end = co_await workBeside(loop, *left, opening)) {
                if (!end->isAtom(atoms::normal))
                    co_await EndWith(std::move(*end));
                co_return;
            }
            left = Left::Nothing;
            continue;
        }
        // Whether somebody debugs is asked after requests of sys.h only, not for each message.
        do
            left = co_await NextMessage(loop);
        while (left == Left::Nothing);
    }
}

} // namespace detail

} // namespace grove::otp
