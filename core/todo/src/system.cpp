#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/registry.h>
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

otp::Application todoApplication(const TodoOptions& options) {
    return {.name = "todo",
            .description = "To-do lists in supervised processes",
            .version = "0.1.0",
            .top = todoSupervisor(options)};
}

} // namespace grove::todo
