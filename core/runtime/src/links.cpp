#include "core.h"

#include <grove/runtime/end.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/parent_tie.h>
#include <grove/term/assert.h>

namespace grove::runtime {

void Core::link(Worker& worker, Slot& self, Pid peer) {
    const Pid own = pidOf(self);
    if (peer == own)
        return;
    if (!looksAlive(peer)) {
        if (!self.has(kTrapsExit) && !self.has(kExternal))
            error(atoms::noproc);
        append(self, Envelope::make(Signal::Message,
                                    Message(MessageKind::Exit, Term(atoms::noproc), peer),
                                    self.generation, nowMs()));
        return;
    }
    if (isLinkedParent(self, peer))
        return;
    Extras& extras = self.ensureExtras();
    const Link* const there = extras.links.find(peer.raw());
    if (there != nullptr && there->unlinkId == 0)
        return; // links do not count
    extras.links.put(peer.raw(), {});
    noteTie(self, peer, ColdSlot::kLinkedToParent);
    worker.turnLeft -= 1;
    post(peer, Signal::Link, Message(MessageKind::Plain, {}, own));
}

bool Core::isLinkedParent(const Slot& process, Pid peer) const noexcept {
    return process.isLinkedToParent &&
           coldOf(process).parent.load(std::memory_order_relaxed) == peer.raw();
}

void Core::dropLink(Slot& process, Pid peer) {
    Extras* const extras = process.findExtras();
    if (isLinkedParent(process, peer)) {
        process.isLinkedToParent = false;
    } else {
        const Link* const link = extras == nullptr ? nullptr : extras->links.find(peer.raw());
        if (link == nullptr || link->unlinkId != 0)
            return;
        extras->links.take(peer.raw());
    }
    noteTie(process, peer, ColdSlot::kLinkedToParent, false);
}

Link* Core::linkEntry(Slot& process, Pid peer) {
    if (isLinkedParent(process, peer)) {
        process.isLinkedToParent = false;
        process.ensureExtras().links.put(peer.raw(), {});
    }
    Extras* const extras = process.findExtras();
    Link* const link = extras == nullptr ? nullptr : extras->links.find(peer.raw());
    return link == nullptr || link->unlinkId != 0 ? nullptr : link;
}

void Core::markStopped(Slot& process, Pid peer) {
    Link* const link = linkEntry(process, peer);
    if (link == nullptr)
        return;
    link->unlinkId = Link::kStopped;
    noteTie(process, peer, ColdSlot::kLinkedToParent, false);
}

void Core::unlink(Slot& self, Pid peer) {
    Link* const link = linkEntry(self, peer);
    if (link == nullptr)
        return;
    // The entry stays until the peer has seen this: a Link that it sent before crosses on the way.
    const std::uint64_t id = ++self.findExtras()->ensureSeldom().unlinkIds;
    link->unlinkId = id;
    noteTie(self, peer, ColdSlot::kLinkedToParent, false);
    post(peer, Signal::Unlink, Message(MessageKind::Plain, {}, pidOf(self), Ref::fromRaw(id)));
}

Ref Core::monitor(Worker& worker, Slot& self, Destination target, bool isRequest) {
    const Ref ref = makeRef(worker);
    watch(self, target, ref, isRequest, false);
    return ref;
}

void Core::watch(Slot& self, const Destination& target, Ref ref, bool isRequest, bool isSpecial) {
    const Pid own = pidOf(self);
    const std::optional<Pid> pid =
        target.isName() ? names.whereis(target.name()) : std::optional(target.pid());
    if (pid && *pid == own && !isRequest)
        return; // a process never hears of itself
    Extras& extras = self.ensureExtras();
    extras.watching.put(ref.raw(), {.target = pid.value_or(Pid()),
                                    .name = target.name(),
                                    .byName = target.isName(),
                                    .isRequest = isRequest,
                                    .isSpecial = isSpecial,
                                    .mark = extras.skipped.nextNumber()});
    if (!pid)
        post(own, Signal::Down, Message(MessageKind::Down, Term(atoms::noproc), Pid(), ref));
    else if (!isRequest)
        post(*pid, Signal::Monitor, Message(MessageKind::Plain, {}, own, ref));
}

bool Core::demonitor(Slot& self, Ref ref, Flush flush) {
    Extras* const extras = self.findExtras();
    const auto watching = extras == nullptr ? std::nullopt : extras->watching.take(ref.raw());
    if (watching && watching->target)
        post(watching->target, Signal::Demonitor,
             Message(MessageKind::Plain, {}, pidOf(self), ref));
    if (extras != nullptr && extras->seldom) [[unlikely]]
        endSpecial(*extras, ref);
    if (flush == Flush::Yes && !watching)
        static_cast<void>(removeMessages(self, ref));
    return watching.has_value();
}

} // namespace grove::runtime

namespace grove {

std::optional<ParentTie> peekParentTie(Pid pid) noexcept {
    const runtime::SlotTable& slots = runtime::hereWorker().core.slots;
    if (!slots.contains(pid))
        return std::nullopt;
    const std::uint32_t word = slots.cold(pid.index()).label.load(std::memory_order_relaxed);
    // Who has heard of its end finds nothing, though its slot may not be free yet.
    const ProcessStatus status = slots.slot(pid.index()).statusNow();
    if (status == ProcessStatus::Exiting || status == ProcessStatus::Free ||
        slots.generation(pid.index()) != pid.generation())
        return std::nullopt;
    return ParentTie{.isLinked = (word & runtime::ColdSlot::kLinkedToParent) != 0,
                     .isTold = (word & runtime::ColdSlot::kToldToEnd) != 0};
}

} // namespace grove

namespace grove::detail {

Ref stopLinked(Pid peer, Term reason) {
    runtime::Worker& worker = runtime::hereWorker();
    runtime::Core& core = worker.core;
    runtime::Slot& process = *worker.current;
    const Pid own = core.pidOf(process);
    GROVE_ASSERT(peer != own, "a process is not linked to itself");
    const Ref ref = core.makeRef(worker);
    runtime::Extras& extras = process.ensureExtras();
    extras.watching.put(ref.raw(),
                        {.target = peer, .isStop = true, .mark = extras.skipped.nextNumber()});
    core.markStopped(process, peer);
    core.post(peer, runtime::Signal::Stop, Message(MessageKind::Exit, std::move(reason), own, ref));
    return ref;
}

} // namespace grove::detail
