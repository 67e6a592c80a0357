// The application that every program has: the log and the applications themselves.

#include "ancestry.h"
#include "application_messages.h"
#include "application_state.h"

#include <grove/otp/application.h>
#include <grove/otp/logger.h>
#include <grove/runtime/exit_hook.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>

namespace grove::otp {

namespace {

/// Starts a process again when it has ended.
class KeepHook final : public ExitHook {
public:
    KeepHook(SpawnOptions options, grove::Task<> (*entry)(), PlaceId place)
        : m_options(options), m_entry(entry), m_place(place) {}

    void released(Runtime& runtime, Pid, const Term& reason) noexcept override {
        if (!runtime.isStopping()) {
            ++m_options.restarts;
            Places& places = extension<Places>(runtime);
            places.setEnded(m_place, reason, PlaceState::Restarting, runtime.clock().now());
            places.setRestarts(m_place, m_options.restarts);
            keepProcess(runtime, m_options, m_entry, m_place);
        }
        delete this;
    }

private:
    SpawnOptions m_options;
    grove::Task<> (*m_entry)();
    PlaceId m_place;
};

/// It writes itself down, before it can end: who comes next writes later.
grove::Task<> fill(PlaceId place, grove::Task<> (*entry)()) {
    extension<Places>(Runtime::current()).setStarted(place, self(), now());
    co_await entry();
}

grove::Task<> runLogger() {
    // A stranger may hold the name; the events wait meanwhile.
    while (!registerName(atom("logger"), self())) {
        const Ref watch = monitor(atom("logger"));
        co_await receive(on<Down>(watch));
    }
    Logger& log = extension<Logger>(Runtime::current());
    for (;;) {
        log.drain();
        co_await receive(any());
    }
}

/// Runs in the process that ends: its dictionary is still there.
void reportCrash(Runtime& runtime, Pid pid, const Term& reason, const ProcessRow& row) {
    const char* initialCall = row.initialCall == nullptr ? "" : row.initialCall;
    extension<Logger>(runtime).report(
        LogLevel::Error, LogKind::CrashReport, pid,
        map({{atoms::pid, pid},
             {atoms::name, row.name.value_or(row.label.value_or(Atom()))},
             {atoms::initialCall,
              atom(std::string_view(initialCall).substr(0, Atom::kCharactersMax))},
             {atom("ancestors"), detail::ancestors()},
             {atom("reason"), reason}}));
}

/// Knows the application, as one that runs.
void addKernel(Runtime& runtime) {
    Applications& all = extension<Applications>(runtime);
    const Result<void> added = all.add({
        .name = kKernelName,
        .description = "The log, and the applications: always there",
        .version = kGroveVersion,
        .modules = {"ApplicationController", "Applications", "Environment", "Logger", "Places"},
        .restartAtOnce = true,
    });
    GROVE_ASSERT(added.has_value(), "a new runtime knows no application of this name");
    const Instant at = runtime.clock().now();
    PlaceId place = 0;
    ApplicationsAccess::update(all, kKernelName, [&](ApplicationStatus& status) {
        status.state = ApplicationState::Running;
        status.type = ApplicationType::Permanent;
        status.since = at;
        status.starts = 1;
        place = status.place;
    });
    extension<Places>(runtime).setStarted(place, Pid(), at);
}

/// Starts one of its processes, which the runtime keeps.
void keepInKernel(Runtime& runtime, std::uint32_t order, const char* name, const char* behaviour,
                  const char* initialCall, grove::Task<> (*entry)()) {
    ChildSpec shown{Term(atom(name)), {}};
    shown.behaviour(behaviour).label(behaviour);
    const PlaceId kernel = extension<Applications>(runtime).status(kKernelName)->place;
    const PlaceId place =
        extension<Places>(runtime).ensure(kernel, order, PlaceKind::Worker, shown);
    keepProcess(runtime,
                {.observed = true,
                 .label = atom(behaviour),
                 .initialCall = initialCall,
                 .behaviour = behaviour},
                entry, place);
}

} // namespace

void keepProcess(Runtime& runtime, SpawnOptions options, grove::Task<> (*entry)(), PlaceId place) {
    options.exitHook = new KeepHook(options, entry, place); // deletes itself
    static_cast<void>(runtime.spawnOpt(options, &fill, place, entry));
}

void startSystem(Runtime& runtime) {
    runtime.setCrashHandler([&runtime](Pid pid, const Term& reason, const ProcessRow& row) {
        reportCrash(runtime, pid, reason, row);
    });
    addKernel(runtime);
    keepInKernel(runtime, 0, "logger", "Logger", "Logger::run", &runLogger);
    keepInKernel(runtime, 1, kControllerName, "ApplicationController",
                 "ApplicationController::init", &runApplicationController);
}

} // namespace grove::otp
