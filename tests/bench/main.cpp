// grove_bench: runs workloads by name and prints a line of JSON for each.

#include "bench.h"
#include "parker.h"
#include "thread.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

namespace {

using namespace grove;
using namespace grove::bench;

constexpr const char* kUsage =
    "grove_bench [--schedulers N] [--scale X] [--observed] [--list] [workload…]\n"
    "Runs the workloads named (default: all but spawn_idle10m, death_10m and curve_*) and prints a "
    "line of JSON for each.\n"
    "  --schedulers N  threads that run processes (default: one per processor)\n"
    "  --scale X       X times as many operations as usual\n"
    "  --observed      rows and events are read once a second meanwhile, as the observer does\n";

struct Options {
    unsigned schedulers = runtime::processorCount();
    double scale = 1.0;
    bool isObserved = false;
    std::vector<const Workload*> workloads;
};

std::vector<const Workload*> allWorkloads() {
    std::vector<const Workload*> all;
    for (const auto& group : {messageWorkloads(), callWorkloads(), serverWorkloads(),
                              processWorkloads(), supervisionWorkloads(), nameWorkloads(),
                              waitWorkloads(), timeWorkloads(), termWorkloads(), tableWorkloads(),
                              observerWorkloads(), curveWorkloads(), machineWorkloads()})
        for (const Workload& each : group)
            all.push_back(&each);
    return all;
}

const Workload* findWorkload(std::string_view name) {
    for (const Workload* each : allWorkloads())
        if (each->name == name)
            return each;
    return nullptr;
}

/// Takes gigabytes, or belongs to a curve.
bool isLong(std::string_view name) {
    return name == "spawn_idle10m" || name == "death_10m" || name.starts_with("curve_");
}

template <class Number> bool parse(const char* text, Number& number) {
    const char* const end = text + std::strlen(text);
    const auto result = std::from_chars(text, end, number);
    return result.ec == std::errc() && result.ptr == end && number > 0;
}

/// Returns: nothing when the program should end, with `status`.
std::optional<Options> readOptions(int argc, char** argv, int& status) {
    Options options;
    status = 0;
    for (int index = 1; index < argc; ++index) {
        const std::string_view word = argv[index];
        const bool hasValue = index + 1 < argc;
        if (word == "--help") {
            std::fputs(kUsage, stdout);
            return std::nullopt;
        }
        if (word == "--list") {
            for (const Workload* each : allWorkloads())
                std::puts(each->name);
            return std::nullopt;
        }
        bool isUnderstood = true;
        if (word == "--observed")
            options.isObserved = true;
        else if (word == "--schedulers")
            isUnderstood = hasValue && parse(argv[++index], options.schedulers);
        else if (word == "--scale")
            isUnderstood = hasValue && parse(argv[++index], options.scale);
        else if (const Workload* workload = findWorkload(word))
            options.workloads.push_back(workload);
        else
            isUnderstood = false;
        if (!isUnderstood) {
            std::fprintf(stderr,
                         "grove_bench: %s is no workload, or an option without its value\n%s",
                         argv[index < argc ? index : argc - 1], kUsage);
            status = 2;
            return std::nullopt;
        }
    }
    if (options.workloads.empty())
        for (const Workload* each : allWorkloads())
            if (!isLong(each->name))
                options.workloads.push_back(each);
    return options;
}

/// Does what an open observer does: reads all rows and the new events once a second.
class Observer {
public:
    explicit Observer(Runtime& runtime)
        : m_runtime(runtime), m_thread("observer", [this] { watch(); }) {}
    ~Observer() {
        m_isOver.store(true, std::memory_order_relaxed);
        m_parker.unpark();
        m_thread.join();
    }
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

private:
    void watch() {
        std::vector<ProcessRow> rows(1'000);
        std::uint64_t sequence = 1;
        while (!m_isOver.load(std::memory_order_relaxed)) {
            const std::uint32_t used = m_runtime.counters().slotsUsed;
            for (std::uint32_t slot = 0; slot < used;)
                slot = m_runtime.rows(slot, rows).nextSlot;
            sequence = m_runtime.eventsSince(sequence, 10'000).next;
            static_cast<void>(m_parker.parkFor(std::chrono::seconds(1)));
        }
    }

    Runtime& m_runtime;
    std::atomic<bool> m_isOver{false}; // relaxed: the parker's unpark() orders it
    runtime::Parker m_parker;
    runtime::Thread m_thread;
};

void print(const Workload& workload, const Options& options, const Figures& figures) {
    const double seconds = static_cast<double>(figures.spent.wall.count()) / 1e9;
    const auto ops = static_cast<double>(figures.ops);
    std::printf(
        R"({"peer":"grove","schedulers":%u,"workload":"%s","ops":%llu,"seconds":%.6f,"ns_per_op":%.2f)",
        options.schedulers, workload.name, static_cast<unsigned long long>(figures.ops), seconds,
        seconds * 1e9 / ops);
    if (figures.spent.cpu > Duration::zero())
        std::printf(R"(,"cpu_ns_per_op":%.2f)",
                    static_cast<double>(figures.spent.cpu.count()) / ops);
    for (const auto& [name, value] : figures.more)
        std::printf(R"(,"%s":%.3f)", name.c_str(), value);
    std::printf("%s}\n", options.isObserved ? R"(,"observed":true)" : "");
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    int status = 0;
    const std::optional<Options> options = readOptions(argc, argv, status);
    if (!options)
        return status;
    for (const Workload* workload : options->workloads) {
        Runtime runtime({.schedulers = options->schedulers});
        std::optional<Observer> observer;
        if (options->isObserved)
            observer.emplace(runtime);
        External outside(runtime, "bench");
        Bench bench{.runtime = runtime, .outside = outside, .scale = options->scale};
        print(*workload, *options, workload->run(bench));
    }
    return 0;
}
