#include "core.h"
#include "inquiry.h"

#include <grove/term/assert.h>

namespace grove::runtime {

using grove::detail::Waiter;
using grove::detail::WaitKind;

Extras& Slot::ensureExtras() {
    Extras* there = findExtras();
    if (there == nullptr) {
        there = new Extras;
        extras.store(there, std::memory_order_relaxed);
    }
    return *there;
}

void Core::fetch(Slot& process) {
    Envelope* newest = process.inbox.takeAll();
    if (newest == nullptr)
        return;
    // Oldest first.
    Envelope* oldest = nullptr;
    std::uint64_t messages = 0;
    while (newest != nullptr) {
        messages += newest->isMessage() ? 1 : 0;
        oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    }
    if (messages >> 16 != 0) [[unlikely]]
        process.overflow.fetch_sub(static_cast<std::int32_t>(messages >> 16),
                                   std::memory_order_relaxed);
    if (oldest == process.inHand && oldest != nullptr) {
        process.inHand = nullptr;
        Envelope::drop(std::exchange(oldest, oldest->next));
    }
    while (oldest != nullptr) {
        Envelope* const next = oldest->next;
        if (oldest->generation != process.generation) [[unlikely]]
            reject(Pid::make(slots.indexOf(process), oldest->generation), oldest);
        else if (oldest->signal == Signal::Message) [[likely]]
            append(process, oldest);
        else if (oldest->signal == Signal::Call)
            expectReply(process, *oldest), append(process, oldest);
        else
            act(process, oldest);
        oldest = next;
    }
}

void Core::append(Slot& process, Envelope* envelope) noexcept {
    envelope->next = nullptr;
    if (process.freshTail == nullptr)
        process.freshHead = envelope;
    else
        process.freshTail->next = envelope;
    process.freshTail = envelope;
    Slot::add(process.privateLength, std::uint32_t{1});
}

void Core::expectReply(Slot& process, const Envelope& call) {
    process.ensureExtras().watchers.put(call.message.ref().raw(),
                                        {.watcher = call.message.sender(), .isCall = true});
}

void Core::act(Slot& process, Envelope* envelope) {
    Message& message = envelope->message;
    const Pid from = message.sender();
    Extras* const extras = process.findExtras();
    switch (envelope->signal) {
    case Signal::Message:
    case Signal::Call:
        break; // go to the mailbox
    case Signal::Reply:
    case Signal::Down: {
        Waiter* const waiter = process.waiter;
        if (waiter != nullptr && waiter->kind == WaitKind::Call && waiter->ref == message.ref()) {
            static_cast<void>(offer(*waiter, *envelope));
            break;
        }
        const Watching* const watching =
            extras == nullptr ? nullptr : extras->watching.find(message.ref().raw());
        if (watching == nullptr || (envelope->signal == Signal::Reply && !watching->isRequest))
            break; // nobody waits for it any more
        if (watching->byName)
            MessageAccess::setName(message, watching->name);
        const Pid target = watching->target;
        extras->watching.take(message.ref().raw());
        if (envelope->signal == Signal::Reply && from != target)
            post(target, Signal::Demonitor,
                 Message(MessageKind::Plain, {}, pidOf(process), message.ref()));
        append(process, envelope);
        return;
    }
    case Signal::Exit: {
        Term reason = MessageAccess::takeReason(message);
        const bool isKill = reason.isAtom(atoms::kill);
        hitByExit(process, from, std::move(reason), isKill);
        break;
    }
    case Signal::LinkExit: {
        const Link* const link = extras == nullptr ? nullptr : extras->links.find(from.raw());
        if (link == nullptr)
            break;
        const bool isActive = link->unlinkId == 0;
        extras->links.take(from.raw());
        if (!isActive)
            break;
        Term reason = MessageAccess::takeReason(message);
        if (process.has(kTrapsExit)) {
            append(process, Envelope::make(Signal::Message,
                                           Message(MessageKind::Exit, std::move(reason), from),
                                           process.generation, envelope->stampMs));
        } else if (!reason.isAtom(atoms::normal)) {
            hitByExit(process, from, std::move(reason), false);
        }
        break;
    }
    case Signal::Link: {
        FlatTable<Link>& links = process.ensureExtras().links;
        if (links.find(from.raw()) == nullptr) // else linked, or unlinked and not yet seen there
            links.put(from.raw(), {});
        break;
    }
    case Signal::Unlink: {
        if (extras != nullptr) {
            const Link* const link = extras->links.find(from.raw());
            if (link != nullptr && link->unlinkId == 0)
                extras->links.take(from.raw());
        }
        post(from, Signal::UnlinkAck,
             Message(MessageKind::Plain, {}, pidOf(process), message.ref()));
        break;
    }
    case Signal::UnlinkAck: {
        const Link* const link = extras == nullptr ? nullptr : extras->links.find(from.raw());
        if (link != nullptr && link->unlinkId == message.ref().raw())
            extras->links.take(from.raw());
        break;
    }
    case Signal::Monitor:
        process.ensureExtras().watchers.put(message.ref().raw(), {.watcher = from});
        break;
    case Signal::Demonitor: {
        if (extras != nullptr)
            extras->watchers.take(message.ref().raw());
        break;
    }
    case Signal::Suspend:
        ++process.ensureExtras().suspendCount;
        break;
    case Signal::Resume:
        if (extras != nullptr && extras->suspendCount > 0)
            --extras->suspendCount;
        break;
    case Signal::Inquiry:
        answerInquiry(&process, from, message.ref().raw());
        break;
    case Signal::TimerTick: {
        if (extras == nullptr || extras->deadlineTimer != message.ref())
            break; // replaced by an earlier one
        extras->deadlineTimer = {};
        extras->deadlineAt = kNever;
        Waiter* const waiter = process.waiter;
        if (waiter != nullptr && waiter->deadline != kNever && waiter->deadline <= clock.now())
            waiter->timedOut = true;
        break;
    }
    case Signal::BlockDone:
        process.set(kInBlocking, false);
        break;
    }
    Envelope::drop(envelope);
}

void Core::hitByExit(Slot& process, Pid from, Term reason, bool isKill) {
    if (process.has(kExternal) || (process.has(kTrapsExit) && !isKill)) {
        append(process,
               Envelope::make(Signal::Message, Message(MessageKind::Exit, std::move(reason), from),
                              process.generation, nowMs()));
        return;
    }
    if (reason.isAtom(atoms::normal) && from != pidOf(process))
        return;
    if (process.isDoomed)
        return; // the first one counts
    process.ensureExtras().exitReason = isKill ? Term(atoms::killed) : std::move(reason);
    process.isDoomed = true;
}

} // namespace grove::runtime
