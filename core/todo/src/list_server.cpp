#include <grove/runtime/process.h>
#include <grove/runtime/timers.h>
#include <grove/todo/list_server.h>

#include <algorithm>
#include <set>

namespace grove::todo {

using storage::SqlKind;
using storage::WriteOutcome;

otp::Init ListServer::init(ListId list, ListServerOptions options) {
    m_options = options;
    return Init::ok(State{.id = list}).thenContinue();
}

Task<otp::Next> ListServer::handleContinue() {
    if (m_come)
        co_await takeLater(*std::exchange(m_come, std::nullopt));
    else if (!state().loaded)
        co_await tryLoad();
    while (isFull() && !m_outOfStep)
        co_await settleOne();
    co_return rest();
}

Task<> ListServer::tryLoad() {
    auto data = co_await Database(m_options.workers).tryLoad(state().id);
    if (data.failed) {
        if (isTrouble(*data.failed))
            setTrouble(*data.failed, std::move(data.why));
        co_return;
    }
    state().loaded = true;
    state().failures = 0;
    setTrouble(SqlKind::Other, {});
    if (data.value) {
        state().exists = true;
        state().list = List(*std::move(data.value));
        setLabel(state().list.name());
    }
}

/// Resumes once the list could be read. Tells `asker`, who may follow nothing, why it takes so
/// long.
Task<> ListServer::load(Pid asker) {
    while (!state().loaded) {
        if (asker && !state().trouble.empty())
            trySend(asker, trouble());
        static_cast<void>(co_await receive(on<Resend>(), after(retryDelay(state().failures++))));
        co_await tryLoad();
    }
}

ListServer::View ListServer::view(const State& state) {
    constexpr std::size_t kFirstMax = 50;
    View view{.id = state.id,
              .name = state.list.name(),
              .version = state.list.version(),
              .entries = state.list.size(),
              .open = state.list.openCount(),
              .first = state.list.firstByDate(kFirstMax),
              .trouble = state.trouble};
    for (const UnderWay& write : state.underWay)
        view.underWay.push_back(write.operation);
    for (const Follower& follower : state.followers)
        view.followers.push_back(follower.pid);
    return view;
}

// -- questions
// --------------------------------------------------------------------------------------------------

Task<otp::Reply<std::optional<ListData>>> ListServer::handleCall(Follow request, From) {
    auto known = std::ranges::find(state().followers, request.follower, &Follower::pid);
    if (known == state().followers.end())
        state().followers.push_back({request.follower, monitor(request.follower)});
    trySend(request.follower, trouble());
    co_await load({});
    std::optional<ListData> data;
    if (state().exists)
        data = state().list.data();
    co_return Reply<std::optional<ListData>>(std::move(data)).timeout(restFor());
}

otp::Reply<void> ListServer::handleCall(Unfollow request, From) {
    auto known = std::ranges::find(state().followers, request.follower, &Follower::pid);
    if (known != state().followers.end()) {
        demonitor(known->monitor, Flush::Yes);
        state().followers.erase(known);
    }
    return Reply<void>().timeout(restFor());
}

Task<otp::Reply<std::vector<Entry>>> ListServer::handleCall(EntriesOn request, From) {
    co_await load({});
    co_return Reply<std::vector<Entry>>(state().list.entriesOn(request.date)).timeout(restFor());
}

Task<otp::Reply<std::optional<ListData>>> ListServer::handleCall(Whole, From) {
    co_await load({});
    std::optional<ListData> data;
    if (state().exists)
        data = state().list.data();
    co_return Reply<std::optional<ListData>>(std::move(data)).timeout(restFor());
}

// -- changes
// ----------------------------------------------------------------------------------------------------

otp::Reply<ChangeAnswer> ListServer::handleCall(Submit&& request, From from) {
    using Answered = Reply<ChangeAnswer>;
    const bool isTaken = take({.operation = std::move(request.operation),
                               .change = std::move(request.change),
                               .sender = storage::Waiting(from)});
    return isTaken ? Answered::noReply().timeout(restFor()) : Answered::noReply().thenContinue();
}

otp::Next ListServer::handleCast(PostedChange&& posted) {
    const bool isTaken = take({.operation = std::move(posted.operation),
                               .change = std::move(posted.change),
                               .sender = storage::Poster{posted.from, posted.tag}});
    return isTaken ? rest() : Next().thenContinue();
}

/// Takes a change where nothing is to be waited for, as is usual. Returns: false where something
/// is, before the next message.
bool ListServer::take(UnderWay&& write) {
    if (state().exists) {
        auto room = makeRoom(state().list, m_growth, write.change, m_options.bounds);
        if (!room || !*room) {
            if (!room)
                write.refusal = std::move(room.error().why);
            begin(std::move(write));
            return !isFull();
        }
    }
    m_come = std::move(write);
    return false;
}

/// Takes a change into a list that is to be loaded, or in which room is to be made for it.
Task<> ListServer::takeLater(UnderWay write) {
    if (!state().loaded)
        co_await load(pidOf(*write.sender));
    if (!state().exists) {
        answer(*write.sender, {.why = "There is no such list."});
        co_return tellPoster();
    }
    auto room = makeRoom(state().list, m_growth, write.change, m_options.bounds);
    if (!room)
        write.refusal = std::move(room.error().why);
    else if (*room && !co_await isKnown(write.operation,
                                        pidOf(*write.sender))) // a change of its own, before it
        begin({.operation = write.operation + "/room-" + std::to_string(state().list.version()),
               .change = **std::move(room)});
    begin(std::move(write));
}

/// Whether it has come before. Tells `asker`, too, why it takes so long where the database cannot
/// be read.
Task<bool> ListServer::isKnown(OperationId operation, Pid asker) {
    const auto& underWay = state().underWay;
    if (std::ranges::find(underWay, operation, &UnderWay::operation) != underWay.end())
        co_return true;
    bool isToldOf = false;
    for (unsigned tries = 0;; ++tries) {
        auto done = co_await Database(m_options.workers).tryWasDone(state().id, operation);
        const bool isOver = !done.failed;
        if (isOver ? isToldOf : isTrouble(*done.failed)) {
            setTrouble(done.failed.value_or(SqlKind::Other), std::move(done.why));
            trySend(asker, trouble());
            isToldOf = true;
        }
        if (isOver)
            co_return done.value;
        auto woken = co_await receive(on<Resend>(), after(retryDelay(tries)));
        if (std::holds_alternative<Resend>(woken))
            static_cast<void>(handleInfo(Resend{}));
    }
}

void ListServer::begin(UnderWay&& write) {
    write.bytes = sizeBytes(write.change);
    m_bytes += write.bytes;
    if (write.refusal.empty()) {
        const Growth growth = growthOf(write.change);
        m_growth.entries += growth.entries;
        m_growth.titleBytes += growth.titleBytes;
    }
    state().underWay.push_back(std::move(write));
    if (!state().resendIsDue) // else it goes with the others, in order
        sendUnsent();
}

bool ListServer::isFull() const {
    return state().underWay.size() >= kUnderWayMax || m_bytes >= kBytesMax;
}

/// Waits, inside a handler, until something under way has been settled or sent again.
Task<> ListServer::settleOne() {
    const auto isEnd = [this](const Message& message) {
        return message.kind() == MessageKind::Down && message.ref() == state().workerMonitor;
    };
    auto got = co_await receive(on<DatabaseCompletions>(), on(isEnd), on<Resend>());
    if (auto* completions = std::get_if<DatabaseCompletions>(&got))
        completed(std::move(*completions));
    else if (std::holds_alternative<Message>(got))
        workerEnded();
    else
        static_cast<void>(handleInfo(Resend{}));
}

/// Sends what is not sent, in order, to the worker process of this epoch.
void ListServer::sendUnsent() {
    if (!state().worker) {
        state().worker = whereis(Database::writer());
        if (!state().worker)
            return failed(SqlKind::Interrupted, {});
        state().workerMonitor = monitor(*state().worker);
    }
    auto& underWay = state().underWay;
    auto first = underWay.end(); // what is sent lies before what is not
    while (first != underWay.begin() && std::prev(first)->sent == 0)
        --first;
    for (auto write = first; write != underWay.end(); ++write) {
        write->sent = ++m_writesSent;
        otp::cast(*state().worker,
                  DatabasePost{.write = {.id = write->operation,
                                         .key = state().id,
                                         .epoch = state().epoch,
                                         .change = TodoStore::Change(std::in_place_type<ChangeList>,
                                                                     state().id, write->change,
                                                                     write->refusal)},
                               .from = self(),
                               .tag = write->sent});
    }
}

otp::Next ListServer::handleInfo(DatabaseCompletions completions) {
    completed(std::move(completions));
    return rest();
}

otp::Next ListServer::handleInfo(Down down) {
    if (down.ref == state().workerMonitor)
        workerEnded();
    else
        std::erase_if(state().followers, [&](const Follower& f) { return f.monitor == down.ref; });
    return rest();
}

void ListServer::workerEnded() {
    state().workerMonitor = {};
    failed(SqlKind::Interrupted, "the SQLite worker has ended");
}

void ListServer::completed(DatabaseCompletions completions) {
    for (auto& [sent, answer] : completions.writes)
        if (!m_outOfStep)
            completed(sent, std::move(answer));
    tellPoster();
}

void ListServer::completed(std::uint64_t sent, DatabaseAnswer&& answer) {
    auto found = std::ranges::find(state().underWay, sent, &UnderWay::sent);
    if (found == state().underWay.end())
        return; // it has been sent again since
    if (answer.outcome == WriteOutcome::Failed) {
        tellPoster(); // before the trouble
        return failed(answer.kind, answer.why);
    }
    setTrouble(SqlKind::Other, {});
    m_bytes -= found->bytes;
    if (found->refusal.empty()) {
        const Growth growth = growthOf(found->change);
        m_growth.entries -= growth.entries;
        m_growth.titleBytes -= growth.titleBytes;
    }
    state().failures = 0;
    settle(*found, std::move(answer));
    state().underWay.erase(found);
}

/// A change was committed (now or long ago) or refused: does it here, tells everybody.
void ListServer::settle(const UnderWay& write, DatabaseAnswer&& result) {
    ChangeAnswer told{.done = result.outcome == WriteOutcome::Done,
                      .applied = std::move(result.answer),
                      .why = std::move(result.why)};
    List& list = state().list;
    if (told.done && told.applied && told.applied->version > list.version()) {
        auto here = told.applied->version == list.version() + 1 ? list.apply(write.change)
                                                                : std::unexpected(Refused{"a gap"});
        if (here && *here == *told.applied) {
            tellFollowers(write.operation, write.change);
            if (std::holds_alternative<RenameList>(write.change))
                setLabel(list.name());
        } else {
            // Somebody else has written this list. What is on disk is right; the next server loads
            // it.
            m_outOfStep = tuple(atom("out_of_step"), list.version(), told.applied->version);
        }
    }
    if (write.sender)
        answer(*write.sender, std::move(told));
}

/// Answers a call at once, a post with those that come after it (tellPoster()).
void ListServer::answer(const storage::WriteSender& sender, ChangeAnswer&& answer) {
    const auto* poster = std::get_if<storage::Poster>(&sender);
    if (!poster)
        return otp::reply(From(std::get<storage::Waiting>(sender)), std::move(answer));
    if (poster->pid != m_poster)
        tellPoster();
    m_poster = poster->pid;
    if (m_answers.empty())
        m_answers.reserve(state().underWay.size());
    m_answers.emplace_back(poster->tag, std::move(answer));
}

void ListServer::tellPoster() {
    if (m_answers.empty())
        return;
    trySend(m_poster, ChangeAnswers{.list = state().id, .answers = std::exchange(m_answers, {})});
}

/// One write has failed. All that were sent are sent again, in order: those sent after it must not
/// be done before.
void ListServer::failed(SqlKind kind, const std::string& why) {
    for (UnderWay& write : state().underWay)
        write.sent = 0;
    ++state().epoch;
    state().worker.reset();
    if (state().workerMonitor)
        demonitor(std::exchange(state().workerMonitor, Ref{}), Flush::Yes);
    if (isTrouble(kind))
        setTrouble(kind, why);
    if (!state().underWay.empty())
        resendLater();
}

void ListServer::resendLater() {
    if (std::exchange(state().resendIsDue, true))
        return;
    sendAfter(retryDelay(state().failures++), self(), Resend{});
}

otp::Next ListServer::handleInfo(Resend) {
    if (std::exchange(state().resendIsDue, false))
        sendUnsent();
    return rest();
}

void ListServer::setTrouble(SqlKind kind, std::string why) {
    if (state().trouble == why)
        return;
    state().trouble = std::move(why);
    state().troubleKind = kind;
    std::set<Pid> told;
    for (const Follower& follower : state().followers)
        told.insert(follower.pid);
    for (const UnderWay& write : state().underWay)
        if (write.sender)
            told.insert(pidOf(*write.sender));
    for (const Pid& pid : told)
        trySend(pid, trouble());
}

StorageTrouble ListServer::trouble() const {
    return {.list = state().id, .kind = state().troubleKind, .why = state().trouble};
}

void ListServer::tellFollowers(const OperationId& operation, const Change& change) {
    for (const Follower& follower : state().followers)
        trySend(follower.pid, ListChanged{.list = state().id,
                                          .operation = operation,
                                          .version = state().list.version(),
                                          .change = change});
}

// -- rest
// -------------------------------------------------------------------------------------------------------

Duration ListServer::restFor() const {
    if (!state().loaded)
        return m_options.idle;
    if (!state().exists) // it may be made at any moment: the next server will find it
        return Duration::zero();
    const bool isIdle = state().followers.empty() && state().underWay.empty();
    return isIdle ? m_options.idle : otp::detail::Outcome::kNoTimeout;
}

otp::Next ListServer::rest() const {
    return m_outOfStep ? Next::stop(*m_outOfStep) : Next().timeout(restFor());
}

otp::Next ListServer::handleTimeout() {
    const bool isIdle = state().followers.empty() && state().underWay.empty();
    return isIdle || (state().loaded && !state().exists) ? Next::stop(reason::normal) : rest();
}

} // namespace grove::todo
