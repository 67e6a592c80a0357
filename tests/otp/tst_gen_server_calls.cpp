#include "counter.h"
#include "server_rows.h"

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

const Scenario kScenarios[] = {
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
    {"G-047 an answer that somebody else gave is not undone by the server's end after it",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         checkEqual(co_await ask(server, tuple(atom("then_kill"), 7)), 7);
         check(co_await isSilent());
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
    {"G-052 exits of calls and stops name gen_server, not Elixir's module",
     +[]() -> Task<> {
         const auto call = [](Duration limit) -> Task<Term> {
             co_return co_await otp::call("nobody", Term(1), limit);
         };
         checkEqual(caughtTerm(co_await attempt(call(100ms))),
                    tuple(atoms::noproc,
                          tuple(atoms::genServer, atoms::call, list({atom("nobody"), 1, 100}))));
         checkEqual(caughtTerm(co_await attempt(otp::stop("nobody"))), atoms::noproc);
     }},
    {"G-055 a call to nil exits noproc; cast to anything unknown is ok",
     +[]() -> Task<> {
         checkEqual(caughtTerm(co_await attempt(ask(atoms::nil, 1))),
                    callExit(atoms::noproc, atoms::nil, 1));
         checkEqual(caughtTerm(co_await attempt(ask(Pid(), 1))).element(0), atoms::noproc);
         otp::cast("unknown", Counter::Reset{3});
         otp::cast(Pid(), Counter::Reset{3});
         co_return;
     }},
};

} // namespace

/// Calls of servers and casts to them, from their clients' side.
class tst_GenServerCalls : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_GenServerCalls)
#include "tst_gen_server_calls.moc"
