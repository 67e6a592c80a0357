#include "core.h"
#include "info_items.h"
#include "inquiry.h"
#include "slot_figures.h"

#include <algorithm>

namespace grove::runtime {

using grove::detail::Inquiry;
using grove::detail::InquiryAwaiter;
using grove::detail::PromiseBase;

namespace {

template <class T> T now(const std::atomic<T>& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
}

/// Empty while the process runs: what is asked then is answered where it begins to wait.
std::vector<AwaitFrame> awaitChain(const Slot& process) {
    std::vector<AwaitFrame> chain;
    if (!process.resume)
        return chain;
    for (const PromiseBase* promise = &PromiseBase::of(process.resume); promise != nullptr;
         promise = promise->parent())
        chain.push_back({promise->function, promise->awaiting});
    return chain;
}

/// '$ancestors' where a behaviour has put them, else the parent.
std::vector<Pid> ancestorsOf(const Dictionary& dictionary, Pid parent, const NameTable& names) {
    std::vector<Pid> ancestors;
    for (const auto& [key, value] : dictionary) {
        if (!key.isAtom(grove::detail::ancestorsKey()))
            continue;
        for (const Term& each : value.listElements()) {
            if (const auto pid = each.asPid())
                ancestors.push_back(*pid);
            else if (const auto name = each.asAtom())
                ancestors.push_back(names.whereis(*name).value_or(Pid()));
        }
        return ancestors;
    }
    if (parent)
        ancestors.push_back(parent);
    return ancestors;
}

ProcessInfo infoOf(const Core& core, const Slot& process) {
    ProcessInfo info;
    info.row = core.row(core.slots.indexOf(process)).value_or(ProcessRow{});
    info.awaitChain = awaitChain(process);
    const Extras* const extras = process.findExtras();
    info.dictionary = core.dictionaryOf(process);
    info.ancestors = ancestorsOf(info.dictionary, info.row.parent, core.names);
    if (process.isLinkedToParent)
        info.links.push_back(info.row.parent);
    if (process.isWatchedByParent)
        info.monitoredBy.push_back(info.row.parent);
    if (extras != nullptr) {
        extras->links.forEach([&](std::uint64_t peer, const Link& link) {
            if (link.unlinkId == 0)
                info.links.push_back(Pid::fromRaw(peer));
        });
        extras->watching.forEach([&](std::uint64_t ref, const Watching& watching) {
            if (watching.isSuspender)
                return;
            info.monitors.push_back(
                {Ref::fromRaw(ref), watching.target,
                 watching.byName ? std::optional(watching.name) : std::nullopt});
        });
        extras->watchers.forEach([&](std::uint64_t, const Watcher& watcher) {
            info.monitoredBy.push_back(watcher.watcher);
        });
        info.suspendCount = extras->suspendCount;
        if (const Seldom* const seldom = extras->seldom.get()) {
            info.mailboxLimit = seldom->limit;
            info.messagesDropped = seldom->dropped;
            seldom->suspending.forEach([&](std::uint64_t pid, std::uint32_t count) {
                info.suspending.emplace_back(Pid::fromRaw(pid), count);
            });
            std::ranges::sort(info.suspending);
        }
    }
    if (const auto* const call = process.callWaiter(); call != nullptr && call->target)
        info.monitors.push_back({call->ref, call->target, std::nullopt});
    std::ranges::sort(info.links);
    std::ranges::sort(info.monitoredBy);
    std::ranges::sort(info.monitors, {}, &ProcessInfo::Monitor::ref);
    return info;
}

MailboxPage pageOf(const Core& core, const Slot& process, std::uint64_t first, std::size_t count) {
    MailboxPage page;
    page.first = first;
    page.length = now(process.privateLength);
    const auto put = [&](const Envelope& envelope) {
        const auto age = core.nowMs() - envelope.stampMs;
        page.messages.push_back({envelope.message.kind(), envelope.message.sender(),
                                 envelope.message.term(), std::chrono::milliseconds(age)});
    };
    const Extras* const extras = process.findExtras();
    const std::uint64_t skipped = extras == nullptr ? 0 : extras->skipped.count();
    if (first < skipped) {
        auto place = extras->skipped.position(first);
        for (; place && page.messages.size() < count;
             place = extras->skipped.find(SkippedMessages::after(place), {}))
            put(*SkippedMessages::at(place));
    }
    std::uint64_t position = skipped;
    for (const Envelope* fresh = process.freshHead;
         fresh != nullptr && page.messages.size() < count; fresh = fresh->next) {
        if (position++ >= first)
            put(*fresh);
    }
    return page;
}

} // namespace

std::optional<ProcessRow> Core::row(std::uint32_t index) const noexcept {
    const std::uint32_t generation = slots.generation(index);
    const Slot& process = slots.slot(index);
    const ColdSlot& cold = slots.cold(index);
    ProcessRow row;
    row.status = process.status.load(std::memory_order_acquire); // with open(): what it began with
    if (row.status == ProcessStatus::Free)
        return std::nullopt;
    row.pid = Pid::make(index, generation);
    row.priority = now(process.priority);
    const std::uint8_t flags = now(process.flags);
    row.ownThread = (flags & kOwnThread) != 0;
    row.hosted = (flags & kHosted) != 0;
    row.trapExit = (flags & kTrapsExit) != 0;
    row.hibernates = (flags & kHibernates) != 0;
    row.blockedExit = row.status == ProcessStatus::Exiting && (flags & kInBlocking) != 0;
    row.name = NameTable::nameIn(now(cold.nameWord));
    if (const std::uint32_t label = now(cold.label) & ~ColdSlot::kTies)
        row.label = Atom::fromIndex(label - 1);
    row.behaviour = now(cold.behaviour);
    row.initialCall = now(cold.initialCall);
    row.waitsAt = fromWord(now(process.waitPoint));
    row.parent = Pid::fromRaw(now(cold.parent));
    row.groupLeader = Pid::fromRaw(slots.leader(index));
    row.waitsFor = Pid::fromRaw(now(process.waitsFor));
    row.mailboxLength = mailboxLength(process);
    row.received = now(process.received);
    row.sent = now(process.sent);
    row.reductions = now(process.reductions);
    row.memoryBytes = memoryBytes(process, cold, row.mailboxLength);
    row.runTime = Duration(now(cold.runTimeNs));
    row.spawnedAt = started + std::chrono::milliseconds(now(cold.spawnedMs));
    row.restarts = now(cold.restarts);
    if (const std::uint32_t oldest = now(process.oldestStampMs);
        oldest != 0 && row.mailboxLength > 0)
        row.oldestMessageAge = std::chrono::milliseconds(nowMs() - (oldest - 1));
    // The same process from the first word to the last: its generation has not moved.
    if (slots.generation(index) != generation)
        return std::nullopt;
    return row;
}

bool Core::looksAlive(Pid pid) const noexcept {
    if (!slots.contains(pid) || slots.generation(pid.index()) != pid.generation())
        return false;
    const Slot& process = slots.slot(pid.index());
    const ProcessStatus status = now(process.status);
    return status != ProcessStatus::Free && status != ProcessStatus::Exiting &&
           !process.inbox.isClosed();
}

void Core::answerInquiry(Slot* process, Pid asker, std::uint64_t word) {
    auto* const inquiry = std::bit_cast<Inquiry*>(word);
    const bool isGone = process == nullptr || process->isDoomed();
    const Pid about = process == nullptr ? Pid() : pidOf(*process);
    switch (inquiry->what) {
    case InquiryAwaiter::What::Alive:
        inquiry->answer = !isGone;
        break;
    case InquiryAwaiter::What::Info:
        if (process != nullptr)
            inquiry->answer = infoOf(*this, *process);
        break;
    case InquiryAwaiter::What::Mailbox:
        if (process != nullptr)
            inquiry->answer = pageOf(*this, *process, inquiry->first, inquiry->count);
        break;
    case InquiryAwaiter::What::Items:
        if (process != nullptr) {
            const bool all =
                std::ranges::find(inquiry->items, atom("messages")) != inquiry->items.end();
            inquiry->answer =
                itemsOf(infoOf(*this, *process), pageOf(*this, *process, 0, all ? SIZE_MAX : 0),
                        inquiry->items);
        }
        break;
    }
    const Ref ref = inquiry->ref;
    inquiry->drop();
    post(asker, Signal::Reply, Message(MessageKind::Reply, {}, about, ref));
}

void Core::event(const Slot& process, EventKind kind, Pid other, Atom name, std::uint32_t number,
                 std::string_view text) {
    events.post(kind, clock.now(), pidOf(process), other, name, number, text);
}

} // namespace grove::runtime

namespace grove {

std::optional<ProcessRow> peekRow(Pid pid) noexcept {
    return Runtime::current().peekRow(pid);
}

namespace detail {

InquiryAwaiter::InquiryAwaiter(Pid about, What what, Duration wanted, std::uint64_t first,
                               std::size_t count)
    : m_about(about), m_limit(checkedLimit(wanted)) {
    m_inquiry = new Inquiry;
    m_inquiry->what = what;
    m_inquiry->first = first;
    m_inquiry->count = count;
}

InquiryAwaiter::~InquiryAwaiter() {
    m_inquiry->drop();
}

bool InquiryAwaiter::await_ready() {
    runtime::Worker& worker = runtime::hereWorker();
    ref = m_inquiry->ref = worker.core.makeRef(worker);
    hasScanned = true;
    // Relaxed: the signal carries it to the other thread.
    m_inquiry->shares.fetch_add(1, std::memory_order_relaxed);
    worker.core.post(m_about, runtime::Signal::Inquiry,
                     Message(MessageKind::Plain, {}, self(),
                             Ref::fromRaw(std::bit_cast<std::uint64_t>(m_inquiry))));
    return begin(m_limit);
}

bool InquiryAwaiter::tryMatch(Message&) {
    m_answered = true;
    isOver = true;
    return true;
}

Answered<ProcessInfo> InquiryAwaiter::takeInfo() {
    if (!m_answered)
        return Busy{peekRow(m_about).value_or(ProcessRow{})};
    if (auto* const info = std::get_if<ProcessInfo>(&m_inquiry->answer))
        return std::move(*info);
    return NoProcess{};
}

Answered<MailboxPage> InquiryAwaiter::takePage() {
    if (!m_answered)
        return Busy{peekRow(m_about).value_or(ProcessRow{})};
    if (auto* const page = std::get_if<MailboxPage>(&m_inquiry->answer))
        return std::move(*page);
    return NoProcess{};
}

bool InquiryAwaiter::takeAlive() {
    const bool* const alive = std::get_if<bool>(&m_inquiry->answer);
    return m_answered && alive != nullptr && *alive;
}

} // namespace detail
} // namespace grove
