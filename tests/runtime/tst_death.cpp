#include "peers.h"
#include "support/counted.h"
#include "support/sim_fixture.h"

#include <grove/runtime/blocking.h>
#include <grove/runtime/outside_exit_hook.h>
#include <grove/runtime/timers.h>

#include <QTest>

#include <atomic>
#include <memory>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

struct Says {
    Pid to;
    Term what;
    Says(Pid whom, Term text) : to(whom), what(std::move(text)) {}
    Says(const Says&) = delete;
    ~Says() { send(to, what); }
};

Task<> inner(Pid to) {
    const Says says(to, "inner"_atom);
    co_await idle();
}

Task<> holdsCounted(Counted argument) {
    const Counted local(argument.value);
    const auto task = [](Counted deeper) -> Task<int> {
        co_await idle();
        co_return deeper.value;
    };
    co_await task(Counted(1));
}

/// What a matcher throws, after it has killed its own process.
struct LastWords {
    std::shared_ptr<const Says> words;
};
Task<> throwsAndIsKilled(Pid to) {
    send(to, "waits"_atom);
    co_await receive(on([to](const Message&) -> bool {
        exit(self(), atoms::kill); // before what is thrown goes on its way
        throw LastWords{std::make_shared<const Says>(to, "thrown"_atom)};
    }));
}

class Hook final : public ExitHook {
public:
    explicit Hook(Pid whom, Term text) : m_to(whom), m_text(std::move(text)) {}
    void released(Runtime& runtime, Pid pid, const Term& reason) noexcept override {
        runtime.send(m_to, tuple(m_text, pid, reason));
        delete this;
    }
    void discard() { delete this; }

private:
    ~Hook() = default;
    Pid m_to;
    Term m_text;
};

class NeverReleased final : public ExitHook {
public:
    void released(Runtime&, Pid, const Term&) noexcept override {
        GROVE_UNREACHABLE("it was refused");
    }
};

} // namespace

/// The order of a death, lifetimes, blocking work.
class tst_Death : public QObject {
    Q_OBJECT

private slots:
    void framesGoInnermostFirstAndBeforeAnybodyHears() {
        GROVE_EVERYWHERE([]() -> Task<> {
            setTrapExit(TrapExit::Yes);
            const Spawned peer = spawnOpt(
                {.link = true, .monitor = true},
                [](Pid to) -> Task<> {
                    const Says says(to, "outer"_atom);
                    addExitHook(*new Hook(to, "hook one"_atom));
                    addExitHook(*new Hook(to, "hook two"_atom));
                    send(to, "ready"_atom);
                    co_await inner(to);
                },
                self());
            checkEqual(co_await next(), "ready"_atom);
            exit(peer.pid, atoms::kill);
            checkEqual(co_await next(), "inner"_atom);
            checkEqual(co_await next(), "outer"_atom);
            checkEqual(co_await next(), tuple("hook two"_atom, peer.pid, atoms::killed));
            checkEqual(co_await next(), tuple("hook one"_atom, peer.pid, atoms::killed));
            checkEqual(co_await next(), tuple(atoms::EXIT, peer.pid, atoms::killed));
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, atoms::killed);
        });
    }

    void hooksFromOutsideRunBeforeAnybodyHearsOrAreRefused() {
        GROVE_EVERYWHERE([]() -> Task<> {
            Runtime& runtime = Runtime::current();
            const Spawned peer = spawnMonitor(idle);
            check(addExitHook(runtime, peer.pid, *new Hook(self(), "hook one"_atom)));
            // Names come and go as before.
            check(registerName("hooked"_atom, peer.pid).has_value());
            check(!registerName("hooked_too"_atom, peer.pid).has_value());
            check(whereis("hooked"_atom) == peer.pid);
            check(addExitHook(runtime, peer.pid, *new Hook(self(), "hook two"_atom)));
            check(runtime.peekRow(peer.pid)->name == "hooked"_atom);
            check(unregisterName("hooked"_atom).has_value());
            check(!runtime.peekRow(peer.pid)->name);
            check(registerName("hooked_again"_atom, peer.pid).has_value());
            exit(peer.pid, atoms::kill);
            checkEqual(co_await next(), tuple("hook two"_atom, peer.pid, atoms::killed));
            checkEqual(co_await next(), tuple("hook one"_atom, peer.pid, atoms::killed));
            co_await receive(on<Down>(peer.monitor));
            check(!whereis("hooked_again"_atom));
            NeverReleased refused;
            check(!addExitHook(runtime, peer.pid, refused));
            // Of many that end on their own, each either runs its hook or refuses it.
            for (int i = 0; i < 50; ++i) {
                const Spawned brief = spawnMonitor([]() -> Task<> { co_return; });
                if (i % 2 == 0)
                    co_await yield();
                auto* const hook = new Hook(self(), "brief"_atom);
                const bool isAdded = addExitHook(runtime, brief.pid, *hook);
                if (!isAdded)
                    hook->discard();
                co_await receive(on<Down>(brief.monitor));
                const auto told = co_await receive(any(), after(Duration::zero()));
                check((told.index() == 0) == isAdded);
            }
        });
    }

    void whatWasThrownAndNeverRaisedGoesBeforeTheDeathIsTold() {
        GROVE_SIMULATED(
            []() -> Task<> {
                const Spawned peer = spawnMonitor(throwsAndIsKilled, self());
                checkEqual(co_await next(), "waits"_atom);
                send(peer.pid, "go"_atom);
                const Message first = co_await receive(any());
                check(first.kind() == MessageKind::Plain);
                checkEqual((co_await receive(on<Down>(peer.monitor))).reason, atoms::killed);
            },
            SimulationOptions{});
    }

    void everyFrameAndArgumentIsDestroyedOnce() {
        Counted::reset();
        GROVE_SIMULATED(
            []() -> Task<> {
                for (int i = 0; i < 5; ++i) {
                    const Pid peer = spawn(holdsCounted, Counted(i));
                    if (i != 0)
                        co_await yield(); // sometimes it has run, sometimes not
                    co_await killAndAwaitDown(peer);
                }
                {
                    const auto neverAwaited = holdsCounted(Counted(9));
                }
                const auto caught = co_await attempt([](Counted) -> Task<> {
                    error("x"_atom);
                    co_return;
                }(Counted(3)));
                check(!caught);
            },
            SimulationOptions{});
        QCOMPARE(Counted::s_alive, 0);
        QCOMPARE(Counted::s_destroyedTwice, 0);
        QVERIFY(Counted::s_made > 0);
    }

    void blockingWorkGivesItsValueAndThrows() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const int value = co_await blocking([] { return 42; });
            check(value == 42);
            int touched = 0; // the frame stays while the work runs
            co_await blocking([&touched] { touched = 7; });
            check(touched == 7);
            const auto thrown = co_await attempt(
                []() -> Task<> { co_await blocking([] { throw std::runtime_error("disk"); }); }());
            check(!thrown);
            checkEqual(thrown.error().term,
                       tuple("cxx_exception"_atom, "std::runtime_error", "disk"));
        });
    }

    void messagesWaitWhileWorkBlocks() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(
                [](Pid to) -> Task<> {
                    send(to, "before"_atom);
                    co_await blocking([] {});
                    const Message message = co_await receive(any());
                    send(to, message.term());
                },
                self());
            send(peer, "kept"_atom);
            checkEqual(co_await next(), "before"_atom);
            checkEqual(co_await next(), "kept"_atom);
        });
    }

    void killedInBlockingWorkEndsWhenItReturns() {
        // Real threads: the work waits for the stop callback, which the kill must call.
        const std::string fault = onThreads([]() -> Task<> {
            struct Shared {
                std::atomic<bool> begun{false};
                std::atomic<bool> stop{false};
                std::atomic<bool> returned{false};
            };
            static Shared* shared = nullptr;
            const auto owned = std::make_unique<Shared>();
            shared = owned.get();
            const Spawned peer = spawnMonitor([]() -> Task<> {
                co_await blocking(
                    [] {
                        shared->begun = true;
                        while (!shared->stop)
                            ;
                        shared->returned = true;
                    },
                    []() noexcept { shared->stop = true; });
            });
            while (!shared->begun)
                co_await yield();
            const auto asked = co_await processInfo(peer.pid, kInfinity); // served meanwhile
            check(std::get<ProcessInfo>(asked).row.status == ProcessStatus::Blocked);
            exit(peer.pid, atoms::kill);
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, atoms::killed);
            check(shared->returned); // the frame stayed until then
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void blockedProcessIsExitingUntilItsWorkReturns() {
        GROVE_SIMULATED(
            []() -> Task<> {
                const Spawned peer = spawnMonitor(
                    [](Pid to) -> Task<> {
                        send(to, "begins"_atom);
                        co_await blocking([] {});
                    },
                    self());
                checkEqual(co_await next(), "begins"_atom);
                while (peekRow(peer.pid)->status != ProcessStatus::Blocked)
                    co_await yield();
                exit(peer.pid, atoms::kill);
                check(!co_await isAlive(peer.pid));
                const auto row = peekRow(peer.pid);
                check(row.has_value() && row->status == ProcessStatus::Exiting && row->blockedExit);
                const Down down = co_await receive(on<Down>(peer.monitor));
                checkEqual(down.reason, atoms::killed);
            },
            SimulationOptions{});
    }

    void manyLinksAndManyMessagesDieInSlices() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid hub = spawn(idle);
            std::vector<Spawned> linked;
            for (int i = 0; i < 2'500; ++i) {
                linked.push_back(spawnMonitor(
                    [](Pid to) -> Task<> {
                        link(to);
                        co_await idle();
                    },
                    hub));
                send(hub, i);
                if (peekRow(linked.back().pid)->ownThread && i == 100)
                    break; // threads are dear
            }
            for (const Spawned& each : linked) // have they linked?
                check(co_await isAlive(each.pid));
            exit(hub, "hub"_atom);
            for (const Spawned& each : linked) {
                const Down down = co_await receive(on<Down>(each.monitor));
                check(down.reason.isAtom("hub"_atom) ||
                      (down.reason.isTuple(2) && down.reason.element(0).isAtom(atoms::noproc)));
            }
        });
    }

    void crashHandlerHearsOfCrashesOnly() {
        Simulation simulation;
        std::vector<Term> reasons;
        simulation.runtime().setCrashHandler(
            [&](Pid, const Term& reason, const ProcessRow&) { reasons.push_back(reason); });
        simulation.runtime().spawn([]() -> Task<> { co_return; });
        simulation.runtime().spawn([]() -> Task<> {
            grove::exit(tuple(atoms::shutdown, 1));
            co_return;
        });
        simulation.runtime().spawn([]() -> Task<> {
            grove::exit("boo"_atom);
            co_return;
        });
        simulation.runUntilIdle();
        QCOMPARE(reasons.size(), 1U);
        QVERIFY(reasons[0].isAtom("boo"_atom));
    }

    void eventsAreKeptForTheNamedAndTheObserved() {
        Simulation simulation;
        Runtime& runtime = simulation.runtime();
        const Pid plain = runtime.spawn(idle);
        const Pid observed = runtime.spawnOpt({.observed = true}, idle);
        simulation.runUntilIdle();
        runtime.exit(plain, "unseen"_atom);
        runtime.exit(observed, tuple("seen"_atom, 1));
        simulation.runUntilIdle();
        const EventBatch batch = runtime.eventsSince(1, 100);
        QCOMPARE(batch.missed, 0U);
        QCOMPARE(batch.events.size(), 2U);
        QVERIFY(batch.events[0].kind == EventKind::Spawned && batch.events[0].pid == observed);
        QVERIFY(batch.events[1].kind == EventKind::Exited && batch.events[1].pid == observed);
        QCOMPARE(batch.events[1].text, std::string("{seen,1}"));
        QCOMPARE(batch.next, runtime.nextEventSequence());
        QCOMPARE(runtime.counters().exited, 2U);
    }

    void eventRingForgetsTheOldestAndSaysSo() {
        Simulation simulation({.eventBytesMax = 4'096});
        Runtime& runtime = simulation.runtime();
        for (std::uint32_t i = 0; i < 1'000; ++i)
            runtime.postEvent(EventKind::Custom, {}, {}, {}, i, "text " + std::to_string(i));
        const EventBatch batch = runtime.eventsSince(1, 10'000);
        QCOMPARE(batch.events.size() + batch.missed, 1'000U);
        QVERIFY(batch.missed > 0);
        QCOMPARE(batch.events.back().number, 999U);
        QCOMPARE(batch.events.back().text, std::string("text 999"));
    }

    void sameSeedGivesTheSameRun() {
        const auto hash = [](std::uint64_t seed) {
            Simulation simulation({.seed = seed});
            const std::string fault = runIn(
                simulation.runtime(),
                []() -> Task<> {
                    std::vector<Spawned> all;
                    for (int i = 0; i < 20; ++i)
                        all.push_back(spawnMonitor(
                            [](int number) -> Task<> {
                                co_await sleep(std::chrono::milliseconds(number % 5));
                                co_await blocking([] {});
                                co_await yield();
                            },
                            i));
                    for (const Spawned& each : all)
                        static_cast<void>(co_await receive(on<Down>(each.monitor)));
                },
                "");
            return fault.empty() ? simulation.traceHash() : 0;
        };
        QVERIFY(hash(1) != 0);
        QCOMPARE(hash(1), hash(1));
        QCOMPARE(hash(77), hash(77));
        QVERIFY(hash(1) != hash(2));
    }

    void heldSchedulerLetsOthersGoOn() {
        static Simulation* running = nullptr;
        Simulation simulation;
        running = &simulation;
        const Pid counter = simulation.runtime().spawn([]() -> Task<> {
            for (;;)
                co_await sleep(1ms);
        });
        simulation.runtime().spawnOpt({.observed = true}, []() -> Task<> {
            running->hold(50ms);
            co_return;
        });
        const std::uint64_t before = simulation.runtime().peekRow(counter)->reductions;
        simulation.advance(60ms);
        QVERIFY(simulation.runtime().peekRow(counter)->reductions >= before + 40);
        QCOMPARE(simulation.runtime().counters().holds, 1U);
    }
};

QTEST_APPLESS_MAIN(tst_Death)
#include "tst_death.moc"
