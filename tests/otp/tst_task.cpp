#include "children.h"

#include <grove/otp/task.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

int add(int a, int b) {
    return a + b;
}
Task<int> addLater(int a, int b, Duration pause) {
    co_await sleep(pause);
    co_return a + b;
}
Task<int> fails(Term how) {
    co_await yield();
    if (how.isTagged(atoms::error, 2))
        error(how.element(1));
    if (how.isTagged(atoms::throw_, 2))
        throwTerm(how.element(1));
    exit(how);
    co_return 0;
}
Task<int> clings(Duration pause) {
    setTrapExit(TrapExit::Yes);
    co_await sleep(pause);
    co_return 1;
}
Task<> tells(Pid listener, Term what) {
    send(listener, what);
    co_return;
}

Term awaitExit(Term reason, const Term& caught) {
    // What is shown of the task itself is not compared.
    check(caught.isTuple(2) && caught.element(1).isTuple(3));
    checkEqual(caught.element(1).element(0), atom("Elixir.Task"));
    checkEqual(caught.element(1).element(1), atom("await"));
    return tuple(std::move(reason), caught.element(1));
}

/// Starts a task that ends so, and waits for it.
Task<> owner(Pid listener, Term how) {
    const auto task = otp::Task::async(fails, std::move(how));
    const auto got = co_await attempt(task.await());
    send(listener, tuple(atom("survived"), got ? Term(*got) : got.error().term));
}
/// Starts a task that never ends, and tells which.
Task<> leaves(Pid listener) {
    const auto task = otp::Task::async(addLater, 1, 2, Duration(1h));
    send(listener, task.pid());
    co_await receive(any());
    exit(atom("boo"));
}

const Scenario kScenarios[] = {
    {"K-001 K-002 await gives the result and leaves nothing",
     +[]() -> Task<> {
         const auto sum = otp::Task::async(add, 1, 2);
         const auto later = otp::Task::async(addLater, 3, 4, Duration(100ms));
         check(co_await later.await() == 7);
         check(co_await sum.await() == 3);
         co_await staysQuiet();
     }},
    {"K-001 a trapping owner sees its task's normal end",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto sum = otp::Task::async(add, 1, 2);
         check(co_await sum.await() == 3);
         const Exit signal = co_await receive(on<Exit>(sum.pid()));
         checkEqual(signal.reason, atoms::normal);
         check(co_await isSilent());
     }},
    {"K-003 await waits 5 s; the task goes on, its answer never arrives",
     +[]() -> Task<> {
         const auto task = otp::Task::async(addLater, 1, 2, Duration(6s));
         const Instant before = now();
         const Term caught = caughtTerm(co_await attempt(task.await()));
         checkEqual(caught, awaitExit(atoms::timeout, caught));
         check(now() - before >= 5s && now() - before < 5500ms);
         check(co_await isAlive(task.pid()));
         checkEqual(co_await awaitDown(task.pid()), atoms::normal);
         co_await staysQuiet();
     }},
    {"K-004 await with limit 0 takes a result that is there",
     +[]() -> Task<> {
         const auto task = otp::Task::async(add, 1, 2);
         co_await awaitDown(task.pid());
         check(co_await task.await(Duration::zero()) == 3);
         check(co_await isSilent());
     }},
    {"K-005 a plain owner ends with its task",
     +[]() -> Task<> {
         checkEqual(co_await awaitDown(spawn(owner, self(), Term(atom("boo")))), atom("boo"));
         check(co_await isSilent());
     }},
    {"K-005 K-006 a trapping owner's await exits with the task's reason",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         for (const Atom reason : {atom("boo"), atoms::shutdown}) {
             const auto task = otp::Task::async(fails, Term(reason));
             const Term caught = caughtTerm(co_await attempt(task.await()));
             checkEqual(caught, awaitExit(reason, caught));
             const Exit signal = co_await receive(on<Exit>(task.pid()));
             checkEqual(signal.reason, reason);
         }
         const auto raised = otp::Task::async(fails, tuple(atoms::error, atom("boo")));
         Term why = caughtTerm(co_await attempt(raised.await())).element(0);
         checkEqual(why.element(0), atom("boo"));
         check(why.element(1).isList());
         const auto thrown = otp::Task::async(fails, tuple(atoms::throw_, 7));
         why = caughtTerm(co_await attempt(thrown.await())).element(0);
         checkEqual(why.element(0), tuple(atom("nocatch"), 7));
     }},
    {"K-006 a task that exits normally without a result",
     +[]() -> Task<> {
         spawn(owner, self(), Term(atoms::normal));
         const Term told = co_await nextMessage();
         checkEqual(told.element(1).element(0), atoms::normal);
     }},
    {"K-007 K-008 awaited twice, and by another",
     +[]() -> Task<> {
         const auto task = otp::Task::async(add, 1, 2);
         check(co_await task.await() == 3);
         const Term caught = caughtTerm(co_await attempt(task.await(100ms)));
         checkEqual(caught.element(0), atoms::timeout);
         const otp::AsyncTask<int> foreign(task.pid(), task.ref(), task.pid());
         checkEqual(caughtTerm(co_await attempt(foreign.await())).element(0), atoms::badarg);
     }},
    {"K-009 yield may ask again",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto task = otp::Task::async(addLater, 1, 2, Duration(100ms));
         check(!co_await task.yield(50ms));
         const auto got = co_await task.yield(1s);
         check(got && got->has_value() && **got == 3);
         check(!co_await task.yield(10ms));
         const auto failed = otp::Task::async(fails, Term(atom("boo")));
         const auto why = co_await failed.yield();
         check(why && !why->has_value());
         checkEqual(why->error(), atom("boo"));
     }},
    {"K-010 K-012 shutdown: running, finished, failed",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto running = otp::Task::async(addLater, 1, 2, Duration(1h));
         check(!co_await running.shutdown());
         check(!co_await isAlive(running.pid()));
         check(co_await isSilent());
         const auto finished = otp::Task::async(add, 1, 2);
         co_await awaitDown(finished.pid());
         const auto got = co_await finished.shutdown();
         check(got && got->has_value() && **got == 3);
         const auto failed = otp::Task::async(fails, Term(atom("boo")));
         co_await awaitDown(failed.pid());
         const auto why = co_await failed.shutdown();
         check(why && !why->has_value());
         checkEqual(why->error(), atom("boo"));
     }},
    {"K-012 shutdown of tasks that are not monitored any more",
     +[]() -> Task<> {
         const auto ignored = otp::Task::async(addLater, 1, 2, Duration(1h));
         check(!co_await ignored.ignore());
         check(!co_await ignored.shutdown());
         check(!co_await isAlive(ignored.pid()));
         const auto late = otp::Task::async(addLater, 1, 2, Duration(1h));
         check((co_await attempt(late.await(1ms))).has_value() == false);
         check(!co_await late.shutdown());
         const auto taken = otp::Task::async(add, 1, 2);
         co_await awaitDown(taken.pid());
         check(co_await taken.await() == 3);
         const auto why = co_await taken.shutdown();
         check(why && !why->has_value());
         checkEqual(why->error(), atoms::noproc);
         check(co_await isSilent());
     }},
    {"K-011 shutdown of a task that clings to life",
     +[]() -> Task<> {
         const auto brutal = otp::Task::async(clings, Duration(1h));
         co_await sleep(1ms);
         check(!co_await brutal.shutdown(otp::Shutdown::brutalKill()));
         const auto clinging = otp::Task::async(clings, Duration(1h));
         co_await sleep(1ms);
         const Instant before = now();
         const auto got = co_await clinging.shutdown(100ms);
         check(now() - before >= 100ms && now() - before < 150ms);
         check(got && !got->has_value());
         checkEqual(got->error(), atoms::killed);
         check(co_await isSilent());
     }},
    {"K-017 a task as a child runs once and is forgotten, whatever its end",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {otp::task(atom("a"), tells, self(), Term(atom("ran"))),
                           otp::task(
                               atom("b"),
                               +[](Term how) -> Task<> { co_await fails(std::move(how)); },
                               Term(atom("boo")))}});
         checkEqual(co_await nextMessage(), atom("ran"));
         co_await staysQuiet();
         checkEqual(co_await childStates(tree), list({}));
         co_await stopTree(tree);
     }},
    {"K-030 a task ends with its owner",
     +[]() -> Task<> {
         const Pid leaving = spawn(leaves, self());
         const Pid task = (co_await nextMessage()).toPid();
         const Ref watch = monitor(task);
         send(leaving, atom("go"));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atom("boo"));
     }},
    {"a loop runs every so often, the first time after one period, and again after a crash",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {otp::loop("beat", 1s, tells, self(), Term(atom("beat")))}});
         Instant before = now();
         for (int i = 0; i < 3; ++i) {
             checkEqual(co_await nextMessage(), atom("beat"));
             check(now() - before >= 1s && now() - before < 1100ms);
             before = now();
         }
         exit(whereis(atom("beat")).value(), atoms::kill);
         checkEqual(co_await nextMessage(), atom("beat"));
         check(now() - before >= 1s && now() - before < 1100ms);
         co_await stopTree(tree);
         co_await sleep(2s);
         check(co_await isSilent());
     }},
};

} // namespace

class tst_Task : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_Task)
#include "tst_task.moc"
