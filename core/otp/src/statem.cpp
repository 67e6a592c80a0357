// The process of every state machine, compiled once.

#include "statem_loop.h"

#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>

namespace grove::otp::detail {

namespace {

/// Events that a machine gives itself are handled without waiting; so many, and others get a turn.
constexpr unsigned kEventsPerTurn = 256;

/// Waits until there is something to be done: a current event, or an end.
grove::Task<> awaitEvent(StatemLoop* loop, bool* isSuspended) {
    bool hibernates = loop->takeHibernation();
    for (;;) {
        if (hibernates && !*isSuspended)
            co_await grove::hibernate();
        const Duration limit = *isSuspended ? kInfinity : loop->hibernateAfter();
        auto got = co_await grove::receive(on(Wanted{loop, *isSuspended}), after(limit));
        if (got.index() == 1) {
            loop->trim();
            hibernates = true;
            continue;
        }
        Message& message = std::get<Message>(got);
        if (StatemLoop::isSystemRequest(message)) {
            if (auto decided = co_await serveSystem(loop, std::move(message), isSuspended)) {
                loop->stop(*decided);
                co_return;
            }
        } else if (loop->isParentsExit(message)) {
            loop->stop(message.payload().term());
            co_return;
        } else if (loop->accept(std::move(message))) {
            co_return;
        }
    }
}

grove::Task<> close(StatemLoop* loop) {
    loop->terminated(co_await Finish(loop->runTerminate()));
    loop->report();
    if (!loop->exitReason().isAtom(atoms::normal))
        grove::exit(loop->exitReason());
}

} // namespace

grove::Task<> serveStatem(StatemCore* machine, const StatemType* type, StartInfo info,
                          InitCall init) {
    StatemLoop loop(machine, type, &info);
    if (!co_await open(&loop, &info, init))
        co_return;
    if (info.options.debug)
        loop.beginWatched(*info.options.debug);
    bool isSuspended = false;
    unsigned events = 0;
    loop.beginFirst();
    for (;;) {
        while (loop.wantsEnter())
            loop.enter(co_await FinishOf<StatemOutcome>(loop.runEnter()));
        if (!loop.isStopping()) {
            loop.finish();
            if (!loop.takeInHand())
                co_await awaitEvent(&loop, &isSuspended);
            else if (++events % kEventsPerTurn == 0)
                co_await grove::yield();
        }
        if (loop.isStopping()) {
            co_await close(&loop);
            co_return;
        }
        loop.begin(co_await FinishOf<StatemOutcome>(loop.run()));
    }
}

} // namespace grove::otp::detail
