#pragma once

#include "core.h"

namespace grove::runtime {

// The way of a message, inlined into the functions that send.

[[gnu::always_inline]] inline void Core::wakeBy(Worker& worker, Slot& process) noexcept {
    // Without a scheduler: an External, a process on a thread of its own, the simulation.
    if (process.findHost() == nullptr && worker.scheduler != nullptr && worker.lockQueue())
        [[likely]] {
        if (process.statusNow() == ProcessStatus::Waiting)
            process.setStatus(ProcessStatus::Runnable);
        worker.scheduler->pushPartner(process);
        worker.unlockQueue();
        return;
    }
    wake(process);
}

inline void Core::enqueueBy(Worker& worker, Slot& process) noexcept {
    if (process.findHost() == nullptr && worker.scheduler != nullptr && worker.lockQueue())
        [[likely]] {
        worker.scheduler->push(process);
        worker.unlockQueue();
        return;
    }
    enqueue(process);
}

[[gnu::always_inline]] inline void Core::enqueueYoung(Worker& worker, Slot& process) noexcept {
    if (process.findHost() == nullptr && worker.scheduler != nullptr && worker.lockQueue())
        [[likely]] {
        worker.scheduler->pushYoung(process, worker.turnLeft);
        worker.unlockQueue();
        return;
    }
    enqueue(process);
}

[[gnu::always_inline]] inline void Core::postBy(Worker& worker, Pid to, Signal signal,
                                                MessageKind kind, Payload&& payload, Ref ref) {
    auto* const envelope = ::new (allocate(sizeof(Envelope))) Envelope(
        signal, kind, std::move(payload), pidOf(*worker.current), ref, to.generation(), nowMs());
    if (slots.reaches(to)) [[likely]] {
        Slot& process = slots.slot(to.index());
        const auto outcome = process.inbox.push(
            envelope, [&] [[gnu::always_inline]] (const Envelope* newest, std::uint32_t count) {
                if (envelope->isMessage() && EarlierEnvelopes::areFar(envelope, newest) &&
                    worker.earlier != nullptr)
                    worker.earlier->note(*envelope, to.index(), count);
            });
        if (outcome.pushed == Pushed::Wake) {
            wakeBy(worker, process);
            return;
        }
        if (outcome.wrapped) [[unlikely]]
            process.overflow.fetch_add(1, std::memory_order_relaxed);
        if (outcome.pushed != Pushed::Closed) [[likely]]
            return;
    }
    reject(to, envelope);
}

} // namespace grove::runtime
