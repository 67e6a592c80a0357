#include "core.h"
#include "inquiry.h"

#include <grove/term/assert.h>

#include <algorithm>

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

namespace {

/// Signals turned round or taken in in one step: some tenths of a millisecond.
constexpr int kFetchMax = 32'768;

/// Puts up to `countMax` envelopes of the chain `newest` in front of the chain `oldest`.
/// Returns: how many of them are messages.
std::uint64_t turnRound(Envelope*& newest, Envelope*& oldest, int countMax) noexcept {
    std::uint64_t messages = 0;
    while (newest != nullptr && countMax-- > 0) {
        messages += newest->isMessage() ? 1 : 0;
        oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    }
    return messages;
}

struct Turned {
    std::uint64_t messages = 0;
    bool isPlain = true; // nothing but messages to this process that are no calls
};

/// The same where many wait.
[[gnu::noinline]] Turned turnCrowd(Envelope*& newest, Envelope*& oldest, int countMax,
                                   std::uint32_t generation) noexcept {
    Turned turned;
    std::uint32_t others = 0;
    while (newest != nullptr && countMax-- > 0) {
        Envelope* const envelope = newest;
        if (envelope->earlier != 0) {
            EarlierEnvelopes::fetchAhead(*envelope);
            MessageAccess::fetchAhead(envelope->message);
        }
        turned.messages += envelope->isMessage() ? 1 : 0;
        static_assert(static_cast<unsigned>(Signal::Message) == 0);
        others |= static_cast<unsigned>(envelope->signal) | (envelope->generation ^ generation);
        newest = std::exchange(envelope->next, oldest);
        oldest = envelope;
    }
    turned.isPlain = others == 0;
    return turned;
}

/// Of messages that are counted in the length already.
void appendChain(Slot& process, Envelope* oldest, Envelope* newest) noexcept {
    if (process.freshTail == nullptr)
        process.freshHead = oldest;
    else
        process.freshTail->next = oldest;
    process.freshTail = newest;
}

/// What lay in the inbox while it was handled is no message any more.
/// Returns: how many messages that were.
std::uint64_t dropInHand(Slot& process, Envelope*& oldest) noexcept {
    if (process.inHand == nullptr || oldest != process.inHand)
        return 0;
    const bool isMessage = oldest->isMessage();
    if (isMessage)
        Slot::add(process.privateLength, ~std::uint32_t{0});
    if (oldest->signal == Signal::Call)
        Core::expectReply(process, *oldest);
    process.inHand = nullptr;
    Envelope::drop(std::exchange(oldest, oldest->next));
    return isMessage ? 1 : 0;
}

} // namespace

bool Core::fetch(Slot& process) {
    if (process.hasArriving()) [[unlikely]]
        return fetchMore(process);
    if (process.inbox.peek() == nullptr) // a load instead of a locked exchange
        return true;
    auto [newest, counted] = process.inbox.takeAll();
    Envelope* const last = newest;
    Envelope* oldest = nullptr;
    Turned turned{.messages = 0, .isPlain = false};
    if (counted < Inbox::kCrowd) [[likely]] // modulo 2^16: a guess
        turned.messages = turnRound(newest, oldest, kFetchMax);
    else
        turned = turnCrowd(newest, oldest, kFetchMax, process.generation);
    const std::uint64_t messages = turned.messages;
    if (newest != nullptr) [[unlikely]] {
        Slot::add(process.privateLength, counted);
        process.ensureExtras().arriving = {
            .newest = newest, .oldest = oldest, .messages = messages, .counted = counted};
        process.takeCare(kArrives);
        return false;
    }
    Slot::add(process.privateLength, static_cast<std::uint32_t>(messages));
    const std::uint64_t inHand = dropInHand(process, oldest);
    if (process.has(kLimited)) [[unlikely]] {
        std::uint64_t left = messages - inHand;
        takeInLimited(process, oldest, kFetchMax, left);
        return true;
    }
    if (turned.isPlain && oldest != nullptr)
        appendChain(process, oldest, last);
    else
        takeIn(process, oldest, kFetchMax);
    return true;
}

bool Core::fetchMore(Slot& process) {
    Arriving& arriving = process.findExtras()->arriving;
    if (arriving.newest != nullptr) {
        arriving.messages +=
            turnCrowd(arriving.newest, arriving.oldest, kFetchMax, process.generation).messages;
        if (arriving.newest != nullptr)
            return false;
        // The inbox counts modulo 2^16; each wrap is in `overflow`.
        const std::uint64_t wrapped = arriving.messages - arriving.counted;
        process.overflow.fetch_sub(static_cast<std::int32_t>(wrapped >> 16),
                                   std::memory_order_relaxed);
        Slot::add(process.privateLength, static_cast<std::uint32_t>(wrapped));
        arriving.messages -= dropInHand(process, arriving.oldest);
        return false;
    }
    // What it does may change the extras' tables, never `arriving`.
    if (process.has(kLimited))
        takeInLimited(process, arriving.oldest, kFetchMax, arriving.messages);
    else
        takeIn(process, arriving.oldest, kFetchMax);
    const bool hasAll = arriving.oldest == nullptr;
    process.takeCare(kArrives, !hasAll);
    return hasAll;
}

void Core::takeIn(Slot& process, Envelope*& oldest, int countMax) {
    const std::uint32_t generation = process.generation; // its line is the senders'
    while (oldest != nullptr && countMax-- > 0) {
        Envelope* const envelope = std::exchange(oldest, oldest->next);
        if (envelope->generation != generation) [[unlikely]] {
            if (envelope->isMessage())
                Slot::add(process.privateLength, ~std::uint32_t{0});
            reject(Pid::make(slots.indexOf(process), envelope->generation), envelope);
        } else if (envelope->signal == Signal::Message) [[likely]] {
            appendCounted(process, envelope);
        } else if (envelope->signal == Signal::Call) {
            expectReply(process, *envelope);
            appendCounted(process, envelope);
        } else {
            act(process, envelope);
        }
    }
}

void Core::appendCounted(Slot& process, Envelope* envelope) noexcept {
    envelope->next = nullptr;
    appendChain(process, envelope, envelope);
}

void Core::append(Slot& process, Envelope* envelope) noexcept {
    appendCounted(process, envelope);
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
            // The first outcome holds: an answer that somebody else gave may lie before the end
            // of the server.
            if (!waiter->isOver)
                static_cast<void>(offer(process, *waiter, *envelope));
            break;
        }
        Watching* const watching =
            extras == nullptr ? nullptr : extras->watching.find(message.ref().raw());
        if (watching == nullptr || (envelope->signal == Signal::Reply && !watching->isRequest))
            break; // nobody waits for it any more
        if (watching->byName)
            MessageAccess::setName(message, watching->name);
        const Pid target = watching->target;
        const bool isSuspender = watching->isSuspender;
        const bool isSpecial = watching->isSpecial;
        const bool isStop = watching->isStop;
        if (extras->skipped.count() > 0) // a receive of this reference looks no further back
            extras->putMark(message.ref(), watching->mark);
        extras->watching.drop(watching);
        if (isSpecial) [[unlikely]] {
            if (Term tag = endSpecial(*extras, message.ref()); !tag.isNone())
                MessageAccess::setTag(message, std::move(tag));
        }
        if (isStop && envelope->signal == Signal::Down)
            static_cast<void>(extras->links.take(target.raw())); // its exit signal came before
        if (isSuspender) {
            if (const auto suspender = extras->ensureSeldom().suspenders.take(target.raw()))
                extras->suspendCount -= std::min(suspender->count, extras->suspendCount);
            process.takeCare(kSuspended, extras->suspendCount > 0);
            break;
        }
        if (envelope->signal == Signal::Reply && from != target)
            post(target, Signal::Demonitor,
                 Message(MessageKind::Plain, {}, pidOf(process), message.ref()));
        append(process, envelope);
        return;
    }
    case Signal::Exit:
    case Signal::Stop: {
        const bool isStop = envelope->signal == Signal::Stop;
        if (isStop)
            process.ensureExtras().watchers.put(message.ref().raw(), {.watcher = from});
        Term reason = MessageAccess::takeReason(message);
        const bool isKill = reason.isAtom(atoms::kill);
        hitByExit(process, from, std::move(reason), isKill);
        if (isStop) // told before it is let go: who looks meanwhile finds a ParentTie or the other
            dropLink(process, from);
        break;
    }
    case Signal::LinkExit: {
        if (isLinkedParent(process, from)) {
            process.isLinkedToParent = false;
        } else {
            const auto link = extras == nullptr ? std::nullopt : extras->links.take(from.raw());
            if (!link || (link->unlinkId != 0 && link->unlinkId != Link::kStopped))
                break;
        }
        Term reason = MessageAccess::takeReason(message);
        if (process.has(kTrapsExit)) {
            noteTie(process, from, ColdSlot::kToldToEnd);
            append(process, Envelope::make(Signal::Message,
                                           Message(MessageKind::Exit, std::move(reason), from),
                                           process.generation, envelope->stampMs));
        } else if (!reason.isAtom(atoms::normal)) {
            hitByExit(process, from, std::move(reason), false);
        } else {
            noteTie(process, from, ColdSlot::kLinkedToParent, false);
        }
        break;
    }
    case Signal::Link: {
        if (isLinkedParent(process, from))
            break;
        FlatTable<Link>& links = process.ensureExtras().links;
        if (const Link* const there = links.find(from.raw());
            there != nullptr && there->unlinkId != Link::kStopped)
            break; // linked, or unlinked and not yet seen there
        links.put(from.raw(), {});
        noteTie(process, from, ColdSlot::kLinkedToParent);
        break;
    }
    case Signal::Unlink: {
        dropLink(process, from);
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
        if (process.isWatchedByParent && process.parentsMonitor == message.ref().raw())
            static_cast<void>(process.takeParentsMonitor());
        else if (extras != nullptr)
            extras->watchers.erase(message.ref().raw());
        break;
    }
    case Signal::Suspend:
        suspend(process, from);
        break;
    case Signal::Resume:
        if (extras != nullptr)
            resume(process, *extras, from);
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
    case Signal::ByAlias:
        if (!takeByAlias(process, message.ref()))
            break;
        envelope->signal = Signal::Message;
        append(process, envelope);
        return;
    case Signal::Leader:
        slots.setLeader(slots.indexOf(process), from.raw());
        break;
    }
    Envelope::drop(envelope);
}

void Core::suspend(Slot& process, Pid by) {
    Extras& extras = process.ensureExtras();
    ++extras.suspendCount;
    process.takeCare(kSuspended);
    if (by.isNone())
        return;
    FlatTable<Suspender>& suspenders = extras.ensureSeldom().suspenders;
    if (Suspender* const known = suspenders.find(by.raw())) {
        ++known->count;
        return;
    }
    const Ref ref = makeRef(hereWorker());
    suspenders.put(by.raw(), {.ref = ref, .count = 1});
    extras.watching.put(ref.raw(), {.target = by, .isSuspender = true});
    post(by, Signal::Monitor, Message(MessageKind::Plain, {}, pidOf(process), ref));
}

void Core::resume(Slot& process, Extras& extras, Pid by) {
    Suspender* const known =
        by.isNone() || !extras.seldom ? nullptr : extras.seldom->suspenders.find(by.raw());
    if (extras.suspendCount == 0 || (known == nullptr && !by.isNone()))
        return;
    --extras.suspendCount;
    process.takeCare(kSuspended, extras.suspendCount > 0);
    if (known == nullptr || --known->count > 0)
        return;
    const Ref ref = known->ref;
    extras.seldom->suspenders.take(by.raw());
    extras.watching.take(ref.raw());
    post(by, Signal::Demonitor, Message(MessageKind::Plain, {}, pidOf(process), ref));
}

void Core::hitByExit(Slot& process, Pid from, Term reason, bool isKill) {
    if (process.has(kExternal) || (process.has(kTrapsExit) && !isKill)) {
        noteTie(process, from, ColdSlot::kToldToEnd);
        append(process,
               Envelope::make(Signal::Message, Message(MessageKind::Exit, std::move(reason), from),
                              process.generation, nowMs()));
        return;
    }
    if (reason.isAtom(atoms::normal) && from != pidOf(process))
        return;
    if (process.isDoomed())
        return; // the first one counts
    process.ensureExtras().exitReason = isKill ? Term(atoms::killed) : std::move(reason);
    process.takeCare(kDoomed);
    coldOf(process).setTie(ColdSlot::kToldToEnd, true);
}

void Core::noteTie(Slot& process, Pid with, std::uint32_t tie, bool on) noexcept {
    ColdSlot& cold = coldOf(process);
    if (!with.isNone() && cold.parent.load(std::memory_order_relaxed) == with.raw())
        cold.setTie(tie, on);
}

} // namespace grove::runtime
