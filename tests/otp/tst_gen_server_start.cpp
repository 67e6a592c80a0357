#include "counter.h"
#include "server_rows.h"

#include <grove/runtime/info.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Sends its starter an exit signal and is killed before its start is over.
class Accuser final : public otp::GenServer<Accuser> {
public:
    struct State {};
    Task<Init> init(Pid starter) {
        grove::exit(starter, atom("boo"));
        grove::exit(self(), atoms::kill);
        co_await sleep(1h);
        co_return Init::ok(State{});
    }
};

const Scenario kScenarios[] = {
    {"G-001 start returns after init",
     +[]() -> Task<> {
         const Instant before = now();
         const otp::StartResult result = co_await Script::start(self(), tuple(atom("sleep"), 200));
         check(result.isOk());
         check(now() - before >= 200ms);
         checkEqual(co_await nextMessage(), tuple(atoms::init, result.pid()));
     }},
    {"G-002 init ignore: the start gives ignore, the name is free, a trapping starter sees normal",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const otp::StartResult result =
             co_await Script::startLink({.name = "ignored"}, self(), Term(atoms::ignore));
         check(result.isIgnore());
         check(!whereis(atom("ignored")));
         const Exit signal = co_await receive(on<Exit>());
         checkEqual(signal.reason, atoms::normal);
         check(co_await isSilent());
     }},
    {"G-003 init stop: error, and the exit signal beside it",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const otp::StartResult result =
             co_await Script::startLink(self(), tuple(atoms::stop, atom("boo")));
         checkEqual(result.term(), tuple(atoms::error, atom("boo")));
         const Exit signal = co_await receive(on<Exit>());
         checkEqual(signal.reason, atom("boo"));
         check(co_await isSilent());
     }},
    {"G-003 a plain starter dies with a linked init that stops",
     +[]() -> Task<> {
         const Pid starter = spawn(startsLinked, self(), tuple(atoms::stop, atom("boo")));
         checkEqual(co_await awaitDown(starter), atom("boo"));
     }},
    {"G-004 init raises error: {error, {R, Stack}}",
     +[]() -> Task<> {
         const otp::StartResult result =
             co_await Script::start(self(), tuple(atoms::error, atom("boo")));
         check(result.reason().isTuple(2));
         checkEqual(result.reason().element(0), atom("boo"));
         check(result.reason().element(1).isList());
     }},
    {"G-004 init exits: {error, R}",
     +[]() -> Task<> {
         const otp::StartResult result =
             co_await Script::start(self(), tuple(atoms::exit, atom("boo")));
         checkEqual(result.term(), tuple(atoms::error, atom("boo")));
     }},
    {"G-005 a value that init throws is no return value: nocatch",
     +[]() -> Task<> {
         for (const Term& value : {tuple(atoms::ok, 1), Term(atoms::ignore), Term(atom("foo"))}) {
             const otp::StartResult result =
                 co_await Script::start(self(), tuple(atoms::throw_, value));
             check(result.reason().isTuple(2) && result.reason().element(1).isList());
             checkEqual(result.reason().element(0), tuple(atom("nocatch"), value));
         }
     }},
    {"G-007 start limit exceeded: {error, timeout}, killed, no exit signal left",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const otp::StartResult result =
             co_await Script::startLink({.timeout = 50ms}, self(), tuple(atom("sleep"), 500));
         checkEqual(result.term(), tuple(atoms::error, atoms::timeout));
         check(co_await isSilent());
         co_await sleep(1s);
         check(co_await isSilent());
     }},
    {"G-008 terminate does not run when init fails",
     +[]() -> Task<> {
         const otp::StartResult result =
             co_await Script::start(self(), tuple(atoms::stop, atom("boo")));
         check(result.isError());
         co_await sleep(1s);
         check(co_await isSilent());
     }},
    {"G-009 startMonitor gives the pid and a monitor, which tells of the end",
     +[]() -> Task<> {
         const otp::MonitoredStart started = co_await Script::startMonitor(self(), Term(atoms::ok));
         const Pid pid = started.result.pid();
         checkEqual(started.term(), tuple(atoms::ok, tuple(pid, started.monitor)));
         checkEqual(co_await nextMessage(), tuple(atoms::init, pid));
         checkEqual(co_await ask(pid, 1), tuple(atoms::reply, 1));
         exit(pid, atom("boo"));
         const Down down = co_await receive(on<Down>(started.monitor));
         checkEqual(down.reason, atom("boo"));
         check(co_await isSilent());
     }},
    {"G-009 a startMonitor that fails leaves no 'DOWN', and its process is not linked",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Pid holder = co_await started(atoms::ok, {.name = "taken"});
         const auto given = [](otp::StartOptions options, Term how, Term result) -> Task<> {
             const otp::MonitoredStart start =
                 co_await Script::startMonitor(std::move(options), self(), how);
             checkEqual(start.term(), result);
             check(start.monitor.isNone());
             co_await sleep(1s);
             check(co_await isSilent());
         };
         co_await given({}, tuple(atoms::stop, atom("boo")), tuple(atoms::error, atom("boo")));
         co_await given({}, tuple(atoms::exit, atom("boo")), tuple(atoms::error, atom("boo")));
         co_await given({}, atoms::ignore, atoms::ignore);
         co_await given({.timeout = 50ms}, tuple(atom("sleep"), 500),
                        tuple(atoms::error, atoms::timeout));
         co_await given({.name = "taken"}, atoms::ok,
                        tuple(atoms::error, tuple(atoms::alreadyStarted, holder)));
     }},
    {"G-048 without a link the starter's end does not matter",
     +[]() -> Task<> {
         const auto starter = [](Pid listener) -> Task<> {
             static_cast<void>(co_await Script::start(listener, Term(atoms::ok)));
         };
         co_await awaitDown(spawn(starter, self()));
         const Pid server = (co_await nextMessage()).element(1).toPid();
         checkEqual(co_await ask(server, 1), tuple(atoms::reply, 1));
     }},
    {"G-049 enterLoop makes a process a server",
     +[]() -> Task<> {
         const auto body = []() -> Task<> { co_await Counter::enterLoop({.name = "entered"}, 40); };
         const Pid pid = spawn(body);
         while (!whereis(atom("entered")))
             co_await sleep(1ms);
         check(co_await otp::call(pid, Counter::Add{2}) == 42);
     }},
    {"N-007 a taken name: already_started, and init never runs",
     +[]() -> Task<> {
         const Pid first = co_await started(atoms::ok, {.name = "taken"});
         const otp::StartResult second =
             co_await Script::startLink({.name = "taken"}, self(), Term(atoms::ok));
         checkEqual(second.term(), tuple(atoms::error, tuple(atoms::alreadyStarted, first)));
         check(second.alreadyStarted() == first);
         check(co_await isSilent());
     }},
    {"N-008 many starters race for a name: one wins, no exit signal is left",
     +[]() -> Task<> {
         const auto racer = [](Pid listener) -> Task<> {
             setTrapExit(TrapExit::Yes);
             const otp::StartResult result = co_await Counter::startLink({.name = "raced"}, 0);
             co_await yield();
             const bool silent = co_await isSilent();
             send(listener, tuple(result.isOk(), silent, *result.pidOrAlreadyStarted()));
             co_await idle();
         };
         for (int i = 0; i < 4; ++i)
             spawn(racer, self());
         int winners = 0;
         for (int i = 0; i < 4; ++i) {
             const Term told = co_await nextMessage();
             winners += told.element(0).toBool() ? 1 : 0;
             check(told.element(1).toBool());
             checkEqual(told.element(2), *whereis(atom("raced")));
         }
         check(winners == 1);
     }},
    {"N-012 a failed init releases its name before start returns",
     +[]() -> Task<> {
         for (const Term& how : {tuple(atoms::stop, atom("boo")), tuple(atoms::exit, atom("boo")),
                                 Term(atoms::ignore)}) {
             const otp::StartResult result = co_await Script::start({.name = "brief"}, self(), how);
             check(!result.isOk());
             check(!whereis(atom("brief")));
         }
     }},
    {"P-046 a process that dies before its acknowledgement is an error",
     +[]() -> Task<> {
         const auto starter = [](Pid listener) -> Task<> {
             const otp::StartResult result =
                 co_await Script::start({.name = "slow"}, self(), tuple(atom("sleep"), 1000));
             send(listener, result.term());
         };
         spawn(starter, self());
         while (!whereis(atom("slow")))
             co_await sleep(1ms);
         exit(*whereis(atom("slow")), atoms::kill);
         checkEqual(co_await nextMessage(), tuple(atoms::error, atoms::killed));
     }},
    {"P-047 a trapping starter keeps no exit signal of a start that died",
     +[]() -> Task<> {
         const auto killer = []() -> Task<> {
             while (!whereis(atom("slow")))
                 co_await sleep(1ms);
             exit(*whereis(atom("slow")), atoms::kill);
         };
         setTrapExit(TrapExit::Yes);
         spawn(killer);
         const otp::StartResult result =
             co_await Script::startLink({.name = "slow"}, self(), tuple(atom("sleep"), 1000));
         checkEqual(result.term(), tuple(atoms::error, atoms::killed));
         check(co_await isSilent());
     }},
    {"P-047 what came to the starter of a failed start without a link stays there",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const otp::StartResult result = co_await Accuser::start(self());
         checkEqual(result.term(), tuple(atoms::error, atoms::killed));
         checkEqual((co_await receive(on<Exit>())).reason, atom("boo"));
         check(co_await isSilent());
     }},
    {"G-001 who is being started shows as what its starter waits for",
     +[]() -> Task<> {
         const auto starter = [](Pid listener) -> Task<> {
             static_cast<void>(
                 co_await Script::start({.name = "slow"}, listener, tuple(atom("sleep"), 1000)));
             send(listener, atom("started"));
             co_await nextMessage();
         };
         const Pid waiting = spawn(starter, self());
         while (!whereis(atom("slow")))
             co_await sleep(1ms);
         const Pid slow = *whereis(atom("slow"));
         check(peekRow(waiting)->waitsFor == slow);
         checkEqual(co_await nextMessage(), tuple(atoms::init, slow));
         checkEqual(co_await nextMessage(), atom("started"));
         check(peekRow(waiting)->waitsFor.isNone());
         send(waiting, atom("end"));
     }},
};

} // namespace

/// How servers start, and what is left when they do not.
class tst_GenServerStart : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_GenServerStart)
#include "tst_gen_server_start.moc"
