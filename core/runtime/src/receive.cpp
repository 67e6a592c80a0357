#include "core.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/take_next.h>
#include <grove/term/assert.h>

#include <algorithm>
#include <span>

namespace grove::runtime {

using grove::detail::Waiter;
using grove::detail::WaitKind;

namespace {

/// Where in the skipped messages a waiter must begin to look.
std::uint64_t firstToLookAt(const Extras& extras, FlatTable<Watching>& watching,
                            const Waiter& waiter) {
    if (waiter.ref.isNone())
        return 0;
    if (const Watching* const found = watching.find(waiter.ref.raw()))
        return found->mark;
    if (!extras.seldom)
        return 0;
    const auto& marks = extras.seldom->marks;
    const auto* const mark = std::ranges::find(marks, waiter.ref, &Mark::ref);
    return mark != marks.end() ? mark->number : 0;
}

} // namespace

void Core::countTaken(Slot& process) noexcept {
    Slot::add(process.received, std::uint64_t{1});
    Slot::add(process.privateLength, ~std::uint32_t{0});
}

bool Core::poll(Slot& process, Waiter& waiter) {
    switch (waiter.kind) {
    case WaitKind::Yield:
        return true;
    case WaitKind::Blocking:
        return !process.has(kInBlocking);
    case WaitKind::Sleep:
    case WaitKind::Call:
        return waiter.timedOut || waiter.isOver || waiter.hasThrown;
    case WaitKind::Hibernate: {
        const Extras* const extras = process.findExtras();
        return process.freshHead != nullptr || (extras != nullptr && extras->skipped.count() > 0);
    }
    case WaitKind::Receive:
        break;
    }
    if (!waiter.hasScanned) {
        waiter.hasScanned = true;
        Extras* const extras = process.findExtras();
        if (extras != nullptr && extras->skipped.count() > 0) {
            SkippedMessages& skipped = extras->skipped;
            grove::detail::WantedTags wanted;
            waiter.addTags(wanted);
            const std::span<const std::uint16_t> tags = wanted.wanted();
            auto place =
                skipped.find(skipped.from(firstToLookAt(*extras, extras->watching, waiter)), tags);
            for (; place; place = skipped.find(SkippedMessages::after(place), tags)) {
                if (!offer(process, waiter, *SkippedMessages::at(place)))
                    continue;
                if (waiter.hasThrown)
                    return true; // the message stays
                Envelope* const envelope = skipped.take(place);
                countTaken(process);
                if (!waiter.hasEnvelope)
                    Envelope::dropHere(envelope);
                return true;
            }
        }
    }
    return pollFresh(process, waiter) || waiter.timedOut;
}

// Inlined into the way of a message that has come before it was waited for.
[[gnu::always_inline]] bool Core::pollFresh(Slot& process, Waiter& waiter) {
    while (Envelope* const envelope = process.freshHead) {
        const bool matched = offer(process, waiter, *envelope);
        Envelope* const next = envelope->next;
        process.freshHead = next;
        if (next == nullptr) {
            process.freshTail = nullptr;
        } else if (next->earlier != 0) [[unlikely]] { // comes while this one is handled
            MessageAccess::fetchAhead(next->message);
            __builtin_prefetch(next->next);
        }
        if (matched && !waiter.hasThrown) {
            countTaken(process);
            if (!waiter.hasEnvelope)
                Envelope::dropHere(envelope);
            return true;
        }
        process.ensureExtras().skipped.append(envelope);
        if (matched)
            return true;
    }
    return false;
}

bool Core::removeMessages(Slot& process, Ref ref) {
    bool any = false;
    const auto isIt = [ref](const Envelope& envelope) {
        const MessageKind kind = envelope.message.kind();
        return envelope.message.ref() == ref &&
               (kind == MessageKind::Down || kind == MessageKind::Reply);
    };
    Envelope* fresh = std::exchange(process.freshHead, nullptr);
    process.freshTail = nullptr;
    while (fresh != nullptr) {
        Envelope* const next = std::exchange(fresh->next, nullptr);
        Slot::add(process.privateLength, ~std::uint32_t{0});
        if (isIt(*fresh)) {
            Envelope::drop(fresh);
            any = true;
        } else {
            append(process, fresh);
        }
        fresh = next;
    }
    Extras* const extras = process.findExtras();
    if (extras == nullptr || extras->skipped.count() == 0)
        return any;
    const std::array tags{grove::detail::tagOfKind(MessageKind::Down),
                          grove::detail::tagOfKind(MessageKind::Reply)};
    auto place = extras->skipped.find(extras->skipped.from(0), tags);
    while (place) {
        if (isIt(*SkippedMessages::at(place))) {
            Envelope::drop(extras->skipped.take(place));
            Slot::add(process.privateLength, ~std::uint32_t{0});
            return true; // one at most
        }
        place = extras->skipped.find(SkippedMessages::after(place), tags);
    }
    return any;
}

} // namespace grove::runtime

namespace grove::detail {

using runtime::Core;
using runtime::Envelope;
using runtime::Slot;
using runtime::Worker;

// On the way of every message, hence inlined where it is awaited.
[[gnu::always_inline]] bool Waiter::begin(Duration limit) {
    Worker& worker = runtime::hereWorker();
    Slot& process = *worker.current;
    GROVE_ASSERT(!worker.inDestructors, "destructors of a dying process do not wait");
    const bool hasTurn = --worker.turnLeft > 0;
    // Most waits: for a message, without a limit, and there is nothing to look at. What is in hand
    // does not count as new.
    if (kind == WaitKind::Receive && hasTurn && limit == Duration::max() &&
        process.privateLength.load(std::memory_order_relaxed) == 0 && process.care == 0 &&
        process.inbox.peek() == process.inHand) [[likely]] {
        hasScanned = true;
        return false;
    }
    return beginSlowly(worker, process, limit);
}

bool Waiter::beginSlowly(Worker& worker, Slot& process, Duration limit) {
    Core& core = worker.core;
    if (process.isDoomed())
        return false; // it ends where it would wait
    const auto setDeadline = [&] {
        if (limit != Duration::max())
            deadline = addSaturated(core.nowForLimit(worker), limit);
    };
    if (kind == WaitKind::Receive) {
        looksOnce = limit == Duration::zero();
        if (worker.turnLeft <= 0 && !process.has(runtime::kExternal) &&
            !core.goesOnBehind(worker, process)) {
            setDeadline();
            return false; // its share is used up: it looks when it is its turn again
        }
        if (process.isSuspended()) [[unlikely]] { // by what it took in with exit(self(), …)
            setDeadline();
            return false;
        }
        const runtime::Extras* const extras = process.findExtras();
        if (extras != nullptr && extras->skipped.count() > 0) {
            if (core.poll(process, *this))
                return true;
        } else {
            hasScanned = true; // nothing was skipped
            if (process.freshHead != nullptr && core.pollFresh(process, *this))
                return true;
        }
        if (process.inbox.peek() != process.inHand || process.hasArriving()) {
            const bool hasAll = core.fetch(process);
            if (process.isDoomed())
                return false;
            if (!process.isSuspended()) {
                if (core.poll(process, *this))
                    return true;
            } else if (hasAll) { // suspended just now: it looks when it has been resumed
                setDeadline();
                return false;
            }
            if (!hasAll) { // the rest is taken in when it is its turn again
                worker.turnLeft = 0;
                setDeadline();
                return false;
            }
        }
        if (looksOnce) {
            timedOut = true;
            return true;
        }
    }
    if (kind == WaitKind::Hibernate) {
        core.fetchAll(process);
        return !process.isDoomed() && !process.isSuspended() && core.poll(process, *this);
    }
    if (kind == WaitKind::Call && limit == Duration::zero()) {
        timedOut = true; // nobody can have answered yet
        return true;
    }
    if (kind != WaitKind::Yield && kind != WaitKind::Blocking)
        setDeadline();
    return false;
}

void Waiter::dropTaken() noexcept {
    hasEnvelope = false;
    Envelope::dropHere(&Envelope::of(*taken));
}

bool takeNext(Message& into) noexcept {
    Worker& worker = runtime::hereWorker();
    Slot& process = *worker.current;
    Envelope* const envelope = process.freshHead;
    if (envelope == nullptr || worker.turnLeft <= 1 || process.care != 0)
        return false;
    const runtime::Extras* const extras = process.findExtras();
    if (extras != nullptr && extras->skipped.count() > 0)
        return false;
    --worker.turnLeft;
    process.freshHead = envelope->next;
    if (process.freshHead == nullptr)
        process.freshTail = nullptr;
    into = std::move(envelope->message);
    Core::countTaken(process);
    Envelope::dropHere(envelope);
    return true;
}

void Waiter::rethrow() {
    hasThrown = false;
    std::rethrow_exception(
        std::exchange(runtime::here().ensureExtras().ensureSeldom().thrown, nullptr));
}

void Waiter::suspend(std::coroutine_handle<> leaf) noexcept {
    Slot& process = *runtime::thisWorker()->current; // begin() has looked whether there is one
    process.waiter = this;
    process.resume = leaf;
    process.waitPoint.store(runtime::toWord(PromiseBase::of(leaf).awaiting),
                            std::memory_order_relaxed);
}

static_assert(sizeof(ReceiveAwaiter<false, AnyOf>) == 32,
              "it lies in the frame of every process that waits");

Duration checkedLimit(Duration limit) {
    if (limit < Duration::zero() || (limit > kReceiveLimitMax && limit != kInfinity))
        grove::error(atom("timeout_value"));
    return limit;
}

namespace {

constexpr std::uint16_t mixed(std::uint64_t value) noexcept {
    value *= 0x9E3779B97F4A7C15ULL;
    return static_cast<std::uint16_t>(value >> 48 | 16); // 1 to 15 are kinds
}

} // namespace

std::uint16_t tagOfKind(MessageKind kind) noexcept {
    return static_cast<std::uint16_t>(static_cast<unsigned>(kind) + 1);
}

std::uint16_t tagOfTuple(Atom first) noexcept {
    return mixed(std::uint64_t{first.index()} << 8 | std::uint64_t{1} << 40);
}

std::uint16_t tagOfAtom(Atom atom) noexcept {
    return mixed(std::uint64_t{atom.index()} << 8 | std::uint64_t{1} << 41);
}

namespace {

constexpr std::uint16_t kMapTag = 14;
constexpr std::uint16_t kOtherTag = 15;

std::uint16_t tagOfTerm(const Term& term) noexcept {
    if (const auto atom = term.asAtom())
        return tagOfAtom(*atom);
    if (term.isMap())
        return kMapTag;
    if (term.isTuple() && term.tupleSize() > 0) {
        if (const auto first = term.element(0).asAtom())
            return tagOfTuple(*first);
    }
    return kOtherTag;
}

} // namespace

std::uint16_t tagOfDescription(const Description& description) noexcept {
    // By the form, so that a described struct and the term that describes it have the same tag.
    switch (description.form) {
    case Form::Map:
        return kMapTag;
    case Form::Tuple:
        return description.fields.empty() ? tagOfAtom(description.tag())
                                          : tagOfTuple(description.tag());
    case Form::Value:
        break;
    }
    return kOtherTag;
}

std::uint16_t tagOf(const Message& message) noexcept {
    if (message.kind() != MessageKind::Plain)
        return tagOfKind(message.kind());
    if (const Term* const term = message.payload().asTerm())
        return tagOfTerm(*term);
    if (message.payload().kind() == Payload::Kind::Box)
        return tagOfDescription(message.payload().description());
    return kOtherTag;
}

void addTypeTags(WantedTags& tags, const Description& description) noexcept {
    if (description.form == Form::Value)
        tags.addAny(); // its terms may have any shape
    else
        tags.add(tagOfDescription(description));
}

} // namespace grove::detail
