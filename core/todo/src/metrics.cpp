#include <grove/otp/logger.h>
#include <grove/otp/registry.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/timers.h>
#include <grove/todo/cache.h>
#include <grove/todo/metrics.h>

namespace grove::todo {

Metrics::State Metrics::init(Duration every) {
    sendInterval(every, self(), toTerm(Measure{}));
    return {.every = every};
}

void Metrics::handleInfo(Measure) {
    const RuntimeCounters counters = Runtime::current().counters();
    const auto lists = attempt([] { return otp::Registry::count(atom(Cache::kRegistry)); });
    const Latest::Figures before = state().latest;
    state().latest = {.processes = counters.processes,
                      .processesStarted = counters.spawned,
                      .processesEnded = counters.exited,
                      .listServers = lists.value_or(0),
                      .measurements = before.measurements + 1};
    const Latest::Figures& now = state().latest;
    otp::logInfo("metrics: " + std::to_string(now.processes) + " processes, " +
                 std::to_string(now.processesStarted - before.processesStarted) + " started and " +
                 std::to_string(now.processesEnded - before.processesEnded) +
                 " ended since the last time, " + std::to_string(now.listServers) + " lists open");
}

} // namespace grove::todo
