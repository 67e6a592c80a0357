// What a Client does in the process that serves it: sends what is pending, and hears the answers.
#include "client_channel.h"

#include <grove/runtime/call.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/timers.h>

#include <algorithm>
#include <ranges>

namespace grove::todo {

using storage::WriteOutcome;

namespace {

// What the client sends to the process that serves it.
struct ClientRetry {
    ListId list = 0; ///< kCatalogue: reading the lists
    GROVE_FIELDS(ClientRetry, list)
};
struct ServerFound {
    ListId list = 0;
    std::optional<Pid> server;
    GROVE_FIELDS(ServerFound, list, server)
};

constexpr ListId kCatalogue = 0; ///< stands for the list of lists

Task<> findServerFor(ListId list, ListServerOptions options, Pid client) {
    auto server = co_await Cache::serverFor(list, options);
    send(client, ServerFound{list, server ? std::optional(*server) : std::nullopt});
}

} // namespace

void Client::attach() {
    detach();
    m_process = self();
    for (const auto& [list, c] : m_channels)
        pump(*c);
    if (m_wantsLists)
        requestLists();
}

void Client::detach() noexcept {
    m_process = Pid();
    m_wakeIsDue = false;
    m_requests->open.clear();
    for (auto& [list, c] : m_channels) {
        c->server.reset();
        c->monitor = c->finder = {};
        c->following = c->retryIsDue = false;
        c->tries = 0;
        ++c->epoch;
        c->forgetSent();
    }
}

bool Client::handle(Message& message) {
    if (message.kind() == MessageKind::Reply || message.kind() == MessageKind::Down) {
        if (m_requests->open.contains(message.ref())) {
            answeredRequest(message.ref(), message);
            return true;
        }
        const bool mine = message.kind() == MessageKind::Down &&
                          std::ranges::any_of(m_channels, [&](const auto& entry) {
                              return entry.second->monitor == message.ref() ||
                                     entry.second->finder == message.ref();
                          });
        if (mine)
            ended(message.ref());
        return mine;
    }
    if (message.get<ClientWake>()) {
        m_wakeIsDue = false;
        for (auto& [list, c] : m_channels)
            if (std::exchange(c->woken, false))
                pump(*c);
        if (m_wantsLists)
            requestLists();
        std::erase_if(m_channels, [this](const auto& entry) { return isUnused(*entry.second); });
        return true;
    }
    if (const auto* retry = message.get<ClientRetry>()) {
        if (retry->list == kCatalogue) {
            requestLists();
        } else if (Channel* c = findChannel(retry->list)) {
            c->retryIsDue = false;
            pump(*c);
        }
        return true;
    }
    if (const auto* found = message.get<ServerFound>()) {
        Channel* c = findChannel(found->list);
        if (c != nullptr && c->finder) { // else one that was given up
            demonitor(std::exchange(c->finder, Ref{}), Flush::Yes);
            found->server ? bind(*c, *found->server) : lost(*c);
        }
        return true;
    }
    if (const auto* changes = message.get<ChangeAnswers>()) {
        answeredChanges(*changes);
        return true;
    }
    if (const auto* changed = message.get<ListChanged>()) {
        const Channel* c = findChannel(changed->list);
        if (c != nullptr && c->open)
            m_events.listChanged(*changed);
        return true;
    }
    if (const auto* trouble = message.get<StorageTrouble>()) {
        tellTrouble(*trouble);
        return true;
    }
    return false;
}

bool Client::isUnused(const Channel& c) const {
    return !c.open && !c.following && c.pending.empty() && !c.finder && !c.retryIsDue && !c.woken &&
           !c.server && !c.troubled;
}

void Client::pump(Channel& c) {
    if (!isAttached() || c.retryIsDue)
        return;
    if (c.server && c.following && !c.open) {
        c.following = false;
        m_requests->open[sendRequest(*c.server, ListServer::Unfollow{m_process})] = {
            Requests::What::Unfollow, c.list};
    }
    if (c.pending.empty() && !c.open) {
        tellTrouble({.list = c.list}); // whoever would say that it is over is not listened to
        if (c.server) {                // nothing more to do there: the server may rest
            demonitor(std::exchange(c.monitor, Ref{}), Flush::Yes);
            c.server.reset();
        }
        return;
    }
    if (!c.pending.empty() && std::holds_alternative<CreateList>(c.pending.front().what))
        return sendCreate(c);
    if (!c.server)
        return findServer(c);
    if (c.open && !c.following) {
        c.following = true;
        m_requests->open[sendRequest(*c.server, ListServer::Follow{m_process})] = {
            Requests::What::Follow, c.list};
    }
    sendChanges(c);
}

/// A list that is not there has no server to ask: its making goes to the database itself, and what
/// follows waits.
void Client::sendCreate(Channel& c) {
    if (c.sent != 0)
        return;
    const Channel::Pending& first = c.pending.front();
    const Ref request =
        sendRequest(Database::writer(), DatabaseWrite{.id = first.operation,
                                                      .key = c.list,
                                                      .epoch = c.epoch,
                                                      .change = std::get<CreateList>(first.what)});
    m_requests->open[request] = {Requests::What::Create, c.list};
    c.sent = 1;
}

void Client::sendChanges(Channel& c) {
    const std::size_t end = std::min(c.pending.size(), m_options.underWayMax);
    for (; c.sent < end && c.sentBytes < m_options.underWayBytesMax; ++c.sent) {
        Channel::Pending& pending = c.pending[c.sent];
        const auto* change = std::get_if<Change>(&pending.what);
        if (!change)
            return;
        pending.tag = ++m_changesSent;
        pending.bytes = sizeBytes(*change);
        c.sentBytes += pending.bytes;
        sendCast(*c.server, ListServer::PostedChange{.operation = pending.operation,
                                                     .change = *change,
                                                     .from = m_process,
                                                     .tag = pending.tag});
    }
}

void Client::findServer(Channel& c) {
    if (c.finder)
        return;
    auto running = attempt([&] { return Cache::find(c.list); });
    if (running && *running)
        return bind(c, **running);
    c.finder = spawnMonitor(findServerFor, c.list, m_options.server, m_process).monitor;
}

void Client::bind(Channel& c, Pid server) {
    c.server = server;
    c.monitor = monitor(server);
    pump(c);
}

/// Nobody answers for this list at the moment: all that was sent is sent again, to whoever comes.
void Client::lost(Channel& c) {
    if (c.monitor)
        demonitor(std::exchange(c.monitor, Ref{}), Flush::Yes);
    if (c.finder)
        demonitor(std::exchange(c.finder, Ref{}), Flush::Yes);
    std::erase_if(m_requests->open, [&](const auto& entry) {
        const bool mine = entry.second.list == c.list && entry.second.what != Requests::What::Lists;
        if (mine)
            demonitor(entry.first, Flush::Yes);
        return mine;
    });
    c.forgetSent();
    const bool wasFollowing = std::exchange(c.following, false);
    c.server.reset();
    ++c.epoch;
    if (!std::exchange(c.retryIsDue, true))
        sendAfter(retryDelay(c.tries++), m_process, ClientRetry{c.list});
    if (wasFollowing && c.open)
        m_events.listAway(c.list);
}

void Client::ended(Ref monitor) {
    for (auto& [list, c] : m_channels)
        if (c->monitor == monitor || c->finder == monitor)
            return lost(*c);
}

void Client::answeredRequest(Ref request, Message& message) {
    const Requests::Request asked = m_requests->open.extract(request).mapped();
    const bool isReply = message.kind() == MessageKind::Reply;
    Payload payload = std::move(message).takePayload();
    if (asked.what == Requests::What::Lists) {
        auto lists = std::move(payload).take<AllLists::Reply>();
        channel(kCatalogue); // remembers its trouble and its tries
        if (isReply && lists && lists->failed && isTrouble(*lists->failed))
            tellTrouble({.list = kCatalogue, .kind = *lists->failed, .why = lists->why});
        if (!isReply || !lists || lists->failed) {
            sendAfter(retryDelay(channel(kCatalogue).tries++), m_process, ClientRetry{kCatalogue});
            return;
        }
        channel(kCatalogue).tries = 0;
        m_wantsLists = false;
        tellTrouble({.list = kCatalogue});
        for (const ListSummary& list : lists->value)
            m_highestList = std::max(m_highestList, list.id);
        return m_events.listsRead(std::move(lists->value));
    }
    if (asked.what == Requests::What::Unfollow)
        return;
    Channel& c = channel(asked.list);
    if (!isReply)
        return lost(c);
    switch (asked.what) {
    case Requests::What::Create: {
        auto answer = std::move(payload).take<DatabaseAnswer>();
        if (!answer)
            return lost(c);
        const bool isFailed = answer->outcome == WriteOutcome::Failed;
        if (!isFailed)
            tellTrouble({.list = asked.list});
        else if (isTrouble(answer->kind))
            tellTrouble({.list = asked.list, .kind = answer->kind, .why = answer->why});
        if (isFailed)
            return lost(c);
        if (answer->outcome == WriteOutcome::Refused)
            return unmade(c, answer->why);
        return finish(
            c, 0,
            {.done = true, .applied = std::move(answer->answer), .why = std::move(answer->why)});
    }
    case Requests::What::Follow: {
        auto data = std::move(payload).take<std::optional<ListData>>();
        if (!data)
            return lost(c);
        c.tries = 0;
        if (!c.open)
            return;
        if (*data)
            return m_events.listLoaded(asked.list, **std::move(data));
        return m_events.listMissing(asked.list);
    }
    case Requests::What::Unfollow:
    case Requests::What::Lists:
        return;
    }
}

void Client::answeredChanges(const ChangeAnswers& changes) {
    Channel* c = findChannel(changes.list);
    if (c == nullptr)
        return;
    for (const auto& [tag, answer] : changes.answers) {
        const auto sent = std::views::take(c->pending, c->sent);
        const auto found = std::ranges::find(sent, tag, &Channel::Pending::tag);
        if (found != sent.end()) // else it was sent again since
            finish(*c, static_cast<std::size_t>(found - sent.begin()), answer);
    }
}

/// Tells the answer of one of those that are sent.
void Client::finish(Channel& c, std::size_t index, const ChangeAnswer& answer) {
    const auto found = c.pending.begin() + static_cast<std::ptrdiff_t>(index);
    const OperationId operation = std::move(found->operation);
    c.sentBytes -= found->bytes;
    c.pending.erase(found);
    --c.sent;
    --m_pendingCount;
    c.tries = 0;
    m_events.answered(operation, c.list, answer);
    pump(c); // the server has the next one while the others' answers are told
}

/// A list is not made. What was meant for it must not reach the one that has its id.
void Client::unmade(Channel& c, const std::string& why) {
    const std::deque<Channel::Pending> refused = std::exchange(c.pending, {});
    c.forgetSent();
    m_pendingCount -= refused.size();
    c.tries = 0;
    m_wantsLists = true; // there are lists that are not known here
    for (const Channel::Pending& each : refused)
        m_events.answered(each.operation, c.list, {.why = why});
    requestLists();
    pump(c);
}

/// Tells a trouble, and once that it is over.
void Client::tellTrouble(const StorageTrouble& trouble) {
    Channel* c = findChannel(trouble.list);
    if (c == nullptr)
        return;
    const bool isAwaited = trouble.list == kCatalogue || c->open || !c->pending.empty();
    if (!trouble.why.empty() && !isAwaited)
        return;
    const bool wasTroubled = std::exchange(c->troubled, !trouble.why.empty());
    if (wasTroubled || !trouble.why.empty())
        m_events.storageTrouble(trouble);
}

void Client::requestLists() {
    for (const auto& [ref, request] : m_requests->open)
        if (request.what == Requests::What::Lists)
            return;
    m_requests->open[sendRequest(Database(m_options.workers).readerOf(kInbox), AllLists{})] = {
        Requests::What::Lists, kCatalogue};
}

} // namespace grove::todo
