// Shows: a task that nobody awaits: it reports every ten seconds, as a child of a supervisor.
// Elixir: Todo.Metrics.
#include "shown.h"

#include <grove/otp/logger.h>
#include <grove/otp/supervisor.h>
#include <grove/otp/task.h>
#include <grove/runtime/extension.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace metrics {

struct Metrics {
    std::uint64_t memoryUsage = 0;
    std::uint64_t processCount = 0;
    GROVE_MAP_FIELDS(Metrics, memoryUsage, processCount)
};

Metrics collectMetrics() {
    const Runtime& runtime = Runtime::current();
    std::vector<ProcessRow> rows(runtime.counters().slotsUsed);
    Metrics metrics{.processCount = runtime.counters().processes};
    for (std::size_t i = runtime.rows(0, rows).count; i > 0; --i)
        metrics.memoryUsage += rows[i - 1].memoryBytes;
    return metrics;
}

Task<> loop() {
    for (;;) {
        co_await sleep(10s);
        otp::logInfo(inspect(toTerm(collectMetrics())));
    }
}

otp::ChildSpec childSpec() {
    return otp::task("metrics"_atom, loop).restart(otp::Restart::Permanent).name("metrics");
}

} // namespace metrics

namespace {

Task<> startSystem() {
    check(static_cast<bool>(co_await otp::startLink(
        otp::supervisor("todo_system", {.children = {metrics::childSpec()}}))));
}
/// How often it has reported.
auto reportCount() {
    auto& log = extension<otp::Logger>(Runtime::current());
    static_cast<void>(log.drain());
    return std::ranges::count_if(log.recentSince(1), [](const otp::LogEvent& event) {
        return event.text.starts_with("%{memory_usage: ");
    });
}

Task<> reports() {
    co_await startSystem();
    co_await sleep(9s);
    check(reportCount() == 0);
    for (int i = 1; i <= 3; ++i) {
        co_await sleep(10s);
        check(reportCount() == i);
    }
}

Task<> isRestarted() {
    co_await startSystem();
    co_await sleep(9s);
    co_await killAndAwaitDown(whereis("metrics"_atom).value());
    check((co_await otp::Supervisor::countChildren("todo_system")).active == 1);
    co_await sleep(9s);
    check(reportCount() == 0);
    co_await sleep(2s);
    check(reportCount() == 1);
}

Task<> isObserved() {
    co_await startSystem();
    checkShown(shown("metrics"), "Task metrics");
}

} // namespace

class tst_TodoMetrics : public QObject {
    Q_OBJECT
private slots:
    void itReportsEveryTenSeconds() { GROVE_HOURS(reports); }
    void itIsStartedAgainWhenItEnds() { GROVE_HOURS(isRestarted); }
    void theObserverShowsATask() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_TodoMetrics)
#include "tst_todo_metrics.moc"
