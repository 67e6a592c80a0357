#pragma once
// Parts of a program that start and stop as a whole, and the system that runs them.

#include <grove/otp/child_spec.h>
#include <grove/otp/environment.h>
#include <grove/otp/places.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>
#include <grove/term/describe.h>
#include <grove/term/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace grove {
class Runtime;
}

namespace grove::otp {

/// The version of the applications that Grove itself is made of.
inline constexpr const char* kGroveVersion = "0.1.0";

/// An application: a name, what it needs, and the supervisor on top of its processes.
///
/// OTP's callback module is three functions here. start/2 is the start function of `top`: what it
/// says beside the pid (StartResult::ok(pid, state)) is the application's state, `[]` if nothing.
/// prepStop and stop run before and after its processes end, also when they end by themselves; each
/// in the application controller, which does nothing else meanwhile, so that they cannot start or
/// stop applications. What they raise is logged, and the state stays.
struct Application {
    std::string name;
    std::string description;
    std::string version;
    std::vector<std::string> modules = {};      ///< what it is made of, for people who read it
    std::vector<std::string> dependencies = {}; ///< applications that must run before it
    /// Of the dependencies, those without which it starts, too. ensureAllStarted() starts them
    /// before it, and goes on where one is not known or does not start; in OTP only the former.
    std::vector<std::string> optional = {};
    /// What is started; usually otp::supervisor(name, …). None: a library, which has no processes.
    std::optional<ChildSpec> top = {};
    /// Gets the state and gives the one that stop() gets.
    std::function<grove::Task<Term>(Term state)> prepStop = {};
    std::function<grove::Task<>(Term state)> stop = {};
    std::vector<Setting> environment = {}; ///< see Environment
    /// Started again at once when its top supervisor ends, instead of being shown as stopped.
    bool restartAtOnce = false;
};

/// What the end of its top supervisor, other than by stop(), does to the rest: nothing; or, for a
/// permanent application, and for a transient one that does not end with `normal`, all applications
/// are stopped, as OTP stops the node. See Applications::setNodeStopHandler().
enum class ApplicationType : std::uint8_t { Temporary, Transient, Permanent };
GROVE_ENUM(ApplicationType, Temporary, Transient, Permanent)

enum class ApplicationState : std::uint8_t { Stopped, Starting, Running, Stopping };

/// What is known about an application.
struct ApplicationStatus {
    std::string name;
    std::string description;
    std::string version;
    ApplicationState state = ApplicationState::Stopped;
    ApplicationType type = ApplicationType::Temporary; ///< of its latest start
    Pid top; ///< its top supervisor, or the last one; none of a library
    PlaceId place = 0;
    Term reason; ///< why it does not run; none before its first start
    std::uint32_t starts = 0;
    Instant since{};
    bool restartAtOnce = false; ///< as its Application says
};

/// Why all applications were stopped.
struct NodeStop {
    std::string application; ///< whose end it was
    Term reason;
};

/// The applications of a runtime. The process `application_controller` starts, watches and stops
/// them; it may be killed: it is started again, and finds what runs here.
///
/// When the top supervisor of an application ends, the application is shown as stopped, with the
/// reason; nothing else stops, and it can be started again.
///
/// Threads: status(), add() and request…() from any thread; the coroutines in processes.
/// One per runtime: `extension<Applications>(runtime)`.
class Applications {
public:
    explicit Applications(Runtime& runtime);
    ~Applications();
    Applications(const Applications&) = delete;
    Applications& operator=(const Applications&) = delete;

    /// Makes an application known; replaces one of the same name that is not running. Its place
    /// (parent 0) appears. Errors: running.
    Result<void> add(Application application);
    /// In the order in which they were added.
    [[nodiscard]] std::vector<ApplicationStatus> status() const;
    [[nodiscard]] std::optional<ApplicationStatus> status(std::string_view name) const;
    /// Those that run, the one started last first.
    [[nodiscard]] std::vector<ApplicationStatus> whichApplications() const;
    /// As it was given to add().
    [[nodiscard]] std::optional<Application> specification(std::string_view name) const;
    /// The application that this process belongs to, by its place; empty if none.
    [[nodiscard]] std::string applicationOf(PlaceId place) const;

    /// Called in the controller's process when a permanent application has ended and all others
    /// have been stopped: time for the program to end its Runtime. Must not wait.
    void setNodeStopHandler(std::function<void(const NodeStop&)> handler);
    /// The latest such end.
    [[nodiscard]] std::optional<NodeStop> nodeStop() const;

    /// Asks for a start (dependencies first) or a stop and does not wait; status() tells.
    void requestStart(std::string name);
    void requestStop(std::string name);

    // -- in processes
    // -------------------------------------------------------------------------------

    /// Errors: already_started, not_found, `not_started` (a dependency does not run), or
    /// `start_failed` with why: `{Reason, {Name, start, [normal, []]}}` or
    /// `{bad_return, {{Name, start, [normal, []]}, V}}`.
    [[nodiscard]] static grove::Task<Result<void>>
    start(std::string name, ApplicationType type = ApplicationType::Temporary);
    /// As start(), and nothing when it runs already.
    [[nodiscard]] static grove::Task<Result<void>>
    ensureStarted(std::string name, ApplicationType type = ApplicationType::Temporary);
    /// Starts what it depends on, too, as the same type. Returns: what this call has started, in
    /// order. Errors: as start(); what this call had started is stopped again.
    [[nodiscard]] static grove::Task<Result<std::vector<std::string>>>
    ensureAllStarted(std::string name, ApplicationType type = ApplicationType::Temporary);
    /// Stops its tree in good order. What depends on it runs on. Errors: not_started;
    /// `always_running` for `kernel`.
    [[nodiscard]] static grove::Task<Result<void>> stop(std::string name);

private:
    friend struct ApplicationsAccess;
    struct State;
    Runtime& m_runtime;
    mutable Mutex m_mutex;
    std::unique_ptr<State> m_state GROVE_PT_GUARDED_BY(m_mutex);
};

/// Starts the application `kernel`, which every program has: the processes `logger` and
/// `application_controller`, both started again by the runtime whenever they end; so it needs no
/// supervisor, and nothing stops it but the end of the runtime, after all other applications. Turns
/// crashes into crash reports. Call once per runtime, before other processes are started. Threads:
/// one that runs no process.
void startSystem(Runtime& runtime);

/// Starts a process from outside and again after each of its ends, whatever ended it, until the
/// runtime stops. It fills `place`, if there is one.
void keepProcess(Runtime& runtime, SpawnOptions options, grove::Task<> (*entry)(),
                 PlaceId place = 0);

/// For plain threads: waits until an application has started (dependencies first).
[[nodiscard]] Result<void> startApplication(Runtime& runtime, std::string name,
                                            ApplicationType type = ApplicationType::Temporary);
/// Stops every running application but `kernel`, the last started first, and waits. Returns:
/// whether all have stopped within `limit`; a suspended supervisor does not, and ends when the
/// runtime does.
bool stopAllApplications(Runtime& runtime, Duration limit = kInfinity);

} // namespace grove::otp
