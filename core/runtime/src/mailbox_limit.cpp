#include "core.h"

#include <string>

namespace grove::runtime {

namespace {

/// What the runtime itself says is never dropped.
bool isDroppable(const Envelope& envelope) noexcept {
    const MessageKind kind = envelope.message.kind();
    return kind == MessageKind::Plain || kind == MessageKind::Cast || kind == MessageKind::Call;
}

/// Takes the oldest message out that may be dropped; null when there is none.
Envelope* takeOldestDroppable(Slot& process) {
    SkippedMessages& skipped = process.findExtras()->skipped;
    auto place = skipped.count() > 0 ? skipped.find(skipped.from(0), {}) : SkippedMessages::Place{};
    for (; place; place = skipped.find(SkippedMessages::after(place), {})) {
        if (isDroppable(*SkippedMessages::at(place)))
            return skipped.take(place);
    }
    Envelope* before = nullptr;
    for (Envelope* each = process.freshHead; each != nullptr; before = each, each = each->next) {
        if (!isDroppable(*each))
            continue;
        (before == nullptr ? process.freshHead : before->next) = each->next;
        if (process.freshTail == each)
            process.freshTail = before;
        return each;
    }
    return nullptr;
}

Term limitReason(const MailboxLimit& limit) {
    return tuple(atom("mailbox_limit"), limit.lengthMax);
}

} // namespace

void Core::takeInLimited(Slot& process, Envelope*& oldest, int countMax, std::uint64_t& left) {
    const auto waiting = [&] { // those already in the mailbox, without the one at hand
        return process.privateLength.load(std::memory_order_relaxed) - left - 1;
    };
    while (oldest != nullptr && countMax-- > 0) {
        Envelope* const envelope = std::exchange(oldest, oldest->next);
        const bool isMessage = envelope->isMessage();
        left -= isMessage ? 1 : 0;
        if (envelope->generation != process.generation) [[unlikely]] {
            if (isMessage)
                Slot::add(process.privateLength, ~std::uint32_t{0});
            reject(Pid::make(slots.indexOf(process), envelope->generation), envelope);
        } else if (isMessage) {
            admit(process, envelope, waiting());
        } else if (envelope->signal != Signal::ByAlias) {
            act(process, envelope);
        } else if (takeByAlias(process, envelope->message.ref())) {
            envelope->signal = Signal::Message;
            Slot::add(process.privateLength, std::uint32_t{1});
            admit(process, envelope, waiting());
        } else {
            Envelope::drop(envelope);
        }
    }
}

void Core::admit(Slot& process, Envelope* envelope, std::uint64_t waiting) {
    Extras& extras = *process.findExtras();
    Seldom& seldom = *extras.seldom;
    const MailboxLimit limit = seldom.limit;
    if (seldom.isOver && waiting * 2 < limit.lengthMax)
        seldom.isOver = false;
    if (waiting >= limit.lengthMax) {
        const bool isReported = limit.action == MailboxAction::Report || process.has(kExternal);
        if (isReported) {
            if (!std::exchange(seldom.isOver, true))
                event(process, EventKind::Custom, {}, {}, limit.lengthMax,
                      "more than " + std::to_string(limit.lengthMax) + " messages wait");
        } else if (limit.action == MailboxAction::DropNewest) {
            dropForLimit(process, envelope);
            return;
        } else if (limit.action == MailboxAction::DropOldest) {
            if (Envelope* const old = takeOldestDroppable(process))
                dropForLimit(process, old);
        } else if (!process.isDoomed()) {
            extras.exitReason = limitReason(limit);
            process.takeCare(kDoomed);
        }
    }
    if (envelope->signal == Signal::Call)
        expectReply(process, *envelope);
    appendCounted(process, envelope);
}

void Core::dropForLimit(Slot& process, Envelope* envelope) {
    Extras& extras = *process.findExtras();
    Slot::add(process.privateLength, ~std::uint32_t{0});
    ++extras.seldom->dropped;
    if (envelope->signal == Signal::Call) {
        const Ref ref = envelope->message.ref();
        extras.watchers.take(ref.raw());
        post(envelope->message.sender(), Signal::Down,
             Message(MessageKind::Down, limitReason(extras.seldom->limit), pidOf(process), ref));
    }
    Envelope::drop(envelope);
}

} // namespace grove::runtime
