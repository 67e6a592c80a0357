#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/runtime/info.h>
#include <grove/term/identifiers.h>

#include <QTest>

#include <algorithm>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

/// The monitor that a process has of one it has spawned lies elsewhere than others (see
/// Slot::parentsMonitor) and does as they do.
class tst_SpawnersMonitor : public QObject {
    Q_OBJECT
private slots:
    void itEndsWithEveryKindOfDeath() { // L-026
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned returns = spawnMonitor([]() -> Task<> { co_return; });
            checkEqual((co_await receive(on<Down>(returns.monitor))).reason, atoms::normal);
            const Spawned ends = spawnMonitor(endsWhenTold);
            send(ends.pid, "over"_atom);
            checkEqual((co_await receive(on<Down>(ends.monitor))).reason, "over"_atom);
            const Spawned shuts = spawnMonitor(endsWhenTold);
            send(shuts.pid, atoms::normal);
            checkEqual((co_await receive(on<Down>(shuts.monitor))).reason, atoms::normal);
            const Spawned killed = spawnMonitor(endsWhenTold);
            exit(killed.pid, atoms::kill);
            checkEqual((co_await receive(on<Down>(killed.monitor))).reason, atoms::killed);
            const Spawned shut = spawnMonitor(endsWhenTold);
            exit(shut.pid, atoms::shutdown);
            checkEqual((co_await receive(on<Down>(shut.monitor))).reason, atoms::shutdown);
            check(co_await isQuiet());
        });
    }

    void itIsOneAmongOthers() { // L-019, L-020, L-025
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto watchersOf = [](Pid pid) -> Task<std::size_t> {
                const auto info = co_await processInfo(pid);
                co_return std::ranges::count(std::get<ProcessInfo>(info).monitoredBy, self());
            };
            const Spawned child = spawnMonitor(endsWhenTold);
            checkEqual(static_cast<int>(co_await watchersOf(child.pid)), 1);
            const Ref second = monitor(child.pid);
            checkEqual(static_cast<int>(co_await watchersOf(child.pid)), 2);
            demonitor(child.monitor);
            checkEqual(static_cast<int>(co_await watchersOf(child.pid)), 1);
            demonitor(child.monitor); // again
            checkEqual(static_cast<int>(co_await watchersOf(child.pid)), 1);
            co_await killAndAwaitDown(child.pid);
            checkEqual((co_await receive(on<Down>(second))).reason, atoms::killed);
            check(co_await isQuiet());

            const Pid parent = spawn(
                [](Pid to) -> Task<> {
                    send(to, spawnMonitor(endsWhenTold).pid);
                    static_cast<void>(co_await next());
                },
                self());
            const Pid orphan = (co_await next()).toPid();
            const auto before = co_await processInfo(orphan);
            check(std::get<ProcessInfo>(before).monitoredBy == std::vector<Pid>{parent});
            co_await killAndAwaitDown(parent);
            const auto after = co_await processInfo(orphan);
            check(std::get<ProcessInfo>(after).monitoredBy.empty());
            co_await killAndAwaitDown(orphan);

            // A slot that had one before has none.
            for (int i = 0; i < 200; ++i) {
                const Spawned brief = spawnMonitor(endsWhenTold);
                demonitor(brief.monitor);
                co_await killAndAwaitDown(brief.pid);
                const Pid plain = spawn(endsWhenTold);
                checkEqual(static_cast<int>(co_await watchersOf(plain)), 0);
                co_await killAndAwaitDown(plain);
            }
            check(co_await isQuiet());
        });
    }
};

QTEST_APPLESS_MAIN(tst_SpawnersMonitor)
#include "tst_spawners_monitor.moc"
