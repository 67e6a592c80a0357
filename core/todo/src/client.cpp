#include <grove/runtime/call.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/timers.h>
#include <grove/todo/client.h>

#include <algorithm>

namespace grove::todo {

using storage::WriteOutcome;

namespace {

// What the client sends to the process that serves it.
struct ClientWake {
    GROVE_FIELDS(ClientWake)
};
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

/// The way to one list: what is pending, in order, and who takes it.
struct Client::Channel {
    struct Pending {
        OperationId operation;
        std::variant<Change, CreateList> what;
        Instant since;
        Ref request{}; ///< none: not sent
    };
    std::deque<Pending> pending;
    std::size_t sent = 0; ///< of them, from the first
    bool open = false;
    bool following = false; ///< Follow was sent
    bool troubled = false;  ///< storageTrouble() was told, and not yet that it is over
    bool woken = false;
    std::optional<Pid> server;
    Ref monitor{}; ///< of the server
    Ref finder{};  ///< of the process that looks for the server; none: nobody looks
    bool retryIsDue = false;
    unsigned tries = 0; ///< since the last answer
    std::uint64_t epoch = 0;
};

/// Which answer is for whom.
struct Client::Requests {
    enum class What : std::uint8_t { Submit, Create, Follow, Unfollow, Lists };
    struct Request {
        What what;
        ListId list;
    };
    std::map<Ref, Request> open;
};

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

// -- asked from outside
// -------------------------------------------------------------------------------------------

OperationId Client::newOperation() {
    return m_options.name + "-" + std::to_string(++m_operations);
}

ListId Client::newListId() {
    return ++m_highestList;
}

Client::Channel& Client::channel(ListId list) {
    auto& found = m_channels[list];
    if (!found)
        found = std::make_unique<Channel>();
    m_highestList = std::max(m_highestList, list);
    return *found;
}

void Client::submit(OperationId operation, ListId list, Change change) {
    channel(list).pending.push_back({.operation = std::move(operation),
                                     .what = std::move(change),
                                     .since = m_runtime.clock().now()});
    ++m_pendingCount;
    wake(list);
}

void Client::createList(OperationId operation, ListId list, std::string name,
                        std::vector<NewEntry> entries) {
    channel(list).pending.push_back({.operation = std::move(operation),
                                     .what = CreateList{list, std::move(name), std::move(entries)},
                                     .since = m_runtime.clock().now()});
    ++m_pendingCount;
    wake(list);
}

void Client::open(ListId list) {
    channel(list).open = true;
    wake(list);
}

void Client::close(ListId list) {
    Channel& c = channel(list);
    c.open = false;
    wake(list);
}

void Client::readLists() {
    m_wantsLists = true;
    wake(kCatalogue);
}

/// Whoever submits may not be the process itself, and only a process can send calls: it is told to
/// look.
void Client::wake(ListId list) {
    if (list != kCatalogue)
        channel(list).woken = true;
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
    auto it = m_channels.find(list);
    return it == m_channels.end() ? 0 : it->second->pending.size();
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

// -- in the process
// -----------------------------------------------------------------------------------------------

void Client::attach() {
    detach();
    m_process = self();
    for (const auto& [list, c] : m_channels)
        pump(list);
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
        for (Channel::Pending& pending : c->pending)
            pending.request = {};
        c->sent = 0;
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
                pump(list);
        if (m_wantsLists)
            requestLists();
        std::erase_if(m_channels, [this](const auto& entry) { return isUnused(*entry.second); });
        return true;
    }
    if (const auto* retry = message.get<ClientRetry>()) {
        if (retry->list == kCatalogue) {
            requestLists();
        } else if (m_channels.contains(retry->list)) {
            channel(retry->list).retryIsDue = false;
            pump(retry->list);
        }
        return true;
    }
    if (const auto* found = message.get<ServerFound>()) {
        if (m_channels.contains(found->list)) {
            demonitor(std::exchange(channel(found->list).finder, Ref{}), Flush::Yes);
            found->server ? bind(found->list, *found->server) : lost(found->list);
        }
        return true;
    }
    if (const auto* changed = message.get<ListChanged>()) {
        auto it = m_channels.find(changed->list);
        if (it != m_channels.end() && it->second->open)
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

void Client::pump(ListId list) {
    Channel& c = channel(list);
    if (!isAttached() || c.retryIsDue)
        return;
    if (c.server && c.following && !c.open) {
        c.following = false;
        m_requests->open[sendRequest(*c.server, ListServer::Unfollow{m_process})] = {
            Requests::What::Unfollow, list};
    }
    if (c.pending.empty() && !c.open) {
        tellTrouble({.list = list}); // whoever would say that it is over is not listened to
        if (c.server) {              // nothing more to do there: the server may rest
            demonitor(std::exchange(c.monitor, Ref{}), Flush::Yes);
            c.server.reset();
        }
        return;
    }
    if (!c.pending.empty() && std::holds_alternative<CreateList>(c.pending.front().what))
        return sendCreate(list, c);
    if (!c.server)
        return findServer(list, c);
    if (c.open && !c.following) {
        c.following = true;
        m_requests->open[sendRequest(*c.server, ListServer::Follow{m_process})] = {
            Requests::What::Follow, list};
    }
    sendChanges(list, c);
}

/// A list that is not there has no server to ask: its making goes to the database itself, and what
/// follows waits.
void Client::sendCreate(ListId list, Channel& c) {
    Channel::Pending& first = c.pending.front();
    if (first.request)
        return;
    first.request =
        sendRequest(Database::writer(), DatabaseWrite{.id = first.operation,
                                                      .key = list,
                                                      .epoch = c.epoch,
                                                      .change = std::get<CreateList>(first.what)});
    m_requests->open[first.request] = {Requests::What::Create, list};
    c.sent = 1;
}

void Client::sendChanges(ListId list, Channel& c) {
    for (; c.sent < std::min(c.pending.size(), m_options.underWayMax); ++c.sent) {
        Channel::Pending& pending = c.pending[c.sent];
        const auto* change = std::get_if<Change>(&pending.what);
        if (!change)
            return;
        pending.request = sendRequest(*c.server, ListServer::Submit{pending.operation, *change});
        m_requests->open[pending.request] = {Requests::What::Submit, list};
    }
}

void Client::findServer(ListId list, Channel& c) {
    if (c.finder)
        return;
    auto running = attempt([list] { return Cache::find(list); });
    if (running && *running)
        return bind(list, **running);
    c.finder = spawnMonitor(findServerFor, list, m_options.server, m_process).monitor;
}

void Client::bind(ListId list, Pid server) {
    Channel& c = channel(list);
    c.server = server;
    c.monitor = monitor(server);
    pump(list);
}

/// Nobody answers for this list at the moment: all that was sent is sent again, to whoever comes.
void Client::lost(ListId list) {
    Channel& c = channel(list);
    if (c.monitor)
        demonitor(std::exchange(c.monitor, Ref{}), Flush::Yes);
    if (c.finder)
        demonitor(std::exchange(c.finder, Ref{}), Flush::Yes);
    std::erase_if(m_requests->open, [&](const auto& entry) {
        const bool mine = entry.second.list == list && entry.second.what != Requests::What::Lists;
        if (mine)
            demonitor(entry.first, Flush::Yes);
        return mine;
    });
    for (Channel::Pending& pending : c.pending)
        pending.request = {};
    c.sent = 0;
    const bool wasFollowing = std::exchange(c.following, false);
    c.server.reset();
    ++c.epoch;
    if (!std::exchange(c.retryIsDue, true))
        sendAfter(retryDelay(c.tries++), m_process, ClientRetry{list});
    if (wasFollowing && c.open)
        m_events.listAway(list);
}

void Client::ended(Ref monitor) {
    for (auto& [list, c] : m_channels)
        if (c->monitor == monitor || c->finder == monitor)
            return lost(list);
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
    if (!isReply)
        return lost(asked.list);
    switch (asked.what) {
    case Requests::What::Submit: {
        auto answer = std::move(payload).take<ChangeAnswer>();
        return answer ? finish(asked.list, request, *answer) : lost(asked.list);
    }
    case Requests::What::Create: {
        auto answer = std::move(payload).take<DatabaseAnswer>();
        if (!answer)
            return lost(asked.list);
        const bool isFailed = answer->outcome == WriteOutcome::Failed;
        if (!isFailed)
            tellTrouble({.list = asked.list});
        else if (isTrouble(answer->kind))
            tellTrouble({.list = asked.list, .kind = answer->kind, .why = answer->why});
        if (isFailed)
            return lost(asked.list);
        return finish(asked.list, request,
                      {.done = answer->outcome == WriteOutcome::Done,
                       .applied = answer->answer,
                       .why = answer->why});
    }
    case Requests::What::Follow: {
        auto data = std::move(payload).take<std::optional<ListData>>();
        if (!data)
            return lost(asked.list);
        channel(asked.list).tries = 0;
        if (!channel(asked.list).open)
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

void Client::finish(ListId list, Ref request, const ChangeAnswer& answer) {
    Channel& c = channel(list);
    auto it = std::ranges::find(c.pending, request, &Channel::Pending::request);
    if (it == c.pending.end())
        return;
    const OperationId operation = it->operation;
    const bool isUnmade = !answer.done && std::holds_alternative<CreateList>(it->what);
    c.pending.erase(it);
    --c.sent;
    --m_pendingCount;
    c.tries = 0;
    // What was meant for a list that is not made must not reach the one that has its id.
    decltype(c.pending) orphans;
    if (isUnmade) {
        orphans.swap(c.pending);
        c.sent = 0;
        m_pendingCount -= orphans.size();
        m_wantsLists = true; // there are lists that are not known here
    }
    m_events.answered(operation, list, answer);
    for (const Channel::Pending& orphan : orphans)
        m_events.answered(orphan.operation, list, {.why = answer.why});
    if (isUnmade)
        requestLists();
    pump(list);
}

/// Tells a trouble, and once that it is over.
void Client::tellTrouble(const StorageTrouble& trouble) {
    auto it = m_channels.find(trouble.list);
    if (it == m_channels.end())
        return;
    const bool isAwaited =
        trouble.list == kCatalogue || it->second->open || !it->second->pending.empty();
    if (!trouble.why.empty() && !isAwaited)
        return;
    const bool wasTroubled = std::exchange(it->second->troubled, !trouble.why.empty());
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
