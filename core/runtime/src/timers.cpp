#include "core.h"
#include "simulation_driver.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/timers.h>

namespace grove::runtime {

template <class Fill> Ref Core::startTimer(Worker* worker, Instant deadline, Fill&& fill) {
    const auto make = [&](Timer& timer) {
        timer.deadlineNs.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
        fill(timer);
        return TimerTable::refOf(timer);
    };
    const auto startAt = [&](Scheduler& scheduler) {
        Timer& timer = scheduler.takeTimer();
        const Ref ref = make(timer);
        scheduler.startTimer(timer);
        return ref;
    };
    if (worker != nullptr && worker->scheduler != nullptr) {
        if (const AtQueue here(worker->guard); here)
            return startAt(*worker->scheduler);
    }
    if (simulation != nullptr)
        return startAt(*schedulers[0]);
    Timer& timer = timers.take();
    const Ref ref = make(timer);
    static_cast<void>(timer.word.start());
    if (timerInjector.push(&timer) == StackPushed::First)
        sleepers.wakeOne(schedulers);
    return ref;
}

std::optional<Instant> Core::cancelTimer(Worker* worker, Ref ref) {
    const auto [timer, generation] = timers.find(ref);
    if (timer == nullptr)
        return std::nullopt;
    using Cancelled = BasicTimerWord<StdAtomics>::Cancelled;
    Instant due = timer->when();
    Cancelled cancelled = timer->word.cancel(generation);
    while (cancelled == Cancelled::IsTicking) { // a few instructions of another thread
        Thread::yield();
        due = timer->when();
        cancelled = timer->word.cancel(generation);
    }
    if (cancelled == Cancelled::No)
        return std::nullopt;
    if (cancelled == Cancelled::WasPending)
        return due; // whoever takes it in frees it
    Scheduler* const home = timer->home.load(std::memory_order_relaxed); // seen through the word
    if (worker != nullptr && worker->scheduler == home) {
        if (const AtQueue here(worker->guard); here) {
            home->removeTimer(*timer);
            return due;
        }
    }
    if (simulation != nullptr && (worker == nullptr || worker->scheduler == nullptr)) {
        home->removeTimer(*timer);
        return due;
    }
    if (home->cancelled.push(timer) == StackPushed::First)
        home->wake(); // its memory must not wait for the timer
    return due;
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
    extras.deadlineAt = deadline;
    extras.deadlineTimer = startTimer(worker, deadline, [&](Timer& timer) {
        timer.kind = Timer::Kind::Deadline;
        timer.to = pidOf(process);
    });
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
            post(*to, Signal::Message, Message(MessageKind::Plain, timer.payload.shared()));
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

/// Starts a timer for a destination; `fill` gives it what it carries, before anybody sees it.
template <class Fill>
Ref startAt(runtime::Timer::Kind kind, Instant deadline, const Destination& to, Fill&& fill) {
    runtime::Worker& worker = runtime::hereWorker();
    worker.turnLeft -= 1;
    return worker.core.startTimer(&worker, deadline, [&](runtime::Timer& timer) {
        timer.kind = kind;
        timer.toName = to.isName();
        timer.to = to.pid();
        timer.name = to.name();
        fill(timer);
    });
}

/// Raises error(badarg) for what cannot be waited for.
Instant deadlineIn(Duration delay) {
    const runtime::Worker& worker = runtime::hereWorker();
    const Instant now = worker.core.nowForLimit(worker);
    if (delay < Duration::zero() || delay >= kNever - now)
        error(atoms::badarg);
    return now + delay;
}

} // namespace

Ref sendAfter(Duration delay, Destination to, Payload message) {
    return startAt(runtime::Timer::Kind::Message, deadlineIn(delay), to,
                   [&](runtime::Timer& timer) { timer.payload = std::move(message); });
}

Ref sendAt(Instant when, Destination to, Payload message) {
    return startAt(runtime::Timer::Kind::Message, when, to,
                   [&](runtime::Timer& timer) { timer.payload = std::move(message); });
}

Ref startTimer(Duration delay, Destination to, Term message) {
    return startTimerAt(deadlineIn(delay), to, std::move(message));
}

Ref startTimerAt(Instant when, Destination to, Term message) {
    return startAt(runtime::Timer::Kind::Message, when, to, [&](runtime::Timer& timer) {
        timer.payload =
            tuple(atoms::timeout, runtime::TimerTable::refOf(timer), std::move(message));
    });
}

Ref sendInterval(Duration period, Destination to, Payload message) {
    if (period < std::chrono::milliseconds(1) || message.kind() == Payload::Kind::Callable)
        error(atoms::badarg);
    return startAt(runtime::Timer::Kind::Interval, deadlineIn(period), to,
                   [&](runtime::Timer& timer) {
                       timer.payload = std::move(message);
                       timer.period = period;
                   });
}

Duration CancelledTimer::left() const noexcept {
    return std::max(due - now(), Duration::zero());
}

std::optional<CancelledTimer> cancelTimer(Ref timer) {
    runtime::Worker& worker = runtime::hereWorker();
    const std::optional<Instant> due = worker.core.cancelTimer(&worker, timer);
    return due ? std::optional(CancelledTimer{*due}) : std::nullopt;
}

void cancelTimerAsync(Ref timer, CancelInfo info) {
    const std::optional<CancelledTimer> cancelled = cancelTimer(timer);
    if (info == CancelInfo::No)
        return;
    const Term left =
        cancelled ? Term(cancelled->left() / std::chrono::milliseconds(1)) : Term(atoms::false_);
    send(self(), tuple(atom("cancel_timer"), timer, left));
}

std::optional<Duration> readTimer(Ref timer) {
    return runtime::hereWorker().core.readTimer(timer);
}

} // namespace grove
