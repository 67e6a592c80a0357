// Settings of applications, libraries, and what runs.
#include "children.h"
#include "in_system.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

using namespace grove;
using namespace grove::test;
using otp::Applications;
using otp::ApplicationState;
using otp::Environment;
using otp::environment;
using otp::RunMode;

namespace {

Applications& applications() {
    return extension<Applications>(Runtime::current());
}
Term valueOf(const char* key) {
    return environment().get("app", atom(key), atoms::undefined);
}
void addLibrary(const char* name, std::vector<otp::Setting> settings = {},
                std::vector<std::string> dependencies = {}) {
    check(applications()
              .add({.name = name,
                    .description = "a library",
                    .version = "1.0",
                    .dependencies = std::move(dependencies),
                    .environment = std::move(settings)})
              .has_value());
}

const Scenario kScenarios[] = {
    {"A-004 ensureStarted starts, and is content with what runs",
     +[]() -> Task<> {
         addLibrary("app");
         for (int i = 0; i < 2; ++i)
             check((co_await Applications::ensureStarted("app")).has_value());
         check(applications().status("app")->starts == 1);
         const Result<void> unknown = co_await Applications::ensureStarted("nobody");
         check(!unknown && unknown.error().code == atoms::notFound);
     }},
    {"A-009 A-019 settings are read, set and taken away, also of unknown applications",
     +[]() -> Task<> {
         Environment& settings = environment();
         check(!settings.get("app", atom("port")));
         checkEqual(settings.get("app", atom("port"), 80), 80);
         settings.set("app", atom("port"), 81);
         settings.set("app", atom("host"), Term("here"));
         settings.set("apple", atom("port"), 1);
         checkEqual(*settings.get("app", atom("port")), 81);
         checkEqual(settings.fetch("app", atom("port")), 81);
         const auto all = settings.all("app");
         check(all.size() == 2 && all.at(0).first == atom("host") &&
               all.at(1).first == atom("port"));
         settings.unset("app", atom("port"));
         settings.unset("app", atom("port"));
         check(!settings.get("app", atom("port")));
         const Term raised =
             caughtTerm(attempt([&] { return settings.fetch("app", atom("port")); }));
         checkEqual(raised.element(0), atoms::badarg);
         co_return;
     }},
    {"A-011 what an application brings along replaces what was set before, not what is set later",
     +[]() -> Task<> {
         environment().set("app", atom("a"), 1);
         environment().set("app", atom("b"), 1, Environment::Persistent::Yes);
         addLibrary("app", {{atom("a"), 2}, {atom("b"), 2}, {atom("c"), 2}});
         checkEqual(valueOf("a"), 2);
         checkEqual(valueOf("b"), 1);
         checkEqual(valueOf("c"), 2);
         environment().set("app", atom("c"), 3);
         check((co_await Applications::start("app")).has_value());
         checkEqual(valueOf("c"), 3);
     }},
    {"A-011 settings for dev, test and prod",
     +[]() -> Task<> {
         check(environment().mode() == RunMode::Prod);
         for (const auto& [mode, wanted] : {std::pair{RunMode::Dev, 1}, std::pair{RunMode::Test, 2},
                                            std::pair{RunMode::Prod, 0}}) {
             environment().setMode(mode);
             addLibrary("app", {{atom("port"), 0},
                                {atom("port"), 1, RunMode::Dev},
                                {atom("port"), 2, RunMode::Test}});
             checkEqual(valueOf("port"), wanted);
         }
         co_return;
     }},
    {"A-014 what runs, the one started last first",
     +[]() -> Task<> {
         for (const char* name : {"a", "b", "c", "d"})
             addLibrary(name);
         for (const char* name : {"b", "a", "c"})
             check((co_await Applications::start(name)).has_value());
         check((co_await Applications::stop("a")).has_value());
         const auto running = applications().whichApplications();
         check(running.size() == 3 && running.at(2).name == "kernel");
         check(running.at(0).name == "c" && running.at(1).name == "b");
         check(running.at(0).description == "a library" && running.at(0).version == "1.0");
         check(applications().status().size() == 5);
     }},
    {"A-017 a library starts and stops without a process",
     +[]() -> Task<> {
         addLibrary("below");
         addLibrary("app", {}, {"below"});
         const Result<void> early = co_await Applications::start("app");
         check(!early && early.error().code == atom("not_started"));
         const auto started = co_await Applications::ensureAllStarted("app");
         check(started.has_value() && *started == std::vector<std::string>{"below", "app"});
         check(!applications().status("app")->top);
         check(applications().status("app")->state == ApplicationState::Running);
         // The controller's successor finds it running.
         const Pid controller = whereis(atom("application_controller")).value();
         co_await killAndAwaitDown(controller);
         while (!whereis(atom("application_controller")))
             co_await yield();
         check((co_await Applications::stop("app")).has_value());
         const Result<void> again = co_await Applications::stop("app");
         check(!again && again.error().code == atom("not_started"));
         check(applications().status("app")->state == ApplicationState::Stopped);
         check((co_await Applications::ensureStarted("app")).has_value());
     }},
};

} // namespace

class tst_Environment : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_IN_SYSTEM(kScenarios)
};

QTEST_GUILESS_MAIN(tst_Environment)
#include "tst_environment.moc"
