#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/runtime/call.h>
#include <grove/runtime/timers.h>
#include <grove/term/alloc.h>
#include <grove/term/identifiers.h>

#include <QTest>

#include <algorithm>
#include <array>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

using Wide = std::array<char, 4'000>;

template <class... Terms> Term list(const Terms&... terms) {
    const std::vector<Term> all{Term(terms)...};
    return listOf(all);
}

Task<ProcessInfo> infoOf(Pid pid) {
    auto asked = co_await processInfo(pid, kInfinity);
    co_return std::get<ProcessInfo>(std::move(asked));
}

Task<Term> itemsOf(Pid pid, std::vector<Atom> items) {
    auto asked = co_await processInfoItems(pid, std::move(items), kInfinity);
    co_return std::get<Term>(std::move(asked));
}

} // namespace

/// What a process may be asked and told beside messages: information, hibernation, group
/// leader, starting by request.
class tst_ProcessControl : public QObject {
    Q_OBJECT

private slots:
    void itemsComeInTheOrderAsked() { // P-029, P-030, P-028
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned peer = spawnOpt({.link = true, .monitor = true, .trapExit = true}, idle);
            send(peer.pid, "one"_atom);
            send(peer.pid, "two"_atom);
            const Term asked = co_await itemsOf(
                peer.pid, {"message_queue_len"_atom, "messages"_atom, "trap_exit"_atom,
                           "links"_atom, "monitors"_atom, "monitored_by"_atom,
                           "registered_name"_atom, "priority"_atom, "suspending"_atom});
            checkEqual(asked, list(tuple("message_queue_len"_atom, 2),
                                   tuple("messages"_atom, list(Term("one"_atom), Term("two"_atom))),
                                   tuple("trap_exit"_atom, "true"_atom),
                                   tuple("links"_atom, list(Term(self()))),
                                   tuple("monitors"_atom, Term::nil()),
                                   tuple("monitored_by"_atom, list(Term(self()))),
                                   tuple("registered_name"_atom, Term::nil()),
                                   tuple("priority"_atom, "normal"_atom),
                                   tuple("suspending"_atom, Term::nil())));
            const auto unknown =
                attempt([&] { static_cast<void>(processInfoItems(peer.pid, {"no_item"_atom})); });
            checkEqual(unknown.error().term, atoms::badarg);
        });
    }

    void monitorsSayWhomByNameOrPid() { // P-030
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            const Pid named = spawn(idle);
            check(registerName("watched"_atom, named).has_value());
            const Pid watcher = spawn(
                [](Pid one, Pid to) -> Task<> {
                    static_cast<void>(monitor(one));
                    static_cast<void>(monitor("watched"_atom));
                    send(to, "watching"_atom);
                    co_await idle();
                },
                peer, self());
            checkEqual(co_await next(), "watching"_atom);
            const Term asked = co_await itemsOf(watcher, {"monitors"_atom});
            checkEqual(
                asked,
                list(tuple("monitors"_atom,
                           list(tuple(atoms::process, peer),
                                tuple(atoms::process, tuple("watched"_atom, localNode().name))))));
        });
    }

    void aGroupLeaderIsInherited() { // P-032
        GROVE_EVERYWHERE([]() -> Task<> {
            check(groupLeader().isNone());
            const Pid leader = spawn(idle);
            const auto tells = [](Pid to) -> Task<> {
                send(to, groupLeader());
                co_await idle();
            };
            setGroupLeader(leader, self());
            check(groupLeader() == leader);
            const Pid child = spawn(tells, self());
            checkEqual(co_await next(), leader);
            const Pid other = spawn(idle);
            setGroupLeader(other, child); // of this one only
            check((co_await infoOf(child)).row.groupLeader == other);
            check(groupLeader() == leader);
            spawn(tells, self());
            checkEqual(co_await next(), leader);
            checkEqual(co_await itemsOf(child, {"group_leader"_atom}),
                       list(tuple("group_leader"_atom, other)));
        });
    }

    void aRequestedSpawnAnswersLater() { // P-038
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto told = [](Pid to) -> Task<> {
                send(to, "runs"_atom);
                co_return;
            };
            const Ref ref = spawnRequest(SpawnReply::Yes, {.monitor = true}, told, self());
            const Message answer = co_await receive(
                on([](const Term& term) { return term.isTagged("spawn_reply"_atom, 4); }));
            const Term term = answer.term();
            checkEqual(term.element(1), ref);
            checkEqual(term.element(2), atoms::ok);
            const Down down = co_await receive(on<Down>(ref)); // the monitor's reference, too
            check(down.pid == term.element(3).toPid());
            checkEqual(co_await next(), "runs"_atom);
            static_cast<void>(spawnRequest(SpawnReply::No, {}, told, self()));
            static_cast<void>(spawnRequest(SpawnReply::ErrorOnly, {}, told, self()));
            checkEqual(co_await next(), "runs"_atom);
            checkEqual(co_await next(), "runs"_atom);
            const auto more = co_await receive(any(), after(0s));
            check(more.index() == 1);
        });
    }

    void aRequestedSpawnTellsItsError() { // P-038
        Runtime runtime({.schedulers = 1, .processesMax = 64});
        const std::string fault = runIn(
            runtime,
            []() -> Task<> {
                for (;;) {
                    const Ref ref = spawnRequest(SpawnReply::ErrorOnly, {}, idle);
                    const auto got = co_await receive(any(), after(0s));
                    if (const auto* refused = std::get_if<Message>(&got)) {
                        checkEqual(refused->term(), tuple("spawn_reply"_atom, ref, atoms::error,
                                                          atoms::systemLimit));
                        break;
                    }
                }
            },
            "64 processes");
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void processesListsTheLiving() { // P-040
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            const auto lists = [](Pid pid) { return std::ranges::count(processes(), pid) == 1; };
            check(lists(peer) && lists(self()));
            co_await killAndAwaitDown(peer);
            check(!lists(peer));
        });
    }

    void whatIsExitingIsNotListed() { // P-040
        // Its destructor runs while it is exiting, and looks.
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(
                [](Pid to) -> Task<> {
                    struct Looks {
                        Pid to;
                        ~Looks() {
                            send(to, static_cast<int>(std::ranges::count(processes(), self())));
                        }
                    } looks{to};
                    send(to, "ready"_atom);
                    co_await idle();
                },
                self());
            checkEqual(co_await next(), "ready"_atom);
            exit(peer, atoms::kill);
            checkEqual(co_await next(), 0);
        });
    }

    void aHibernatingProcessWakesForItsMessage() { // P-034 and its departure
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(
                [](Pid to) -> Task<> {
                    for (int round = 0; round < 3; ++round) {
                        co_await hibernate();
                        send(to, tuple(round, co_await next())); // it is still in the mailbox
                    }
                    send(self(), "queued"_atom);
                    co_await hibernate(); // at once
                    send(to, co_await next());
                },
                self());
            for (int round = 0; round < 3; ++round) {
                ProcessInfo info;
                do
                    info = co_await infoOf(peer);
                while (!info.row.hibernates);
                send(peer, round * 10);
                checkEqual(co_await next(), tuple(round, round * 10));
            }
            checkEqual(co_await next(), "queued"_atom);
        });
    }

    void hibernationGivesMemoryBack() { // P-034
        GROVE_SIMULATED(
            []() -> Task<> {
                const Pid peer = spawn([]() -> Task<> {
                    for (;;) {
                        const Term told = co_await next();
                        if (!told.isAtom("work"_atom)) {
                            co_await hibernate();
                            continue;
                        }
                        std::vector<Spawned> others;
                        for (int i = 0; i < 2'000; ++i)
                            others.push_back(spawnOpt({.link = true, .monitor = true}, idle));
                        others.pop_back(); // one stays
                        for (const Spawned& each : others) {
                            unlink(each.pid);
                            demonitor(each.monitor);
                            exit(each.pid, atoms::kill);
                        }
                    }
                });
                static_cast<void>(co_await infoOf(peer));
                const auto settled = [peer]() -> Task<std::size_t> {
                    static_cast<void>(co_await infoOf(peer));
                    co_await sleep(10ms);
                    co_return memoryStatistics().bytesInUse();
                };
                send(peer, "rest"_atom);
                const std::size_t before = co_await settled();
                send(peer, "work"_atom); // ends the first hibernation
                co_await sleep(10ms);
                send(peer, "rest"_atom);
                const std::size_t afterwards = co_await settled();
                check(afterwards <= before + 4'096); // its table had 2,000 entries
            },
            SimulationOptions{});
    }

    void whatAHibernatingProcessDoesNotNeedIsFreed() { // P-034
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(
                [](Pid to) -> Task<> {
                    static_cast<void>(dictionaryPut("key"_atom, 1));
                    static_cast<void>(dictionaryErase("key"_atom));
                    send(to, "ready"_atom);
                    static_cast<void>(co_await receive(any()));
                    co_await hibernate();
                },
                self());
            checkEqual(co_await next(), "ready"_atom);
            const std::uint64_t before = (co_await infoOf(peer)).row.memoryBytes;
            send(peer, "go"_atom);
            ProcessInfo info;
            do
                info = co_await infoOf(peer);
            while (!info.row.hibernates);
            check(info.row.memoryBytes + 200 < before);
        });
    }

    void aFirstFrameCountsAsItsProcesssNotAsItsSpawners() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto bytesOf = [](Pid pid) -> Task<std::uint64_t> {
                co_return (co_await infoOf(pid)).row.memoryBytes;
            };
            const auto wide = [](Pid to) -> Task<> {
                Wide held{};
                send(to, "ready"_atom);
                co_await receive(any());
                send(to, Term(std::string(held.data(), held.size()))); // lives through the wait
            };
            std::vector<Pid> children;
            const std::uint64_t before = co_await bytesOf(self());
            for (int i = 0; i < 10; ++i)
                children.push_back(spawn(wide, self()));
            check(co_await bytesOf(self()) < before + 10 * 1'000); // of queued messages at most
            for (int i = 0; i < 10; ++i)
                checkEqual(co_await next(), "ready"_atom);
            for (const Pid child : children) {
                check(co_await bytesOf(child) > 4'000);
                co_await killAndAwaitDown(child);
            }
            check(co_await bytesOf(self()) <= before + 1'000); // its tables for monitors
        });
    }

    void resumingWhatOneHasNotSuspendedIsBadarg() { // P-035
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(forwarder, self());
            const auto resumes = [peer] { resumeProcess(peer); };
            checkEqual(attempt(resumes).error().term, atoms::badarg);
            suspendProcess(peer);
            check((co_await infoOf(peer)).suspendCount == 1);
            resumeProcess(peer);
            checkEqual(attempt(resumes).error().term, atoms::badarg);
            suspendProcess(peer);
            co_await killAndAwaitDown(peer);
            checkEqual(attempt(resumes).error().term, atoms::badarg);
            checkEqual(attempt([peer] { suspendProcess(peer); }).error().term, atoms::badarg);
            checkEqual(attempt([] { suspendProcess(self()); }).error().term, atoms::badarg);
        });
    }

    void aSuspensionThatComesDuringACallbackHolds() { // P-035
        static Simulation* running = nullptr;
        Simulation simulation;
        running = &simulation;
        Runtime& runtime = simulation.runtime();
        static int taken = 0;
        taken = 0;
        const Pid peer = runtime.spawn([]() -> Task<> {
            running->hold(20ms);
            for (;; ++taken)
                static_cast<void>(co_await receive(any()));
        });
        const auto meddle = [&] {
            runtime.suspendProcess(peer);
            runtime.send(peer, 1);
        };
        simulation.at(simulation.now() + 10ms, meddle);
        simulation.advance(1s);
        QCOMPARE(taken, 0);
        QVERIFY(runtime.peekRow(peer)->status == ProcessStatus::Suspended);
        runtime.resumeProcess(peer);
        simulation.advance(1s);
        QCOMPARE(taken, 1);
    }

    void messagesAreValues() { // P-043
        GROVE_EVERYWHERE([]() -> Task<> {
            std::vector<Term> items(2, Term(1));
            const Pid peer = spawn(forwarder, self());
            Term sent = listOf(items);
            send(peer, sent);
            items[0] = Term("changed"_atom);
            sent = tuple("other"_atom);
            checkEqual(co_await next(), list(1, 1));
        });
    }

    void uniqueIntegersGrow() { // T-020
        GROVE_EVERYWHERE([]() -> Task<> {
            std::int64_t last = uniqueInteger();
            Instant latest = now();
            const Duration offset = wallTime().time_since_epoch() - latest.time_since_epoch();
            for (int i = 0; i < 100; ++i) {
                // Another process asks in between, and this one after it has heard of that.
                spawn(
                    [](Pid to) -> Task<> {
                        send(to, uniqueInteger());
                        co_return;
                    },
                    self());
                const std::int64_t theirs = (co_await next()).toInt();
                const std::int64_t mine = uniqueInteger();
                check(theirs > last && mine > theirs);
                last = mine;
                const Instant time = now();
                check(time >= latest);
                latest = time;
            }
            const Duration drift =
                wallTime().time_since_epoch() - latest.time_since_epoch() - offset;
            check(std::chrono::abs(drift) < 1min); // somebody may set the system's clock
        });
    }
};

QTEST_APPLESS_MAIN(tst_ProcessControl)
#include "tst_process_control.moc"
