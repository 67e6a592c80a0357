#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/sys.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
namespace sys = grove::otp::sys;

namespace {

/// Keeps something beside its State that follows from it.
class Doubling final : public otp::GenServer<Doubling> {
public:
    struct State {
        int number = 0;
        GROVE_MAP_FIELDS(State, number)
    };
    State init(int number) {
        m_double = 2 * number;
        return {number};
    }
    void restored() { m_double = 2 * state().number; }
    static Term view(const State& state) { return tuple(atom("number"), state.number); }
    Reply<Term> handleCall(Term, From) { return Term(m_double); }

private:
    int m_double = 0;
};

Task<Pid> startDoubling(int number) {
    const otp::StartResult started = co_await Doubling::start(number);
    check(started.isOk());
    co_return started.pid();
}
Term stateOf(int number) {
    return map({{atom("number"), number}});
}
Task<Term> ask(Pid server, Term request, Duration limit = 5s) {
    co_return co_await otp::call(server, request, limit);
}

Task<> startsSuspended(Pid listener) {
    const otp::StartResult started =
        co_await Child::startLink(listener, Term(atom("a")), Term(atom("trap")));
    co_await sys::suspend(started.pid());
    send(listener, atom("suspended"));
    co_await receive(any());
    exit(atom("boo"));
}

const Scenario kScenarios[] = {
    {"Y-001 getState and getView show the state, replaceState gives another one",
     +[]() -> Task<> {
         const Pid server = co_await startDoubling(1);
         checkEqual(co_await sys::getState(server), stateOf(1));
         checkEqual(co_await sys::getView(server), tuple(atom("number"), 1));
         checkEqual(co_await sys::replaceState(server, stateOf(5)), stateOf(5));
         checkEqual(co_await ask(server, atom("double")), 10);
         const auto plusOne = [](Term old) {
             return stateOf(static_cast<int>(old.mapFind(atom("number"))->toInt()) + 1);
         };
         checkEqual(co_await sys::replaceState(server, std::function<Term(Term)>(plusOne)),
                    stateOf(6));
         checkEqual(co_await ask(server, atom("double")), 12);
     }},
    {"Y-001 a replaceState that fails changes nothing",
     +[]() -> Task<> {
         const Pid server = co_await startDoubling(1);
         const auto raise = [](Term) -> Term { error(atom("boo")); };
         Term reason = caughtTerm(
             co_await attempt(sys::replaceState(server, std::function<Term(Term)>(raise))));
         check(reason.element(0).isTuple(3));
         checkEqual(reason.element(0).element(0), atom("callback_failed"));
         reason = caughtTerm(co_await attempt(sys::replaceState(server, Term(atom("nonsense")))));
         checkEqual(reason.element(0).element(0), atom("callback_failed"));
         checkEqual(co_await sys::getState(server), stateOf(1));
         checkEqual(co_await ask(server, atom("double")), 2);
     }},
    {"Y-002 getStatus tells whether it runs",
     +[]() -> Task<> {
         const Pid server = co_await startDoubling(1);
         const auto check5 = [](const Term& status, Pid pid, Atom running) {
             check(status.isTuple(4));
             checkEqual(status.element(0), atom("status"));
             checkEqual(status.element(1), pid);
             checkEqual(status.element(2), tuple(atom("module"), atoms::genServer));
             checkEqual(status.element(3).tail().head(), running);
         };
         check5(co_await sys::getStatus(server), server, atoms::running);
         co_await sys::suspend(server);
         check5(co_await sys::getStatus(server), server, atoms::suspended);
     }},
    {"Y-003 a suspended server handles only these requests; then everything, in order",
     +[]() -> Task<> {
         const otp::StartResult started =
             co_await Child::start(self(), Term(atom("a")), Term(atom("plain")));
         const Pid server = co_await isUp("a");
         checkEqual(started.pid(), server);
         co_await sys::suspend(server);
         co_await sys::suspend(server);
         const Ref first = sendRequest(server, Payload(Term(1)));
         const Ref second = sendRequest(server, Payload(Term(2)));
         checkEqual(caughtTerm(co_await attempt(ask(server, 3, 1s))).element(0), atoms::timeout);
         check(co_await isSilent());
         checkEqual(*(co_await sys::getState(server)).mapFind(atom("id")), atom("a"));
         otp::cast(server, atoms::normal);
         co_await sys::resume(server);
         checkEqual(co_await nextMessage(), tuple(first, 1));
         checkEqual(co_await nextMessage(), tuple(second, 2));
         co_await isDown("a", atoms::normal);
         check(co_await isSilent());
     }},
    {"Y-003 resume of a running server is nothing",
     +[]() -> Task<> {
         const Pid server = co_await startDoubling(1);
         co_await sys::resume(server);
         checkEqual(co_await ask(server, 1), 2);
     }},
    {"Y-006 terminate runs terminate() and ends with the reason",
     +[]() -> Task<> {
         static_cast<void>(co_await Child::start(self(), Term(atom("a")), Term(atom("plain"))));
         const Pid server = co_await isUp("a");
         const Ref watch = monitor(server);
         co_await sys::terminate(server, atom("enough"));
         co_await isDown("a", atom("enough"));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atom("enough"));
     }},
    {"Y-014 nobody there, and nobody with the time",
     +[]() -> Task<> {
         Term reason = caughtTerm(co_await attempt(sys::getState("nobody")));
         checkEqual(reason, tuple(atoms::noproc,
                                  tuple(atom("sys"), atom("get_state"), list({atom("nobody")}))));
         const Pid idler = spawn(idle);
         const Instant before = now();
         reason = caughtTerm(co_await attempt(sys::getState(idler)));
         checkEqual(reason.element(0), atoms::timeout);
         check(now() - before >= 5s);
     }},
    {"Y-015 a supervisor answers, too",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a")}});
         const Pid a = co_await isUp("a");
         checkEqual((co_await sys::getState(tree)).head().element(1), a);
         co_await sys::suspend(tree);
         exit(a, atoms::kill);
         co_await staysQuiet(); // nobody is there to start another
         co_await sys::resume(tree);
         static_cast<void>(co_await isUp("a"));
         co_await stopTree(tree);
     }},
    {"Y-017 the parent's end stops a suspended server in order",
     +[]() -> Task<> {
         const Pid parent = spawn(startsSuspended, self());
         const Pid server = co_await isUp("a");
         checkEqual(co_await nextMessage(), atom("suspended"));
         const Ref watch = monitor(server);
         send(parent, atom("go"));
         co_await isDown("a", atom("boo"));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atom("boo"));
     }},
};

} // namespace

class tst_Sys : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_Sys)
#include "tst_sys.moc"
