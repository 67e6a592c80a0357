// Timers, and doing nothing.

#include "bench.h"

#include <grove/runtime/timers.h>

namespace grove::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBurst = 1'000; // timers between two turns given to others

Task<> timersCancelDriver(std::uint64_t count, Duration* span) {
    Stopwatch watch(span);
    for (std::uint64_t index = 0; index < count; ++index) {
        const Ref timer = sendAfter(std::chrono::milliseconds(1 + index % 1'000), self(), index);
        static_cast<void>(cancelTimer(timer));
        if (index % kBurst == kBurst - 1)
            co_await yield();
    }
    watch.stop();
}

Figures timersCancel(Bench& bench) {
    Figures figures{.ops = bench.scaled(3'000'000)};
    bench.run(timersCancelDriver, figures.ops, &figures.span);
    return figures;
}

struct Fired {
    Duration start{};
    Duration wall{};
    Charged before;
    Charged after;
    std::uint64_t early = 0;
};

Task<> timersFireDriver(std::uint64_t count, Fired* fired) {
    Random random(1);
    fired->before = charged();
    const Instant begin = now();
    for (std::uint64_t index = 0; index < count; ++index) {
        const Duration delay = std::chrono::milliseconds(1 + random.below(1'000));
        sendAfter(delay, self(), (now() + delay).time_since_epoch().count());
        if (index % kBurst == kBurst - 1)
            co_await yield();
    }
    fired->start = now() - begin;
    for (std::uint64_t index = 0; index < count; ++index) {
        const Message message = co_await receive(any());
        if (index % 64 == 0 &&
            now().time_since_epoch().count() < message.payload().asTerm()->toInt())
            ++fired->early;
    }
    fired->wall = now() - begin;
    fired->after = charged();
}

Figures timersFire(Bench& bench) {
    Figures figures{.ops = bench.scaled(200'000)};
    Fired fired;
    bench.run(timersFireDriver, figures.ops, &fired);
    GROVE_ASSERT(fired.early == 0, "no timer is early");
    figures.span = fired.wall;
    const auto each = [&](Duration span) {
        return static_cast<double>(span.count()) / static_cast<double>(figures.ops);
    };
    figures.more.emplace_back("start_ns_each", each(fired.start));
    figures.more.emplace_back("cpu_ns_each", each(fired.after.cpu - fired.before.cpu));
    return figures;
}

Task<> waitForever() {
    co_await receive(any());
}

/// Five seconds in which nothing happens, with a thousand processes that wait.
Figures idleCpu(Bench& bench) {
    for (int index = 0; index < 1'000; ++index)
        bench.runtime.spawn(waitForever);
    pauseThread(2s); // until everything has come to rest
    const Charged before = charged();
    Figures figures{.ops = 1, .span = 5s};
    pauseThread(figures.span);
    const Charged after = charged();
    figures.more.emplace_back("cpu_percent",
                              100.0 * static_cast<double>((after.cpu - before.cpu).count()) /
                                  static_cast<double>(figures.span.count()));
    figures.more.emplace_back("cpu_us",
                              static_cast<double>((after.cpu - before.cpu).count()) / 1e3);
    figures.more.emplace_back("context_switches",
                              static_cast<double>(after.contextSwitches - before.contextSwitches));
    return figures;
}

} // namespace

std::span<const Workload> timeWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"timers_cancel", timersCancel},
        {"timers_fire", timersFire},
        {"idle_cpu", idleCpu},
    };
    return kWorkloads;
}

} // namespace grove::bench
