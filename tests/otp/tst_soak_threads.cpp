// Everything at once on real schedulers, for as long as one likes: GROVE_SOAK_MINUTES, or
// `sh tests/run.sh --soak MINUTES`. What is left when it is quiet again must be what was there.
#include "soak_deeds.h"

#include <grove/otp/application.h>
#include <grove/term/alloc.h>

#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <span>
#include <thread>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) ||                           \
    __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#define GROVE_SANITIZED_HEAP 1
#else
#define GROVE_SANITIZED_HEAP 0
#endif

using namespace grove;
using namespace grove::test;
using namespace grove::test::soak;
using namespace std::chrono_literals;

namespace {

constexpr int kClients = 6;
constexpr int kThreads = 2;
constexpr std::size_t kLateRounds = 3;

// -- the program that is soaked

constexpr otp::Intensity kForEver{100'000'000, 1s};

Task<> keepsTree(Pid listener) {
    const auto named = [](const char* name) {
        return otp::worker<Worker>().id(Term(atom(name))).name(name);
    };
    const Pid tree = co_await startTree(
        {.intensity = kForEver,
         .children = {
             otp::registry("soak_names"),
             otp::dynamicSupervisor("soak_pool", {.intensity = kForEver}), named(kWorkers[0]),
             named(kWorkers[1]),
             otp::anonymousSupervisor(Term(atom("all")),
                                      {.strategy = otp::Strategy::OneForAll,
                                       .intensity = kForEver,
                                       .children = {named(kWorkers[2]), named(kWorkers[3])}}),
             otp::anonymousSupervisor(
                 Term(atom("rest")),
                 {.strategy = otp::Strategy::RestForOne,
                  .intensity = kForEver,
                  .children = {named(kWorkers[4]), named(kWorkers[5]).ownThread()}})}});
    send(listener, atoms::ok);
    co_await receive(on([](const Term& told) { return told.isAtom(atoms::stop); }));
    co_await stopTree(tree);
}

/// What there is when nobody does anything.
struct Quiet {
    std::uint64_t processes = 0;
    std::uint64_t heapBytes = 0;
    std::uint64_t residentBytes = 0;
};

Quiet quietNow(const Runtime& runtime) {
    Quiet quiet{.processes = runtime.counters().processes};
#if GROVE_SANITIZED_HEAP
    quiet.heapBytes = __sanitizer_get_current_allocated_bytes();
#else
    const auto system = mallinfo2();
    quiet.heapBytes = memoryStatistics().bytesInUse() + system.uordblks + system.hblkhd;
#endif
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0;
    statm >> total >> quiet.residentBytes;
    quiet.residentBytes *= static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return quiet;
}

/// Clients and threads for so long. Returns: what went wrong.
std::string oneRound(Runtime& runtime, External& external, std::uint64_t seed, Duration length) {
    const Instant until = now() + length;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([&runtime, until, seed, i] {
            callsFromOutside(runtime, seed * 1'000 + 500 + static_cast<std::uint64_t>(i), until);
        });
    std::vector<Spawned> clients;
    for (int i = 0; i < kClients; ++i)
        clients.push_back(spawnMonitor(lives, seed * 1'000 + static_cast<std::uint64_t>(i), until));
    std::string fault;
    for (const Spawned& client : clients) {
        const auto end = external.receive(on<Down>(client.monitor), after(length + kPatience));
        const auto* down = std::get_if<Down>(&end);
        if (down == nullptr)
            fault = "a client did not end";
        else if (!down->reason.isAtom(atoms::normal))
            fault = inspect(down->reason);
    }
    for (std::thread& thread : threads)
        thread.join();
    return fault;
}

} // namespace

class tst_SoakThreads : public QObject {
    Q_OBJECT

private slots:
    void everythingAtOnceLeavesNothingBehind() {
        const char* const asked = std::getenv("GROVE_SOAK_MINUTES");
        const long minutes = asked == nullptr ? 0 : std::strtol(asked, nullptr, 10);
        const Duration length = minutes == 0 ? Duration(1s) : Duration(10s);
        const auto rounds = static_cast<std::size_t>(minutes == 0 ? 4 : 6 * minutes);
        const std::size_t warm = minutes == 0 ? 2 : std::max<std::size_t>(3, rounds / 10);

        Runtime runtime({.schedulers = 2, .processesMax = 1U << 16, .eventBytesMax = 1U << 20});
        otp::startSystem(runtime);
        External external(runtime, "soak");
        const Spawned tree = spawnMonitor(keepsTree, external.pid());
        QVERIFY(external.receive(any()).term().isAtom(atoms::ok));
        std::vector<Quiet> seen;
        for (std::size_t round = 0; round < rounds; ++round) {
            const std::uint64_t seed = onlySeed() + round + 1;
            const std::string fault = oneRound(runtime, external, seed, length);
            QVERIFY2(fault.empty(), (fault + " in round " + std::to_string(round)).c_str());
            seen.push_back(awaitQuiet(runtime, external, seen));
            const Quiet& now = seen.back();
            qInfo("round %zu: %llu processes, heap %.2f MB, resident %.1f MB; so far %llu deeds, "
                  "%llu answers, %llu calls of the dead, %llu starts of workers",
                  round + 1, static_cast<unsigned long long>(now.processes),
                  static_cast<double>(now.heapBytes) / 1e6,
                  static_cast<double>(now.residentBytes) / 1e6,
                  static_cast<unsigned long long>(counts.deeds.load()),
                  static_cast<unsigned long long>(counts.answers.load()),
                  static_cast<unsigned long long>(counts.failures.load()),
                  static_cast<unsigned long long>(counts.starts.load()));
        }
        QVERIFY(counts.answers.load() > 100);
        QVERIFY(counts.starts.load() > 50);
        judge(seen, warm, minutes != 0);
        send(tree.pid, atoms::stop);
        const Down down = external.receive(on<Down>(tree.monitor));
        QVERIFY2(down.reason.isAtom(atoms::normal), inspect(down.reason).c_str());
    }

private:
    /// When as many processes are left as after the first round, within a minute; the first time,
    /// when none has ended or begun for a while.
    static Quiet awaitQuiet(const Runtime& runtime, External& external,
                            const std::vector<Quiet>& before) {
        std::uint64_t ended = 0;
        int same = 0;
        for (int i = 0; i < 6'000 && same < 20; ++i) {
            static_cast<void>(external.receive(after(10ms)));
            const RuntimeCounters now = runtime.counters();
            const bool isSame = now.exited + now.spawned == ended &&
                                (before.empty() || now.processes == before.front().processes);
            same = isSame ? same + 1 : 0;
            ended = now.exited + now.spawned;
        }
        return quietNow(runtime);
    }

    /// Flat: what was there after warming up is what is there at the end. A short soak ends while
    /// what is bounded still fills; a long one finds half a byte for each of a million starts.
    static void judge(const std::vector<Quiet>& seen, std::size_t warm, bool isLong) {
        for (const Quiet& each : seen)
            QCOMPARE(each.processes, seen.front().processes);
        const auto most = [](std::span<const Quiet> rounds) {
            Quiet quiet;
            for (const Quiet& each : rounds) {
                quiet.heapBytes = std::max(quiet.heapBytes, each.heapBytes);
                quiet.residentBytes = std::max(quiet.residentBytes, each.residentBytes);
            }
            return quiet;
        };
        const Quiet early = most(std::span(seen).first(warm));
        const Quiet late = most(std::span(seen).last(isLong ? kLateRounds : 1));
        const Quiet more = isLong ? Quiet{.heapBytes = 512U << 10, .residentBytes = 4U << 20}
                                  : Quiet{.heapBytes = early.heapBytes / 10 + (2U << 20),
                                          .residentBytes = early.residentBytes / 5 + (16U << 20)};
        QVERIFY2(late.heapBytes <= early.heapBytes + more.heapBytes,
                 "what was allocated was not given back");
        // A sanitizer's own memory grows: stacks that it remembers, frames of threads.
        if (!GROVE_SANITIZED_HEAP)
            QVERIFY2(late.residentBytes <= early.residentBytes + more.residentBytes,
                     "resident memory did not come back");
    }
};

QTEST_APPLESS_MAIN(tst_SoakThreads)
#include "tst_soak_threads.moc"
