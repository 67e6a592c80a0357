#include "bench.h"

#include "parker.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace grove::bench {

void Bench::awaitNormalEnd(Ref monitor) {
    const Down down = outside.receive(on<Down>(monitor));
    if (!down.reason.isAtom(atoms::normal)) {
        std::fprintf(stderr, "grove_bench: the driver did not end normally\n");
        std::exit(1);
    }
}

std::size_t residentBytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Duration cpuUsed() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

std::int64_t contextSwitches() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

void pauseThread(Duration span) {
    const SystemClock clock;
    const Instant end = clock.now() + span;
    runtime::Parker parker;
    while (clock.now() < end)
        static_cast<void>(parker.parkFor(end - clock.now()));
}

Figures whileIdle(const Clock& clock) {
    using namespace std::chrono_literals;
    pauseThread(2s); // until everything has come to rest
    const std::int64_t switchesBefore = contextSwitches();
    Figures figures{.ops = 1};
    Stopwatch watch(clock, &figures.spent);
    pauseThread(5s);
    watch.stop();
    const auto wall = static_cast<double>(figures.spent.wall.count());
    figures.more.emplace_back("cpu_percent",
                              100.0 * static_cast<double>(figures.spent.cpu.count()) / wall);
    figures.more.emplace_back("switches_per_s",
                              static_cast<double>(contextSwitches() - switchesBefore) * 1e9 / wall);
    return figures;
}

Task<> letRun(std::vector<Pid> processes, Spent* spent) {
    co_await yield();
    Stopwatch watch(spent);
    for (const Pid pid : processes)
        send(pid, atoms::ok);
    for (std::size_t index = 0; index < processes.size(); ++index)
        co_await receive(any());
    watch.stop();
}

void addPercentiles(Figures& figures, std::vector<Duration>& samples) {
    std::ranges::sort(samples);
    const auto at = [&](double share) {
        const auto last = static_cast<double>(samples.size() - 1);
        return static_cast<double>(samples[static_cast<std::size_t>(share * last)].count()) / 1e3;
    };
    figures.more.emplace_back("p50_us", at(0.50));
    figures.more.emplace_back("p99_us", at(0.99));
    figures.more.emplace_back("max_us", at(1.0));
}

} // namespace grove::bench
