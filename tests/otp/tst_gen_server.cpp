#include "server_rows.h"

#include <grove/otp/debug.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Asks for a continue that it does not have.
class Forgetful final : public otp::GenServer<Forgetful> {
public:
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    Init init() { return Init::ok(State{}).thenContinue(); }
};

/// Hibernates after whatever it does, and says what that was.
class Sleeper final : public otp::GenServer<Sleeper> {
public:
    struct State {
        Pid listener;
        GROVE_MAP_FIELDS(State, listener)
    };
    Init init(Pid listener) { return Init::ok(State{listener}).hibernate(); }
    Reply<Term> handleCall(Term request, From from) {
        tell(atoms::call);
        if (request.isAtom(atom("later"))) {
            otp::reply(from, Term(2));
            return Reply<Term>::noReply().hibernate();
        }
        return Reply<Term>(Term(1)).hibernate();
    }
    Next handleCast(Term request) {
        tell(atoms::cast);
        if (request.isAtom(atoms::continue_))
            return Next().thenContinue();
        if (request.isAtom(atoms::timeout))
            return Next().timeout(1ms);
        return Next().hibernate();
    }
    Next handleInfo(Term) { return told(atom("info")); }
    Next handleContinue() { return told(atoms::continue_); }
    Next handleTimeout() { return told(atoms::timeout); }

private:
    Next told(Atom what) {
        tell(what);
        return Next().hibernate();
    }
    void tell(Atom what) { grove::send(state().listener, what); }
};

/// Waits until a process hibernates; fails the test when it never does.
Task<> hibernates(Pid pid) {
    while (!peekRow(pid)->hibernates)
        co_await sleep(1ms);
}
/// It goes on because of a message, and hibernates again.
Task<> wakesFor(Pid pid, Atom what) {
    checkEqual(co_await nextMessage(), what);
    co_await hibernates(pid);
}

const Scenario kScenarios[] = {
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
    {"G-017 hibernate, from every callback that may say so",
     +[]() -> Task<> {
         const Pid server = (co_await Sleeper::start(self())).pid();
         co_await hibernates(server);
         checkEqual(co_await ask(server, 0), 1);
         co_await wakesFor(server, atoms::call);
         checkEqual(co_await ask(server, atom("later")), 2);
         co_await wakesFor(server, atoms::call);
         otp::cast(server, Term(0));
         co_await wakesFor(server, atoms::cast);
         send(server, 0);
         co_await wakesFor(server, atom("info"));
         otp::cast(server, Term(atoms::continue_));
         checkEqual(co_await nextMessage(), atoms::cast);
         co_await wakesFor(server, atoms::continue_);
         otp::cast(server, Term(atoms::timeout));
         checkEqual(co_await nextMessage(), atoms::cast);
         co_await wakesFor(server, atoms::timeout);
     }},
    {"G-017 a request of sys does not end hibernation, being debugged neither",
     +[]() -> Task<> {
         const Pid server = (co_await Sleeper::start(self())).pid();
         co_await hibernates(server);
         checkEqual(co_await otp::sys::getState(server), map({{atom("listener"), self()}}));
         co_await hibernates(server);
         co_await otp::sys::suspend(server);
         otp::cast(server, Term(0));
         co_await otp::sys::resume(server);
         co_await wakesFor(server, atoms::cast);
         co_await otp::sys::statistics(server, otp::sys::Switch::On);
         co_await hibernates(server);
         send(server, 0);
         co_await wakesFor(server, atom("info"));
     }},
    {"G-017 a server that hibernates can be stopped and killed",
     +[]() -> Task<> {
         const Pid server = (co_await Sleeper::start(self())).pid();
         co_await hibernates(server);
         co_await otp::stop(server);
         const Pid other = (co_await Sleeper::start(self())).pid();
         co_await hibernates(other);
         checkEqual(co_await killAndAwaitDown(other), atoms::killed);
     }},
    {"G-017 hibernateAfter: a server hibernates whenever it has waited so long",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok, {.hibernateAfter = 100ms});
         for (int round = 0; round < 2; ++round) {
             const Instant before = now();
             checkEqual(co_await ask(server, round), tuple(atoms::reply, round));
             check(!peekRow(server)->hibernates);
             co_await hibernates(server);
             check(now() - before >= 100ms);
         }
         static_cast<void>(co_await otp::sys::getState(server));
         co_await hibernates(server);
         checkEqual(co_await ask(server, tuple(atoms::timeout, 300)), atoms::ok); // no hibernation
         checkEqual(co_await nextMessage(), tuple(atom("info"), atoms::timeout));
     }},
};

} // namespace

/// What a server does between its messages: continues, timeouts, hibernation.
class tst_GenServer : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_GenServer)
#include "tst_gen_server.moc"
