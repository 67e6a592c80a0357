// Supervisors: how soon a child is back, and what ten thousand children cost.

#include "bench.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/logger.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/extension.h>

namespace grove::bench {

namespace {

using namespace std::chrono_literals;

constexpr const char* kChildName = "bench_child";

/// Tells the driver each time it has been started, by when it has its name.
class Restarted final : public otp::GenServer<Restarted> {
public:
    struct State {};
    struct Crash {
        GROVE_FIELDS(Crash)
    };
    using Casts = Messages<Crash>;

    Init init(Pid driver) {
        grove::send(driver, self());
        return Init::ok(State{});
    }
    void handleCast(Crash) { error(atom("crash")); }
};

enum class End : std::uint8_t { Kill, Crash };

Task<> restartDriver(End end, std::uint64_t count, std::vector<Duration>* samples, Spent* spent) {
    const auto started = co_await otp::startLink(otp::supervisor(
        "bench_supervisor", {.intensity = {static_cast<std::uint32_t>(count), 1h},
                             .children = {otp::worker<Restarted>(self()).name(kChildName)}}));
    Pid child = (co_await receive(any())).payload().asTerm()->toPid();
    Stopwatch watch(spent);
    for (std::uint64_t restart = 0; restart < count; ++restart) {
        const Instant start = now();
        if (end == End::Kill)
            exit(child, atoms::kill);
        else
            otp::cast(child, Restarted::Crash{});
        child = (co_await receive(any())).payload().asTerm()->toPid();
        samples->push_back(now() - start);
    }
    watch.stop();
    GROVE_ASSERT(whereis(atom(kChildName)) == child, "who has started has its name");
    co_await otp::stop(started.pid());
}

/// Nobody reads the log: its reports are not made, here as in the peer.
void quiet(Bench& bench) {
    extension<otp::Logger>(bench.runtime).setLevel(otp::LogLevel::Critical);
}

Figures restartsOf(Bench& bench, End end, std::uint64_t count) {
    quiet(bench);
    Figures figures{.ops = bench.scaled(count)};
    std::vector<Duration> samples;
    samples.reserve(figures.ops);
    bench.run(restartDriver, end, figures.ops, &samples, &figures.spent);
    addPercentiles(figures, samples);
    return figures;
}
Figures restart(Bench& bench) {
    return restartsOf(bench, End::Kill, 10'000);
}
Figures restartFirst1k(Bench& bench) {
    return restartsOf(bench, End::Kill, 1'000);
}
Figures restartCrash(Bench& bench) {
    return restartsOf(bench, End::Crash, 1'000);
}

// -- ten thousand children ------------------------------------------------------------------------

class Idle final : public otp::GenServer<Idle> {
public:
    struct State {};
};

struct ManyChildren {
    Spent start;
    Spent stop;
};

Task<> manyChildrenDriver(std::uint64_t children, std::uint64_t rounds, ManyChildren* many) {
    setTrapExit(TrapExit::Yes);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        otp::SupervisorOptions options;
        for (std::uint64_t child = 0; child < children; ++child)
            options.children.push_back(otp::worker<Idle>().id(Term(child)));
        Spent spent;
        Stopwatch start(&spent);
        const auto started = co_await otp::Supervisor::startLink({}, std::move(options));
        start.stop();
        many->start.wall += spent.wall;
        many->start.cpu += spent.cpu;
        Stopwatch stop(&spent);
        exit(started.pid(), atoms::shutdown);
        co_await receive(on<Exit>(started.pid()));
        stop.stop();
        many->stop.wall += spent.wall;
        many->stop.cpu += spent.cpu;
    }
}

template <Spent ManyChildren::* part> Figures manyChildren(Bench& bench) {
    quiet(bench);
    const std::uint64_t children = bench.scaled(10'000);
    constexpr std::uint64_t kRounds = 5;
    ManyChildren many;
    bench.run(manyChildrenDriver, children, kRounds, &many);
    return {.ops = children * kRounds, .spent = many.*part};
}

} // namespace

std::span<const Workload> supervisionWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"restart", restart},
        {"restart_first1k", restartFirst1k},
        {"restart_crash", restartCrash},
        {"sup10k_start", manyChildren<&ManyChildren::start>},
        {"sup10k_stop", manyChildren<&ManyChildren::stop>},
    };
    return kWorkloads;
}

} // namespace grove::bench
