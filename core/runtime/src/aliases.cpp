#include "send.h"

#include <grove/runtime/errors.h>
#include <grove/term/assert.h>

namespace grove::runtime {

Ref Core::openAlias(Slot& self, Alias mode) {
    const std::optional<Ref> made = aliases.take(pidOf(self));
    if (!made)
        error(atoms::systemLimit);
    Extras& extras = self.ensureExtras();
    extras.ensureSeldom().aliases.put(made->raw(), mode);
    if (extras.skipped.count() > 0)
        extras.putMark(*made, extras.skipped.nextNumber());
    return *made;
}

bool Core::closeAlias(Extras& extras, Ref alias) noexcept {
    if (!extras.seldom || !extras.seldom->aliases.take(alias.raw()))
        return false;
    aliases.give(alias);
    return true;
}

void Core::closeAliases(Seldom& seldom) noexcept {
    while (const auto alias = seldom.aliases.takeAny())
        aliases.give(Ref::fromRaw(alias->key));
}

bool Core::takeByAlias(Slot& process, Ref alias) {
    Extras* const extras = process.findExtras();
    const Alias* const found =
        extras == nullptr || !extras->seldom ? nullptr : extras->seldom->aliases.find(alias.raw());
    if (found == nullptr)
        return false;
    const Alias mode = *found;
    if (mode == Alias::ReplyDemonitor) {
        if (const auto watching = extras->watching.take(alias.raw()); watching && watching->target)
            post(watching->target, Signal::Demonitor,
                 Message(MessageKind::Plain, {}, pidOf(process), alias));
        endSpecial(*extras, alias);
    } else if (mode == Alias::Reply) {
        closeAlias(*extras, alias);
    }
    return true;
}

Term Core::endSpecial(Extras& extras, Ref ref) noexcept {
    if (!extras.seldom)
        return {}; // the alias was closed, and hibernation gave the rest back
    Seldom& seldom = *extras.seldom;
    const Alias* const mode = seldom.aliases.find(ref.raw());
    if (mode != nullptr && (*mode == Alias::Demonitor || *mode == Alias::ReplyDemonitor))
        closeAlias(extras, ref);
    const auto tag = seldom.tags.find(ref.raw());
    if (tag == seldom.tags.end())
        return {};
    Term taken = std::move(tag->second);
    seldom.tags.erase(tag);
    return taken;
}

Ref Core::monitorWith(Worker& worker, Slot& self, Destination target, const MonitorOptions& how) {
    GROVE_ASSERT(how.alias != Alias::Reply, "Alias::Reply is for alias()");
    const bool isAlias = how.alias != Alias::None;
    const bool isTagged = !how.tag.isNone();
    const Ref ref = isAlias ? openAlias(self, how.alias) : makeRef(worker);
    watch(self, target, ref, false, isAlias || isTagged);
    Extras* const extras = self.findExtras(); // none: a process does not watch itself
    if (isTagged && extras != nullptr && extras->watching.find(ref.raw()) != nullptr)
        extras->ensureSeldom().tags.emplace(ref.raw(), how.tag);
    return ref;
}

} // namespace grove::runtime

namespace grove {

using runtime::Core;
using runtime::Extras;
using runtime::here;
using runtime::hereWorker;
using runtime::Signal;
using runtime::Slot;
using runtime::Worker;

Ref alias(Alias mode) {
    GROVE_ASSERT(mode == Alias::ExplicitUnalias || mode == Alias::Reply,
                 "the other modes are for monitors");
    Worker& worker = hereWorker();
    return worker.core.openAlias(*worker.current, mode);
}

bool unalias(Ref alias) {
    Worker& worker = hereWorker();
    Extras* const extras = worker.current->findExtras();
    return extras != nullptr && worker.core.closeAlias(*extras, alias);
}

void send(Ref alias, Payload message) {
    Worker& worker = hereWorker();
    Slot::add(worker.current->sent, std::uint64_t{1});
    worker.turnLeft -= 1;
    if (const Pid owner = worker.core.aliases.ownerOf(alias))
        worker.core.postBy(worker, owner, Signal::ByAlias, MessageKind::Plain, std::move(message),
                           alias);
}

} // namespace grove
