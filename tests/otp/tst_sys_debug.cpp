#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/debug.h>
#include <grove/otp/logger.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

#include <QTemporaryDir>

#include <fstream>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
namespace sys = grove::otp::sys;
using sys::Switch;

namespace {

/// Counts what it is told, in every way in which a server can be told something.
class Tally final : public otp::GenServer<Tally> {
public:
    struct State {
        int count = 0;
        GROVE_MAP_FIELDS(State, count)
    };
    State init(int first) { return {first}; }
    Reply<Term> handleCall(Term request, From from) {
        if (request.isAtom(atoms::continue_))
            return Reply<Term>(Term(atoms::ok)).thenContinue(atom("more"));
        if (request.isAtom(atom("from_elsewhere"))) {
            otp::reply(from, Term(atom("r")));
            return Reply<Term>::noReply();
        }
        if (request.isAtom(atoms::stop))
            return Reply<Term>(Term(atom("bye"))).thenStop(atoms::normal);
        ++state().count;
        return request;
    }
    Next handleCast(Term request) {
        state().count += 10;
        if (request.isAtom(atom("soon")))
            return Next().timeout(1s);
        return {};
    }
    void handleInfo(Term) {}
    void handleContinue(Term) { state().count += 100; }

    std::expected<State, Term> codeChange(Term oldVersion, Term oldState, Term extra) {
        if (extra.isTagged(atoms::error, 2))
            return std::unexpected(extra.element(1));
        if (extra.isTagged(atom("raise"), 2))
            grove::error(extra.element(1));
        checkEqual(oldVersion, atom("v1"));
        const Term* count = oldState.mapFind(atom("count"));
        check(count != nullptr);
        return State{static_cast<int>(count->toInt() + extra.toInt())};
    }
};

/// Its successor: the same state, told in another way.
class Ledger final : public otp::GenServer<Ledger> {
public:
    struct State {
        int total = 0;
        GROVE_MAP_FIELDS(State, total)
    };
    std::expected<State, Term> codeChange(Term, Term oldState, Term) {
        return State{static_cast<int>(oldState.mapFind(atom("count"))->toInt())};
    }
    void restored() { m_restored = true; }
    Reply<Term> handleCall(Term, From) { return tuple(atom("ledger"), state().total, m_restored); }
    void terminate(Term why) { send(atom("listener"), tuple(atom("ledger_ended"), why)); }

private:
    bool m_restored = false;
};

Task<Pid> startTally(otp::StartOptions options = {}) {
    const otp::StartResult started = co_await Tally::start(std::move(options), 0);
    check(started.isOk());
    co_return started.pid();
}
Term counted(int count) {
    return map({{atom("count"), count}});
}
Task<Term> ask(Pid server, Term request) {
    co_return co_await otp::call(server, request);
}
Term in(Term message) {
    return tuple(atom("in"), std::move(message));
}
Term noReply(int count) {
    return tuple(atoms::noreply, counted(count));
}
/// `{in, Call}` and `{out, Reply, From, State}` without the reference of From.
Term plain(const Term& event) {
    if (event.isTagged(atom("in"), 2) && event.element(1).isTagged(atom("$gen_call"), 3))
        return in(tuple(atoms::call, event.element(1).element(2)));
    if (event.isTagged(atom("out"), 4)) {
        checkEqual(event.element(2).element(0), self());
        return tuple(atom("out"), event.element(1), event.element(3));
    }
    return event;
}
Task<Term> plainLog(Pid server) {
    std::vector<Term> events;
    for (const Term& event : co_await sys::getLog(server))
        events.push_back(plain(event));
    co_return listFrom(events);
}
/// Tells its first state's pid what it gets.
sys::DebugFunction teller(Pid listener, int times) {
    return [listener, times](Term state, const Term& event, const Term& process) -> Term {
        send(listener, tuple(atom("told"), state, event.element(0), process));
        return state.toInt() + 1 == times ? Term(atom("done")) : Term(state.toInt() + 1);
    };
}
Term told(int state, const char* event, Term process) {
    return tuple(atom("told"), state, atom(event), std::move(process));
}

Term unknownMessage(Term request) {
    return tuple(atoms::error, tuple(atom("unknown_system_msg"), std::move(request)));
}

const Scenario kScenarios[] = {
    {"Y-004 a suspended server changes its state, or goes on with the old one",
     +[]() -> Task<> {
         const Pid server = co_await startTally();
         static_cast<void>(co_await ask(server, 1));
         co_await sys::suspend(server);
         check((co_await sys::changeCode(server, atom("v1"), 41)).has_value());
         checkEqual(co_await sys::getState(server), counted(42));
         const auto refused =
             co_await sys::changeCode(server, atom("v1"), tuple(atoms::error, atom("no")));
         checkEqual(refused.error(), tuple(atoms::error, atom("no")));
         const auto raised =
             co_await sys::changeCode(server, atom("v1"), tuple(atom("raise"), atom("boo")));
         check(raised.error().isTagged(atoms::EXIT, 2));
         checkEqual(raised.error().element(1).element(0), atom("boo"));
         checkEqual(co_await sys::getState(server), counted(42));
         co_await sys::resume(server);
         checkEqual(co_await ask(server, 2), 2);
         checkEqual(co_await sys::getState(server), counted(43));
     }},
    {"Y-004 another implementation takes over the state while the server runs",
     +[]() -> Task<> {
         check(registerName(atom("listener"), self()).has_value());
         const Pid server = co_await startTally();
         static_cast<void>(co_await ask(server, 1));
         const Ref waiting = sendRequest(server, Payload(Term(2)));
         co_await sys::suspend(server);
         checkEqual((co_await receive(on<ReplyTo>(waiting))).term(), 2);
         const Ref next = sendRequest(server, Payload(Term(3)));
         check((co_await sys::changeCode<Ledger>(server, atom("v1"), Term::nil())).has_value());
         co_await sys::resume(server);
         checkEqual((co_await receive(on<ReplyTo>(next))).term(), tuple(atom("ledger"), 2, true));
         co_await otp::stop(server, atom("enough"));
         checkEqual(co_await nextMessage(), tuple(atom("ledger_ended"), atom("enough")));
     }},
    {"Y-005 a running server changes no code",
     +[]() -> Task<> {
         const Pid server = co_await startTally();
         const auto refused = co_await sys::changeCode(server, atom("v1"), 1);
         checkEqual(tuple(atoms::error, refused.error()),
                    unknownMessage(tuple(atom("change_code"), atoms::undefined, atom("v1"), 1)));
         checkEqual(co_await sys::getState(server), counted(0));
     }},
    {"Y-007 statistics count messages and answers, while they are switched on",
     +[]() -> Task<> {
         const Pid server = co_await startTally();
         check(!co_await sys::getStatistics(server));
         checkEqual(co_await sys::request(
                        server, tuple(atom("debug"), tuple(atom("statistics"), atom("get")))),
                    tuple(atoms::ok, atom("no_statistics")));
         co_await sys::statistics(server, Switch::On);
         static_cast<void>(co_await ask(server, 1));
         static_cast<void>(co_await ask(server, atom("from_elsewhere")));
         otp::cast(server, Term(2));
         static_cast<void>(co_await ask(server, atoms::continue_));
         const auto got = co_await sys::getStatistics(server);
         check(got && got->messagesIn == 4 && got->messagesOut == 2);
         check(got->startTime <= got->currentTime);
         co_await sys::statistics(server, Switch::Off);
         check(!co_await sys::getStatistics(server));
     }},
    {"Y-008 the log keeps the last events, as OTP writes them",
     +[]() -> Task<> {
         const Pid server = co_await startTally();
         check((co_await sys::getLog(server)).empty());
         co_await sys::log(server, 20);
         static_cast<void>(co_await ask(server, atom("hi")));
         otp::cast(server, Term(atom("c")));
         send(server, atom("i"));
         static_cast<void>(co_await ask(server, atoms::continue_));
         static_cast<void>(co_await ask(server, atom("from_elsewhere")));
         const Term call = tuple(atoms::call, atom("hi"));
         checkEqual(co_await plainLog(server),
                    list({in(call), tuple(atom("out"), atom("hi"), counted(1)),
                          in(tuple(atom("$gen_cast"), atom("c"))), noReply(11), in(atom("i")),
                          noReply(11), in(tuple(atoms::call, atoms::continue_)),
                          tuple(atom("out"), atoms::ok, counted(11)),
                          tuple(atoms::continue_, atom("more")), noReply(111),
                          in(tuple(atoms::call, atom("from_elsewhere"))), noReply(111)}));
         co_await sys::log(server, 3);
         check((co_await sys::getLog(server)).size() == 3);
         otp::cast(server, Term(atom("soon")));
         co_await sleep(2s); // virtual: the timeout is an event, too
         checkEqual(co_await plainLog(server),
                    list({noReply(121), in(atoms::timeout), noReply(121)}));
         co_await sys::log(server, Switch::Off);
         check((co_await sys::getLog(server)).empty());
         co_await sys::log(server, Switch::On);
         for (int i = 0; i < 20; ++i)
             otp::cast(server, Term(i));
         check((co_await sys::getLog(server)).size() == 10);
     }},
    {"Y-009 a debug function runs for each event until it is done, raises or is removed",
     +[]() -> Task<> {
         const Pid server = co_await startTally({.name = "tally"});
         co_await sys::install(server, {atom("a"), teller(self(), 3), 0});
         co_await sys::install(server, {atom("a"), teller(self(), 9), 7}); // there already
         static_cast<void>(co_await ask(server, 1));
         static_cast<void>(co_await ask(server, 2));
         for (int i = 0; i < 3; ++i)
             checkEqual(co_await nextMessage(), told(i, i == 1 ? "out" : "in", atom("tally")));
         check(co_await isSilent());

         co_await sys::install(server, {atom("b"), teller(self(), 9), 0});
         co_await sys::remove(server, atom("nobody"));
         co_await sys::remove(server, atom("b"));
         const auto raise = [](Term, const Term&, const Term&) -> Term { error(atom("boo")); };
         co_await sys::install(server, {atom("c"), raise, 0});
         checkEqual(co_await ask(server, 3), 3);
         check(co_await isSilent());
         checkEqual((co_await sys::getStatus(server)).element(3).listElements().begin() ==
                            (co_await sys::getStatus(server)).element(3).listElements().end()
                        ? atoms::error
                        : atoms::ok,
                    atoms::ok);
     }},
    {"Y-010 noDebug takes everything away; tracing writes lines to the log",
     +[]() -> Task<> {
         otp::Logger& logger = extension<otp::Logger>(Runtime::current());
         const Pid server = co_await startTally({.name = "tally"});
         co_await sys::trace(server, Switch::On);
         static_cast<void>(co_await ask(server, atom("hi")));
         co_await sys::trace(server, Switch::Off);
         static_cast<void>(co_await ask(server, atom("unseen")));
         static_cast<void>(logger.drain());
         std::vector<std::string> lines;
         for (const otp::LogEvent& event : logger.recentSince(0))
             if (event.kind == otp::LogKind::DebugEvent)
                 lines.push_back(otp::formatLine(event));
         check(lines.size() == 2);
         const std::string caller = toErlang(self());
         check(lines.at(0).ends_with("*DBG* tally got call hi from " + caller));
         check(lines.at(1).ends_with("*DBG* tally sent hi to " + caller +
                                     ", new state #{count => 1}"));

         co_await sys::log(server, 5);
         co_await sys::statistics(server, Switch::On);
         co_await sys::install(server, {atom("a"), teller(self(), 9), 0});
         co_await sys::noDebug(server);
         check((co_await sys::getLog(server)).empty());
         check(!co_await sys::getStatistics(server));
         static_cast<void>(co_await ask(server, 1));
         check(co_await isSilent());
     }},
    {"Y-012 a server is debugged from its start",
     +[]() -> Task<> {
         const Pid server = co_await startTally(
             {.debug = sys::debugged(
                  {.statistics = true, .log = 5, .install = {{atom("a"), teller(self(), 1), 0}}})});
         static_cast<void>(co_await ask(server, atom("hi")));
         checkEqual(co_await nextMessage(), told(0, "in", server));
         check(co_await isSilent());
         check((co_await sys::getLog(server)).size() == 2);
         check((co_await sys::getStatistics(server))->messagesIn == 1);
     }},
    {"Y-013 an unknown request is answered as unknown",
     +[]() -> Task<> {
         const Pid server = co_await startTally();
         checkEqual(co_await sys::request(server, atom("foo")), unknownMessage(atom("foo")));
         checkEqual(co_await sys::request(server, tuple(atom("get_state"), 1)),
                    unknownMessage(tuple(atom("get_state"), 1)));
         checkEqual(co_await sys::request(server, atom("get_state")), tuple(atoms::ok, counted(0)));
         checkEqual(co_await ask(server, 1), 1);
     }},
    {"Y-014 an exit names the function and its arguments",
     +[]() -> Task<> {
         const auto reasonOf = [](const char* function, std::initializer_list<Term> arguments) {
             return tuple(atoms::noproc, tuple(atom("sys"), atom(function), list(arguments)));
         };
         const Term nobody = atom("nobody");
         checkEqual(caughtTerm(co_await attempt(sys::trace("nobody", Switch::On))),
                    reasonOf("trace", {nobody, true}));
         checkEqual(caughtTerm(co_await attempt(sys::getLog("nobody"))),
                    reasonOf("log", {nobody, atom("get")}));
         checkEqual(caughtTerm(co_await attempt(sys::suspend("nobody"))),
                    reasonOf("suspend", {nobody}));
         checkEqual(caughtTerm(co_await attempt(sys::noDebug("nobody"))),
                    tuple(atoms::noproc, tuple(atom("sys"), tuple(atom("debug"), atom("no_debug")),
                                               list({nobody}))));
     }},
    {"Y-015 supervisors are debugged, too",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.intensity = kOften, .children = {child("a")}});
         const Pid a = co_await isUp("a");
         co_await sys::log(tree, 10);
         exit(a, atoms::kill);
         const Pid next = co_await isUp("a");
         const std::vector<Term> events = co_await sys::getLog(tree);
         check(events.size() == 2);
         checkEqual(events.at(0), in(tuple(atoms::EXIT, a, atoms::killed)));
         checkEqual(events.at(1).element(1).head().element(1), next);
         co_await stopTree(tree);
     }},
    {"Y-016 requests wait in order with everything else",
     +[]() -> Task<> {
         const Pid server = co_await startTally();
         for (int i = 0; i < 5; ++i)
             otp::cast(server, Term(i));
         checkEqual(co_await sys::getState(server), counted(50));
     }},
    {"a debugged server stops, answers and times out as any other",
     +[]() -> Task<> {
         const Pid server = co_await startTally({.debug = sys::debugged({.log = 2})});
         const Ref watch = monitor(server);
         checkEqual(co_await ask(server, atoms::stop), atom("bye"));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atoms::normal);

         const Pid other = co_await startTally({.debug = sys::debugged({.log = 2})});
         co_await sys::suspend(other);
         const Ref late = sendRequest(other, Payload(Term(1)));
         check((co_await sys::getLog(other)).empty());
         co_await sys::log(other, Switch::Off); // nobody debugs any more: still suspended
         check(co_await isSilent());
         co_await sys::resume(other);
         checkEqual((co_await receive(on<ReplyTo>(late))).term(), 1);
     }},
};

/// Switches debugging on and off while others call.
Task<> debuggedWhileCalled() {
    const Pid server = co_await startTally();
    for (int i = 0; i < 4; ++i)
        spawn(
            +[](Pid listener, Pid server) -> Task<> {
                for (int k = 0; k < 200; ++k)
                    checkEqual(co_await ask(server, k), k);
                send(listener, atom("done"));
            },
            self(), server);
    for (int i = 0; i < 50; ++i) {
        co_await sys::log(server, 5);
        co_await sys::statistics(server, Switch::On);
        co_await yield();
        check((co_await sys::getLog(server)).size() <= 5);
        if (i % 2 == 0)
            co_await sys::noDebug(server);
    }
    for (int i = 0; i < 4; ++i)
        checkEqual(co_await nextMessage(), atom("done"));
    checkEqual(co_await sys::getState(server), counted(800));
}

} // namespace

class tst_SysDebug : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
    void aServerIsDebuggedWhileItIsCalled() { GROVE_EVERYWHERE(debuggedWhileCalled); }
    // Y-011
    void eventsAreWrittenToAFile() {
        const QTemporaryDir folder;
        static std::string path;
        path = folder.filePath("events.log").toStdString();
        GROVE_SIMULATED(+[]() -> Task<> {
            const Pid server = co_await startTally({.name = "tally"});
            const Result<void> nowhere = co_await sys::logToFile(server, path + "/below/a/file");
            check(!nowhere && nowhere.error().code == atom("open_file"));
            check((co_await sys::logToFile(server, path)).has_value());
            otp::cast(server, Term(atom("c")));
            co_await sys::stopLogToFile(server);
            otp::cast(server, Term(atom("unseen")));
            static_cast<void>(co_await sys::getState(server));
            std::ifstream file(path);
            const std::string text(std::istreambuf_iterator<char>(file), {});
            checkEqual(Term(text),
                       Term("*DBG* tally got cast c\n*DBG* tally new state #{count => 10}\n"));
        });
    }
};

QTEST_GUILESS_MAIN(tst_SysDebug)
#include "tst_sys_debug.moc"
