#include "supervision.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>

#include <algorithm>

namespace grove::otp {

namespace {

class SupervisorServer;

/// What sys::getState() shows of a supervisor: its children.
struct SupervisorState {
    const SupervisorServer* server = nullptr;
};
Term stateTermOf(const SupervisorState& state);

} // namespace
} // namespace grove::otp

template <> struct grove::TermConversion<grove::otp::SupervisorState> {
    static Term toTerm(const grove::otp::SupervisorState& state) {
        return grove::otp::stateTermOf(state);
    }
    static bool fromTerm(const Term& term, grove::otp::SupervisorState&, Conversion& conversion) {
        return conversion.failExpected("nothing: a supervisor's state is its own", term);
    }
};

namespace grove::otp {

namespace {

class SupervisorServer final : public GenServer<SupervisorServer> {
public:
    static constexpr const char* kBehaviour = "Supervisor";
    using State = SupervisorState;

    struct StartChild {
        SpecHandle child;
        GROVE_FIELDS(StartChild, child)
    };
    struct TerminateChild {
        Term id;
        GROVE_FIELDS(TerminateChild, id)
    };
    struct RestartChild {
        Term id;
        GROVE_FIELDS(RestartChild, id)
    };
    struct DeleteChild {
        Term id;
        GROVE_FIELDS(DeleteChild, id)
    };
    struct WhichChildren {
        using Reply = std::vector<Child>;
        GROVE_FIELDS(WhichChildren)
    };
    struct CountChildren {
        using Reply = ChildCounts;
        GROVE_FIELDS(CountChildren)
    };
    struct GetChildspec {
        using Reply = SpecHandle; // empty: not found
        Term id;
        GROVE_FIELDS(GetChildspec, id)
    };
    struct RetryRestart {
        Term id;
        GROVE_FIELDS(RetryRestart, id)
    };
    using Calls = Messages<StartChild, TerminateChild, RestartChild, DeleteChild, WhichChildren,
                           CountChildren, GetChildspec>;
    using Infos = Messages<RetryRestart>;

    grove::Task<Init> init(StartOptions start, SupervisorOptions options);
    grove::Task<Reply<Term>> handleCall(StartChild request);
    grove::Task<Reply<Term>> handleCall(TerminateChild request);
    grove::Task<Reply<Term>> handleCall(RestartChild request);
    Reply<Term> handleCall(DeleteChild request);
    Reply<std::vector<Child>> handleCall(WhichChildren) { return children(); }
    Reply<ChildCounts> handleCall(CountChildren);
    Reply<SpecHandle> handleCall(GetChildspec request);
    grove::Task<Next> handleInfo(Exit signal);
    grove::Task<Next> handleInfo(RetryRestart message);
    grove::Task<> terminate(Term why);

    [[nodiscard]] std::vector<Child> children() const;

private:
    struct Entry {
        ChildSpec spec;
        PlaceId place = 0;
        Pid pid; // none: not running
        bool isRestarting = false;
        std::uint32_t restarts = 0;
    };
    using Index = std::size_t;

    [[nodiscard]] std::optional<Index> find(const Term& id) const;
    [[nodiscard]] PlaceId placeFor(const ChildSpec& spec, Index index) const;
    [[nodiscard]] grove::Task<StartResult> start(Index index);
    [[nodiscard]] grove::Task<> stop(Index index);
    [[nodiscard]] grove::Task<> stopFrom(Index first, std::optional<Index> except);
    [[nodiscard]] grove::Task<Next> childEnded(Index index, Term reason);
    [[nodiscard]] grove::Task<Next> restart(Index index);
    [[nodiscard]] grove::Task<> startGroup(Index first, Index last);
    [[nodiscard]] bool endsWith(const Entry& child) const;
    void drop(Index index);

    SupervisorOptions m_options; // its children have moved to m_children
    PlaceId m_place = 0;
    std::vector<Entry> m_children; // in start order
    supervision::Restarts m_restarts;
};

// -- starting and stopping
// -------------------------------------------------------------------------------

PlaceId SupervisorServer::placeFor(const ChildSpec& spec, Index index) const {
    const PlaceKind kind =
        spec.type() == ChildType::Supervisor ? PlaceKind::Supervisor : PlaceKind::Worker;
    return supervision::OwnPlaces().ensure(m_place, static_cast<std::uint32_t>(index), kind, spec);
}

grove::Task<SupervisorServer::Init> SupervisorServer::init(StartOptions start,
                                                           SupervisorOptions options) {
    setTrapExit(TrapExit::Yes);
    if (const std::optional<Term> bad = findBadSpec(options))
        co_return Init::stop(tuple(atom("start_spec"), *bad));
    m_place =
        supervision::openPlace(start, PlaceKind::Supervisor, options.strategy, options.intensity);
    m_restarts = supervision::Restarts(m_place, options.intensity);
    m_options = std::move(options);
    for (ChildSpec& spec : m_options.children) {
        const PlaceId place = placeFor(spec, m_children.size());
        m_children.push_back(Entry{.spec = std::move(spec), .place = place, .pid = {}});
    }
    m_options.children.clear();

    for (Index i = 0; i < m_children.size();) {
        const StartResult started = co_await this->start(i);
        if (started.isError()) {
            const Term id = m_children[i].spec.id();
            supervision::report("start_error", started.reason(), m_children[i].spec, {});
            co_await stopFrom(0, std::nullopt);
            co_return Init::stop(
                tuple(atoms::shutdown, tuple(atom("failed_to_start_child"), id, started.reason())));
        }
        if (started.isIgnore() && m_children[i].spec.restart() == Restart::Temporary)
            drop(i);
        else
            ++i;
    }
    co_return Init::ok(State{this});
}

grove::Task<StartResult> SupervisorServer::start(Index index) {
    Entry& child = m_children[index];
    StartResult started =
        co_await supervision::startProcess(child.spec, child.place, child.restarts);
    child.isRestarting = false;
    if (started.isOk()) {
        child.pid = started.pid();
        supervision::OwnPlaces().setStarted(child.place, child.pid, now());
        supervision::reportProgress(child.spec, child.pid);
    }
    co_return started;
}

grove::Task<> SupervisorServer::stop(Index index) {
    Entry& child = m_children[index];
    child.isRestarting = false;
    if (!child.pid) {
        supervision::OwnPlaces().setEnded(child.place, Term(atoms::undefined),
                                          PlaceState::NotStarted, now());
        co_return;
    }
    const Term reason = co_await supervision::stopProcess(child.pid, child.spec.shutdown());
    if (!supervision::isExpectedEnd(child.spec, reason))
        supervision::report("shutdown_error", reason, child.spec, child.pid);
    supervision::OwnPlaces().setEnded(child.place, reason, PlaceState::NotStarted, now());
    child.pid = Pid();
}

/// Stops those from `first` on, last first. Temporary ones are forgotten.
grove::Task<> SupervisorServer::stopFrom(Index first, std::optional<Index> except) {
    for (Index i = m_children.size(); i-- > first;) {
        if (i == except)
            continue;
        co_await stop(i);
        if (m_children[i].spec.restart() == Restart::Temporary)
            drop(i);
    }
}

void SupervisorServer::drop(Index index) {
    supervision::OwnPlaces().remove(m_children[index].place);
    m_children.erase(m_children.begin() + static_cast<std::ptrdiff_t>(index));
    for (Index i = index; i < m_children.size(); ++i)
        supervision::OwnPlaces().setOrder(m_children[i].place, static_cast<std::uint32_t>(i));
}

// -- when a child ends
// ---------------------------------------------------------------------------------

grove::Task<SupervisorServer::Next> SupervisorServer::handleInfo(Exit signal) {
    const auto at = std::ranges::find(m_children, signal.from, &Entry::pid);
    if (at == m_children.end() || !signal.from)
        co_return Next{}; // a stranger's, or of a child that failed to start
    co_return co_await childEnded(static_cast<Index>(at - m_children.begin()),
                                  std::move(signal.reason));
}

grove::Task<SupervisorServer::Next> SupervisorServer::childEnded(Index index, Term reason) {
    Entry& child = m_children[index];
    const bool isRestarted = supervision::isRestarted(child.spec.restart(), reason);
    if (isRestarted || (child.spec.restart() == Restart::Temporary && !isQuietReason(reason)))
        supervision::report("child_terminated", reason, child.spec, child.pid);
    supervision::OwnPlaces().setEnded(
        child.place, reason, isRestarted ? PlaceState::Restarting : PlaceState::NotStarted, now());
    child.pid = Pid();
    if (isRestarted)
        co_return co_await restart(index);
    const bool isLast = endsWith(child);
    if (child.spec.restart() == Restart::Temporary)
        drop(index);
    co_return isLast ? Next::stop(reason::shutdown) : Next{};
}

/// Whether a child's own end ends the supervisor.
bool SupervisorServer::endsWith(const Entry& ended) const {
    if (!ended.spec.isSignificant())
        return false;
    if (m_options.autoShutdown == AutoShutdown::AnySignificant)
        return true;
    return std::ranges::none_of(m_children, [&](const Entry& other) {
        return &other != &ended && other.spec.isSignificant() && (other.pid || other.isRestarting);
    });
}

grove::Task<SupervisorServer::Next> SupervisorServer::restart(Index index) {
    Entry& child = m_children[index];
    if (!m_restarts.add(child.spec, parent())) {
        child.isRestarting = false;
        supervision::OwnPlaces().setEnded(child.place, Term(atoms::undefined),
                                          PlaceState::NotStarted, now());
        co_return Next::stop(reason::shutdown);
    }
    switch (m_options.strategy) {
    case Strategy::OneForOne:
        co_await startGroup(index, index + 1);
        break;
    case Strategy::RestForOne:
        co_await stopFrom(index + 1, std::nullopt);
        co_await startGroup(index, m_children.size());
        break;
    case Strategy::OneForAll:
        co_await stopFrom(0, index);
        co_await startGroup(0, m_children.size());
        break;
    }
    co_return Next{};
}

/// Starts [first, last). The first that fails is tried again later; the rest waits for it.
grove::Task<> SupervisorServer::startGroup(Index first, Index last) {
    for (Index i = first; i < last;) {
        ++m_children[i].restarts;
        const StartResult started = co_await start(i);
        Entry& child = m_children[i];
        supervision::OwnPlaces().setRestarts(child.place, child.restarts);
        if (started.isError()) {
            supervision::report("start_error", started.reason(), child.spec, {});
            child.isRestarting = true;
            supervision::OwnPlaces().setEnded(child.place, started.reason(), PlaceState::Restarting,
                                              now());
            grove::send(self(), Payload(RetryRestart{child.spec.id()}));
            co_return;
        }
        if (started.isOk())
            supervision::reportRestart(child.pid, child.restarts);
        if (started.isIgnore() && child.spec.restart() == Restart::Temporary) {
            drop(i);
            --last;
        } else {
            if (started.isIgnore())
                supervision::OwnPlaces().setEnded(child.place, Term(atoms::ignore),
                                                  PlaceState::NotStarted, now());
            ++i;
        }
    }
}

grove::Task<SupervisorServer::Next> SupervisorServer::handleInfo(RetryRestart message) {
    const std::optional<Index> index = find(message.id);
    if (!index || !m_children[*index].isRestarting)
        co_return Next{}; // stopped or started meanwhile
    co_return co_await restart(*index);
}

grove::Task<> SupervisorServer::terminate(Term) {
    co_await stopFrom(0, std::nullopt);
}

// -- what can be asked of it
// -----------------------------------------------------------------------------

std::optional<SupervisorServer::Index> SupervisorServer::find(const Term& id) const {
    const auto at = std::ranges::find_if(
        m_children, [&](const Entry& child) { return equalsExact(child.spec.id(), id); });
    return at == m_children.end() ? std::nullopt
                                  : std::optional(static_cast<Index>(at - m_children.begin()));
}

Term failureTerm(Term why) {
    return tuple(atoms::error, std::move(why));
}

grove::Task<SupervisorServer::Reply<Term>> SupervisorServer::handleCall(StartChild request) {
    const ChildSpec& spec = *request.child.spec;
    if (const std::optional<Index> index = find(spec.id())) {
        const Pid pid = m_children[*index].pid;
        co_return failureTerm(pid ? tuple(atoms::alreadyStarted, pid)
                                  : Term(atoms::alreadyPresent));
    }
    if (const std::optional<Term> bad = findBadSignificance(spec, m_options.autoShutdown))
        co_return failureTerm(*bad);
    const Index index = m_children.size();
    m_children.push_back(Entry{.spec = spec, .place = placeFor(spec, index), .pid = {}});
    const StartResult started = co_await start(index);
    if (started.isError()) {
        Term why = tuple(started.reason(), spec.term());
        supervision::report("start_error", started.reason(), spec, {});
        drop(index);
        co_return failureTerm(std::move(why));
    }
    if (started.isIgnore() && spec.restart() == Restart::Temporary)
        drop(index);
    co_return started.term();
}

grove::Task<SupervisorServer::Reply<Term>> SupervisorServer::handleCall(TerminateChild request) {
    const std::optional<Index> index = find(request.id);
    if (!index)
        co_return failureTerm(atoms::notFound);
    co_await stop(*index);
    if (m_children[*index].spec.restart() == Restart::Temporary)
        drop(*index);
    co_return Term(atoms::ok);
}

grove::Task<SupervisorServer::Reply<Term>> SupervisorServer::handleCall(RestartChild request) {
    const std::optional<Index> index = find(request.id);
    if (!index)
        co_return failureTerm(atoms::notFound);
    if (m_children[*index].pid || m_children[*index].isRestarting)
        co_return failureTerm(m_children[*index].pid ? atoms::running : atoms::restarting);
    const StartResult started = co_await start(*index);
    if (started.isError())
        supervision::report("start_error", started.reason(), m_children[*index].spec, {});
    co_return started.term();
}

SupervisorServer::Reply<Term> SupervisorServer::handleCall(DeleteChild request) {
    const std::optional<Index> index = find(request.id);
    if (!index)
        return failureTerm(atoms::notFound);
    if (m_children[*index].pid || m_children[*index].isRestarting)
        return failureTerm(m_children[*index].pid ? atoms::running : atoms::restarting);
    drop(*index);
    return Term(atoms::ok);
}

SupervisorServer::Reply<ChildCounts> SupervisorServer::handleCall(CountChildren) {
    ChildCounts counts;
    for (const Entry& child : m_children)
        supervision::count(counts, child.spec, static_cast<bool>(child.pid));
    return counts;
}

SupervisorServer::Reply<SpecHandle> SupervisorServer::handleCall(GetChildspec request) {
    const std::optional<Index> index = find(request.id);
    return index ? SpecHandle{std::make_shared<const ChildSpec>(m_children[*index].spec)}
                 : SpecHandle{};
}

std::vector<Child> SupervisorServer::children() const {
    std::vector<Child> children;
    for (auto at = m_children.rbegin(); at != m_children.rend(); ++at)
        children.push_back(Child{.id = at->spec.id(),
                                 .state = at->pid            ? Child::State::Running
                                          : at->isRestarting ? Child::State::Restarting
                                                             : Child::State::Stopped,
                                 .pid = at->pid,
                                 .type = at->spec.type(),
                                 .behaviour = at->spec.behaviour()});
    return children;
}

Term stateTermOf(const SupervisorState& state) {
    return toTerm(state.server->children());
}

/// `ok` or `{error, Code}`.
Result<void> resultOf(const Term& answer) {
    if (answer.isAtom(atoms::ok))
        return {};
    const Atom code = answer.element(1).asAtom().value_or(atoms::error);
    return failure(code, "the supervisor refused: " + std::string(code.name()));
}

} // namespace

// -- the public side
// -------------------------------------------------------------------------------------

grove::Task<StartResult> Supervisor::startLink(StartOptions start, SupervisorOptions options) {
    StartOptions told = start;
    return SupervisorServer::startLink(std::move(start), std::move(told), std::move(options));
}

grove::Task<StartResult> Supervisor::startChild(ServerRef supervisor, ChildSpec spec) {
    SupervisorServer::StartChild request{
        SpecHandle{std::make_shared<const ChildSpec>(std::move(spec))}};
    co_return StartResult::fromTerm(
        co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<Result<void>> Supervisor::terminateChild(ServerRef supervisor, Term id) {
    SupervisorServer::TerminateChild request{std::move(id)};
    co_return resultOf(co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<StartResult> Supervisor::restartChild(ServerRef supervisor, Term id) {
    SupervisorServer::RestartChild request{std::move(id)};
    co_return StartResult::fromTerm(
        co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<Result<void>> Supervisor::deleteChild(ServerRef supervisor, Term id) {
    SupervisorServer::DeleteChild request{std::move(id)};
    co_return resultOf(co_await otp::call(std::move(supervisor), std::move(request), kInfinity));
}

grove::Task<std::vector<Child>> Supervisor::whichChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), SupervisorServer::WhichChildren{},
                                 kInfinity);
}

grove::Task<ChildCounts> Supervisor::countChildren(ServerRef supervisor) {
    co_return co_await otp::call(std::move(supervisor), SupervisorServer::CountChildren{},
                                 kInfinity);
}

grove::Task<Result<ChildSpec>> Supervisor::childSpec(ServerRef supervisor, Term id) {
    SupervisorServer::GetChildspec request{std::move(id)};
    const SpecHandle got = co_await otp::call(std::move(supervisor), std::move(request), kInfinity);
    if (!got.spec)
        co_return failure(atoms::notFound, "the supervisor has no such child");
    co_return *got.spec;
}

grove::Task<StartResult> startLink(ChildSpec spec) {
    StartOptions options = spec.options();
    co_return co_await spec.start()(std::move(options));
}

} // namespace grove::otp

namespace grove {

Term TermConversion<otp::Child>::toTerm(const otp::Child& child) {
    using State = otp::Child::State;
    const Term process = child.state == State::Running      ? Term(child.pid)
                         : child.state == State::Restarting ? Term(atoms::restarting)
                                                            : Term(atoms::undefined);
    return tuple(child.id, process,
                 child.type == otp::ChildType::Worker ? atoms::worker : atoms::supervisor,
                 list({Term(atom(child.behaviour))}));
}

bool TermConversion<otp::Child>::fromTerm(const Term& term, otp::Child& child,
                                          Conversion& conversion) {
    if (!term.isTuple(4) || !term.element(3).isCons() || !term.element(3).head().isAtom())
        return conversion.failExpected("{Id, Process, Type, [Module]}", term);
    const Term& process = term.element(1);
    child.id = term.element(0);
    child.pid = process.asPid().value_or(Pid());
    child.state = process.isPid()                     ? otp::Child::State::Running
                  : process.isAtom(atoms::restarting) ? otp::Child::State::Restarting
                                                      : otp::Child::State::Stopped;
    child.type = term.element(2).isAtom(atoms::supervisor) ? otp::ChildType::Supervisor
                                                           : otp::ChildType::Worker;
    child.behaviour = term.element(3).head().toAtom().name();
    return true;
}

} // namespace grove
