// What both kinds of supervisor are by default, and what they make of unusual children.
#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/logger.h>
#include <grove/otp/registry.h>
#include <grove/otp/task_supervisor.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/info.h>
#include <grove/runtime/runtime.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::DynamicSupervisor;
using otp::Supervisor;

namespace {

/// Lets go of its supervisor when it is asked to, and ends with a reason of its own.
class Odd final : public otp::GenServer<Odd> {
public:
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    State init() {
        setTrapExit(TrapExit::Yes);
        return {};
    }
    Reply<Term> handleCall(Term, From) {
        unlink(parent());
        return Term(atoms::ok);
    }
    void terminate(Term) { grove::exit(atom("boo")); }
};

/// Says that it is ending, and ends when it is told to.
class Lingering final : public otp::GenServer<Lingering> {
public:
    struct State {
        Pid listener;
        GROVE_MAP_FIELDS(State, listener)
    };
    State init(Pid listener) {
        setTrapExit(TrapExit::Yes);
        return {listener};
    }
    Task<> terminate(Term) {
        send(state().listener, self());
        co_await receive(on([](const Message& message) {
            return message.kind() == MessageKind::Plain && message.term().isAtom(atom("go"));
        }));
    }
};

Simulation* s_running = nullptr; // of the test that runs, where it is simulated
Pid s_victim;                    // of endVictim()
Term s_why;

/// What the start of a child shows as. The supervisor that reports the child's end runs this after
/// it has looked at what has come: another child ends before it looks again.
Term endVictim() {
    if (const Pid victim = std::exchange(s_victim, Pid())) {
        otp::cast(victim, s_why);
        if (s_running != nullptr)
            s_running->hold(std::chrono::milliseconds(5));
        while (peekRow(victim)) {
        }
    }
    return atoms::undefined;
}

/// A child is killed, which is once too often, and another one ends with `s_why` before the
/// supervisor stops it.
template <bool isDynamic> Task<> stopsOneThatHasEnded() {
    const bool isQuiet = s_why.isAtom(atoms::normal);
    const otp::Intensity none{0, 5s};
    otp::ChildSpec first = child("a").startShownBy(endVictim);
    otp::ChildSpec other =
        child("b").restart(isQuiet ? otp::Restart::Transient : otp::Restart::Permanent);
    Pid tree;
    if (isDynamic) {
        setTrapExit(TrapExit::Yes);
        tree = (co_await DynamicSupervisor::startLink({}, {.intensity = none})).pid();
        static_cast<void>(co_await DynamicSupervisor::startChild(tree, first));
        static_cast<void>(co_await DynamicSupervisor::startChild(tree, other));
    } else {
        tree = co_await startTree({.intensity = none, .children = {first, other}});
    }
    const Pid a = co_await isUp("a");
    s_victim = co_await isUp("b");
    exit(a, atoms::kill);
    checkEqual((co_await receive(on<Exit>(tree))).reason, atoms::shutdown);
    otp::Logger& logger = extension<otp::Logger>(Runtime::current());
    static_cast<void>(logger.drain());
    std::vector<Term> reasons;
    for (const otp::LogEvent& event : logger.recentSince(0))
        if (event.kind == otp::LogKind::SupervisorReport &&
            event.report.mapFind(atom("context"))->isAtom(atom("shutdown_error")))
            reasons.push_back(*event.report.mapFind(atom("reason")));
    checkEqual(listFrom(reasons), isQuiet ? Term::nil() : list({s_why}));
}

/// A start function may return any pid.
Task<otp::StartResult> startsItself(otp::StartOptions) {
    co_return otp::StartResult::ok(self());
}

/// Starts a child that tells its arguments, too.
Task<otp::StartResult> startTelling(otp::StartOptions options, std::vector<Term> arguments) {
    const Pid listener = arguments.at(0).toPid();
    send(listener, tuple(atom("arguments"), listOf(arguments)));
    co_return co_await Child::startLink(std::move(options), listener, arguments.at(1),
                                        Term(atom("plain")));
}
Task<otp::StartResult> failing(int how) {
    if (how == 0)
        error(atom("boo"));
    if (how == 1)
        exit(atom("boo"));
    throwTerm(atom("boo"));
    co_return otp::StartResult::ignore();
}

const Scenario kScenarios[] = {
    {"S-003 S-004 the defaults: Elixir's intensity, Erlang's by its name",
     +[]() -> Task<> {
         const otp::SupervisorOptions usual;
         check(usual.strategy == otp::Strategy::OneForOne);
         check(usual.autoShutdown == otp::AutoShutdown::Never);
         check(usual.intensity.restarts == 3 && usual.intensity.period == 5s);
         const otp::Intensity erlang = otp::Intensity::erlang();
         check(erlang.restarts == 1 && erlang.period == 5s);
         // And the second crash is one too many.
         const Pid tree = co_await startTree({.intensity = erlang, .children = {child("a")}});
         exit(co_await isUp("a"), atoms::kill);
         exit(co_await isUp("a"), atoms::kill);
         checkEqual((co_await receive(on<Exit>(tree))).reason, atoms::shutdown);
     }},
    {"S-033 a bad specification is refused as it is, without start_spec around it",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({});
         const otp::StartResult refused = co_await Supervisor::startChild(
             tree, child("a").restart(otp::Restart::Transient).significant());
         const Term never = tuple(atom("auto_shutdown"), atom("never"));
         checkEqual(refused.reason(), tuple(atom("bad_combination"),
                                            list({never, tuple(atom("significant"), true)})));
         check((co_await Supervisor::countChildren(tree)).specs == 0);
         co_await stopTree(tree);
     }},
    {"S-046 a child that ends with another reason while it is stopped is reported, no more",
     +[]() -> Task<> {
         otp::Logger& logger = extension<otp::Logger>(Runtime::current());
         const Pid tree =
             co_await startTree({.children = {trapping("a"), otp::worker<Odd>(), trapping("c")}});
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await isUp("c"));
         exit(tree, atoms::shutdown);
         co_await isDown("c", atoms::shutdown);
         co_await isDown("a", atoms::shutdown);
         checkEqual((co_await receive(on<Exit>(tree))).reason, atoms::shutdown);
         static_cast<void>(logger.drain());
         int reports = 0;
         for (const otp::LogEvent& event : logger.recentSince(0)) {
             if (event.kind != otp::LogKind::SupervisorReport)
                 continue;
             ++reports;
             checkEqual(*event.report.mapFind(atom("context")), atom("shutdown_error"));
             checkEqual(*event.report.mapFind(atom("reason")), atom("boo"));
         }
         check(reports == 1);
     }},
    {"S-052 a child that has let go of its supervisor ends without its notice",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {otp::worker<Odd>().id(atom("odd"))}});
         const Pid odd = (co_await Supervisor::whichChildren(tree)).at(0).pid;
         checkEqual(co_await otp::call(odd, Term(atom("let_go"))), atoms::ok);
         static_cast<void>(co_await killAndAwaitDown(odd));
         co_await staysQuiet();
         checkEqual(co_await childStates(tree), list({childState("odd", odd)})); // still listed
         co_await stopTree(tree);
     }},
    {"S-073 children are linked to their supervisor, and it is their ancestor",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a")}});
         const Pid a = co_await isUp("a");
         const auto info = std::get<ProcessInfo>(co_await processInfo(a));
         check(info.links == std::vector<Pid>{tree});
         check(info.row.parent == tree && info.ancestors.front() == tree);
         co_await stopTree(tree);
     }},
    {"S-073 a child that has been asked to end is linked to its supervisor no more",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {otp::worker<Lingering>(self())}});
         const Pid dynamic = (co_await DynamicSupervisor::startLink({}, {})).pid();
         static_cast<void>(
             co_await DynamicSupervisor::startChild(dynamic, otp::worker<Lingering>(self())));
         setTrapExit(TrapExit::Yes);
         for (const Pid supervisor : {tree, dynamic}) {
             exit(supervisor, atoms::shutdown);
             const Pid child = (co_await nextMessage()).toPid();
             check(std::get<ProcessInfo>(co_await processInfo(child)).links.empty());
             check(std::get<ProcessInfo>(co_await processInfo(child)).monitoredBy ==
                   std::vector<Pid>{supervisor});
             check(std::get<ProcessInfo>(co_await processInfo(supervisor)).links ==
                   std::vector<Pid>{self()});
             send(child, atom("go"));
             checkEqual((co_await receive(on<Exit>(supervisor))).reason, atoms::shutdown);
         }
     }},
    {"S-046 a child that is the supervisor itself is killed when it is stopped, and nobody else",
     +[]() -> Task<> {
         const otp::ChildSpec itself(atom("itself"), startsItself);
         const Pid tree = co_await startTree({.children = {itself}});
         const Pid dynamic = (co_await DynamicSupervisor::startLink({}, {})).pid();
         static_cast<void>(co_await DynamicSupervisor::startChild(dynamic, itself));
         for (const Pid supervisor : {tree, dynamic}) {
             exit(supervisor, atoms::shutdown);
             checkEqual((co_await receive(on<Exit>(supervisor))).reason, atoms::killed);
         }
     }},
    {"D-003 what a start function raises is the reason of the failure",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Pid pool = (co_await DynamicSupervisor::startLink({}, {})).pid();
         std::vector<Term> reasons;
         for (int how = 0; how < 3; ++how)
             reasons.push_back(
                 (co_await DynamicSupervisor::startChild(
                      pool,
                      otp::ChildSpec(atom("a"), [how](otp::StartOptions) { return failing(how); })))
                     .reason());
         check(reasons.at(0).isTuple(2) && reasons.at(0).element(1).isCons());
         checkEqual(reasons.at(0).element(0), atom("boo"));
         checkEqual(reasons.at(1), atom("boo"));
         checkEqual(reasons.at(2).element(0), tuple(atom("nocatch"), atom("boo")));
         check((co_await DynamicSupervisor::countChildren(pool)).specs == 0);
         co_await stopTree(pool);
     }},
    {"D-018 a child specification has the name given as its id, and says that it is a supervisor",
     +[]() -> Task<> {
         const otp::ChildSpec one = otp::registry("name");
         const otp::ChildSpec several = otp::registry("name", {.partitions = 2});
         const auto shown = [](const otp::ChildSpec& spec) {
             const Term told = spec.term();
             checkEqual(*told.mapFind(atoms::id), atom("name"));
             return tuple(*told.mapFind(atoms::type), *told.mapFind(atoms::shutdown));
         };
         const Term supervisor = tuple(atoms::supervisor, atoms::infinity);
         checkEqual(shown(otp::dynamicSupervisor("name")), supervisor);
         checkEqual(shown(otp::taskSupervisor("name")), supervisor);
         checkEqual(shown(several), supervisor);
         checkEqual(shown(one), tuple(atoms::worker, 5000)); // there is nobody below it
         co_return;
     }},
    {"D-006 extra arguments stand before a child's own, at restarts too",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Pid pool =
             (co_await DynamicSupervisor::startLink({}, {.extraArguments = {Term(self())}})).pid();
         const otp::StartResult started = co_await DynamicSupervisor::startChild(
             pool, otp::ChildSpec::withArguments(atom("x"), startTelling, {atom("a"), 7}));
         const Term arguments = tuple(atom("arguments"), list({self(), atom("a"), 7}));
         checkEqual(co_await nextMessage(), arguments);
         check(co_await isUp("a") == started.pid());
         exit(started.pid(), atoms::kill);
         checkEqual(co_await nextMessage(), arguments);
         static_cast<void>(co_await isUp("a"));
         // A child that takes none cannot get any.
         const otp::StartResult refused = co_await DynamicSupervisor::startChild(pool, child("b"));
         checkEqual(refused.reason().element(0), atoms::badarg);
         co_await stopTree(pool);
     }},
    {"D-017 the defaults of a dynamic supervisor",
     +[]() -> Task<> {
         const otp::DynamicSupervisorOptions usual;
         check(usual.intensity.restarts == 3 && usual.intensity.period == 5s);
         check(usual.childrenMax == otp::DynamicSupervisorOptions::kNoLimit);
         check(usual.extraArguments.empty());
         co_return;
     }},
};

} // namespace

class tst_Supervision : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)

    void aChildThatEndsBeforeItIsStoppedHasItsOwnReason_data() { // S-046
        QTest::addColumn<bool>("isDynamic");
        QTest::addColumn<bool>("isQuiet");
        QTest::newRow("supervisor, crash") << false << false;
        QTest::newRow("supervisor, normal end of a transient child") << false << true;
        QTest::newRow("dynamic supervisor, crash") << true << false;
        QTest::newRow("dynamic supervisor, normal end of a transient child") << true << true;
    }
    void aChildThatEndsBeforeItIsStoppedHasItsOwnReason() {
        QFETCH(bool, isDynamic);
        QFETCH(bool, isQuiet);
        s_why = isQuiet ? atoms::normal : atom("boo");
        const auto body = isDynamic ? stopsOneThatHasEnded<true> : stopsOneThatHasEnded<false>;
        for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
            Simulation simulation({.seed = seed});
            s_running = &simulation;
            const std::string failed =
                runIn(simulation.runtime(), body, "SEED=" + std::to_string(seed));
            QVERIFY2(failed.empty(), failed.c_str());
        }
        s_running = nullptr;
        const std::string fault = onThreads(body);
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_Supervision)
#include "tst_supervision.moc"
