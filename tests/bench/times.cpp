// Timers, and doing nothing.

#include "bench.h"

#include <grove/runtime/timers.h>

namespace grove::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBurst = 1'000; // timers between two turns given to others

Task<> timersCancelDriver(std::uint64_t count, Spent* spent) {
    Stopwatch watch(spent);
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
    bench.run(timersCancelDriver, figures.ops, &figures.spent);
    return figures;
}

struct Fired {
    Spent start;
    Spent all;
    std::uint64_t early = 0;
};

Task<> timersFireDriver(std::uint64_t count, Fired* fired) {
    Random random(1);
    Stopwatch all(&fired->all);
    Stopwatch start(&fired->start);
    for (std::uint64_t index = 0; index < count; ++index) {
        const Duration delay = std::chrono::milliseconds(1 + random.below(1'000));
        sendAfter(delay, self(), (now() + delay).time_since_epoch().count());
        if (index % kBurst == kBurst - 1)
            co_await yield();
    }
    start.stop();
    for (std::uint64_t index = 0; index < count; ++index) {
        const Message message = co_await receive(any());
        const std::int64_t due = message.payload().asTerm()->toInt();
        if (index % 64 == 0 && now().time_since_epoch().count() < due)
            ++fired->early;
    }
    all.stop();
}

Figures timersFire(Bench& bench) {
    Figures figures{.ops = bench.scaled(200'000)};
    Fired fired;
    bench.run(timersFireDriver, figures.ops, &fired);
    GROVE_ASSERT(fired.early == 0, "no timer is early");
    figures.spent = fired.all;
    figures.more.emplace_back("start_ns_each", static_cast<double>(fired.start.wall.count()) /
                                                   static_cast<double>(figures.ops));
    figures.more.emplace_back("cpu_ns_each", static_cast<double>(fired.all.cpu.count()) /
                                                 static_cast<double>(figures.ops));
    return figures;
}

Task<> waitForever() {
    co_await receive(any());
}

/// With a thousand processes that wait.
Figures idleCpu(Bench& bench) {
    for (int index = 0; index < 1'000; ++index)
        bench.runtime.spawn(waitForever);
    return whileIdle(bench.runtime.clock());
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
