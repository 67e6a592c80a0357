#include "in_system.h"
#include "server_rows.h"

#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Works on its state in steps, and ends between the second and the third.
class Halfway final : public otp::GenServer<Halfway> {
public:
    struct State {
        Pid listener;
        std::vector<int> first, second;
        Atom end = atoms::undefined;
        GROVE_MAP_FIELDS(State, listener, first, second, end)
    };
    State init(Pid listener) { return {.listener = listener, .first = {1}, .second = {1}}; }
    Next handleCast(Term how) {
        state().end = how.toAtom();
        state().first.push_back(2);
        if (how.isAtom(atoms::error))
            grove::error(atom("boo"));
        return Next::stop(atom("boo"));
    }
    void terminate(Term) {
        grove::send(state().listener,
                    tuple(state().end, toTerm(state().first), toTerm(state().second)));
    }
};

const Scenario kScenarios[] = {
    {"G-027 stop with a reply: reply, terminate, exit",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Ref watch = monitor(server);
         checkEqual(co_await ask(server, tuple(atoms::stop, atom("boo"), 9)), 9);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atom("boo")));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atom("boo"));
     }},
    {"G-049 a server inside a process leaves it with its reason, as an exception",
     +[]() -> Task<> {
         const auto body = [](Pid listener) -> Task<> {
             const auto got = co_await attempt(Halfway::enterLoop({.name = "inside"}, listener));
             checkEqual(got.error().exitReason(), atom("boo"));
             co_await Halfway::enterLoop({}, listener);
             send(listener, atom("behind")); // never
         };
         const auto [pid, watch] = spawnMonitor(body, self());
         while (!whereis(atom("inside")))
             co_await sleep(1ms);
         for (int stops = 0; stops < 2; ++stops) {
             otp::cast(pid, atoms::ok);
             checkEqual(co_await nextMessage(), tuple(atoms::ok, list({1, 2}), list({1})));
         }
         checkEqual((co_await receive(on<Down>(watch))).reason, atom("boo"));
         check(co_await isSilent());
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
    {"G-030 a value that a callback throws is no return value: nocatch",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const Ref watch = monitor(server);
         const Term thrown = tuple(atoms::reply, 1, 2);
         const auto got = co_await attempt(ask(server, tuple(atoms::throw_, thrown)));
         const Term told = co_await nextMessage();
         check(told.isTagged(atoms::terminate, 2) && told.element(1).isTuple(2));
         checkEqual(told.element(1).element(0), tuple(atom("nocatch"), thrown));
         checkEqual((co_await receive(on<Down>(watch))).reason, told.element(1));
         checkEqual(caughtTerm(got).element(0), told.element(1));
     }},
    {"G-032 terminate sees the state that a failing callback left, and that of a stop",
     +[]() -> Task<> {
         for (const Atom end : {atoms::error, atoms::stop}) {
             const Pid server = (co_await Halfway::start(self())).pid();
             otp::cast(server, Term(end));
             checkEqual(co_await nextMessage(), tuple(end, list({1, 2}), list({1})));
         }
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
    {"G-053 a server that stops itself exits calling_self",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         checkEqual(
             co_await ask(server, atom("stop_yourself")),
             tuple(atoms::callingSelf, tuple(atoms::genServer, atoms::stop,
                                             list({server, atoms::normal, atoms::infinity}))));
         checkEqual(co_await ask(server, 1), tuple(atoms::reply, 1));
     }},
    {"G-039 stop runs terminate in a plain server, too",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         co_await otp::stop(server, atoms::shutdown);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atoms::shutdown));
     }},
};

} // namespace

/// How servers end.
class tst_GenServerEnd : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)

    void onlyAnUnexpectedEndIsReported() { // G-056
        const std::string fault = inSystem([]() -> Task<> {
            otp::Logger& log = extension<otp::Logger>(Runtime::current());
            std::uint64_t seen = 0;
            const auto reported = [&] {
                std::vector<Pid> crashed;
                log.drain();
                for (const otp::LogEvent& event : log.recentSince(seen)) {
                    seen = event.sequence + 1;
                    if (event.kind == otp::LogKind::CrashReport)
                        crashed.push_back(event.pid);
                }
                return crashed;
            };
            for (const Term& why : {Term(atoms::normal), Term(atoms::shutdown),
                                    tuple(atoms::shutdown, atom("boo"))}) {
                const Pid server = co_await started(atoms::ok);
                co_await otp::stop(server, why);
                static_cast<void>(co_await nextMessage());
                check(reported().empty());
            }
            for (const Term& how :
                 {tuple(atoms::stop, atom("boo")), tuple(atoms::error, atom("boo"))}) {
                const Pid server = co_await started(atoms::ok);
                const Ref watch = monitor(server);
                otp::cast(server, how);
                static_cast<void>(co_await nextMessage());
                co_await receive(on<Down>(watch));
                check(reported() == std::vector{server});
            }
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_GenServerEnd)
#include "tst_gen_server_end.moc"
