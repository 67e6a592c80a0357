#include "core.h"
#include "simulation_driver.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/timers.h>

namespace grove::runtime {

Ref Core::startTimer(Worker* worker, Timer& timer, Instant deadline) {
    timer.deadlineNs.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
    const Ref ref = TimerTable::refOf(timer);
    if (simulation != nullptr) {
        schedulers[0]->startTimer(timer);
        return ref;
    }
    if (worker != nullptr && worker->scheduler != nullptr && worker->lockQueue()) {
        worker->scheduler->startTimer(timer);
        worker->unlockQueue();
        return ref;
    }
    static_cast<void>(timer.word.start());
    if (timerInjector.push(&timer) == StackPushed::First)
        wakeSleeper();
    return ref;
}

Timer& Core::takeTimer(Worker* worker) noexcept {
    if (simulation != nullptr)
        return schedulers[0]->takeTimer();
    if (worker != nullptr && worker->scheduler != nullptr && worker->lockQueue()) {
        Timer& timer = worker->scheduler->takeTimer();
        worker->unlockQueue();
        return timer;
    }
    return timers.take();
}

std::optional<Duration> Core::cancelTimer(Worker* worker, Ref ref) {
    const auto [timer, generation] = timers.find(ref);
    if (timer == nullptr)
        return std::nullopt;
    const Duration left = std::max(timer->when() - clock.now(), Duration::zero());
    switch (timer->word.cancel(generation)) {
    case BasicTimerWord<StdAtomics>::Cancelled::No:
        return std::nullopt;
    case BasicTimerWord<StdAtomics>::Cancelled::WasPending:
        return left; // whoever takes it in frees it
    case BasicTimerWord<StdAtomics>::Cancelled::WasArmed:
        break;
    }
    Scheduler* const home = timer->home.load(std::memory_order_relaxed); // seen through the word
    if (simulation != nullptr) {
        home->removeTimer(*timer);
        return left;
    }
    if (worker != nullptr && worker->scheduler == home && worker->lockQueue()) {
        home->removeTimer(*timer);
        worker->unlockQueue();
        return left;
    }
    if (home->cancelled.push(timer) == StackPushed::First &&
        home->isAsleep.exchange(false, std::memory_order_seq_cst))
        home->parker.unpark(); // its memory must not wait for the timer
    return left;
}

std::optional<Duration> Core::readTimer(Ref ref) const {
    const auto [timer, generation] = timers.find(ref);
    if (timer == nullptr)
        return std::nullopt;
    const Instant when = timer->when();
    if (!timer->word.isWaiting(generation))
        return std::nullopt;
    return std::max(when - clock.now(), Duration::zero());
}

void Core::armDeadline(Worker* worker, Slot& process, Instant deadline) {
    Extras& extras = process.ensureExtras();
    if (extras.deadlineTimer) {
        if (extras.deadlineAt <= deadline)
            return; // comes up earlier, and is then moved
        cancelTimer(worker, extras.deadlineTimer);
    }
    Timer& timer = takeTimer(worker);
    timer.kind = Timer::Kind::Deadline;
    timer.to = pidOf(process);
    extras.deadlineAt = deadline;
    extras.deadlineTimer = startTimer(worker, timer, deadline);
}

void Core::fireTimer(Timer& timer, Instant now) {
    switch (timer.kind) {
    case Timer::Kind::Deadline:
        post(timer.to, Signal::TimerTick,
             Message(MessageKind::Plain, {}, Pid(), TimerTable::refOf(timer)));
        return;
    case Timer::Kind::Message: {
        const auto to = timer.toName ? names.whereis(timer.name) : std::optional(timer.to);
        if (to)
            post(*to, Signal::Message, Message(MessageKind::Plain, std::move(timer.payload)));
        return;
    }
    case Timer::Kind::Interval: {
        const auto to = timer.toName ? names.whereis(timer.name) : std::optional(timer.to);
        if (!timer.toName && !looksAlive(timer.to)) {
            timer.kind = Timer::Kind::Message; // the last one: the scheduler frees it
            return;
        }
        if (to)
            post(*to, Signal::Message, Message(MessageKind::Plain, timer.payload.term()));
        // From the deadline on, not from now: no drift. Missed ticks are one.
        const Instant when = timer.when();
        const auto missed = (now - when) / timer.period;
        timer.deadlineNs.store((when + (missed + 1) * timer.period).time_since_epoch().count(),
                               std::memory_order_relaxed);
        return;
    }
    }
}

} // namespace grove::runtime

namespace grove {

namespace {

runtime::Timer& newTimer(runtime::Timer::Kind kind, Destination to) {
    runtime::Worker& worker = runtime::hereWorker();
    runtime::Timer& timer = worker.core.takeTimer(&worker);
    timer.kind = kind;
    timer.toName = to.isName();
    timer.to = to.pid();
    timer.name = to.name();
    return timer;
}

Ref start(runtime::Timer& timer, Duration delay) {
    runtime::Worker& worker = runtime::hereWorker();
    worker.turnLeft -= 1;
    return worker.core.startTimer(&worker, timer, addSaturated(worker.core.clock.now(), delay));
}

} // namespace

Ref sendAfter(Duration delay, Destination to, Payload message) {
    if (delay < Duration::zero())
        error(atoms::badarg);
    runtime::Timer& timer = newTimer(runtime::Timer::Kind::Message, to);
    timer.payload = std::move(message);
    return start(timer, delay);
}

Ref startTimer(Duration delay, Destination to, Term message) {
    if (delay < Duration::zero())
        error(atoms::badarg);
    runtime::Timer& timer = newTimer(runtime::Timer::Kind::Message, to);
    timer.payload = tuple(atoms::timeout, runtime::TimerTable::refOf(timer), std::move(message));
    return start(timer, delay);
}

Ref sendInterval(Duration period, Destination to, Term message) {
    if (period < std::chrono::milliseconds(1))
        error(atoms::badarg);
    runtime::Timer& timer = newTimer(runtime::Timer::Kind::Interval, to);
    timer.payload = std::move(message);
    timer.period = period;
    return start(timer, period);
}

std::optional<Duration> cancelTimer(Ref timer) {
    runtime::Worker& worker = runtime::hereWorker();
    return worker.core.cancelTimer(&worker, timer);
}

std::optional<Duration> readTimer(Ref timer) {
    return runtime::hereWorker().core.readTimer(timer);
}

} // namespace grove
