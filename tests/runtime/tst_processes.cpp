#include "peers.h"
#include "support/sim_fixture.h"

#include <QTest>

#include <string>
#include <variant>
#include <vector>

using namespace grove;
using namespace grove::test;

/// P-020 to P-042 as far as they concern a process itself: identity, information, suspension.
class tst_Processes : public QObject {
    Q_OBJECT

private slots:
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
};

QTEST_APPLESS_MAIN(tst_Processes)
#include "tst_processes.moc"
