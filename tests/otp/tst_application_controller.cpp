// The application controller is killed: what it has begun the next one goes on with.
#include "applications.h"

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Applications;
using otp::ApplicationState;

namespace {

/// prepStop and stop: tell, and take some time.
Task<Term> preparesSlowly(Pid listener, Term state) {
    send(listener, atom("prep_stop"));
    co_await sleep(500ms);
    co_return state;
}
Task<> stopsSlowly(Pid listener) {
    send(listener, atom("stop"));
    co_await sleep(500ms);
}
const Scenario kScenarios[] = {
    {"A-015 a controller killed while all others are stopped: the next stops the rest and says so",
     +[]() -> Task<> {
         const auto told = toldStops();
         for (const char* name : {"first", "second", "third"})
             addApplication(name, {child(name, tuple(atom("linger"), 500))});
         addApplication("app", {child("a")});
         for (const char* name : {"first", "second", "third"}) {
             co_await startIt(name);
             static_cast<void>(co_await isUp(name));
         }
         check((co_await Applications::start("app", otp::ApplicationType::Permanent)).has_value());
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await endTop("app", atom("boo")));
         for (const char* name : {"third", "second"}) {
             co_await awaitState(name, ApplicationState::Stopping);
             static_cast<void>(co_await killNamed(kController));
             check(!applications().nodeStop());
         }
         for (const char* name : {"third", "second", "first"})
             co_await isDown(name, atoms::shutdown);
         while (told->empty())
             co_await sleep(1ms);
         for (const char* name : {"first", "second", "third", "app"})
             check(statusOf(name).state == ApplicationState::Stopped);
         check(told->size() == 1 && told->front() == "app :boo");
         // Told once: the next controller finds nothing left to do.
         static_cast<void>(co_await killNamed(kController));
         co_await startIt("first");
         check(told->size() == 1);
     }},
    {"A-015 why a permanent one ended is not forgotten when its controller is killed before it has "
     "seen to it",
     +[]() -> Task<> {
         const auto told = toldStops();
         const Pid test = self();
         check(applications()
                   .add({.name = "app",
                         .top = otp::supervisor("app", {}),
                         .prepStop = [=](Term state) { return preparesSlowly(test, state); },
                         .stop = [=](Term) { return stopsSlowly(test); }})
                   .has_value());
         for (const char* killedIn : {"before", "prep_stop", "stop"}) {
             const std::size_t before = told->size();
             const bool isBefore = killedIn == std::string_view("before");
             check((co_await Applications::start("app", otp::ApplicationType::Transient))
                       .has_value());
             if (isBefore)
                 suspendProcess(whereis(atom(kController)).value());
             static_cast<void>(co_await endTop("app", atom("boo")));
             if (!isBefore)
                 while (co_await nextMessage() != atom(killedIn)) {
                 }
             static_cast<void>(co_await killNamed(kController));
             while (told->size() == before)
                 co_await sleep(1ms);
             check(told->size() == before + 1 && told->back() == "app :boo");
             // What prepStop has begun it does not begin again; stop is done to its end.
             if (isBefore)
                 checkEqual(co_await nextMessage(), atom("prep_stop"));
             checkEqual(co_await nextMessage(), atom("stop"));
             check(co_await isSilent());
         }
     }},
    {"one with restartAtOnce is tried again by the next controller, too",
     +[]() -> Task<> {
         co_await endBehindTheGate();
         co_await sleep(2'500ms);
         static_cast<void>(co_await killNamed(kController));
         co_await sleep(2'500ms);
         co_await runsWhenTheGateOpens();
     }},
    {"one with restartAtOnce whose start the controller was killed at is tried again, too",
     +[]() -> Task<> {
         addApplication("app", {child("a", tuple(atom("slow"), 500))}, {}, true);
         co_await startIt("app");
         static_cast<void>(co_await isUp("a"));
         exit(whereis(atom("app")).value(), atoms::kill);
         co_await awaitState("app", ApplicationState::Starting);
         check(registerName(atom("gate"), self()).has_value());
         static_cast<void>(co_await killNamed(kController));
         co_await sleep(2'500ms);
         co_await runsWhenTheGateOpens();
     }},
    {"the controller, killed twice, comes back and finds what runs",
     +[]() -> Task<> {
         addApplication("app", {child("a")});
         co_await startIt("app");
         const Pid a = co_await isUp("a");
         for (int i = 0; i < 2; ++i)
             static_cast<void>(co_await killNamed(kController));
         check(co_await isAlive(a));
         check(statusOf("app").state == ApplicationState::Running);
         exit(whereis(atom("app")).value(), atoms::kill);
         co_await awaitState("app", ApplicationState::Stopped);
         checkEqual(statusOf("app").reason, atoms::killed);
         co_await startIt("app");
         static_cast<void>(co_await isUp("a"));
         co_await stopIt("app");
     }},
    {"a name that a running application has is taken at once, also when its controller was killed",
     +[]() -> Task<> {
         addApplication("app", {child("a").name("taken")});
         co_await startIt("app");
         const Pid a = co_await isUp("a");
         for (const bool isKilled : {false, true}) {
             if (isKilled)
                 static_cast<void>(co_await killNamed(kController));
             setTrapExit(TrapExit::Yes);
             const Instant before = now();
             const otp::StartResult refused =
                 co_await otp::Supervisor::startLink({}, {.children = {child("b").name("taken")}});
             check(now() == before);
             const Term why = tuple(atoms::alreadyStarted, a);
             checkEqual(refused.reason().element(1),
                        tuple(atom("failed_to_start_child"), atom("b"), why));
             static_cast<void>(co_await receive(on<Exit>()));
         }
     }},
    {"a controller killed while one stops: the next sees it stopped",
     +[]() -> Task<> {
         addApplication("app", {child("a", tuple(atom("linger"), 500))});
         co_await startIt("app");
         static_cast<void>(co_await isUp("a"));
         applications().requestStop("app");
         co_await awaitState("app", ApplicationState::Stopping);
         static_cast<void>(co_await killNamed(kController));
         co_await awaitState("app", ApplicationState::Stopped);
         co_await isDown("a", atoms::shutdown);
         check(!whereis(atom("app")));
         co_await startIt("app");
     }},
    {"a controller killed while one starts: the next starts it anew",
     +[]() -> Task<> {
         addApplication("app", {child("a", tuple(atom("slow"), 500))});
         applications().requestStart("app");
         co_await awaitState("app", ApplicationState::Starting);
         co_await sleep(100ms);
         static_cast<void>(co_await killNamed(kController));
         co_await awaitState("app", ApplicationState::Running);
         const Pid first = co_await isUp("a"); // its tree had to start before it could end
         check(!co_await isAlive(first));
         check(co_await isAlive(co_await isUp("a")));
         check(statusOf("app").starts == 1);
         check(co_await isSilent());
     }},
};

} // namespace

class tst_ApplicationController : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_IN_SYSTEM(kScenarios)
};

QTEST_GUILESS_MAIN(tst_ApplicationController)
#include "tst_application_controller.moc"
