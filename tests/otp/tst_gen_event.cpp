// gen_event as OTP has it, and the typed side of it.
#include "told_handler.h"

#include <grove/otp/call.h>
#include <grove/otp/logger.h>
#include <grove/otp/supervisor.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/info.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::GenEvent;

namespace {

/// A typed handler.
class AlarmCount final : public otp::GenEventHandler<AlarmCount> {
public:
    struct Raised {
        int level = 0;
        GROVE_FIELDS(Raised, level)
    };
    struct HowMany {
        using Reply = int;
        GROVE_FIELDS(HowMany)
    };
    struct Forget {
        using Reply = void;
        GROVE_FIELDS(Forget)
    };
    struct Tick {
        GROVE_FIELDS(Tick)
    };
    using Events = Messages<Raised>;
    using Calls = Messages<HowMany, Forget>;
    using Infos = Messages<Tick>;
    struct State {
        int count = 0;
        GROVE_MAP_FIELDS(State, count)
    };

    Task<> handleEvent(const Raised& alarm) { // waits, and sees its event whole
        co_await sleep(1ms);
        state().count += alarm.level;
    }
    void handleEvent(const Term&) {}
    int handleCall(const HowMany&) { return state().count; }
    void handleCall(const Forget&) { state().count = 0; }
    void handleInfo(const Tick&) { state().count += 100; }
    void handleInfo(const Exit&) { state().count += 1000; }
};

/// Takes one event only, and no other message.
class OneEvent final : public otp::GenEventHandler<OneEvent> {
public:
    using Events = Messages<AlarmCount::Raised>;
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    Handled handleEvent(const AlarmCount::Raised&) { return Handled::remove(); }
};

Task<> parent(Pid listener, Term reason) {
    const otp::StartResult manager = co_await GenEvent::startLink();
    check((co_await GenEvent::addHandler<Told>(manager.pid(), told("a"), listener, Term(atom("a"))))
              .has_value());
    send(listener, manager.pid());
    exit(reason);
}

const Scenario kScenarios[] = {
    {"G-100 handlers are added under names, the same class more than once; the newest is first",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         co_await addTold(manager, "b");
         check((co_await add(manager, atom("c"), otp::handler<Told>())).has_value());
         check((co_await add(manager, atom("d"), otp::handler<Told>())).has_value());
         const std::vector<otp::HandlerName> all = co_await GenEvent::whichHandlers(manager);
         const std::vector<otp::HandlerName> wanted{otp::handler<Told>(), otp::handler<Told>(),
                                                    told("b"), told("a")};
         check(all == wanted);
     }},
    {"G-101 the newest handler is told first; syncNotify waits for all",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         co_await addTold(manager, "b");
         GenEvent::notify(manager, Term(1));
         co_await tells("b", atom("event"), 1);
         co_await tells("a", atom("event"), 1);
         co_await GenEvent::syncNotify(manager, Term(2));
         const auto first = co_await receive(any(), after(Duration::zero()));
         check(first.index() == 0);
         co_await tells("a", atom("event"), 2);
     }},
    {"G-102 an init that fails: its value is the answer, and nothing is installed",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         const auto answer = [](Pid pid, Term id) -> Task<Term> {
             const GenEvent::Added added = co_await add(pid, std::move(id), told("x"));
             check(!added.has_value());
             co_return withoutStack(added.error());
         };
         checkEqual(co_await answer(manager, tuple(atom("refuse"), 1)), tuple(atoms::error, 1));
         checkEqual(co_await answer(manager, tuple(atoms::error, 2)), exited(2));
         checkEqual(co_await answer(manager, tuple(atoms::exit, 3)), exited(3));
         checkEqual(co_await answer(manager, tuple(atom("value"), 4)), 4);
         checkEqual(co_await names(manager), Term::nil());
         check(co_await isSilent());
     }},
    {"G-103 a call to one handler; an unknown one; one that fails",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         checkEqual(co_await GenEvent::call(manager, told("a"), Term(1)), tuple(atoms::reply, 1));
         checkEqual(co_await GenEvent::call(manager, told("x"), Term(1)),
                    tuple(atoms::error, atom("bad_module")));
         const Term failed =
             co_await GenEvent::call(manager, told("a"), tuple(atoms::error, atom("boo")));
         check(failed.isTagged(atoms::error, 2));
         checkEqual(withoutStack(failed.element(1)), exited(atom("boo")));
         checkEqual((co_await nextMessage()).element(1), atoms::terminate);
         checkEqual(co_await names(manager), Term::nil());
         co_await addTold(manager, "b");
         checkEqual(co_await GenEvent::call(manager, told("b"), Term(atom("remove"))),
                    tuple(atoms::reply, atom("remove")));
         co_await tells("b", atoms::terminate, atom("remove_handler"));
     }},
    {"G-103 a call waits 5 s, then exits; nobody there is noproc",
     +[]() -> Task<> {
         const auto exitTerm = [](Term reason, Term manager, Term request) {
             return tuple(std::move(reason),
                          tuple(atoms::genEvent, atoms::call,
                                list({std::move(manager), told("a").term(), std::move(request)})));
         };
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         const Term slow = tuple(atom("sleep"), 60'000);
         const Instant before = now();
         checkEqual(caughtTerm(co_await attempt(GenEvent::call(manager, told("a"), slow))),
                    exitTerm(atoms::timeout, manager, slow));
         check(now() - before >= 5s && now() - before < 6s);
         checkEqual(caughtTerm(co_await attempt(GenEvent::call("nobody", told("a"), Term(1)))),
                    exitTerm(atoms::noproc, atom("nobody"), 1));
     }},
    {"G-104 a handler that fails goes, is reported, and leaves the others alone",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         co_await addTold(manager, "b");
         check((co_await GenEvent::addHandler<OneEvent>(manager, otp::handler<OneEvent>()))
                   .has_value());
         co_await GenEvent::syncNotify(manager, Term(1)); // which OneEvent has no clause for
         co_await tells("b", atom("event"), 1);
         co_await tells("a", atom("event"), 1);
         checkEqual(co_await names(manager), list({atom("b"), atom("a")}));
         GenEvent::notify(manager, tuple(atoms::exit, atom("boo")));
         for (const char* id : {"b", "a"}) {
             co_await tells(id, atom("event"), tuple(atoms::exit, atom("boo")));
             co_await tells(id, atoms::terminate, tuple(atoms::error, exited(atom("boo"))));
         }
         checkEqual(co_await names(manager), Term::nil());
         otp::Logger& log = extension<otp::Logger>(Runtime::current());
         log.drain();
         int reports = 0;
         for (const otp::LogEvent& event : log.recentSince(0))
             reports += event.report.mapFind(atom("handler")) != nullptr ? 1 : 0;
         check(reports == 3);
     }},
    {"G-105 what is no decision removes the handler",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         GenEvent::notify(manager, tuple(atom("bad"), 5));
         co_await tells("a", atom("event"), tuple(atom("bad"), 5));
         co_await tells("a", atoms::terminate, tuple(atoms::error, 5));
         co_await addTold(manager, "b");
         checkEqual(co_await GenEvent::call(manager, told("b"), tuple(atom("bad"), 6)),
                    tuple(atoms::error, 6));
         co_await tells("b", atoms::terminate, tuple(atoms::error, 6));
         checkEqual(co_await names(manager), Term::nil());
     }},
    {"G-106 a handler may remove itself",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         GenEvent::notify(manager, Term(atom("remove")));
         co_await tells("a", atom("event"), atom("remove"));
         co_await tells("a", atoms::terminate, atom("remove_handler"));
         checkEqual(co_await names(manager), Term::nil());
     }},
    {"G-112 the end of the manager ends all handlers",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Pid manager = co_await startManager();
         const Ref watch = monitor(manager);
         co_await addSupTold(manager, "a");
         co_await addTold(manager, "b");
         co_await GenEvent::stop(manager);
         co_await tells("b", atoms::terminate, atoms::stop);
         co_await tells("a", atoms::terminate, atoms::stop);
         co_await tells(gone("a", atoms::shutdown));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atoms::normal);
         checkEqual((co_await receive(on<Exit>(manager))).reason, atoms::normal);
         const Spawned starter = spawnMonitor(parent, self(), Term(atom("boo")));
         co_await tells(tuple(atom("a"), atoms::init));
         const Pid second = (co_await nextMessage()).toPid();
         const Down ended = co_await receive(on<Down>(starter.monitor));
         checkEqual(ended.reason, atom("boo"));
         co_await tells("a", atoms::terminate, atoms::stop);
         static_cast<void>(co_await awaitDown(second));
         check(co_await isSilent());
     }},
    {"G-113 other messages go to handleInfo of every handler",
     +[]() -> Task<> {
         const auto stranger = [](Pid to) -> Task<> {
             exit(to, atom("boo"));
             co_return;
         };
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         co_await addTold(manager, "b");
         check((co_await GenEvent::addHandler<OneEvent>(manager, otp::handler<OneEvent>()))
                   .has_value()); // has no handleInfo(): it stays
         send(manager, Term(1));
         co_await tells("b", atom("info"), 1);
         co_await tells("a", atom("info"), 1);
         const Pid pid = spawn(stranger, manager);
         co_await tells("b", atom("info"), tuple(atoms::EXIT, pid, atom("boo")));
         co_await tells("a", atom("info"), tuple(atoms::EXIT, pid, atom("boo")));
         check((co_await GenEvent::whichHandlers(manager)).size() == 3);
         send(manager, tuple(atom("notify"), 2)); // as OTP sends it
         co_await tells("b", atom("event"), 2);
     }},
    {"G-114 nobody has the name: notify raises badarg, all else exits noproc",
     +[]() -> Task<> {
         const auto raised = attempt([] { GenEvent::notify("nobody", Term(1)); });
         check(!raised && raised.error().errorClass == ErrorClass::Error);
         checkEqual(raised.error().term, atoms::badarg);
         checkEqual(caughtTerm(co_await attempt(GenEvent::syncNotify("nobody", Term(1)))),
                    atoms::noproc);
         checkEqual(caughtTerm(co_await attempt(GenEvent::whichHandlers("nobody"))), atoms::noproc);
         checkEqual(
             caughtTerm(co_await attempt(GenEvent::deleteHandler("nobody", told("a"), Term(1)))),
             atoms::noproc);
         checkEqual(caughtTerm(co_await attempt(GenEvent::stop("nobody"))), atoms::noproc);
         const Pid manager = co_await startManager();
         co_await killAndAwaitDown(manager);
         GenEvent::notify(manager, Term(1));
     }},
    {"G-115 getState tells the handlers; replaceState is for each of them alone",
     +[]() -> Task<> {
         const Pid manager = co_await startManager({.name = "manager"});
         check((co_await GenEvent::addHandler<AlarmCount>(manager, otp::handler<AlarmCount>()))
                   .has_value());
         check((co_await GenEvent::addHandler<AlarmCount>(manager, otp::handler<AlarmCount>(1)))
                   .has_value());
         const Term module = atom("AlarmCount");
         const auto counted = [](int count) { return map({{atom("count"), count}}); };
         checkEqual(co_await otp::sys::getState(manager),
                    list({tuple(module, 1, counted(0)), tuple(module, false, counted(0))}));
         const auto change = [](Term handler) -> Term {
             if (handler.element(1).isBoolean())
                 error(atom("boo")); // this one stays as it is
             return tuple(handler.element(0), handler.element(1), map({{atom("count"), 5}}));
         };
         checkEqual(co_await otp::sys::replaceState(manager, std::function<Term(Term)>(change)),
                    list({tuple(module, 1, counted(5)), tuple(module, false, counted(0))}));
         const Term status = co_await otp::sys::getStatus(manager);
         checkEqual(status.element(2), tuple(atom("module"), atoms::genEvent));
     }},
    {"G-116 a slow handler delays all",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         co_await addTold(manager, "b");
         const Instant before = now();
         const auto asks = [](Pid listener, Pid pid) -> Task<> {
             const Term slow = tuple(atom("sleep"), 200);
             co_await GenEvent::call(pid, told("b"), slow);
             send(listener, atom("slept"));
         };
         spawn(asks, self(), manager);
         co_await sleep(10ms);
         co_await GenEvent::syncNotify(manager, Term(1));
         check(now() - before >= 200ms);
         co_await receive(on([](const Term& told) { return told.isAtom(atom("slept")); }));
         co_await tells("b", atom("event"), 1);
         co_await tells("a", atom("event"), 1);
     }},
};

} // namespace

class tst_GenEvent : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)

    void typedHandlersTakeTypedMessages() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid manager = co_await startManager();
            const otp::HandlerName name = otp::handler<AlarmCount>();
            check((co_await GenEvent::addHandler<AlarmCount>(manager, name)).has_value());
            GenEvent::notify(manager, AlarmCount::Raised{3});
            GenEvent::notify(manager, tuple(atom("raised"), 4)); // the same as a term
            GenEvent::notify(manager, Term(atom("other")));
            Result<int> count = co_await GenEvent::call(manager, name, AlarmCount::HowMany{});
            check(*count == 7);
            check((co_await GenEvent::call(manager, name, AlarmCount::Forget{})).has_value());
            send(manager, AlarmCount::Tick{});
            count = co_await GenEvent::call(manager, name, AlarmCount::HowMany{});
            check(*count == 100);
            count = co_await GenEvent::call(manager, otp::handler<AlarmCount>(1),
                                            AlarmCount::HowMany{});
            check(!count && count.error().code == atom("bad_module"));
        });
    }

    void aHandlerMayLetTheManagerHibernate() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid manager = co_await startManager();
            co_await addTold(manager, "a");
            const auto rests = [](Pid pid) -> Task<> {
                while (!peekRow(pid)->hibernates)
                    co_await sleep(1ms);
            };
            const Term hibernates = atoms::hibernate;
            GenEvent::notify(manager, hibernates);
            co_await rests(manager);
            send(manager, hibernates);
            co_await rests(manager);
            co_await GenEvent::syncNotify(manager, hibernates);
            co_await rests(manager);
            checkEqual(co_await GenEvent::call(manager, told("a"), hibernates),
                       tuple(atoms::reply, hibernates));
            co_await rests(manager);
            checkEqual(co_await GenEvent::call(manager, told("a"), Term(1)),
                       tuple(atoms::reply, 1));
            check(!peekRow(manager)->hibernates);
        });
    }

    void aManagerHibernatesAfterItHasWaitedSoLong() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid manager = (co_await GenEvent::start({.hibernateAfter = 50ms})).pid();
            co_await addTold(manager, "a");
            for (int round = 0; round < 2; ++round) {
                check(!peekRow(manager)->hibernates);
                while (!peekRow(manager)->hibernates)
                    co_await sleep(1ms);
                checkEqual(co_await GenEvent::call(manager, told("a"), Term(1)),
                           tuple(atoms::reply, 1));
            }
        });
    }

    void aCallThatIsNoneOfItsOwnIsAMessage() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid manager = co_await startManager();
            co_await addTold(manager, "a");
            otp::cast(manager, Term(1));
            co_await tells("a", atom("info"), tuple(atom("$gen_cast"), 1));
            const Ref request = sendRequest(manager, Payload(Term(2)));
            co_await tells("a", atom("info"), tuple(atom("$gen_call"), tuple(self(), request), 2));
            check(demonitor(request));
        });
    }

    void aManagerIsAChildAndIsObservedAsWhatItIs() {
        GROVE_SIMULATED([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const otp::StartResult tree = co_await otp::Supervisor::startLink(
                {}, {.children = {otp::worker<GenEvent>().name("manager").label("Alarms")}});
            const Pid manager = whereis(atom("manager")).value();
            checkEqual(Term(peekRow(manager)->behaviour), "GenEvent");
            co_await addTold(manager, "a");
            exit(manager, atoms::kill);
            std::optional<Pid> next;
            while (!next || next == manager) {
                co_await sleep(1ms);
                next = whereis(atom("manager"));
            }
            checkEqual(co_await names("manager"), Term::nil());
            exit(tree.pid(), atoms::shutdown);
            co_await receive(on<Exit>(tree.pid()));
        });
    }
};

QTEST_GUILESS_MAIN(tst_GenEvent)
#include "tst_gen_event.moc"
