#include "supervision.h"

#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/gen_server.h>
#include <grove/runtime/receive.h>

#include <algorithm>
#include <map>

namespace grove::otp {

namespace {

class DynamicSupervisorServer;

/// What sys::getState() shows: the children.
struct DynamicState {
    const DynamicSupervisorServer* server = nullptr;
};
Term stateTermOf(const DynamicState& state);

} // namespace
} // namespace grove::otp

template <> struct grove::TermConversion<grove::otp::DynamicState> {
    static Term toTerm(const grove::otp::DynamicState& state) {
        return grove::otp::stateTermOf(state);
    }
    static bool fromTerm(const Term& term, grove::otp::DynamicState&, Conversion& conversion) {
        return conversion.failExpected("nothing: a supervisor's state is its own", term);
    }
};

namespace grove::otp {

namespace {

class DynamicSupervisorServer final : public GenServer<DynamicSupervisorServer> {
public:
    static constexpr const char* kBehaviour = "DynamicSupervisor";
    using State = DynamicState;

    struct StartChild {
        SpecHandle child;
        GROVE_FIELDS(StartChild, child)
    };
    struct TerminateChild {
        Pid child;
        GROVE_FIELDS(TerminateChild, child)
    };
    struct WhichChildren {
        using Reply = std::vector<Child>;
        GROVE_FIELDS(WhichChildren)
    };
    struct CountChildren {
        using Reply = ChildCounts;
        GROVE_FIELDS(CountChildren)
    };
    struct RetryRestart {
        std::uint64_t place;
        GROVE_FIELDS(RetryRestart, place)
    };
    using Calls = Messages<StartChild, TerminateChild, WhichChildren, CountChildren>;
    using Infos = Messages<RetryRestart>;

    Init init(StartOptions start, DynamicSupervisorOptions options);
    grove::Task<Reply<Term>> handleCall(StartChild request);
    grove::Task<Reply<Term>> handleCall(TerminateChild request);
    Reply<std::vector<Child>> handleCall(WhichChildren) { return children(); }
    Reply<ChildCounts> handleCall(CountChildren);
    grove::Task<Next> handleInfo(Exit signal);
    grove::Task<Next> handleInfo(RetryRestart message);
    grove::Task<> terminate(Term why);

    [[nodiscard]] std::vector<Child> children() const;

private:
    struct Entry {
        ChildSpec spec;
        Pid pid; // of the last process, while it is being restarted
        bool isRestarting = false;
        std::uint32_t restarts = 0;
    };
    using Entries = std::map<PlaceId, Entry>; // in start order

    [[nodiscard]] Entries::iterator find(Pid pid);
    void forget(Entries::iterator at);
    [[nodiscard]] grove::Task<Next> restart(PlaceId place);

    DynamicSupervisorOptions m_options;
    PlaceId m_place = 0;
    Entries m_children;
    std::map<std::uint64_t, PlaceId> m_byPid;
    supervision::Restarts m_restarts;
};

DynamicSupervisorServer::Init DynamicSupervisorServer::init(StartOptions start,
                                                            DynamicSupervisorOptions options) {
    setTrapExit(TrapExit::Yes);
    m_options = options;
    m_place = supervision::openPlace(start, PlaceKind::DynamicSupervisor, Strategy::OneForOne,
                                     options.intensity);
    m_restarts = supervision::Restarts(m_place, options.intensity);
    return Init::ok(State{this});
}

DynamicSupervisorServer::Entries::iterator DynamicSupervisorServer::find(Pid pid) {
    const auto at = m_byPid.find(pid.raw());
    return at == m_byPid.end() ? m_children.end() : m_children.find(at->second);
}

void DynamicSupervisorServer::forget(Entries::iterator at) {
    supervision::OwnPlaces().remove(at->first);
    m_byPid.erase(at->second.pid.raw());
    m_children.erase(at);
}

grove::Task<DynamicSupervisorServer::Reply<Term>>
DynamicSupervisorServer::handleCall(StartChild request) {
    if (m_children.size() >= m_options.childrenMax)
        co_return tuple(atoms::error, atom("max_children"));
    ChildSpec spec = *request.child.spec;
    if (!m_options.extraArguments.empty() && !spec.prependArguments(m_options.extraArguments))
        co_return tuple(atoms::error, tuple(atoms::badarg, spec.term()));
    const PlaceKind kind =
        spec.type() == ChildType::Supervisor ? PlaceKind::Supervisor : PlaceKind::Worker;
    const PlaceId place = supervision::OwnPlaces().add(m_place, kind, spec);
    const StartResult started =
        co_await supervision::startProcess(spec, place, 0, supervision::RaisedAs::ExitReason);
    if (!started.isOk()) {
        supervision::OwnPlaces().remove(place);
        if (started.isError() && !started.alreadyStarted())
            supervision::report("start_error", started.reason(), spec, {});
        co_return started.term();
    }
    m_children.emplace(place, Entry{.spec = spec, .pid = started.pid()});
    m_byPid.emplace(started.pid().raw(), place);
    supervision::OwnPlaces().setStarted(place, started.pid(), now());
    supervision::reportProgress(spec, started.pid());
    co_return started.term();
}

grove::Task<DynamicSupervisorServer::Reply<Term>>
DynamicSupervisorServer::handleCall(TerminateChild request) {
    const auto at = find(request.child);
    if (at == m_children.end())
        co_return tuple(atoms::error, atoms::notFound);
    const ChildSpec spec = at->second.spec;
    if (!at->second.isRestarting) {
        const Term reason = co_await supervision::stopProcess(request.child, spec.shutdown());
        if (!supervision::isExpectedEnd(spec, reason))
            supervision::report("shutdown_error", reason, spec, request.child);
    }
    forget(find(request.child));
    co_return Term(atoms::ok);
}

grove::Task<DynamicSupervisorServer::Next> DynamicSupervisorServer::handleInfo(Exit signal) {
    const auto at = find(signal.from);
    if (at == m_children.end() || at->second.isRestarting)
        co_return Next{}; // a stranger's, or of a child that failed to start
    Entry& child = at->second;
    const bool isRestarted = supervision::isRestarted(child.spec.restart(), signal.reason);
    if (isRestarted || !isQuietReason(signal.reason))
        supervision::report("child_terminated", signal.reason, child.spec, child.pid);
    supervision::OwnPlaces().setEnded(at->first, signal.reason,
                                      isRestarted ? PlaceState::Restarting : PlaceState::NotStarted,
                                      now());
    if (isRestarted)
        co_return co_await restart(at->first);
    forget(at);
    co_return Next{};
}

grove::Task<DynamicSupervisorServer::Next> DynamicSupervisorServer::restart(PlaceId place) {
    Entry& child = m_children.find(place)->second;
    if (!m_restarts.add(child.spec, parent())) {
        forget(m_children.find(place));
        co_return Next::stop(reason::shutdown);
    }
    child.isRestarting = true;
    ++child.restarts;
    const StartResult started = co_await supervision::startProcess(
        child.spec, place, child.restarts, supervision::RaisedAs::ExitReason);
    supervision::OwnPlaces().setRestarts(place, child.restarts);
    if (started.isIgnore()) {
        forget(m_children.find(place));
    } else if (started.isError()) {
        supervision::report("start_error", started.reason(), child.spec, {});
        supervision::OwnPlaces().setEnded(place, started.reason(), PlaceState::Restarting, now());
        grove::send(self(), Payload(RetryRestart{place}));
    } else {
        m_byPid.erase(child.pid.raw());
        child.pid = started.pid();
        child.isRestarting = false;
        m_byPid.emplace(child.pid.raw(), place);
        supervision::OwnPlaces().setStarted(place, child.pid, now());
        supervision::reportRestart(child.pid, child.restarts);
    }
    co_return Next{};
}

grove::Task<DynamicSupervisorServer::Next>
DynamicSupervisorServer::handleInfo(RetryRestart message) {
    const auto at = m_children.find(message.place);
    if (at == m_children.end() || !at->second.isRestarting)
        co_return Next{}; // terminated meanwhile
    co_return co_await restart(message.place);
}

/// All together: each is asked at once, and killed when its own limit is over.
grove::Task<> DynamicSupervisorServer::terminate(Term) {
    struct Ending {
        ChildSpec spec;
        Pid pid;
        Instant deadline;
    };
    std::map<Ref, Ending> endings;
    for (auto& [place, child] : m_children) {
        if (child.isRestarting)
            continue;
        const Ref watch = monitor(child.pid);
        unlink(child.pid);
        const Shutdown shutdown = child.spec.shutdown();
        grove::exit(child.pid, shutdown.isBrutalKill() ? Term(atoms::kill) : Term(atoms::shutdown));
        const Instant deadline =
            shutdown.isBrutalKill() ? kNever : addSaturated(now(), shutdown.limit());
        endings.emplace(watch, Ending{std::move(child.spec), child.pid, deadline});
    }
    while (!endings.empty()) {
        const auto next = std::ranges::min_element(
            endings, {}, [](const auto& ending) { return ending.second.deadline; });
        const Duration left = next->second.deadline == kNever
                                  ? kInfinity
                                  : std::max(next->second.deadline - now(), Duration());
        auto got = co_await grove::receive(on([&endings](const Message& message) {
                                               return message.kind() == MessageKind::Down &&
                                                      endings.contains(message.ref());
                                           }),
                                           after(left));
        Message* down = std::get_if<Message>(&got);
        if (down == nullptr) {
            grove::exit(next->second.pid, atoms::kill);
            next->second.deadline = kNever;
            continue;
        }
        const Term reason = down->payload().term();
        const Ending ended = std::move(endings.extract(down->ref()).mapped());
        if (!supervision::isExpectedEnd(ended.spec, reason) && !reason.isAtom(atoms::noproc))
            supervision::report("shutdown_error", reason, ended.spec, ended.pid);
    }
}

DynamicSupervisorServer::Reply<ChildCounts> DynamicSupervisorServer::handleCall(CountChildren) {
    ChildCounts counts;
    for (const auto& [place, child] : m_children)
        supervision::count(counts, child.spec, !child.isRestarting);
    return counts;
}

std::vector<Child> DynamicSupervisorServer::children() const {
    std::vector<Child> children;
    for (const auto& [place, child] : m_children)
        children.push_back(
            Child{.id = atoms::undefined,
                  .state = child.isRestarting ? Child::State::Restarting : Child::State::Running,
                  .pid = child.isRestarting ? Pid() : child.pid,
                  .type = child.spec.type(),
                  .behaviour = child.spec.behaviour()});
    return children;
}

Term stateTermOf(const DynamicState& state) {
    return toTerm(state.server->children());
}

} // namespace

grove::Task<StartResult> DynamicSupervisor::startLink(StartOptions start,
                                                      DynamicSupervisorOptions options) {
    StartOptions told = start;
    return DynamicSupervisorServer::startLink(std::move(start), std::move(told), options);
}

grove::Task<StartResult> DynamicSupervisor::startChild(ServerRef supervisor, ChildSpec spec) {
    DynamicSupervisorServer::StartChild request{
        SpecHandle{std::make_shared<const ChildSpec>(std::move(spec))}};
    co_return StartResult::fromTerm(
        co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<Result<void>> DynamicSupervisor::terminateChild(ServerRef supervisor, Pid child) {
    DynamicSupervisorServer::TerminateChild request{child};
    const Term answer = co_await otp::call(std::move(supervisor), request, kInfinity);
    if (!answer.isAtom(atoms::ok))
        co_return failure(atoms::notFound, "the supervisor has no such child");
    co_return Result<void>();
}

grove::Task<std::vector<Child>> DynamicSupervisor::whichChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), DynamicSupervisorServer::WhichChildren{},
                                 kInfinity);
}

grove::Task<ChildCounts> DynamicSupervisor::countChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), DynamicSupervisorServer::CountChildren{},
                                 kInfinity);
}

} // namespace grove::otp
