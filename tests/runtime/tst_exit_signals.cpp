#include "peers.h"
#include "support/sim_fixture.h"

#include <QTest>

#include <stdexcept>
#include <vector>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

Task<> trapping(Pid to) {
    setTrapExit(TrapExit::Yes);
    send(to, atoms::ok);
    co_await forwarder(to);
}

} // namespace

/// P-001 to P-044 as far as they concern exit signals, reasons and their order.
class tst_ExitSignals : public QObject {
    Q_OBJECT

private slots:
    void normalFromAnotherEndsNobody() { // P-001
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(forwarder, self());
            exit(peer, atoms::normal);
            send(peer, 1);
            checkEqual(co_await next(), 1);
        });
    }

    void normalToOneselfEndsAPlainProcess() { // P-002
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned peer = spawnMonitor([]() -> Task<> {
                exit(self(), atoms::normal);
                co_await receive(on([](const Message&) { return false; }));
            });
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, atoms::normal);
        });
    }

    void trappingProcessGetsNormalAsAMessage() { // P-003, P-004, L-037
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(trapping, self());
            checkEqual(co_await next(), atoms::ok);
            exit(peer, atoms::normal);
            checkEqual(co_await next(), tuple(atoms::EXIT, self(), atoms::normal));
            setTrapExit(TrapExit::Yes);
            exit(self(), atoms::normal);
            checkEqual(co_await next(), tuple(atoms::EXIT, self(), atoms::normal));
        });
    }

    void killCannotBeTrapped() { // P-005
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(trapping, self());
            checkEqual(co_await next(), atoms::ok);
            checkEqual(co_await killAndAwaitDown(peer), atoms::killed);
            const Pid plain = spawn(idle);
            checkEqual(co_await killAndAwaitDown(plain), atoms::killed);
        });
    }

    void oneArgumentExitWithKillIsAnOrdinaryReason() { // P-006
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(endsWhenTold);
            const Ref ref = monitor(peer);
            send(peer, atoms::kill);
            checkEqual((co_await receive(on<Down>(ref))).reason, atoms::kill);
        });
    }

    void exitSignalEndsAPlainProcessAndIsTrappedByOthers() { // P-007, P-008
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid plain = spawn(idle);
            checkEqual(co_await killAndAwaitDown(plain, "boo"_atom), "boo"_atom);
            const Pid peer = spawn(trapping, self());
            checkEqual(co_await next(), atoms::ok);
            exit(peer, "boo"_atom);
            checkEqual(co_await next(), tuple(atoms::EXIT, self(), "boo"_atom));
        });
    }

    void firstExitSignalCounts() { // P-009
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            const Ref ref = monitor(peer);
            exit(peer, "first"_atom);
            exit(peer, "second"_atom);
            const Down down = co_await receive(on<Down>(ref));
            checkEqual(down.reason, "first"_atom);
        });
    }

    void signalsToTheDeadAreDropped() { // P-010, P-020
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            co_await killAndAwaitDown(peer);
            exit(peer, "boo"_atom);
            send(peer, 1);
            check(!co_await isAlive(peer));
        });
    }

    void uncaughtClassesEndWithTheirReasons() { // P-011
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned byError = spawnMonitor([]() -> Task<> {
                error("wrong"_atom);
                co_return;
            });
            const Spawned byThrow = spawnMonitor([]() -> Task<> {
                throwTerm("ball"_atom);
                co_return;
            });
            const Spawned byExit = spawnMonitor([]() -> Task<> {
                grove::exit(tuple("shutdown"_atom, 1));
                co_return;
            });
            const Spawned foreign = spawnMonitor([]() -> Task<> {
                throw std::runtime_error("what it says");
                co_return;
            });
            Down down = co_await receive(on<Down>(byError.monitor));
            check(down.reason.isTuple(2));
            checkEqual(down.reason.element(0), "wrong"_atom);
            check(down.reason.element(1).isCons()); // the place of the throw at least
            down = co_await receive(on<Down>(byThrow.monitor));
            checkEqual(down.reason.element(0), tuple("nocatch"_atom, "ball"_atom));
            down = co_await receive(on<Down>(byExit.monitor));
            checkEqual(down.reason, tuple("shutdown"_atom, 1));
            down = co_await receive(on<Down>(foreign.monitor));
            checkEqual(down.reason.element(0),
                       tuple("cxx_exception"_atom, "std::runtime_error", "what it says"));
        });
    }

    void returningEndsNormal() { // P-012
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned peer = spawnMonitor([]() -> Task<> { co_return; });
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, atoms::normal);
            check(down.pid == peer.pid);
        });
    }

    void attemptCatchesByClass() { // P-015, P-016
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto byExit = attempt([] { grove::exit("a"_atom); });
            check(!byExit && byExit.error().errorClass == ErrorClass::Exit);
            checkEqual(byExit.error().catchValue(), tuple(atoms::EXIT, "a"_atom));
            const auto byThrow = attempt([] { throwTerm("b"_atom); });
            checkEqual(byThrow.error().catchValue(), "b"_atom);
            const auto byError = attempt([] { error("c"_atom); });
            checkEqual(byError.error().catchValue().element(1).element(0), "c"_atom);
            const auto inTask = co_await attempt([]() -> Task<int> {
                co_await yield();
                error("d"_atom);
                co_return 1;
            }());
            check(!inTask);
            checkEqual(inTask.error().term, "d"_atom);
            const auto good = co_await attempt([]() -> Task<int> { co_return 7; }());
            check(good.has_value() && *good == 7);
        });
    }

    void noHandlerRunsOnAKillButDestructorsDo() { // P-017 and its departure
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(
                [](Pid watcher) -> Task<> {
                    struct Says {
                        Pid to;
                        ~Says() { send(to, "destroyed"_atom); }
                    } says{watcher};
                    try {
                        send(watcher, "ready"_atom);
                        co_await receive(on([](const Message&) { return false; }));
                    } catch (...) {
                        send(watcher, "handled"_atom);
                        throw;
                    }
                },
                self());
            checkEqual(co_await next(), "ready"_atom);
            const Ref ref = monitor(peer);
            exit(peer, "kill"_atom);
            checkEqual(co_await next(), "destroyed"_atom); // and heard of before the death
            const Down down = co_await receive(on<Down>(ref));
            checkEqual(down.reason, atoms::killed);
            const auto more = co_await receive(any(), after(0s));
            check(more.index() == 1);
        });
    }

    void signalsOfOneSenderKeepTheirOrder() { // P-023
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int round = 0; round < 3; ++round) {
                const Spawned peer = spawnMonitor(
                    [](Pid to) -> Task<> {
                        for (int i = 0; i < 200; ++i)
                            send(to, i);
                        grove::exit("bye"_atom);
                        co_return;
                    },
                    self());
                for (int i = 0; i < 200; ++i) {
                    if (i % 7 == 0)
                        co_await yield();
                    checkEqual(co_await next(), i);
                }
                const Down down = co_await receive(on<Down>(peer.monitor));
                checkEqual(down.reason, "bye"_atom);
            }
        });
    }

    void messagesSentBeforeAnExitComeFirst() { // P-024, P-025
        GROVE_EVERYWHERE([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Spawned peer = spawnOpt(
                {.link = true, .monitor = true},
                [](Pid to) -> Task<> {
                    send(to, "one"_atom);
                    send(to, "two"_atom);
                    grove::exit("bye"_atom);
                    co_return;
                },
                self());
            checkEqual(co_await next(), "one"_atom);
            checkEqual(co_await next(), "two"_atom);
            checkEqual(co_await next(), tuple(atoms::EXIT, peer.pid, "bye"_atom));
            checkEqual(co_await next(),
                       tuple(atoms::DOWN, peer.monitor, atoms::process, peer.pid, "bye"_atom));
        });
    }

    void trapExitReturnsTheOldValue() { // P-031
        GROVE_EVERYWHERE([]() -> Task<> {
            check(setTrapExit(TrapExit::Yes) == TrapExit::No);
            check(setTrapExit(TrapExit::No) == TrapExit::Yes);
            co_return;
        });
    }

    void reasonsMayBeLarge() { // P-044
        GROVE_EVERYWHERE([]() -> Task<> {
            std::vector<Term> many(10'000, Term("x"_atom));
            const Term reason = tuple("big"_atom, listOf(many));
            const Spawned peer = spawnMonitor(
                [](Term given) -> Task<> {
                    grove::exit(given);
                    co_return;
                },
                reason);
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, reason);
        });
    }
};

QTEST_APPLESS_MAIN(tst_ExitSignals)
#include "tst_exit_signals.moc"
