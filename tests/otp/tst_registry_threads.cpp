#include "scenarios.h"

#include <grove/otp/registry.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/attempt.h>

#include <algorithm>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Registry;

namespace {

constexpr int kRounds = 30;
constexpr int kReaders = 4;

/// Asked, it must find what was registered before it was asked, in whichever registry that was.
Task<> findsTheNewest(Atom registry) {
    for (;;) {
        const Term asked = (co_await receive(any())).term();
        const auto found = Registry::lookup(registry, asked.element(1));
        check(found.size() == 1);
        checkEqual(found.front().value, asked.element(2));
        send(asked.element(0).toPid(), "found"_atom);
    }
}

/// Looks all the time; a registry that has just ended is not there, or empty.
Task<> looksAllTheTime(Atom registry) {
    for (;;) {
        for (int i = 0; i < 50; ++i) {
            const auto found =
                attempt([&] { return Registry::lookup(registry, Term("key"_atom)).size(); });
            check(found ? *found <= 1 : found.error().errorClass == ErrorClass::Error);
        }
        co_await sleep(200us);
    }
}

Task<> restartsUnderReaders(std::size_t partitions) {
    setTrapExit(TrapExit::Yes);
    const Atom registry = "names"_atom;
    const auto top = co_await otp::startLink(
        otp::supervisor("top", {.intensity = {.restarts = 1'000, .period = 1s},
                                .children = {otp::registry("names", {.partitions = partitions})}}));
    check(top.isOk());
    std::vector<Pid> readers;
    for (int i = 0; i < kReaders; ++i)
        readers.push_back(spawnLink(findsTheNewest, registry));
    std::vector<Spawned> lookers;
    for (int i = 0; i < 2; ++i)
        lookers.push_back(spawnMonitor(looksAllTheTime, registry));
    for (int round = 0; round < kRounds; ++round) {
        check(!Registry::registerName(registry, Term("key"_atom), Term(round)));
        for (const Pid reader : readers)
            send(reader, tuple(self(), "key"_atom, round));
        for (int i = 0; i < kReaders; ++i)
            checkEqual(
                (co_await receive(on([](const Term& term) { return term.isAtom(); }))).term(),
                "found"_atom);
        const Pid before = whereis(registry).value();
        co_await killAndAwaitDown(before);
        for (;;) {
            const auto now = whereis(registry);
            if (now && now != before && attempt([&] { return Registry::count(registry); }) == 0U)
                break;
            co_await sleep(1ms);
        }
    }
    for (const Spawned& each : lookers) {
        exit(each.pid, atoms::kill);
        checkEqual((co_await receive(on<Down>(each.monitor))).reason, atoms::killed);
    }
    for (const Pid reader : readers)
        check(co_await isAlive(reader));
}

Task<> aloneRestarts() {
    return restartsUnderReaders(1);
}
Task<> partitionedRestarts() {
    return restartsUnderReaders(3);
}

} // namespace

/// Readers of registries on several threads.
class tst_RegistryThreads : public QObject {
    Q_OBJECT

private slots:
    void readersFindTheNewestEntriesThroughRestarts() { GROVE_EVERYWHERE(aloneRestarts); }
    void readersFindTheNewestEntriesThroughRestartsOfPartitions() {
        GROVE_EVERYWHERE(partitionedRestarts);
    }
};

QTEST_GUILESS_MAIN(tst_RegistryThreads)
#include "tst_registry_threads.moc"
