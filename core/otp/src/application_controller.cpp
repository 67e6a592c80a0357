// The process that starts, watches and stops applications. What it knows lives in Applications, so
// that its successor goes on where it was killed.

#include "application_callbacks.h"
#include "application_messages.h"
#include "application_state.h"
#include "restart_window.h"
#include "supervision.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/logger.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/timers.h>
#include <grove/term/inspect.h>

#include <algorithm>
#include <map>
#include <utility>

namespace grove::otp {

namespace {

/// A tree of a killed controller is given that long to end before the next one starts the
/// application anew.
constexpr Duration kRecoveryLimit = std::chrono::seconds(10);
/// How often an application with restartAtOnce may end before it stays stopped.
constexpr Intensity kAtOnce{10, std::chrono::seconds(5)};
/// From a start of it that fails to the next.
constexpr Duration kRestartPause = std::chrono::seconds(1);

class ControllerServer final : public GenServer<ControllerServer> {
public:
    static constexpr const char* kBehaviour = "ApplicationController";
    using Calls = Messages<StartApplication, StopApplication, StopAllApplications>;
    using Infos = Messages<RequestStart, RequestStop, RestartAgain>;
    struct State {
        GROVE_MAP_FIELDS(State)
    };

    Init init() {
        setTrapExit(TrapExit::Yes);
        return Init::ok(State{}).thenContinue();
    }
    grove::Task<> handleContinue();
    grove::Task<Term> handleCall(StartApplication request);
    grove::Task<Term> handleCall(StopApplication request);
    grove::Task<Term> handleCall(StopAllApplications request);
    grove::Task<> handleInfo(RequestStart request);
    grove::Task<> handleInfo(RequestStop request);
    grove::Task<> handleInfo(RestartAgain again);
    grove::Task<> handleInfo(Down signal);
    void handleInfo(Exit) {} // of trees that did not start

private:
    using Started = std::vector<std::string>;

    [[nodiscard]] grove::Task<Result<void>> startOne(std::string name, ApplicationType type);
    [[nodiscard]] grove::Task<Result<Started>> startAll(std::string name, ApplicationType type,
                                                        std::size_t depth = 0);
    [[nodiscard]] grove::Task<> startAgain(std::string name, ApplicationType type);
    [[nodiscard]] static Term whyEnded(const std::string& name);
    [[nodiscard]] grove::Task<Term> forgetWatch(std::string name, Term reason);
    [[nodiscard]] grove::Task<> stopOthers();
    [[nodiscard]] grove::Task<> stopNode();
    [[nodiscard]] grove::Task<> recover(ApplicationStatus status);
    [[nodiscard]] grove::Task<> stopTree(std::string name, Pid top);
    [[nodiscard]] grove::Task<> ended(std::string name, Term reason);
    [[nodiscard]] grove::Task<Result<void>> stopOne(std::string name);
    void watch(const std::string& name, Pid top);
    void setRunning(const std::string& name, Pid top, PlaceId topPlace);
    void setStopped(const std::string& name, const Term& reason);
    [[nodiscard]] static PlaceId topPlaceOf(const ApplicationStatus& status, const ChildSpec& top) {
        return supervision::places().ensure(status.place, 0, PlaceKind::Supervisor, top);
    }
    [[nodiscard]] static Applications& all() { return extension<Applications>(Runtime::current()); }

    [[nodiscard]] static ControllerNotes notes() { return ApplicationsAccess::notes(all()); }
    static void note(const std::function<void(ControllerNotes&)>& change) {
        ApplicationsAccess::note(all(), change);
    }

    std::map<Ref, std::string> m_watches; // of the top supervisors
    std::map<std::string, RestartWindow> m_restarts;
};

bool isOptional(const Application& application, const std::string& dependency) {
    return std::ranges::find(application.optional, dependency) != application.optional.end();
}

// -- writing down
// ----------------------------------------------------------------------------------

void ControllerServer::watch(const std::string& name, Pid top) {
    m_watches.emplace(monitor(top), name);
}

void ControllerServer::setRunning(const std::string& name, Pid top, PlaceId topPlace) {
    const Instant at = now();
    PlaceId place = 0;
    ApplicationsAccess::update(all(), name, [&](ApplicationStatus& status) {
        status.state = ApplicationState::Running;
        status.top = top;
        status.since = at;
        ++status.starts;
        place = status.place;
    });
    if (top)
        supervision::places().setStarted(topPlace, top, at);
    supervision::places().setStarted(place, Pid(), at);
    logReport(LogLevel::Info, LogKind::Application,
              tuple(atom("application_started"), Term(name), top));
    Runtime::current().postEvent(EventKind::Custom, top, self(), Atom(), 0,
                                 "application_started " + name);
}

void ControllerServer::setStopped(const std::string& name, const Term& reason) {
    const Instant at = now();
    PlaceId place = 0;
    Pid top;
    ApplicationsAccess::update(all(), name, [&](ApplicationStatus& status) {
        status.state = ApplicationState::Stopped;
        status.reason = reason;
        status.since = at;
        place = status.place;
        top = status.top;
    });
    supervision::places().setEnded(place, reason, PlaceState::Stopped, at);
    logReport(isQuietReason(reason) ? LogLevel::Info : LogLevel::Error, LogKind::Application,
              tuple(atom("application_stopped"), Term(name), reason));
    Runtime::current().postEvent(EventKind::Custom, top, self(), Atom(), 0,
                                 "application_stopped " + name + ": " + toErlang(reason));
}

// -- starting
// --------------------------------------------------------------------------------------

grove::Task<Result<void>> ControllerServer::startOne(std::string name, ApplicationType type) {
    const std::optional<Application> known = all().specification(name);
    const std::optional<ApplicationStatus> status = all().status(name);
    if (!known || !status)
        co_return failure(atoms::notFound, "there is no application " + name);
    if (status->state != ApplicationState::Stopped)
        co_return failure(atoms::alreadyStarted, name + " is running");
    for (const std::string& needed : known->dependencies) {
        const std::optional<ApplicationStatus> dependency = all().status(needed);
        if (isOptional(*known, needed))
            continue;
        if (!dependency || dependency->state != ApplicationState::Running)
            co_return failure(atom("not_started"),
                              name + " needs " + needed + ", which does not run");
    }
    note([&](ControllerNotes& kept) { kept.failed.erase(name); });
    ApplicationsAccess::update(all(), name, [type](ApplicationStatus& each) {
        each.state = ApplicationState::Starting;
        each.type = type;
    });
    if (!known->top) {
        setRunning(name, Pid(), 0); // a library
        co_return Result<void>();
    }
    const PlaceId topPlace = topPlaceOf(*status, *known->top);
    const TopStart top = co_await startTop(*known, topPlace, status->starts);
    const StartResult& started = top.result;
    if (!started.isOk()) {
        setStopped(name, started.reason());
        co_return failure(atom("start_failed"), name + " did not start: " + toErlang(top.told));
    }
    ApplicationsAccess::setCallbackState(all(), name,
                                         started.info().isNone() ? Term::nil() : started.info());
    // Watched instead of linked: a tree survives a controller that is killed.
    watch(name, started.pid());
    unlink(started.pid());
    // If it has ended already, the exit signal that is here says why; the monitor only noproc.
    const auto exited = co_await receive(on<Exit>(started.pid()), after(Duration::zero()));
    if (const auto* exit = std::get_if<Exit>(&exited))
        note([&](ControllerNotes& kept) { kept.ends[name] = {.reason = exit->reason}; });
    setRunning(name, started.pid(), topPlace);
    co_return Result<void>();
}

/// Starts what is needed first. Returns: what this call has started.
grove::Task<Result<ControllerServer::Started>>
ControllerServer::startAll(std::string name, ApplicationType type, std::size_t depth) {
    Started started;
    const std::optional<Application> known = all().specification(name);
    if (!known || depth > all().status().size())
        co_return failure(atoms::notFound,
                          known ? name + " depends on itself" : "there is no application " + name);
    if (all().status(name)->state != ApplicationState::Stopped)
        co_return started;
    std::optional<Error> failed;
    for (const std::string& needed : known->dependencies) {
        Result<Started> dependency = co_await startAll(needed, type, depth + 1);
        if (!dependency && isOptional(*known, needed))
            continue;
        if (!dependency) {
            failed = dependency.error();
            failed->message = name + " needs " + needed + ": " + failed->message;
            break;
        }
        started.insert(started.end(), dependency->begin(), dependency->end());
    }
    if (!failed) {
        const Result<void> own = co_await startOne(name, type);
        if (own)
            started.push_back(name);
        else
            failed = own.error();
    }
    if (!failed)
        co_return started;
    for (; !started.empty(); started.pop_back())
        static_cast<void>(co_await stopOne(started.back()));
    co_return std::unexpected(*failed);
}

// -- stopping
// --------------------------------------------------------------------------------------

grove::Task<Result<void>> ControllerServer::stopOne(std::string name) {
    note([&](ControllerNotes& kept) { kept.failed.erase(name); });
    const std::optional<ApplicationStatus> status = all().status(name);
    if (!status || status->state != ApplicationState::Running)
        co_return failure(atom("not_started"), name + " does not run");
    if (name == kKernelName)
        co_return failure(atom("always_running"), name + " runs as long as the program");
    ApplicationsAccess::update(
        all(), name, [](ApplicationStatus& each) { each.state = ApplicationState::Stopping; });
    if (!status->top) {
        setStopped(name, atoms::normal); // a library
        co_return Result<void>();
    }
    co_await prepareStop(name);
    co_await stopTree(name, status->top);
    co_return Result<void>();
}

/// Of one that is Stopping.
grove::Task<> ControllerServer::stopTree(std::string name, Pid top) {
    sys::Request stop{.what = sys::Request::What::Stop, .argument = atoms::shutdown, .replace = {}};
    const CallResult got = co_await request(top, Payload(std::move(stop)), kInfinity);
    co_await stopped(name);
    setStopped(name,
               co_await forgetWatch(name, got.isDown() ? got.reason() : Term(atoms::shutdown)));
}

grove::Task<> ControllerServer::handleInfo(Down signal) {
    const auto at = m_watches.find(signal.ref);
    if (at == m_watches.end())
        co_return;
    const std::string name = at->second;
    m_watches.erase(at);
    co_await ended(name, signal.reason.isAtom(atoms::noproc) ? whyEnded(name) : signal.reason);
}

/// Of a tree that has ended before it was watched: `noproc` if nobody knows.
Term ControllerServer::whyEnded(const std::string& name) {
    const ControllerNotes kept = notes();
    if (const auto end = kept.ends.find(name); end != kept.ends.end())
        return end->second.reason;
    const Places& places = supervision::places();
    const Pid top = all().status(name)->top;
    const std::optional<Place> place = places.find(places.placeOf(top));
    return place && place->pid == top && place->state != PlaceState::Alive ? place->lastReason
                                                                           : Term(atoms::noproc);
}

/// Returns: why it ended, where its monitor has said so before the request to stop came.
grove::Task<Term> ControllerServer::forgetWatch(std::string name, Term reason) {
    for (auto at = m_watches.begin(); at != m_watches.end();) {
        if (at->second != name) {
            ++at;
            continue;
        }
        const Ref watch = at->first;
        at = m_watches.erase(at);
        const auto ended = co_await receive(on<Down>(watch), after(Duration::zero()));
        demonitor(watch, Flush::Yes);
        if (const auto* down = std::get_if<Down>(&ended);
            down != nullptr && reason.isAtom(atoms::noproc))
            reason = down->reason;
    }
    note([&](ControllerNotes& kept) { kept.ends.erase(name); });
    co_return reason;
}

/// A tree has ended that nobody, or a predecessor, asked to stop.
grove::Task<> ControllerServer::ended(std::string name, Term reason) {
    const bool isWanted = all().status(name)->state == ApplicationState::Stopping;
    bool wasPrepared = false;
    note([&](ControllerNotes& kept) {
        ControllerNotes::End& end = kept.ends[name];
        end.reason = reason;
        wasPrepared = std::exchange(end.isPrepared, true);
    });
    if (!isWanted && !wasPrepared)
        co_await prepareStop(name);
    co_await stopped(name);
    setStopped(name, reason);
    note([&](ControllerNotes& kept) { kept.ends.erase(name); });
    if (isWanted)
        co_return;
    const std::optional<Application> known = all().specification(name);
    const ApplicationType type = all().status(name)->type;
    if (known && known->restartAtOnce &&
        m_restarts.try_emplace(name, kAtOnce).first->second.add(now())) {
        co_await startAgain(name, type);
        co_return;
    }
    // noproc: it ended while there was no controller, and nobody knows why. See whyEnded().
    const bool isQuiet = reason.isAtom(atoms::normal) || reason.isAtom(atoms::noproc);
    if (type == ApplicationType::Temporary || (type == ApplicationType::Transient && isQuiet))
        co_return;
    note([&](ControllerNotes& kept) { kept.stop = NodeStop{name, reason}; });
    co_await stopNode();
}

/// Because of what is noted.
grove::Task<> ControllerServer::stopNode() {
    co_await stopOthers();
    const NodeStop why = notes().stop.value();
    logCritical("All applications are stopped, because " + why.application + " ended with " +
                toErlang(why.reason) + '.');
    ApplicationsAccess::stopNode(all());
}

/// The last started first; `kernel` stays.
grove::Task<> ControllerServer::stopOthers() {
    // What would be tried again stays stopped, too.
    note([](ControllerNotes& kept) { kept.failed.clear(); });
    const std::vector<std::string> running = ApplicationsAccess::running(all());
    for (auto at = running.rbegin(); at != running.rend(); ++at) {
        const std::optional<ApplicationStatus> status = all().status(*at);
        if (status->state == ApplicationState::Stopping && status->top)
            co_await stopTree(*at, status->top); // a predecessor had begun
        else
            static_cast<void>(co_await stopOne(*at));
    }
}

/// Where it does not start, it is tried once a second, until somebody starts or stops it.
grove::Task<> ControllerServer::startAgain(std::string name, ApplicationType type) {
    if (co_await startOne(name, type))
        co_return;
    note([&](ControllerNotes& kept) { kept.failed.insert(name); });
    sendAfter(kRestartPause, self(), Payload(RestartAgain{name}));
}

grove::Task<> ControllerServer::handleInfo(RestartAgain again) {
    bool isWanted = false;
    note([&](ControllerNotes& kept) { isWanted = kept.failed.erase(again.name) > 0; });
    if (isWanted)
        co_await startAgain(again.name, all().status(again.name)->type);
}

// -- after a predecessor was killed
// ----------------------------------------------------------------

grove::Task<> ControllerServer::handleContinue() {
    for (const ApplicationStatus& each : all().status())
        co_await recover(each);
    if (notes().stop)
        co_await stopNode();
    const ControllerNotes kept = notes();
    for (const std::string& name : kept.failed)
        sendAfter(kRestartPause, self(), Payload(RestartAgain{name}));
    for (const auto& [name, end] : kept.ends)
        if (all().status(name)->state == ApplicationState::Running)
            co_await ended(name, end.reason);
}

grove::Task<> ControllerServer::recover(ApplicationStatus status) {
    if (status.state == ApplicationState::Running) {
        if (status.top && !notes().ends.contains(status.name))
            watch(status.name, status.top);
    } else if (status.state == ApplicationState::Stopping) {
        watch(status.name, status.top);
        sys::Request stop{
            .what = sys::Request::What::Stop, .argument = atoms::shutdown, .replace = {}};
        static_cast<void>(sendRequest(status.top, Payload(std::move(stop))));
    } else if (status.state == ApplicationState::Starting) {
        // Its tree was linked to the predecessor and is on its way out; its names may still be
        // taken.
        const std::optional<Application> known = all().specification(status.name);
        const Atom* top = known->top ? known->top->options().name.asAtom() : nullptr;
        if (top != nullptr) {
            const Ref ending = monitor(*top);
            co_await receive(on<Down>(ending), after(kRecoveryLimit));
            demonitor(ending, Flush::Yes);
        }
        setStopped(status.name, atoms::killed);
        if (known->restartAtOnce)
            co_await startAgain(status.name, status.type);
        else
            static_cast<void>(co_await startAll(status.name, status.type));
    }
}

// -- what can be asked
// -----------------------------------------------------------------------------

template <class T> Term answerOf(const Result<T>& result) {
    if (!result)
        return tuple(atoms::error, tuple(result.error().code, Term(result.error().message)));
    if constexpr (std::is_void_v<T>)
        return tuple(atoms::ok, Term::nil());
    else
        return tuple(atoms::ok, toTerm(*result));
}

grove::Task<Term> ControllerServer::handleCall(StartApplication request) {
    if (request.withDependencies)
        co_return answerOf(co_await startAll(std::move(request.name), request.type));
    co_return answerOf(co_await startOne(std::move(request.name), request.type));
}

grove::Task<Term> ControllerServer::handleCall(StopApplication request) {
    co_return answerOf(co_await stopOne(std::move(request.name)));
}

grove::Task<Term> ControllerServer::handleCall(StopAllApplications) {
    co_await stopOthers();
    co_return tuple(atoms::ok, Term::nil());
}

grove::Task<> ControllerServer::handleInfo(RequestStart request) {
    static_cast<void>(co_await startAll(std::move(request.name), ApplicationType::Temporary));
}

grove::Task<> ControllerServer::handleInfo(RequestStop request) {
    static_cast<void>(co_await stopOne(std::move(request.name)));
}

} // namespace

grove::Task<> runApplicationController() {
    const Atom name = atom(kControllerName);
    while (whereis(name)) {
        const Ref watch = monitor(name);
        co_await receive(on<Down>(watch)); // a stranger has the name
    }
    co_await ControllerServer::enterLoop(StartOptions{.name = name});
}

} // namespace grove::otp
