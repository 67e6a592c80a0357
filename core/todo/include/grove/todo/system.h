#pragma once

#include <grove/otp/application.h>
#include <grove/otp/supervisor.h>
#include <grove/todo/database.h>

namespace grove::todo {

/// What the to-do system is made of. The file must have been prepared (storage::prepareDatabase
/// with todoSchema()).
struct TodoOptions {
    storage::WorkerOptions database;
    Duration metricsEvery = std::chrono::seconds(10);
};

/// The whole tree as a value:
///     todo (rest for one)
///       process registry · database (rest for one): write turn, log sync, workers: SQLite worker 1
///       … n, checkpointer · cache · metrics
/// Registered names: todo, process_registry, database, write_turn, log_sync, sqlite_workers,
/// sqlite_worker_1 …, checkpointer, cache, metrics.
[[nodiscard]] otp::ChildSpec todoSupervisor(const TodoOptions& options);

/// The application `todo` with that tree on top, on the file that the environment of `storage`
/// names when it starts (see storage::storageApplication()).
[[nodiscard]] otp::Application todoApplication(Duration metricsEvery = TodoOptions().metricsEvery);

/// Makes `storage` and `todo` known; startApplication(runtime, "todo") starts both.
/// Errors: running.
[[nodiscard]] Result<void> addApplications(otp::Applications& applications,
                                           const TodoOptions& options);

} // namespace grove::todo
