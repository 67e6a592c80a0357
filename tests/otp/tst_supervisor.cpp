#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/supervisor.h>
#include <grove/otp/task.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Supervisor;

namespace {

Term failedToStart(const char* id, Term why) {
    return tuple(atoms::error, tuple(atoms::shutdown, tuple(atom("failed_to_start_child"), atom(id),
                                                            std::move(why))));
}

/// Starts a tree that is expected to fail. Returns: the result as a term, after its exit signal.
Task<Term> failToStart(otp::SupervisorOptions options) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult result = co_await Supervisor::startLink({}, std::move(options));
    const Exit signal = co_await receive(on<Exit>());
    checkEqual(tuple(atoms::error, signal.reason), result.term());
    co_return result.term();
}

otp::ChildSpec raising(const char* id) {
    return {Term(atom(id)), +[](otp::StartOptions) -> Task<otp::StartResult> {
                error(atom("boo"));
                co_return otp::StartResult::ignore();
            }};
}
otp::ChildSpec exiting(const char* id) {
    return {Term(atom(id)), +[](otp::StartOptions) -> Task<otp::StartResult> {
                exit(atom("boo"));
                co_return otp::StartResult::ignore();
            }};
}

/// Told to stop, it says so to its supervisor and goes on.
Task<> signalsItsSupervisor() {
    setTrapExit(TrapExit::Yes);
    const Exit told = co_await receive(on<Exit>());
    exit(told.from, atom("stopping"));
    co_await idle();
}

Task<otp::StartResult> startWithInfo(otp::StartOptions options, Pid listener) {
    const otp::StartResult started = co_await Child::startLink(
        std::move(options), listener, Term(atom("informed")), Term(atom("plain")));
    co_return otp::StartResult::ok(started.pid(), atom("info"));
}

/// How long a tree with one child takes to stop.
Task<Duration> timeToStop(otp::ChildSpec spec, Term end) {
    const Pid tree = co_await startTree({.children = {spec}});
    const Pid pid = co_await isUp("a");
    const Ref watch = monitor(pid);
    const Instant before = now();
    exit(tree, atoms::shutdown);
    const Exit ended = co_await receive(on<Exit>(tree));
    checkEqual(ended.reason, atoms::shutdown);
    const Duration taken = now() - before;
    const Down down = co_await receive(on<Down>(watch));
    checkEqual(down.reason, std::move(end));
    co_return taken;
}

Task<> parentOfTree(Pid listener) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started = co_await Supervisor::startLink(
        {}, {.children = {
                 otp::worker<Child>(listener, Term(atom("a")), Term(atom("trap"))),
                 otp::worker<Child>(listener, Term(atom("b")), Term(atom("trap"))).id(atom("b"))}});
    send(listener, tuple(atom("tree"), started.pid()));
    const Message end = co_await receive(
        on([](const Message& message) { return message.kind() == MessageKind::Plain; }));
    exit(end.term());
}

/// Sends what the call to a tree's slow start gave.
Task<> startSlowChild(Pid tree, Pid listener) {
    const otp::StartResult started = co_await Supervisor::startChild(
        tree, otp::worker<Child>(listener, Term(atom("slow")), tuple(atom("slow"), 300)));
    send(listener, started.pid());
}

/// Ends an empty or broken call; a Task so that it can be attempted.
Task<> ask(otp::ServerRef server) {
    static_cast<void>(co_await Supervisor::whichChildren(std::move(server)));
}
Task<> askNonsense(Pid server) {
    static_cast<void>(co_await otp::call(server, Term(atom("nonsense"))));
}

const Scenario kScenarios[] = {
    {"S-001 S-002 children start in order, each complete before the next, and stop in reverse",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Instant before = now();
         const Pid tree = co_await startTree(
             {.children = {child("a", tuple(atom("slow"), 100)),
                           child("b", tuple(atom("linger"), 50)), trapping("c")}});
         check(now() - before >= 100ms);
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await isUp("b"));
         static_cast<void>(co_await isUp("c"));
         check(co_await isSilent());
         exit(tree, atoms::shutdown);
         co_await isDown("c", atoms::shutdown);
         co_await isDown("b", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
         check(co_await isSilent());
     }},
    {"S-005 S-042 a specification has OTP's defaults",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a")}});
         static_cast<void>(co_await isUp("a"));
         const Result<otp::ChildSpec> spec = co_await Supervisor::childSpec(tree, atom("a"));
         check(spec.has_value());
         const Term shown = spec->term();
         checkEqual(*shown.mapFind(atom("restart")), atoms::permanent);
         checkEqual(*shown.mapFind(atoms::shutdown), 5000);
         checkEqual(*shown.mapFind(atoms::type), atoms::worker);
         checkEqual(*shown.mapFind(atom("significant")), atoms::false_);
         check(!co_await Supervisor::childSpec(tree, atom("nobody")));
         checkEqual(otp::anonymousSupervisor(atom("s"), {}).shutdown().term(), atoms::infinity);
         co_await stopTree(tree);
     }},
    {"S-026 a child that does not start stops those before it, in reverse",
     +[]() -> Task<> {
         const Term got = co_await failToStart(
             {.children = {trapping("a"), trapping("b"),
                           child("c", tuple(atoms::stop, atom("boo"))), trapping("d")}});
         checkEqual(got, failedToStart("c", atom("boo")));
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await isUp("b"));
         co_await isDown("b", atoms::shutdown);
         co_await isDown("a", atoms::shutdown);
         check(co_await isSilent());
     }},
    {"S-027 a start function that exits or raises",
     +[]() -> Task<> {
         checkEqual(co_await failToStart({.children = {exiting("a")}}),
                    failedToStart("a", tuple(atoms::EXIT, atom("boo"))));
         const Term raised = co_await failToStart({.children = {raising("a")}});
         const Term why = raised.element(1).element(1).element(2);
         check(why.isTagged(atoms::EXIT, 2) && why.element(1).isTuple(2));
         checkEqual(why.element(1).element(0), atom("boo"));
         check(why.element(1).element(1).isList());
     }},
    {"S-028 a child that ignores stays as a specification, a temporary one does not",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {child("a", atoms::ignore),
                           child("b", atoms::ignore).restart(otp::Restart::Temporary)}});
         checkEqual(co_await childStates(tree), list({childState("a", atoms::undefined)}));
         const otp::StartResult started =
             co_await Supervisor::startChild(tree, child("c", atoms::ignore));
         check(!started.isError());
         checkEqual(co_await childStates(tree),
                    list({childState("a", atoms::undefined), childState("c", atoms::undefined)}));
         co_await stopTree(tree);
     }},
    {"S-029 what a start function has to say comes with the pid",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({});
         const otp::StartResult started = co_await Supervisor::startChild(
             tree, otp::ChildSpec(atom("a"), [listener = self()](otp::StartOptions options) {
                 return startWithInfo(std::move(options), listener);
             }));
         const Pid pid = co_await isUp("informed");
         checkEqual(started.term(), tuple(atoms::ok, pid, atom("info")));
         co_await stopTree(tree);
     }},
    {"S-032 S-062 bad specifications are refused",
     +[]() -> Task<> {
         const auto refused = [](Term why) {
             return tuple(atoms::error, tuple(atom("start_spec"), std::move(why)));
         };
         const auto combined = [](Term first) {
             return tuple(atom("bad_combination"),
                          list({std::move(first), tuple(atom("significant"), true)}));
         };
         checkEqual(co_await failToStart({.children = {child("a"), child("a")}}),
                    refused(tuple(atom("duplicate_child_name"), atom("a"))));
         checkEqual(co_await failToStart({.children = {child("a").significant()}}),
                    refused(combined(tuple(atom("auto_shutdown"), atom("never")))));
         checkEqual(co_await failToStart({.autoShutdown = otp::AutoShutdown::AnySignificant,
                                          .children = {child("a").significant()}}),
                    refused(combined(tuple(atom("restart"), atoms::permanent))));
         check(co_await isSilent());
         const Pid tree = co_await startTree({});
         const otp::StartResult added =
             co_await Supervisor::startChild(tree, child("a").significant());
         checkEqual(added.reason(), combined(tuple(atom("auto_shutdown"), atom("never"))));
         co_await stopTree(tree);
     }},
    {"S-035 S-036 startChild: present ones, and one that does not start",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a")}});
         const Pid a = co_await isUp("a");
         otp::StartResult again = co_await Supervisor::startChild(tree, child("a"));
         checkEqual(again.reason(), tuple(atoms::alreadyStarted, a));
         check((co_await Supervisor::terminateChild(tree, atom("a"))).has_value());
         again = co_await Supervisor::startChild(tree, child("a"));
         checkEqual(again.reason(), atoms::alreadyPresent);
         again = co_await Supervisor::startChild(tree, child("b", tuple(atoms::stop, atom("boo"))));
         check(again.reason().isTuple(2));
         checkEqual(again.reason().element(0), atom("boo"));
         checkEqual(co_await childStates(tree), list({childState("a", atoms::undefined)}));
         co_await stopTree(tree);
     }},
    {"a child that sends its supervisor exit signals while it is stopped has its limit, too",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {otp::task(atom("a"), signalsItsSupervisor).shutdown(50ms)}});
         const Instant begin = now();
         check((co_await Supervisor::terminateChild(tree, atom("a"))).has_value());
         check(now() - begin >= 50ms && now() - begin < 1s);
         checkEqual(co_await childStates(tree), Term::nil());
         co_await stopTree(tree);
     }},
    {"S-037 terminateChild keeps the specification, of a temporary one not",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {trapping("a"), trapping("b").restart(otp::Restart::Temporary)}});
         static_cast<void>(co_await isUp("a"));
         static_cast<void>(co_await isUp("b"));
         for (const char* id : {"a", "b"}) {
             check((co_await Supervisor::terminateChild(tree, atom(id))).has_value());
             co_await isDown(id, atoms::shutdown);
         }
         check((co_await Supervisor::terminateChild(tree, atom("a"))).has_value());
         for (const char* id : {"b", "c"}) {
             const Result<void> missing = co_await Supervisor::terminateChild(tree, atom(id));
             check(!missing && missing.error().code == atoms::notFound);
         }
         co_await staysQuiet();
         checkEqual(co_await childStates(tree), list({childState("a", atoms::undefined)}));
         co_await stopTree(tree);
     }},
    {"S-038 S-039 restartChild and deleteChild: stopped, running, unknown",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a")}});
         static_cast<void>(co_await isUp("a"));
         checkEqual((co_await Supervisor::restartChild(tree, atom("a"))).reason(), atoms::running);
         Result<void> deleted = co_await Supervisor::deleteChild(tree, atom("a"));
         check(!deleted && deleted.error().code == atoms::running);
         check((co_await Supervisor::terminateChild(tree, atom("a"))).has_value());
         const otp::StartResult started = co_await Supervisor::restartChild(tree, atom("a"));
         const Pid a = co_await isUp("a");
         checkEqual(started.term(), tuple(atoms::ok, a));
         check((co_await Supervisor::terminateChild(tree, atom("a"))).has_value());
         check((co_await Supervisor::deleteChild(tree, atom("a"))).has_value());
         deleted = co_await Supervisor::deleteChild(tree, atom("a"));
         check(!deleted && deleted.error().code == atoms::notFound);
         checkEqual((co_await Supervisor::restartChild(tree, atom("a"))).reason(), atoms::notFound);
         checkEqual(co_await childStates(tree), list({}));
         co_await stopTree(tree);
     }},
    {"S-040 S-041 whichChildren is newest first; countChildren counts specifications and pids",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {child("a"), otp::anonymousSupervisor(atom("s"), {}), child("b")}});
         const Pid a = co_await isUp("a");
         const Pid b = co_await isUp("b");
         const std::vector<otp::Child> children = co_await Supervisor::whichChildren(tree);
         check(children.size() == 3);
         checkEqual(toTerm(children[0]),
                    tuple(atom("b"), b, atoms::worker, list({atom("GenServer")})));
         checkEqual(toTerm(children[1]), tuple(atom("s"), children[1].pid, atoms::supervisor,
                                               list({atom("Supervisor")})));
         checkEqual(children[2].pid, a);
         check((co_await Supervisor::terminateChild(tree, atom("s"))).has_value());
         const otp::ChildCounts counts = co_await Supervisor::countChildren(tree);
         check(counts.specs == 3 && counts.active == 2);
         check(counts.supervisors == 1 && counts.workers == 2);
         co_await stopTree(tree);
     }},
    {"S-043 brutal kill: no time to end",
     +[]() -> Task<> {
         check(co_await timeToStop(
                   child("a", tuple(atom("linger"), 100)).shutdown(otp::Shutdown::brutalKill()),
                   atoms::killed) == 0ms);
         check(co_await isSilent()); // terminate() has not run
     }},
    {"S-044 a shutdown time: kept to, run out, and zero",
     +[]() -> Task<> {
         const auto lingering = [] { return child("a", tuple(atom("linger"), 200)); };
         Duration taken = co_await timeToStop(lingering().shutdown(1s), atoms::shutdown);
         check(taken >= 200ms && taken < 300ms);
         co_await isDown("a", atoms::shutdown);
         taken = co_await timeToStop(lingering().shutdown(50ms), atoms::killed);
         check(taken >= 50ms && taken < 100ms);
         check(co_await timeToStop(lingering().shutdown(0ms), atoms::killed) < 10ms);
         check(co_await isSilent());
     }},
    {"S-045 without a limit a worker may take as long as it likes",
     +[]() -> Task<> {
         const Duration taken = co_await timeToStop(
             child("a", tuple(atom("linger"), 20'000)).shutdown(otp::Shutdown::infinity()),
             atoms::shutdown);
         check(taken >= 20s);
         co_await isDown("a", atoms::shutdown);
     }},
    {"S-047 a plain worker ends at once, without terminate",
     +[]() -> Task<> {
         check(co_await timeToStop(child("a"), atoms::shutdown) == 0ms);
         check(co_await isSilent());
     }},
    {"S-048 the parent's end, normal too, stops the tree in order and with that reason",
     +[]() -> Task<> {
         for (const Atom reason : {atoms::normal, atoms::shutdown, atom("boo")}) {
             const Pid parent = spawn(parentOfTree, self());
             static_cast<void>(co_await isUp("a"));
             static_cast<void>(co_await isUp("b"));
             const Pid tree = (co_await nextMessage()).element(1).toPid();
             const Ref watch = monitor(tree);
             send(parent, reason);
             co_await isDown("b", atoms::shutdown);
             co_await isDown("a", atoms::shutdown);
             const Down down = co_await receive(on<Down>(watch));
             checkEqual(down.reason, reason);
         }
     }},
    {"S-049 S-051 strangers' exit signals and unknown messages are ignored",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {trapping("a")}});
         static_cast<void>(co_await isUp("a"));
         co_await awaitDown(spawn(
             +[](Pid to) -> Task<> {
                 exit(to, atom("boo"));
                 exit(to, atoms::shutdown);
                 co_return;
             },
             tree));
         send(tree, atom("hello"));
         co_await staysQuiet();
         check(co_await isAlive(tree));
         co_await stopTree(tree);
     }},
    {"S-050 a killed supervisor takes its children along",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a"), trapping("b")}});
         const Pid a = co_await isUp("a");
         static_cast<void>(co_await isUp("b"));
         const Ref watch = monitor(a);
         exit(tree, atoms::kill);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::killed);
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atoms::killed);
         co_await isDown("b", atoms::killed);
     }},
    {"S-051 an unknown call ends the supervisor and its tree",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {trapping("a")}});
         static_cast<void>(co_await isUp("a"));
         const auto got = co_await attempt(askNonsense(tree));
         check(!got);
         co_await isDown("a", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, got.error().term.element(0));
     }},
    {"S-053 S-054 a taken name, and nobody with the name",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const otp::StartResult first = co_await Supervisor::startLink({.name = "tree"}, {});
         const otp::StartResult second = co_await Supervisor::startLink({.name = "tree"}, {});
         checkEqual(second.reason(), tuple(atoms::alreadyStarted, first.pid()));
         checkEqual(co_await childStates("tree"), list({}));
         co_await stopTree(first.pid());
         const auto got = co_await attempt(ask("tree"));
         const Term reason = caughtTerm(got);
         checkEqual(reason.element(0), atoms::noproc);
         const Term arguments = reason.element(1).element(2);
         checkEqual(arguments.head(), atom("tree"));
         checkEqual(arguments.tail().tail().head(), atoms::infinity);
     }},
    {"S-055 a slow start of a child makes everybody wait",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({});
         spawn(startSlowChild, tree, self());
         co_await sleep(10ms);
         const Instant before = now();
         const otp::ChildCounts counts = co_await Supervisor::countChildren(tree);
         check(counts.active == 1);
         check(now() - before >= 250ms);
         static_cast<void>(co_await isUp("slow"));
         check((co_await nextMessage()).isPid());
         co_await stopTree(tree);
     }},
    {"S-070 stop ends a tree with the reason given",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {trapping("a")}});
         static_cast<void>(co_await isUp("a"));
         co_await otp::stop(tree, atom("enough"));
         co_await isDown("a", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atom("enough"));
     }},
};

} // namespace

class tst_Supervisor : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_Supervisor)
#include "tst_supervisor.moc"
