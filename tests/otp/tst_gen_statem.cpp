// Typed state machines: what a person who writes one sees.
#include "door.h"
#include "scenarios.h"

#include <grove/otp/call.h>
#include <grove/otp/logger.h>
#include <grove/otp/supervisor.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/info.h>
#include <grove/runtime/timers.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

Task<Pid> startedDoor(otp::StartOptions options = {}) {
    const otp::StartResult door = co_await Door::start(std::move(options), self(), "1234");
    check(door.isOk());
    checkEqual(co_await nextMessage(), tuple(atom("entered"), atom("locked"), atom("locked")));
    co_return door.pid();
}

/// Takes calls only.
class Narrow final : public otp::GenStatem<Narrow> {
public:
    enum class State { Only };
    GROVE_MEMBER_ENUM(State, Only)
    struct Ask {
        GROVE_FIELDS(Ask)
    };
    using Calls = Messages<Ask>;
    Init init() { return Init::ok(State::Only); }
    Next handleEvent(From from, const Ask&) { return keepState().reply(from); }
};

/// Throws what would be a decision in Erlang.
class Thrower final : public otp::GenStatem<Thrower> {
public:
    enum class State : std::uint8_t { Only };
    GROVE_MEMBER_ENUM(State, Only)
    Init init() { return Init::ok(State::Only, Data{}); }
    Next handleEvent(Cast, const Term& what) { throwTerm(what); }
};

const Scenario kScenarios[] = {
    {"G-060 the callbacks of a state take its events; those of all states the rest",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor();
         check(!co_await Door::call(door, Door::Enter{"4321"}));
         check(co_await Door::call(door, Door::Enter{"1234"}));
         checkEqual(co_await nextMessage(), tuple(atom("entered"), atom("open"), atom("locked")));
         otp::cast(door, Door::Knock{});
         checkEqual(co_await nextMessage(), tuple(atom("knock"), atom("open")));
     }},
    {"G-061 typed events of every type",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor();
         send(door, Door::Alarm{3}); // goes on as an internal event
         checkEqual(co_await nextMessage(), tuple(atom("alarm"), 4));
         send(door, tuple(atom("alarm"), 5)); // the same as a term
         checkEqual(co_await nextMessage(), tuple(atom("alarm"), 6));
         otp::cast(door, atom("other"));
         checkEqual(co_await nextMessage(), tuple(atoms::cast, atom("other")));
         const Pid peer = spawn(idle);
         send(door, peer); // watches it
         checkEqual(co_await nextMessage(), tuple(atom("info"), peer));
         exit(peer, atom("boo"));
         checkEqual(co_await nextMessage(), tuple(atoms::DOWN, atom("boo")));
     }},
    {"G-066 a postponed call is answered in the next state that takes it",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor();
         check(co_await Door::call(door, Door::Enter{"1234"}));
         const Instant before = now();
         check(co_await Door::call(door, Door::Enter{"1234"})); // when it has locked itself again
         check(now() - before >= 10s);
         checkEqual((co_await otp::sys::getState(door)).element(1).mapFind(atom("opened"))->toInt(),
                    2);
     }},
    {"G-070 the state timeout leads back",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor();
         check(co_await Door::call(door, Door::Enter{"1234"}));
         checkEqual(co_await nextMessage(), tuple(atom("entered"), atom("open"), atom("locked")));
         const Instant before = now();
         checkEqual(co_await nextMessage(), tuple(atom("entered"), atom("locked"), atom("open")));
         check(now() - before >= 9'900ms);
     }},
    {"G-086 stop ends it in order; stop(reason) with that reason",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor();
         const Ref watch = monitor(door);
         co_await otp::stop(door);
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atoms::normal, atom("locked")));
         checkEqual((co_await receive(on<Down>(watch))).reason, atoms::normal);
         const Pid other = co_await startedDoor();
         const Ref second = monitor(other);
         send(other, Door::Alarm{10});
         checkEqual(co_await nextMessage(), tuple(atoms::terminate, atom("fire"), atom("locked")));
         checkEqual((co_await receive(on<Down>(second))).reason, atom("fire"));
     }},
    {"G-087 a trapping machine stops in order when its parent ends, suspended or not",
     +[]() -> Task<> {
         const auto parent = [](Pid listener, bool suspends) -> Task<> {
             const otp::StartResult door = co_await Door::startLink(listener, "1234");
             send(door.pid(), atom("trap"));
             static_cast<void>(co_await otp::sys::getState(door.pid())); // it does
             if (suspends)
                 co_await otp::sys::suspend(door.pid());
             exit(atom("boo"));
         };
         for (const bool suspends : {false, true}) {
             const Spawned starter = spawnMonitor(parent, self(), suspends);
             checkEqual((co_await nextMessage()).element(0), atom("entered"));
             checkEqual(co_await nextMessage(), tuple(atom("info"), atom("trap")));
             checkEqual((co_await receive(on<Down>(starter.monitor))).reason, atom("boo"));
             checkEqual(co_await nextMessage(),
                        tuple(atoms::terminate, atom("boo"), atom("locked")));
         }
         const Pid door = co_await startedDoor();
         send(door, atom("trap"));
         checkEqual(co_await nextMessage(), tuple(atom("info"), atom("trap")));
         const auto stranger = [](Pid to) -> Task<> {
             exit(to, atom("boo"));
             co_return;
         };
         spawn(stranger, door);
         checkEqual(co_await nextMessage(), tuple(atoms::EXIT, atom("boo")));
     }},
    {"G-088 getState is {State, Data}; replaceState takes and gives it",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor();
         const auto stateWith = [](Atom state, int opened) {
             return tuple(state, map({{atom("listener"), self()},
                                      {atom("code"), "1234"},
                                      {atom("opened"), opened}}));
         };
         checkEqual(co_await otp::sys::getState(door), stateWith(atom("locked"), 0));
         checkEqual(co_await otp::sys::replaceState(door, stateWith(atom("open"), 7)),
                    stateWith(atom("open"), 7));
         otp::cast(door, Door::Knock{});
         checkEqual(co_await nextMessage(), tuple(atom("knock"), atom("open"))); // not entered
         const auto fail = [](Term) -> Term { error(atom("boo")); };
         const Term reason = caughtTerm(
             co_await attempt(otp::sys::replaceState(door, std::function<Term(Term)>(fail))));
         checkEqual(reason.element(0).element(0), atom("callback_failed"));
         static_cast<void>(
             co_await attempt(otp::sys::replaceState(door, tuple(atom("ajar"), Term::nil()))));
         checkEqual(co_await otp::sys::getState(door), stateWith(atom("open"), 7));
     }},
    {"G-085 a value that a typed callback throws is no decision: nocatch",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         const Pid pid = (co_await Thrower::startLink()).pid();
         otp::cast(pid, Term(atom("keep_state_and_data")));
         const Exit ended = co_await receive(on<Exit>(pid));
         check(ended.reason.isTuple(2) && ended.reason.element(1).isList());
         checkEqual(ended.reason.element(0), tuple(atom("nocatch"), atom("keep_state_and_data")));
     }},
    {"G-089 codeChange makes another state and data of the old ones",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor();
         co_await otp::sys::suspend(door);
         static_cast<void>(co_await otp::sys::changeCode(door, Term(1), Term(atom("double")), 5s));
         co_await otp::sys::resume(door);
         const Term state = co_await otp::sys::getState(door);
         checkEqual(state.element(0), atom("open"));
         checkEqual(*state.element(1).mapFind(atom("opened")), 2);
     }},
    {"Y-002 getStatus tells of the state, postponed events and timeouts",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor({.name = "door"});
         check(co_await Door::call("door", Door::Enter{"1234"}));
         static_cast<void>(co_await nextMessage());
         const Ref call = sendRequest(door, Payload(Door::Enter{"1234"})); // is postponed
         const Term status = co_await otp::sys::getStatus(door);
         checkEqual(status.element(2), tuple(atom("module"), atoms::genStatem));
         std::vector<Term> parts;
         for (const Term& each : status.element(3).listElements())
             parts.push_back(each);
         checkEqual(parts[1], atoms::running);
         const auto found = [&parts](const char* name) {
             for (const Term& group : parts.back().listElements())
                 if (group.isTagged(atoms::data, 2))
                     for (const Term& pair : group.element(1).listElements())
                         if (equalsExact(pair.element(0), Term(name)))
                             return pair.element(1);
             return Term(atoms::undefined);
         };
         checkEqual(found("Time-outs"), tuple(1, list({tuple(atom("state_timeout"), 10'000)})));
         checkEqual(found("Postponed"), list({tuple(tuple(atoms::call, tuple(self(), call)),
                                                    tuple(atom("enter"), "1234"))}));
         checkEqual(found("State").element(0), atom("open"));
         check(demonitor(call));
     }},
    {"Y-008 what happens to it can be logged",
     +[]() -> Task<> {
         const Pid door = co_await startedDoor({.debug = otp::sys::debugged({.log = 10})});
         otp::cast(door, Door::Knock{});
         checkEqual(co_await nextMessage(), tuple(atom("knock"), atom("locked")));
         const Term status = co_await otp::sys::getStatus(door);
         const Term event = tuple(atoms::cast, atom("knock"));
         const std::vector<Term> events = co_await otp::sys::getLog(door);
         check(events.size() == 2);
         checkEqual(events[0], tuple(atom("in"), event, atom("locked")));
         checkEqual(events[1], tuple(atom("consume"), event, atom("locked")));
     }},
};

} // namespace

class tst_GenStatem : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)

    void itsEndIsReportedWithWhatItHadInHand() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid door = co_await startedDoor({.name = "door"});
            check(co_await Door::call(door, Door::Enter{"1234"}));
            const Ref call = sendRequest(door, Payload(Door::Enter{"1234"})); // is postponed
            static_cast<void>(co_await otp::sys::getState(door));
            const Ref watch = monitor(door);
            send(door, Door::Alarm{10});
            co_await receive(on<Down>(watch));
            otp::Logger& log = extension<otp::Logger>(Runtime::current());
            log.drain();
            Term report;
            for (const otp::LogEvent& event : log.recentSince(0))
                if (event.report.mapFind(atom("postponed")) != nullptr)
                    report = event.report;
            check(!report.isNone());
            const auto at = [&](const char* key) { return *report.mapFind(atom(key)); };
            checkEqual(at("label"), tuple(atoms::genStatem, atoms::terminate));
            checkEqual(at("name"), atom("door"));
            checkEqual(at("queue"), list({tuple(atom("info"), tuple(atom("alarm"), 10))}));
            checkEqual(at("postponed"), list({tuple(tuple(atoms::call, tuple(self(), call)),
                                                    tuple(atom("enter"), "1234"))}));
            checkEqual(at("callback_mode"), atom("state_functions"));
            checkEqual(at("state_enter"), true);
            checkEqual(at("state").element(0), atom("open"));
            checkEqual(at("reason"), tuple(atoms::exit, atom("fire"), Term::nil()));
        });
    }

    void anEventThatNoCallbackTakesEndsIt() {
        GROVE_SIMULATED([]() -> Task<> {
            const otp::StartResult narrow = co_await Narrow::start();
            const Ref watch = monitor(narrow.pid());
            send(narrow.pid(), atom("unknown"));
            const Down down = co_await receive(on<Down>(watch));
            checkEqual(down.reason.element(0), atoms::functionClause);
        });
    }

    void itIsAChildAndIsObservedAsWhatItIs() {
        GROVE_SIMULATED([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const otp::StartResult tree = co_await otp::Supervisor::startLink(
                {},
                {.children = {
                     otp::worker<Door>(self(), std::string("1234")).name("door").label("Front")}});
            for (int round = 0; round < 2; ++round) {
                checkEqual((co_await nextMessage()).element(0), atom("entered"));
                const Pid door = whereis(atom("door")).value();
                checkEqual(Term(peekRow(door)->behaviour), "GenStatem");
                checkEqual(*peekRow(door)->label, atom("Front"));
                if (round == 0)
                    co_await killAndAwaitDown(door);
            }
            exit(tree.pid(), atoms::shutdown);
            co_await receive(on<Exit>(tree.pid()));
        });
    }

    void aTakenNameStartsNothing() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid first = co_await startedDoor({.name = "door"});
            const otp::StartResult second =
                co_await Door::startLink({.name = "door"}, self(), std::string("1"));
            check(second.alreadyStarted() == first);
        });
    }
};

QTEST_GUILESS_MAIN(tst_GenStatem)
#include "tst_gen_statem.moc"
