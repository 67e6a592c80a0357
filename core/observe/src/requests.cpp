#include "requests.h"

#include "row_reader.h"

#include <grove/otp/sys.h>
#include <grove/runtime/blocking.h>

#include <algorithm>

namespace grove::observe::detail {

namespace {

std::string_view kindName(MessageKind kind) {
    switch (kind) {
    case MessageKind::Plain:
        return "message";
    case MessageKind::Cast:
        return "cast";
    case MessageKind::Call:
        return "call";
    case MessageKind::Exit:
        return "exit";
    case MessageKind::Down:
        return "down";
    case MessageKind::Reply:
        return "reply";
    }
    return "message";
}

Error busy(const grove::ProcessRow& row) {
    const SourcePlace at = sourcePlace(row.waitsAt);
    std::string message = "No answer in time";
    if (row.status == ProcessStatus::Holding || row.status == ProcessStatus::Running)
        message += ": it is in a callback";
    else if (row.status == ProcessStatus::Exiting)
        message += ": it is ending";
    else if (!at.file.empty())
        message += ": it waits at " + at.file + ":" + std::to_string(at.line);
    return {atom("busy"), message + "."};
}

std::vector<ProcessLink> named(const RowReader& reader, const std::vector<Pid>& pids) {
    std::vector<ProcessLink> out;
    for (Pid pid : pids)
        out.push_back({pid, reader.title(pid)});
    return out;
}

ProcessInfo observedInfo(const RowReader& reader, const grove::ProcessInfo& info) {
    ProcessInfo out;
    out.row = reader.convert(info.row);
    out.trapExit = info.row.trapExit;
    out.links = named(reader, info.links);
    for (const auto& monitor : info.monitors)
        out.monitors.push_back({monitor.pid, monitor.name ? std::string(monitor.name->name())
                                                          : reader.title(monitor.pid)});
    out.monitoredBy = named(reader, info.monitoredBy);
    out.ancestors = named(reader, info.ancestors);
    for (const AwaitFrame& frame : info.awaitChain) {
        SourcePlace place = sourcePlace(frame.at);
        place.function = frame.function.function_name();
        out.awaits.push_back(std::move(place));
    }
    out.dictionary = info.dictionary;
    out.mailboxBytes = 0;
    if (info.row.waitsFor)
        out.blockedIn = "an answer of " + reader.title(info.row.waitsFor);
    else if (info.row.blockedExit)
        out.blockedIn = "blocking work that has to return first";
    return out;
}

} // namespace

grove::Task<> answerInfo(State state, Pid pid, Duration limit, Replier<ProcessInfo> reply) {
    const auto before = state->runtime.peekRow(pid);
    const auto got = co_await processInfo(pid, limit);
    const CostScope cost(*state);
    if (const auto* info = std::get_if<grove::ProcessInfo>(&got)) {
        ProcessInfo out = observedInfo(RowReader(state->runtime, state->names), *info);
        if (before) // the question itself woke it
            out.row.status = RowReader(state->runtime, state->names).convert(*before).status;
        reply(std::move(out));
    } else if (const auto* late = std::get_if<Busy>(&got))
        reply(std::unexpected(busy(late->row)));
    else
        reply(std::unexpected(noSuchProcess(pid)));
}

grove::Task<> answerMailbox(State state, Pid pid, std::uint64_t first, std::size_t count,
                            Duration limit, Replier<MailboxPage> reply) {
    auto got = co_await mailboxPage(pid, first, count, limit);
    const CostScope cost(*state);
    if (auto* page = std::get_if<grove::MailboxPage>(&got)) {
        MailboxPage out{.first = page->first, .total = page->length, .messages = {}};
        std::uint64_t index = page->first;
        for (auto& entry : page->messages)
            out.messages.push_back(
                {index++, std::move(entry.term), std::string(kindName(entry.kind)), entry.sender});
        reply(std::move(out));
    } else if (const auto* late = std::get_if<Busy>(&got)) {
        reply(std::unexpected(busy(late->row)));
    } else {
        reply(std::unexpected(noSuchProcess(pid)));
    }
}

grove::Task<> answerState(State state, Pid pid, Duration limit, Replier<StateView> reply) {
    const auto row = state->runtime.peekRow(pid);
    if (!row) {
        reply(std::unexpected(noSuchProcess(pid)));
        co_return;
    }
    if (row->behaviour == nullptr) {
        reply(failure(atoms::badarg,
                      "It is a bare process: it has no state to show, only what it waits for."));
        co_return;
    }
    auto got = co_await attempt(otp::sys::getView(pid, limit));
    if (got)
        reply(StateView{std::move(*got), row->behaviour});
    else if (const auto now = state->runtime.peekRow(pid))
        reply(std::unexpected(busy(*now)));
    else
        reply(std::unexpected(noSuchProcess(pid)));
}

grove::Task<> answerOrder(State state, RowQuery query, std::uint64_t number,
                          Replier<RowOrder> reply) {
    // A large table takes longer than a scheduler may be held.
    RowOrder order = co_await blocking([state, number, query = std::move(query)]() mutable {
        const CostScope cost(*state);
        const auto isStale = [&] {
            return state->latestOrder.load(std::memory_order_relaxed) != number;
        };
        if (isStale())
            return RowOrder{};
        const Lock lock(state->beforeMutex);
        return OrderJob(state->runtime, state->names, std::move(query)).run(isStale, state->before);
    });
    if (state->latestOrder.load(std::memory_order_relaxed) == number)
        reply(std::move(order));
    else
        reply(failure(atom("stale"), "A newer order was asked for."));
}

grove::Task<> answerConsequences(State state, Pid pid, Term reason, Replier<Consequences> reply) {
    reply(co_await foresee(state, pid, std::move(reason)));
}

} // namespace grove::observe::detail
