#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/runtime/call.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Suspended, so that nothing is taken out, until it is resumed.
Task<> forwarderWith(MailboxLimit limit, Pid to) {
    static_cast<void>(setMailboxLimit(limit));
    send(to, "limited"_atom);
    co_await forwarder(to);
}

Task<Pid> suspendedForwarder(MailboxLimit limit) {
    const Pid peer = spawn(forwarderWith, limit, self());
    checkEqual(co_await next(), "limited"_atom);
    suspendProcess(peer);
    co_return peer;
}

Task<ProcessInfo> infoOf(Pid pid) {
    auto asked = co_await processInfo(pid, kInfinity);
    co_return std::get<ProcessInfo>(std::move(asked));
}

} // namespace

/// A maximum for a mailbox, and what happens beyond it. OTP has none.
class tst_MailboxLimit : public QObject {
    Q_OBJECT

private slots:
    void aFullMailboxDropsWhatComes() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = co_await suspendedForwarder({5, MailboxAction::DropNewest});
            for (int i = 0; i < 20; ++i)
                send(peer, i);
            const ProcessInfo info = co_await infoOf(peer);
            check(info.row.mailboxLength == 5 && info.messagesDropped == 15);
            check(info.mailboxLimit.lengthMax == 5);
            resumeProcess(peer);
            for (int i = 0; i < 5; ++i)
                checkEqual(co_await next(), i);
            send(peer, "room again"_atom);
            checkEqual(co_await next(), "room again"_atom);
        });
    }

    void aFullMailboxDropsTheOldest() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = co_await suspendedForwarder({5, MailboxAction::DropOldest});
            for (int i = 0; i < 20; ++i)
                send(peer, i);
            check((co_await infoOf(peer)).row.mailboxLength == 5);
            resumeProcess(peer);
            for (int i = 15; i < 20; ++i)
                checkEqual(co_await next(), i);
        });
    }

    void aFullMailboxDropsTheOldestSkipped() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(
                [](Pid to) -> Task<> {
                    static_cast<void>(setMailboxLimit({4, MailboxAction::DropOldest}));
                    static_cast<void>(co_await receive(
                        on([](const Term& term) { return term.isAtom("go"_atom); })));
                    co_await forwarder(to);
                },
                self());
            for (int i = 0; i < 10; ++i) {
                send(peer, i);
                static_cast<void>(co_await infoOf(peer)); // each is taken in and skipped
            }
            send(peer, "go"_atom);
            const int kept = (co_await next()).toInt() == 6 ? 6 : 7; // `go` may take a place
            for (int i = kept + 1; i < 10; ++i)
                checkEqual(co_await next(), i);
        });
    }

    void theCallerOfADroppedCallIsTold() {
        GROVE_EVERYWHERE([]() -> Task<> {
            for (const MailboxAction action :
                 {MailboxAction::DropNewest, MailboxAction::DropOldest}) {
                const Pid peer = co_await suspendedForwarder({2, action});
                const Ref first = sendRequest(peer, "one"_atom);
                const Ref second = sendRequest(peer, "two"_atom);
                const Ref third = sendRequest(peer, "three"_atom);
                const Ref dropped = action == MailboxAction::DropNewest ? third : first;
                CallResult answer = co_await receive(on<ReplyTo>(dropped));
                checkEqual(answer.reason(), tuple("mailbox_limit"_atom, 2));
                checkEqual((co_await infoOf(peer)).row.mailboxLength, 2);
                static_cast<void>(demonitor(first, Flush::Yes));
                static_cast<void>(demonitor(second, Flush::Yes));
                static_cast<void>(demonitor(third, Flush::Yes));
                checkEqual((co_await infoOf(peer)).monitoredBy.size(), 0);
                co_await killAndAwaitDown(peer);
            }
        });
    }

    void signalsAreNeverDropped() {
        GROVE_EVERYWHERE([]() -> Task<> {
            static_cast<void>(setMailboxLimit({1, MailboxAction::DropNewest}));
            setTrapExit(TrapExit::Yes);
            std::vector<Spawned> peers;
            for (int i = 0; i < 5; ++i)
                peers.push_back(spawnOpt({.link = true, .monitor = true}, idle));
            for (const Spawned& each : peers)
                exit(each.pid, atoms::kill);
            for (const Spawned& each : peers) {
                static_cast<void>(co_await receive(on<Down>(each.monitor)));
                static_cast<void>(co_await receive(on<Exit>(each.pid)));
            }
        });
    }

    void aFullMailboxEndsTheProcess() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned peer = spawnOpt(
                {.monitor = true, .trapExit = true, .mailbox = {100, MailboxAction::Exit}}, idle);
            for (int i = 0; i < 101; ++i)
                send(peer.pid, i);
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, tuple("mailbox_limit"_atom, 100));
        });
    }

    void aLimitHoldsForWhatComesByAlias() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned peer = spawnOpt(
                {.monitor = true},
                [](Pid to) -> Task<> {
                    static_cast<void>(setMailboxLimit({10, MailboxAction::Exit}));
                    send(to, alias());
                    co_await idle();
                },
                self());
            const Ref address = (co_await next()).toRef();
            for (int i = 0; i < 11; ++i)
                send(address, i);
            const Down down = co_await receive(on<Down>(peer.monitor));
            checkEqual(down.reason, tuple("mailbox_limit"_atom, 10));
        });
    }

    void aFullMailboxIsReportedOnce() {
        Simulation simulation;
        Runtime& runtime = simulation.runtime();
        const Pid peer = runtime.spawnOpt({.mailbox = {3, MailboxAction::Report}}, idle);
        for (int i = 0; i < 10; ++i) {
            runtime.send(peer, i);
            simulation.runUntilIdle();
        }
        const EventBatch batch = runtime.eventsSince(1, 100);
        QCOMPARE(batch.events.size(), 1U);
        QVERIFY(batch.events[0].pid == peer && batch.events[0].number == 3);
        QCOMPARE(batch.events[0].text, std::string("more than 3 messages wait"));
        QCOMPARE(runtime.peekRow(peer)->mailboxLength, 10U);
    }

    void aBurstBeyondASliceKeepsTheLimit() {
        GROVE_SIMULATED(
            []() -> Task<> {
                const Pid peer =
                    spawnOpt({.mailbox = {1'000, MailboxAction::DropNewest}}, forwarder, self())
                        .pid;
                for (int i = 0; i < 100'000; ++i)
                    send(peer, i);
                for (int i = 0; i < 1'000; ++i)
                    checkEqual(co_await next(), i);
                const ProcessInfo info = co_await infoOf(peer);
                check(info.messagesDropped == 99'000 && info.row.mailboxLength == 0);
            },
            SimulationOptions{});
    }
};

QTEST_APPLESS_MAIN(tst_MailboxLimit)
#include "tst_mailbox_limit.moc"
