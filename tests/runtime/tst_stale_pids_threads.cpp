#include "seams.h"
#include "support/sim_fixture.h"

#include <grove/runtime/mutex.h>
#include <grove/term/alloc.h>

#include <QTest>

#include <array>
#include <atomic>
#include <set>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

constexpr int kSpawners = 4;
constexpr int kBatch = 16; // alive at once of each spawner
constexpr int kSenders = 2;
constexpr std::size_t kKeptBytesMax = 2 << 20; // two bytes a process: what is on its way home

/// What senders know: the latest pids of all spawners and some that are much older. A pid is read
/// and written whole, and nothing else hangs on it: relaxed.
struct Known {
    std::array<std::atomic<std::uint64_t>, 512> latest{};
    std::array<std::atomic<std::uint64_t>, 512> oldest{};
    std::atomic<std::uint64_t> count{0};
    // Counted by the receivers, read by the test when all have ended: relaxed.
    std::atomic<std::uint64_t> arrived{0};
    std::atomic<std::uint64_t> arrivedWrongly{0};

    bool keepsAll = false; // set before the first
    Mutex mutex;
    std::set<std::uint64_t> all GROVE_GUARDED_BY(mutex);
    int twice GROVE_GUARDED_BY(mutex) = 0;

    void add(Pid pid) GROVE_EXCLUDES(mutex) {
        if (keepsAll) {
            const Lock lock(mutex);
            twice += all.insert(pid.raw()).second ? 0 : 1;
        }
        const std::uint64_t number = count.fetch_add(1, std::memory_order_relaxed);
        if (number < oldest.size())
            oldest[number].store(pid.raw(), std::memory_order_relaxed);
        latest[number % latest.size()].store(pid.raw(), std::memory_order_relaxed);
    }
    [[nodiscard]] Pid at(std::uint64_t i) const noexcept {
        const auto& from = i % 8 == 0 ? oldest : latest;
        return Pid::fromRaw(from[i % from.size()].load(std::memory_order_relaxed));
    }
};

/// Lives for a moment in which messages come; each says for whom it is meant.
Task<> receiver(Known* known, Pid spawner, bool stays) {
    if (stays)
        co_await yield();
    for (;;) {
        const auto got = co_await receive(any(), after(Duration::zero()));
        const auto* message = std::get_if<Message>(&got);
        if (message == nullptr)
            break;
        auto& counter = message->term().toPid() == self() ? known->arrived : known->arrivedWrongly;
        counter.fetch_add(1, std::memory_order_relaxed);
    }
    send(spawner, atoms::ok);
}

/// Asks a sender for each batch, so that both do about as much.
Task<> spawner(Known* known, int count, Pid sender) {
    for (int done = 0; done < count; done += kBatch) {
        for (int i = 0; i < kBatch; ++i)
            known->add(spawn(receiver, known, self(), i % 4 == 0));
        send(sender, atoms::ok);
        for (int i = 0; i < kBatch; ++i) {
            const Message message = co_await receive(any());
            check(message.term().isAtom(atoms::ok)); // nobody else knows its pid
        }
    }
}

Task<> sender(Known* known, std::uint64_t seed) {
    std::uint64_t i = seed;
    for (;;) {
        co_await receive(any());
        for (int sent = 0; sent < 2 * kBatch; ++sent) {
            i = i * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
            if (const Pid to = known->at(i >> 33))
                send(to, to);
        }
    }
}

constexpr std::uint32_t kFewSlots = 512;

Task<> usesEverySlot() {
    std::vector<Spawned> all;
    for (;;) {
        const auto more = attempt([] { return spawnMonitor(idle); });
        if (!more)
            break;
        all.push_back(*more);
    }
    for (const Spawned& each : all)
        exit(each.pid, atoms::kill);
    for (const Spawned& each : all)
        co_await receive(on<Down>(each.monitor));
}

/// Has `count` processes live and end one after the other in a few slots, while others send to all
/// that they ever knew of. Returns: what went wrong.
std::string churn(Runtime& runtime, Known& known, int count) {
    External external(runtime, "test");
    std::vector<Pid> senders;
    std::vector<Ref> spawners;
    for (int i = 0; i < kSenders; ++i)
        senders.push_back(spawn(sender, &known, std::uint64_t(i + 1)));
    for (int i = 0; i < kSpawners; ++i)
        spawners.push_back(spawnMonitor(spawner, &known, count / kSpawners,
                                        senders[static_cast<std::size_t>(i % kSenders)])
                               .monitor);
    std::string fault;
    for (const Ref each : spawners) {
        const Down down = external.receive(on<Down>(each));
        if (!down.reason.isAtom(atoms::normal))
            fault = inspect(down.reason);
    }
    for (const Pid each : senders) {
        const Ref ending = monitor(each);
        exit(each, atoms::kill);
        external.receive(on<Down>(ending));
    }
    return fault;
}

/// The same in a runtime of its own, which is gone afterwards.
void reuse(Known& known, int count) {
    Runtime runtime({.schedulers = 2, .processesMax = 1'024, .eventBytesMax = 1U << 20});
    QCOMPARE(churn(runtime, known, count), std::string());
    const RuntimeCounters counters = runtime.counters();
    QVERIFY(counters.spawned - counters.processes >= static_cast<std::uint64_t>(count));
    QVERIFY2(counters.slotsUsed <= 512, "the slots were hardly reused");
}

} // namespace

/// Who sends to a process that has ended never reaches the next one in its slot.
class tst_StalePidsThreads : public QObject {
    Q_OBJECT

private slots:
    void noMessageArrivesInASlotThatWasReusedAMillionTimes() { // P-042
        Known known;
        reuse(known, 50'000); // what is made once is there
        const std::size_t before = memoryStatistics().bytesInUse();
        reuse(known, 1'000'000);
        const std::size_t after = memoryStatistics().bytesInUse();
        QVERIFY2(after <= before + kKeptBytesMax, qPrintable(QString::number(after - before)));
        QCOMPARE(known.arrivedWrongly.load(), 0U);
        QVERIFY2(known.arrived.load() > 1'000, "hardly anybody was there to be sent to");
    }

    void aSlotWhoseGenerationsAreUsedUpIsRetired() { // P-042
        constexpr std::uint32_t kLeft = 40;          // generations of each slot
        Runtime runtime({.schedulers = 2, .processesMax = kFewSlots});
        {
            External external(runtime, "test");
            const Spawned filler = spawnMonitor(usesEverySlot);
            QVERIFY(external.receive(on<Down>(filler.monitor)).reason.isAtom(atoms::normal));
        }
        QCOMPARE(runtime.counters().slotsUsed, kFewSlots);
        runtime::ageSlots(runtime, runtime::lastGeneration() - kLeft + 1);
        Known known;
        known.keepsAll = true;
        std::string fault;
        while (fault.empty()) // every slot but what threads keep for themselves is used up at last
            fault = churn(runtime, known, 10'000);
        QVERIFY2(fault.starts_with("{:system_limit"), fault.c_str());
        QCOMPARE(known.arrivedWrongly.load(), 0U);
        QVERIFY(known.arrived.load() > 0);
        const Lock lock(known.mutex);
        QVERIFY(known.all.size() <= std::size_t{kFewSlots} * kLeft);
        QVERIFY(known.all.size() > std::size_t{kFewSlots} / 2 * kLeft);
        QCOMPARE(known.twice, 0);
        std::uint32_t latest = 0;
        for (const std::uint64_t raw : known.all)
            latest = std::max(latest, Pid::fromRaw(raw).generation());
        QCOMPARE(latest, runtime::lastGeneration());
    }
};

QTEST_APPLESS_MAIN(tst_StalePidsThreads)
#include "tst_stale_pids_threads.moc"
