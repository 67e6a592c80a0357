#include "peers.h"
#include "support/sim_fixture.h"

#include <QTest>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Sends `to` everything it gets.
Task<> forwarder(Pid to) {
    for (;;) {
        Message message = co_await receive(any());
        send(to, message.term());
    }
}

Task<> trapping(Pid to) {
    setTrapExit(TrapExit::Yes);
    send(to, atoms::ok);
    for (;;) {
        Message message = co_await receive(any());
        send(to, message.term());
    }
}

/// Whoever moves it makes a coroutine, and drops it.
struct MakesATask {
    MakesATask() = default;
    MakesATask(MakesATask&&) noexcept {
        const auto small = []() -> Task<> { co_return; };
        const Task<> dropped = small();
    }
};

/// Its frame holds more than 4,000 bytes.
template <class Other> Task<> holdsMuch(std::array<char, 4'000>, Other) {
    co_await idle();
}
template <class Other> Task<std::uint64_t> memoryOfMuch() {
    const Pid peer = spawn(holdsMuch<Other>, std::array<char, 4'000>{}, Other());
    auto info = co_await processInfo(peer);
    co_return std::get<ProcessInfo>(info).row.memoryBytes;
}

} // namespace

/// P-001 to P-044 as far as they concern processes and signals.
class tst_Processes : public QObject {
    Q_OBJECT

private slots:
    void aFrameCountsWithItsOwnSize() {
        GROVE_EVERYWHERE([]() -> Task<> {
            struct Empty {};
            const std::uint64_t plain = co_await memoryOfMuch<Empty>();
            const std::uint64_t other = co_await memoryOfMuch<MakesATask>();
            check(plain > 4'000 && other >= plain && other < plain + 100);
        });
    }

    void aFrameThatLiesInItsCallersCountsNothing() {
        // As the compiler does it: no operator new, and the promise lies over what was there.
        using Promise = grove::detail::TaskPromise<int>;
        alignas(16) std::array<std::byte, sizeof(Promise) + 16> frame;
        frame.fill(std::byte{0xAB});
        Promise* const promise = std::construct_at(reinterpret_cast<Promise*>(&frame[16]));
        QCOMPARE(promise->frameBytes, 0U);
        std::destroy_at(promise);
    }

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

    void unknownNameIsBadarg() { // P-021
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto sent = attempt([] { send("nobody_has_this"_atom, 1); });
            check(!sent);
            checkEqual(sent.error().term, atoms::badarg);
            check(!trySend("nobody_has_this"_atom, 1));
            sendCast("nobody_has_this"_atom, 1);
            co_return;
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

    void isAliveOrdersAfterTheSignal() { // P-026
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int i = 0; i < 20; ++i) {
                const Pid peer = spawn(idle);
                check(co_await isAlive(peer));
                exit(peer, "kill"_atom);
                check(!co_await isAlive(peer));
            }
        });
    }

    void infoOfTheDeadIsNone() { // P-027
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            co_await killAndAwaitDown(peer);
            const auto info = co_await processInfo(peer);
            check(std::holds_alternative<NoProcess>(info));
        });
    }

    void infoSaysWhatIsTrue() { // P-028, P-030
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned peer = spawnOpt({.link = true, .monitor = true, .trapExit = true}, idle);
            send(peer.pid, "unread"_atom);
            check(registerName("info_name"_atom, peer.pid).has_value());
            const Ref second = monitor(peer.pid);
            const auto asked = co_await processInfo(peer.pid, kInfinity);
            const auto* const info = std::get_if<ProcessInfo>(&asked);
            check(info != nullptr);
            check(info->links == std::vector<Pid>{self()});
            check(info->monitoredBy == std::vector<Pid>{self(), self()});
            check(info->row.trapExit);
            check(info->row.name == "info_name"_atom);
            check(info->row.mailboxLength == 1);
            check(info->row.parent == self());
            check(info->ancestors == std::vector<Pid>{self()});
            check(!info->awaitChain.empty());
            check(std::string(info->awaitChain[0].function.function_name()).find("idle") !=
                  std::string::npos);
            demonitor(second);
            unlink(peer.pid);
            const auto page = co_await mailboxPage(peer.pid, 0, 10, kInfinity);
            check(std::get<MailboxPage>(page).length == 1);
            checkEqual(std::get<MailboxPage>(page).messages.at(0).term, "unread"_atom);
        });
    }

    void trapExitReturnsTheOldValue() { // P-031
        GROVE_EVERYWHERE([]() -> Task<> {
            check(setTrapExit(TrapExit::Yes) == TrapExit::No);
            check(setTrapExit(TrapExit::No) == TrapExit::Yes);
            co_return;
        });
    }

    void dictionaryIsPrivateAndNotInherited() { // P-033
        GROVE_EVERYWHERE([]() -> Task<> {
            check(!dictionaryPut("key"_atom, 1));
            checkEqual(dictionaryPut("key"_atom, 2).value(), 1);
            checkEqual(dictionaryGet("key"_atom).value(), 2);
            const Spawned peer = spawnMonitor([]() -> Task<> {
                check(!dictionaryGet("key"_atom));
                co_return;
            });
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, atoms::normal);
            checkEqual(dictionaryErase("key"_atom).value(), 2);
            check(!dictionaryGet("key"_atom));
        });
    }

    void suspendedProcessDoesNotRunAndStillAnswers() { // P-035
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(forwarder, self());
            suspendProcess(peer);
            suspendProcess(peer);
            send(peer, 1);
            auto asked = co_await processInfo(peer, kInfinity);
            check(std::get<ProcessInfo>(asked).suspendCount == 2);
            check(std::get<ProcessInfo>(asked).row.mailboxLength == 1);
            resumeProcess(peer);
            asked = co_await processInfo(peer, kInfinity);
            check(std::get<ProcessInfo>(asked).row.mailboxLength == 1); // two need two
            check(std::get<ProcessInfo>(asked).suspendCount == 1);
            resumeProcess(peer);
            checkEqual(co_await next(), 1);
            suspendProcess(peer);
            checkEqual(co_await killAndAwaitDown(peer), atoms::killed); // and dies all the same
        });
    }

    void suspensionEndsWithItsSuspender() { // P-035
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(forwarder, self());
            const Pid suspender = spawn(
                [](Pid about, Pid owner) -> Task<> {
                    suspendProcess(about);
                    suspendProcess(about);
                    send(owner, "suspended"_atom);
                    static_cast<void>(co_await next());
                },
                peer, self());
            checkEqual(co_await next(), "suspended"_atom);
            send(peer, 1);
            const auto resumed = attempt([peer] { resumeProcess(peer); }); // not this one's
            checkEqual(resumed.error().term, atoms::badarg);
            auto asked = co_await processInfo(peer, kInfinity);
            check(std::get<ProcessInfo>(asked).suspendCount == 2);
            check(std::get<ProcessInfo>(asked).monitors.empty());
            suspendProcess(peer);
            checkEqual(co_await killAndAwaitDown(suspender), atoms::killed);
            // Its own is left. What another process sent on its way may still be under way.
            do {
                asked = co_await processInfo(peer, kInfinity);
            } while (std::get<ProcessInfo>(asked).suspendCount > 1);
            check(std::get<ProcessInfo>(asked).suspendCount == 1);
            check(std::get<ProcessInfo>(asked).row.mailboxLength == 1);
            resumeProcess(peer);
            checkEqual(co_await next(), 1);
        });
    }

    void spawnedChildCannotDieUnobserved() { // P-036, P-037
        GROVE_EVERYWHERE([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            for (int i = 0; i < 20; ++i) {
                const Spawned peer =
                    spawnOpt({.link = true, .monitor = true}, []() -> Task<> { co_return; });
                const Exit ended = co_await receive(on<Exit>(peer.pid));
                checkEqual(ended.reason, atoms::normal);
                const Down down = co_await receive(on<Down>(peer.monitor));
                checkEqual(down.reason, atoms::normal);
            }
        });
    }

    void selfIsWhatSpawnReturned() { // P-041
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(
                [](Pid to) -> Task<> {
                    send(to, self());
                    co_return;
                },
                self());
            checkEqual(co_await next(), peer);
        });
    }

    void stalePidNeverReachesANewProcess() { // P-042
        GROVE_EVERYWHERE([]() -> Task<> {
            std::vector<Pid> stale;
            for (int i = 0; i < 200; ++i) {
                const Pid peer = spawn(idle);
                co_await killAndAwaitDown(peer);
                stale.push_back(peer);
            }
            const Pid fresh = spawn(forwarder, self());
            for (const Pid each : stale) {
                check(each != fresh);
                send(each, "stale"_atom);
                exit(each, atoms::kill);
                const Ref ref = monitor(each);
                const Down down = co_await receive(on<Down>(ref));
                checkEqual(down.reason, atoms::noproc);
            }
            send(fresh, "fresh"_atom);
            checkEqual(co_await next(), "fresh"_atom);
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

    void deepAwaitChainIsASystemLimit() {
        GROVE_SIMULATED(
            []() -> Task<> {
                struct Deep {
                    static Task<int> go(int depth) {
                        if (depth == 0) {
                            co_await yield();
                            co_return 0;
                        }
                        co_return 1 + co_await go(depth - 1);
                    }
                };
                check(co_await Deep::go(9'000) == 9'000);
                const auto tooDeep = co_await attempt(Deep::go(20'000));
                check(!tooDeep);
                checkEqual(tooDeep.error().term, atoms::systemLimit);
            },
            SimulationOptions{});
    }

    void killedInADeepChainDestroysItAll() {
        GROVE_SIMULATED([]() -> Task<> {
            struct Deep {
                static Task<int> go(int depth) {
                    if (depth == 0) {
                        co_await receive(on([](const Message&) { return false; }));
                        co_return 0;
                    }
                    co_return 1 + co_await go(depth - 1);
                }
            };
            const Pid peer = spawn([]() -> Task<> { co_await Deep::go(9'990); });
            co_await yield();
            checkEqual(co_await killAndAwaitDown(peer), atoms::killed);
        });
    }
};

QTEST_APPLESS_MAIN(tst_Processes)
#include "tst_processes.moc"
