#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/info.h>
#include <grove/runtime/runtime.h>

#include <map>
#include <memory>
#include <vector>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::DynamicSupervisor;
using otp::Restart;

namespace {

Task<Pid> startPool(otp::DynamicSupervisorOptions options = {}) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started = co_await DynamicSupervisor::startLink({}, options);
    check(started.isOk());
    co_return started.pid();
}
/// Starts a child that has to start.
Task<Pid> add(Pid pool, otp::ChildSpec spec, const char* id) {
    const otp::StartResult started = co_await DynamicSupervisor::startChild(pool, std::move(spec));
    const Pid pid = co_await isUp(id);
    checkEqual(started.term(), tuple(atoms::ok, pid));
    co_return pid;
}
Task<> ask(otp::ServerRef server) {
    static_cast<void>(co_await DynamicSupervisor::countChildren(std::move(server)));
}
Task<std::size_t> specsOf(Pid pool) {
    co_return (co_await DynamicSupervisor::countChildren(pool)).specs;
}

/// In a specification: notes how many messages wait for its supervisor when that lets go of it.
struct Departure {
    struct Notes {
        Pid of;
        std::vector<std::uint32_t> waiting{};
    };
    std::shared_ptr<Notes> notes;

    explicit Departure(std::shared_ptr<Notes> to) noexcept : notes(std::move(to)) {}
    Departure(const Departure&) = delete;
    Departure& operator=(const Departure&) = delete;
    ~Departure() {
        if (const auto row = peekRow(notes->of); row && self() == notes->of)
            notes->waiting.push_back(row->mailboxLength);
    }
};

/// The reasons that a supervisor has reported ends with while it stopped, by child.
std::map<Pid, Term> reportedEnds() {
    otp::Logger& logger = extension<otp::Logger>(Runtime::current());
    static_cast<void>(logger.drain());
    std::map<Pid, Term> ends;
    for (const otp::LogEvent& event : logger.recentSince(0))
        if (event.kind == otp::LogKind::SupervisorReport &&
            event.report.mapFind(atom("context"))->isAtom(atom("shutdown_error")))
            ends.emplace(event.report.mapFind(atom("offender"))->mapFind(atoms::pid)->toPid(),
                         *event.report.mapFind(atom("reason")));
    return ends;
}

/// All children of a supervisor that allows no restart crash before it hears of any. Every end is
/// told of by its own reason, and no exit signal is passed over again and again meanwhile.
Task<> crashAtOnce() {
    constexpr std::uint32_t kCount = 40;
    const Pid pool = co_await startPool({.intensity = {.restarts = 0, .period = 5s}});
    const auto notes = std::make_shared<Departure::Notes>(Departure::Notes{.of = pool});
    std::map<Pid, Term> expected;
    for (std::uint32_t i = 0; i < kCount; ++i) {
        otp::ChildSpec spec = child("a");
        spec.start([start = spec.start(), departure = std::make_shared<const Departure>(notes)](
                       otp::StartOptions options) { return start(std::move(options)); });
        expected.emplace(co_await add(pool, std::move(spec), "a"), tuple(atom("boo"), i));
    }
    suspendProcess(pool);
    for (const auto& [pid, reason] : expected) {
        const Ref end = monitor(pid);
        otp::cast(pid, reason);
        co_await isDown("a", reason);
        checkEqual((co_await receive(on<Down>(end))).reason, reason);
    }
    while (peekRow(pool)->mailboxLength < kCount)
        co_await yield();
    resumeProcess(pool);
    checkEqual((co_await receive(on<Exit>(pool))).reason, atoms::shutdown);

    const std::map<Pid, Term> reported = reportedEnds();
    check(reported.size() == kCount - 1); // the first one was one too many
    for (const auto& [pid, reason] : reported)
        checkEqual(reason, expected.at(pid));
    check(notes->waiting.size() == kCount);
    // Of the others there is left the Down of each, and never an exit signal.
    for (std::uint32_t place = 1; place < kCount; ++place)
        check(notes->waiting[place] <= kCount - 1 - place);
}

const Scenario kScenarios[] = {
    {"D-002 D-003 ids need not be unique; ignore and errors leave nothing",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         static_cast<void>(co_await add(pool, child("a"), "a"));
         static_cast<void>(co_await add(pool, child("a"), "a"));
         check(
             (co_await DynamicSupervisor::startChild(pool, child("b", atoms::ignore))).isIgnore());
         const otp::StartResult failed = co_await DynamicSupervisor::startChild(
             pool, child("c", tuple(atoms::stop, atom("boo"))));
         checkEqual(failed.term(), tuple(atoms::error, atom("boo")));
         check(co_await specsOf(pool) == 2);
         co_await stopTree(pool);
     }},
    {"D-005 no more than childrenMax; who ends for good makes room",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.childrenMax = 2});
         const Pid a = co_await add(pool, child("a").restart(Restart::Temporary), "a");
         const Pid b = co_await add(pool, child("b"), "b");
         const auto refused = [&] { return DynamicSupervisor::startChild(pool, child("c")); };
         checkEqual((co_await refused()).reason(), atom("max_children"));
         exit(b, atoms::kill); // restarted: its room stays taken
         static_cast<void>(co_await isUp("b"));
         checkEqual((co_await refused()).reason(), atom("max_children"));
         check((co_await DynamicSupervisor::terminateChild(pool, a)).has_value());
         static_cast<void>(co_await add(pool, child("c"), "c"));
         co_await stopTree(pool);
         const Pid closed = co_await startPool({.childrenMax = 0});
         checkEqual((co_await DynamicSupervisor::startChild(closed, child("c"))).reason(),
                    atom("max_children"));
         co_await stopTree(closed);
     }},
    {"D-007 children are shown without ids, and counted",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         const Pid a = co_await add(pool, child("a"), "a");
         static_cast<void>(
             co_await DynamicSupervisor::startChild(pool, otp::anonymousSupervisor(atom("s"), {})));
         const std::vector<otp::Child> children = co_await DynamicSupervisor::whichChildren(pool);
         check(children.size() == 2);
         checkEqual(toTerm(children[0]),
                    tuple(atoms::undefined, a, atoms::worker, list({atom("GenServer")})));
         const otp::ChildCounts counts = co_await DynamicSupervisor::countChildren(pool);
         check(counts.specs == 2 && counts.active == 2);
         check(counts.supervisors == 1 && counts.workers == 1);
         co_await stopTree(pool);
     }},
    {"D-008 terminateChild ends a child and forgets it",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         const Pid a = co_await add(pool, trapping("a"), "a");
         check((co_await DynamicSupervisor::terminateChild(pool, a)).has_value());
         co_await isDown("a", atoms::shutdown);
         for (const Pid nobody : {a, self()}) {
             const Result<void> again = co_await DynamicSupervisor::terminateChild(pool, nobody);
             check(!again && again.error().code == atoms::notFound);
         }
         co_await staysQuiet();
         check(co_await specsOf(pool) == 0);
         co_await stopTree(pool);
     }},
    {"D-009 every restart type and reason",
     +[]() -> Task<> {
         for (const Restart restart :
              {Restart::Permanent, Restart::Transient, Restart::Temporary}) {
             for (const Term& reason : {Term(atoms::normal), Term(atoms::shutdown),
                                        tuple(atoms::shutdown, atom("x")), Term(atom("boo"))}) {
                 const Pid pool = co_await startPool();
                 const Pid a = co_await add(pool, child("a").restart(restart), "a");
                 otp::cast(a, reason);
                 co_await isDown("a", reason);
                 if (restart == Restart::Permanent ||
                     (restart == Restart::Transient && !otp::isQuietReason(reason))) {
                     check(co_await isUp("a") != a);
                     check(co_await specsOf(pool) == 1);
                 } else {
                     co_await staysQuiet();
                     check(co_await specsOf(pool) == 0);
                 }
                 co_await stopTree(pool);
             }
         }
     }},
    {"D-010 a restart that fails is tried again and counts; then it gives up",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         const Pid a = co_await add(pool, child("a"), "a");
         check(registerName(atom("gate"), self()).has_value());
         exit(a, atoms::kill);
         const Exit ended = co_await receive(on<Exit>(pool));
         checkEqual(ended.reason, atoms::shutdown);
     }},
    {"D-011 the fourth restart in five seconds gives up",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         static_cast<void>(co_await add(pool, trapping("other"), "other"));
         Pid a = co_await add(pool, child("a"), "a");
         for (int i = 0; i < 3; ++i) {
             exit(a, atoms::kill);
             a = co_await isUp("a");
         }
         exit(a, atoms::kill);
         co_await isDown("other", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(pool));
         checkEqual(ended.reason, atoms::shutdown);
         check(co_await isSilent());
     }},
    {"D-012 D-013 children stop together, each within its own time",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         const auto lingering = [](std::int64_t milliseconds) {
             return child("a", tuple(atom("linger"), milliseconds));
         };
         static_cast<void>(co_await add(pool, lingering(300), "a"));
         static_cast<void>(co_await add(pool, lingering(200), "a"));
         const Pid late = co_await add(pool, lingering(60'000).shutdown(100ms), "a");
         const Pid brutal =
             co_await add(pool, lingering(60'000).shutdown(otp::Shutdown::brutalKill()), "a");
         const Pid patient =
             co_await add(pool, lingering(400).shutdown(otp::Shutdown::infinity()), "a");
         const Ref lateEnd = monitor(late);
         const Ref brutalEnd = monitor(brutal);
         const Ref patientEnd = monitor(patient);
         const Instant before = now();
         exit(pool, atoms::shutdown);
         Down down = co_await receive(on<Down>(brutalEnd));
         checkEqual(down.reason, atoms::killed);
         check(now() == before);
         down = co_await receive(on<Down>(lateEnd));
         checkEqual(down.reason, atoms::killed);
         check(now() - before >= 100ms && now() - before < 150ms);
         down = co_await receive(on<Down>(patientEnd));
         checkEqual(down.reason, atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(pool));
         checkEqual(ended.reason, atoms::shutdown);
         check(now() - before >= 400ms && now() - before < 450ms);
         for (int i = 0; i < 3; ++i)
             co_await isDown("a", atoms::shutdown);
         check(co_await isSilent());
     }},
    {"D-012 those that are late are killed each at its own limit",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         const Instant::duration limits[] = {300ms, 100ms, 200ms, 400ms};
         std::vector<Ref> ends;
         for (const auto limit : limits)
             ends.push_back(monitor(co_await add(
                 pool, child("a", tuple(atom("linger"), 60'000)).shutdown(limit), "a")));
         const Instant before = now();
         exit(pool, atoms::shutdown);
         for (const std::size_t place : {1, 2, 0, 3}) {
             const Down down = co_await receive(on<Down>());
             check(down.ref == ends[place]);
             checkEqual(down.reason, atoms::killed);
             const Duration took = now() - before;
             check(took >= limits[place] && took < limits[place] + 50ms);
         }
         checkEqual((co_await receive(on<Exit>(pool))).reason, atoms::shutdown);
     }},
    {"D-012 a child that ends before its limit has none any more",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         const auto lingering = [](std::int64_t milliseconds) {
             return child("a", tuple(atom("linger"), milliseconds));
         };
         static_cast<void>(co_await add(pool, lingering(100).shutdown(200ms), "a"));
         static_cast<void>(
             co_await add(pool, lingering(400).shutdown(otp::Shutdown::infinity()), "a"));
         const Instant before = now();
         exit(pool, atoms::shutdown);
         exit(pool, atom("boo")); // its parent's, who is a stranger now
         checkEqual((co_await receive(on<Exit>(pool))).reason, atoms::shutdown);
         check(now() - before >= 400ms && now() - before < 450ms);
         for (int i = 0; i < 2; ++i)
             co_await isDown("a", atoms::shutdown);
     }},
    {"D-011 D-012 of many that have crashed already each is told of by its own reason, at once",
     crashAtOnce},
    {"D-014 a stranger's exit signal is ignored",
     +[]() -> Task<> {
         const Pid pool = co_await startPool();
         co_await awaitDown(spawn(
             +[](Pid to) -> Task<> {
                 exit(to, atom("boo"));
                 co_return;
             },
             pool));
         co_await staysQuiet();
         check(co_await isAlive(pool));
         co_await stopTree(pool);
     }},
    {"D-015 nobody there: noproc",
     +[]() -> Task<> {
         const Term reason = caughtTerm(co_await attempt(ask("nobody")));
         checkEqual(reason.element(0), atoms::noproc);
     }},
    {"D-016 a child that is being restarted can be terminated by its last pid",
     +[]() -> Task<> {
         const Pid pool = co_await startPool({.intensity = kOften});
         const Pid a = co_await add(pool, child("a"), "a");
         check(registerName(atom("gate"), self()).has_value());
         co_await killAndAwaitDown(a);
         otp::ChildCounts counts = co_await DynamicSupervisor::countChildren(pool);
         while (counts.active == 1)
             counts = co_await DynamicSupervisor::countChildren(pool);
         check(counts.specs == 1 && counts.workers == 1);
         checkEqual(toTerm((co_await DynamicSupervisor::whichChildren(pool)).at(0)).element(1),
                    atoms::restarting);
         check((co_await DynamicSupervisor::terminateChild(pool, a)).has_value());
         check(unregisterName(atom("gate")).has_value());
         co_await staysQuiet();
         check(co_await specsOf(pool) == 0);
         co_await stopTree(pool);
     }},
    {"a child under a dynamic supervisor in a tree: both come back after a kill",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {otp::dynamicSupervisor("pool")}});
         const Pid pool = whereis(atom("pool")).value();
         static_cast<void>(co_await add(pool, trapping("a"), "a"));
         exit(pool, atoms::kill);
         co_await isDown("a", atoms::killed);
         while (!whereis(atom("pool")) || whereis(atom("pool")) == pool)
             static_cast<void>(co_await childStates(tree));
         // The next one is empty: what was started on demand is started on demand again.
         check(co_await specsOf(whereis(atom("pool")).value()) == 0);
         co_await stopTree(tree);
     }},
};

} // namespace

class tst_DynamicSupervisor : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_DynamicSupervisor)
#include "tst_dynamic_supervisor.moc"
