#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/term/identifiers.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Links to `peer`, says so, and waits.
Task<> linksTo(Pid peer, Pid to) {
    link(peer);
    send(to, "linked"_atom);
    co_await receive(on([](const Message&) { return false; }));
}

Task<> forwards(Pid to) {
    for (;;)
        send(to, co_await next());
}

Task<> tellsAfterLink(Pid peer, Pid to) {
    link(peer);
    send(to, "linked"_atom);
    co_await forwards(to);
}

/// Tells a process whether it has neither links nor monitors.
Task<> tellsIfAlone(Pid whom) {
    const auto asked = co_await processInfo(whom, kInfinity);
    const auto& info = std::get<ProcessInfo>(asked);
    const bool isAlone = info.links.empty() && info.monitors.empty();
    send(whom, isAlone ? "alone"_atom : "not_alone"_atom);
}

} // namespace

/// Links and monitors; aliases have a file of their own.
class tst_Links : public QObject {
    Q_OBJECT

private slots:
    void linkToTheDeadTrapping() { // L-001
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            co_await killAndAwaitDown(peer);
            setTrapExit(TrapExit::Yes);
            link(peer);
            checkEqual(co_await next(), tuple(atoms::EXIT, peer, atoms::noproc));
        });
    }

    void linkToTheDeadPlainRaises() { // L-002
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            co_await killAndAwaitDown(peer);
            const auto linked = attempt([peer] { link(peer); });
            check(!linked);
            checkEqual(linked.error().term, atoms::noproc);
        });
    }

    void linkToOneselfIsNothing() { // L-003, L-017
        GROVE_EVERYWHERE([]() -> Task<> {
            link(self());
            const Ref ref = monitor(self());
            check(static_cast<bool>(ref));
            spawn(tellsIfAlone, self());
            checkEqual((co_await receive(any())).term(), "alone"_atom);
            check(co_await isQuiet());
        });
    }

    void linksDoNotCount() { // L-004, L-005
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(endsWhenTold);
            link(peer);
            link(peer);
            unlink(peer);
            unlink(peer);
            const Ref ref = monitor(peer);
            send(peer, "boo"_atom);
            const Down down = co_await receive(on<Down>(ref));
            checkEqual(down.reason, "boo"_atom); // and this process is alive to see it
        });
    }

    void normalEndOfALinkedPeer() { // L-007
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid plain = spawnLink([]() -> Task<> { co_return; });
            co_await awaitDown(plain);
            setTrapExit(TrapExit::Yes);
            const Pid peer = spawnLink([]() -> Task<> { co_return; });
            checkEqual(co_await next(), tuple(atoms::EXIT, peer, atoms::normal));
        });
    }

    void linkCarriedKillIsAnOrdinaryReason() { // L-008
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(endsWhenTold);
            const Spawned plain = spawnMonitor(linksTo, peer, self());
            checkEqual(co_await next(), "linked"_atom);
            setTrapExit(TrapExit::Yes);
            link(peer);
            send(peer, atoms::kill);
            const Down down = co_await receive(on<Down>(plain.monitor));
            checkEqual(down.reason, atoms::kill);
            const Exit ended = co_await receive(on<Exit>(peer));
            checkEqual(ended.reason, atoms::kill);
        });
    }

    void linkedPeersOfAKilledProcessGetKilled() { // L-009, P-019
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            const Spawned plain = spawnMonitor(linksTo, peer, self());
            checkEqual(co_await next(), "linked"_atom);
            setTrapExit(TrapExit::Yes);
            link(peer);
            exit(peer, atoms::kill);
            const Down down = co_await receive(on<Down>(plain.monitor));
            checkEqual(down.reason, atoms::killed);
            const Exit ended = co_await receive(on<Exit>(peer));
            checkEqual(ended.reason, atoms::killed);
        });
    }

    void reasonTravelsAlongAChain() { // P-018
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid a = spawn(idle);
            const Pid b = spawn(linksTo, a, self());
            checkEqual(co_await next(), "linked"_atom);
            const Pid c = spawn(linksTo, b, self());
            checkEqual(co_await next(), "linked"_atom);
            const Ref onA = monitor(a);
            const Ref onB = monitor(b);
            exit(c, "reason"_atom);
            Down down = co_await receive(on<Down>(onA));
            checkEqual(down.reason, "reason"_atom);
            down = co_await receive(on<Down>(onB));
            checkEqual(down.reason, "reason"_atom);
        });
    }

    void eitherSideReachesTheOtherOnce() { // L-010, L-039
        GROVE_EVERYWHERE([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Pid peer = spawnLink(endsWhenTold);
            send(peer, "boo"_atom);
            const Exit ended = co_await receive(on<Exit>(peer));
            checkEqual(ended.reason, "boo"_atom);
            check(co_await isQuiet());
        });
    }

    void childOfATrappingParentIsPlain() { // L-011
        GROVE_EVERYWHERE([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Pid peer = spawnLink([]() -> Task<> {
                check(setTrapExit(TrapExit::No) == TrapExit::No);
                co_return;
            });
            const Exit ended = co_await receive(on<Exit>(peer));
            checkEqual(ended.reason, atoms::normal);
        });
    }

    void monitorOfTheDead() { // L-012, L-013
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            co_await killAndAwaitDown(peer);
            const Ref ref = monitor(peer);
            checkEqual(co_await next(),
                       tuple(atoms::DOWN, ref, atoms::process, peer, atoms::noproc));
            const Ref named = monitor("nobody_here"_atom);
            checkEqual(co_await next(),
                       tuple(atoms::DOWN, named, atoms::process,
                             tuple("nobody_here"_atom, localNode().name), atoms::noproc));
        });
    }

    void monitorByNameSpeaksOfTheName() { // L-014, L-015
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(endsWhenTold);
            check(registerName("watched"_atom, peer).has_value());
            const Ref ref = monitor("watched"_atom);
            check(unregisterName("watched"_atom).has_value());
            const Pid other = spawn(idle);
            check(registerName("watched"_atom, other).has_value());
            send(peer, "boo"_atom);
            checkEqual(co_await next(), tuple(atoms::DOWN, ref, atoms::process,
                                              tuple("watched"_atom, localNode().name), "boo"_atom));
        });
    }

    void monitorsStack() { // L-016, L-019, L-026
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(endsWhenTold);
            const Ref one = monitor(peer);
            const Ref two = monitor(peer);
            check(one != two);
            send(peer, atoms::normal);
            const Down first = co_await receive(on<Down>(one));
            const Down second = co_await receive(on<Down>(two));
            checkEqual(first.reason, atoms::normal);
            checkEqual(second.reason, atoms::normal);
        });
    }

    void queuedDownStaysAfterDemonitor() { // L-020
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            const Ref ref = monitor(peer);
            const Ref other = monitor(peer);
            exit(peer, atoms::kill);
            static_cast<void>(co_await receive(on<Down>(other))); // from the same sender
            // Both are here by now or on their way: in the end one way or the other it is gone.
            const bool wasActive = demonitor(ref);
            const auto down = co_await receive(on<Down>(ref), after(0s));
            check(wasActive == (down.index() == 1));
        });
    }

    void demonitorWithFlushRemovesTheDown() { // L-021, L-022
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int i = 0; i < 20; ++i) {
                const Pid peer = spawn(idle);
                const Ref ref = monitor(peer);
                const Ref other = monitor(peer);
                exit(peer, atoms::kill);
                static_cast<void>(co_await receive(on<Down>(other)));
                static_cast<void>(demonitor(ref, Flush::Yes));
                check(!demonitor(ref, Flush::Yes));
                check(co_await isQuiet());
            }
        });
    }

    void demonitorOfWhatIsNotOnesOwn() { // L-023
        GROVE_EVERYWHERE([]() -> Task<> {
            check(!demonitor(makeRef()));
            const Pid peer = spawn(endsWhenTold);
            const Ref ref = monitor(peer);
            const Spawned meddler = spawnMonitor(
                [](Ref foreign) -> Task<> {
                    check(!demonitor(foreign, Flush::Yes));
                    co_return;
                },
                ref);
            Down down = co_await receive(on<Down>(meddler.monitor));
            checkEqual(down.reason, atoms::normal);
            send(peer, "boo"_atom);
            down = co_await receive(on<Down>(ref));
            checkEqual(down.reason, "boo"_atom);
        });
    }

    void monitorsOfADeadWatcherVanish() { // L-025
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            const Pid watcher = spawn(
                [](Pid watched, Pid to) -> Task<> {
                    static_cast<void>(monitor(watched));
                    send(to, "watching"_atom);
                    co_await receive(on([](const Message&) { return false; }));
                },
                peer, self());
            checkEqual(co_await next(), "watching"_atom);
            co_await killAndAwaitDown(watcher);
            // Its Demonitor was sent before its Down: it is there.
            const auto info = co_await processInfo(peer, kInfinity);
            check(std::get<ProcessInfo>(info).monitoredBy.empty());
        });
    }

    void crashReachesAllLinkedPeers() { // L-040
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            std::vector<Spawned> linked;
            for (int i = 0; i < 10; ++i) {
                linked.push_back(spawnMonitor(linksTo, peer, self()));
                checkEqual(co_await next(), "linked"_atom);
            }
            exit(peer, "crash"_atom);
            for (const Spawned& each : linked) {
                const Down down = co_await receive(on<Down>(each.monitor));
                checkEqual(down.reason, "crash"_atom);
            }
        });
    }

    void theTableOfLinkedEnds() { // L-035, L-007, L-008
        GROVE_EVERYWHERE([]() -> Task<> {
            for (const Atom reason : {atoms::normal, atoms::kill, "boo"_atom}) {
                for (const bool traps : {false, true}) {
                    const Pid peer = spawn(endsWhenTold);
                    const Spawned linked = spawnOpt({.monitor = true, .trapExit = traps},
                                                    tellsAfterLink, peer, self());
                    checkEqual(co_await next(), "linked"_atom);
                    send(peer, reason);
                    if (traps) {
                        checkEqual(co_await next(), tuple(atoms::EXIT, peer, reason));
                    } else if (reason == atoms::normal) {
                        static_cast<void>(co_await awaitDown(peer));
                        send(linked.pid, "alive"_atom);
                        checkEqual(co_await next(), "alive"_atom);
                    } else {
                        const Down down = co_await receive(on<Down>(linked.monitor));
                        checkEqual(down.reason, reason);
                        continue;
                    }
                    check(demonitor(linked.monitor));
                    co_await killAndAwaitDown(linked.pid);
                }
            }
        });
    }

    void theTableOfExitSignals() { // L-036
        GROVE_EVERYWHERE([]() -> Task<> {
            for (const Atom reason : {atoms::normal, atoms::kill, "boo"_atom}) {
                for (const bool traps : {false, true}) {
                    const Spawned peer =
                        spawnOpt({.monitor = true, .trapExit = traps}, forwards, self());
                    exit(peer.pid, reason);
                    if (reason == atoms::kill || (!traps && reason != atoms::normal)) {
                        const Down down = co_await receive(on<Down>(peer.monitor));
                        checkEqual(down.reason, reason == atoms::kill ? atoms::killed : reason);
                        continue;
                    }
                    if (traps)
                        checkEqual(co_await next(), tuple(atoms::EXIT, self(), reason));
                    send(peer.pid, "alive"_atom);
                    checkEqual(co_await next(), "alive"_atom);
                    check(demonitor(peer.monitor));
                    co_await killAndAwaitDown(peer.pid);
                }
            }
        });
    }

    void noMonitorEverSaysNoconnection() { // L-034
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid gone = spawn(idle);
            co_await killAndAwaitDown(gone);
            const Pid peer = spawn(endsWhenTold);
            const auto watched =
                std::to_array({monitor(gone), monitor("nobody_here"_atom), monitor(peer)});
            send(peer, "boo"_atom);
            for (const Ref ref : watched) {
                const Down down = co_await receive(on<Down>(ref));
                check(!down.reason.isAtom("noconnection"_atom));
            }
        });
    }

    void unlinkAndLinkFromBothSidesAgree() {
        // Links and unlinks cross on their way; afterwards both sides must see the same.
        GROVE_EVERYWHERE([]() -> Task<> {
            struct Side {
                static Task<> run(Pid to) {
                    setTrapExit(TrapExit::Yes);
                    const Message first = co_await receive(any());
                    const Pid peer = first.term().toPid();
                    for (int i = 0; i < 5; ++i) {
                        link(peer);
                        co_await yield();
                        unlink(peer);
                        co_await yield();
                    }
                    send(to, "settled"_atom);
                    co_await receive(on([](const Message&) { return false; }));
                }
            };
            const Pid a = spawn(Side::run, self());
            const Pid b = spawn(Side::run, self());
            send(a, b);
            send(b, a);
            checkEqual(co_await next(), "settled"_atom);
            checkEqual(co_await next(), "settled"_atom);
            // Each acknowledgement takes a round; the second question comes after them.
            for (int round = 0; round < 4; ++round) {
                static_cast<void>(co_await processInfo(a, kInfinity));
                static_cast<void>(co_await processInfo(b, kInfinity));
            }
            const auto ofA = co_await processInfo(a, kInfinity);
            const auto ofB = co_await processInfo(b, kInfinity);
            check(std::get<ProcessInfo>(ofA).links.empty() ==
                  std::get<ProcessInfo>(ofB).links.empty());
        });
    }
};

QTEST_APPLESS_MAIN(tst_Links)
#include "tst_links.moc"
