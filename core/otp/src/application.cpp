#include "application_messages.h"
#include "application_state.h"

#include <grove/otp/application.h>
#include <grove/otp/call.h>
#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>
#include <grove/term/inspect.h>

#include <algorithm>
#include <utility>

namespace grove::otp {

Applications::State::Entry* Applications::State::find(std::string_view name) const {
    const auto at = std::ranges::find_if(
        entries, [&](const auto& entry) { return entry->application.name == name; });
    return at == entries.end() ? nullptr : at->get();
}

Applications::Applications(Runtime& runtime)
    : m_runtime(runtime), m_state(std::make_unique<State>()) {}
Applications::~Applications() = default;

Result<void> Applications::add(Application application) {
    Places& places = extension<Places>(m_runtime);
    Environment& environment = extension<Environment>(m_runtime);
    const Lock lock(m_mutex);
    State::Entry* entry = m_state->find(application.name);
    if (entry != nullptr && entry->status.state != ApplicationState::Stopped)
        return failure(atoms::running, application.name + " is running");
    if (entry == nullptr) {
        m_state->entries.push_back(
            std::make_unique<State::Entry>(State::Entry{std::move(application), {}, Term::nil()}));
        entry = m_state->entries.back().get();
    } else {
        entry->application = std::move(application);
    }
    const Application& kept = entry->application;
    environment.load(kept.name, kept.environment);
    ApplicationStatus& status = entry->status;
    status.name = kept.name;
    status.description = kept.description;
    status.restartAtOnce = kept.restartAtOnce;
    status.version = kept.version;
    ChildSpec shown(Term(kept.name), {});
    shown.behaviour("Application");
    status.place = places.ensure(0, static_cast<std::uint32_t>(m_state->entries.size()),
                                 PlaceKind::Application, shown);
    places.setEnded(status.place, Term(atoms::undefined), PlaceState::Stopped,
                    m_runtime.clock().now());
    return {};
}

std::vector<ApplicationStatus> Applications::status() const {
    const Lock lock(m_mutex);
    std::vector<ApplicationStatus> all;
    for (const auto& entry : m_state->entries)
        all.push_back(entry->status);
    return all;
}

std::optional<ApplicationStatus> Applications::status(std::string_view name) const {
    const Lock lock(m_mutex);
    const State::Entry* entry = m_state->find(name);
    return entry == nullptr ? std::nullopt : std::optional(entry->status);
}

std::vector<ApplicationStatus> Applications::whichApplications() const {
    const Lock lock(m_mutex);
    std::vector<ApplicationStatus> running;
    for (auto name = m_state->running.rbegin(); name != m_state->running.rend(); ++name)
        if (const State::Entry* entry = m_state->find(*name))
            running.push_back(entry->status);
    return running;
}

std::string Applications::applicationOf(PlaceId place) const {
    const Places& places = extension<Places>(m_runtime);
    PlaceId root = place;
    for (std::optional<Place> at = places.find(place); at; at = places.find(at->parent))
        root = at->id;
    const Lock lock(m_mutex);
    for (const auto& entry : m_state->entries)
        if (entry->status.place == root && root != 0)
            return entry->application.name;
    return {};
}

std::optional<Application> Applications::specification(std::string_view name) const {
    const Lock lock(m_mutex);
    const State::Entry* entry = m_state->find(name);
    return entry == nullptr ? std::nullopt : std::optional(entry->application);
}

void Applications::setNodeStopHandler(std::function<void(const NodeStop&)> handler) {
    const Lock lock(m_mutex);
    m_state->nodeStopHandler = std::move(handler);
}

std::optional<NodeStop> Applications::nodeStop() const {
    const Lock lock(m_mutex);
    return m_state->nodeStop;
}

void Applications::requestStart(std::string name) {
    m_runtime.send(atom(kControllerName), Payload(RequestStart{std::move(name)}));
}

void Applications::requestStop(std::string name) {
    m_runtime.send(atom(kControllerName), Payload(RequestStop{std::move(name)}));
}

// -- for the controller
// ----------------------------------------------------------------------------

void ApplicationsAccess::update(Applications& all, const std::string& name,
                                const std::function<void(ApplicationStatus&)>& change) {
    const Lock lock(all.m_mutex);
    Applications::State::Entry* entry = all.m_state->find(name);
    if (entry == nullptr)
        return;
    const ApplicationState before = entry->status.state;
    change(entry->status);
    if (before != ApplicationState::Running && entry->status.state == ApplicationState::Running)
        all.m_state->running.push_back(name);
    if (entry->status.state == ApplicationState::Stopped)
        std::erase(all.m_state->running, name);
}

Term ApplicationsAccess::callbackState(const Applications& all, const std::string& name) {
    const Lock lock(all.m_mutex);
    const Applications::State::Entry* entry = all.m_state->find(name);
    return entry == nullptr ? Term::nil() : entry->callbackState;
}

void ApplicationsAccess::setCallbackState(Applications& all, const std::string& name, Term state) {
    const Lock lock(all.m_mutex);
    if (Applications::State::Entry* entry = all.m_state->find(name))
        entry->callbackState = std::move(state);
}

std::vector<std::string> ApplicationsAccess::running(const Applications& all) {
    const Lock lock(all.m_mutex);
    return all.m_state->running;
}

ControllerNotes ApplicationsAccess::notes(const Applications& all) {
    const Lock lock(all.m_mutex);
    return all.m_state->notes;
}

void ApplicationsAccess::note(Applications& all,
                              const std::function<void(ControllerNotes&)>& change) {
    const Lock lock(all.m_mutex);
    change(all.m_state->notes);
}

void ApplicationsAccess::stopNode(Applications& all) {
    std::function<void(const NodeStop&)> handler;
    std::optional<NodeStop> why;
    {
        const Lock lock(all.m_mutex);
        why = all.m_state->nodeStop = std::exchange(all.m_state->notes.stop, std::nullopt);
        handler = all.m_state->nodeStopHandler;
    }
    if (handler)
        handler(*why);
}

// -- in processes
// ----------------------------------------------------------------------------------

namespace {

Result<std::vector<std::string>> startedOf(const Term& answer) {
    if (answer.isTagged(atoms::ok, 2)) {
        Result<std::vector<std::string>> names =
            fromTerm<std::vector<std::string>>(answer.element(1));
        GROVE_ASSERT(names.has_value(), "the controller answers with names");
        return names;
    }
    const Term& why = answer.element(1);
    return failure(why.element(0).toAtom(), std::string(why.element(1).toBinary()));
}

Result<void> doneOf(const Term& answer) {
    Result<std::vector<std::string>> names = startedOf(answer);
    if (!names)
        return failure(std::move(names));
    return {};
}

} // namespace

grove::Task<Result<void>> Applications::start(std::string name, ApplicationType type) {
    co_return doneOf(co_await otp::call(kControllerName,
                                        StartApplication{std::move(name), false, type}, kInfinity));
}

grove::Task<Result<void>> Applications::ensureStarted(std::string name, ApplicationType type) {
    Result<void> started = co_await start(std::move(name), type);
    if (!started && started.error().code == atoms::alreadyStarted)
        co_return Result<void>();
    co_return started;
}

grove::Task<Result<std::vector<std::string>>> Applications::ensureAllStarted(std::string name,
                                                                             ApplicationType type) {
    co_return startedOf(co_await otp::call(
        kControllerName, StartApplication{std::move(name), true, type}, kInfinity));
}

grove::Task<Result<void>> Applications::stop(std::string name) {
    co_return doneOf(
        co_await otp::call(kControllerName, StopApplication{std::move(name)}, kInfinity));
}

// -- for plain threads
// ----------------------------------------------------------------------------------

namespace {

Result<Term> askController(Runtime& runtime, Payload request, Duration limit = kInfinity) {
    External external(runtime, "applications");
    // The controller registers its name in its first turn, and again after it was killed; until
    // then it is waited for, a step of time at a time.
    std::optional<Pid> controller = runtime.whereis(atom(kControllerName));
    while (!controller && !runtime.isStopping()) {
        static_cast<void>(external.receive(after(std::chrono::milliseconds(1))));
        controller = runtime.whereis(atom(kControllerName));
    }
    CallResult got = external.call(controller.value_or(Pid()), std::move(request), limit);
    if (got.isReply())
        return got.term();
    if (got.isTimeout())
        return failure(atoms::timeout, "the application controller is busy");
    return failure(atoms::noproc, "the application controller ended: " + toErlang(got.reason()));
}

} // namespace

Result<void> startApplication(Runtime& runtime, std::string name, ApplicationType type) {
    Result<Term> answer = askController(runtime, StartApplication{std::move(name), true, type});
    if (!answer)
        return failure(std::move(answer));
    return doneOf(*answer);
}

bool stopAllApplications(Runtime& runtime, Duration limit) {
    return askController(runtime, StopAllApplications{}, limit).has_value();
}

} // namespace grove::otp
