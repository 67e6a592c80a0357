// Links that are taken back, and what a parent's end means meanwhile.
#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/runtime/end.h>
#include <grove/runtime/info.h>
#include <grove/runtime/parent_tie.h>
#include <grove/term/identifiers.h>

#include <QTest>

#include <atomic>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

Simulation* s_running = nullptr; // of the test that runs, where it is simulated

/// Lets others run until `done()`, and looks at nothing that comes meanwhile.
template <class Done> void holdUntil(Done done) {
    if (s_running != nullptr)
        s_running->hold(5ms);
    while (!done()) {
        // The watchdog sees to it that the others run.
    }
}

/// As everywhere(), for bodies that use holdUntil().
template <class Body> std::string everywhereHeld(Body body) {
    for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
        Simulation simulation({.seed = seed});
        s_running = &simulation;
        std::string fault = runIn(simulation.runtime(), body, "SEED=" + std::to_string(seed));
        s_running = nullptr;
        if (!fault.empty())
            return fault;
    }
    return onThreads(body);
}

std::atomic<bool> s_isRelinked{false}; // set by relinks() for who waits for it

/// Lets go of its parent and takes it back, and ends with its next message.
Task<> relinks(Pid parent) {
    unlink(parent);
    link(parent);
    s_isRelinked = true;
    co_await endsWhenTold();
}

} // namespace

class tst_Unlink : public QObject {
    Q_OBJECT

private slots:
    void nothingArrivesAfterUnlink() { // L-006
        GROVE_EVERYWHERE([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            for (int i = 0; i < 20; ++i) {
                const Pid peer = spawnLink(endsWhenTold);
                const Ref ref = monitor(peer);
                send(peer, "boo"_atom);
                unlink(peer);
                static_cast<void>(co_await receive(on<Down>(ref)));
                const auto ended = co_await receive(on<Exit>(peer), after(0s));
                check(ended.index() == 1);
            }
        });
    }

    void whatAParentsEndMeansIsSeenFromOutside() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto tieOf = [](Pid pid) -> Task<ParentTie> {
                check(co_await isAlive(pid)); // what this process has sent before is there
                co_return peekParentTie(pid).value();
            };
            check(!(co_await tieOf(spawn(idle))).isLinked);
            const Pid child = spawnOpt({.link = true, .trapExit = true}, idle).pid;
            check(peekParentTie(child)->isLinked && !peekParentTie(child)->isTold);
            unlink(child);
            check(!(co_await tieOf(child)).isLinked);
            link(child);
            check((co_await tieOf(child)).isLinked);
            const auto tellsToEnd = [](Pid whom) -> Task<> {
                exit(whom, "boo"_atom);
                check(co_await isAlive(whom));
            };
            co_await awaitDown(spawn(tellsToEnd, child));
            check(!(co_await tieOf(child)).isTold); // by a stranger
            exit(child, "boo"_atom);
            const ParentTie told = co_await tieOf(child);
            check(told.isLinked && told.isTold);
            unlink(child);
            check((co_await tieOf(child)).isTold);
            co_await killAndAwaitDown(child);
            check(!peekParentTie(child).value_or(ParentTie()).isTold);
        });
    }

    /// The peer has ended and has told so, but nobody has looked yet.
    void anEndThatCrossesTheUnlinkIsNotHeardOf() { // L-006
        static Simulation* running = nullptr;
        for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
            Simulation simulation({.seed = seed});
            running = &simulation;
            const auto body = []() -> Task<> {
                setTrapExit(TrapExit::Yes);
                const Pid peer = spawnLink(endsWhenTold);
                send(peer, "boo"_atom);
                running->hold(5ms); // the peer runs meanwhile
                check(!peekRow(peer));
                unlink(peer);
                const auto ended = co_await receive(on<Exit>(peer), after(0s));
                check(ended.index() == 1);
            };
            const std::string failed =
                runIn(simulation.runtime(), body, "SEED=" + std::to_string(seed));
            QVERIFY2(failed.empty(), failed.c_str());
        }
        const std::string fault = onThreads([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Pid peer = spawnLink(endsWhenTold);
            send(peer, "boo"_atom);
            while (peekRow(peer)) {
                // Without an await, hence without a look at what has come. The watchdog sees to it
                // that the peer runs.
            }
            unlink(peer);
            const auto ended = co_await receive(on<Exit>(peer), after(0s));
            check(ended.index() == 1);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    /// As above, with what a supervisor does instead of unlink().
    void anEndThatCrossesTheStopIsHeardOf() {
        const std::string fault = everywhereHeld([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Pid peer = spawnLink(endsWhenTold);
            send(peer, "boo"_atom);
            holdUntil([&] { return !peekRow(peer); });
            const Ref ref = grove::detail::stopLinked(peer, atoms::shutdown);
            checkEqual((co_await receive(on<Down>(ref))).reason, atoms::noproc);
            const auto ended = co_await receive(on<Exit>(peer), after(0s));
            check(ended.index() == 0);
            checkEqual(std::get<Exit>(ended).reason, "boo"_atom);
            check((co_await receive(any(), after(0s))).index() == 1);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void aStopThatCrossesANewLinkLeavesNoHalfOfIt() {
        const std::string fault = everywhereHeld([]() -> Task<> {
            const auto stops = [](Pid to) -> Task<> {
                setTrapExit(TrapExit::Yes);
                s_isRelinked = false;
                const Pid child = spawnLink(relinks, self());
                holdUntil([] { return s_isRelinked.load(); });
                const Ref ref = grove::detail::stopLinked(child, atoms::shutdown);
                checkEqual((co_await receive(on<Down>(ref))).reason, atoms::shutdown);
                check((co_await receive(any(), after(0s))).index() == 1);
                send(to, "over"_atom);
                co_await receive(on([](const Message&) { return false; }));
            };
            const Spawned parent = spawnMonitor(stops, self());
            checkEqual((co_await receive(any())).term(), "over"_atom);
            const auto info = co_await processInfo(parent.pid, kInfinity);
            check(std::get<ProcessInfo>(info).links.empty());
            co_await killAndAwaitDown(parent.pid);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void exitAlreadyQueuedStaysAfterUnlink() { // L-006, L-038
        GROVE_EVERYWHERE([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Pid peer = spawnLink(endsWhenTold);
            const Ref ref = monitor(peer);
            send(peer, "boo"_atom);
            static_cast<void>(co_await receive(on<Down>(ref))); // EXIT came before it
            unlink(peer);
            setTrapExit(TrapExit::No);
            const Exit ended = co_await receive(on<Exit>(peer));
            checkEqual(ended.reason, "boo"_atom);
        });
    }
};

QTEST_APPLESS_MAIN(tst_Unlink)
#include "tst_unlink.moc"
