#include "applications.h"

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Application;
using otp::Applications;
using otp::ApplicationState;

namespace {

const Scenario kScenarios[] = {
    {"A-001 start and stop, twice each, and an unknown one",
     +[]() -> Task<> {
         addApplication("app", {trapping("a"), trapping("b")});
         check(statusOf("app").state == ApplicationState::Stopped);
         co_await startIt("app");
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await isUp("b"));
         check(statusOf("app").top == whereis(atom("app")));
         Result<void> again = co_await Applications::start("app");
         check(!again && again.error().code == atoms::alreadyStarted);
         co_await stopIt("app");
         co_await isDown("b", atoms::shutdown);
         co_await isDown("a", atoms::shutdown);
         checkEqual(statusOf("app").reason, atoms::shutdown);
         again = co_await Applications::stop("app");
         check(!again && again.error().code == atom("not_started"));
         again = co_await Applications::start("nowhere");
         check(!again && again.error().code == atoms::notFound);
         co_await startIt("app"); // and once more
         static_cast<void>(co_await isUp("a"));
         check(statusOf("app").starts == 2);
     }},
    {"A-002 A-003 what it depends on must run; ensureAllStarted starts it first",
     +[]() -> Task<> {
         addApplication("base", {child("a")});
         addApplication("middle", {child("b")}, {"base"});
         addApplication("top", {child("c")}, {"base", "middle"});
         const Result<void> alone = co_await Applications::start("top");
         check(!alone && alone.error().code == atom("not_started"));
         const auto started = co_await Applications::ensureAllStarted("top");
         check(started.value() == std::vector<std::string>{"base", "middle", "top"});
         for (const char* id : {"a", "b", "c"})
             static_cast<void>(co_await isUp(id));
         const auto none = co_await Applications::ensureAllStarted("top");
         check(none.has_value() && none->empty());
     }},
    {"A-003 a start that fails stops what it had started",
     +[]() -> Task<> {
         addApplication("running", {child("r")});
         addApplication("base", {trapping("a")}, {"running"});
         addApplication("broken", {child("b", tuple(atoms::stop, atom("boo")))}, {"base"});
         co_await startIt("running");
         static_cast<void>(co_await isUp("r"));
         const auto failed = co_await Applications::ensureAllStarted("broken");
         check(!failed && failed.error().code == atom("start_failed"));
         static_cast<void>(co_await isUp("a"));
         co_await isDown("a", atoms::shutdown);
         check(statusOf("base").state == ApplicationState::Stopped);
         check(statusOf("broken").state == ApplicationState::Stopped);
         check(statusOf("running").state == ApplicationState::Running);
         check(statusOf("broken").reason.isTagged(atoms::shutdown, 2));
     }},
    {"an application that depends on itself does not start",
     +[]() -> Task<> {
         addApplication("one", {child("a")}, {"two"});
         addApplication("two", {child("b")}, {"one"});
         check(!co_await Applications::ensureAllStarted("one"));
         check(co_await isSilent());
     }},
    {"A-013 a process belongs to the application in whose tree it is",
     +[]() -> Task<> {
         addApplication("app", {child("a")});
         co_await startIt("app");
         const Pid a = co_await isUp("a");
         const otp::Places& places = extension<otp::Places>(Runtime::current());
         check(applications().applicationOf(places.placeOf(a)) == "app");
         check(applications().applicationOf(places.placeOf(self())).empty());
     }},
    {"A-015 A-016 when its top ends it is shown as stopped with the reason; others run on",
     +[]() -> Task<> {
         addApplication("app", {child("a")});
         addApplication("other", {child("b")}, {"app"});
         check((co_await Applications::ensureAllStarted("other")).has_value());
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await isUp("b"));
         exit(whereis(atom("app")).value(), atoms::kill);
         co_await awaitState("app", ApplicationState::Stopped);
         checkEqual(statusOf("app").reason, atoms::killed);
         check(statusOf("other").state == ApplicationState::Running);
         co_await startIt("app");
         Pid a = co_await isUp("a");
         for (int i = 0; i < 3; ++i) {
             exit(a, atoms::kill);
             a = co_await isUp("a");
         }
         exit(a, atoms::kill); // its top gives up
         co_await awaitState("app", ApplicationState::Stopped);
         checkEqual(statusOf("app").reason, atoms::shutdown);
         check(statusOf("app").starts == 2);
         check(co_await isSilent());
     }},
    {"A-015 the end of a permanent one stops all others; so does that of a transient one, but for "
     "normal",
     +[]() -> Task<> {
         using otp::ApplicationType;
         const auto told = toldStops();
         addApplication("first", {trapping("a")});
         addApplication("second", {trapping("b")}, {"first"});
         addApplication("app", {child("c")});
         for (const auto& [type, reason] : {std::pair(ApplicationType::Permanent, atoms::normal),
                                            std::pair(ApplicationType::Permanent, atoms::kill),
                                            std::pair(ApplicationType::Transient, atoms::shutdown),
                                            std::pair(ApplicationType::Transient, atoms::normal),
                                            std::pair(ApplicationType::Temporary, atoms::kill)}) {
             check((co_await Applications::ensureAllStarted("second")).has_value());
             check((co_await Applications::start("app", type)).has_value());
             check(statusOf("app").type == type &&
                   statusOf("first").type == ApplicationType::Temporary);
             for (const char* id : {"a", "b", "c"})
                 static_cast<void>(co_await isUp(id));
             const std::size_t before = told->size();
             const bool stopsAll = type != ApplicationType::Temporary &&
                                   !(type == ApplicationType::Transient && reason == atoms::normal);
             static_cast<void>(co_await endTop("app", reason));
             co_await awaitState("app", ApplicationState::Stopped);
             if (stopsAll) {
                 co_await isDown("b", atoms::shutdown);
                 co_await isDown("a", atoms::shutdown);
                 co_await awaitState("first", ApplicationState::Stopped);
                 while (told->size() == before)
                     co_await sleep(1ms);
                 check(applications().nodeStop()->application == "app");
             } else {
                 check(statusOf("second").state == ApplicationState::Running);
                 co_await stopIt("second");
                 co_await isDown("b", atoms::shutdown);
                 co_await stopIt("first");
                 co_await isDown("a", atoms::shutdown);
             }
             check(told->size() == before + (stopsAll ? 1 : 0));
         }
         check(told->at(1) == "app :killed");
         // Whoever is told to stop ends nobody else.
         check((co_await Applications::ensureAllStarted("second", ApplicationType::Permanent))
                   .has_value());
         check(statusOf("first").type == ApplicationType::Permanent);
         co_await stopIt("second");
         check(statusOf("first").state == ApplicationState::Running && told->size() == 3);
     }},
    {"A-018 stopping one does not stop what depends on it",
     +[]() -> Task<> {
         addApplication("base", {child("a")});
         addApplication("top", {child("b")}, {"base"});
         check((co_await Applications::ensureAllStarted("top")).has_value());
         co_await stopIt("base");
         check(statusOf("top").state == ApplicationState::Running);
         check(whereis(atom("top")).has_value());
     }},
    {"a running application is not replaced, a stopped one is",
     +[]() -> Task<> {
         addApplication("app", {child("a")});
         co_await startIt("app");
         static_cast<void>(co_await isUp("a"));
         check(!applications().add({.name = "app", .top = otp::supervisor("app", {})}));
         co_await stopIt("app");
         addApplication("app", {child("b")});
         co_await startIt("app");
         static_cast<void>(co_await isUp("b"));
     }},
    {"requests do not wait; status() tells",
     +[]() -> Task<> {
         addApplication("base", {child("a")});
         addApplication("top", {child("b")}, {"base"});
         applications().requestStart("top");
         co_await awaitState("top", ApplicationState::Running);
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await isUp("b"));
         applications().requestStop("base");
         co_await awaitState("base", ApplicationState::Stopped);
         check(statusOf("top").state == ApplicationState::Running);
     }},
    {"one with restartAtOnce is started again, ten times in five seconds",
     +[]() -> Task<> {
         addApplication("app", {child("a")}, {}, true);
         co_await startIt("app");
         static_cast<void>(co_await isUp("a"));
         for (int i = 0; i < 10; ++i) {
             exit(whereis(atom("app")).value(), atoms::kill);
             static_cast<void>(co_await isUp("a"));
             co_await awaitState("app", ApplicationState::Running);
             check(statusOf("app").starts == static_cast<std::uint32_t>(i) + 2);
         }
         exit(whereis(atom("app")).value(), atoms::kill);
         co_await staysQuiet();
         check(statusOf("app").state == ApplicationState::Stopped);
         checkEqual(statusOf("app").reason, atoms::killed);
         co_await startIt("app");
         static_cast<void>(co_await isUp("a"));
     }},
    {"one with restartAtOnce that does not start is tried again until it does",
     +[]() -> Task<> {
         co_await endBehindTheGate();
         co_await sleep(20'500ms);
         co_await runsWhenTheGateOpens();
     }},
    {"one with restartAtOnce that somebody stops meanwhile stays stopped",
     +[]() -> Task<> {
         co_await endBehindTheGate();
         co_await sleep(20'500ms);
         check(!(co_await Applications::stop("app")).has_value());
         static_cast<void>(unregisterName(atom("gate")));
         co_await staysQuiet();
         check(statusOf("app").state == ApplicationState::Stopped);
     }},
    {"the logger, killed twice, comes back under its name",
     +[]() -> Task<> {
         const Pid first = co_await killNamed("logger");
         const Pid second = co_await killNamed("logger");
         check(first != second && co_await isAlive(second));
     }},
};

} // namespace

class tst_Application : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_IN_SYSTEM(kScenarios)

    /// A person may suspend a supervisor from the observer and then quit.
    void aSuspendedSupervisorHoldsTheStopNoLongerThanItsLimit() {
        Simulation simulation({.seed = 1});
        Runtime& runtime = simulation.runtime();
        otp::startSystem(runtime);
        Applications& all = extension<Applications>(runtime);
        QVERIFY(all.add({.name = "app", .top = otp::supervisor("app", {})}));
        QVERIFY(otp::startApplication(runtime, "app"));
        runtime.suspendProcess(runtime.whereis(atom("app")).value());
        QVERIFY(!otp::stopAllApplications(runtime, 10s));
        runtime.stop();
        QCOMPARE(runtime.counters().processes, 0u);
    }

    void plainThreadsStartOneAndStopThemAllLastStartedFirst() {
        for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
            Simulation simulation({.seed = seed});
            Runtime& runtime = simulation.runtime();
            otp::startSystem(runtime);
            Applications& all = extension<Applications>(runtime);
            const auto tree = [](const char* name) { return otp::supervisor(name, {}); };
            QVERIFY(all.add({.name = "base", .top = tree("base")}));
            QVERIFY(all.add({.name = "top", .dependencies = {"base"}, .top = tree("top")}));
            QVERIFY(otp::startApplication(runtime, "top"));
            QVERIFY(all.status("base")->state == ApplicationState::Running);
            QVERIFY(all.status("top")->state == ApplicationState::Running);
            const Result<void> unknown = otp::startApplication(runtime, "nowhere");
            QVERIFY(!unknown && unknown.error().code == atoms::notFound);
            QVERIFY(otp::stopAllApplications(runtime));
            QVERIFY(all.status("base")->state == ApplicationState::Stopped);
            QVERIFY(all.status("top")->state == ApplicationState::Stopped);
            QVERIFY(all.status("top")->since <= all.status("base")->since);
        }
    }
};

QTEST_GUILESS_MAIN(tst_Application)
#include "tst_application.moc"
