#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/runtime/call.h>
#include <grove/runtime/timers.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Sends by `alias` what it is told, and says so to `owner` afterwards: what came by the alias lies
/// before that.
Task<> sendsBy(Ref alias, Pid owner) {
    for (;;) {
        Message message = co_await receive(any());
        send(alias, message.term());
        send(owner, "sent"_atom);
    }
}

/// Has `peer` send by its alias. Returns: whether it came, and then `message` did.
Task<bool> comesBy(Pid peer, Term message) {
    send(peer, message);
    const Term first = co_await next();
    if (first.isAtom("sent"_atom))
        co_return false;
    checkEqual(first, message);
    checkEqual(co_await next(), "sent"_atom);
    co_return true;
}

} // namespace

/// Addresses that can be taken back, and monitors with a tag of their own.
class tst_Aliases : public QObject {
    Q_OBJECT

private slots:
    void anAliasReachesItsOwnerUntilItIsTakenBack() { // L-027, P-022
        GROVE_EVERYWHERE([]() -> Task<> {
            const Ref address = alias();
            const Pid peer = spawn(sendsBy, address, self());
            for (int i = 0; i < 3; ++i)
                check(co_await comesBy(peer, i));
            check(unalias(address));
            check(!unalias(address));
            check(!co_await comesBy(peer, "late"_atom));
            check(!unalias(makeRef()));
        });
    }

    void aMonitorWhoseAliasWasTakenBackSurvivesHibernation() { // L-027
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(endsWhenTold);
            const Ref ref = monitor(watched, {.alias = Alias::ExplicitUnalias});
            check(unalias(ref));
            sendAfter(5ms, watched, "bye"_atom);
            co_await hibernate(); // gives back what is not needed any more
            const Down down = co_await receive(on<Down>(ref));
            checkEqual(down.reason, "bye"_atom);
        });
    }

    void aReplyAliasTakesOneMessage() { // L-028
        GROVE_EVERYWHERE([]() -> Task<> {
            const Ref address = alias(Alias::Reply);
            const Pid peer = spawn(sendsBy, address, self());
            check(co_await comesBy(peer, 1));
            check(!co_await comesBy(peer, 2));
            check(!unalias(address));
        });
    }

    void theFirstReplyEndsMonitorAndAlias() { // L-029
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(idle);
            const Ref ref = monitor(watched, {.alias = Alias::ReplyDemonitor});
            const Pid peer = spawn(sendsBy, ref, self());
            check(co_await comesBy(peer, 1));
            check(!co_await comesBy(peer, 2));
            check(!demonitor(ref));
            co_await killAndAwaitDown(watched);
            const auto more = co_await receive(any(), after(0s));
            check(more.index() == 1);
        });
    }

    void aDownEndsAReplyAliasToo() { // L-029
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(endsWhenTold);
            const Ref ref = monitor(watched, {.alias = Alias::ReplyDemonitor});
            send(watched, "boo"_atom);
            const Down down = co_await receive(on<Down>(ref));
            checkEqual(down.reason, "boo"_atom);
            check(!co_await comesBy(spawn(sendsBy, ref, self()), "late"_atom));
        });
    }

    void aMonitorsAliasWorksWhileItWatches() { // L-030
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(endsWhenTold);
            const Ref ref = monitor(watched, {.alias = Alias::Demonitor});
            const Pid peer = spawn(sendsBy, ref, self());
            check(co_await comesBy(peer, 1));
            check(co_await comesBy(peer, 2));
            send(watched, "boo"_atom);
            static_cast<void>(co_await receive(on<Down>(ref)));
            check(!co_await comesBy(peer, "after the down"_atom));
            const Ref other = monitor(peer, {.alias = Alias::Demonitor});
            const Pid second = spawn(sendsBy, other, self());
            check(co_await comesBy(second, 3));
            check(demonitor(other));
            check(!co_await comesBy(second, "after the demonitor"_atom));
        });
    }

    void anExplicitAliasOutlivesItsMonitor() { // L-031
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(endsWhenTold);
            const Ref ref = monitor(watched, {.alias = Alias::ExplicitUnalias});
            const Pid peer = spawn(sendsBy, ref, self());
            send(watched, "boo"_atom);
            static_cast<void>(co_await receive(on<Down>(ref)));
            check(co_await comesBy(peer, "after the down"_atom));
            check(unalias(ref));
            check(!co_await comesBy(peer, "late"_atom));
        });
    }

    void unaliasLeavesTheMonitor() { // L-031
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(endsWhenTold);
            const Ref ref = monitor(watched, {.alias = Alias::ReplyDemonitor});
            check(unalias(ref));
            check(!co_await comesBy(spawn(sendsBy, ref, self()), "late"_atom));
            send(watched, "boo"_atom);
            const Down down = co_await receive(on<Down>(ref));
            checkEqual(down.reason, "boo"_atom);
        });
    }

    void onlyItsOwnerTakesAnAliasBack() { // L-032
        GROVE_EVERYWHERE([]() -> Task<> {
            const Ref address = alias();
            const Spawned meddler = spawnMonitor(
                [](Ref foreign) -> Task<> {
                    check(!unalias(foreign));
                    const Ref own = alias(); // having one makes no difference
                    check(!unalias(foreign));
                    check(unalias(own));
                    co_return;
                },
                address);
            const Down down = co_await receive(on<Down>(meddler.monitor));
            checkEqual(down.reason, atoms::normal);
            check(co_await comesBy(spawn(sendsBy, address, self()), 1));
        });
    }

    void aTagStandsInPlaceOfDown() { // L-024
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(endsWhenTold);
            const Term tag = tuple("my"_atom, 7);
            const Ref tagged = monitor(watched, {.tag = tag});
            const Ref plain = monitor(watched);
            send(watched, "boo"_atom);
            const Down untagged = co_await receive(on<Down>()); // the other is no 'DOWN' message
            check(untagged.ref == plain && untagged.tag.isNone());
            checkEqual(co_await next(), tuple(tag, tagged, atoms::process, watched, "boo"_atom));
            const Ref again = monitor(watched, {.tag = tag});
            const Down down = co_await receive(on<Down>(again));
            checkEqual(down.tag, tag);
            checkEqual(down.reason, atoms::noproc);
        });
    }

    void aSpawnedProcessIsMonitoredWithATag() { // P-037
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto options =
                MonitorOptions({.alias = Alias::ExplicitUnalias, .tag = "gone"_atom});
            setTrapExit(TrapExit::Yes);
            const Spawned peer =
                spawnOpt({.link = true, .monitor = true, .monitorOptions = &options}, endsWhenTold);
            check(co_await comesBy(spawn(sendsBy, peer.monitor, self()), 1));
            send(peer.pid, "boo"_atom);
            checkEqual(co_await next(), tuple(atoms::EXIT, peer.pid, "boo"_atom));
            checkEqual(co_await next(),
                       tuple("gone"_atom, peer.monitor, atoms::process, peer.pid, "boo"_atom));
            check(unalias(peer.monitor));
        });
    }

    void demonitoredTagsAndAliasesLeaveNothing() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid watched = spawn(idle);
            for (int i = 0; i < 200; ++i) {
                const Ref ref = monitor(watched, {.alias = Alias::Demonitor, .tag = i});
                check(demonitor(ref, Flush::Yes));
            }
            co_await killAndAwaitDown(watched);
            const auto more = co_await receive(any(), after(0s));
            check(more.index() == 1);
        });
    }

    void aDeadOwnersAliasReachesNobody() {
        // Its entry is used again at once: the old address must not reach the new owner.
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int i = 0; i < 30; ++i) {
                const Spawned owner = spawnMonitor(
                    [](Pid to) -> Task<> {
                        send(to, alias());
                        co_await endsWhenTold();
                    },
                    self());
                const Ref stale = (co_await next()).toRef();
                send(stale, "end"_atom);
                const Down down = co_await receive(on<Down>(owner.monitor));
                checkEqual(down.reason, "end"_atom);
                const Ref fresh = alias();
                check(fresh != stale);
                send(stale, "stale"_atom);
                send(fresh, "fresh"_atom);
                checkEqual(co_await next(), "fresh"_atom);
                check(unalias(fresh));
            }
        });
    }

    void messagesByAliasKeepTheOrderOfOneSender() { // P-023
        GROVE_EVERYWHERE([]() -> Task<> {
            spawn(
                [](Ref address, Pid to) -> Task<> {
                    for (int i = 0; i < 100; ++i) {
                        if (i % 3 == 0)
                            send(address, i);
                        else
                            send(to, i);
                    }
                    co_return;
                },
                alias(), self());
            for (int i = 0; i < 100; ++i)
                checkEqual(co_await next(), i);
        });
    }
};

QTEST_APPLESS_MAIN(tst_Aliases)
#include "tst_aliases.moc"
