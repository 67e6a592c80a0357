#include "send.h"

#include <grove/runtime/call.h>
#include <grove/runtime/errors.h>
#include <grove/term/assert.h>

namespace grove {

using runtime::Core;
using runtime::Envelope;
using runtime::Extras;
using runtime::hereWorker;
using runtime::Signal;
using runtime::Slot;
using runtime::Worker;

namespace detail {

CallAwaiter::CallAwaiter(Destination to, Payload payload, Duration wanted)
    : m_to(to), m_limit(checkedLimit(wanted)), m_payload(std::move(payload)) {}

bool CallAwaiter::await_ready() {
    Worker& worker = hereWorker();
    Core& core = worker.core;
    Slot& process = *worker.current;
    const auto to = m_to.isName() ? core.names.whereis(m_to.name()) : std::optional(m_to.pid());
    if (!to) {
        m_result = CallResult::down(atoms::noproc);
        return true;
    }
    if (*to == core.pidOf(process))
        grove::exit(atoms::callingSelf);
    target = *to;
    ref = core.makeRef(worker);
    hasScanned = true; // nothing in the mailbox can be the answer
    Slot::add(process.sent, std::uint64_t{1});
    process.waitsFor.store(target.raw(), std::memory_order_relaxed);
    worker.turnLeft -= 1;
    core.postBy(worker, target, Signal::Call, MessageKind::Call, std::move(m_payload), ref);
    // begin(), as far as it matters to a call.
    GROVE_ASSERT(!worker.inDestructors, "destructors of a dying process do not wait");
    worker.turnLeft -= 1;
    if (process.isDoomed())
        return false; // it ends where it would wait
    if (m_limit == Duration::zero()) {
        timedOut = true; // nobody can have answered yet
        return true;
    }
    if (m_limit != Duration::max())
        deadline = addSaturated(core.nowForLimit(worker), m_limit);
    return false;
}

bool CallAwaiter::tryMatch(Message& message) {
    const Pid from = message.sender();
    if (message.kind() == MessageKind::Down) {
        m_result = CallResult::down(std::move(message).takeDown().reason);
    } else {
        m_result = CallResult(std::move(message).takePayload());
        if (from != target) // the server itself did not see the answer
            hereWorker().core.post(target, runtime::Signal::Demonitor,
                                   Message(MessageKind::Plain, {}, self(), ref));
    }
    isOver = true;
    return true;
}

CallResult CallAwaiter::await_resume() {
    Worker& worker = hereWorker();
    worker.current->waitsFor.store(0, std::memory_order_relaxed);
    if (timedOut && !isOver)
        worker.core.post(target, runtime::Signal::Demonitor,
                         Message(MessageKind::Plain, {}, self(), ref));
    return std::move(m_result);
}

} // namespace detail

detail::CallAwaiter request(Destination to, Payload payload, Duration limit) {
    return {to, std::move(payload), limit};
}

Ref sendRequest(Destination to, Payload payload) {
    Worker& worker = hereWorker();
    Core& core = worker.core;
    Slot& process = *worker.current;
    const Ref ref = core.monitor(worker, process, to, true);
    const Pid target = process.ensureExtras().watching.find(ref.raw())->target;
    if (!target && to.isName())
        return ref; // its Down is on the way
    Slot::add(process.sent, std::uint64_t{1});
    worker.turnLeft -= 1;
    core.postBy(worker, target, Signal::Call, MessageKind::Call, std::move(payload), ref);
    return ref;
}

void reply(const From& from, Payload payload) {
    Worker& worker = hereWorker();
    Core& core = worker.core;
    Slot& process = *worker.current;
    if (core.pidOf(process) == from.server) {
        Envelope* const hand = process.inHand;
        Extras* const extras = process.findExtras();
        if (hand != nullptr && hand->signal == Signal::Call && hand->message.ref() == from.ref)
            hand->signal = Signal::Message;
        else if (extras == nullptr || !extras->watchers.erase(from.ref.raw()))
            return; // answered before, or the caller has given up
    }
    Slot::add(process.sent, std::uint64_t{1});
    worker.turnLeft -= 1;
    core.postBy(worker, from.caller, Signal::Reply, MessageKind::Reply, std::move(payload),
                from.ref);
}

} // namespace grove
