#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/supervisor.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Restart;
using otp::Strategy;
using otp::Supervisor;

namespace {

/// Ends a child: by a signal if the reason is `killed`, otherwise by itself.
Task<> end(Pid pid, const char* id, Term reason) {
    if (reason.isAtom(atoms::killed)) {
        exit(pid, atoms::kill);
    } else {
        otp::cast(pid, reason);
        co_await isDown(id, reason);
    }
}

bool isStartedAgain(Restart restart, const Term& reason) {
    return restart == Restart::Permanent ||
           (restart == Restart::Transient && !otp::isQuietReason(reason));
}

/// a, b and c, all trapping; b, of this restart type, ends with this reason.
Task<> checkOneEnd(Strategy strategy, Restart restart, Term reason) {
    const Pid tree = co_await startTree(
        {.strategy = strategy,
         .intensity = {1, 5s},
         .children = {trapping("a"), trapping("b").restart(restart), trapping("c")}});
    Pid a = co_await isUp("a");
    Pid b = co_await isUp("b");
    Pid c = co_await isUp("c");
    co_await end(b, "b", reason);
    if (isStartedAgain(restart, reason)) {
        if (strategy != Strategy::OneForOne)
            co_await isDown("c", atoms::shutdown);
        if (strategy == Strategy::OneForAll) {
            co_await isDown("a", atoms::shutdown);
            a = co_await isUp("a");
        }
        b = co_await isUp("b");
        if (strategy != Strategy::OneForOne)
            c = co_await isUp("c");
        checkEqual(co_await childStates(tree),
                   list({childState("a", a), childState("b", b), childState("c", c)}));
    } else if (restart == Restart::Temporary) {
        co_await staysQuiet();
        checkEqual(co_await childStates(tree), list({childState("a", a), childState("c", c)}));
    } else {
        co_await staysQuiet();
        checkEqual(
            co_await childStates(tree),
            list({childState("a", a), childState("b", atoms::undefined), childState("c", c)}));
    }
    co_await stopTree(tree);
}

Task<> checkEnds(Strategy strategy) {
    for (const Restart restart : {Restart::Permanent, Restart::Transient, Restart::Temporary})
        for (const Term& reason :
             {Term(atoms::normal), Term(atoms::shutdown), tuple(atoms::shutdown, atom("x")),
              Term(atom("boo")), Term(atoms::killed)})
            co_await checkOneEnd(strategy, restart, reason);
}

/// Kills a child and waits for the next one in its place.
Task<Pid> killAgain(Pid pid, const char* id) {
    exit(pid, atoms::kill);
    return isUp(id);
}

/// Waits until `offset` after the beginning of a second.
Task<> awaitWithinSecond(Duration offset) {
    const Instant next = std::chrono::floor<std::chrono::seconds>(now()) + 1s + offset;
    co_await sleep(next - now());
}

/// Two kills, so far apart. Returns: whether a tree that allows one restart a second is still
/// there.
Task<bool> survivesTwoKills(Duration offset, Duration apart) {
    const Pid tree = co_await startTree({.intensity = {1, 1s}, .children = {child("a")}});
    const Pid first = co_await isUp("a");
    co_await awaitWithinSecond(offset);
    const Pid second = co_await killAgain(first, "a");
    co_await sleep(apart);
    exit(second, atoms::kill);
    const auto got = co_await receive(on<Exit>(tree), any());
    if (const auto* ended = std::get_if<Exit>(&got)) {
        checkEqual(ended->reason, atoms::shutdown);
        co_return false;
    }
    co_await stopTree(tree);
    co_return true;
}

/// Holds something that no two of them may hold at once.
class Exclusive final : public otp::GenServer<Exclusive> {
public:
    struct State {
        Pid listener;
        GROVE_MAP_FIELDS(State, listener)
    };
    ~Exclusive() { s_holders -= m_isHolder ? 1 : 0; }

    Init init(Pid listener) {
        if (s_holders != 0)
            return Init::stop(atom("two_at_once"));
        m_isHolder = true;
        ++s_holders;
        grove::send(listener, tuple(atom("up"), atom("a"), self()));
        return Init::ok(State{listener});
    }

private:
    static inline int s_holders = 0; // simulated processes share a thread
    bool m_isHolder = false;
};

otp::SupervisorOptions innerTree() {
    return {.intensity = {1, 5s}, .children = {child("leaf")}};
}

/// A transient or temporary child whose own end may end the tree.
otp::ChildSpec significant(const char* id, Restart restart) {
    return trapping(id).restart(restart).significant();
}

void closeGate() {
    check(registerName(atom("gate"), self()).has_value());
}
void openGate() {
    check(unregisterName(atom("gate")).has_value());
}

const Scenario kScenarios[] = {
    {"S-010 S-011 S-012 S-013 S-015 one_for_one: every restart type and reason",
     +[]() -> Task<> { return checkEnds(Strategy::OneForOne); }},
    {"S-010 S-011 S-012 S-013 S-016 S-021 one_for_all: every restart type and reason",
     +[]() -> Task<> { return checkEnds(Strategy::OneForAll); }},
    {"S-010 S-011 S-012 S-013 S-018 rest_for_one: every restart type and reason",
     +[]() -> Task<> { return checkEnds(Strategy::RestForOne); }},
    {"S-006 S-007 S-008 the fourth restart in the window gives up, in reverse order",
     +[]() -> Task<> {
         const Pid tree =
             co_await startTree({.children = {trapping("a"), child("b"), trapping("c")}});
         static_cast<void>(co_await isUp("a"));
         Pid b = co_await isUp("b");
         static_cast<void>(co_await isUp("c"));
         for (int i = 0; i < 3; ++i)
             b = co_await killAgain(b, "b");
         exit(b, atoms::kill);
         co_await isDown("c", atoms::shutdown);
         co_await isDown("a", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
         check(co_await isSilent());
     }},
    {"S-006 restarts that are long ago do not count",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a")}});
         Pid a = co_await isUp("a");
         for (int i = 0; i < 10; ++i) {
             a = co_await killAgain(a, "a");
             co_await sleep(2001ms);
         }
         co_await stopTree(tree);
     }},
    {"S-008 intensity 0: the first restart gives up",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.intensity = {0, 5s}, .children = {child("a")}});
         exit(co_await isUp("a"), atoms::kill);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
     }},
    {"S-009 the window counts whole seconds",
     +[]() -> Task<> {
         check(!co_await survivesTwoKills(10ms, 1200ms));
         check(!co_await survivesTwoKills(10ms, 1900ms));
         check(co_await survivesTwoKills(10ms, 2100ms));
         check(co_await survivesTwoKills(900ms, 1200ms));
     }},
    {"S-014 a permanent child's normal end counts",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.intensity = {1, 5s}, .children = {child("a")}});
         co_await end(co_await isUp("a"), "a", atoms::normal);
         co_await end(co_await isUp("a"), "a", tuple(atoms::shutdown, atom("x")));
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
     }},
    {"S-017 one_for_all stops temporary siblings and forgets them",
     +[]() -> Task<> {
         const Pid tree =
             co_await startTree({.strategy = Strategy::OneForAll,
                                 .children = {trapping("a").restart(Restart::Temporary), child("b"),
                                              trapping("c").restart(Restart::Temporary)}});
         static_cast<void>(co_await isUp("a"));
         const Pid b = co_await isUp("b");
         static_cast<void>(co_await isUp("c"));
         exit(b, atoms::kill);
         co_await isDown("c", atoms::shutdown);
         co_await isDown("a", atoms::shutdown);
         const Pid next = co_await isUp("b");
         checkEqual(co_await childStates(tree), list({childState("b", next)}));
         co_await stopTree(tree);
     }},
    {"S-019 rest_for_one: the last child ends alone",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.strategy = Strategy::RestForOne, .children = {child("a"), child("b")}});
         const Pid a = co_await isUp("a");
         const Pid b = co_await killAgain(co_await isUp("b"), "b");
         checkEqual(co_await childStates(tree), list({childState("a", a), childState("b", b)}));
         co_await stopTree(tree);
     }},
    {"S-020 S-022 a stopped sibling is started with its group; stopping it touches nobody",
     +[]() -> Task<> {
         for (const Strategy strategy : {Strategy::OneForAll, Strategy::RestForOne}) {
             const Pid tree =
                 co_await startTree({.strategy = strategy, .children = {child("a"), child("b")}});
             const Pid a = co_await isUp("a");
             static_cast<void>(co_await isUp("b"));
             check((co_await Supervisor::terminateChild(tree, atom("b"))).has_value());
             co_await staysQuiet();
             static_cast<void>(co_await killAgain(a, "a"));
             static_cast<void>(co_await isUp("b"));
             co_await stopTree(tree);
         }
     }},
    {"S-023 restarts that fail are tried again and count; then it gives up",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {trapping("a"), child("b")}});
         static_cast<void>(co_await isUp("a"));
         const Pid b = co_await isUp("b");
         closeGate();
         exit(b, atoms::kill);
         co_await isDown("a", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
     }},
    {"S-024 between failed restarts a child is restarting",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.intensity = kOften, .children = {child("a")}});
         const Pid a = co_await isUp("a");
         closeGate();
         co_await killAndAwaitDown(a);
         // Asked before its supervisor has tried to start another, it is still shown as running.
         Term states = co_await childStates(tree);
         while (equalsExact(states, list({childState("a", a)})))
             states = co_await childStates(tree);
         checkEqual(states, list({childState("a", atoms::restarting)}));
         checkEqual((co_await Supervisor::restartChild(tree, atom("a"))).reason(),
                    atoms::restarting);
         const Result<void> deleted = co_await Supervisor::deleteChild(tree, atom("a"));
         check(!deleted && deleted.error().code == atoms::restarting);
         check((co_await Supervisor::terminateChild(tree, atom("a"))).has_value());
         checkEqual(co_await childStates(tree), list({childState("a", atoms::undefined)}));
         openGate();
         co_await staysQuiet();
         co_await stopTree(tree);
     }},
    {"S-024 a child that fails to restart comes back when it can",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.intensity = kOften, .children = {child("a")}});
         const Pid a = co_await isUp("a");
         closeGate();
         co_await killAndAwaitDown(a);
         for (int i = 0; i < 10; ++i)
             static_cast<void>(co_await childStates(tree));
         openGate();
         const Pid next = co_await isUp("a");
         checkEqual(co_await childStates(tree), list({childState("a", next)}));
         co_await stopTree(tree);
     }},
    {"S-025 a group whose restart fails midway is completed, in order",
     +[]() -> Task<> {
         for (const Strategy strategy : {Strategy::OneForAll, Strategy::RestForOne}) {
             const Pid tree =
                 co_await startTree({.strategy = strategy,
                                     .intensity = kOften,
                                     .children = {child("a"), child("b"), child("c")}});
             const Pid a = co_await isUp("a");
             static_cast<void>(co_await isUp("b"));
             static_cast<void>(co_await isUp("c"));
             closeGate();
             co_await killAndAwaitDown(a);
             for (int i = 0; i < 5; ++i)
                 static_cast<void>(co_await childStates(tree));
             openGate();
             static_cast<void>(co_await isUp("a"));
             static_cast<void>(co_await isUp("b"));
             static_cast<void>(co_await isUp("c"));
             co_await stopTree(tree);
         }
     }},
    {"S-056 a supervisor that gave up is restarted by its own, with fresh counters",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.intensity = {1, 5s}, .children = {otp::supervisor("inner", innerTree())}});
         Pid leaf = co_await isUp("leaf");
         const std::optional<Pid> inner = whereis(atom("inner"));
         leaf = co_await killAgain(leaf, "leaf");
         check(whereis(atom("inner")) == inner);
         leaf = co_await killAgain(leaf, "leaf"); // one too many for the inner one
         check(whereis(atom("inner")) != inner);
         leaf = co_await killAgain(leaf, "leaf");
         check(co_await isAlive(tree));
         exit(leaf, atoms::kill); // one too many for both
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
         check(!whereis(atom("inner")));
         check(co_await isSilent());
     }},
    {"S-057 a transient supervisor that gave up stays stopped",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {otp::supervisor("inner", innerTree()).restart(Restart::Transient)}});
         const Pid leaf = co_await killAgain(co_await isUp("leaf"), "leaf");
         exit(leaf, atoms::kill);
         co_await staysQuiet();
         checkEqual(co_await childStates(tree), list({childState("inner", atoms::undefined)}));
         co_await stopTree(tree);
     }},
    {"S-058 S-059 any significant child's own end stops the tree, in reverse order",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.autoShutdown = otp::AutoShutdown::AnySignificant,
              .children = {trapping("a"), significant("b", Restart::Transient), trapping("c")}});
         static_cast<void>(co_await isUp("a"));
         Pid b = co_await isUp("b");
         static_cast<void>(co_await isUp("c"));
         b = co_await killAgain(b, "b"); // restarted, so nothing ends
         co_await end(b, "b", atoms::normal);
         co_await isDown("c", atoms::shutdown);
         co_await isDown("a", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
     }},
    {"S-060 all significant: the last one's end stops the tree",
     +[]() -> Task<> {
         const Pid tree =
             co_await startTree({.autoShutdown = otp::AutoShutdown::AllSignificant,
                                 .children = {trapping("a"), significant("b", Restart::Transient),
                                              significant("c", Restart::Temporary)}});
         static_cast<void>(co_await isUp("a"));
         const Pid b = co_await isUp("b");
         const Pid c = co_await isUp("c");
         exit(c, atoms::kill);
         co_await staysQuiet();
         co_await end(b, "b", atoms::normal);
         co_await isDown("a", atoms::shutdown);
         const Exit ended = co_await receive(on<Exit>(tree));
         checkEqual(ended.reason, atoms::shutdown);
     }},
    {"S-061 stopping a significant child does not stop the tree",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.autoShutdown = otp::AutoShutdown::AnySignificant,
                                              .children = {significant("a", Restart::Transient)}});
         static_cast<void>(co_await isUp("a"));
         check((co_await Supervisor::terminateChild(tree, atom("a"))).has_value());
         co_await isDown("a", atoms::shutdown);
         co_await staysQuiet();
         check(co_await isAlive(tree));
         co_await stopTree(tree);
     }},
    {"a child is started again only after the one before has let go of everything",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.intensity = {1, 1s}, .children = {otp::worker<Exclusive>(self()).name("only")}});
         Pid a = co_await isUp("a");
         for (int i = 0; i < 5; ++i) {
             a = co_await killAgain(a, "a");
             check(whereis(atom("only")) == a);
             co_await sleep(3s);
         }
         co_await stopTree(tree);
     }},
};

} // namespace

class tst_SupervisorRestarts : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_SupervisorRestarts)
#include "tst_supervisor_restarts.moc"
