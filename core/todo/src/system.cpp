#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/registry.h>
#include <grove/storage/application.h>
#include <grove/todo/cache.h>
#include <grove/todo/metrics.h>
#include <grove/todo/system.h>

namespace grove::todo {

using otp::Strategy;

otp::ChildSpec todoSupervisor(const TodoOptions& options) {
    const storage::WorkerOptions& database = options.database;
    return otp::supervisor(
               "todo",
               {.strategy = Strategy::RestForOne,
                .children =
                    {
                        otp::registry(Cache::kRegistry).label("ProcessRegistry"),
                        otp::supervisor(
                            "database",
                            {.strategy = Strategy::RestForOne,
                             .children =
                                 {otp::worker<storage::WriteTurn>()
                                      .name(storage::WriteTurn::kName)
                                      .label("WriteTurn"),
                                  storage::logSync<TodoStore>(database),
                                  otp::supervisor(
                                      "sqlite_workers",
                                      {.children = storage::workers<DatabaseWorker>(database)})
                                      .label("Workers"),
                                  storage::checkpointer(database.file, storage::connectionOptions(database))}})
                            .label("DatabaseSupervisor"),
                        otp::dynamicSupervisor(Cache::kName).label("Cache"),
                        otp::worker<Metrics>(options.metricsEvery).name("metrics").label("Metrics").shutdown(std::chrono::seconds(2)),
                    }})
        .label("TopSupervisor");
}

namespace {

/// The tree on the file of now: what is set between a stop and a start holds.
Task<otp::StartResult> startTree(otp::StartOptions start, Duration metricsEvery) {
    const otp::ChildSpec tree = todoSupervisor(
        {.database = storage::workerOptions(otp::environment()), .metricsEvery = metricsEvery});
    co_return co_await tree.start()(std::move(start));
}

} // namespace

otp::Application todoApplication(Duration metricsEvery) {
    return {.name = "todo",
            .description = "To-do lists in supervised processes",
            .version = otp::kGroveVersion,
            .modules = {"Cache", "Client", "DatabaseWorker", "ListServer", "Metrics"},
            .dependencies = {"kernel", "storage"},
            .top = todoSupervisor({}).start([metricsEvery](otp::StartOptions start) {
                return startTree(std::move(start), metricsEvery);
            })};
}

Result<void> addApplications(otp::Applications& applications, const TodoOptions& options) {
    if (auto added = applications.add(storage::storageApplication(options.database)); !added)
        return added;
    return applications.add(todoApplication(options.metricsEvery));
}

} // namespace grove::todo
