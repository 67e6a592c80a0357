#include "scenarios.h"
#include "script_server.h"

#include <grove/otp/logger.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// A typed server: every form of callback.
class Counter final : public otp::GenServer<Counter> {
public:
    struct Add {
        using Reply = int;
        int by = 0;
        GROVE_FIELDS(Add, by)
    };
    struct Names {
        using Reply = std::vector<std::string>;
        GROVE_FIELDS(Names)
    };
    struct Touch {
        using Reply = void;
        GROVE_FIELDS(Touch)
    };
    struct Find {
        using Reply = std::optional<int>;
        std::string name;
        GROVE_FIELDS(Find, name)
    };
    struct Reset {
        int to = 0;
        GROVE_FIELDS(Reset, to)
    };
    struct Tick {
        GROVE_FIELDS(Tick)
    };
    using Calls = Messages<Add, Names, Touch, Find>;
    using Casts = Messages<Reset>;
    using Infos = Messages<Tick>;
    struct State {
        int count = 0;
        std::vector<std::string> names;
        GROVE_MAP_FIELDS(State, count, names)
    };

    State init(int first) { return {.count = first, .names = {}}; }
    Reply<int> handleCall(Add request, From) { return state().count += request.by; }
    Task<std::vector<std::string>> handleCall(Names) {
        co_await sleep(1ms);
        co_return state().names;
    }
    void handleCall(Touch) { state().names.emplace_back("touched"); }
    std::optional<int> handleCall(Find request) {
        return request.name == "count" ? std::optional(state().count) : std::nullopt;
    }
    void handleCast(Reset request) { state().count = request.to; }
    Next handleInfo(Tick) {
        ++state().count;
        return {};
    }
};

/// Asks for a continue that it does not have.
class Forgetful final : public otp::GenServer<Forgetful> {
public:
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    Init init() { return Init::ok(State{}).thenContinue(); }
};

Task<Pid> started(Term how, otp::StartOptions options = {}) {
    const otp::StartResult result =
        co_await Script::start(std::move(options), self(), std::move(how));
    check(result.isOk());
    checkEqual(co_await nextMessage(), tuple(atoms::init, result.pid()));
    co_return result.pid();
}

Task<Term> ask(otp::ServerRef server, Term request) {
    co_return co_await otp::call(server, request);
}

Term callExit(Term reason, Term server, Term request) {
    return tuple(std::move(reason), tuple(atoms::genServer, atoms::call,
                                          list({std::move(server), std::move(request)})));
}

Task<> startsLinked(Pid listener, Term how) {
    const otp::StartResult result = co_await Script::startLink(listener, std::move(how));
    send(listener, tuple(atom("started"), result.term()));
    const Message end = co_await receive(any());
    if (!end.term().isAtom(atoms::normal))
        exit(end.term());
}

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
    {"G-010 continue of init runs before any message",
     +[]() -> Task<> {
         const otp::StartResult result =
             co_await Script::start({.name = "early"}, self(),
                                    tuple(atoms::continue_, tuple(atom("again"), atom("last"))));
         send(result.pid(), atom("hello"));
         checkEqual(co_await nextMessage(), tuple(atoms::init, result.pid()));
         checkEqual(co_await nextMessage(),
                    tuple(atoms::continue_, tuple(atom("again"), atom("last"))));
         checkEqual(co_await nextMessage(), tuple(atoms::continue_, atom("last")));
         checkEqual(co_await nextMessage(), tuple(atom("info"), atom("hello")));
     }},
    {"G-011 continues run back to back before the next message",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Ref first =
             sendRequest(server, Payload(tuple(atoms::continue_, tuple(atom("again"), 1))));
         send(server, atom("after"));
         checkEqual(co_await nextMessage(), tuple(first, atoms::ok));
         checkEqual(co_await nextMessage(), tuple(atoms::continue_, tuple(atom("again"), 1)));
         checkEqual(co_await nextMessage(), tuple(atoms::continue_, 1));
         checkEqual(co_await nextMessage(), tuple(atom("info"), atom("after")));
     }},
    {"G-012 the reply is sent before its continue",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Ref request = sendRequest(server, Payload(tuple(atoms::continue_, atom("c"))));
         checkEqual(co_await nextMessage(), tuple(request, atoms::ok));
         checkEqual(co_await nextMessage(), tuple(atoms::continue_, atom("c")));
     }},
    {"G-013 continue without handleContinue ends the server with undef",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         static_cast<void>(co_await Forgetful::startLink());
         const Exit signal = co_await receive(on<Exit>());
         check(signal.reason.isTuple(2));
         checkEqual(signal.reason.element(0), atoms::undef);
     }},
    {"G-014 timeout 0 of init fires at once",
     +[]() -> Task<> {
         const Pid server = co_await started(tuple(atoms::timeout, 0));
         const Instant before = now();
         checkEqual(co_await nextMessage(), tuple(atom("info"), atoms::timeout));
         check(now() == before);
         check(co_await isAlive(server));
     }},
    {"G-015 a message cancels the timeout; a sys request restarts it",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         checkEqual(co_await ask(server, tuple(atoms::timeout, 100)), atoms::ok);
         co_await sleep(50ms);
         send(server, atom("hello"));
         checkEqual(co_await nextMessage(), tuple(atom("info"), atom("hello")));
         co_await sleep(1s);
         check(co_await isSilent());

         checkEqual(co_await ask(server, tuple(atoms::timeout, 100)), atoms::ok);
         co_await sleep(60ms);
         static_cast<void>(co_await otp::sys::getState(server));
         const Instant before = now();
         checkEqual(co_await nextMessage(), tuple(atom("info"), atoms::timeout));
         check(now() - before >= 90ms);
     }},
    {"G-016 a queued message goes before timeout 0",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         co_await otp::sys::suspend(server);
         otp::cast(server, tuple(atoms::timeout, 0));
         send(server, atom("queued"));
         co_await otp::sys::resume(server);
         checkEqual(co_await nextMessage(), tuple(atom("info"), atom("queued")));
         co_await sleep(1s);
         check(co_await isSilent());
     }},
    {"G-018 a call gives its reply, from the callback or from any process later",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         checkEqual(co_await ask(server, 7), tuple(atoms::reply, 7));
         checkEqual(co_await ask(server, tuple(atom("later"), 8)), 8);
         check(co_await isSilent());
     }},
    {"G-019 From is {Caller, Tag}",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Term from = co_await ask(server, atom("from"));
         check(from.isTuple(2));
         checkEqual(from.element(0), self());
     }},
    {"G-020 a call waits 5 s, then exits; the server is unaffected",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Instant before = now();
         const auto got = co_await attempt(ask(server, atom("never")));
         checkEqual(caughtTerm(got), callExit(atoms::timeout, server, atom("never")));
         check(now() - before >= 5s && now() - before < 6s);
         checkEqual(co_await ask(server, 1), tuple(atoms::reply, 1));
     }},
    {"G-020 with a limit given the exit shows it",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto call = [](Pid pid) -> Task<Term> {
             co_return co_await otp::call(pid, atom("never"), 20ms);
         };
         const auto got = co_await attempt(call(server));
         checkEqual(caughtTerm(got),
                    tuple(atoms::timeout,
                          tuple(atoms::genServer, atoms::call, list({server, atom("never"), 20}))));
     }},
    {"G-021 a late reply never arrives",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto got = co_await otp::tryCall(server, tuple(atom("sleep"), 300), 100ms);
         check(!got && got.error().code == atoms::timeout);
         co_await sleep(1s);
         check(co_await isSilent());
     }},
    {"G-022 limit 0 is a timeout",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto got = co_await otp::tryCall(server, Term(1), 0ms);
         check(!got && got.error().code == atoms::timeout);
     }},
    {"G-023 calls to nobody exit noproc: dead pid, unknown name, unknown registry",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         co_await killAndAwaitDown(server);
         checkEqual(caughtTerm(co_await attempt(ask(server, 1))),
                    callExit(atoms::noproc, server, 1));
         checkEqual(caughtTerm(co_await attempt(ask("nobody", 1))),
                    callExit(atoms::noproc, atom("nobody"), 1));
         checkEqual(caughtTerm(co_await attempt(ask(otp::via("nowhere", 3), 1))),
                    callExit(atoms::noproc, tuple(atoms::via, atom("nowhere"), 3), 1));
     }},
    {"G-024 a call to oneself exits calling_self, by pid and by name",
     +[]() -> Task<> {
         checkEqual(caughtTerm(co_await attempt(ask(self(), 1))),
                    callExit(atoms::callingSelf, self(), 1));
         check(registerName(atom("me"), self()).has_value());
         checkEqual(caughtTerm(co_await attempt(ask("me", 1))),
                    callExit(atoms::callingSelf, atom("me"), 1));
     }},
    {"G-025 the server's end is the pending caller's exit",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto got = co_await attempt(ask(server, tuple(atoms::exit, atom("boo"))));
         checkEqual(caughtTerm(got),
                    callExit(atom("boo"), server, tuple(atoms::exit, atom("boo"))));
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atom("boo")));
         const Pid other = co_await started(atoms::ok);
         const auto raised = co_await attempt(ask(other, tuple(atoms::error, atom("boo"))));
         const Term reason = caughtTerm(raised).element(0);
         check(reason.isTuple(2));
         checkEqual(reason.element(0), atom("boo"));
     }},
    {"G-026 a plain linked caller dies by the link instead",
     +[]() -> Task<> {
         const auto caller = [](Pid listener) -> Task<> {
             const otp::StartResult result = co_await Script::startLink(listener, Term(atoms::ok));
             co_await attempt(ask(result.pid(), tuple(atoms::exit, atom("boo"))));
             send(listener, atom("survived"));
             co_await idle();
         };
         checkEqual(co_await awaitDown(spawn(caller, self())), atom("boo"));
     }},
    {"G-027 stop with a reply: reply, terminate, exit",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Ref watch = monitor(server);
         checkEqual(co_await ask(server, tuple(atoms::stop, atom("boo"), 9)), 9);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atom("boo")));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atom("boo"));
     }},
    {"G-028 stop without a reply: the caller exits with the reason, normal too",
     +[]() -> Task<> {
         for (const Atom reason : {atoms::normal, atom("boo")}) {
             const Pid server = co_await started(atoms::ok);
             const Term request = tuple(atoms::stop, reason);
             checkEqual(caughtTerm(co_await attempt(ask(server, request))),
                        callExit(reason, server, request));
             checkEqual(co_await nextMessage(), tuple(atoms::terminate, reason));
         }
     }},
    {"G-029 a callback that fails: terminate with the reason, then exit",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Ref watch = monitor(server);
         otp::cast(server, tuple(atoms::error, atom("boo")));
         const Term told = co_await nextMessage();
         check(told.isTagged(atoms::terminate, 2));
         checkEqual(told.element(1).element(0), atom("boo"));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, told.element(1));
     }},
    {"G-033 a terminate that exits gives its reason, for the pending caller too",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Term request = tuple(atoms::stop, tuple(atom("raise"), atom("worse")));
         checkEqual(caughtTerm(co_await attempt(ask(server, request))),
                    callExit(atom("worse"), server, request));
     }},
    {"G-034 a plain server dies of an exit signal without terminate",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         checkEqual(co_await killAndAwaitDown(server, atom("boo")), atom("boo"));
         check(co_await isSilent());
     }},
    {"G-035 a trapping server stops in order when its parent ends, normally too",
     +[]() -> Task<> {
         for (const Atom reason : {atoms::normal, atom("boo")}) {
             const Pid parent = spawn(startsLinked, self(), Term(atom("trap")));
             const Pid server = (co_await nextMessage()).element(1).toPid();
             checkEqual(co_await nextMessage(), tuple(atom("started"), tuple(atoms::ok, server)));
             const Ref watch = monitor(server);
             send(parent, reason);
             checkEqual(co_await nextMessage(), tuple(atoms::terminate, reason));
             const Down down = co_await receive(on<Down>(watch));
             checkEqual(down.reason, reason);
         }
     }},
    {"G-036 a trapping server gets a stranger's exit signal as a message",
     +[]() -> Task<> {
         const auto stranger = [](Pid to) -> Task<> {
             exit(to, atom("boo"));
             co_return;
         };
         const auto owner = [](Pid listener) -> Task<> {
             static_cast<void>(co_await Script::start(listener, Term(atom("trap"))));
         };
         spawn(owner, self());
         const Pid server = (co_await nextMessage()).element(1).toPid();
         const Pid from = spawn(stranger, server);
         checkEqual(co_await nextMessage(),
                    tuple(atom("info"), tuple(atoms::EXIT, from, atom("boo"))));
         check(co_await isAlive(server));
     }},
    {"G-037 stop ends a server after terminate",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Ref watch = monitor(server);
         co_await otp::stop(server);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atoms::normal));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atoms::normal);
         const Pid other = co_await started(atoms::ok);
         co_await otp::stop(other, atom("boo"), 1s);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atom("boo")));
         check(!co_await isAlive(other));
     }},
    {"G-038 stop of nobody exits noproc; of a busy one timeout, and it is honoured later",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         co_await otp::stop(server);
         static_cast<void>(co_await nextMessage());
         checkEqual(caughtTerm(co_await attempt(otp::stop(server))), atoms::noproc);
         checkEqual(caughtTerm(co_await attempt(otp::stop("nobody"))), atoms::noproc);

         const Pid busy = co_await started(atoms::ok);
         const Ref call = sendRequest(busy, Payload(tuple(atom("sleep"), 500)));
         checkEqual(caughtTerm(co_await attempt(otp::stop(busy, atoms::normal, 100ms))),
                    atoms::timeout);
         co_await receive(on<ReplyTo>(call));
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atoms::normal));
     }},
    {"G-039 stop runs terminate in a plain server, too",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         co_await otp::stop(server, atoms::shutdown);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atoms::shutdown));
     }},
    {"G-040 unknown messages are dropped with a log",
     +[]() -> Task<> {
         const otp::StartResult counter = co_await Counter::start(1);
         send(counter.pid(), atom("unknown"));
         const int n = co_await otp::call(counter.pid(), Counter::Add{1});
         check(n == 2);
         otp::Logger& log = extension<otp::Logger>(Runtime::current());
         log.drain();
         bool isLogged = false;
         for (const otp::LogEvent& event : log.recentSince(0))
             isLogged = isLogged || event.report.isTagged(atom("unexpected_message"), 3);
         check(isLogged);
     }},
    {"G-041 cast is ok for whoever; order is kept across cast, info and call",
     +[]() -> Task<> {
         otp::cast("nobody", Term(1));
         otp::cast(otp::via("nowhere", 1), Term(1));
         const Pid server = co_await started(atoms::ok);
         otp::cast(server, Term(1));
         send(server, 2);
         otp::cast(server, Term(3));
         checkEqual(co_await ask(server, 4), tuple(atoms::reply, 4));
         checkEqual(co_await nextMessage(), tuple(atoms::cast, 1));
         checkEqual(co_await nextMessage(), tuple(atom("info"), 2));
         checkEqual(co_await nextMessage(), tuple(atoms::cast, 3));
     }},
    {"G-047 of two replies the caller gets the first",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         checkEqual(co_await ask(server, atom("twice")), 1);
         checkEqual(co_await ask(server, 5), tuple(atoms::reply, 5));
         check(co_await isSilent());
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
    {"G-050 a reply to a dead caller is dropped",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto caller = [](Pid to) -> Task<> {
             static_cast<void>(co_await otp::call(to, tuple(atom("sleep"), 100)));
         };
         const Pid dead = spawn(caller, server);
         co_await sleep(10ms);
         co_await killAndAwaitDown(dead);
         checkEqual(co_await ask(server, 1), tuple(atoms::reply, 1));
     }},
    {"G-051 a call or cast that fits nothing ends the server with function_clause",
     +[]() -> Task<> {
         for (int round = 0; round < 2; ++round) {
             const Pid pid = (co_await Counter::start(1)).pid();
             const Ref watch = monitor(pid);
             if (round == 0)
                 static_cast<void>(co_await attempt(ask(pid, tuple(atom("subtract"), 1))));
             else
                 otp::cast(pid, atom("subtract"));
             const Down down = co_await receive(on<Down>(watch));
             check(down.reason.isTuple(2));
             checkEqual(down.reason.element(0), atoms::functionClause);
         }
     }},
    {"G-055 cast to anything unknown is ok",
     +[]() -> Task<> {
         otp::cast("unknown", Counter::Reset{3});
         otp::cast(Pid(), Counter::Reset{3});
         co_return;
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
};

} // namespace

/// gen_server as OTP has it, and the typed side of it.
class tst_GenServer : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)

    void repliesHaveTheTypesTheirMessagesName() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Counter::start(5)).pid();
            int sum = co_await otp::call(pid, Counter::Add{3});
            check(sum == 8);
            co_await otp::call(pid, Counter::Touch{});
            const std::vector<std::string> names = co_await otp::call(pid, Counter::Names{});
            check(names == std::vector<std::string>{"touched"});
            check(co_await otp::call(pid, Counter::Find{"count"}) == std::optional(8));
            check(co_await otp::call(pid, Counter::Find{"other"}) == std::nullopt);
            otp::cast(pid, Counter::Reset{70});
            send(pid, Counter::Tick{});
            check(co_await otp::call(pid, Counter::Add{0}) == 71);
        });
    }

    void termsOfTheSameFormAreAccepted() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Counter::start(5)).pid();
            checkEqual(co_await otp::call(pid, tuple(atom("add"), 3)), 8);
            otp::cast(pid, tuple(atom("reset"), 70));
            send(pid, atom("tick"));
            checkEqual(co_await otp::call(pid, tuple(atom("add"), 0)), 71);
            checkEqual(co_await otp::call(pid, atom("names")), Term::nil());
        });
    }

    void aFailedCallOfATypedMessageShowsItsTerm() {
        GROVE_SIMULATED([]() -> Task<> {
            const auto call = [](Pid pid) -> Task<> {
                static_cast<void>(co_await otp::call(pid, Counter::Add{3}));
            };
            const Pid pid = (co_await Counter::start(5)).pid();
            co_await killAndAwaitDown(pid);
            checkEqual(caughtTerm(co_await attempt(call(pid))),
                       callExit(atoms::noproc, pid, tuple(atom("add"), 3)));
        });
    }

    void aWrongTermOfTheRightTagIsNoClause() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Counter::start(5)).pid();
            send(pid, tuple(atom("tick"), 1, 2)); // an info: logged only
            check(co_await otp::call(pid, Counter::Add{1}) == 6);
            static_cast<void>(co_await attempt(ask(pid, tuple(atom("add"), atom("three")))));
            check(!co_await isAlive(pid));
        });
    }
};

QTEST_GUILESS_MAIN(tst_GenServer)
#include "tst_gen_server.moc"
