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

// What is seldom is in coroutines of their own. They return whether the process ends; why is then
// Turn::end.

/// The rest where init waits.
[[gnu::noinline]] grove::Task<bool> openLater(ServerLoop* loop, std::unique_ptr<Opening> opening) {
    const std::unique_ptr<Turn> turn = loop->takeTurn();
    Attempt<Outcome> decided = co_await attempt(std::move(*turn->pending));
    if (loop->opened(opening->info, std::move(decided)))
        co_return false;
    loop->newTurn().end = atoms::normal;
    co_return true;
}

/// Finishes a turn: waits for its callback, sends the answer, goes on with what it has decided, or
/// runs terminate().
[[gnu::noinline]] grove::Task<bool> finishTurn(ServerLoop* loop) {
    std::unique_ptr<Turn> turn = loop->takeTurn();
    for (;;) {
        if (turn->pending) {
            turn->decided = co_await attempt(std::move(*turn->pending));
            turn->pending.reset();
        }
        if (!loop->goesOn(*turn))
            break;
        if (!turn->decided->continues)
            co_return false;
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
    turn->end = terminated ? std::move(reason) : terminated.error().exitReason();
    loop->keepTurn(std::move(turn));
    co_return true;
}

/// Answers a request of sys.h. It decides nothing, as a rule: then the same wait begins anew, with
/// its whole timeout.
[[gnu::noinline]] grove::Task<bool> systemTurn(ServerLoop* loop) {
    const std::unique_ptr<Turn> turn = loop->takeTurn();
    auto next = co_await serveSystem(loop, std::move(turn->request), &loop->isOnHold);
    if (next)
        loop->newTurn().decided = std::move(*next);
    co_return false;
}

[[gnu::noinline]] grove::Task<bool> hibernateTurn() {
    co_await grove::hibernate();
    co_return false;
}

/// The next turn of a server while somebody debugs it, told to them; none when nobody does any
/// more.
[[gnu::noinline]] grove::Task<bool> watchedTurn(ServerLoop* loop) {
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
            co_return false;
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
            co_return false;
    }
    if (next)
        loop->settleWatched(*next, from);
    Turn& turn = loop->newTurn();
    turn.from = from;
    turn.decided = std::move(next);
    co_return false;
}

/// Awaits one of those above: a Task and its awaiter would be a word more in every server's frame.
class Beside {
public:
    /// The process goes on, or ends: the server is all that it does, or not.
    enum class Result : std::uint8_t { GoesOn, Ends, EndsAlone };

    explicit Beside(grove::Task<bool> work) : m_child(std::move(work).release()) {}
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;
    ~Beside() { m_child.destroy(); }

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiter) {
        return grove::detail::TaskAwaiter<bool>{m_child}.await_suspend(awaiter);
    }
    Result await_resume() {
        auto& work = m_child.promise();
        if (!work.take())
            return Result::GoesOn;
        return EndWith::isAlone(*work.parent()) ? Result::EndsAlone : Result::Ends;
    }

private:
    std::coroutine_handle<grove::detail::TaskPromise<bool>> m_child;
};

/// What is to be done before the next wait.
[[gnu::noinline]] Beside workBeside(ServerLoop& loop, Left left,
                                    std::unique_ptr<Opening>& opening) {
    if (left == Left::Init)
        return Beside(openLater(&loop, std::move(opening)));
    if (left == Left::System)
        return Beside(systemTurn(&loop));
    if (left == Left::Hibernate)
        return Beside(hibernateTurn());
    return Beside(loop.hasTurn() ? finishTurn(&loop) : watchedTurn(&loop));
}

/// Ends the process as its last turn says, see EndWith.
[[gnu::noinline]] void endProcess(ServerLoop& loop, Beside::Result result) {
    Term reason = std::move(loop.takeTurn()->end);
    if (!reason.isAtom(atoms::normal))
        EndWith::end(std::move(reason), result == Beside::Result::EndsAlone);
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
            const Beside::Result result = co_await workBeside(loop, *left, opening);
            if (result != Beside::Result::GoesOn) {
                endProcess(loop, result);
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
