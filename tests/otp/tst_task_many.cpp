// Tasks by the dozen: awaited together, given up, and under a supervisor of their own.
#include "children.h"

#include <grove/otp/task_supervisor.h>
#include <grove/runtime/info.h>

#include <algorithm>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::TaskSupervisor;

namespace {

using Outcome = std::optional<std::expected<int, Term>>;

Task<int> later(Duration pause, int value) {
    co_await sleep(pause);
    co_return value;
}
Task<int> fails(Duration pause, Term why) {
    co_await sleep(pause);
    exit(why);
    co_return 0;
}
Task<int> raises(Term why) {
    error(why);
    co_return 0;
}
Task<> tells(Pid listener, Term what) {
    send(listener, tuple(what, self()));
    co_return;
}
Task<> crashes(Pid listener) {
    send(listener, self());
    co_await sleep(10ms);
    exit(atom("boo"));
}
/// `{$callers, $ancestors}` of the running process.
Term origin() {
    return tuple(dictionaryGet(atom("$callers")).value_or(Term()),
                 dictionaryGet(atom("$ancestors")).value_or(Term()));
}
/// Its own pid, and the origin of a task that it starts.
Task<Term> originBelow() {
    const auto below = otp::Task::async(origin);
    Term told = co_await below.await();
    co_return tuple(self(), told);
}
Task<> tellOrigin(Pid listener) {
    send(listener, origin());
    co_return;
}
otp::AsyncTask<int> start(Duration pause, int value) {
    return otp::Task::async(later, pause, value);
}
/// `{Reason, {'Elixir.Task', await_many, [[Task], Limit]}}`, with so many tasks.
void checkManyExit(const Term& got, Term reason, std::size_t tasks, Term limit) {
    checkEqual(got.element(0), std::move(reason));
    const Term& where = got.element(1);
    checkEqual(where.element(0), atom("Elixir.Task"));
    checkEqual(where.element(1), atom("await_many"));
    check(where.element(2).head().listLength() == tasks);
    checkEqual(where.element(2).tail().head(), std::move(limit));
}
Task<Pid> startTasks(otp::DynamicSupervisorOptions options = {}) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started =
        co_await otp::DynamicSupervisor::startLink({.name = "tasks"}, std::move(options));
    check(started.isOk());
    co_return started.pid();
}
Task<int> getAtOnce(otp::AsyncTask<int> task) {
    return task.await(0s);
}

const Scenario kScenarios[] = {
    {"K-013 ignore gives up on a task, or gives what it has come to",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto running = start(1s, 1);
         check(!co_await running.ignore());
         check((co_await receive(on<Exit>(running.pid()))).reason == Term(atoms::normal));
         check(co_await isSilent()); // its answer never came
         const auto done = start(0s, 2);
         co_await receive(on<Exit>(done.pid()));
         check((co_await done.ignore()).value().value() == 2);
         const auto failed = otp::Task::async(fails, Duration(0s), Term(atom("boo")));
         co_await receive(on<Exit>(failed.pid()));
         checkEqual((co_await failed.ignore()).value().error(), atom("boo"));
         check(co_await isSilent());
     }},
    {"K-014 awaitMany gives all results in order, however they come",
     +[]() -> Task<> {
         const std::vector<otp::AsyncTask<int>> tasks{start(30ms, 1), start(10ms, 2),
                                                      start(20ms, 3)};
         check(co_await otp::Task::awaitMany(tasks) == std::vector<int>{1, 2, 3});
         check(co_await isSilent());
         check((co_await otp::Task::awaitMany(std::vector<otp::AsyncTask<int>>{})).empty());
     }},
    {"K-014 awaitMany exits at the first failure and at its limit",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Instant before = now();
         const std::vector<otp::AsyncTask<int>> tasks{
             start(1h, 1), otp::Task::async(fails, Duration(10ms), Term(atom("boo")))};
         checkManyExit(caughtTerm(co_await attempt(otp::Task::awaitMany(tasks))), atom("boo"), 2,
                       5'000);
         check(now() - before < 1s);
         const std::vector<otp::AsyncTask<int>> slow{start(10ms, 1), start(1h, 2), start(1h, 3)};
         checkManyExit(caughtTerm(co_await attempt(otp::Task::awaitMany(slow, 1s))), atoms::timeout,
                       3, 1'000);
         check(now() - before < 2s);
         for (const auto* each : {&tasks[0], &slow[1], &slow[2]})
             static_cast<void>(co_await killAndAwaitDown(each->pid()));
     }},
    {"K-015 yieldMany gives what there is after its limit",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const std::vector<otp::AsyncTask<int>> tasks{
             start(1h, 1), start(10ms, 2),
             otp::Task::async(fails, Duration(20ms), Term(atom("boo"))), start(900ms, 4)};
         const Instant before = now();
         std::vector<Outcome> got = co_await otp::Task::yieldMany(tasks, 1s);
         check(now() - before >= 1s && now() - before < 1100ms);
         check(!got.at(0) && got.at(1)->value() == 2 && got.at(3)->value() == 4);
         checkEqual(got.at(2)->error(), atom("boo"));
         const std::vector<otp::AsyncTask<int>> quick{start(5ms, 1)};
         got = co_await otp::Task::yieldMany(quick, 1h);
         check(got.at(0)->value() == 1 && now() - before < 2s);
         static_cast<void>(co_await killAndAwaitDown(tasks[0].pid()));
     }},
    {"K-016 a completed task has no process and gives its value",
     +[]() -> Task<> {
         const auto task = otp::Task::completed(7);
         check(!task.pid());
         check(co_await task.await() == 7);
         check((co_await task.yield(0s))->value() == 7);
         const std::vector<otp::AsyncTask<int>> tasks{task, start(10ms, 8)};
         check(co_await otp::Task::awaitMany(tasks) == std::vector<int>{7, 8});
         check(co_await isSilent());
     }},
    {"K-025 a supervised task is linked to its owner, or not at all",
     +[]() -> Task<> {
         const Pid tasks = co_await startTasks();
         const auto linked = co_await TaskSupervisor::async(tasks, later, Duration(10ms), 1);
         const auto info = std::get<ProcessInfo>(co_await processInfo(linked.pid()));
         check(std::ranges::count(info.links, self()) == 1);
         check(std::ranges::count(info.links, tasks) == 1);
         check(co_await linked.await() == 1);
         check((co_await receive(on<Exit>(linked.pid()))).reason == Term(atoms::normal));

         const auto free = co_await TaskSupervisor::asyncNoLink(tasks, raises, Term(atom("boo")));
         const Term reason = caughtTerm(co_await attempt(free.await()));
         checkEqual(reason.element(0).element(0), atom("boo"));
         checkEqual(reason.element(1).element(1), atom("await"));
         check(co_await isSilent()); // no exit signal
         co_await stopTree(tasks);
     }},
    {"K-018 a task knows whom it works for and who started it",
     +[]() -> Task<> {
         const Term me = list({self()});
         checkEqual(co_await otp::Task::async(origin).await(), tuple(me, me));
         check(registerName(atom("starter"), self()).has_value());
         const Term named = list({atom("starter")});
         checkEqual(co_await otp::Task::async(origin).await(), tuple(me, named));
         const Term below = co_await otp::Task::async(originBelow).await();
         const Term task = below.element(0);
         checkEqual(below.element(1), tuple(list({task, self()}), list({task, atom("starter")})));
         const auto alone = co_await otp::Task::startLink({}, tellOrigin, self());
         check(alone.isOk());
         checkEqual(co_await nextMessage(), tuple(me, named));
         // Under a supervisor it is that which starts it, and still its caller whom it works for.
         const Pid tasks = co_await startTasks();
         const auto startedBy = [](const Term& told, Atom name) {
             checkEqual(told.element(1).head(), name);
             return told.element(0);
         };
         const auto linked = co_await TaskSupervisor::async(tasks, origin);
         checkEqual(startedBy(co_await linked.await(), atom("tasks")), me);
         const auto free = co_await TaskSupervisor::asyncNoLink(tasks, origin);
         checkEqual(startedBy(co_await free.await(), atom("tasks")), me);
         check((co_await TaskSupervisor::startChild(tasks, tellOrigin, self())).isOk());
         while (!(co_await receive(on<Exit>(), after(0s))).index()) {
         }
         checkEqual(startedBy(co_await nextMessage(), atom("tasks")), me);
         co_await stopTree(tasks);
     }},
    {"K-025 K-030 an owner that ends takes a linked task along, no other",
     +[]() -> Task<> {
         const Pid tasks = co_await startTasks();
         const Pid owner = spawn(
             +[](Pid listener, Pid tasks) -> Task<> {
                 const auto linked = co_await TaskSupervisor::async(tasks, later, Duration(1h), 1);
                 const auto free =
                     co_await TaskSupervisor::asyncNoLink(tasks, later, Duration(1h), 1);
                 send(listener, tuple(linked.pid(), free.pid()));
                 co_await idle();
             },
             self(), tasks);
         const Term both = co_await nextMessage();
         const Ref linkedEnd = monitor(both.element(0).toPid());
         exit(owner, atoms::kill);
         checkEqual((co_await receive(on<Down>(linkedEnd))).reason, atoms::killed);
         check(co_await isAlive(both.element(1).toPid()));
         co_await stopTree(tasks);
     }},
    {"K-026 tasks are not restarted, unless it is asked for",
     +[]() -> Task<> {
         const Pid tasks = co_await startTasks({.intensity = kOften});
         static_cast<void>(co_await TaskSupervisor::startChild(tasks, crashes, self()));
         check((co_await nextMessage()).isPid());
         co_await staysQuiet();
         check((co_await TaskSupervisor::children(tasks)).empty());
         static_cast<void>(
             co_await TaskSupervisor::startChild(tasks, otp::Restart::Transient, crashes, self()));
         const Term first = co_await nextMessage();
         check(first != co_await nextMessage());
         co_await stopTree(tasks);
     }},
    {"K-027 no more tasks than children are allowed",
     +[]() -> Task<> {
         const Pid tasks = co_await startTasks({.childrenMax = 1});
         const auto one = co_await TaskSupervisor::asyncNoLink(tasks, later, Duration(1h), 1);
         checkEqual((co_await TaskSupervisor::startChild(tasks, tells, self(), Term(1))).reason(),
                    atom("max_children"));
         const Term raised =
             caughtTerm(co_await attempt(TaskSupervisor::async(tasks, later, Duration(1h), 1)));
         checkEqual(raised.element(0), atom("max_children"));
         check((co_await TaskSupervisor::terminateChild(tasks, one.pid())).has_value());
         co_await stopTree(tasks);
     }},
    {"K-028 children are listed and terminated",
     +[]() -> Task<> {
         const Pid tasks = co_await startTasks();
         const auto one = co_await TaskSupervisor::asyncNoLink(tasks, later, Duration(1h), 1);
         check(co_await TaskSupervisor::children(tasks) == std::vector<Pid>{one.pid()});
         check((co_await TaskSupervisor::terminateChild(tasks, one.pid())).has_value());
         const Result<void> again = co_await TaskSupervisor::terminateChild(tasks, one.pid());
         check(!again && again.error().code == atoms::notFound);
         checkEqual(caughtTerm(co_await attempt(one.await())).element(0), atoms::shutdown);
         check((co_await TaskSupervisor::children(tasks)).empty());
         co_await stopTree(tasks);
     }},
    {"K-029 the supervisor's end is the end of its tasks",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {otp::taskSupervisor("tasks")}});
         const auto one = co_await TaskSupervisor::asyncNoLink("tasks", later, Duration(1h), 1);
         exit(tree, atoms::shutdown);
         checkEqual(caughtTerm(co_await attempt(one.await())).element(0), atoms::shutdown);
         co_await receive(on<Exit>(tree));
     }},
    {"K-031 a task that nobody awaits sends nothing to whoever started it",
     +[]() -> Task<> {
         const Pid tasks = co_await startTasks();
         const otp::StartResult started =
             co_await TaskSupervisor::startChild(tasks, tells, self(), Term(atom("ran")));
         checkEqual(co_await nextMessage(), tuple(atom("ran"), started.pid()));
         co_await staysQuiet();
         co_await stopTree(tasks);
     }},
    {"K-032 an answer that nobody waits for any more is dropped",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const auto task = start(1s, 1);
         checkEqual(caughtTerm(co_await attempt(getAtOnce(task))).element(0), atoms::timeout);
         check((co_await receive(on<Exit>(task.pid()))).reason == Term(atoms::normal));
         check(co_await isSilent());
     }},
};

/// Many tasks of both kinds at once, some of which are killed.
Task<> manyAtOnce() {
    const Pid tasks = co_await startTasks();
    std::vector<otp::AsyncTask<int>> all;
    for (int i = 0; i < 60; ++i)
        all.push_back(co_await TaskSupervisor::asyncNoLink(tasks, later, Duration(0), i));
    for (std::size_t i = 0; i < all.size(); i += 7)
        exit(all.at(i).pid(), atoms::kill);
    const std::vector<Outcome> got = co_await otp::Task::yieldMany(all, 30s);
    for (int i = 0; i < 60; ++i) {
        const Outcome& outcome = got.at(static_cast<std::size_t>(i));
        check(outcome && (*outcome ? **outcome == i : i % 7 == 0));
    }
    check(co_await isSilent());
    co_await stopTree(tasks);
}

} // namespace

class tst_TaskMany : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
    void everyTaskIsHeardOf() { GROVE_EVERYWHERE(manyAtOnce); }
};

QTEST_GUILESS_MAIN(tst_TaskMany)
#include "tst_task_many.moc"
