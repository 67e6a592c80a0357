#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/pool.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>

#include <algorithm>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Pool;
namespace sys = grove::otp::sys;

namespace {

/// Answers with its own pid and what it was asked; ends as it is told.
class Worker final : public otp::GenServer<Worker> {
public:
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    State init() {
        setTrapExit(TrapExit::Yes);
        return {};
    }
    Reply<Term> handleCall(Term request, From) { return request; }
    Next handleCast(Term why) { return Next::stop(std::move(why)); }
};

Task<Pid> startPool(otp::PoolOptions options) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started = co_await Pool::startLink({}, otp::worker<Worker>(), options);
    check(started.isOk());
    co_return started.pid();
}
Term status(const char* state, int free, int overflow, int checkedOut) {
    return tuple(atom(state), free, overflow, checkedOut);
}
Task<> is(Pid pool, Term wanted, std::source_location where = std::source_location::current()) {
    checkEqual(toTerm(co_await Pool::status(pool)), wanted, where);
}
Task<> endPool(Pid pool) {
    co_await Pool::stop(pool);
    co_await receive(on<Exit>(pool));
    check(co_await isSilent());
}
/// Ends a worker and waits until the pool has heard of it and has done what it does then.
Task<> endWorker(Pid pool, Pid worker) {
    co_await killAndAwaitDown(worker);
    static_cast<void>(co_await Pool::status(pool));
}

/// Borrows, tells `{got, Id, Worker}`, and ends when it is told.
Task<> borrows(Pid listener, Pid pool, int id) {
    const Pid worker = co_await Pool::checkout(pool, kInfinity);
    send(listener, tuple(atom("got"), id, worker));
    co_await receive(any());
}
Task<Pid> borrowerGot(int id, std::source_location where = std::source_location::current()) {
    const Term message = co_await nextMessage();
    check(message.isTagged(atom("got"), 3), where);
    checkEqual(message.element(1), id, where);
    co_return message.element(2).toPid();
}
/// Starts a borrower that has to wait, and waits until it stands in line.
Task<Pid> queueUp(Pid pool, int id) {
    const std::size_t before =
        (co_await sys::getState(pool)).mapFind(atom("waiting"))->listLength().value_or(0);
    const Pid borrower = spawn(borrows, self(), pool, id);
    for (;;) {
        const Term state = co_await sys::getState(pool);
        if (state.mapFind(atom("waiting"))->listLength().value_or(0) == before + 1)
            co_return borrower;
    }
}

const Scenario kScenarios[] = {
    {"B-001 a pool starts its workers before it has started, under a supervisor of their own",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {otp::pool("pool", otp::worker<Worker>(), {.size = 3})}});
         const Pid pool = whereis(atom("pool")).value();
         co_await is(pool, status("ready", 3, 0, 0));
         const Pid worker = co_await Pool::checkout("pool");
         checkEqual(co_await otp::call(worker, Term(7)), 7);
         check(otp::PoolOptions{}.size == 5 && otp::PoolOptions{}.maxOverflow == 10);
         check(otp::PoolOptions{}.strategy == otp::PoolStrategy::Lifo);
         co_await stopTree(tree);
         check(!co_await isAlive(worker));
     }},
    {"B-002 B-009 a lent worker is counted, and the borrower is watched",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 2, .maxOverflow = 0});
         const Pid worker = co_await Pool::checkout(pool);
         check(co_await isAlive(worker));
         co_await is(pool, status("ready", 1, 0, 1));
         const auto info = co_await processInfo(self());
         check(std::ranges::count(std::get<ProcessInfo>(info).monitoredBy, pool) == 1);
         Pool::checkin(pool, worker);
         co_await is(pool, status("ready", 2, 0, 0));
         co_await endPool(pool);
     }},
    {"B-003 B-006 overflow workers come and go",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 1});
         const Pid first = co_await Pool::checkout(pool);
         const Pid second = co_await Pool::checkout(pool);
         check(first != second);
         co_await is(pool, status("full", 0, 1, 2));
         const Ref end = monitor(first);
         Pool::checkin(pool, first); // any worker that comes back then is one too many
         const Down down = co_await receive(on<Down>(end));
         checkEqual(down.reason, atoms::shutdown);
         co_await is(pool, status("overflow", 0, 0, 1));
         Pool::checkin(pool, second);
         co_await is(pool, status("ready", 1, 0, 0));
         check(co_await isAlive(second));
         co_await endPool(pool);
     }},
    {"B-004 B-006 a full pool refuses, or lets wait in order",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 0});
         const Pid worker = co_await Pool::checkout(pool);
         check(!co_await Pool::tryCheckout(pool));
         std::vector<Pid> borrowers;
         for (int i = 0; i < 3; ++i)
             borrowers.push_back(co_await queueUp(pool, i));
         Pool::checkin(pool, worker);
         for (int i = 0; i < 3; ++i) {
             checkEqual(co_await borrowerGot(i), worker);
             send(borrowers.at(static_cast<std::size_t>(i)), atom("end"));
         }
         checkEqual(co_await Pool::checkout(pool), worker);
         const Instant before = now();
         const Term reason = caughtTerm(co_await attempt(Pool::checkout(pool)));
         checkEqual(reason.element(0), atoms::timeout);
         check(now() - before >= 5s);
         co_await endPool(pool);
     }},
    {"B-005 who gives up stands in line no more; a worker that was assigned comes back",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 0});
         const Pid worker = co_await Pool::checkout(pool);
         const Term reason = caughtTerm(co_await attempt(Pool::checkout(pool, 100ms)));
         checkEqual(reason.element(0), atoms::timeout);
         checkEqual(reason.element(1).element(0), atoms::genServer);
         co_await is(pool, status("full", 0, 0, 1));
         Pool::checkin(pool, worker);
         co_await is(pool, status("ready", 1, 0, 0));
         // The pool does not come to the request before its limit, and hands out to nobody.
         co_await sys::suspend(pool);
         static_cast<void>(co_await attempt(Pool::checkout(pool, 100ms)));
         co_await sys::resume(pool);
         co_await is(pool, status("ready", 1, 0, 0));
         check(co_await isSilent());
         co_await endPool(pool);
     }},
    {"B-007 what is not lent is not taken back",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 2, .maxOverflow = 0});
         const Pid worker = co_await Pool::checkout(pool);
         Pool::checkin(pool, self());
         Pool::checkin(pool, worker);
         Pool::checkin(pool, worker);
         co_await is(pool, status("ready", 2, 0, 0));
         co_await endPool(pool);
     }},
    {"B-008 lifo hands out the worker that came back last, fifo the one that has waited longest",
     +[]() -> Task<> {
         for (const auto strategy : {otp::PoolStrategy::Lifo, otp::PoolStrategy::Fifo}) {
             const Pid pool =
                 co_await startPool({.size = 3, .maxOverflow = 0, .strategy = strategy});
             const Pid a = co_await Pool::checkout(pool);
             const Pid b = co_await Pool::checkout(pool);
             const Pid c = co_await Pool::checkout(pool);
             for (const Pid each : {b, a, c})
                 Pool::checkin(pool, each);
             const bool isLifo = strategy == otp::PoolStrategy::Lifo;
             checkEqual(co_await Pool::checkout(pool), isLifo ? c : b);
             checkEqual(co_await Pool::checkout(pool), a);
             checkEqual(co_await Pool::checkout(pool), isLifo ? b : c);
             co_await endPool(pool);
         }
     }},
    {"B-010 B-011 the state of pools of several sizes, step by step",
     +[]() -> Task<> {
         struct Row {
             std::size_t size, maxOverflow;
             std::vector<Term> states;
         };
         const std::vector<Row> rows{
             {2, 0, {status("ready", 2, 0, 0), status("ready", 1, 0, 1), status("full", 0, 0, 2)}},
             {1,
              1,
              {status("ready", 1, 0, 0), status("overflow", 0, 0, 1), status("full", 0, 1, 2)}},
             {0,
              2,
              {status("overflow", 0, 0, 0), status("overflow", 0, 1, 1), status("full", 0, 2, 2)}},
             {0, 0, {status("full", 0, 0, 0)}}};
         for (const Row& row : rows) {
             const Pid pool =
                 co_await startPool({.size = row.size, .maxOverflow = row.maxOverflow});
             for (const Term& wanted : row.states) {
                 co_await is(pool, wanted);
                 static_cast<void>(co_await Pool::tryCheckout(pool));
             }
             co_await is(pool, row.states.back());
             co_await endPool(pool);
         }
     }},
    {"B-012 an idle worker that ends is replaced",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 0});
         const Pid worker = co_await Pool::checkout(pool);
         Pool::checkin(pool, worker);
         co_await endWorker(pool, worker);
         co_await is(pool, status("ready", 1, 0, 0));
         check(co_await Pool::checkout(pool) != worker);
         co_await endPool(pool);
     }},
    {"B-013 a lent worker that ends is replaced where it is missed",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 1});
         const Pid first = co_await Pool::checkout(pool);
         const Pid second = co_await Pool::checkout(pool);
         co_await queueUp(pool, 1);
         co_await endWorker(pool, first);
         const Pid third = co_await borrowerGot(1); // somebody was waiting
         check(third != first && third != second);
         co_await is(pool, status("full", 0, 1, 2));
         co_await endWorker(pool, second);
         co_await is(pool, status("overflow", 0, 0, 1)); // one less on top
         co_await endWorker(pool, third);
         co_await is(pool, status("ready", 1, 0, 0)); // the pool's size again
         co_await endPool(pool);
     }},
    {"B-014 B-020 a borrower's end gives back all that it had",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 2, .maxOverflow = 0});
         const Pid borrower = spawn(
             +[](Pid listener, Pid pool) -> Task<> {
                 const Pid a = co_await Pool::checkout(pool);
                 const Pid b = co_await Pool::checkout(pool);
                 send(listener, tuple(a, b));
                 co_await idle();
             },
             self(), pool);
         const Term both = co_await nextMessage();
         co_await is(pool, status("full", 0, 0, 2));
         Pool::checkin(pool, both.element(0).toPid());
         co_await is(pool, status("ready", 1, 0, 1)); // each by its own
         co_await killAndAwaitDown(borrower);
         co_await is(pool, status("ready", 2, 0, 0));
         check(co_await isAlive(both.element(0).toPid()));
         check(co_await isAlive(both.element(1).toPid()));
         co_await endPool(pool);
     }},
    {"B-015 who ends while waiting is forgotten",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 0});
         const Pid worker = co_await Pool::checkout(pool);
         const Pid gone = co_await queueUp(pool, 1);
         co_await queueUp(pool, 2);
         co_await killAndAwaitDown(gone);
         Pool::checkin(pool, worker);
         checkEqual(co_await borrowerGot(2), worker);
         co_await is(pool, status("full", 0, 0, 1));
         co_await endPool(pool);
     }},
    {"B-016 a transaction gives the worker back, whatever its function does",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 0});
         int base = 40;
         const int got = co_await Pool::transaction(pool, [base](Pid worker) -> Task<int> {
             const Term two = co_await otp::call(worker, Term(2));
             co_return base + static_cast<int>(two.toInt());
         });
         check(got == 42);
         co_await is(pool, status("ready", 1, 0, 0));
         check(co_await Pool::transaction(pool, [](Pid worker) { return worker; }) ==
               co_await Pool::checkout(pool));
         const Pid pool2 = co_await startPool({.size = 1, .maxOverflow = 0});
         const auto raises = [](Pid) -> Task<int> { error(atom("boo")); };
         checkEqual(caughtTerm(co_await attempt(Pool::transaction(pool2, raises))), atom("boo"));
         co_await is(pool2, status("ready", 1, 0, 0));
         co_await endPool(pool);
         co_await endPool(pool2);
     }},
    {"B-017 a transaction without any time leaves all workers free",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 0});
         const auto nothing = [](Pid) {};
         Term reason = caughtTerm(co_await attempt(Pool::transaction(pool, nothing, 0s)));
         checkEqual(reason.element(0), atoms::timeout);
         co_await is(pool, status("ready", 1, 0, 0));
         const Pid worker = co_await Pool::checkout(pool);
         reason = caughtTerm(co_await attempt(Pool::transaction(pool, nothing, 0s)));
         checkEqual(reason.element(0), atoms::timeout);
         Pool::checkin(pool, worker);
         co_await is(pool, status("ready", 1, 0, 0));
         co_await endPool(pool);
     }},
    {"B-018 stop ends the pool and all its workers",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 2, .maxOverflow = 0});
         const Pid lent = co_await Pool::checkout(pool);
         const Pid idleOne = co_await Pool::checkout(pool);
         Pool::checkin(pool, idleOne);
         const Ref lentEnd = monitor(lent);
         const Ref idleEnd = monitor(idleOne);
         co_await Pool::stop(pool);
         const Exit ended = co_await receive(on<Exit>(pool));
         checkEqual(ended.reason, atoms::normal);
         for (const Ref each : {lentEnd, idleEnd})
             checkEqual((co_await receive(on<Down>(each))).reason, atoms::shutdown);
         check(co_await isSilent());
     }},
    {"B-019 what a pool does not understand",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 1, .maxOverflow = 0});
         checkEqual(co_await otp::call(pool, Term(atom("nonsense"))),
                    tuple(atoms::error, atom("invalid_message")));
         otp::cast(pool, Term(atom("nonsense")));
         send(pool, atom("nonsense"));
         co_await is(pool, status("ready", 1, 0, 0));
         co_await endPool(pool);
     }},
    {"B-021 seven out of five and five, and back",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.size = 5, .maxOverflow = 5});
         std::vector<Pid> lent;
         for (int i = 0; i < 7; ++i)
             lent.push_back(co_await Pool::checkout(pool));
         co_await is(pool, status("overflow", 0, 2, 7));
         for (int i = 0; i < 2; ++i)
             Pool::checkin(pool, lent.at(static_cast<std::size_t>(i)));
         co_await is(pool, status("overflow", 0, 0, 5));
         for (std::size_t i = 2; i < 7; ++i)
             Pool::checkin(pool, lent.at(i));
         co_await is(pool, status("ready", 5, 0, 0));
         const auto info = co_await processInfo(pool);
         check(std::get<ProcessInfo>(info).monitors.empty());
         co_await endPool(pool);
     }},
    {"a pool ends when its workers' supervisor does, and starts again under its own",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {otp::pool("pool", otp::worker<Worker>(), {.size = 1})}});
         const Pid pool = whereis(atom("pool")).value();
         const auto info = std::get<ProcessInfo>(co_await processInfo(pool));
         for (const Pid linked : info.links)
             if (linked != tree)
                 exit(linked, atoms::kill);
         while (!whereis(atom("pool")) || whereis(atom("pool")) == pool)
             static_cast<void>(co_await otp::Supervisor::countChildren(tree));
         co_await is(whereis(atom("pool")).value(), status("ready", 1, 0, 0));
         co_await stopTree(tree);
     }},
};

/// Borrowers that work, give up, raise and are killed; in the end every worker is free.
Task<> churn() {
    const Pid pool = co_await startPool({.size = 3, .maxOverflow = 2});
    const auto works = +[](Pid listener, Pid pool, int number) -> Task<> {
        for (int i = 0; i < 40; ++i) {
            const auto use = [number, i](Pid worker) -> Task<> {
                if ((number + i) % 7 == 0)
                    error(atom("boo"));
                if ((number + i) % 11 == 0) {
                    otp::cast(worker, Term(atoms::normal));
                    co_return;
                }
                checkEqual(co_await otp::call(worker, Term(i)), i);
            };
            static_cast<void>(co_await attempt(Pool::transaction(pool, use, 1s)));
        }
        send(listener, atom("done"));
    };
    for (int i = 0; i < 8; ++i)
        spawn(works, self(), pool, i);
    for (int i = 0; i < 20; ++i) {
        const Pid victim = spawn(works, spawn(idle), pool, i);
        co_await yield();
        exit(victim, atoms::kill);
    }
    for (int i = 0; i < 8; ++i)
        checkEqual(co_await nextMessage(), atom("done"));
    while ((co_await Pool::status(pool)).checkedOut > 0)
        co_await yield();
    co_await is(pool, status("ready", 3, 0, 0));
    co_await endPool(pool);
}

} // namespace

class tst_Pool : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
    void noWorkerIsLostWhateverItsBorrowersDo() { GROVE_EVERYWHERE(churn); }
};

QTEST_GUILESS_MAIN(tst_Pool)
#include "tst_pool.moc"
