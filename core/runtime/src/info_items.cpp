#include "info_items.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/runtime.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace grove::runtime {

namespace {

Term pidList(const std::vector<Pid>& pids) {
    std::vector<Term> terms(pids.begin(), pids.end());
    return listOf(terms);
}

Term monitorList(const ProcessInfo& info) {
    std::vector<Term> terms;
    for (const ProcessInfo::Monitor& each : info.monitors)
        terms.push_back(tuple(atoms::process,
                              each.name ? tuple(*each.name, localNode().name) : Term(each.pid)));
    return listOf(terms);
}

Term dictionaryList(const ProcessInfo& info) {
    std::vector<Term> terms;
    for (const auto& [key, value] : info.dictionary)
        terms.push_back(tuple(key, value));
    return listOf(terms);
}

Term messageList(const MailboxPage& page) {
    std::vector<Term> terms;
    for (const MailboxPage::Entry& each : page.messages)
        terms.push_back(each.term);
    return listOf(terms);
}

Term suspendingList(const ProcessInfo& info) {
    std::vector<Term> terms;
    for (const auto& [pid, count] : info.suspending)
        terms.push_back(tuple(pid, count, count));
    return listOf(terms);
}

Atom statusName(ProcessStatus status) {
    switch (status) {
    case ProcessStatus::Free:
    case ProcessStatus::Exiting:
        return atom("exiting");
    case ProcessStatus::Runnable:
        return atom("runnable");
    case ProcessStatus::Running:
    case ProcessStatus::Holding:
        return atom("running");
    case ProcessStatus::Suspended:
        return atom("suspended");
    case ProcessStatus::Waiting:
    case ProcessStatus::Blocked:
    case ProcessStatus::External:
        break;
    }
    return atom("waiting");
}

Atom priorityName(Priority priority) {
    switch (priority) {
    case Priority::Low:
        return atom("low");
    case Priority::High:
        return atom("high");
    case Priority::Max:
        return atom("max");
    case Priority::Normal:
        break;
    }
    return atom("normal");
}

Term currentFunction(const ProcessInfo& info) {
    return info.awaitChain.empty() ? Term(atoms::undefined)
                                   : Term(info.awaitChain[0].function.function_name());
}

struct Item {
    std::string_view name;
    Term (*value)(const ProcessInfo& info, const MailboxPage& page);
};
using Info = const ProcessInfo&;
using Page = const MailboxPage&;

constexpr std::array<Item, 18> kItems{{
    {"current_function", [](Info info, Page) { return currentFunction(info); }},
    {"dictionary", [](Info info, Page) { return dictionaryList(info); }},
    {"group_leader", [](Info info, Page) { return Term(info.row.groupLeader); }},
    {"initial_call", [](Info info, Page) { return Term(info.row.initialCall); }},
    {"label", [](Info info, Page) { return Term(info.row.label.value_or(atoms::undefined)); }},
    {"links", [](Info info, Page) { return pidList(info.links); }},
    {"memory", [](Info info, Page) { return Term(info.row.memoryBytes); }},
    {"message_queue_len", [](Info, Page page) { return Term(page.length); }},
    {"messages", [](Info, Page page) { return messageList(page); }},
    {"monitored_by", [](Info info, Page) { return pidList(info.monitoredBy); }},
    {"monitors", [](Info info, Page) { return monitorList(info); }},
    {"parent", [](Info info, Page) { return Term(info.row.parent); }},
    {"priority", [](Info info, Page) { return Term(priorityName(info.row.priority)); }},
    {"reductions", [](Info info, Page) { return Term(info.row.reductions); }},
    {"registered_name",
     [](Info info, Page) { return info.row.name ? Term(*info.row.name) : Term::nil(); }},
    {"status", [](Info info, Page) { return Term(statusName(info.row.status)); }},
    {"suspending", [](Info info, Page) { return suspendingList(info); }},
    {"trap_exit", [](Info info, Page) { return Term(atom(info.row.trapExit ? "true" : "false")); }},
}};

const Item* findItem(Atom name) noexcept {
    const auto* const found = std::ranges::find(kItems, name.name(), &Item::name);
    return found == kItems.end() ? nullptr : found;
}

} // namespace

Term itemsOf(const ProcessInfo& info, const MailboxPage& page, std::span<const Atom> items) {
    std::vector<Term> pairs;
    for (const Atom item : items)
        pairs.push_back(tuple(item, findItem(item)->value(info, page)));
    return listOf(pairs);
}

} // namespace grove::runtime

namespace grove {

bool isProcessInfoItem(Atom item) noexcept {
    return runtime::findItem(item) != nullptr;
}

namespace detail {

void InquiryAwaiter::ask(std::vector<Atom> items) {
    if (!std::ranges::all_of(items, isProcessInfoItem))
        grove::error(atoms::badarg);
    m_inquiry->items = std::move(items);
}

Answered<Term> InquiryAwaiter::takeItems() {
    if (!m_answered)
        return Busy{peekRow(m_about).value_or(ProcessRow{})};
    if (auto* const list = std::get_if<Term>(&m_inquiry->answer))
        return std::move(*list);
    return NoProcess{};
}

} // namespace detail
} // namespace grove
