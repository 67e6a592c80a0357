// What a Client is asked from outside of the process that serves it.
#include "client_channel.h"

#include <grove/runtime/runtime.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace grove::todo {

std::string drawClientName() {
    constexpr char kHex[] = "0123456789abcdef";
    std::string name;
    for (int part = 0; part < 2; ++part)
        for (std::uint64_t bits = systemSeed(), digit = 0; digit < 16; ++digit, bits >>= 4)
            name += kHex[bits & 0xf];
    return name;
}

Client::Client(Runtime& runtime, ClientEvents& events, ClientOptions options)
    : m_runtime(runtime), m_events(events), m_options(std::move(options)),
      m_requests(std::make_unique<Requests>()) {}

Client::~Client() = default;

OperationId Client::newOperation() {
    char digits[std::numeric_limits<std::uint64_t>::digits10 + 1];
    char* const end = std::to_chars(std::begin(digits), std::end(digits), ++m_operations).ptr;
    OperationId operation;
    operation.reserve(m_options.name.size() + 1 + sizeof(digits)); // at once
    operation += m_options.name;
    operation += '-';
    return operation.append(std::begin(digits), end);
}

ListId Client::newListId() {
    return ++m_highestList;
}

Client::Channel& Client::channel(ListId list) {
    auto& found = m_channels[list];
    if (!found)
        found = std::make_unique<Channel>(list);
    m_highestList = std::max(m_highestList, list);
    return *found;
}

Client::Channel* Client::findChannel(ListId list) const {
    const auto found = m_channels.find(list);
    return found == m_channels.end() ? nullptr : found->second.get();
}

void Client::submit(OperationId operation, ListId list, Change change) {
    Channel& c = channel(list);
    c.pending.emplace_back(std::move(operation), std::move(change), m_runtime.clock().now());
    ++m_pendingCount;
    wake(c);
}

void Client::createList(OperationId operation, ListId list, std::string name,
                        std::vector<NewEntry> entries) {
    Channel& c = channel(list);
    c.pending.emplace_back(std::move(operation),
                           CreateList{list, std::move(name), std::move(entries)},
                           m_runtime.clock().now());
    ++m_pendingCount;
    wake(c);
}

void Client::open(ListId list) {
    Channel& c = channel(list);
    c.open = true;
    wake(c);
}

void Client::close(ListId list) {
    Channel& c = channel(list);
    c.open = false;
    wake(c);
}

void Client::readLists() {
    m_wantsLists = true;
    wakeProcess();
}

void Client::wake(Channel& c) {
    c.woken = true;
    wakeProcess();
}

/// Whoever submits may not be the process itself, and only a process can send calls: it is told to
/// look.
void Client::wakeProcess() {
    if (!isAttached() || std::exchange(m_wakeIsDue, true))
        return;
    m_runtime.send(m_process, ClientWake{});
}

std::vector<ListId> Client::pendingLists() const {
    std::vector<ListId> lists;
    for (const auto& [list, found] : m_channels)
        if (!found->pending.empty())
            lists.push_back(list);
    return lists;
}

std::size_t Client::pendingCount(ListId list) const {
    const Channel* c = findChannel(list);
    return c == nullptr ? 0 : c->pending.size();
}

bool Client::isPending(const OperationId& operation) const {
    return std::ranges::any_of(m_channels, [&](const auto& entry) {
        return std::ranges::find(entry.second->pending, operation, &Channel::Pending::operation) !=
               entry.second->pending.end();
    });
}

std::optional<Duration> Client::oldestPending() const {
    std::optional<Instant> oldest;
    for (const auto& [list, c] : m_channels)
        if (!c->pending.empty())
            oldest = std::min(oldest.value_or(kNever), c->pending.front().since);
    return oldest ? std::optional(m_runtime.clock().now() - *oldest) : std::nullopt;
}

} // namespace grove::todo
