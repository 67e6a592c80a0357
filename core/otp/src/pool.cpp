#include "supervision.h"

#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/pool.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>

namespace grove::otp {

namespace {

class PoolServer final : public GenServer<PoolServer> {
public:
    static constexpr const char* kBehaviour = "Pool";
    struct State {
        std::vector<Pid> free; // the one returned last at the end
        std::vector<Pid> lent;
        std::vector<Pid> waiting; // for a worker; first come, first served
        std::size_t size = 0;
        std::size_t maxOverflow = 0;
        std::size_t overflow = 0;
        GROVE_MAP_FIELDS(State, free, lent, waiting, size, maxOverflow, overflow)
    };

    enum class Block : bool { No, Yes };
    struct Checkout {
        Ref request;
        bool block = true;
        GROVE_FIELDS(Checkout, request, block)
    };
    struct Status {
        using Reply = PoolStatus;
        GROVE_FIELDS(Status)
    };
    struct Checkin {
        Pid worker;
        GROVE_FIELDS(Checkin, worker)
    };
    struct CancelWaiting {
        Ref request;
        GROVE_FIELDS(CancelWaiting, request)
    };
    using Calls = Messages<Checkout, Status>;
    using Casts = Messages<Checkin, CancelWaiting>;

    grove::Task<Init> init(StartOptions start, ChildSpec worker, PoolOptions options);
    grove::Task<Reply<Term>> handleCall(Checkout request, From from);
    Reply<PoolStatus> handleCall(Status);
    Reply<Term> handleCall(Term, From) { return tuple(atoms::error, atom("invalid_message")); }
    grove::Task<> handleCast(Checkin returned);
    grove::Task<> handleCast(CancelWaiting given);
    void handleCast(Term) {}
    grove::Task<> handleInfo(Down signal);
    grove::Task<Next> handleInfo(Exit signal);
    void handleInfo(Term) {}
    grove::Task<> terminate(Term why);

private:
    struct Loan {
        Pid worker;
        Ref request;
        Ref watch; // of the borrower
    };
    struct Waiting {
        From from;
        Ref request;
        Ref watch; // of who waits
    };
    using Loans = std::vector<Loan>;

    [[nodiscard]] grove::Task<StartResult> startSupervisor(StartOptions start);
    [[nodiscard]] grove::Task<Pid> newWorker();
    [[nodiscard]] Pid takeFree();
    void lend(Pid worker, Ref request, Ref watch);
    [[nodiscard]] bool lendToNext(Pid worker);
    void endLoan(Loans::iterator loan);
    [[nodiscard]] grove::Task<> takeBack(Pid worker);
    [[nodiscard]] grove::Task<> replaceLent();
    template <class Match> void dropWaiting(Match matches);
    [[nodiscard]] auto findLoan(auto Loan::* field, const auto& value) {
        return std::ranges::find(m_loans, value, field);
    }

    PoolStrategy m_strategy = PoolStrategy::Lifo;
    std::shared_ptr<const ChildSpec> m_worker;
    Pid m_supervisor;
    Loans m_loans;
    std::deque<Waiting> m_waiting;
};

// -- workers

/// The supervisor of the workers stands below the pool in the tree.
grove::Task<StartResult> PoolServer::startSupervisor(StartOptions start) {
    StartOptions options;
    if (start.place == 0)
        co_return co_await DynamicSupervisor::startLink(std::move(options), {});
    ChildSpec shown(atom("workers"), {});
    shown.type(ChildType::Supervisor).behaviour("DynamicSupervisor");
    Places& board = supervision::places();
    options.place = board.ensure(start.place, 0, PlaceKind::DynamicSupervisor, shown);
    const PlaceId place = options.place;
    const StartResult started = co_await DynamicSupervisor::startLink(std::move(options), {});
    if (started)
        board.setStarted(place, started.pid(), now());
    co_return started;
}

grove::Task<PoolServer::Init> PoolServer::init(StartOptions start, ChildSpec worker,
                                               PoolOptions options) {
    setTrapExit(TrapExit::Yes);
    m_strategy = options.strategy;
    worker.restart(Restart::Temporary);
    m_worker = std::make_shared<const ChildSpec>(std::move(worker));
    const StartResult supervisor = co_await startSupervisor(std::move(start));
    if (!supervisor)
        co_return Init::stop(tuple(atoms::badmatch, supervisor.term()));
    m_supervisor = supervisor.pid();
    State first{.size = options.size, .maxOverflow = options.maxOverflow};
    for (std::size_t i = 0; i < options.size; ++i)
        first.free.push_back(co_await newWorker());
    co_return Init::ok(std::move(first));
}

grove::Task<Pid> PoolServer::newWorker() {
    const StartResult started = co_await DynamicSupervisor::startChild(m_supervisor, *m_worker);
    if (!started)
        grove::error(tuple(atoms::badmatch, started.term()));
    link(started.pid()); // one that has ended meanwhile is heard of, too
    co_return started.pid();
}

Pid PoolServer::takeFree() {
    std::vector<Pid>& free = state().free;
    const auto at = m_strategy == PoolStrategy::Lifo ? free.end() - 1 : free.begin();
    const Pid worker = *at;
    free.erase(at);
    return worker;
}

void PoolServer::lend(Pid worker, Ref request, Ref watch) {
    m_loans.push_back({worker, request, watch});
    state().lent.push_back(worker);
}

void PoolServer::endLoan(Loans::iterator loan) {
    demonitor(loan->watch, Flush::Yes);
    std::erase(state().lent, loan->worker);
    m_loans.erase(loan);
}

/// Returns: whether somebody was waiting, who has got it.
bool PoolServer::lendToNext(Pid worker) {
    if (m_waiting.empty())
        return false;
    const Waiting next = m_waiting.front();
    m_waiting.pop_front();
    state().waiting.erase(state().waiting.begin());
    lend(worker, next.request, next.watch);
    otp::reply(next.from, Term(worker));
    return true;
}

/// A worker is not needed any more by who had it.
grove::Task<> PoolServer::takeBack(Pid worker) {
    if (lendToNext(worker))
        co_return;
    if (state().overflow == 0) {
        state().free.push_back(worker);
        co_return;
    }
    --state().overflow;
    unlink(worker);
    static_cast<void>(co_await DynamicSupervisor::terminateChild(m_supervisor, worker));
}

/// A lent worker has ended.
grove::Task<> PoolServer::replaceLent() {
    if (!m_waiting.empty()) {
        const Pid worker = co_await newWorker();
        static_cast<void>(lendToNext(worker));
    } else if (state().overflow > 0) {
        --state().overflow;
    } else {
        state().free.push_back(co_await newWorker());
    }
}

template <class Match> void PoolServer::dropWaiting(Match matches) {
    const auto at = std::ranges::find_if(m_waiting, matches);
    if (at == m_waiting.end())
        return;
    demonitor(at->watch, Flush::Yes);
    state().waiting.erase(state().waiting.begin() + (at - m_waiting.begin()));
    m_waiting.erase(at);
}

// -- what clients ask

grove::Task<PoolServer::Reply<Term>> PoolServer::handleCall(Checkout request, From from) {
    const bool isFree = !state().free.empty();
    if (!isFree && state().overflow >= state().maxOverflow) {
        if (!request.block)
            co_return Term(atom("full"));
        m_waiting.push_back({from, request.request, monitor(from.caller)});
        state().waiting.push_back(from.caller);
        co_return Reply<Term>::noReply();
    }
    const Pid worker = isFree ? takeFree() : co_await newWorker();
    if (!isFree)
        ++state().overflow;
    lend(worker, request.request, monitor(from.caller));
    co_return Term(worker);
}

PoolServer::Reply<PoolStatus> PoolServer::handleCall(Status) {
    const State& now = state();
    PoolStatus status{
        .free = now.free.size(), .overflow = now.overflow, .checkedOut = m_loans.size()};
    if (now.overflow == now.maxOverflow && now.free.empty())
        status.state = PoolState::Full;
    else if (now.overflow > 0 || now.free.empty())
        status.state = PoolState::Overflow;
    return status;
}

grove::Task<> PoolServer::handleCast(Checkin returned) {
    const auto loan = findLoan(&Loan::worker, returned.worker);
    if (loan == m_loans.end())
        co_return;
    endLoan(loan);
    co_await takeBack(returned.worker);
}

grove::Task<> PoolServer::handleCast(CancelWaiting given) {
    const auto loan = findLoan(&Loan::request, given.request);
    if (loan == m_loans.end()) {
        dropWaiting([&](const Waiting& each) { return each.request == given.request; });
        co_return;
    }
    const Pid worker = loan->worker; // handed out when nobody was there any more to take it
    endLoan(loan);
    co_await takeBack(worker);
}

// -- ends

grove::Task<> PoolServer::handleInfo(Down signal) {
    const auto loan = findLoan(&Loan::watch, signal.ref);
    if (loan == m_loans.end()) {
        dropWaiting([&](const Waiting& each) { return each.watch == signal.ref; });
        co_return;
    }
    const Pid worker = loan->worker;
    endLoan(loan);
    co_await takeBack(worker);
}

grove::Task<PoolServer::Next> PoolServer::handleInfo(Exit signal) {
    if (signal.from == m_supervisor)
        co_return Next::stop(signal.reason);
    const auto loan = findLoan(&Loan::worker, signal.from);
    if (loan != m_loans.end()) {
        endLoan(loan);
        co_await replaceLent();
    } else if (std::erase(state().free, signal.from) > 0) {
        state().free.push_back(co_await newWorker());
    }
    co_return Next{};
}

grove::Task<> PoolServer::terminate(Term) {
    for (const Pid worker : state().free)
        unlink(worker);
    for (const Loan& loan : m_loans)
        unlink(loan.worker);
    static_cast<void>(co_await supervision::stopProcess(m_supervisor, Shutdown::infinity()));
}

/// Takes a request out of the line, unless it was answered.
class Request {
public:
    explicit Request(ServerRef pool) : m_pool(std::move(pool)), m_found(whereis(m_pool)) {}
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    ~Request() {
        if (!m_isAnswered && m_found)
            otp::cast(*m_found, Payload(PoolServer::CancelWaiting{m_ref}));
    }

    [[nodiscard]] grove::Task<Term> ask(PoolServer::Block block, Duration limit) {
        Term answer = co_await otp::call(
            m_pool, PoolServer::Checkout{m_ref, block == PoolServer::Block::Yes}, limit);
        m_isAnswered = true;
        co_return answer;
    }

private:
    ServerRef m_pool;
    std::optional<Pid> m_found;
    Ref m_ref = makeRef();
    bool m_isAnswered = false;
};

} // namespace

grove::Task<StartResult> Pool::startLink(StartOptions start, ChildSpec worker,
                                         PoolOptions options) {
    StartOptions told = start;
    return PoolServer::startLink(std::move(start), std::move(told), std::move(worker), options);
}

grove::Task<Pid> Pool::checkout(ServerRef pool, Duration limit) {
    Request request(std::move(pool));
    co_return (co_await request.ask(PoolServer::Block::Yes, limit)).toPid();
}

grove::Task<std::optional<Pid>> Pool::tryCheckout(ServerRef pool, Duration limit) {
    Request request(std::move(pool));
    co_return (co_await request.ask(PoolServer::Block::No, limit)).asPid();
}

void Pool::checkin(const ServerRef& pool, Pid worker) {
    otp::cast(pool, Payload(PoolServer::Checkin{worker}));
}

grove::Task<PoolStatus> Pool::status(ServerRef pool) {
    co_return co_await otp::call(std::move(pool), PoolServer::Status{});
}

grove::Task<> Pool::stop(ServerRef pool) {
    return otp::stop(std::move(pool));
}

ChildSpec pool(std::string_view name, ChildSpec worker, PoolOptions options) {
    ChildSpec spec(Term(atom(name)), [worker = std::move(worker), options](StartOptions start) {
        return Pool::startLink(std::move(start), worker, options);
    });
    spec.type(ChildType::Supervisor).shutdown(Shutdown::infinity()).behaviour("Pool").name(name);
    return spec;
}

} // namespace grove::otp

namespace grove {

namespace {

constexpr std::array kPoolStates{
    std::pair{otp::PoolState::Ready, std::string_view("ready")},
    std::pair{otp::PoolState::Overflow, std::string_view("overflow")},
    std::pair{otp::PoolState::Full, std::string_view("full")},
};

} // namespace

Term TermConversion<otp::PoolStatus>::toTerm(const otp::PoolStatus& status) {
    const auto at =
        std::ranges::find(kPoolStates, status.state, [](const auto& each) { return each.first; });
    return tuple(atom(at->second), status.free, status.overflow, status.checkedOut);
}

bool TermConversion<otp::PoolStatus>::fromTerm(const Term& term, otp::PoolStatus& status,
                                               Conversion& conversion) {
    const auto at = std::ranges::find_if(kPoolStates, [&](const auto& each) {
        return term.isTuple(4) && term.element(0).isAtom(atom(each.second));
    });
    if (at == kPoolStates.end())
        return conversion.failExpected("{State, Free, Overflow, CheckedOut}", term);
    const auto number = [&](std::size_t i) {
        return static_cast<std::size_t>(
            std::max<std::int64_t>(0, term.element(i).asInt().value_or(0)));
    };
    status = {at->first, number(1), number(2), number(3)};
    return true;
}

} // namespace grove
