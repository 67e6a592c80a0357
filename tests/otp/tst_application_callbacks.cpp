// What an application does of its own at its start and end, and what stands in the place of
// application files.
#include "applications.h"

#include <grove/otp/logger.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Application;
using otp::Applications;
using otp::ApplicationState;
using otp::StartOptions;
using otp::StartResult;

namespace {

/// How a start callback ends: with the state that it gives, or with what is no good start.
struct Ending {
    enum class Kind { Plain, State, Error, Ignore, Raise } kind = Kind::Plain;
    Term value = {};
    ErrorClass raised = ErrorClass::Error;
};

Task<StartResult> startTop(Pid listener, Ending ending, StartOptions options) {
    switch (ending.kind) {
    case Ending::Kind::Error:
        co_return StartResult::error(ending.value);
    case Ending::Kind::Ignore:
        co_return StartResult::ignore();
    case Ending::Kind::Raise:
        if (ending.raised == ErrorClass::Exit)
            grove::exit(ending.value);
        if (ending.raised == ErrorClass::Throw)
            throwTerm(ending.value);
        grove::error(ending.value);
    case Ending::Kind::Plain:
    case Ending::Kind::State:
        break;
    }
    const StartResult started = co_await otp::Supervisor::startLink(
        std::move(options),
        {.children = {otp::worker<Child>(listener, Term(atom("a")), Term(atom("trap")))}});
    co_return ending.kind == Ending::Kind::State ? StartResult::ok(started.pid(), ending.value)
                                                 : started;
}

/// Tells what a callback got, and whether the processes run.
Task<Term> prepares(Pid listener, Term state) {
    send(listener, tuple(atom("prep_stop"), state, whereis(atom("app")).has_value()));
    co_return tuple(atom("prepared"), state);
}
Task<> stops(Pid listener, Term state) {
    send(listener, tuple(atom("stop"), state, whereis(atom("app")).has_value()));
    co_return;
}

Application withCallbacks(Ending ending) {
    const Pid listener = self();
    otp::ChildSpec top(atom("app"), [=](StartOptions options) {
        return startTop(listener, ending, std::move(options));
    });
    top.type(otp::ChildType::Supervisor).name("app");
    return {.name = "app",
            .description = "for a test",
            .version = "1.0",
            .top = std::move(top),
            .prepStop = [=](Term state) { return prepares(listener, std::move(state)); },
            .stop = [=](Term state) { return stops(listener, std::move(state)); }};
}
void add(Application application) {
    check(applications().add(std::move(application)).has_value());
}
Task<> startIt() {
    co_await test::startIt("app");
    static_cast<void>(co_await isUp("a"));
}
Task<> isStopped(Term reason) {
    co_await awaitState("app", ApplicationState::Stopped);
    checkEqual(statusOf("app").reason, std::move(reason));
    check(applications().whichApplications().size() == 1); // the kernel
}
Task<> callbackSaid(const char* callback, Term state, bool runs,
                    std::source_location where = std::source_location::current()) {
    checkEqual(co_await nextMessage(), tuple(atom(callback), std::move(state), runs), where);
}

/// Why a start failed, as the error's text says it.
Task<> failsToStart(Ending ending, const char* why) {
    add(withCallbacks(std::move(ending)));
    const Result<void> started = co_await Applications::start("app");
    check(!started && started.error().code == atom("start_failed"));
    checkEqual(Term(started.error().message), Term("app did not start: " + std::string(why)));
    check(statusOf("app").state == ApplicationState::Stopped);
    check(!whereis(atom("app")));
    check(co_await isSilent()); // neither prepStop nor stop of what has not started
}

const Scenario kScenarios[] = {
    {"A-005 stop: prepStop with the start's state, the processes, stop with what that has given",
     +[]() -> Task<> {
         for (int i = 0; i < 2; ++i) {
             add(withCallbacks({.kind = Ending::Kind::State, .value = tuple(atom("s"), i)}));
             co_await startIt();
             check((co_await Applications::stop("app")).has_value());
             co_await callbackSaid("prep_stop", tuple(atom("s"), i), true);
             co_await isDown("a", atoms::shutdown);
             co_await callbackSaid("stop", tuple(atom("prepared"), tuple(atom("s"), i)), false);
             co_await isStopped(atoms::shutdown);
         }
     }},
    {"A-006 without a state it is []",
     +[]() -> Task<> {
         add(withCallbacks({}));
         co_await startIt();
         check((co_await Applications::stop("app")).has_value());
         co_await callbackSaid("prep_stop", Term::nil(), true);
         co_await isDown("a", atoms::shutdown);
         co_await callbackSaid("stop", tuple(atom("prepared"), Term::nil()), false);
     }},
    {"A-016 A-005 both run when the processes end by themselves, too",
     +[]() -> Task<> {
         add(withCallbacks({.kind = Ending::Kind::State, .value = 7}));
         co_await startIt();
         exit(whereis(atom("app")).value(), atoms::kill);
         std::vector<Term> told; // the child hears of it as the controller does
         for (int i = 0; i < 3; ++i)
             told.push_back(co_await nextMessage());
         std::erase(told, Term(tuple(atom("down"), atom("a"), atoms::killed)));
         check(told.size() == 2);
         checkEqual(told.at(0), tuple(atom("prep_stop"), 7, false));
         checkEqual(told.at(1), tuple(atom("stop"), tuple(atom("prepared"), 7), false));
         co_await isStopped(atoms::killed);
     }},
    {"A-005 a prepStop that fails leaves the state as it is, and a stop that fails changes nothing",
     +[]() -> Task<> {
         Application application = withCallbacks({.kind = Ending::Kind::State, .value = 7});
         application.prepStop = [](Term) -> Task<Term> { grove::error(atom("boo")); };
         application.stop = [then = application.stop](Term state) -> Task<> {
             return [](auto next, Term given) -> Task<> {
                 co_await next(given);
                 grove::exit(atom("boo"));
             }(then, std::move(state));
         };
         add(std::move(application));
         co_await startIt();
         check((co_await Applications::stop("app")).has_value());
         co_await isDown("a", atoms::shutdown);
         co_await callbackSaid("stop", 7, false);
         co_await isStopped(atoms::shutdown);
         co_await startIt();
     }},
    {"A-007 a start that gives an error, ignore, or raises",
     +[]() -> Task<> {
         co_await failsToStart({.kind = Ending::Kind::Error, .value = atom("why")},
                               "{why,{app,start,[normal,[]]}}");
         co_await failsToStart({.kind = Ending::Kind::Ignore},
                               "{bad_return,{{app,start,[normal,[]]},ignore}}");
         co_await failsToStart(
             {.kind = Ending::Kind::Raise, .value = atom("boo"), .raised = ErrorClass::Exit},
             "{bad_return,{{app,start,[normal,[]]},{'EXIT',boo}}}");
         co_await failsToStart(
             {.kind = Ending::Kind::Raise, .value = atom("boo"), .raised = ErrorClass::Throw},
             "{bad_return,{{app,start,[normal,[]]},boo}}");
         // An error comes with its stack.
         add(withCallbacks({.kind = Ending::Kind::Raise, .value = atom("boo")}));
         const Result<void> raised = co_await Applications::start("app");
         check(!raised && raised.error().message.starts_with(
                              "app did not start: {bad_return,{{app,start,[normal,[]]},{'EXIT',"
                              "{boo,["));
         checkEqual(statusOf("app").reason.element(0), atom("bad_return"));
         // What failed can be replaced, and starts.
         add(withCallbacks({}));
         co_await startIt();
     }},
    {"A-007 A-003 a top supervisor whose child does not start",
     +[]() -> Task<> {
         add({.name = "app",
              .top = otp::supervisor("app",
                                     {.children = {child("a", tuple(atoms::stop, atom("boo")))}})});
         const auto failed = co_await Applications::ensureAllStarted("app");
         check(!failed);
         checkEqual(Term(failed.error().message),
                    Term("app did not start: {{shutdown,{failed_to_start_child,a,boo}},"
                         "{app,start,[normal,[]]}}"));
         checkEqual(statusOf("app").reason.element(0), atoms::shutdown);
     }},
    {"A-008 in the place of phases: each child is complete before the next, and all before start()",
     +[]() -> Task<> {
         add({.name = "app",
              .top = otp::supervisor("app",
                                     {.children = {child("a", tuple(atom("slow"), 100)), child("b"),
                                                   child("c", tuple(atom("slow"), 50))}})});
         const Instant before = now();
         check((co_await Applications::start("app")).has_value());
         check(now() - before >= 150ms);
         for (const char* id : {"a", "b", "c"})
             static_cast<void>(co_await isUp(id));
     }},
    {"A-010 in the place of load and unload: add() replaces one that does not run, only",
     +[]() -> Task<> {
         add({.name = "app", .version = "1", .environment = {{atom("k"), 1}}});
         add({.name = "app", .version = "2", .environment = {{atom("k"), 2}}});
         check(statusOf("app").version == "2" && applications().status().size() == 2);
         checkEqual(*otp::environment().get("app", atom("k")), 2);
         check((co_await Applications::start("app")).has_value());
         const Result<void> refused = applications().add({.name = "app", .version = "3"});
         check(!refused && refused.error().code == atom("running"));
         check(statusOf("app").version == "2");
     }},
    {"A-012 an application that nobody has added is not found",
     +[]() -> Task<> {
         const Result<void> unknown = co_await Applications::start("nowhere");
         check(!unknown && unknown.error().code == atoms::notFound);
         checkEqual(Term(unknown.error().message), Term("there is no application nowhere"));
         add({.name = "app", .dependencies = {"nowhere"}});
         const auto all = co_await Applications::ensureAllStarted("app");
         check(!all && all.error().code == atoms::notFound);
         const Result<void> stopped = co_await Applications::stop("nowhere");
         check(!stopped && stopped.error().code == atom("not_started"));
     }},
    {"A-020 starts and ends are logged, and a changed setting is there at the next look",
     +[]() -> Task<> {
         otp::Logger& log = extension<otp::Logger>(Runtime::current());
         add(withCallbacks({}));
         co_await startIt();
         const Pid top = whereis(atom("app")).value();
         exit(top, atoms::kill);
         co_await isStopped(atoms::killed);
         std::vector<Term> reports;
         std::vector<otp::LogLevel> levels;
         while (reports.size() < 2) {
             reports.clear();
             levels.clear();
             for (const otp::LogEvent& event : log.recentSince(0)) {
                 if (event.kind == otp::LogKind::Application) {
                     reports.push_back(event.report);
                     levels.push_back(event.level);
                 }
             }
             co_await sleep(1ms); // the logger's process writes them
         }
         checkEqual(reports.at(0), tuple(atom("application_started"), "app", top));
         checkEqual(reports.at(1), tuple(atom("application_stopped"), "app", atoms::killed));
         check(levels.at(0) == otp::LogLevel::Info && levels.at(1) == otp::LogLevel::Error);
         otp::environment().set("app", atom("k"), 1);
         otp::environment().set("app", atom("k"), 2);
         checkEqual(*otp::environment().get("app", atom("k")), 2);
     }},
};

} // namespace

class tst_ApplicationCallbacks : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_IN_SYSTEM(kScenarios)
};

QTEST_GUILESS_MAIN(tst_ApplicationCallbacks)
#include "tst_application_callbacks.moc"
