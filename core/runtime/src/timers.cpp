#include "core.h"
#include "simulation_driver.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/timers.h>

namespace grove::runtime {

// -- Scheduler: who holds it ----------------------------------------------------------------------

[[gnu::always_inline]] inline Timer& Scheduler::takeTimer() noexcept {
    return m_core.timers.take(m_freeTimers);
}

[[gnu::always_inline]] inline void Scheduler::startTimer(Timer& timer) noexcept {
    timer.home.store(this, std::memory_order_relaxed); // published by startArmed()
    timer.word.startArmed();
    m_wheel.insert(timer, timer.when());
}

void Scheduler::addTimer(Timer& timer) noexcept {
    timer.home.store(this, std::memory_order_relaxed); // published by arm()
    if (!timer.word.arm()) {
        m_core.timers.give(m_freeTimers, timer); // cancelled on its way
        return;
    }
    m_wheel.insert(timer, timer.when());
}

[[gnu::always_inline]] inline void Scheduler::removeTimer(Timer& timer) noexcept {
    if (timer.isInWheel())
        m_wheel.remove(timer);
    m_core.timers.give(m_freeTimers, timer);
}

void Scheduler::runTimers(Instant now) {
    for (Timer* timer = cancelled.takeAll(); timer != nullptr;)
        removeTimer(*std::exchange(timer, timer->next));
    if (m_wheel.isEmpty())
        return;
    m_wheel.advance(now);
    while (m_wheel.hasDue()) {
        // Some at a time: while one is fired, the next ones' receivers are fetched.
        std::array<Timer*, kFiredAtOnce> due; // only the first `count` are looked at
        std::size_t count = 0;
        while (count < due.size() && m_wheel.hasDue()) {
            due[count] = static_cast<Timer*>(m_wheel.takeDue());
            __builtin_prefetch(&m_core.slots.slot(due[count]->to.index()).inbox, 1);
            ++count;
        }
        for (std::size_t place = 0; place < count; ++place)
            fire(*due[place], now);
    }
}

inline void Scheduler::fire(Timer& timer, Instant now) {
    if (timer.kind != Timer::Kind::Interval) {
        if (!timer.word.fire())
            return; // cancelled: lies in `cancelled` by now or soon
        m_core.fireTimer(timer, now);
        m_core.timers.give(m_freeTimers, timer);
        return;
    }
    if (!timer.word.beginTick())
        return;
    m_core.fireTimer(timer, now);
    if (timer.kind == Timer::Kind::Interval) {
        m_wheel.insert(timer, timer.when());
        timer.word.endTick();
    } else {
        m_core.timers.give(m_freeTimers, timer); // its receiver has ended
    }
}

// -- Core -----------------------------------------------------------------------------------------

template <class Fill>
[[gnu::always_inline]] inline Ref Core::startTimer(Worker* worker, Instant deadline, Fill&& fill) {
    const auto make = [&](Timer& timer) {
        timer.deadlineNs.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
        fill(timer);
        return TimerTable::refOf(timer);
    };
    if (worker != nullptr && worker->scheduler != nullptr) [[likely]] {
        if (const AtQueue here(worker->guard); here) [[likely]] {
            Timer& timer = worker->scheduler->takeTimer();
            const Ref ref = make(timer);
            worker->scheduler->startTimer(timer);
            return ref;
        }
    }
    Timer& timer = timers.take();
    const Ref ref = make(timer);
    startTimerElsewhere(timer);
    return ref;
}

void Core::startTimerElsewhere(Timer& timer) {
    if (simulation != nullptr) {
        schedulers[0]->startTimer(timer);
        return;
    }
    static_cast<void>(timer.word.start());
    if (timerInjector.push(&timer) == StackPushed::First)
        sleepers.wakeOne(schedulers);
}

std::optional<Instant> Core::cancelTimer(Worker* worker, Ref ref) {
    const auto [timer, generation] = timers.find(ref);
    if (timer == nullptr)
        return std::nullopt;
    if (!timer->word.cancelArmed(generation)) [[unlikely]]
        return cancelOther(*timer, generation);
    // Both seen through the word, and nobody else changes them now.
    const Instant due = timer->when();
    Scheduler* const home = timer->home.load(std::memory_order_relaxed);
    if (worker != nullptr && worker->scheduler == home) [[likely]] {
        if (const AtQueue here(worker->guard); here) [[likely]] {
            home->removeTimer(*timer);
            return due;
        }
    }
    leaveToHome(*timer, *home);
    return due;
}

std::optional<Instant> Core::cancelOther(Timer& timer, std::uint32_t generation) {
    using Cancelled = BasicTimerWord<StdAtomics>::Cancelled;
    for (;;) {
        Instant due = timer.when();
        switch (timer.word.cancel(generation)) {
        case Cancelled::No:
            return std::nullopt;
        case Cancelled::WasPending: // whoever takes it in frees it
            return due;
        case Cancelled::WasArmed: // meanwhile
            due = timer.when();
            leaveToHome(timer, *timer.home.load(std::memory_order_relaxed));
            return due;
        case Cancelled::IsTicking: // a few instructions of another thread
            Thread::yield();
            break;
        }
    }
}

void Core::leaveToHome(Timer& timer, Scheduler& home) {
    if (simulation != nullptr) { // one thread
        home.removeTimer(timer);
        return;
    }
    if (home.cancelled.push(&timer) == StackPushed::First)
        home.wake(); // its memory must not wait for the timer
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
Ref startAt(runtime::Worker& worker, runtime::Timer::Kind kind, Instant deadline,
            const Destination& to, Fill&& fill) {
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
Instant deadlineIn(const runtime::Worker& worker, Duration delay) {
    const Instant now = worker.core.nowForLimit(worker);
    if (delay < Duration::zero() || delay >= kNever - now)
        error(atoms::badarg);
    return now + delay;
}

Ref startTerm(runtime::Worker& worker, Instant when, const Destination& to, Term message) {
    return startAt(worker, runtime::Timer::Kind::Message, when, to, [&](runtime::Timer& timer) {
        timer.payload =
            tuple(atoms::timeout, runtime::TimerTable::refOf(timer), std::move(message));
    });
}

} // namespace

Ref sendAfter(Duration delay, Destination to, Payload message) {
    runtime::Worker& worker = runtime::hereWorker();
    return startAt(worker, runtime::Timer::Kind::Message, deadlineIn(worker, delay), to,
                   [&](runtime::Timer& timer) { timer.payload = std::move(message); });
}

Ref sendAt(Instant when, Destination to, Payload message) {
    return startAt(runtime::hereWorker(), runtime::Timer::Kind::Message, when, to,
                   [&](runtime::Timer& timer) { timer.payload = std::move(message); });
}

Ref startTimer(Duration delay, Destination to, Term message) {
    runtime::Worker& worker = runtime::hereWorker();
    return startTerm(worker, deadlineIn(worker, delay), to, std::move(message));
}

Ref startTimerAt(Instant when, Destination to, Term message) {
    return startTerm(runtime::hereWorker(), when, to, std::move(message));
}

Ref sendInterval(Duration period, Destination to, Payload message) {
    if (period < std::chrono::milliseconds(1) || message.kind() == Payload::Kind::Callable)
        error(atoms::badarg);
    runtime::Worker& worker = runtime::hereWorker();
    return startAt(worker, runtime::Timer::Kind::Interval, deadlineIn(worker, period), to,
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
