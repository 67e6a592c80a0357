// The application that every program has, and dependencies that need not run.
#include "children.h"
#include "in_system.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Application;
using otp::Applications;
using otp::ApplicationState;

namespace {

Applications& applications() {
    return extension<Applications>(Runtime::current());
}
Result<void> add(const char* name, std::vector<std::string> dependencies,
                 std::vector<std::string> optional = {}) {
    return applications().add({.name = name,
                               .dependencies = std::move(dependencies),
                               .optional = std::move(optional),
                               .top = otp::supervisor(name, {.children = {child(name)}})});
}
std::vector<std::string> namesOf(const std::vector<otp::ApplicationStatus>& all) {
    std::vector<std::string> names;
    for (const otp::ApplicationStatus& status : all)
        names.push_back(status.name);
    return names;
}
std::vector<otp::Place> kernelPlaces() {
    return extension<otp::Places>(Runtime::current())
        .childrenOf(applications().status("kernel")->place);
}

const Scenario kScenarios[] = {
    {"A-014 it runs before all others, and is listed behind them",
     +[]() -> Task<> {
         const otp::ApplicationStatus kernel = applications().status().front();
         check(kernel.name == "kernel" && kernel.state == ApplicationState::Running);
         check(kernel.type == otp::ApplicationType::Permanent && kernel.starts == 1);
         check(kernel.version == otp::kGroveVersion && !kernel.top);
         check(add("app", {"kernel"}).has_value());
         const auto started = co_await Applications::ensureAllStarted("app");
         check(started.value() == std::vector<std::string>{"app"});
         static_cast<void>(co_await isUp("app"));
         check(namesOf(applications().whichApplications()) ==
               std::vector<std::string>{"app", "kernel"});
     }},
    {"it can be neither started, stopped nor replaced",
     +[]() -> Task<> {
         const Result<void> started = co_await Applications::start("kernel");
         check(!started && started.error().code == atoms::alreadyStarted);
         const Result<void> stopped = co_await Applications::stop("kernel");
         check(!stopped && stopped.error().code == atom("always_running"));
         check(!applications().add({.name = "kernel"}));
         check(applications().status("kernel")->state == ApplicationState::Running);
     }},
    {"A-013 its places say who fills them, how often they were filled anew, and why",
     +[]() -> Task<> {
         const char* const kNames[] = {"logger", "application_controller"};
         for (std::uint32_t times = 0; times < 3; ++times) {
             const std::vector<otp::Place> places = kernelPlaces();
             check(places.size() == 2);
             for (std::size_t index = 0; index < 2; ++index) {
                 const otp::Place& place = places[index];
                 check(place.state == otp::PlaceState::Alive && place.restarts == times);
                 check(place.pid == whereis(atom(kNames[index])));
                 check(applications().applicationOf(place.id) == "kernel");
                 if (times > 0)
                     checkEqual(place.lastReason, atoms::killed);
                 co_await killAndAwaitDown(place.pid);
                 while (!whereis(atom(kNames[index])))
                     co_await sleep(1ms);
             }
         }
     }},
    {"a dependency that is not known is named, with whoever needs it",
     +[]() -> Task<> {
         check(add("middle", {"base"}).has_value() && add("top", {"middle"}).has_value());
         const Result<void> alone = co_await Applications::start("middle");
         check(!alone && alone.error().code == atom("not_started"));
         check(alone.error().message == "middle needs base, which does not run");
         const auto all = co_await Applications::ensureAllStarted("top");
         check(!all && all.error().code == atoms::notFound);
         check(all.error().message ==
               "top needs middle: middle needs base: there is no application base");
         check(co_await isSilent());
     }},
    {"an optional one is started first; one that is not known or not running is done without",
     +[]() -> Task<> {
         check(add("extra", {"kernel"}).has_value());
         check(add("app", {"extra", "nowhere"}, {"extra", "nowhere"}).has_value());
         check((co_await Applications::start("app")).has_value());
         static_cast<void>(co_await isUp("app"));
         check(applications().status("extra")->state == ApplicationState::Stopped);
         check((co_await Applications::stop("app")).has_value());
         const auto both = co_await Applications::ensureAllStarted("app");
         check(both.value() == std::vector<std::string>{"extra", "app"});
         static_cast<void>(co_await isUp("extra"));
         static_cast<void>(co_await isUp("app"));
     }},
    {"an optional one that does not start is passed over",
     +[]() -> Task<> {
         check(
             applications()
                 .add({.name = "broken",
                       .top = otp::supervisor(
                           "broken", {.children = {child("b", tuple(atoms::stop, atom("boo")))}})})
                 .has_value());
         check(add("app", {"broken"}, {"broken"}).has_value());
         const auto started = co_await Applications::ensureAllStarted("app");
         check(started.value() == std::vector<std::string>{"app"});
         static_cast<void>(co_await isUp("app"));
         check(applications().status("broken")->state == ApplicationState::Stopped);
     }},
};

} // namespace

class tst_Kernel : public QObject {
    Q_OBJECT
private slots:
    void scenario_data() { addScenarioRows(kScenarios); }
    void scenario() {
        QFETCH(int, index);
        const std::string fault = inSystem(kScenarios[index].body);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void itOutlivesAllOthersAndEndsWithTheRuntime() {
        for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
            Simulation simulation({.seed = seed});
            Runtime& runtime = simulation.runtime();
            otp::startSystem(runtime);
            Applications& all = extension<Applications>(runtime);
            QVERIFY(all.add({.name = "base", .dependencies = {"kernel"}}));
            QVERIFY(all.add({.name = "top",
                             .dependencies = {"kernel", "base"},
                             .top = otp::supervisor("top", {})}));
            QVERIFY(otp::startApplication(runtime, "top"));
            QVERIFY(otp::stopAllApplications(runtime));
            QCOMPARE(namesOf(all.whichApplications()), std::vector<std::string>{"kernel"});
            QVERIFY(all.status("top")->since <= all.status("base")->since);
            QVERIFY(runtime.whereis(atom("logger")).has_value());
            QVERIFY(otp::startApplication(runtime, "top")); // so it can go on
            QVERIFY(otp::stopAllApplications(runtime));
            runtime.stop();
            QCOMPARE(runtime.counters().processes, 0u);
        }
    }
};

QTEST_GUILESS_MAIN(tst_Kernel)
#include "tst_kernel.moc"
