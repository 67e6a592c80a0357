#include "in_system.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/logger.h>
#include <grove/otp/proc_lib.h>
#include <grove/otp/supervisor.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::StartResult;
namespace proc_lib = otp::proc_lib;

namespace {

/// What a started process does: `{ack, Info}`, `{ack_result, ok | ignore | {error, R}}`,
/// `{fail, Why}`, `{exit, Why}`, `return`, `never`. Having acknowledged it waits for ever.
Task<> starts(proc_lib::Parent parent, Term how) {
    co_await sleep(10ms); // whoever does not wait sees it too early
    if (how.isAtom(atom("return")))
        co_return;
    if (how.isAtom(atom("never")))
        co_await idle();
    const Term what = how.element(1);
    if (how.isTagged(atom("exit"), 2))
        exit(what);
    if (how.isTagged(atom("fail"), 2))
        proc_lib::initFail(parent, what);
    if (how.isTagged(atom("ack_result"), 2))
        proc_lib::initAck(parent, StartResult::fromTerm(what));
    else
        proc_lib::initAck(parent, what.isAtom(atoms::none) ? Term() : what);
    co_await idle();
}
Term acks(Term info = atoms::none) {
    return tuple(atom("ack"), std::move(info));
}
Term exits(Term why) {
    return tuple(atom("exit"), std::move(why));
}

/// Starts a process that is linked to it and tells how that went, if it still can.
Task<> starter(Pid listener, Term how) {
    const StartResult started = co_await proc_lib::startLink(starts, std::move(how));
    send(listener, started.term());
    co_await idle();
}

Task<Term> dictionaryOf(Pid pid, std::string_view key) {
    auto answer = co_await processInfo(pid);
    for (const auto& [name, value] : std::get<ProcessInfo>(answer).dictionary)
        if (name.isAtom(atom(key)))
            co_return value;
    co_return atoms::undefined;
}

class Idle final : public otp::GenServer<Idle> {
public:
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    static State init() { return {}; }
    Reply<void> handleCall(const Term&, From) { return {}; }
};

/// Its row once it waits and has nothing in hand.
Task<ProcessRow> rowAtRest(Pid pid) {
    for (;;) {
        const ProcessRow row = peekRow(pid).value();
        if (row.status == ProcessStatus::Waiting && row.mailboxLength == 0)
            co_return row;
        co_await yield();
    }
}

/// Says other things of its origin, and tells whom it starts meanwhile and afterwards.
Task<> forger(proc_lib::Parent parent, Pid listener) {
    dictionaryPut(atom("$ancestors"), list({atom("nobody")}));
    dictionaryPut(atom("$initial_call"), atom("forged"));
    proc_lib::initAck(parent);
    send(listener, proc_lib::spawn(idle));
    dictionaryErase(atom("$ancestors"));
    send(listener, proc_lib::spawn(idle));
    co_await idle();
}

/// Starts a server and a process of its own, and tells both.
Task<> grandparent(proc_lib::Parent parent, Pid listener) {
    const StartResult server = co_await Idle::startLink();
    const Pid plain = proc_lib::spawnLink(idle);
    send(listener, tuple(server.pid(), plain));
    proc_lib::initAck(parent);
    co_await idle();
}

/// Does not serve system messages, but is told what comes.
Task<> endsOnRequest(proc_lib::Parent parent) {
    proc_lib::initAck(parent);
    const Message request = co_await receive(any());
    exit(request.get<otp::sys::Request>() != nullptr ? atom("asked") : atom("told"));
}

const Scenario kScenarios[] = {
    {"P-045 a start waits for the acknowledgement and returns it",
     +[]() -> Task<> {
         const StartResult plain = co_await proc_lib::startLink(starts, acks());
         check(plain.isOk() && co_await isAlive(plain.pid()));
         checkEqual(plain.term(), tuple(atoms::ok, plain.pid()));
         const StartResult more = co_await proc_lib::startLink(starts, acks(7));
         checkEqual(more.term(), tuple(atoms::ok, more.pid(), 7));
         const StartResult none =
             co_await proc_lib::start(starts, tuple(atom("ack_result"), atoms::ignore));
         check(none.isIgnore());
         auto answer = co_await processInfo(self());
         std::vector<Pid> linked{plain.pid(), more.pid()};
         std::ranges::sort(linked);
         check(std::get<ProcessInfo>(answer).links == linked);
         check(std::get<ProcessInfo>(answer).monitors.empty());
         check(co_await isSilent());
     }},
    {"P-046 a start without an acknowledgement is an error",
     +[]() -> Task<> {
         const auto reasonOf = [](Term how) -> Task<Term> {
             const StartResult started =
                 co_await proc_lib::start({.timeout = 100ms}, starts, std::move(how));
             co_return started.reason();
         };
         checkEqual(co_await reasonOf(exits(atom("boo"))), atom("boo"));
         checkEqual(co_await reasonOf(atom("return")), atoms::normal);
         const std::vector<Pid> before = processes();
         const Instant began = now();
         checkEqual(co_await reasonOf(atom("never")), atoms::timeout);
         check(now() - began >= 100ms);
         check(processes() == before); // it has been killed
         check(co_await isSilent());
     }},
    {"P-047 a trapping starter hears of a failed start once",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const StartResult failed = co_await proc_lib::startLink(starts, exits(atom("boo")));
         checkEqual(failed.reason(), atom("boo"));
         const StartResult late =
             co_await proc_lib::startLink({.timeout = 100ms}, starts, Term(atom("never")));
         checkEqual(late.reason(), atoms::timeout);
         const StartResult refused =
             co_await proc_lib::startLink(starts, tuple(atom("fail"), atom("no")));
         checkEqual(refused.reason(), atom("no"));
         check(co_await isSilent());
     }},
    {"P-048 a plain starter ends with a child that fails",
     +[]() -> Task<> {
         for (const char* how : {"exit", "fail"}) {
             const Spawned plain =
                 grove::spawnMonitor(starter, self(), tuple(atom(how), atom("boo")));
             const Down down = co_await receive(on<Down>(plain.monitor));
             checkEqual(down.reason, atom("boo"));
         }
         // A late child is unlinked first: its starter lives.
         const Pid patient = grove::spawn(starter, self(), Term(atom("return")));
         checkEqual(co_await nextMessage(), tuple(atoms::error, atoms::normal));
         check(co_await isAlive(patient));
         check(co_await isSilent());
     }},
    {"P-049 a monitor from the start tells its end, of a failed start, too",
     +[]() -> Task<> {
         const auto good = co_await proc_lib::startMonitor(starts, acks());
         check(good.result.isOk());
         check(co_await isSilent());
         exit(good.result.pid(), atom("bye"));
         const Down bye = co_await receive(on<Down>(good.monitor));
         checkEqual(bye.reason, atom("bye"));
         check(bye.pid == good.result.pid());
         const auto failed = co_await proc_lib::startMonitor(starts, exits(atom("boo")));
         checkEqual(failed.result.reason(), atom("boo"));
         checkEqual((co_await receive(on<Down>(failed.monitor))).reason, atom("boo"));
         const auto refused =
             co_await proc_lib::startMonitor(starts, tuple(atom("fail"), atom("no")));
         checkEqual(refused.result.reason(), atom("no"));
         checkEqual((co_await receive(on<Down>(refused.monitor))).reason, atom("no"));
         const auto late =
             co_await proc_lib::startMonitor({.timeout = 100ms}, starts, Term(atom("never")));
         checkEqual(late.result.reason(), atoms::timeout);
         checkEqual((co_await receive(on<Down>(late.monitor))).reason, atoms::killed);
         check(co_await isSilent());
     }},
    {"P-050 a process knows its ancestors and what it began with",
     +[]() -> Task<> {
         check(registerName(atom("top"), self()).has_value());
         const StartResult middle = co_await proc_lib::startLink(grandparent, self());
         const Term below = co_await nextMessage();
         const Pid server = below.element(0).toPid();
         const Pid plain = below.element(1).toPid();
         const Term top = atom("top");
         checkEqual(co_await dictionaryOf(middle.pid(), "$ancestors"), list({top}));
         for (const Pid each : {server, plain})
             checkEqual(co_await dictionaryOf(each, "$ancestors"), list({middle.pid(), top}));
         checkEqual(co_await dictionaryOf(server, "$initial_call"), atom("Idle::init"));
         checkEqual((co_await proc_lib::translateInitialCall(server)).value(), atom("Idle::init"));
         const Term began = (co_await proc_lib::translateInitialCall(middle.pid())).value();
         check(began.toAtom().name().find("grandparent") != std::string_view::npos);
         // What is started in another way says nothing.
         const Pid stranger = grove::spawn(idle);
         checkEqual(co_await dictionaryOf(stranger, "$ancestors"), atoms::undefined);
         check(!co_await proc_lib::translateInitialCall(stranger));
         // The parent's name is that of the moment.
         check(unregisterName(atom("top")).has_value());
         checkEqual(co_await dictionaryOf(proc_lib::spawn(idle), "$ancestors"), list({self()}));
     }},
    {"P-050 what its dictionary says of its origin is a process's own to change",
     +[]() -> Task<> {
         checkEqual(co_await dictionaryOf(proc_lib::spawn(idle), "$ancestors"), list({self()}));
         const StartResult changed = co_await proc_lib::startLink(forger, self());
         const Pid child = (co_await nextMessage()).toPid();
         checkEqual(co_await dictionaryOf(child, "$ancestors"),
                    list({changed.pid(), atom("nobody")}));
         checkEqual(co_await dictionaryOf(changed.pid(), "$ancestors"), atoms::undefined);
         checkEqual(co_await dictionaryOf(changed.pid(), "$initial_call"), atom("forged"));
         // Gone, it is not inherited any more.
         const Pid later = (co_await nextMessage()).toPid();
         checkEqual(co_await dictionaryOf(later, "$ancestors"), list({changed.pid()}));
     }},
    {"a server that was started, linked and called keeps nothing of that",
     +[]() -> Task<> {
         const StartResult linked = co_await Idle::startLink();
         checkEqual(co_await otp::call(linked.pid(), atom("anything")), atoms::ok);
         const StartResult alone = co_await Idle::start();
         checkEqual(co_await otp::call(alone.pid(), atom("anything")), atoms::ok);
         const ProcessRow plain = co_await rowAtRest(alone.pid());
         const Ref watch = monitor(alone.pid());
         checkEqual(co_await otp::call(alone.pid(), atom("anything")), atoms::ok);
         // Somebody watches it; one with a thread of its own has a place for that already.
         const ProcessRow watched = co_await rowAtRest(alone.pid());
         check(plain.ownThread || watched.memoryBytes >= plain.memoryBytes + 200);
         static_cast<void>(demonitor(watch));
         checkEqual((co_await rowAtRest(linked.pid())).memoryBytes, plain.memoryBytes);
         auto info = co_await processInfo(linked.pid());
         check(std::get<ProcessInfo>(info).links == std::vector{self()});
         co_await otp::stop(linked.pid());
         co_await otp::stop(alone.pid());
     }},
    {"P-051 stop asks by a system message and waits",
     +[]() -> Task<> {
         const StartResult deaf = co_await proc_lib::start(starts, acks());
         const auto late =
             co_await attempt(proc_lib::stop(deaf.pid(), atoms::normal, Duration(100ms)));
         checkEqual(caughtTerm(late), atoms::timeout);
         check(co_await isAlive(deaf.pid()));
         co_await killAndAwaitDown(deaf.pid());
         checkEqual(caughtTerm(co_await attempt(proc_lib::stop(deaf.pid()))), atoms::noproc);
         checkEqual(caughtTerm(co_await attempt(proc_lib::stop("nobody"))), atoms::noproc);
         const StartResult aware = co_await Idle::start();
         co_await proc_lib::stop(aware.pid(), atom("enough"));
         check(!co_await isAlive(aware.pid()));
         const StartResult other = co_await proc_lib::start(endsOnRequest);
         checkEqual(caughtTerm(co_await attempt(proc_lib::stop(other.pid()))), atom("asked"));
         check(co_await isSilent());
     }},
};

Task<> endsAtOnce(proc_lib::Parent, Term why) {
    exit(std::move(why));
    co_return;
}

/// Ends with `why` in a process below one named `origin`.
Task<> ends(Term why) {
    exit(std::move(why));
    co_return;
}

Task<> crashIsReported() {
    check(registerName(atom("origin"), self()).has_value());
    otp::Logger& log = extension<otp::Logger>(Runtime::current());
    const Term crashes[] = {atom("boo"), tuple(atom("shut"), 1), tuple(atoms::shutdown, 1, 2)};
    const Term quiet[] = {atoms::normal, atoms::shutdown, tuple(atoms::shutdown, atom("done"))};
    std::vector<std::pair<Pid, Term>> wanted;
    for (const Term& why : quiet)
        co_await receive(on<Down>(proc_lib::spawnMonitor(ends, why).monitor));
    for (const Term& why : crashes) {
        const Spawned crashed = proc_lib::spawnMonitor(ends, why);
        wanted.emplace_back(crashed.pid, why);
        co_await receive(on<Down>(crashed.monitor));
    }
    // The logger is asked after the reports are in its queue.
    const Spawned last = proc_lib::spawnMonitor(ends, Term(atom("last")));
    co_await receive(on<Down>(last.monitor));
    wanted.emplace_back(last.pid, atom("last"));
    std::vector<otp::LogEvent> told;
    while (told.size() < wanted.size()) {
        co_await sleep(1ms); // virtual: until its handler has been given them
        told = log.recentSince(0);
        std::erase_if(told, [](const otp::LogEvent& event) {
            return event.kind != otp::LogKind::CrashReport;
        });
    }
    check(told.size() == wanted.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
        check(told[i].level == otp::LogLevel::Error && told[i].pid == wanted[i].first);
        const Term& report = told[i].report;
        checkEqual(*report.mapFind(atom("reason")), wanted[i].second);
        checkEqual(*report.mapFind(atom("ancestors")), list({atom("origin")}));
        const Term began = *report.mapFind(atom("initial_call"));
        check(began.toAtom().name().find("ends") != std::string_view::npos);
    }
}

} // namespace

/// Processes that are started as OTP's are.
class tst_ProcLib : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)

    void scenarioOnThreads_data() { addScenarioRows(kScenarios); }
    void scenarioOnThreads() {
        QFETCH(int, index);
        const std::string fault = onThreads(kScenarios[index].body, 1);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void aCrashIsReported() { // P-052
        const std::string fault = inSystem(crashIsReported);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void anEndBeforeAnybodyWatchesKeepsItsReason() { // P-049
        const std::string fault = onThreads([]() -> Task<> {
            for (int i = 0; i < 300; ++i) {
                const auto got = co_await proc_lib::startMonitor(endsAtOnce, tuple(i));
                checkEqual(got.result.reason(), tuple(i));
                checkEqual((co_await receive(on<Down>(got.monitor))).reason, tuple(i));
            }
            check(co_await isSilent());
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void aNamedProcessIsFoundBeforeItsCodeRuns() {
        GROVE_SIMULATED([]() -> Task<> {
            const StartResult named =
                co_await proc_lib::startLink({.name = "mine"}, starts, acks());
            check(whereis(atom("mine")) == named.pid());
            const StartResult second =
                co_await proc_lib::startLink({.name = "mine"}, starts, acks());
            check(second.alreadyStarted() == named.pid());
            const auto watched = co_await proc_lib::startMonitor({.name = "mine"}, starts, acks());
            check(watched.result.alreadyStarted() == named.pid() && watched.monitor.isNone());
            check(co_await isSilent());
        });
    }

    void aSupervisorStartsIt() {
        GROVE_SIMULATED([]() -> Task<> {
            const otp::ChildSpec reader(Term(atom("reader")), [](otp::StartOptions options) {
                return proc_lib::startLink(std::move(options), starts, acks());
            });
            const StartResult tree =
                co_await otp::Supervisor::startLink({}, {.children = {reader}});
            const Pid first = (co_await otp::Supervisor::whichChildren(tree.pid()))[0].pid;
            checkEqual(co_await dictionaryOf(first, "$ancestors"), list({tree.pid(), self()}));
            co_await killAndAwaitDown(first);
            const Pid second = (co_await otp::Supervisor::whichChildren(tree.pid()))[0].pid;
            check(second && second != first);
            co_await otp::stop(tree.pid());
        });
    }
};

QTEST_APPLESS_MAIN(tst_ProcLib)
#include "tst_proc_lib.moc"
